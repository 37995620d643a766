"""Putting nodes in line: edges, equal gaps, straight wires. Pure functions that give new positions; no Qt, nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping

from engine.graph import ops as o
from engine.graph.arrange import GRID, SIZE, columns_of, snap
from engine.graph.model import Snapshot

Sizes = Mapping[str, tuple[float, float]]
EDGES = {"left": (0, 0.0), "center": (0, 0.5), "right": (0, 1.0), "top": (1, 0.0), "middle": (1, 0.5), "bottom": (1, 1.0)}  # axis, share of the node


def aligned(snapshot: Snapshot, names: set[str], edge: str, *, sizes: Sizes) -> o.MoveNodes:
    """Brings one edge (or the middle) of all nodes to that of the outermost one; centres meet in the middle of all."""
    axis, share = EDGES[edge]
    spots = {name: snapshot.node(name).pos[axis] + share * sizes.get(name, SIZE)[axis] for name in names}
    goal = min(spots.values()) if share == 0 else max(spots.values()) if share == 1 else (min(spots.values()) + max(spots.values())) / 2
    return moved(snapshot, {name: goal - share * sizes.get(name, SIZE)[axis] for name in names}, axis)


def distributed(snapshot: Snapshot, names: set[str], axis: int, *, sizes: Sizes) -> o.MoveNodes:
    """Equal gaps between three or more nodes along x (axis 0) or y (axis 1); the outermost two stay."""
    order = sorted(names, key=lambda name: (snapshot.node(name).pos[axis], name))
    lengths = [sizes.get(name, SIZE)[axis] for name in order]
    first, last = snapshot.node(order[0]).pos[axis], snapshot.node(order[-1]).pos[axis] + lengths[-1]
    gap = (last - first - sum(lengths)) / max(len(order) - 1, 1)
    at, goals = first, {}
    for name, length in zip(order, lengths, strict=True):
        goals[name] = at
        at += length + gap
    return moved(snapshot, goals, axis)


def straightened(snapshot: Snapshot, names: set[str]) -> o.MoveNodes:
    """Each node on the line of the first node that feeds it, from left to right, so that its first wire runs straight.

    Of several nodes that one node feeds, the first keeps the line; others stay where they are.
    """
    incoming, heights, taken = snapshot.incoming(), {name: snapshot.node(name).pos[1] for name in names}, set()
    for column in columns_of(snapshot, names):
        for name in column:
            feeding = next((wire for wire in incoming[name].values() if wire.source in names), None)
            if feeding is not None and (feeding.source, feeding.source_port) not in taken:
                taken.add((feeding.source, feeding.source_port))
                heights[name] = heights[feeding.source]
    return o.MoveNodes({name: (snapshot.node(name).pos[0], y) for name, y in heights.items() if snapshot.node(name).pos[1] != y})


def moved(snapshot: Snapshot, goals: Mapping[str, float], axis: int) -> o.MoveNodes:
    """The moves along one axis, on the grid, of the nodes that are not there yet."""
    found = {}
    for name, goal in goals.items():
        pos = list(snapshot.node(name).pos)
        pos[axis] = round(goal / (GRID / 2)) * (GRID / 2) if axis == 0 else snap(goal)
        if tuple(pos) != snapshot.node(name).pos:
            found[name] = (pos[0], pos[1])
    return o.MoveNodes(found)
