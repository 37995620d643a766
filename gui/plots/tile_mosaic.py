"""All tiles of a grid as one array for one ImageItem, and the words over tiles that show nothing. Knows no widget, handles no events."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui import theme
from gui.plots import colormap
from gui.plots.colormap import Scale
from gui.plots.tile_layout import TileLayout

Levels = tuple[float, float] | None


def mosaic(tiles: np.ndarray, layout: TileLayout, *, scales: list[Scale], name: str, shared: bool) -> tuple[np.ndarray, Levels]:
    """(device pixels, the values at both ends of the colour map). Gaps are NaN, which is transparent; tiles on their own scales become shares of it.

    Colour tiles (N, h, w, 3) give RGBA bytes, which need no levels.
    """
    thinned = tiles[:, :: layout.every, :: layout.every]
    if tiles.ndim == 4:
        return spread(colormap.mixed(thinned, scales)[..., [2, 1, 0, 3]], layout, blank=0), None
    ends = [ends_of(scale, name) for scale in (scales[:1] if shared else scales)]
    values = thinned.astype(np.float32, copy=False)
    if not shared:
        low, high = (np.array(side, np.float32)[:, None, None] for side in zip(*ends, strict=True))
        with np.errstate(invalid="ignore", over="ignore"):
            values = (values - low) / (high - low)
    return spread(values, layout, blank=np.nan), ends[0] if shared else (0.0, 1.0)


def ends_of(scale: Scale, name: str) -> tuple[float, float]:
    """Both ends of a scale, apart even where all values are the same: then they have the colour of zero, or of the low end."""
    if scale.high > scale.low:
        return scale.low, scale.high
    return (scale.low - 1.0, scale.low + 1.0) if name == colormap.SIGNED else (scale.low, scale.low + 1.0)


def spread(values: np.ndarray, layout: TileLayout, *, blank: float) -> np.ndarray:
    """Tiles (N, h, w, ...) with the layout's cells side by side, with gaps of `blank`."""
    large = values.repeat(layout.cell[1], axis=1).repeat(layout.cell[0], axis=2)
    (width, height), gap, across = layout.tile, layout.gap, layout.across
    canvas = np.full((layout.down, height + gap, across, width + gap, *values.shape[3:]), blank, values.dtype)
    for row in range(layout.down):
        part = large[row * across : (row + 1) * across]
        canvas[row, :height, : len(part), :width] = part.swapaxes(0, 1)
    full = canvas.reshape(layout.down * (height + gap), across * (width + gap), *values.shape[3:])
    return np.ascontiguousarray(full[: layout.size[1], : layout.size[0]])


class TileWords(QGraphicsItem):
    """Hatching with a word ("dead") over the tiles that show nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QRectF()
        self.words: Mapping[int, tuple[QRectF, str]] = {}

    def show_words(self, words: Mapping[int, tuple[QRectF, str]], box: QRectF) -> None:
        """Covers tiles within `box`: tile -> (where it is, word)."""
        self.prepareGeometryChange()
        self.words, self.box = words, box if words else QRectF()

    def boundingRect(self) -> QRectF:
        return self.box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = theme.current()
        painter.setFont(theme.font(10, 500))
        for rect, word in self.words.values():
            painter.fillRect(rect, look.color("field"))
            painter.fillRect(rect, QBrush(look.color("ctl"), Qt.BrushStyle.BDiagPattern))
            width = painter.fontMetrics().horizontalAdvance(word) + 4
            if width <= rect.width():
                label = QRectF(rect.center().x() - width / 2, rect.center().y() - 7, width, 14)
                painter.fillRect(label, look.color("field"))
                painter.setPen(look.color("err" if word == "NaN" else "t2"))
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, word)
