"""Pictures of the same pixels side by side, by nearest neighbour, with one pixel ringed in all of them. Shows what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots.pixel_view import PixelView, ring
from gui.plots.token_grid import STEPS

EDGE, GAP, CAPTION, WORDS = 3, 12, 17, 60  # px: around, between, words above and their least width
HATCH = 6  # device pixels from one stripe to the next


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """`pixels` (h, w, 3) bytes; where `hatched` (h, w) they do not count. `marks` are words at pixels: (row, column, text)."""

    title: str
    pixels: np.ndarray
    hatched: np.ndarray | None = None
    note: str = ""
    marks: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """In device pixels: `width` and `height` of a picture, `across` side by side."""

    width: int
    height: int
    across: int


def fit(count: int, shape: tuple[int, int], *, room: tuple[int, int], ratio: float) -> Plan:
    """The largest size at which `count` pictures of `shape` (rows, columns) fill `room` (width, height; logical px); half and whole factors from 2 on."""
    best = Plan(1, 1, 1)
    for across in range(1, count + 1):
        down = -(-count // across)
        if across > 1 and (room[0] - 2 * EDGE + GAP) / across < WORDS + GAP:
            break
        width = (room[0] - 2 * EDGE - (across - 1) * GAP) / across * ratio
        height = ((room[1] - EDGE) / down - CAPTION - (4 if down > 1 else 0)) * ratio
        factor = min(width / shape[1], height / shape[0])
        factor = int(2 * factor) / 2 if factor >= 2 else factor
        plan = Plan(max(int(shape[1] * factor), 1), max(int(shape[0] * factor), 1), across)
        best = plan if plan.width >= best.width else best
    return best


class PixelPictures(PixelView):
    """The pointer or the arrow keys choose a pixel; a double click shows one picture alone, another one all of them again."""

    spotChanged = Signal(object)  # (row, column), or None
    pictures: tuple[Picture, ...] = ()
    spot: tuple[int, int] | None = None
    pointed = 0  # the place of the picture under the pointer
    single = -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pictures of the sample, pixel by pixel")

    def set_pictures(self, pictures: Sequence[Picture]) -> None:
        """Shows pictures of one size."""
        if self.pictures and self.shape() != (pictures[0].pixels.shape[:2] if pictures else (1, 1)):
            self.set_spot(None)
        self.pictures = tuple(pictures)
        self.single = self.single if self.single < len(pictures) else -1
        self.redraw()

    def shown(self) -> tuple[int, ...]:
        """Which pictures there are to see."""
        return (self.single,) if self.single >= 0 else tuple(range(len(self.pictures)))

    # Geometry

    def shape(self) -> tuple[int, int]:
        """Rows and columns of pixels."""
        return self.pictures[0].pixels.shape[:2] if self.pictures else (1, 1)

    def plan(self) -> Plan:
        return fit(len(self.shown()), self.shape(), room=(self.width(), self.height()), ratio=self.devicePixelRatioF())

    def spare(self, width: int) -> int:
        """How much of `width` px the pictures leave over when they have it, with all of their height."""
        ratio = self.devicePixelRatioF()
        plan = fit(len(self.shown()), self.shape(), room=(width, self.height()), ratio=ratio)
        pitch = max(plan.width / ratio, WORDS) + GAP
        return max(int(width - 2 * EDGE - plan.across * pitch), 0)

    def box(self, place: int) -> QRectF:
        """The picture at a place, in viewport pixels."""
        plan, ratio = self.plan(), self.devicePixelRatioF()
        row, column = divmod(place, plan.across)
        width, height = plan.width / ratio, plan.height / ratio
        pitch = max(width, WORDS)
        return QRectF(EDGE + column * round(pitch + GAP), CAPTION + row * round(height + CAPTION + 4), width, height)

    def pixel_rect(self, place: int, spot: tuple[int, int]) -> QRectF:
        """Where a pixel of the picture at a place is."""
        box, (rows, columns) = self.box(place), self.shape()
        side = box.width() / columns
        return QRectF(box.left() + spot[1] * side, box.top() + spot[0] * box.height() / rows, side, box.height() / rows)

    def pixel_at(self, position: QPointF) -> tuple[int, int, int] | None:
        """(place, row, column) under a viewport pixel."""
        rows, columns = self.shape()
        for place in range(len(self.shown())):
            box = self.box(place)
            if box.contains(position):
                row, column = (position.y() - box.top()) / box.height() * rows, (position.x() - box.left()) / box.width() * columns
                return place, min(int(row), rows - 1), min(int(column), columns - 1)
        return None

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.pixel_at(event.position())
        self.pointed = found[0] if found else 0
        self.set_spot(found[1:] if found else None)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.set_spot(None)
        return super().viewportEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.pixel_at(event.position())
        if found is not None:
            self.show_alone(-1 if self.single >= 0 else found[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS and self.pictures:
            rows, columns = self.shape()
            row, column = self.spot or (rows // 2, columns // 2)
            down, right = STEPS[key] if self.spot else (0, 0)
            self.pointed = 0
            self.set_spot((min(max(row + down, 0), rows - 1), min(max(column + right, 0), columns - 1)))
        elif key == Qt.Key.Key_Escape and (self.spot is not None or self.single >= 0):
            self.set_spot(None)
            self.show_alone(-1)
        else:
            event.ignore()

    def show_alone(self, index: int) -> None:
        """Shows one picture as large as there is room for; -1: all of them."""
        if index != self.single:
            self.single = index
            self.redraw()

    def set_spot(self, spot: tuple[int, int] | None) -> None:
        """Rings a pixel in every picture."""
        if spot != self.spot:
            self.spot = spot
            self.retouch()
            self.spotChanged.emit(spot)

    # Drawing

    def redraw(self) -> None:
        if not self.pictures:
            self.show_pixels(None)
            return
        plan, ratio, look = self.plan(), self.devicePixelRatioF(), theme.current()
        panel, stripe = (np.array(look.color(name).getRgb()[:3], np.uint8) for name in ("panel", "t3"))
        canvas = np.empty((round(self.height() * ratio), round(self.width() * ratio), 3), np.uint8)
        canvas[:] = panel
        rows = np.arange(plan.height) * self.shape()[0] // plan.height
        columns = np.arange(plan.width) * self.shape()[1] // plan.width
        stripes = (np.arange(plan.height)[:, None] + np.arange(plan.width)) % HATCH < 2
        for place, index in enumerate(self.shown()):
            picture, box = self.pictures[index], self.box(place)
            tile = picture.pixels[rows[:, None], columns]
            if picture.hatched is not None:
                tile[picture.hatched[rows[:, None], columns] & stripes] = stripe
            part = canvas[round(box.top() * ratio) :, round(box.left() * ratio) :][: plan.height, : plan.width]
            part[:] = tile[: part.shape[0], : part.shape[1]]
        self.show_pixels(canvas)

    def draw(self, painter: QPainter) -> None:
        look = theme.current()
        for place, index in enumerate(self.shown()):
            picture, box = self.pictures[index], self.box(place)
            line = QRectF(box.left(), box.top() - CAPTION, max(box.width(), WORDS), CAPTION - 2)
            painter.setFont(theme.font(10.5, 600))
            painter.setPen(look.color("t1"))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, picture.title)
            used = QFontMetricsF(painter.font()).horizontalAdvance(picture.title) + 8
            painter.setFont(theme.mono(10.5))
            if used + QFontMetricsF(painter.font()).horizontalAdvance(picture.note) <= line.width():
                painter.setPen(look.color("t2"))
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, picture.note)
            self.draw_marks(painter, place, picture.marks)
            if self.spot is not None:
                side = self.pixel_rect(place, self.spot)
                grow = max(0.0, (5 - side.width()) / 2)
                ring(painter, side.adjusted(-grow, -grow, grow, grow))

    def draw_marks(self, painter: QPainter, place: int, marks: tuple[tuple[int, int, str], ...]) -> None:
        """Words on a ground of their own, so that they are read on any colour; they stay inside the picture."""
        look, box = theme.current(), self.box(place)
        painter.setFont(theme.font(10, 500))
        metrics = QFontMetricsF(painter.font())
        for row, column, text in marks:
            spot, width = self.pixel_rect(place, (row, column)).center(), metrics.horizontalAdvance(text) + 6
            if width <= box.width():
                left = min(max(spot.x() - width / 2, box.left()), box.right() - width)
                label = QRectF(left, min(max(spot.y() - 7, box.top()), box.bottom() - 14), width, 14)
                painter.fillRect(label, theme.faded(look.color("field"), 0.8))
                painter.setPen(look.color("t1"))
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
