"""The views of a shape on the ring from which they were taken, or in rows where they are many. One is chosen. Shows what it is given."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots import token_grid
from gui.plots.pixel_view import PixelView

MOST, WIDE = 20, 2.2  # views that make a ring; how much wider than high it gets
EDGE, BELOW, LEAST = 4, 7, 20  # px: around all, under each for its bar, smallest side in a ring
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


def ring(count: int, width: float, height: float) -> list[QRectF]:
    """Squares on an ellipse, as large as they go without meeting: seen from above, the first in front (below), then counter-clockwise."""
    best: list[QRectF] = []
    for side in range(int(min(width, height) * 0.42), LEAST - 1, -2):
        across, up = (min(width, WIDE * height) - side) / 2 - EDGE, (height - side - BELOW) / 2 - EDGE
        turns = [2 * math.pi * index / count for index in range(count)]
        middles = [QPointF(width / 2 + across * math.sin(turn), (height - BELOW) / 2 + up * math.cos(turn)) for turn in turns]
        best = [QRectF(point.x() - side / 2, point.y() - side / 2, side, side) for point in middles]
        grown = [box.adjusted(-2, -2, 2, BELOW + 2) for box in best]
        if not any(grown[index].intersects(grown[index - 1]) for index in range(count)) or count == 1:
            return best
    return rows(count, width, height) if count > 1 else best


def rows(count: int, width: float, height: float) -> list[QRectF]:
    """Squares in rows, as large as they go."""
    side, across = 1.0, 1
    for columns in range(1, count + 1):
        down = -(-count // columns)
        fits = min((width - 2 * EDGE) / columns - 4, (height - 2 * EDGE) / down - BELOW - 3)
        side, across = (fits, columns) if fits > side else (side, across)
    pitch = side + 4, side + BELOW + 3
    return [QRectF(EDGE + index % across * pitch[0], EDGE + index // across * pitch[1], side, side) for index in range(count)]


class ViewRing(PixelView):
    """A click or the arrow keys choose a view; the pointer only points at one. `shares` are bars under the views, from 0 to 1."""

    viewChosen = Signal(int)
    viewPointed = Signal(int)  # -1: none
    images = np.zeros((0, 1, 1, 1), np.float32)
    shares: tuple[float, ...] = ()
    chosen, pointed = 0, -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Views of the shape")

    def set_views(self, images: np.ndarray, shares: tuple[float, ...]) -> None:
        """Shows pictures (V, C, H, W) in 0..1."""
        same = images.shape == self.images.shape and np.array_equal(images, self.images)
        self.images, self.shares = images, shares
        if same:
            self.retouch()  # while training only the bars change
        else:
            self.chosen = min(self.chosen, max(len(images) - 1, 0))
            self.redraw()

    def set_chosen(self, index: int) -> None:
        """Rings a view and shows it large where there is room."""
        if index != self.chosen and 0 <= index < len(self.images):
            self.chosen = index
            self.redraw()

    def set_pointed(self, index: int) -> None:
        """Lights a view up."""
        if index != self.pointed:
            self.pointed = index
            self.retouch()
            self.viewPointed.emit(index)

    # Geometry

    def boxes(self) -> list[QRectF]:
        """Where the views are, in viewport pixels."""
        place = ring if len(self.images) <= MOST else rows
        return place(len(self.images), self.width(), self.height())

    def middle(self) -> QRectF:
        """The square inside the ring for the chosen view; empty where there is none."""
        boxes = self.boxes()
        if len(boxes) < 3 or len(boxes) > MOST:
            return QRectF()
        center, side = QPointF(self.width() / 2, (self.height() - BELOW) / 2), boxes[0].width()
        for size in range(int(self.height()), int(side * 1.15), -2):
            box = QRectF(center.x() - size / 2, center.y() - size / 2, size, size)
            if not any(box.adjusted(-6, -6, 6, 6).intersects(other.adjusted(0, 0, 0, BELOW)) for other in boxes):
                return box
        return QRectF()

    def view_at(self, position: QPointF) -> int:
        """The view under a viewport pixel; -1 for none."""
        return next((index for index, box in enumerate(self.boxes()) if box.adjusted(-2, -2, 2, BELOW).contains(position)), -1)

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.set_pointed(self.view_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.view_at(event.position())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.viewChosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()), 0)
        if step and len(self.images):
            self.viewChosen.emit((self.chosen + step) % len(self.images))
        else:
            event.ignore()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.set_pointed(-1)
        return super().viewportEvent(event)

    # Drawing

    def redraw(self) -> None:
        if not len(self.images):
            self.show_pixels(None)
            return
        ratio, panel = self.devicePixelRatioF(), theme.current().color("panel")
        canvas = np.empty((round(self.height() * ratio), round(self.width() * ratio), 3), np.uint8)
        canvas[:] = (panel.red(), panel.green(), panel.blue())
        places = list(zip(self.images, self.boxes(), strict=True))
        if not self.middle().isEmpty():
            places.append((self.images[self.chosen], self.middle()))
        for image, box in places:
            side = box.width() * ratio / max(image.shape[1:])
            height, width = (max(int(size * side), 1) for size in image.shape[1:])
            top, left = (round(middle * ratio - size / 2) for middle, size in ((box.center().y(), height), (box.center().x(), width)))
            part = canvas[max(top, 0) :, max(left, 0) :][:height, :width]
            part[:] = token_grid.image_bytes(image, width, height)[: part.shape[0], : part.shape[1]]
        self.show_pixels(canvas)

    def draw(self, painter: QPainter) -> None:
        look, boxes = theme.current(), self.boxes()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index, box in enumerate(boxes):
            lit = index in (self.chosen, self.pointed)
            painter.setPen(QPen(look.color("sel" if index == self.chosen else "ctl3" if lit else "line2"), 2 if index == self.chosen else 1))
            painter.drawRect(box.adjusted(-1, -1, 1, 1))
            if index < len(self.shares):
                track = QRectF(box.left(), box.bottom() + 3, box.width(), 3)
                painter.fillRect(track, look.color("field"))
                painter.fillRect(QRectF(track.left(), track.top(), track.width() * min(max(self.shares[index], 0.0), 1.0), 3), look.color("accent"))
        middle = self.middle()
        if not middle.isEmpty():
            painter.setPen(QPen(look.color("sel"), 1))
            painter.drawRect(middle.adjusted(-1, -1, 1, 1))
