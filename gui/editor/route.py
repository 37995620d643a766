"""How a wire runs from port to port: a bezier, or rounded right angles through free lanes. Pure geometry over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

RADIUS, STUB, CLEAR = 12.0, 28.0, 16.0
Box = np.ndarray  # (n, 4): x, y, width, height
SHARES = np.linspace(0.0, 1.0, 25)
BASIS = np.stack([(1 - SHARES) ** 3, 3 * SHARES * (1 - SHARES) ** 2, 3 * SHARES**2 * (1 - SHARES), SHARES**3], axis=1)  # (25, 4)


@dataclass(slots=True)
class Route:
    """A wire's course. `points` (k, 2) sample it for hit tests; `chip` is where its label belongs, `room` how wide it may be."""

    path: QPainterPath
    points: np.ndarray
    chip: QPointF
    room: float
    bent: bool = False
    bounds: QRectF | None = None


def route(start: QPointF, end: QPointF, boxes: Box, *, lane: str = "", soft: Box | None = None) -> Route:
    """The course from an output at `start` to an input at `end`, around `boxes`.

    `lane` "below" keeps detours under both ends (labels); `soft` are areas that a lane avoids when it can (frames' edges).
    """
    dx = end.x() - start.x()
    if dx >= 8 and (dx < 4 or not blocked(start, end, boxes)):
        return bezier(start, end)
    return orthogonal(start, end, boxes, lane=lane, soft=soft)


def bezier(start: QPointF, end: QPointF) -> Route:
    """Horizontal tangents, handles of half the distance but at least 24 px."""
    reach = max(24.0, abs(end.x() - start.x()) / 2)
    one, two = QPointF(start.x() + reach, start.y()), QPointF(end.x() - reach, end.y())
    path = QPainterPath(start)
    path.cubicTo(one, two, end)
    points = bezier_points(start, end)
    middle = QPointF(*points[12])
    room = max(abs(end.x() - start.x()), 0.8 * abs(end.y() - start.y()) if abs(end.y() - start.y()) > 60 else 0.0)
    return Route(path, points, middle, room)


def bezier_points(start: QPointF, end: QPointF) -> np.ndarray:
    """25 points on the bezier, shape (25, 2)."""
    reach = max(24.0, abs(end.x() - start.x()) / 2)
    corners = np.array([[start.x(), start.y()], [start.x() + reach, start.y()], [end.x() - reach, end.y()], [end.x(), end.y()]])
    return BASIS @ corners


def blocked(start: QPointF, end: QPointF, boxes: Box) -> bool:
    """Whether the bezier would run under a node."""
    left, right = start.x() + 2, end.x() - 2
    top, bottom = min(start.y(), end.y()), max(start.y(), end.y())
    near = (boxes[:, 0] < right) & (boxes[:, 0] + boxes[:, 2] > left) & (boxes[:, 1] < bottom + 1) & (boxes[:, 1] + boxes[:, 3] > top - 1)
    if not near.any():
        return False
    some = boxes[near]
    points = bezier_points(start, end)[2:-2]
    inside = (
        (points[:, None, 0] > some[None, :, 0] - 1)
        & (points[:, None, 0] < some[None, :, 0] + some[None, :, 2] + 1)
        & (points[:, None, 1] > some[None, :, 1] - 2)
        & (points[:, None, 1] < some[None, :, 1] + some[None, :, 3] + 2)
    )
    return bool(inside.any())


def orthogonal(start: QPointF, end: QPointF, boxes: Box, *, lane: str, soft: Box | None) -> Route:
    """Right, along a free column to a free lane, along it, along a second column, and in from the left."""
    x1, x2 = start.x() + STUB, end.x() - STUB
    y = free_lane((min(x1, x2) - 4, max(x1, x2) + 4), start.y(), end.y(), boxes=boxes, lane=lane, soft=soft)
    x1 = free_column(x1, start.y(), y, boxes=boxes, step=1, limit=start.x() + 10)
    x2 = free_column(x2, end.y(), y, boxes=boxes, step=-1, limit=end.x() - 10)
    corners = [(start.x(), start.y()), (x1, start.y()), (x1, y), (x2, y), (x2, end.y()), (end.x(), end.y())]
    path = rounded(corners)
    room = abs(x1 - x2)
    return Route(path, np.array(corners), QPointF((x1 + x2) / 2, y), room if room > 40 else 0.0, bent=True)


def rounded(corners: list[tuple[float, float]]) -> QPainterPath:
    """A path along `corners` whose turns have radius 12, or less where a leg is short."""
    path = QPainterPath(QPointF(*corners[0]))
    for (ax, ay), (bx, by), (cx, cy) in zip(corners, corners[1:], corners[2:], strict=False):
        before, after = abs(bx - ax) + abs(by - ay), abs(cx - bx) + abs(cy - by)
        reach = min(RADIUS, before / 2, after / 2)
        if reach < 0.5:
            path.lineTo(bx, by)
            continue
        path.lineTo(bx - (bx - ax) / before * reach, by - (by - ay) / before * reach)
        path.quadTo(bx, by, bx + (cx - bx) / after * reach, by + (cy - by) / after * reach)
    path.lineTo(*corners[-1])
    return path


def free_lane(span: tuple[float, float], y0: float, y1: float, *, boxes: Box, lane: str, soft: Box | None) -> float:
    """The y of a horizontal lane across `span` that no node lies on, near both ends."""
    hits = boxes[(boxes[:, 0] < span[1]) & (boxes[:, 0] + boxes[:, 2] > span[0])]
    taken = [(top - 5, top + height + 5) for _, top, _, height in hits.tolist()]
    edges = []
    if soft is not None and len(soft):
        edges = [(a, b) for x, a, w, h in soft.tolist() if x < span[1] and x + w > span[0] for a, b in ((a - 3, a + 24), (a + h - 3, a + h + 3))]
    for obstacles in (taken + edges, taken):
        gaps = gaps_between(obstacles)
        found = best_gap(gaps, y0, y1, lane=lane)
        if found is not None:
            return found
    return max(y0, y1) + 60


def gaps_between(taken: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The free intervals between occupied ones, the outermost open-ended."""
    gaps, edge = [], -1e9
    for low, high in sorted(taken):
        if low > edge:
            gaps.append((edge, low))
        edge = max(edge, high)
    return [*gaps, (edge, 1e9)]


def best_gap(gaps: list[tuple[float, float]], y0: float, y1: float, *, lane: str) -> float | None:
    """The y in the gap that costs the least way; None when the ones between the ends are all too narrow."""
    best, cost = None, 1e18
    for low, high in gaps:
        if high - low < 14:
            continue
        y = low + CLEAR if high >= 1e9 else high - CLEAR if low <= -1e9 else (low + high) / 2
        if low < -1e8 and high > 1e8:
            y = (y0 + y1) / 2 if abs(y1 - y0) > 40 else max(y0, y1) + 60
        elif high - low > 80:
            y = min(max((y0 + y1) / 2, low + CLEAR), high - CLEAR)
        if lane == "below" and y < max(y0, y1) + 8:
            continue
        way = abs(y - y0) + abs(y - y1) + (40 if y < min(y0, y1) else 0)
        if way < cost:
            best, cost = y, way
    return best


def free_column(x: float, y0: float, y1: float, *, boxes: Box, step: int, limit: float) -> float:
    """The x nearest to `x` whose vertical from y0 to y1 crosses no node; `step` is the first side to look at."""
    low, high = min(y0, y1), max(y0, y1)
    hits = boxes[(boxes[:, 1] < high - 2) & (boxes[:, 1] + boxes[:, 3] > low + 2)]
    for offset in (0, 8, -8, -14, 20, 40, 60, 80, 120, 160, 200, 260, 320):
        here = x + step * offset
        if (here - limit) * step < 0:
            continue
        if not ((hits[:, 0] < here + 4) & (hits[:, 0] + hits[:, 2] > here - 4)).any():
            return here
    return x


def distance(points: np.ndarray, x: float, y: float) -> float:
    """The distance from (x, y) to the polyline `points`."""
    start, step = points[:-1], np.diff(points, axis=0)
    length = np.maximum((step**2).sum(axis=1), 1e-9)
    share = np.clip(((np.array([x, y]) - start) * step).sum(axis=1) / length, 0.0, 1.0)
    nearest = start + share[:, None] * step
    return float(np.sqrt(((nearest - (x, y)) ** 2).sum(axis=1).min()))
