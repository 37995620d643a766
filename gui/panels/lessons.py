"""The lessons panel: every shipped lesson and template, to be searched and opened. Opens nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from engine import library
from gui import theme
from gui.panels.palette import SearchField

ENTRY = Qt.ItemDataRole.UserRole  # the entry of a line; the head of a section has none
INSET, LINE, HEAD = 12, 15, 30
HEADS = {"lesson": "Lessons", "template": "Templates"}
MOST = {"lesson": 3, "template": 2}  # lines of what an entry is about


class LessonsPanel(QWidget):
    """`lessonChosen(id)`: a click or Enter on an entry."""

    lessonChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = SearchField("Search or item number", "", self)
        self.field.setAccessibleName("Search lessons and templates, by words or by the number of a lecture item")
        self.field.cap.hide()
        self.list = QListWidget(self)
        self.list.setItemDelegate(EntryPainter(self.list))
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Lessons and templates")
        for line in lines():
            self.list.addItem(line)
        self.list.itemClicked.connect(self.choose)
        self.list.itemActivated.connect(self.choose)
        self.field.textChanged.connect(self.search)
        self.field.returnPressed.connect(self.choose_first)
        self.field.moved.connect(self.enter_list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        inset = QVBoxLayout()
        inset.setContentsMargins(8, 0, 8, 0)
        inset.addWidget(self.field)
        column.addLayout(inset)
        column.addWidget(self.list)
        theme.notifier().changed.connect(self.list.viewport().update)

    def choose(self, item: QListWidgetItem) -> None:
        if item.data(ENTRY) is not None:
            self.lessonChosen.emit(item.data(ENTRY).id)

    def search(self, text: str) -> None:
        """Shows what matches: words of title, id and summary, or the number of a lecture item."""
        words = text.lower().split()
        below = False  # whether anything is left between this line and the next head
        for row in reversed(range(self.list.count())):
            item = self.list.item(row)
            entry = item.data(ENTRY)
            fits = below if entry is None else matches(entry, words)
            item.setHidden(not fits)
            below = entry is not None and (below or fits)

    def shown(self) -> list[QListWidgetItem]:
        """The entries that the search leaves, from top to bottom."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [item for item in items if item.data(ENTRY) is not None and not item.isHidden()]

    def choose_first(self) -> None:
        """Opens the first whose name has what was typed, else the first that is shown."""
        words = self.field.text().lower().split()
        if words and (found := self.shown()):
            self.choose(min(found, key=lambda item: not all(word in f"{item.text()} {item.data(ENTRY).id}".lower() for word in words)))

    def enter_list(self) -> None:
        if found := self.shown():
            self.list.setCurrentItem(found[0])
            self.list.setFocus(Qt.FocusReason.TabFocusReason)

    def set_open(self, entry_id: str) -> None:
        """Marks the entry that is open now."""
        for row in range(self.list.count()):
            item = self.list.item(row)
            entry = item.data(ENTRY)
            item.setSelected(entry is not None and entry.id == entry_id)


def lines() -> Iterator[QListWidgetItem]:
    """A head for each kind, and an item for each entry."""
    for kind, entries in groupby(library.entries(), key=lambda entry: entry.kind):
        head = QListWidgetItem(HEADS.get(kind, kind.capitalize()))
        head.setFlags(Qt.ItemFlag.NoItemFlags)
        yield head
        for entry in entries:
            item = QListWidgetItem(entry.title)
            item.setData(ENTRY, entry)
            item.setToolTip(entry.summary)
            yield item


def matches(entry: library.Entry, words: list[str]) -> bool:
    """Whether every word is found in the entry; a number also among its lecture items."""
    hay = f"{entry.title} {entry.id} {entry.summary}".lower()
    return all(word in hay or (word.isdecimal() and int(word) in entry.lecture_items) for word in words)


class EntryPainter(QStyledItemDelegate):
    """Title and up to three lines of what the entry is about; the head of a section in small."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        t, entry = theme.current(), index.data(ENTRY)
        box = QRectF(option.rect)
        if entry is None:
            painter.setFont(theme.font(11, 600))
            painter.setPen(t.color("t3"))
            painter.drawText(box.adjusted(INSET, 8, -INSET, 0), Qt.AlignmentFlag.AlignVCenter, index.data())
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, t.color("accentwash"))
            painter.fillRect(QRectF(box.left(), box.top(), 2, box.height()), t.color("accent"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, t.color("hover"))
        inner = box.adjusted(INSET, 8, -INSET, -8)
        painter.setFont(theme.font(12, 600))
        painter.setPen(t.color("t1"))
        title = QFontMetricsF(painter.font()).elidedText(entry.title, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(QRectF(inner.left(), inner.top(), inner.width(), 16), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(theme.font(11))
        painter.setPen(t.color("t2"))
        layout = summary_lines(entry.summary, inner.width())
        for number in range(min(MOST[entry.kind], layout.lineCount())):
            line = layout.lineAt(number)
            line.draw(painter, QRectF(inner.left(), inner.top() + 20 + number * LINE - line.y(), 1, 1).topLeft())
        painter.fillRect(QRectF(box.left() + INSET, box.bottom() - 1, box.width() - 2 * INSET, 1), t.color("line2"))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        view, entry = self.parent(), index.data(ENTRY)
        width = view.viewport().width() if isinstance(view, QListWidget) else 200
        if entry is None:
            return QSize(width, HEAD)
        lines = min(MOST[entry.kind], summary_lines(entry.summary, width - 2 * INSET).lineCount())
        return QSize(width, 8 + 20 + lines * LINE + 10)


def summary_lines(text: str, width: float) -> QTextLayout:
    """`text` broken into lines of `width` px."""
    layout = QTextLayout(text, theme.font(11))
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    layout.beginLayout()
    y = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, 40))
        line.setPosition(QRectF(0, y, 1, 1).topLeft())
        y += line.height()
    layout.endLayout()
    return layout
