"""What a gesture draws over the network: a loose wire, the selection box, guides, a cut line, a ghost node. Draws only."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from gui.editor import ink, route


@dataclass(slots=True)
class Guides:
    """Alignment lines and gap numbers (text, where), scene px."""

    lines: list[QLineF] = field(default_factory=list)
    gaps: list[tuple[str, QPointF]] = field(default_factory=list)


class Overlay(QGraphicsObject):
    """One item above all others; empty while no gesture runs. `changed` names the area to repaint."""

    changed = Signal(QRectF)

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(100)
        self.wires: list[QPainterPath] = []
        self.box: QRectF | None = None
        self.cut: QPainterPath | None = None
        self.ghost: QRectF | None = None
        self.guides = Guides()
        self.area = QRectF()

    def show_loose(self, ends: list[tuple[QPointF, QPointF]]) -> None:
        """Wires that are being drawn, each from an output's place to an input's."""
        self.wires = [route.bezier(start, end).path for start, end in ends]
        self.settle()

    def show_box(self, box: QRectF | None) -> None:
        self.box = box
        self.settle()

    def show_cut(self, points: list[QPointF]) -> None:
        self.cut = QPainterPath(points[0]) if points else None
        for point in points[1:]:
            self.cut.lineTo(point)
        self.settle()

    def show_ghost(self, ghost: QRectF | None) -> None:
        """The outline of a node that will be dropped here."""
        self.ghost = ghost
        self.settle()

    def show_guides(self, guides: Guides) -> None:
        if guides.lines or self.guides.lines:
            self.guides = guides
            self.settle()

    def clear(self) -> None:
        self.wires, self.box, self.cut, self.ghost, self.guides = [], None, None, None, Guides()
        self.settle()

    def settle(self) -> None:
        """Takes the new extent and asks for a repaint of old and new."""
        area = QRectF()
        for path in [*self.wires, *([self.cut] if self.cut else [])]:
            area = area.united(path.controlPointRect().adjusted(-1, -1, 1, 1))
        for box in (self.box, self.ghost):
            area = area.united(box) if box is not None else area
        for line in self.guides.lines:
            area = area.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1))
        for _, place in self.guides.gaps:
            area = area.united(QRectF(place.x() - 30, place.y() - 12, 60, 24))
        old = self.area
        self.prepareGeometryChange()
        self.area = area.adjusted(-8, -8, 8, 8) if not area.isNull() else QRectF()
        self.update()
        self.changed.emit(old.united(self.area))

    def boundingRect(self) -> QRectF:
        return self.area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Paints all parts in scene coordinates."""
        tools = ink.get()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for path in self.wires:
            painter.setPen(tools.pen("accent", 2.5))
            painter.drawPath(path)
        if self.cut:
            painter.setPen(tools.pen("err", 1.5, pattern="ghost", cosmetic=True))
            painter.drawPath(self.cut)
        if self.ghost is not None:
            painter.setPen(tools.pen("accent", 1.5, pattern="ghost"))
            painter.setBrush(tools.brush("accentwash"))
            painter.drawRoundedRect(self.ghost, 7, 7)
        if self.box is not None:
            painter.setPen(tools.pen("accent", 1, cosmetic=True))
            painter.setBrush(tools.brush("accentwash"))
            painter.drawRect(self.box)
        if self.guides.lines:
            painter.setPen(tools.pen("accent", 1, cosmetic=True))
            painter.drawLines(self.guides.lines)
            for words, place in self.guides.gaps:
                tools.write(painter, words, role="chip", x=place.x() - tools.width(words, "chip") / 2, middle=place.y(), color="accent")
