"""Layouts that teach: the U of an encoder and its decoder, and strips from top to bottom. Pure functions; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from engine.graph import ops as o
from engine.graph.arrange import COLUMN_GAP, ROW_GAP, SIZE, about_the_middle, columns_of, order_columns, snap
from engine.graph.model import Snapshot

Sizes = Mapping[str, tuple[float, float]]
STRIP_GAP, STRIP_HEIGHT, STRIP_COLUMN = 44.0, 2400.0, 160.0


def levels(resolutions: Mapping[str, int]) -> dict[str, int]:
    """How deep each node lies: 0 for the greatest resolution, one more for every smaller one that there is."""
    order = sorted(set(resolutions.values()), reverse=True)
    return {name: order.index(size) for name, size in resolutions.items()}


def u_shape(snapshot: Snapshot, names: set[str], *, resolutions: Mapping[str, int], sizes: Sizes) -> o.MoveNodes:
    """Left to right by order, top to bottom by resolution (height of a node's maps in pixels).

    A node without a resolution (labels, losses, vectors) stands on the level of what feeds it. What shares a column and a level is stacked.
    """
    depth = levels({name: size for name, size in resolutions.items() if name in names})
    incoming = snapshot.incoming()
    columns = order_columns(snapshot, columns_of(snapshot, names))
    for column in columns:
        for name in column:
            feeding = [depth[wire.source] for wire in incoming[name].values() if wire.source in depth]
            depth.setdefault(name, max(feeding, default=0))
    rows = row_tops(columns, depth, sizes)
    placed, x = {}, 0.0
    for column in columns:
        filled: dict[int, float] = {}
        for name in column:
            y = filled.get(depth[name], rows[depth[name]])
            placed[name] = (snap(x), snap(y))
            filled[depth[name]] = y + sizes.get(name, SIZE)[1] + ROW_GAP / 2
        x += max(sizes.get(name, SIZE)[0] for name in column) + COLUMN_GAP
    return o.MoveNodes(about_the_middle(snapshot, placed))


def row_tops(columns: list[list[str]], depth: Mapping[str, int], sizes: Sizes) -> dict[int, float]:
    """Where each level begins: below the fullest column of the level above it."""
    highest: dict[int, float] = {}
    for column in columns:
        stacked: dict[int, float] = {}
        for name in column:
            stacked[depth[name]] = stacked.get(depth[name], 0.0) + sizes.get(name, SIZE)[1] + ROW_GAP / 2
        for level, height in stacked.items():
            highest[level] = max(highest.get(level, 0.0), height)
    order = sorted(highest)
    tops = {order[0]: 0.0} if order else {}
    for above, below in pairwise(order):
        tops[below] = tops[above] + highest[above] + ROW_GAP / 2
    return tops


def strips(snapshot: Snapshot, names: set[str], *, sizes: Sizes) -> o.MoveNodes:
    """One column from top to bottom in the order of computation, as on the slide about the revolution of depth; a new one beside it when it is full.

    Nodes of one rank (branches) stand side by side.
    """
    placed: dict[str, tuple[float, float]] = {}
    left, y, widest = 0.0, 0.0, 0.0
    for rank in order_columns(snapshot, columns_of(snapshot, names)):
        height = max(sizes.get(name, SIZE)[1] for name in rank)
        if y and y + height > STRIP_HEIGHT:
            left, y, widest = left + widest + STRIP_COLUMN, 0.0, 0.0
        x = left
        for name in rank:
            placed[name] = (snap(x), snap(y))
            x += sizes.get(name, SIZE)[0] + COLUMN_GAP
        widest = max(widest, x - left - COLUMN_GAP)
        y += height + STRIP_GAP
    return o.MoveNodes(about_the_middle(snapshot, placed))
