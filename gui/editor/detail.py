"""How much of the canvas is painted at which zoom. Numbers only; paints nothing."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF

LOW, MID, FULL = 0, 1, 2
MID_FROM, FULL_FROM = 0.35, 0.60
ZOOM_MIN, ZOOM_MAX = 0.10, 3.0
FIT_MIN = 0.02  # framing everything may go below the wheel's limit, so that all of a huge network can be seen
GRID = 20
STEP = 1600.0  # px by which a scene's rectangle grows


def detail_of(zoom: float) -> int:
    """FULL from 60 %, MID (title, tile, picture) from 35 %, LOW (one layer paints all) below."""
    if zoom >= FULL_FROM:
        return FULL
    return MID if zoom >= MID_FROM else LOW


def snap(value: float) -> float:
    """`value` on the grid."""
    return round(value / GRID) * GRID


def roomy(content: QRectF) -> QRectF:
    """A rectangle with room round this one, in such large steps that few edits change it: a scene sorts all its items anew when its rectangle changes."""
    left, top = (STEP * math.floor((edge - 400) / STEP) for edge in (content.left(), content.top()))
    right, bottom = (STEP * math.ceil((edge + 400) / STEP) for edge in (content.right(), content.bottom()))
    return QRectF(left, top, right - left, bottom - top)
