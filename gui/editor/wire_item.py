"""A wire on the canvas with its casing, and the chip that tells the shape on it. Never writes the document."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from engine.graph.model import Wire
from gui.editor import ink, route
from gui.editor.detail import FULL, MID

CHIP_HEIGHT = 18.0
SPACE = 4.0  # before each further axis letter
NOWHERE = route.bezier(QPointF(), QPointF(1, 0))  # the course of a wire that was not laid yet
Words = tuple[tuple[str, str], ...]  # (text, colour token) pieces of a chip


@dataclass(slots=True)
class WireMood:
    """What a wire shows besides its course."""

    selected: bool = False
    hovered: bool = False
    lit: bool = False
    error: bool = False
    bypassed: bool = False
    splice: bool = False
    hidden: bool = False  # its end is being dragged
    double: bool = False  # another wire tells the same shape on the same lane


class WireItem(QGraphicsRectItem):
    """Shows one wire. `thin` is for labels."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self.thin = False
        self.mood = WireMood()
        self.dim = False
        self.course = NOWHERE
        self.bounds = QRectF()
        self.chip = ChipItem(self)
        self.setPen(Qt.PenStyle.NoPen)

    def lay(self, course: route.Route) -> bool:
        """Takes a new course between its ports; whether it is another one."""
        if course is self.course or (self.course is not NOWHERE and np.array_equal(course.points, self.course.points)):
            return False
        self.course = course
        self.bounds = self.course.path.controlPointRect().adjusted(-8, -8, 8, 8)
        self.setRect(self.bounds)
        self.update()
        self.chip.step_aside(QPointF())
        return True

    def tell(self, **mood: bool) -> None:
        """Changes parts of the mood and repaints when one differs."""
        stale = False
        for name, value in mood.items():
            if getattr(self.mood, name) != value:
                setattr(self.mood, name, value)
                stale = True
        if stale:
            self.setZValue(2 if self.mood.selected or self.mood.hovered or self.mood.lit else 0)
            self.update()
            self.chip.settle()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.scene()
        if scene is None or scene.detail < MID or self.mood.hidden:
            return
        tools = ink.get()
        if self.dim:
            painter.setOpacity(0.45)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if scene.detail >= FULL:
            painter.setPen(tools.pen("canvas", 6))
            painter.drawPath(self.course.path)
        painter.setPen(self.pen(tools))
        painter.drawPath(self.course.path)
        if self.mood.error and scene.detail >= FULL:
            self.paint_octagon(painter, tools)
        if self.mood.splice:
            self.paint_plus(painter, tools)
        if self.dim:
            painter.setOpacity(1.0)

    def pen(self, tools: ink.Ink) -> object:
        mood = self.mood
        if mood.splice:
            return tools.pen("accent", 3)
        if mood.selected:
            return tools.pen("sel", 3)
        if mood.error:
            return tools.pen("err", 2.5, pattern="error")
        if mood.bypassed:
            return tools.pen("wireh" if mood.hovered else "wire", 2, pattern="bypass")
        if mood.hovered:
            return tools.pen("wireh", 2.5)
        if mood.lit:
            return tools.pen("wireh", 1.5 if self.thin else 2)
        return tools.pen("wire", 1.5, alpha=0.75) if self.thin else tools.pen("wire", 2)

    def sign(self) -> QPointF:
        """Where the sign of a wire that does not fit is: four fifths of the way along."""
        return self.course.path.pointAtPercent(0.82)

    def paint_octagon(self, painter: QPainter, tools: ink.Ink) -> None:
        place = self.sign()
        painter.setPen(tools.pen("canvas", 1))
        painter.setBrush(tools.brush("canvas"))
        painter.drawEllipse(place, 9, 9)
        painter.drawPixmap(QPointF(place.x() - 7, place.y() - 7), tools.look.pixmap("error", "err", 14, 1.0))

    def paint_plus(self, painter: QPainter, tools: ink.Ink) -> None:
        place = self.course.chip
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tools.brush("accentfill"))
        painter.drawEllipse(place, 9, 9)
        painter.setPen(tools.pen("onaccent", 2))
        painter.drawLine(QPointF(place.x() - 4, place.y()), QPointF(place.x() + 4, place.y()))
        painter.drawLine(QPointF(place.x(), place.y() - 4), QPointF(place.x(), place.y() + 4))


class ChipItem(QGraphicsRectItem):
    """The shape on a wire, or right of a port without a wire. Hides where the gap is too small, unless hovered or kept."""

    def __init__(self, wire: WireItem | None = None) -> None:
        super().__init__()
        self.owner = wire
        self.words: Words = ()
        self.width = 0.0
        self.keep = False
        self.aside: QPointF | None = QPointF()  # from its usual place, or None where all places are taken
        self.dim = False
        self.setPen(Qt.PenStyle.NoPen)
        self.setZValue(5)
        self.setVisible(False)

    def say(self, words: Words, *, keep: bool = False) -> None:
        """Sets the pieces of text; `keep` shows them lifted above the wire even where the gap is too small."""
        if (words, keep) == (self.words, self.keep):
            return
        self.words, self.keep = words, keep
        tools = ink.get()
        self.width = (
            sum(tools.width(text, "chip") + (SPACE if index and color == "t3" else 0) for index, (text, color) in enumerate(words)) + 16 if words else 0.0
        )
        self.setRect(-self.width / 2 - 1, -CHIP_HEIGHT / 2 - 1, self.width + 2, CHIP_HEIGHT + 2)
        self.settle()
        self.update()

    def settle(self) -> None:
        """Moves to the wire's middle, above it where there is no room, or hides."""
        if self.owner is None:
            self.setVisible(bool(self.words))
            return
        if not self.words and not self.isVisible():
            return
        course, mood = self.owner.course, self.owner.mood
        fits = course.room >= self.width + 12 and self.aside is not None
        shown = bool(self.words) and not mood.hidden and not mood.double and (fits or (self.keep and self.aside is not None) or mood.hovered or mood.selected)
        if shown:
            lift = 0.0 if fits or course.bent else 27.0
            self.setPos(course.chip + (self.aside or QPointF()) - QPointF(0, lift))
        self.setVisible(shown)
        self.update()

    def step_aside(self, way: QPointF | None) -> None:
        """Lies so far from its usual place; None hides it until its wire is hovered or selected."""
        self.aside = way
        self.settle()

    def hang(self, port: QPointF) -> None:
        """Hangs 8 px right of a port that nothing reads."""
        self.setPos(port + QPointF(8 + 6 + self.width / 2, 0))
        self.setVisible(bool(self.words))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.scene()
        if scene is None or scene.detail < FULL:
            return
        mood = self.owner.mood if self.owner else PLAIN
        border = "err" if mood.error else "sel" if mood.selected else "ctl3" if mood.hovered else "chipborder"
        if self.dim:
            painter.setOpacity(0.45)
        scene.plates.stamp(
            painter,
            (self.words, border),
            size=(self.width / 2, CHIP_HEIGHT / 2),
            margin=self.width / 2 + 2,
            ratio=scene.screen,
            draw=lambda brush: self.draw(brush, border),
            last=True,
        )
        if self.dim:
            painter.setOpacity(1.0)

    def draw(self, painter: QPainter, border: str) -> None:
        """The chip round (0, 0)."""
        tools = ink.get()
        painter.setPen(tools.pen(border, 1))
        painter.setBrush(tools.brush("chip"))
        painter.drawRoundedRect(QRectF(-self.width / 2, -CHIP_HEIGHT / 2, self.width, CHIP_HEIGHT), 9, 9)
        x = 8 - self.width / 2
        for index, (text, color) in enumerate(self.words):
            x += SPACE if index and color == "t3" else 0.0
            tools.write(painter, text, role="chip", x=x, middle=0, color="err" if border == "err" else color)
            x += tools.width(text, "chip")


PLAIN = WireMood()


def shape_words(shape: tuple[int, ...], letters: str) -> Words:
    """`C16 H28 W28` as chip pieces, axis letters in t3; without the batch axis. A lone batch axis is a scalar."""
    names = letters.split() if letters else []
    pieces: list[tuple[str, str]] = []
    for letter, size in list(zip(names, shape, strict=False))[1:]:
        pieces += [(letter, "t3"), (str(size), "t1")]
    return tuple(pieces)
