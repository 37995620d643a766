"""What a gesture draws over the network: a loose wire, the selection box, guides, a cut line, a ghost node. Draws only."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath

from gui.editor import ink, route


@dataclass(slots=True)
class Guides:
    """Alignment lines, each to the right or down, and gap numbers (text, where), scene px."""

    lines: list[QLineF] = field(default_factory=list)
    gaps: list[tuple[str, QPointF]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ghost:
    """A node that a repair would add, or (without a title) a ring round one that it would change."""

    rect: QRectF
    title: str = ""
    key: str = ""
    family: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a repair would do: ghosts, the courses of new wires and of wires that would go."""

    ghosts: list[Ghost]
    wires: list[QPainterPath]
    gone: list[QPainterPath]


@dataclass(frozen=True, slots=True)
class Tag:
    """A short code at a port: at the left of an input, at the right of an output."""

    text: str
    place: QPointF
    at_left: bool = True

    @property
    def rect(self) -> QRectF:
        width = 10.0 + 8.0 * len(self.text)
        return QRectF(self.place.x() - 8 - width if self.at_left else self.place.x() + 8, self.place.y() - 9, width, 18)


class Overlay(QObject):
    """Lies above all items; empty while no gesture runs. `changed` names the areas to repaint: a guide across the whole view is a narrow one."""

    changed = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.wires: list[QPainterPath] = []
        self.box: QRectF | None = None
        self.cut: QPainterPath | None = None
        self.ghost: QRectF | None = None
        self.guides = Guides()
        self.preview: Preview | None = None
        self.tags: list[Tag] = []
        self.parts: dict[object, QRectF] = {}  # where everything is; guides under what tells them apart

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

    def show_preview(self, preview: Preview | None) -> None:
        """What a repair would do; stays until it is taken back."""
        self.preview = preview
        self.settle()

    def show_tags(self, tags: list[Tag]) -> None:
        """Codes at ports, to be typed."""
        if tags or self.tags:
            self.tags = tags
            self.settle()

    def show_guides(self, guides: Guides) -> None:
        if guides.lines or self.guides.lines:
            self.guides = guides
            self.settle()

    def clear(self) -> None:
        self.wires, self.box, self.cut, self.ghost, self.guides = [], None, None, None, Guides()
        self.settle()

    def settle(self) -> None:
        """Asks for a repaint of where everything was and is."""
        drawn = [*self.wires, *([*self.preview.wires, *self.preview.gone] if self.preview else ()), *([self.cut] if self.cut else [])]
        areas = [path.controlPointRect() for path in drawn]
        areas += [box for box in (self.box, self.ghost, *(tag.rect for tag in self.tags)) if box is not None]
        areas += [ghost.rect.adjusted(0, -16, 0, 0) for ghost in (self.preview.ghosts if self.preview else ())]
        parts = {index: area.adjusted(-9, -9, 9, 9) for index, area in enumerate(areas)}
        parts |= {line: QRectF(line[0] - 1, line[1] - 1, line[2] - line[0] + 2, line[3] - line[1] + 2) for line in map(QLineF.toTuple, self.guides.lines)}
        parts |= {(words, *place.toTuple()): QRectF(place.x() - 40, place.y() - 16, 80, 32) for words, place in self.guides.gaps}
        old, self.parts = self.parts, parts
        stale = [area for key, area in (*old.items(), *parts.items()) if isinstance(key, int) or (key in old) != (key in parts)]
        if stale:
            self.changed.emit(stale)

    def draw(self, painter: QPainter) -> None:
        """Paints all parts in scene coordinates."""
        tools = ink.get()
        if self.preview:
            self.draw_preview(painter, self.preview, tools)
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

        for tag in self.tags:
            self.draw_tag(painter, tag, tools)

    def draw_tag(self, painter: QPainter, tag: Tag, tools: ink.Ink) -> None:
        painter.setPen(tools.pen("canvas", 1))
        painter.setBrush(tools.brush("accent"))
        painter.drawRoundedRect(tag.rect, 4, 4)
        tools.write(painter, tag.text, role="pill", x=tag.rect.center().x() - tools.width(tag.text, "pill") / 2, middle=tag.rect.center().y(), color="onaccent")

    def draw_preview(self, painter: QPainter, preview: Preview, tools: ink.Ink) -> None:
        """Dashed wires first, dashed nodes above them; wires that would go are crossed out in the error colour."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for path in preview.gone:
            painter.setPen(tools.pen("canvas", 6))
            painter.drawPath(path)
            painter.setPen(tools.pen("err", 1.5, pattern="bypass"))
            painter.drawPath(path)
        for path in preview.wires:
            painter.setPen(tools.pen("canvas", 6))
            painter.drawPath(path)
            painter.setPen(tools.pen("accent", 2, pattern="error"))
            painter.drawPath(path)
        for ghost in preview.ghosts:
            self.draw_ghost(painter, ghost, tools)

    def draw_ghost(self, painter: QPainter, ghost: Ghost, tools: ink.Ink) -> None:
        """A node that is not there yet, marked as such in words."""
        rect, word = ghost.rect, "preview"
        if ghost.title:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tools.brush("canvas"))
            painter.drawRoundedRect(rect, 7, 7)
            painter.setBrush(tools.brush("accentwash"))
        painter.setPen(tools.pen("accent", 1.5, pattern="ghost"))
        painter.drawRoundedRect(rect, 7, 7)
        if not ghost.title:
            tools.write(painter, word, role="caption", x=rect.left() + 4, middle=rect.top() - 8, color="accent")
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        painter.drawPixmap(QRectF(rect.left() + 5, rect.top() + 5, 18, 18), tools.tile(ghost.family, ghost.icon, 2.0), QRectF(0, 0, 36, 36))
        tools.write(painter, ghost.title, role="title", x=rect.left() + 30, middle=rect.top() + 14.5, color="t1")
        tools.write(painter, word, role="caption", x=rect.right() - 8 - tools.width(word, "caption"), middle=rect.top() + 14.5, color="accent")
        if ghost.key:
            tools.write(painter, ghost.key, role="key", x=rect.left() + 8, middle=rect.top() + 39, color="t1")
