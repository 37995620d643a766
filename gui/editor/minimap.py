"""The whole network in 130 x 84 px at a corner; a click or drag moves the view. Reads the scene; moves the camera only."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.layers.spec import FAMILIES
from gui.editor import bulk, ink

if TYPE_CHECKING:
    from gui.editor.view import Canvas

SIZE, INSET, EDGE = (130, 84), 6.0, 10
MOST = 200  # nodes and wires that are looked at for a free corner
PERIOD = 66  # ms between repaints while something moves


class Minimap(QWidget):
    """A child of the canvas."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.wanted, self.bare = True, False
        self.corner = 0  # bottom right, bottom left, top right, top left
        self.setFixedSize(*SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the canvas need not paint what lies under it
        self.setAccessibleName("Minimap")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.later = QTimer(self)
        self.later.setSingleShot(True)
        self.later.setInterval(PERIOD)
        self.later.timeout.connect(self.follow)
        canvas.network.moved.connect(self.mark)
        canvas.network.selection.changed.connect(self.mark)
        canvas.camera.moved.connect(self.mark)

    def set_wanted(self, on: bool) -> None:
        """Whether the user wants it."""
        self.wanted = on
        self.appear()

    def set_bare(self, bare: bool) -> None:
        """Whether there is nothing to map."""
        if bare != self.bare:
            self.bare = bare
            self.appear()

    def appear(self) -> None:
        self.setVisible(self.wanted and not self.bare)
        self.settle()

    def mark(self) -> None:
        """Repaints with the next round of events, once for many changes."""
        if self.wanted and not self.later.isActive():
            self.later.start()

    def follow(self) -> None:
        self.settle()
        self.update()

    def settle(self, *, all_nodes: bool = False) -> None:
        """Stays where it is unless it covers a selected node, or any node or wire while all are in view; then the first free corner.

        With `all_nodes` the corners are asked from the first one on.
        """
        room = self.canvas.rect()
        right, bottom = room.width() - SIZE[0] - EDGE, room.height() - SIZE[1] - EDGE
        top = EDGE + self.canvas.strip.taken
        corners = [(right, bottom), (EDGE, bottom), (right, top), (EDGE, top)]
        network = self.canvas.network
        whole = self.shows_all()
        boxes = self.boxes(network.nodes if all_nodes or whole else network.selection.nodes, wires=whole)
        order = [self.corner, *(i for i in range(4) if i != self.corner)] if not all_nodes else range(4)
        free = [i for i in order if clear(corners[i], boxes)] or [i for i in order if clear(corners[i], self.boxes(()))]
        self.corner = free[0] if free else 0
        self.move(*corners[self.corner])
        crowded = whole and not any(clear(corner, boxes) for corner in corners)
        self.setVisible(self.wanted and not self.bare and not crowded)

    def boxes(self, names: Iterable[str], *, wires: bool = False) -> np.ndarray:
        """What the map should not cover: x, y, width, height in px of the canvas, shape (n, 4).

        These are nodes and, with `wires`, the pieces of wires, at most 200 of each, titles of frames and the legend of the heat overlay.
        """
        network, camera = self.canvas.network, self.canvas.camera
        atlas = network.atlas
        rows = [atlas.index[name] for name in islice(names, MOST) if name in atlas.index]
        titles = [item.title_area().getRect() for item in network.frames.values() if item.frame.title]
        pieces = atlas.courses.segments(np.arange(min(len(atlas.courses.wires), MOST)))[0].reshape(-1, 2, 2) if wires else np.zeros((0, 2, 2))
        low = pieces.min(axis=1)
        lines = np.hstack([low, pieces.max(axis=1) - low])
        boxes = np.concatenate([atlas.boxes[rows], lines, *([titles] if titles else [])]) * camera.zoom
        boxes[:, :2] += camera.view_point(QPointF(0, 0)).toTuple()
        legend = self.canvas.heat.legend
        return np.concatenate([boxes, [legend.geometry().getRect()]]) if legend.isVisible() else boxes

    def shows_all(self) -> bool:
        """Whether the canvas itself shows the whole network."""
        area, camera = self.canvas.network.content(), self.canvas.camera
        room = QRectF(self.canvas.rect()).adjusted(-1, -1, 1, 1)  # the view moves by whole pixels
        return room.contains(QRectF(camera.view_point(area.topLeft()), camera.view_point(area.bottomRight())))

    def mapping(self) -> tuple[float, QPointF]:
        """Scale and shift from scene to this widget: all nodes and the visible part fit."""
        area = self.canvas.network.content()
        shown = self.canvas.camera.shown()
        whole = area.united(shown.intersected(area.adjusted(-area.width(), -area.height(), area.width(), area.height()))) if not area.isEmpty() else shown
        scale = min((SIZE[0] - 2 * INSET) / max(whole.width(), 1), (SIZE[1] - 2 * INSET) / max(whole.height(), 1))
        middle = whole.center()
        return scale, QPointF(SIZE[0] / 2 - middle.x() * scale, SIZE[1] / 2 - middle.y() * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        tools, atlas = ink.get(), self.canvas.network.atlas
        scale, shift = self.mapping()
        painter = QPainter(self)
        painter.fillRect(self.rect(), tools.brush("canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tools.pen("chipborder", 1))
        painter.setBrush(tools.brush("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setClipRect(self.rect().adjusted(2, 2, -2, -2))
        shown = self.canvas.camera.shown()
        view = QRectF(shown.x() * scale + shift.x(), shown.y() * scale + shift.y(), shown.width() * scale, shown.height() * scale)
        view = view.intersected(QRectF(self.rect()).adjusted(4, 4, -4, -4))
        painter.fillRect(view, tools.brush("accentwash"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        boxes = atlas.boxes * scale
        boxes[:, :2] += (shift.x(), shift.y())
        boxes[:, 2:] = np.maximum(boxes[:, 2:], 2.0)
        boxes = boxes.round()
        order, groups = bulk.by_kind(atlas.family)
        corners = bulk.corners_of(boxes[order])
        for index, first, end in groups:
            painter.setBrush(tools.family(FAMILIES[index]))
            bulk.draw_corners(painter, corners[first:end])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(tools.pen("accent", 1))
        painter.drawRect(view.adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.look(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.look(event.position())

    def look(self, at: QPointF) -> None:
        """Brings what lies under a point of the map to the middle of the view."""
        scale, shift = self.mapping()
        self.canvas.camera.look_at((at - shift) / scale, self.canvas.camera.zoom, glide=False)


def clear(corner: tuple[int, int], boxes: np.ndarray) -> bool:
    """Whether the map covers none of `boxes` there."""
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    return not ((low < np.add(corner, SIZE)) & (high > corner)).all(axis=1).any()
