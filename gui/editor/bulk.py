"""Draws many rectangles or lines straight from integer arrays, without a Python object for each. Draws only."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shiboken6
from PySide6.QtCore import QLine, QRect
from PySide6.QtGui import QPainter


def corners_of(boxes: np.ndarray) -> np.ndarray:
    """Boxes of x, y, width, height as QRect keeps them: left, top, right and bottom pixel; shape (n, 4)."""
    corners = np.empty((len(boxes), 4), np.intc)
    corners[:, :2] = boxes[:, :2]
    corners[:, 2:] = boxes[:, :2] + boxes[:, 2:] - 1
    return corners


def draw_corners(painter: QPainter, corners: np.ndarray) -> None:
    """Rectangles as `corners_of` gives them, with the painter's pen and brush."""
    if len(corners):
        painter.drawRects(shiboken6.wrapInstance(address_of(corners), QRect), len(corners))


def by_kind(kinds: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """An order that puts equal `kinds` together, and for each kind (kind, first, end) in it."""
    order = kinds.argsort(kind="stable")
    ordered = kinds[order].tolist()
    edges = [*(i for i, kind in enumerate(ordered) if not i or kind != ordered[i - 1]), len(ordered)]
    return order, [(ordered[first], first, end) for first, end in pairwise(edges)]


def draw_lines(painter: QPainter, ends: np.ndarray) -> None:
    """Lines of x1, y1, x2, y2, shape (n, 4), with the painter's pen."""
    whole = np.ascontiguousarray(ends, np.intc)
    if len(whole):
        painter.drawLines(shiboken6.wrapInstance(address_of(whole), QLine), len(whole))


def address_of(array: np.ndarray) -> int:
    """Where an array begins in memory. `array.ctypes` tells it too, but imports a module each time, which is felt at this pace."""
    return array.__array_interface__["data"][0]
