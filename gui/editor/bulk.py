"""Draws many rectangles or lines straight from integer arrays, without a Python object for each. Draws only."""

from __future__ import annotations

import numpy as np
import shiboken6
from PySide6.QtCore import QLine, QRect
from PySide6.QtGui import QPainter


def draw_rects(painter: QPainter, boxes: np.ndarray) -> None:
    """Rectangles of x, y, width, height, shape (n, 4), with the painter's pen and brush."""
    corners = np.empty((len(boxes), 4), np.intc)  # as QRect keeps them: left, top, right and bottom pixel
    corners[:, :2] = boxes[:, :2]
    corners[:, 2:] = boxes[:, :2] + boxes[:, 2:] - 1
    if len(corners):
        painter.drawRects(shiboken6.wrapInstance(corners.ctypes.data, QRect), len(corners))


def draw_lines(painter: QPainter, ends: np.ndarray) -> None:
    """Lines of x1, y1, x2, y2, shape (n, 4), with the painter's pen."""
    whole = np.ascontiguousarray(ends, np.intc)
    if len(whole):
        painter.drawLines(shiboken6.wrapInstance(whole.ctypes.data, QLine), len(whole))
