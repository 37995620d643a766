"""A lesson as a card: its own small graph as a picture, title and one line of what it is about. Opens nothing itself."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from engine import library
from engine.graph import text
from engine.graph.model import Snapshot, Wire
from engine.layers import registry
from gui import theme
from gui.editor import anatomy, ink
from gui.phrases import plural

WIDTH, HEIGHT, LOW = 220, 132, 96  # px; LOW where the canvas is too small for the whole card
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Down: (0, 1)}

Drawing = tuple[dict[str, tuple[str, QRectF]], tuple[Wire, ...]]


@cache
def content(entry_id: str) -> Snapshot | None:
    """What a lesson's file holds; None when it cannot be read."""
    entry = library.find(entry_id)
    try:
        return text.open_file(entry.path) if entry else None
    except text.TextError:
        return None


def length(entry: library.Entry) -> str:
    """How long its training is, in its own measure; a template has no data to train on."""
    snapshot = content(entry.id) if entry.kind == "lesson" else None
    return plural(snapshot.recipe.epochs, "epoch") if snapshot else ""


@cache
def drawing(entry_id: str) -> Drawing:
    """(family, box) of each node of a lesson by id, and its wires, scene px; nothing for a file that cannot be read."""
    snapshot = content(entry_id)
    if snapshot is None:
        return {}, ()
    bodies = {node.id: anatomy.measure(node, registry.of(node, snapshot)) for node in snapshot.nodes}
    return {node.id: (bodies[node.id].family, QRectF(*node.pos, bodies[node.id].width, bodies[node.id].height)) for node in snapshot.nodes}, snapshot.wires


class LessonCard(QAbstractButton):
    """`lessonChosen(id)`: a click, Enter or Space. Arrows ask for a neighbour, Escape for the canvas."""

    lessonChosen = Signal(str)
    stepWanted = Signal(int, int)  # to the right, down
    left = Signal()

    def __init__(self, entry: library.Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(entry.summary)
        self.setAccessibleName(f"Open the {entry.kind} {entry.title}")
        self.clicked.connect(lambda: self.lessonChosen.emit(entry.id))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in STEPS:
            self.stepWanted.emit(*STEPS[event.key()])
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tools = ink.get()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active, ring = self.underMouse() or self.isDown(), 2 if self.hasFocus() else 1
        painter.setPen(tools.pen("accent" if self.hasFocus() else "ctl3" if active else "ctl", ring))
        painter.setBrush(tools.brush("hover" if active else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(ring / 2, ring / 2, -ring / 2, -ring / 2), 6, 6)
        foot = self.height() - 48.0
        self.paint_network(painter, QRectF(12, 12, self.width() - 24, foot - 14), tools)
        epochs = length(self.entry)
        painter.setFont(theme.font(10.5))
        painter.setPen(tools.pen("t3"))
        line, taken = QRectF(12, foot + 23, self.width() - 24, 16), QFontMetricsF(painter.font()).horizontalAdvance(epochs)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, epochs)
        for words, font, token, top, room in (
            (self.entry.title, theme.font(12, 600), "t1", foot + 5, line.width()),
            (self.entry.summary, theme.font(11), "t2", foot + 23, line.width() - taken - 10 * bool(epochs)),
        ):
            painter.setFont(font)
            painter.setPen(tools.pen(token))
            short = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(12, top, room, 16), Qt.AlignmentFlag.AlignVCenter, short)
        painter.end()

    def paint_network(self, painter: QPainter, room: QRectF, tools: ink.Ink) -> None:
        """The lesson's nodes as blocks of their families, joined by straight lines."""
        nodes, wires = drawing(self.entry.id)
        area = QRectF()
        for _, box in nodes.values():
            area = area.united(box)
        if area.isEmpty():
            return
        scale = min(room.width() / area.width(), room.height() / area.height(), 0.35)
        middle = area.center()

        def placed(box: QRectF) -> QRectF:
            x, y = room.center().x() + (box.x() - middle.x()) * scale, room.center().y() + (box.y() - middle.y()) * scale
            return QRectF(x, y, max(box.width() * scale, 3), max(box.height() * scale, 3))

        painter.setPen(tools.pen("wire", 1, alpha=0.7))
        for wire in wires:
            start, end = placed(nodes[wire.source][1]), placed(nodes[wire.target][1])
            painter.drawLine(QLineF(start.right(), start.center().y(), end.left(), end.center().y()))
        painter.setPen(Qt.PenStyle.NoPen)
        for family, box in nodes.values():
            painter.setBrush(tools.family(family))
            painter.drawRoundedRect(placed(box), 1.5, 1.5)
