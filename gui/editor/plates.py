"""Pixmaps drawn once per zoom and shared by all items that look alike: node bodies and shape chips. Keeps, draws nothing itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPixmap, QTransform

from gui.editor import ink

MOST = 8_000_000  # device pixels, several times what a large screen shows at once


class Plates:
    """A cache for one zoom; another zoom or theme empties it. `on` is off while exporting, so that vectors stay vectors."""

    def __init__(self) -> None:
        self.on = True
        self.state: tuple[object, ...] = ()
        self.pixmaps: dict[Hashable, QPixmap] = {}
        self.taken = 0  # device pixels

    def stamp(
        self, painter: QPainter, key: Hashable, *, size: tuple[float, float], margin: float, ratio: float, draw: Callable[[QPainter], None], last: bool = False
    ) -> None:
        """Paints what `draw` draws in (0, 0, *size) plus `margin` all round, at the painter's place rounded to whole pixels.

        Leaves the painter there, so that what follows sits on the same pixels; if this is the `last` of the item, anywhere.
        """
        place = painter.worldTransform()
        if not self.on or place.isRotating():
            draw(painter)
            return
        zoom = place.m11()
        x, y = round(place.dx() * ratio) / ratio, round(place.dy() * ratio) / ratio
        pad = math.ceil(margin * zoom)
        pixmap = self.pixmap(key, size=size, zoom=zoom, pad=pad, ratio=ratio, draw=draw)
        painter.setWorldTransform(QTransform.fromTranslate(x - pad, y - pad))
        painter.drawPixmap(0, 0, pixmap)
        if not last:
            painter.setWorldTransform(QTransform(zoom, 0, 0, zoom, x, y))

    def pixmap(self, key: Hashable, *, size: tuple[float, float], zoom: float, pad: int, ratio: float, draw: Callable[[QPainter], None]) -> QPixmap:
        state = (zoom, ratio, ink.get())
        if state != self.state or self.taken > MOST:
            self.state = state
            self.pixmaps, self.taken = {}, 0
        found = self.pixmaps.get(key)
        if found is None:
            found = ink.blank(math.ceil(size[0] * zoom) + 2 * pad, math.ceil(size[1] * zoom) + 2 * pad, ratio)
            painter = QPainter(found)
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            painter.translate(QPointF(pad, pad))
            painter.scale(zoom, zoom)
            try:
                draw(painter)
            finally:
                painter.end()  # a painter that outlives its pixmap takes the process down
            self.pixmaps[key] = found
            self.taken += found.width() * found.height()
        return found
