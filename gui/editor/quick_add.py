"""A small search popup over the canvas: type, Enter takes the first hit, Escape gives the focus back. Chooses only; adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.graph.model import Snapshot, block_of
from engine.layers import registry
from engine.layers.spec import LayerType
from gui import shelf, theme
from gui.editor import ink
from gui.editor.uses import Uses

WIDTH, ROW, ROWS = 280, 26, 9
TIER = 20  # points of the search within which two matches count as equally good


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    id: str
    title: str
    family: str
    icon: str = ""
    note: str = ""


def layer_entries(text: str, allowed: set[str] | None = None, *, owner: Snapshot | None = None, uses: Uses | None = None) -> list[Entry]:
    """Layer types and blocks (shipped ones, and those of `owner`) that match `text`, best first; only `allowed` ids when given.

    Of those that match equally well, the ones come first that are used most.
    """
    rows: list[LayerType] = shelf.search(text, owner)
    if uses is not None:
        rows = by_use(rows, text, uses)
    return [Entry(row.id, row.title, row.family, row.id, note_of(row)) for row in rows if allowed is None or row.id in allowed]


def by_use(rows: list[LayerType], text: str, uses: Uses) -> list[LayerType]:
    """`rows` with the most used first among those that match alike; a title that is typed out in full stays in front."""
    query = "".join(text.lower().split())

    def rank(row: LayerType) -> tuple[bool, int, int]:
        exact = row.title.lower().replace(" ", "") == query
        return (not exact, -ceil(registry.score(query, row) / TIER) if query else 0, -uses[row.id])

    return sorted(rows, key=rank)


def note_of(row: LayerType) -> str:
    """The family in words; a block of the document says that it is one."""
    return "block, in use" if block_of(row.id) else row.family


class Line(QStyledItemDelegate):
    """Tile, title, and the family in words at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(WIDTH - 20, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        tools, rect = ink.get(), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tools.brush("accentwash"))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(QPointF(rect.x() + 8, rect.y() + 4), tools.tile(entry.family, entry.icon, ratio))
        middle = rect.center().y()
        right = rect.right() - 10 - tools.width(entry.note, "caption")
        if rect.x() + 34 + tools.width(entry.title, "port") + 10 > right:
            right = rect.right() - 10  # the tile says the family too
        else:
            tools.write(painter, entry.note, role="caption", x=right, middle=middle, color="t3")
        title = tools.metrics["port"].elidedText(entry.title, Qt.TextElideMode.ElideRight, right - rect.x() - 34)
        tools.write(painter, title, role="port", x=rect.x() + 34, middle=middle, color="t1")
        painter.restore()


class Chooser(QFrame):
    """The popup. `chosen` brings the id of an entry; `closed` comes in any case, after it."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("Chooser")
        self.setAccessibleName("Add a layer")
        self.source: Callable[[str], list[Entry]] = layer_entries
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Search layers")
        self.field.setAccessibleName("Search layers")
        self.field.setFixedHeight(28)
        self.list = QListWidget(self)
        self.list.setItemDelegate(Line(self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Matching layers")
        self.nothing = QLabel("Nothing fits. Try another word.", self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(6)
        for widget in (self.field, self.list, self.nothing):
            layout.addWidget(widget)
        self.field.textChanged.connect(self.refill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self.take)
        self.list.itemEntered.connect(self.list.setCurrentItem)
        self.hide()

    def open(self, at: QPointF, source: Callable[[str], list[Entry]], *, prompt: str = "Search layers") -> None:
        """Shows the popup at a point of the parent, empty and focused."""
        self.source = source
        self.field.setPlaceholderText(prompt)
        self.restyle()
        self.field.clear()
        self.refill()
        room = self.parentWidget().rect()
        self.move(round(min(max(at.x(), 4), max(4, room.width() - self.width() - 4))), round(min(max(at.y(), 4), max(4, room.height() - self.height() - 4))))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def restyle(self) -> None:
        look = theme.current()
        self.field.setFont(theme.font(12))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, look.color("raised"))
        self.list.setPalette(palette)
        self.list.setStyleSheet("background: transparent; border: none;")
        self.nothing.setStyleSheet(f"color: {theme.css(look.color('t3'))}; background: transparent;")

    def refill(self) -> None:
        """Lists what matches the field now."""
        self.list.clear()
        entries = self.source(self.field.text())
        for entry in entries:
            item = QListWidgetItem(entry.title)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(entries))
        self.nothing.setVisible(not entries)
        rows = min(max(len(entries), 1), ROWS)
        self.list.setFixedHeight(rows * ROW + 4)
        self.setFixedSize(WIDTH, 10 + 28 + 6 + rows * ROW + 4 + 10)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self.key(event)
        if event.type() == QEvent.Type.FocusOut and self.isVisible() and event.reason() != Qt.FocusReason.PopupFocusReason:
            self.close_popup(give_back=event.reason() == Qt.FocusReason.OtherFocusReason)
        return False

    def key(self, event: QKeyEvent) -> bool:
        """Enter takes, Escape closes, up and down walk; everything else is typing."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -ROWS, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
        if event.key() == Qt.Key.Key_Escape:
            self.close_popup()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.take(self.list.currentItem())
        elif event.key() in steps and self.list.count():
            self.list.setCurrentRow(min(max(self.list.currentRow() + steps[event.key()], 0), self.list.count() - 1))
        else:
            return False
        return True

    def take(self, item: QListWidgetItem | None) -> None:
        """Reports an entry and closes."""
        if item is None:
            return
        entry: Entry = item.data(Qt.ItemDataRole.UserRole)
        self.hide()
        self.chosen.emit(entry.id)
        self.close_popup()

    def close_popup(self, *, give_back: bool = True) -> None:
        """Hides and gives the focus back to the canvas."""
        self.hide()
        if give_back:
            self.parentWidget().setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        tools = ink.get()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), tools.brush("canvas"))
        painter.setPen(tools.pen("ctl", 1))
        painter.setBrush(tools.brush("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()
