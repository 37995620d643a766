"""A titled coloured area under nodes and wires. Never writes the document."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from engine.graph.model import Frame
from gui.editor import ink
from gui.editor.detail import MID

TITLE_HEIGHT, GRIP = 26.0, 14.0
TITLE_INSET = (12, 7)  # from the corner to the words


class FrameItem(QGraphicsItem):
    """Shows one frame, with a `heading` that goes into the scene too; grabbed by its title strip or border, resized at its lower right corner."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame
        self.selected = False
        self.dim = False
        self.area = QRectF(*frame.rect)
        self.heading = Heading(self)
        self.setZValue(-10)

    def show_frame(self, frame: Frame) -> None:
        """Takes over another record of the same frame."""
        self.frame = frame
        self.place(QRectF(*frame.rect))

    def place(self, area: QRectF) -> None:
        """Shows the frame at `area` (scene px)."""
        self.prepareGeometryChange()
        self.heading.prepareGeometryChange()
        self.area = QRectF(area)
        self.update()
        self.heading.update()

    def select(self, on: bool) -> None:
        if self.selected != on:
            self.selected = on
            self.update()

    def part_at(self, x: float, y: float) -> str:
        """ "grip", "title" or "" for what of the frame lies at a scene point."""
        area = self.area
        if not area.adjusted(-3, -3, 3, 3).contains(x, y):
            return ""
        if x > area.right() - GRIP and y > area.bottom() - GRIP:
            return "grip"
        inner = area.adjusted(4, TITLE_HEIGHT, -4, -4)
        return "" if inner.contains(x, y) else "title"

    def boundingRect(self) -> QRectF:
        return self.area.adjusted(-3, -3, 3, 3)

    def title_area(self) -> QRectF:
        """Where the title is written, scene px."""
        wide = ink.get().width(self.frame.title, "frame")
        return QRectF(self.area.topLeft() + QPointF(*TITLE_INSET), QSizeF(wide, TITLE_HEIGHT - TITLE_INSET[1])) & self.area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.scene()
        if scene is None or scene.detail < MID:
            return
        tools = ink.get()
        if self.dim:
            painter.setOpacity(0.45)
        painter.setBrush(tools.tint(self.frame.family, 0.06))
        painter.setPen(tools.pen("sel", 2) if self.selected else QPen(tools.tint(self.frame.family, 0.38), 1))
        painter.drawRoundedRect(self.area, 10, 10)
        if self.selected:
            painter.setPen(tools.pen("ctl3", 1.5))
            corner = self.area.bottomRight()
            for reach in (5, 9):
                painter.drawLine(corner.x() - reach, corner.y() - 4, corner.x() - 4, corner.y() - reach)
        painter.setOpacity(1.0)


class Heading(QGraphicsItem):
    """The title of a frame. It lies over the wires, which would else run through its letters."""

    def __init__(self, owner: FrameItem) -> None:
        super().__init__()
        self.owner = owner
        self.setZValue(1)

    def boundingRect(self) -> QRectF:
        return self.owner.title_area().adjusted(-4, -1, 4, 1)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene, frame = self.scene(), self.owner.frame
        if scene is None or scene.detail < MID or not frame.title:
            return
        tools, area = ink.get(), self.owner.title_area()
        if self.owner.dim:
            painter.setOpacity(0.45)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tools.tint(frame.family, 0.06))
        painter.drawRoundedRect(area.adjusted(-3, 0, 3, -3), 4, 4)
        painter.setFont(tools.fonts["frame"])
        painter.setPen(tools.tint(frame.family, 0.8))
        painter.drawText(self.owner.area.adjusted(*TITLE_INSET, -12, 0), frame.title)
        painter.setOpacity(1.0)
