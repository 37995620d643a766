"""Automatic layout: layers from left to right, long chains wrapped into rows. Pure functions; no Qt."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from engine.graph import ops as o
from engine.graph.document import natural
from engine.graph.model import Snapshot

GRID = 20
COLUMN_GAP, ROW_GAP = 80.0, 60.0
SIZE = (160.0, 120.0)


def layered(
    snapshot: Snapshot, node_ids: Iterable[str] | None = None, *, sizes: Mapping[str, tuple[float, float]] | None = None, wrap: float = 0.0
) -> o.MoveNodes:
    """New positions for the chosen nodes (default: all), layer by layer, first ports on one line, same centre of mass.

    `sizes` are widths and heights in px; `wrap` > 0 starts a new row of layers when one grows wider than that.
    """
    chosen = set(node_ids) if node_ids is not None else {node.id for node in snapshot.nodes}
    if not chosen:
        return o.MoveNodes({})
    measure = {name: (sizes or {}).get(name, SIZE) for name in chosen}
    columns = order_columns(snapshot, columns_of(snapshot, chosen))
    placed = place(columns, measure, wrap)
    return o.MoveNodes(about_the_middle(snapshot, placed))


def about_the_middle(snapshot: Snapshot, placed: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """The same layout with its centre of mass where that of the nodes was."""
    old = [node.pos for node in snapshot.nodes if node.id in placed]
    shift = [snap(sum(p[i] for p in old) / len(old) - sum(p[i] for p in placed.values()) / len(placed)) for i in (0, 1)]
    return {name: (x + shift[0], y + shift[1]) for name, (x, y) in placed.items()}


def snap(value: float) -> float:
    return round(value / GRID) * GRID


def columns_of(snapshot: Snapshot, chosen: set[str]) -> list[list[str]]:
    """Longest-path layering: each node right of everything that feeds it."""
    incoming = snapshot.incoming()
    depth: dict[str, int] = {}
    stack = sorted(chosen, key=natural)
    while stack:
        name = stack[-1]
        parents = [w.source for w in incoming[name].values() if w.source in chosen]
        waiting = [p for p in parents if p not in depth]
        if waiting:
            stack += waiting
            continue
        depth.setdefault(name, 1 + max((depth[p] for p in parents), default=-1))
        stack.pop()
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in sorted(depth, key=natural):
        columns[depth[name]].append(name)
    return columns


def order_columns(snapshot: Snapshot, columns: list[list[str]]) -> list[list[str]]:
    """Fewer crossings: a few sweeps of the barycentre rule, a node's first input weighing most."""
    incoming = snapshot.incoming()
    for _ in range(3):
        for left, column in itertools.pairwise(columns):
            rank = {name: index for index, name in enumerate(left)}

            def centre(name: str, rank: dict[str, int] = rank) -> float:
                ranks = [rank[w.source] for w in incoming[name].values() if w.source in rank]
                return sum(ranks) / len(ranks) if ranks else len(rank)

            column.sort(key=centre)
    return columns


def place(columns: list[list[str]], measure: Mapping[str, tuple[float, float]], wrap: float) -> dict[str, tuple[float, float]]:
    """Positions column by column; wrapped rows are as high as their highest column."""
    placed: dict[str, tuple[float, float]] = {}
    x, top, height = 0.0, 0.0, 0.0
    for column in columns:
        width = max(measure[name][0] for name in column)
        if wrap and x and x + width > wrap:
            x, top, height = 0.0, snap(top + height + ROW_GAP), 0.0
        y = top
        for name in column:
            placed[name] = (snap(x), snap(y))
            y += measure[name][1] + ROW_GAP / 2
        height = max(height, y - ROW_GAP / 2 - top)
        x += width + COLUMN_GAP
    return placed
