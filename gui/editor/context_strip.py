"""Inside a block: the level around it as a strip of boxes, height for resolution and width for channels, the open block ringed. Moves nothing itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from engine.events import Analysis
from engine.graph.model import block_of
from engine.layers import registry
from engine.layers.spec import Shape, shape_text
from gui import theme
from gui.editor import ink
from gui.editor.anatomy import pill_of
from gui.level import Level, bare, called, flow_order, level_at

HEIGHT, EDGE, PAD, GAP = 96, 10, 14, 16  # px: the card, round it, inside it, between boxes
LEAST, LOWEST = 30.0, 420  # px: of a box, and of a canvas that has room for the strip
MOST = 14  # boxes; of longer networks, those near the open block


@dataclass(frozen=True, slots=True)
class Box:
    """One node of the level around."""

    path: str
    name: str
    family: str
    pill: str
    shape: str
    size: tuple[float, float]  # width and height before they are fitted
    open: bool


def size_of(shape: Shape | None) -> tuple[float, float]:
    """Width by channels, height by resolution, each by its power of two."""
    if shape is None or len(shape) < 2:
        return 56.0, 18.0
    channels = shape[1] if len(shape) != 3 else shape[2]
    across = shape[2] if len(shape) == 4 else shape[1] if len(shape) == 3 else 1
    return 34.0 + 7.0 * math.log2(max(channels, 1)), min(18.0 + 3.2 * math.log2(max(across, 1)), 44.0)


def boxes_of(level: Level, analysis: Analysis | None) -> list[Box]:
    """The nodes around the open block, along the wires: blocks, and layers that change the shape."""
    outer = level_at(level.document, level.path.rpartition("/")[0])
    here, seen = outer.snapshot(), outer.seen(analysis)
    way, found = bare(level.path), []
    before: Shape | None = None
    for node in flow_order(here):
        row = registry.of(node, here)
        facts = seen.nodes.get(node.id) if seen else None
        shape = next(iter(facts.outputs.values()), None) if facts else None
        path = outer.path_of(node.id)
        if row is None or row.role != "layer" or not (block_of(node.type) or shape is None or shape != before):
            continue
        before = shape or before
        found.append(
            Box(path, called(here, node), row.family, pill_of(outer.plain(node)), shape_text(shape) if shape else "", size_of(shape), bare(path) == way)
        )
    middle = next((index for index, box in enumerate(found) if box.open), 0)
    first = max(0, min(middle - MOST // 2, len(found) - MOST))
    return found[first : first + MOST]


class ContextStrip(QWidget):
    """A child of the canvas, above the network. `wanted(path)`: a box was clicked."""

    wanted = Signal(str)

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.on = True
        self.name = ""
        self.boxes: list[Box] = []
        self.hovered = -1
        self.setMouseTracking(True)
        self.hide()
        theme.notifier().changed.connect(self.update)

    def show_level(self, level: Level, analysis: Analysis | None) -> None:
        """The surroundings of the open block; hides on the document itself."""
        self.boxes = boxes_of(level, analysis) if level.path and self.on else []
        trail = level.trail()
        self.name = trail[-2][1] if len(trail) > 1 else "Network"
        self.setAccessibleName(f"{self.name}: {', '.join(box.name + (', open' if box.open else '') for box in self.boxes)}")
        self.settle()
        self.update()

    def settle(self) -> None:
        """Across the top of the canvas, where that is high enough."""
        room = self.canvas.rect()
        self.setGeometry(EDGE, EDGE, max(room.width() - 2 * EDGE, 0), HEIGHT)
        self.setVisible(bool(self.boxes) and room.height() >= LOWEST)

    @property
    def taken(self) -> int:
        """How much of the canvas's top it covers, px."""
        return EDGE + HEIGHT if self.isVisible() else 0

    def areas(self) -> list[QRectF]:
        """Where the boxes are: side by side, as wide as their names if all then fit, narrower where not."""
        tools, room = ink.get(), self.width() - 2 * PAD - GAP * (len(self.boxes) - 1)
        wide = [max(box.size[0], LEAST) for box in self.boxes]
        named = [max(own, tools.width(f"{box.name} {box.pill}".strip(), "caption") + 14) for own, box in zip(wide, self.boxes, strict=True)]
        wide = named if sum(named) <= room else wide
        share = min(1.0, room / sum(wide)) if wide else 1.0
        left, found = float(PAD), []
        for box, width in zip(self.boxes, wide, strict=True):
            found.append(QRectF(left, 52 - box.size[1] / 2, width * share, box.size[1]))
            left += width * share + GAP
        return found

    # -- painting ----------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        tools, areas = ink.get(), self.areas()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tools.pen("line2", 1))
        painter.setBrush(tools.brush("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        tools.write(painter, self.name, role="port", x=PAD, middle=14, color="t2")
        tools.write(painter, "height = resolution, width = channels", role="caption", x=PAD + tools.width(self.name, "port") + 10, middle=14, color="t3")
        if areas:
            painter.setPen(tools.pen("wire", 1))
            painter.drawLine(QPointF(areas[0].left(), 52), QPointF(areas[-1].right(), 52))
        for index, (box, area) in enumerate(zip(self.boxes, areas, strict=True)):
            self.paint_box(painter, box, area, hovered=index == self.hovered)
        painter.end()

    def paint_box(self, painter: QPainter, box: Box, area: QRectF, *, hovered: bool) -> None:
        tools = ink.get()
        painter.setPen(tools.pen("sel", 2) if box.open else tools.pen("ctl3" if hovered else "nodeborder", 1))
        painter.setBrush(tools.title(box.family))
        painter.drawRoundedRect(area.adjusted(-1, -1, 1, 1) if box.open else area, 4, 4)
        words = f"{box.name} {box.pill}".strip()
        for text, role, middle, color in ((words, "caption", 52.0, "t1"), (box.shape, "chip", 84.0, "t1" if box.open else "t3")):
            room = area.width() + (GAP - 4 if role == "chip" else -6)
            font = theme.mono(10.5) if role == "chip" else theme.font(10.5)
            short = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room) if tools.width(text, role) > room else text
            if len(short) > 1 or short == text:
                tools.write(painter, short, role=role, x=area.center().x() - tools.width(short, role) / 2, middle=middle, color=color)

    # -- mouse -------------------------------------------------------------------------------------------------------
    def box_at(self, at: QPointF) -> int:
        """The box under a point; -1 beside all."""
        return next((index for index, area in enumerate(self.areas()) if area.adjusted(-2, -8, 2, 8).contains(at)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.box_at(event.position())
        if found != self.hovered:
            self.hovered = found
            self.setCursor(Qt.CursorShape.PointingHandCursor if found >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: object) -> None:
        self.hovered = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.box_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.wanted.emit(self.boxes[index].path)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            index = self.box_at(QPointF(event.pos()))
            box = self.boxes[index] if index >= 0 else None
            QToolTip.showText(event.globalPos(), f"{box.name} {box.pill}  {box.shape}".strip() if box else "", self)
            return True
        return super().event(event)
