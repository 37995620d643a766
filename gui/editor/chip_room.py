"""Finds room for the shape chips of long wires, so that none lies over another one or over a node. Moves chips along their wires, writes no words."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

if TYPE_CHECKING:
    from gui.editor.scene import Scene
    from gui.editor.wire_item import ChipItem, WireItem

MOST = 800  # wires; with more of them chips stay in the middle, since a look at all would be felt
APART, STEP, TURN = 6.0, 10.0, 14.0  # px: between chips, between two tries, and from a chip to the turn of its wire
STEEP = 60.0  # px of height from which a plain wire runs beside nodes rather than between them


def spread(scene: Scene) -> None:
    """A place for the chip of each wire that has room for more than one: the free one nearest to its middle, or none."""
    if len(scene.wires) > MOST:
        return
    wires = [item for item in scene.wires.values() if item.chip.words]
    long = [item for item in wires if item.course.bent or steep(item)]
    for item in long:
        item.chip.step_aside(QPointF())
    chosen = {id(item) for item in long}
    shown = [item.chip for item in wires if id(item) not in chosen and item.chip.isVisible()]
    shown += [chip for chip in scene.hanging.values() if chip.isVisible()]
    taken = [box_of(chip) for chip in shown]
    for item in long:
        if item.chip.isVisible():
            place(item, taken, scene.atlas.boxes)
            taken += [box_of(item.chip)] if item.chip.isVisible() else []


def steep(item: WireItem) -> bool:
    """Whether a plain wire goes up or down far enough for its chip to meet the nodes at its ends."""
    points = item.course.points
    return not item.course.bent and bool(abs(points[-1, 1] - points[0, 1]) > STEEP)


def box_of(chip: ChipItem) -> tuple[float, float, float, float]:
    """x, y, width and height of a chip with the distance that others keep."""
    area = chip.boundingRect().translated(chip.pos()).adjusted(-APART, -1, APART, 1)
    return area.x(), area.y(), area.width(), area.height()


def place(item: WireItem, taken: list[tuple[float, float, float, float]], nodes: np.ndarray) -> None:
    """Puts the chip where neither another chip nor a node is; where there is no such place it hides."""
    chip, course = item.chip, item.course
    size = chip.boundingRect()
    obstacles = np.concatenate([np.array(taken).reshape(-1, 4), nodes])
    for x, y in places(item):
        over = (obstacles[:, 0] < x + size.right()) & (obstacles[:, 0] + obstacles[:, 2] > x + size.left())
        over &= (obstacles[:, 1] < y + size.bottom()) & (obstacles[:, 1] + obstacles[:, 3] > y + size.top())
        if not over.any():
            chip.step_aside(QPointF(x, y) - course.chip)
            return
    chip.step_aside(None)


def places(item: WireItem) -> list[tuple[float, float]]:
    """Where the chip of a wire may be, the nearest to its usual place first."""
    middle, points = item.course.chip, item.course.points
    if not item.course.bent:
        spots = points[4:-4]
    else:
        legs = [(a, b) for a, b in itertools.pairwise(points) if a[1] == b[1]]
        reach = item.chip.width / 2 + TURN
        spots = np.concatenate([[middle.toTuple()], *(along(min(a[0], b[0]) + reach, max(a[0], b[0]) - reach, a[1]) for a, b in legs)])
    order = np.hypot(spots[:, 0] - middle.x(), spots[:, 1] - middle.y()).argsort(kind="stable")
    return [tuple(spots[i]) for i in order.tolist()]


def along(low: float, high: float, height: float) -> np.ndarray:
    """Places on a leg, shape (k, 2)."""
    xs = np.arange(low, high, STEP) if high > low else np.zeros(0)
    return np.column_stack([xs, np.full(len(xs), height)])
