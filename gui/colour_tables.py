"""Colours of the theme as numpy arrays, for pictures made of data. Apart from gui/theme.py, so that the first paint need not wait for numpy."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor


def class_colors(classes: list[QColor], count: int) -> np.ndarray:
    """The colours of `count` classes as bytes (count, 3); they come again where there are more classes than colours."""
    return np.array([classes[index % len(classes)].getRgb()[:3] for index in range(count)], np.uint8).reshape(count, 3)


def rgba(stops: list[str]) -> np.ndarray:
    """256 RGBA entries (uint8, shape (256, 4), read-only), linear in sRGB between equally spaced stops."""
    points = np.array([QColor(stop).getRgb() for stop in stops], dtype=float)
    where = np.linspace(0, len(stops) - 1, 256)
    table = np.stack([np.interp(where, np.arange(len(stops)), points[:, i]) for i in range(4)], axis=1)
    return read_only(np.rint(table).astype(np.uint8))


def argb(table: np.ndarray) -> np.ndarray:
    """The same as 256 pixels of a QImage (uint32, 0xAARRGGBB, read-only)."""
    red, green, blue, alpha = table.astype(np.uint32).T
    return read_only(alpha << 24 | red << 16 | green << 8 | blue)


def read_only(table: np.ndarray) -> np.ndarray:
    table.setflags(write=False)
    return table
