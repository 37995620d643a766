"""Cuts lines and areas to a rectangle, for painters that cannot clip (Qt's SVG generator). Geometry only."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPolygonF

Line = tuple[np.ndarray, np.ndarray]


def clipped_line(line: Line, area: QRectF) -> Line:
    """The parts of a line (x, y; NaN interrupts it) that lie within `area`, with NaN between them."""
    points: list[tuple[float, float]] = []
    gap = (math.nan, math.nan)
    joined = False  # whether the last part ended in the point where the next begins
    for x0, y0, x1, y1 in zip(line[0][:-1].tolist(), line[1][:-1].tolist(), line[0][1:].tolist(), line[1][1:].tolist(), strict=True):
        span = visible((x0, y0), (x1, y1), area)
        if span is None:
            joined = False
            continue
        begin, end = span
        if not (joined and begin == 0):
            points += [gap, (x0 + begin * (x1 - x0), y0 + begin * (y1 - y0))]
        points.append((x0 + end * (x1 - x0), y0 + end * (y1 - y0)))
        joined = end == 1
    table = np.array(points or [gap])
    return table[:, 0], table[:, 1]


def visible(start: tuple[float, float], stop: tuple[float, float], area: QRectF) -> tuple[float, float] | None:
    """Which shares of the way from `start` to `stop` lie within `area` (Liang and Barsky); None for none."""
    (x, y), (dx, dy) = start, (stop[0] - start[0], stop[1] - start[1])
    if math.isnan(x + y + dx + dy):
        return None
    low, high = 0.0, 1.0
    for slope, room in ((-dx, x - area.left()), (dx, area.right() - x), (-dy, y - area.top()), (dy, area.bottom() - y)):
        if slope == 0:
            if room < 0:
                return None
        elif slope < 0:
            low = max(low, room / slope)
        else:
            high = min(high, room / slope)
    return (low, high) if low < high else None


def clipped_area(shape: QPolygonF, area: QRectF) -> QPolygonF:
    """The part of a polygon within `area`."""
    return shape.intersected(QPolygonF(area))
