"""The palette: all layer types and shipped blocks by family, with search; a row is dragged to the canvas or double-clicked. Edits nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QMimeData, QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QDrag, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from engine.graph.model import Snapshot
from engine.layers import registry
from engine.layers.spec import LayerType, shape_text
from gui import shelf, theme
from gui.controls import Chip, outline
from gui.level import Level

MIME = "application/x-chainrule-layer"
FAMILY, ITEM = 25, 22  # row heights
OPEN_AT_FIRST = ("linear", "convolution")
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a family's head, or a layer type (`hit` when it is a search result)."""

    family: str
    row: LayerType | None = None
    count: int = 0
    hit: bool = False


class LayerModel(QAbstractListModel):
    """The lines that are visible now: heads and the rows of open families, or the hits of a search."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.opened: set[str] = set(OPEN_AT_FIRST)
        self.query = ""
        self.with_blocks = False
        self.here: Snapshot | None = None  # the level that is open
        self.own: tuple[LayerType, ...] = ()  # ports and blocks of the document that have their place there
        self.entries: list[Entry] = []
        self.rebuild()

    def rebuild(self) -> None:
        self.beginResetModel()
        if self.query:
            self.entries = [Entry(row.family, row, hit=True) for row in shelf.search(self.query, self.here)]
        else:
            self.entries = []
            for family, rows in self.families():
                self.entries.append(Entry(family, count=len(rows)))
                if family in self.opened:
                    self.entries += [Entry(family, row) for row in rows]
        self.endResetModel()

    def families(self) -> list[tuple[str, Sequence[LayerType]]]:
        """Families and their rows in order; blocks come last, once their files were read: the document's, the user's own, the shipped ones."""
        return [*registry.families(), *([(shelf.FAMILY, (*self.own, *shelf.rows()))] if self.with_blocks else [])]

    def show_level(self, here: Snapshot) -> None:
        """Another level is open, or the document has other blocks."""
        own = shelf.own_rows(here)
        changed, self.here, self.own = own != self.own, here, own
        if changed and (self.with_blocks or self.query):
            self.rebuild()

    def show_blocks(self) -> None:
        """Reads what blocks are shipped and lists them."""
        if not self.with_blocks:
            self.with_blocks = True
            self.rebuild()

    def refresh(self) -> None:
        """What blocks there are has changed."""
        if self.with_blocks:
            self.rebuild()

    def search(self, text: str) -> None:
        self.query = text.strip()
        self.rebuild()

    def set_open(self, family: str, opened: bool) -> None:
        """Shows or hides the rows of a family."""
        if (family in self.opened) != opened:
            self.opened ^= {family}
            self.rebuild()

    def line_of(self, family: str) -> int:
        """The line of a family's head."""
        return next(line for line, entry in enumerate(self.entries) if entry.family == family and entry.row is None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.row.title if entry.row else head_of(entry.family)
        if role == Qt.ItemDataRole.ToolTipRole and entry.row:
            return tooltip(entry.row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() and self.entries[index.row()].row else flags

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        rows = [row for index in indexes if (row := self.entries[index.row()].row)]
        if rows:
            data.setData(MIME, rows[0].id.encode())
        return data


def head_of(family: str) -> str:
    """A family's head in words."""
    return "Blocks" if family == shelf.FAMILY else family.capitalize()


def tooltip(row: LayerType) -> str:
    """What a layer does, and its formula at its example, as rich text."""
    lines = [f"<b>{html.escape(row.title)}</b>", html.escape(row.doc)]
    if row.formula and row.example:
        formula = row.formula(row.values({}), *row.example)
        if formula:
            shapes = ", ".join(shape_text(shape) for shape in row.example)
            lines.append(f"<span style='font-family: JetBrains Mono'>{html.escape(formula.text)}</span>")
            lines.append(f"<span style='color: {theme.current().color('t3').name()}'>{html.escape(formula.caption)} with the defaults, for {shapes}</span>")
    return "<br>".join(lines)


class LayerDelegate(QStyledItemDelegate):
    """Paints a line of the palette."""

    def __init__(self, model: LayerModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry = self.model.entries[index.row()]
        return QSize(120, FAMILY if entry.row is None or entry.hit else ITEM)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = self.model.entries[index.row()]
        t = theme.current()
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if over or chosen:
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            painter.fillRect(rect, t.color("hover" if over and not chosen else "accentwash" if focused else "hover"))
            if chosen and focused:
                painter.fillRect(rect.left(), rect.top(), 2, rect.height(), t.color("accent"))
        if entry.row is None:
            self.paint_family(painter, rect, entry)
        else:
            self.paint_layer(painter, rect, entry, over=over)
        painter.restore()

    def paint_family(self, painter: QPainter, rect: QRect, entry: Entry) -> None:
        t = theme.current()
        ratio = painter.device().devicePixelRatio()
        opened = entry.family in self.model.opened
        middle = rect.center().y() + 1
        painter.drawPixmap(QPointF(rect.left() + 10, middle - 5), t.pixmap("chevron-down" if opened else "chevron-right", "t3", 10, ratio))
        painter.drawPixmap(QPointF(rect.left() + 27, middle - 8), t.tile(entry.family, 16, ratio=ratio))
        painter.setFont(theme.font(12, 600 if opened else 400))
        painter.setPen(t.color("t1"))
        painter.drawText(rect.adjusted(50, 0, -40, 0), Qt.AlignmentFlag.AlignVCenter, head_of(entry.family))
        painter.setFont(theme.mono(10.5))
        painter.setPen(t.color("t3"))
        painter.drawText(rect.adjusted(0, 0, -11, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(entry.count))

    def paint_layer(self, painter: QPainter, rect: QRect, entry: Entry, *, over: bool) -> None:
        t = theme.current()
        assert entry.row is not None
        painter.setFont(theme.font(12))
        ratio = painter.device().devicePixelRatio()
        if entry.hit:
            left = 34
            painter.drawPixmap(QPointF(rect.left() + 10, rect.center().y() - 7), t.tile(entry.family, 16, entry.row.id, ratio))
        else:  # without its tile: the family's colour is in the head already
            left = 50
            mark = t.pixmap(theme.drawing_of(entry.family, entry.row.id), "t1" if over else "t3", 16, ratio)
            painter.drawPixmap(QPointF(rect.left() + 27, rect.center().y() - 7), mark)
        painter.setPen(t.color("t1" if over or entry.hit else "t2"))
        room = rect.adjusted(left, 0, -46 if over or (not entry.hit and shelf.note_of(entry.row)) else -8, 0)
        title = QFontMetricsF(painter.font()).elidedText(entry.row.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(theme.font(10.5))
        painter.setPen(t.color("t3"))
        if over:
            painter.drawText(rect.adjusted(0, 0, -11, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "drag")
        elif not entry.hit:
            painter.drawText(rect.adjusted(0, 0, -11, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shelf.note_of(entry.row))
        else:
            room = rect.adjusted(left + 12 + round(QFontMetricsF(theme.font(12)).horizontalAdvance(entry.row.title)), 0, -11, 0)
            if QFontMetricsF(painter.font()).horizontalAdvance(entry.family) <= room.width():
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, entry.family)


class LayerList(QListView):
    """The list itself: folds families, starts drags, and takes the keyboard."""

    chosen = Signal(str)

    def __init__(self, model: LayerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers = model
        self.setModel(model)
        self.setItemDelegate(LayerDelegate(model, self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Layers")

    def entry(self, index: Index) -> Entry | None:
        return self.layers.entries[index.row()] if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        entry = self.entry(self.indexAt(event.position().toPoint()))
        if entry and entry.row is None and event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.fold(entry.family, entry.family not in self.layers.opened)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        entry = self.entry(self.indexAt(event.position().toPoint()))
        if entry and entry.row and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(entry.row.id)
        elif entry and entry.row is None:
            self.mousePressEvent(event)

    def fold(self, family: str, opened: bool) -> None:
        """Opens or closes a family; its head stays the current line."""
        self.layers.set_open(family, opened)
        self.setCurrentIndex(self.layers.index(self.layers.line_of(family)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry = self.entry(self.currentIndex())
        key = event.key()
        if entry and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if entry.row:
                self.chosen.emit(entry.row.id)
            else:
                self.fold(entry.family, entry.family not in self.layers.opened)
        elif entry and not entry.hit and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold(entry.family, key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:
        entry = self.entry(self.currentIndex())
        if not entry or not entry.row:
            return
        drag = QDrag(self)
        drag.setMimeData(self.layers.mimeData([self.currentIndex()]))
        drag.setPixmap(drag_picture(entry.row, self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(15, 14))
        drag.exec(Qt.DropAction.CopyAction)


def drag_picture(row: LayerType, ratio: float) -> QPixmap:
    """The title bar of a node, as it hangs on the pointer."""
    t = theme.current()
    font = theme.font(12, 600)
    width = max(76, round(QFontMetricsF(font).horizontalAdvance(row.title)) + 42)
    pixmap = QPixmap(QSize(round(width * ratio), round(28 * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline(painter, QRectF(0, 0, width, 28), radius=7, pen=t.color("sel"), fill=t.title_fill(row.family))
    painter.drawPixmap(QPointF(5, 5), t.tile(row.family, 18, row.id, ratio))
    painter.setFont(font)
    painter.setPen(t.color("t1"))
    painter.drawText(QRectF(30, 0, width - 34, 28), Qt.AlignmentFlag.AlignVCenter, row.title)
    painter.end()
    return pixmap


class SearchField(QLineEdit):
    """A field with a magnifier and, while it is empty, a key cap that tells the shortcut."""

    moved = Signal()  # the user wants to go down into the list

    def __init__(self, placeholder: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setProperty("search", True)
        self.setFixedHeight(28)
        self.cap = Chip(key, "t2", self)
        self.cap.set_key_cap()
        self.textChanged.connect(lambda text: self.cap.setVisible(not text))
        self.lens = self.addAction(theme.current().icon("search", "t3", 14), QLineEdit.ActionPosition.LeadingPosition)
        self.lens.setText("Search")
        theme.notifier().changed.connect(self.redraw)

    def redraw(self) -> None:
        self.lens.setIcon(theme.current().icon("search", "t3", 14))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self.cap.sizeHint()
        self.cap.setGeometry(self.width() - size.width() - 6, (self.height() - size.height()) // 2, size.width(), size.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.moved.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class Palette(QWidget):
    """Search field over the list of layers."""

    layerChosen = Signal(str)  # layer type id, by double click or Enter

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = LayerModel(self)
        self.field = SearchField(f"Search {len(registry.ROWS)} layers", "Tab", self)
        self.list = LayerList(self.model, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        inset = QVBoxLayout()
        inset.setContentsMargins(8, 0, 8, 0)
        inset.addWidget(self.field)
        layout.addLayout(inset)
        layout.addWidget(self.list)
        self.setMinimumWidth(160)
        self.field.textChanged.connect(self.model.search)
        self.field.returnPressed.connect(self.choose_first)
        self.field.moved.connect(self.enter_list)
        self.list.chosen.connect(self.layerChosen)
        theme.notifier().changed.connect(self.list.viewport().update)

    def choose_first(self) -> None:
        """Enter in the search field takes the best hit."""
        if self.model.query and self.model.entries and (row := self.model.entries[0].row):
            self.layerChosen.emit(row.id)

    def enter_list(self) -> None:
        self.list.setFocus(Qt.FocusReason.TabFocusReason)
        self.list.setCurrentIndex(self.model.index(0))

    def set_level(self, level: Level) -> None:
        """The document has changed, or another level of it is open."""
        self.model.show_level(level.snapshot())

    def refresh_blocks(self) -> None:
        """The user has kept another block."""
        self.model.refresh()

    def opened(self) -> list[str]:
        """The open families, to be remembered."""
        return sorted(self.model.opened)

    def set_opened(self, families: Iterable[str]) -> None:
        """Opens exactly these families."""
        self.model.opened = ({family for family, _ in registry.families()} | {shelf.FAMILY}) & set(families)
        self.model.rebuild()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.model.with_blocks:
            QTimer.singleShot(0, self, self.model.show_blocks)  # after the first paint, which should not wait for files

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.list.doItemsLayout()
