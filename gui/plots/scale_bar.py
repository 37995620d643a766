"""The legend of a colour map: its gradient with the values at both ends, and at 0 where that lies between. Draws only."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.plots import numbers
from gui.plots.colormap import Scale, image_of

THICK, WIDE = 10, 64  # px: the gradient, and a vertical bar with its numbers at the least
CLEAR = 4  # px between two numbers


class ScaleBar(QWidget):
    """Vertical (numbers at the right) or horizontal (numbers below). With `own` words instead of numbers where each tile has its own scale."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Vertical, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.vertical = orientation == Qt.Orientation.Vertical
        self.map = "tide"
        self.scale: Scale | None = None
        self.own: tuple[str, str] = ("", "")
        policy = (QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(*(policy if self.vertical else policy[::-1]))
        if self.vertical:
            self.setMaximumHeight(112)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(self.wide(), 80) if self.vertical else QSize(100, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.wide(), 24) if self.vertical else QSize(60, 22)

    def wide(self) -> int:
        """What a vertical bar needs for its longest number."""
        metrics = QFontMetricsF(theme.mono(10.5))
        return max(WIDE, math.ceil(THICK + 6 + max(metrics.horizontalAdvance(text) for _, text in self.labels())))

    def set_scale(self, name: str, scale: Scale | None, *, own: tuple[str, str] = ("", "")) -> None:
        """Shows the map `name` from scale.low to scale.high; without a scale, the words `own` at the low and the high end."""
        if (name, scale, own) != (self.map, self.scale, self.own):
            before = self.wide()
            self.map, self.scale, self.own = name, scale, own
            if self.wide() != before:
                self.updateGeometry()
            self.setAccessibleName(" to ".join(text for _, text in self.labels() if text))
            self.update()

    def labels(self) -> list[tuple[float, str]]:
        """(share of the way from low to high, text), from the low end up."""
        if self.scale is None:
            middle = [(0.5, "0")] if self.map == "tide" else []
            return [(0.0, self.own[0]), *middle, (1.0, self.own[1])]
        low, high = self.scale.low, self.scale.high
        if low == high:
            return [(0.5, numbers.plain(low))]
        write = numbers.signed if low < 0 else lambda value: numbers.plain(value, 3)
        middle = [(-low / (high - low), "0")] if low < 0 < high else []
        return [(0.0, write(low)), *middle, (1.0, write(high))]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        table = theme.current().lut(self.map)[:, [2, 1, 0, 3]]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.vertical:
            painter.drawImage(QRectF(0, 0, THICK, self.height()), image_of(table[::-1, None]))
        else:
            painter.drawImage(QRectF(0, 0, self.width(), THICK - 3), image_of(table[None]))
        font = theme.mono(10.5)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(theme.current().color("t3"))
        for at, text in self.written(metrics):
            painter.drawText(at, text)
        painter.end()

    def written(self, metrics: QFontMetricsF) -> list[tuple[QPointF, str]]:
        """Where each label is written; one in the middle gives way to those at the ends."""
        labels = [(self._place(share, metrics.horizontalAdvance(text), ascent=metrics.ascent()), text) for share, text in self.labels()]
        if self.vertical or len(labels) < 3:
            return labels
        (first, left), (middle, word), (last, _) = labels
        clear = first.x() + metrics.horizontalAdvance(left) + CLEAR < middle.x() and middle.x() + metrics.horizontalAdvance(word) + CLEAR < last.x()
        return labels if clear else [labels[0], labels[2]]

    def _place(self, share: float, width: float, *, ascent: float) -> QPointF:
        if self.vertical:
            middle = self.height() * (1 - share)
            return QPointF(THICK + 6, float(np.clip(middle + ascent / 2 - 2, ascent - 2, self.height() - 1)))
        return QPointF(float(np.clip(self.width() * share - width / 2, 0, max(self.width() - width, 0))), THICK - 1 + ascent)
