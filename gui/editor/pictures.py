"""Small pictures that nodes show of themselves: filters, maps, weights, samples and a loss's course, as QImages.

Arrays in, images out; knows no node item. Signed data is Tide (one scale, symmetric about 0), activations Ember (each map), images Ink.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF

from gui import theme

FILTER, FILTER_GAP, MAP, MAP_GAP, SAMPLE, SAMPLE_GAP = 15, 3, 28, 2, 26, 3
MATRIX, SPARK = (144, 52), (120, 40)
FEW = 30  # px of a tile where there are so few that they fit into one short row


def picture(array: np.ndarray, kind: str, look: theme.Theme) -> QImage | None:
    """The picture of `array` as what it is: samples (N, C, H, W), filters (F, kh, kw), maps (C, H, W) or a matrix (H, W)."""
    data = np.asarray(array, dtype=np.float32)
    if not np.isfinite(data).all():
        data = np.nan_to_num(data)
    if data.size == 0:
        return None
    if kind == "samples":
        return samples(data, look)
    if data.ndim == 3 and data.shape[1] * data.shape[2] > 1:
        return filters(data, look) if kind == "filters" else maps(data, look)
    if data.ndim == 2 and min(data.shape) > 1:
        return matrix(data, look)
    return None


def filters(weight: np.ndarray, look: theme.Theme) -> QImage:
    """Up to 2 x 8 filters (F, kh, kw) on one scale symmetric about 0; the fewer they are, the larger."""
    shown = weight[:16]
    side = roomy(len(shown), FILTER, FILTER_GAP)
    scale = float(np.abs(shown).max()) or 1.0
    indices = np.clip((shown / scale + 1) * 127.5, 0, 255).astype(np.uint8)
    return grid(look.argb("tide")[enlarged(indices, side)], columns=8, side=side, gap=FILTER_GAP)


def maps(output: np.ndarray, look: theme.Theme) -> QImage:
    """Up to 2 x 4 activation maps (C, H, W), each from 0 to its own maximum; one alone, such as tokens by features, takes the room of a matrix."""
    alone = len(output) == 1
    shown = spread(output[0])[None] if alone else fitted(output[:8], MAP)
    tops = output[:8].max(axis=(1, 2), keepdims=True)
    pixels = look.argb("ember")[np.clip(shown / np.where(tops > 0, tops, 1) * 255, 0, 255).astype(np.uint8)]
    return to_image(pixels[0]) if alone else grid(pixels, columns=4, side=MAP, gap=MAP_GAP)


def samples(images: np.ndarray, look: theme.Theme) -> QImage | None:
    """Up to 2 x 5 images of (N, C, H, W) in 0..1; one or three channels."""
    if images.ndim != 4:
        return None
    count, channels = images[:10].shape[:2]
    side = roomy(count, SAMPLE, SAMPLE_GAP)
    shown = np.stack([fitted(images[:10, channel], side) for channel in range(3 if channels >= 3 else 1)], axis=1)
    levels = np.clip(shown * 255, 0, 255).astype(np.uint32)
    if channels >= 3:
        pixels = 0xFF000000 | levels[:, 0] << 16 | levels[:, 1] << 8 | levels[:, 2]
    else:
        pixels = look.argb("ink")[levels[:, 0]]
    return grid(pixels, columns=5, side=side, gap=SAMPLE_GAP)


def roomy(count: int, side: int, gap: int) -> int:
    """The side of `count` tiles that share the width of a matrix in one row: at least `side`, at most FEW."""
    return max(side, min(FEW, (MATRIX[0] + gap) // max(count, 1) - gap))


def matrix(weight: np.ndarray, look: theme.Theme) -> QImage:
    """A weight matrix (out, in), every k-th entry where it has more than there are pixels; symmetric about 0."""
    scale = float(np.abs(weight).max()) or 1.0
    indices = np.clip((spread(weight, square=False) / scale + 1) * 127.5, 0, 255).astype(np.uint8)
    return to_image(look.argb("tide")[indices])


def spread(values: np.ndarray, *, square: bool = True) -> np.ndarray:
    """(h, w) over the room of a matrix, every k-th entry where it has more than there are pixels; what is `square`, such as an image, stays so."""
    rows, columns = values.shape
    height, width = MATRIX[1], MATRIX[1] if square and rows == columns else MATRIX[0]
    return values[np.ix_(np.arange(height) * rows // height, np.arange(width) * columns // width)]


def sparkline(values: list[float], look: theme.Theme) -> QImage | None:
    """The course of a loss in the training colour; None for fewer than two finite values."""
    course = np.array([value for value in values if np.isfinite(value)])
    if len(course) < 2:
        return None
    width, height = SPARK
    low, high = float(course.min()), float(course.max())
    ys = 3 + (high - course) / ((high - low) or 1.0) * (height - 6)
    xs = np.linspace(1, width - 1, len(course))
    image = QImage(width * 2, height * 2, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(2)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.color("train"), 1.2))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]))
    painter.end()
    return image


def enlarged(tiles: np.ndarray, side: int) -> np.ndarray:
    """(N, h, w) at the largest whole factor that fits into `side`, or thinned out where they are larger."""
    factor = side // max(tiles.shape[1:])
    return fitted(tiles, side) if factor < 1 else tiles.repeat(factor, axis=1).repeat(factor, axis=2)


def fitted(tiles: np.ndarray, side: int) -> np.ndarray:
    """(N, h, w) with their longer side at `side` px by nearest neighbour."""
    rows, columns = nearest(*tiles.shape[1:], side)
    return tiles[:, rows, columns]


@lru_cache(maxsize=64)
def nearest(height: int, width: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows (h, 1) and columns (w,) of a tile its picture shows."""
    factor = side / max(height, width)
    rows, columns = ((np.arange(max(1, round(size * factor))) / factor).astype(int).clip(0, size - 1) for size in (height, width))
    return rows[:, None], columns


def grid(tiles: np.ndarray, *, columns: int, side: int, gap: int) -> QImage:
    """Pixels (N, h, w) in the middles of squares, in rows of `columns`; the gaps are transparent."""
    count, height, width = tiles.shape
    across, pitch = min(columns, count), side + gap
    rows = -(-count // across)
    cells = np.zeros((rows * across, pitch, pitch), np.uint32)
    top, left = (side - height) // 2, (side - width) // 2
    cells[:count, top : top + height, left : left + width] = tiles
    whole = cells.reshape(rows, across, pitch, pitch).transpose(0, 2, 1, 3).reshape(rows * pitch, across * pitch)
    return to_image(whole[: rows * pitch - gap, : across * pitch - gap])


def to_image(pixels: np.ndarray) -> QImage:
    """(h, w) pixels 0xAARRGGBB, opaque or wholly transparent, as a QImage that owns them."""
    data = np.ascontiguousarray(pixels, dtype=np.uint32)
    height, width = data.shape
    return QImage(data.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
