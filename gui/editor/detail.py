"""How much of the canvas is painted at which zoom. Constants only; paints nothing."""

from __future__ import annotations

LOW, MID, FULL = 0, 1, 2
MID_FROM, FULL_FROM = 0.35, 0.60
ZOOM_MIN, ZOOM_MAX = 0.10, 3.0
FIT_MIN = 0.02  # framing everything may go below the wheel's limit, so that all of a huge network can be seen
GRID = 20


def detail_of(zoom: float) -> int:
    """FULL from 60 %, MID (title, tile, picture) from 35 %, LOW (one layer paints all) below."""
    if zoom >= FULL_FROM:
        return FULL
    return MID if zoom >= MID_FROM else LOW


def snap(value: float) -> float:
    """`value` on the grid."""
    return round(value / GRID) * GRID
