"""The lessons panel: every shipped lesson and template, to be opened. Opens nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from engine import library
from gui import theme

ENTRY = Qt.ItemDataRole.UserRole
INSET, LINE = 12, 15


class LessonsPanel(QWidget):
    """`lessonChosen(id)`: a click or Enter on an entry."""

    lessonChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setItemDelegate(EntryPainter(self.list))
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Lessons and templates")
        for entry in library.entries():
            item = QListWidgetItem(entry.title)
            item.setData(ENTRY, entry)
            item.setToolTip(entry.summary)
            self.list.addItem(item)
        self.list.itemClicked.connect(self.choose)
        self.list.itemActivated.connect(self.choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.list)
        theme.notifier().changed.connect(self.list.viewport().update)

    def choose(self, item: QListWidgetItem) -> None:
        self.lessonChosen.emit(item.data(ENTRY).id)

    def set_open(self, entry_id: str) -> None:
        """Marks the entry that is open now."""
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setSelected(item.data(ENTRY).id == entry_id)


class EntryPainter(QStyledItemDelegate):
    """Title, kind, and up to three lines of what the entry is about."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        t, entry = theme.current(), index.data(ENTRY)
        box = QRectF(option.rect)
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
        for number in range(min(3, layout.lineCount())):
            line = layout.lineAt(number)
            line.draw(painter, QRectF(inner.left(), inner.top() + 20 + number * LINE - line.y(), 1, 1).topLeft())
        painter.fillRect(QRectF(box.left() + INSET, box.bottom() - 1, box.width() - 2 * INSET, 1), t.color("line2"))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        view = self.parent()
        width = view.viewport().width() if isinstance(view, QListWidget) else 200
        lines = min(3, summary_lines(index.data(ENTRY).summary, width - 2 * INSET).lineCount())
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
