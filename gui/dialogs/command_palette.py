"""The command palette: one field over actions, layers, the document's nodes and lessons. Carries nothing out itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from engine.layers.registry import in_order
from gui import theme
from gui.controls import outline

WIDTH, ROW, ROWS = 480, 30, 12
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that can be chosen. `kind` is the word at the right; `why` says why it is grey (empty: it can be chosen)."""

    title: str
    kind: str
    call: Callable[[], object]
    icon: str = ""
    family: str = ""
    keys: str = ""
    words: str = ""  # further words that find it
    why: str = ""


class Hits(QAbstractListModel):
    """The hits for what is typed, best first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.everything: list[Hit] = []
        self.shown: list[Hit] = []

    def set_hits(self, hits: Sequence[Hit]) -> None:
        self.everything = list(hits)
        self.search("")

    def search(self, text: str) -> None:
        self.beginResetModel()
        query = "".join(text.lower().split())
        scored = [(points, index, hit) for index, hit in enumerate(self.everything) if (points := score(query, hit)) > 0]
        self.shown = [hit for _, _, hit in sorted(scored, key=lambda item: (-item[0], item[1]))]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.title
        return hit.why or hit.kind if role == Qt.ItemDataRole.ToolTipRole else None


def score(query: str, hit: Hit) -> float:
    """How well `query` (lower case, no blanks) finds `hit`; what cannot be chosen comes after its like."""
    title, words = hit.title.lower().replace(" ", ""), hit.words.lower()
    grey = 0.5 if hit.why else 0.0
    if not query:
        return 1 - grey
    if title.startswith(query):
        return 100 - len(title) / 100 - grey
    if any(word.startswith(query) for word in hit.title.lower().split()):
        return 80 - grey
    if query in title or any(word.startswith(query) for word in words.split()):
        return 60 - grey
    return 20 - grey if in_order(query, title) else 0


class CommandPalette(QFrame):
    """A popup below the title bar. `closed` comes when it goes away, with or without a choice."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName("Command palette")
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Actions, nodes, lessons")
        self.field.setFixedHeight(30)
        self.field.textChanged.connect(self.search)
        self.field.installEventFilter(self)
        self.model = Hits(self)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(HitPainter(self.list))
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self.choose)
        self.list.viewport().setAutoFillBackground(False)
        self.list.setStyleSheet("background: transparent")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list)

    def open_at(self, corner: QPoint, hits: Sequence[Hit]) -> None:
        """Shows itself with its top right corner at `corner` (global), the field empty and focused."""
        self.model.set_hits(hits)
        self.field.clear()
        self.setFixedSize(WIDTH, 16 + 30 + 6 + ROW * ROWS)
        self.move(corner.x() - WIDTH, corner.y())
        self.search("")
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def search(self, text: str) -> None:
        self.model.search(text)
        self.list.setCurrentIndex(self.model.index(0))
        self.list.scrollToTop()

    def choose(self, index: Index) -> None:
        """Closes, then does what was chosen; what is grey stays."""
        if not index.isValid() or self.model.shown[index.row()].why:
            return
        hit = self.model.shown[index.row()]
        self.close()
        hit.call()

    def eventFilter(self, watched: object, event: object) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -ROWS, Qt.Key.Key_PageDown: ROWS}
            step = steps.get(Qt.Key(event.key()), 0)
            if step:
                row = min(max(self.list.currentIndex().row() + step, 0), self.model.rowCount() - 1)
                self.list.setCurrentIndex(self.model.index(row))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.choose(self.list.currentIndex())
                return True
        return False

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=8, pen=t.color("ctl"), fill=t.color("raised"))
        painter.end()


class HitPainter(QStyledItemDelegate):
    """Icon or tile, title, keys, kind."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, hit = theme.current(), index.model().shown[index.row()]
        box = QRectF(option.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("accentwash"))
            painter.drawRoundedRect(box, 4, 4)
        ratio = painter.device().devicePixelRatioF()
        if hit.family:
            painter.drawPixmap(QPointF(box.left() + 8, box.top() + 6), t.tile(hit.family, 18, hit.icon, ratio))
        elif hit.icon:
            painter.drawPixmap(QPointF(box.left() + 9, box.top() + 7), t.pixmap(hit.icon, "td" if hit.why else "t2", 16, ratio))
        painter.setFont(theme.font(12))
        painter.setPen(t.color("td" if hit.why else "t1"))
        painter.drawText(box.adjusted(36, 0, -170, 0), Qt.AlignmentFlag.AlignVCenter, hit.title)
        painter.setFont(theme.font(11))
        painter.setPen(t.color("td" if hit.why else "t3"))
        right = hit.keys or hit.kind
        width = QFontMetricsF(painter.font()).horizontalAdvance(right)
        painter.drawText(QRectF(box.right() - width - 10, box.top(), width + 4, box.height()), Qt.AlignmentFlag.AlignVCenter, right)
