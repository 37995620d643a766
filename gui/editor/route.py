"""How a wire runs from port to port: a bezier, or rounded right angles through free lanes. Pure geometry over arrays."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

RADIUS, STUB, CLEAR = 12.0, 28.0, 16.0
TOUCH = 10.0  # px from a node at which a plain course seems to belong to it
ASIDE = 8.0  # px by which an upright leg keeps away from the border of a frame
LABELS = 10.0  # px between the lane of a label and the one that any other wire would take, so that they part
Box = np.ndarray  # (n, 4): x, y, width, height
Corner = tuple[float, float]
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
    """Whether the bezier would run under a node, or along its edge."""
    left, right = start.x() + 2, end.x() - 2
    top, bottom = min(start.y(), end.y()), max(start.y(), end.y())
    near = (boxes[:, 0] < right) & (boxes[:, 0] + boxes[:, 2] > left) & (boxes[:, 1] < bottom + TOUCH) & (boxes[:, 1] + boxes[:, 3] > top - TOUCH)
    if not near.any():
        return False
    some = boxes[near]
    points = bezier_points(start, end)[2:-2]
    inside = (
        (points[:, None, 0] > some[None, :, 0] - 1)
        & (points[:, None, 0] < some[None, :, 0] + some[None, :, 2] + 1)
        & (points[:, None, 1] > some[None, :, 1] - TOUCH)
        & (points[:, None, 1] < some[None, :, 1] + some[None, :, 3] + TOUCH)
    )
    return bool(inside.any())


def stays(course: Route, boxes: Box) -> bool:
    """Whether a course remains the right one when only `boxes` came or moved: it is plain, and they do not block it."""
    return not course.bent and not blocked(QPointF(*course.points[0]), QPointF(*course.points[-1]), boxes)


def orthogonal(start: QPointF, end: QPointF, boxes: Box, *, lane: str, soft: Box | None) -> Route:
    """Right, along a free column to a free lane, along it, along a second column, and in from the left."""
    sx, sy, ex, ey = start.x(), start.y(), end.x(), end.y()
    right, left = wall_right(sx, sy, boxes), wall_left(ex, ey, boxes)
    x1, x2 = sx + min(STUB, (right - sx) / 2), ex - min(STUB - LABELS * (lane == "below"), (ex - left) / 2)
    y = free_lane(span(x1, x2), sy, ey, boxes=boxes, lane=lane, soft=soft)
    one = free_column(x1, (sy, y), boxes=boxes, low=sx + 8, high=right - 6)
    two = free_column(x2, (ey, y), boxes=boxes, low=left + 6, high=ex - 8)
    x2 = two if two is not None else x2
    if one is None:
        corners = detour((sx, sy), x1, x2, goal=(ex, ey), boxes=boxes, lane=lane, soft=soft)
    else:
        if (one, two) != (x1, x2):
            y = free_lane(span(one, x2), sy, ey, boxes=boxes, lane=lane, soft=soft)
        one = off_border(one, (sy, y), boxes=boxes, soft=soft, low=sx + 8, high=right - 6)
        x2 = off_border(x2, (ey, y), boxes=boxes, soft=soft, low=left + 6, high=ex - 8)
        corners = [(sx, sy), (one, sy), (one, y), (x2, y), (x2, ey), (ex, ey)]
    legs = [(abs(bx - ax), (ax + bx) / 2, ay) for (ax, ay), (bx, by) in itertools.pairwise(corners) if ay == by]
    room, middle, height = max(legs)
    return Route(rounded(corners), np.array(corners), QPointF(middle, height), room if room > 40 else 0.0, bent=True)


def detour(
    start: tuple[float, float], x1: float, x2: float, *, goal: tuple[float, float], boxes: Box, lane: str, soft: Box | None
) -> list[tuple[float, float]]:
    """Corners of a course whose first column is blocked further on: along the next lane to a column that is free."""
    (sx, sy), (ex, ey) = start, goal
    first = free_lane((x1 - 6, x1 + 6), sy, sy + (30 if ey > sy else -30), boxes=boxes, lane="", soft=None)
    y = free_lane(span(x1, x2), sy, ey, boxes=boxes, lane=lane, soft=soft)
    middle = free_column(x1, (first, y), boxes=boxes, low=-1e9, high=1e9)
    middle = x1 if middle is None else middle
    y = free_lane(span(middle, x2), sy, ey, boxes=boxes, lane=lane, soft=soft)
    return [(sx, sy), (x1, sy), (x1, first), (middle, first), (middle, y), (x2, y), (x2, ey), (ex, ey)]


def span(one: float, two: float) -> tuple[float, float]:
    return min(one, two) - 4, max(one, two) + 4


def wall_right(x: float, y: float, boxes: Box) -> float:
    """The left edge of the next node right of a point, on its line."""
    hits = boxes[(boxes[:, 0] > x + 1) & (boxes[:, 1] < y + 4) & (boxes[:, 1] + boxes[:, 3] > y - 4), 0]
    return float(hits.min()) if len(hits) else 1e9


def wall_left(x: float, y: float, boxes: Box) -> float:
    """The right edge of the next node left of a point, on its line."""
    ends = boxes[:, 0] + boxes[:, 2]
    hits = ends[(ends < x - 1) & (boxes[:, 1] < y + 4) & (boxes[:, 1] + boxes[:, 3] > y - 4)]
    return float(hits.max()) if len(hits) else -1e9


def rounded(corners: list[Corner]) -> QPainterPath:
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
    taken = np.column_stack([hits[:, 1] - 5, hits[:, 1] + hits[:, 3] + 5])
    edges = []
    if soft is not None and len(soft):
        edges = [(a, b) for x, a, w, h in soft.tolist() if x < span[1] and x + w > span[0] for a, b in ((a - 3, a + 24), (a + h - 3, a + h + 3))]
    for obstacles in (np.concatenate([taken, edges]) if edges else taken, taken):
        gaps = gaps_between(obstacles)
        found = best_gap(gaps, y0, y1, lane=lane)
        if found is not None:
            return found
    return max(y0, y1) + 60


def gaps_between(taken: np.ndarray) -> list[tuple[float, float]]:
    """The free intervals between occupied ones (k, 2), the outermost open-ended."""
    if not len(taken):
        return [(-1e9, 1e9)]
    ordered = taken[taken[:, 0].argsort()]
    ends = np.maximum.accumulate(ordered[:, 1])
    before = np.concatenate([[-1e9], ends[:-1]])
    free = ordered[:, 0] > before
    return [*zip(before[free].tolist(), ordered[free, 0].tolist(), strict=True), (float(ends[-1]), 1e9)]


def best_gap(gaps: list[tuple[float, float]], y0: float, y1: float, *, lane: str) -> float | None:
    """The y in the gap that costs the least way; None when the ones between the ends are all too narrow."""
    top, bottom = min(y0, y1), max(y0, y1)
    best, cost, chosen = None, 1e18, 0
    first = bisect_left(gaps, top, key=itemgetter(1))
    for walk in (range(first, len(gaps)), range(first - 1, -1, -1)):  # downwards and upwards, until even the way to the gap is too long
        for index in walk:
            low, high = gaps[index]
            if 2 * max(low - bottom, top - high, 0) + bottom - top > cost:
                break
            y = lane_in(low, high, y0, y1, lane=lane)
            way = 1e18 if y is None else abs(y - y0) + abs(y - y1) + (40 if y < top else 0)
            if (way, index) < (cost, chosen):
                best, cost, chosen = y, way, index
    return best


def lane_in(low: float, high: float, y0: float, y1: float, *, lane: str) -> float | None:
    """The y in one gap, or None where it is too narrow, or no place for a lane below both ends."""
    if high - low < 14:
        return None
    y = low + CLEAR if high >= 1e9 else high - CLEAR if low <= -1e9 else (low + high) / 2
    if low < -1e8 and high > 1e8:
        y = (y0 + y1) / 2 if abs(y1 - y0) > 40 else max(y0, y1) + 60
    elif high - low > 80:
        y = min(max((y0 + y1) / 2, low + CLEAR), high - CLEAR)
    if lane == "below":
        y = max(y, min(y + LABELS, high - CLEAR / 2))
        if y < max(y0, y1) + 8:
            return None
    return y


def free_column(x: float, reach: tuple[float, float], *, boxes: Box, low: float, high: float) -> float | None:
    """The x in low..high nearest to `x` whose vertical over `reach` crosses no node; None when there is none."""
    top, bottom = min(reach), max(reach)
    hits = boxes[(boxes[:, 1] < bottom - 2) & (boxes[:, 1] + boxes[:, 3] > top + 2)]
    left, right = hits[:, 0], hits[:, 0] + hits[:, 2]
    if not ((left < x + 5) & (right > x - 5)).any():
        return x
    tries = np.concatenate([[x - 8, x + 8, x - 14], left - 14, right + 14])
    tries = tries[(tries >= min(low, x)) & (tries <= max(high, x))]
    tries = tries[~((left < tries[:, None] + 5) & (right > tries[:, None] - 5)).any(axis=1)]
    return float(tries[np.abs(tries - x).argmin()]) if len(tries) else None


def off_border(x: float, reach: tuple[float, float], *, boxes: Box, soft: Box | None, low: float, high: float) -> float:
    """`x`, or a place beside it where the vertical over `reach` would lie on the border of a frame and that place is free."""
    if soft is None:
        return x
    for left, top, width, height in soft.tolist():
        for border in (left, left + width):
            if abs(x - border) < ASIDE / 2 and top < max(reach) and top + height > min(reach):
                for aside in (border + ASIDE, border - ASIDE):
                    if low <= aside <= high and free_column(aside, reach, boxes=boxes, low=aside, high=aside) is not None:
                        return aside
    return x


def distance(points: np.ndarray, x: float, y: float) -> float:
    """The distance from (x, y) to the polyline `points`."""
    start, step = points[:-1], np.diff(points, axis=0)
    length = np.maximum((step**2).sum(axis=1), 1e-9)
    share = np.clip(((np.array([x, y]) - start) * step).sum(axis=1) / length, 0.0, 1.0)
    nearest = start + share[:, None] * step
    return float(np.sqrt(((nearest - (x, y)) ** 2).sum(axis=1).min()))
