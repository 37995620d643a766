"""Numbers to colours: scales, the theme's maps, and arrays as QImages. Knows no widget; never stretches contrast silently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QColor, QImage

from gui import theme

SIGNED, POSITIVE, IMAGE = "tide", "ember", "ink"


@dataclass(frozen=True, slots=True)
class Scale:
    """The values at both ends of a colour map."""

    low: float
    high: float


def scale_of(values: np.ndarray, name: str) -> Scale:
    """Tide: symmetric about 0. Ember: 0 to the maximum; from the minimum where values are negative. Ink: 0 to 1."""
    if name == IMAGE:
        return Scale(0.0, 1.0)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if name == SIGNED:
        end = max(abs(low), abs(high))
        return Scale(-end, end)
    return Scale(min(low, 0.0), max(high, 0.0))


def colours(values: np.ndarray, name: str, scales: list[Scale]) -> np.ndarray:
    """(N, ...) values as BGRA bytes (N, ..., 4), each row on its own scale of `scales`; what is not finite gets the surface colour."""
    shape = (len(values), *(1,) * (values.ndim - 1))
    low = np.array([scale.low for scale in scales], dtype=np.float32).reshape(shape)
    high = np.array([scale.high for scale in scales], dtype=np.float32).reshape(shape)
    room = np.where(high > low, high - low, 1)
    offset = np.where(high > low, 0, 0.5 if name == SIGNED else 0)  # all zero: the colour of zero
    with np.errstate(invalid="ignore", over="ignore"):
        shares = np.nan_to_num((values - low) / room + offset, nan=0.0)
    pixels = theme.current().argb(name)[np.clip(np.rint(shares * 255), 0, 255).astype(np.uint8)]
    result = pixels.view(np.uint8).reshape(*values.shape, 4)
    lost = ~np.isfinite(values)
    if lost.any():
        result[lost] = bgra(theme.current().color("field"))
    return result


def mixed(values: np.ndarray, scales: list[Scale]) -> np.ndarray:
    """(N, h, w, 3) red, green, blue values as BGRA bytes (N, h, w, 4); the middle of a scale is mid-grey."""
    shape = (len(values), 1, 1, 1)
    low = np.array([scale.low for scale in scales], dtype=np.float32).reshape(shape)
    high = np.array([scale.high for scale in scales], dtype=np.float32).reshape(shape)
    shares = np.nan_to_num((values - low) / np.where(high > low, high - low, 1))
    result = np.full((*values.shape[:3], 4), 255, np.uint8)
    result[..., :3] = np.clip(np.rint(shares[..., ::-1] * 255), 0, 255)
    return result


def bgra(color: QColor) -> np.ndarray:
    """A colour as the four bytes of a 32-bit QImage pixel."""
    return np.array([color.blue(), color.green(), color.red(), 255], np.uint8)


def image_of(pixels: np.ndarray, ratio: float = 1.0) -> QImage:
    """(h, w, 4) BGRA bytes as an opaque QImage that owns them."""
    data = np.ascontiguousarray(pixels)
    height, width = data.shape[:2]
    image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
    image.setDevicePixelRatio(ratio)
    return image


def sample_image(sample: np.ndarray, factor: int = 1, ratio: float = 1.0) -> QImage:
    """An image (C, H, W) in 0..1 at a whole `factor`: Ink for one channel, colour for three."""
    if len(sample) >= 3:
        pixels = mixed(np.moveaxis(sample[None, :3], 1, -1), [Scale(0.0, 1.0)])[0]
    else:
        pixels = colours(sample[:1], IMAGE, [Scale(0.0, 1.0)])[0]
    return image_of(enlarged(pixels, factor), ratio)


def enlarged(pixels: np.ndarray, factor: int) -> np.ndarray:
    """(h, w, 4) with each pixel `factor` times `factor` as large."""
    return pixels if factor == 1 else pixels.repeat(factor, axis=0).repeat(factor, axis=1)
