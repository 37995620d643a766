"""Small pictures that nodes show of themselves: filters, maps, weights, samples and a loss's course, as QImages.

Arrays in, images out; knows no node item. Signed data is Tide (one scale, symmetric about 0), activations Ember (each map), images Ink.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF

from gui import theme

FILTER, FILTER_GAP, MAP, MAP_GAP, SAMPLE, SAMPLE_GAP = 15, 3, 28, 2, 26, 3
MATRIX, SPARK = (144, 52), (120, 40)
FEW = 30  # px of a tile where there are so few that they fit into one short row


def picture(array: np.ndarray, kind: str, look: theme.Theme) -> QImage | None:
    """The picture of `array` as what it is: samples (N, C, H, W), filters (F, kh, kw), maps (C, H, W) or a matrix (H, W)."""
    data = np.nan_to_num(np.asarray(array, dtype=np.float32))
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
    return grid([enlarged(tile, side) for tile in look.lut("tide")[indices]], columns=8, side=side, gap=FILTER_GAP)


def maps(output: np.ndarray, look: theme.Theme) -> QImage:
    """Up to 2 x 4 activation maps (C, H, W), each from 0 to its own maximum."""
    tiles = []
    for plane in output[:8]:
        top = float(plane.max())
        indices = np.clip(plane / top * 255, 0, 255).astype(np.uint8) if top > 0 else np.zeros(plane.shape, np.uint8)
        tiles.append(fitted(look.lut("ember")[indices], MAP))
    return grid(tiles, columns=4, side=MAP, gap=MAP_GAP)


def samples(images: np.ndarray, look: theme.Theme) -> QImage | None:
    """Up to 2 x 5 images of (N, C, H, W) in 0..1; one or three channels."""
    if images.ndim != 4:
        return None
    shown = np.clip(images[:10] * 255, 0, 255).astype(np.uint8)
    tiles, side = [], roomy(len(shown), SAMPLE, SAMPLE_GAP)
    for sample in shown:
        if sample.shape[0] >= 3:
            colors = np.concatenate([sample[:3].transpose(1, 2, 0), np.full((*sample.shape[1:], 1), 255, np.uint8)], axis=2)
        else:
            colors = look.lut("ink")[sample[0]]
        tiles.append(fitted(colors, side))
    return grid(tiles, columns=5, side=side, gap=SAMPLE_GAP)


def roomy(count: int, side: int, gap: int) -> int:
    """The side of `count` tiles that share the width of a matrix in one row: at least `side`, at most FEW."""
    return max(side, min(FEW, (MATRIX[0] + gap) // max(count, 1) - gap))


def matrix(weight: np.ndarray, look: theme.Theme) -> QImage:
    """A weight matrix (out, in), every k-th entry where it has more than there are pixels; symmetric about 0."""
    width, height = MATRIX
    scale = float(np.abs(weight).max()) or 1.0
    rows = (np.arange(height) * weight.shape[0] // height).clip(0, weight.shape[0] - 1)
    columns = (np.arange(width) * weight.shape[1] // width).clip(0, weight.shape[1] - 1)
    indices = np.clip((weight[np.ix_(rows, columns)] / scale + 1) * 127.5, 0, 255).astype(np.uint8)
    return to_image(look.lut("tide")[indices])


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


def enlarged(tile: np.ndarray, side: int) -> np.ndarray:
    """(h, w, 4) at the largest whole factor that fits into `side`, or thinned out when it is larger; centred."""
    factor = side // max(tile.shape[:2])
    if factor < 1:
        return fitted(tile, side)
    big = tile.repeat(factor, axis=0).repeat(factor, axis=1)
    return centred(big, side)


def fitted(tile: np.ndarray, side: int) -> np.ndarray:
    """(h, w, 4) with its longer side at `side` px by nearest neighbour; centred."""
    height, width = tile.shape[:2]
    factor = side / max(height, width)
    rows = (np.arange(max(1, round(height * factor))) / factor).astype(int).clip(0, height - 1)
    columns = (np.arange(max(1, round(width * factor))) / factor).astype(int).clip(0, width - 1)
    return centred(tile[np.ix_(rows, columns)], side)


def centred(tile: np.ndarray, side: int) -> np.ndarray:
    result = np.zeros((side, side, 4), np.uint8)
    top, left = (side - tile.shape[0]) // 2, (side - tile.shape[1]) // 2
    result[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return result


def grid(tiles: list[np.ndarray], *, columns: int, side: int, gap: int) -> QImage:
    """Square tiles in rows; the gaps are transparent."""
    rows = -(-len(tiles) // columns)
    across = min(columns, len(tiles))
    result = np.zeros((rows * (side + gap) - gap, across * (side + gap) - gap, 4), np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (side + gap), index % columns * (side + gap)
        result[top : top + side, left : left + side] = tile
    return to_image(result)


def to_image(colors: np.ndarray) -> QImage:
    """(h, w, 4) RGBA as a QImage that owns its bytes."""
    data = np.ascontiguousarray(colors)
    height, width = data.shape[:2]
    return QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy().convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
