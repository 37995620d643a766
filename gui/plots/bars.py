"""A vector as bars around 0 in the colours of its scale, with the value under the pointer. Draws what it is given."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.plots import colormap, numbers
from gui.plots.colormap import Scale
from gui.plots.tile_readout import Readout


class BarStrip(QWidget):
    """One bar per value. More values than pixels: each column of pixels spans the least to the greatest of its values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values = np.zeros(0, np.float32)
        self.setAccessibleName("Values, one bar each: arrow keys walk along them")
        self.map = colormap.POSITIVE
        self.scale = Scale(0.0, 1.0)
        self.index = -1
        self._readout: Readout | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(280, 110)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 34)

    def set_values(self, values: np.ndarray, name: str) -> None:
        """Shows `values` (F,) in the colour map `name`."""
        if len(values) != len(self.values):
            self._point_at(-1)
        self.values, self.map = values, name
        self.scale = colormap.scale_of(values, name)
        self.update()
        if self.index >= 0:
            self._show_readout()

    def column(self, index: int) -> QRectF:
        """Where the bar of a value stands, full height."""
        width = self.width() / max(len(self.values), 1)
        return QRectF(index * width, 0, width, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.color("field"))
        if len(self.values):
            self._paint_bars(painter)
            painter.setPen(QPen(look.color("ctl"), 1))
            zero = round(self._height_of(0.0)) - 0.5
            painter.drawLine(0, int(zero), self.width(), int(zero))
            if self.index >= 0:
                painter.setPen(QPen(look.color("sel"), 1.5))
                painter.drawRect(self.column(self.index).adjusted(-1, 1, 1, -1))
        painter.end()

    def _paint_bars(self, painter: QPainter) -> None:
        count = min(len(self.values), max(self.width(), 1))
        starts = (np.arange(count) * len(self.values) // count).astype(int)
        low, high = np.fmin.reduceat(self.values, starts), np.fmax.reduceat(self.values, starts)
        tallest = np.where(np.abs(high) >= np.abs(low), high, low)
        paints = colormap.colours(tallest[:, None], self.map, [self.scale] * count)[:, 0]
        width = self.width() / count
        gap = 0.0 if width < 3 else min(width * 0.25, 4.0)
        painter.setPen(Qt.PenStyle.NoPen)
        for index in range(count):
            if not np.isfinite(tallest[index]):
                continue
            top, bottom = self._height_of(max(float(high[index]), 0.0)), self._height_of(min(float(low[index]), 0.0))
            blue, green, red = (int(v) for v in paints[index, :3])
            painter.fillRect(QRectF(index * width + gap / 2, top, width - gap, bottom - top), QColor(red, green, blue))

    def _height_of(self, value: float) -> float:
        room = (self.scale.high - self.scale.low) or 1.0
        return 4 + (self.scale.high - value) / room * (self.height() - 8)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = int(event.position().x() / max(self.column(0).width(), 1e-9)) if len(self.values) else -1
        self._point_at(index if 0 <= index < len(self.values) else -1)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and len(self.values):
            self._point_at(min(max(self.index + step, 0), len(self.values) - 1))
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._point_at(-1)
        if self._readout is not None:
            self._readout.deleteLater()
            self._readout = None

    def _point_at(self, index: int) -> None:
        if index == self.index:
            return
        self.index = index
        self.update()
        if index >= 0:
            self._show_readout()
        elif self._readout is not None:
            self._readout.hide()

    def _show_readout(self) -> None:
        if self._readout is None:
            self._readout = Readout(self)
        rect: QRect = self.column(self.index).toAlignedRect()
        self._readout.show_beside(self, rect, words=f"value {self.index}", number=numbers.plain(float(self.values[self.index]), 3))
