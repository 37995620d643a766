"""All rectangles and ports of the scene as numpy arrays, and with them the wires: for hit tests, bulk painting, routing and guides. No painting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

from engine.graph.model import Wire
from engine.graph.rules import PortRef
from engine.layers.spec import FAMILIES
from gui.editor import route
from gui.editor.courses import Courses, rows_touching

if TYPE_CHECKING:
    from gui.editor.node_item import NodeItem
    from gui.editor.wire_item import WireItem

KNOWN = 4000  # courses that are remembered
FAMILY_INDEX = {family: index for index, family in enumerate(FAMILIES)}


class Atlas:
    """Follows single changes: `patch`, `drop`, and `move` for a drag. `rebuild` reads all anew. All coordinates are scene px."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.index: dict[str, int] = {}
        self.boxes = np.zeros((0, 4))  # x, y, width, height per node
        self.spans = np.zeros((0, 4))  # the same as left, top, right, bottom
        self.family = np.zeros(0, int)
        self.trouble = np.zeros(0, bool)
        self.ports: list[PortRef] = []  # those of one node stand together
        self.port_node = np.zeros(0, int)
        self.port_offset = np.zeros((0, 2))
        self.port_output = np.zeros(0, bool)
        self.marks: list[int] = []  # of each box
        self.layout = 0  # their sum: the same number for the same boxes
        self.courses = Courses()
        self.known: dict[tuple[object, ...], route.Route] = {}

    def rebuild(self, nodes: Mapping[str, NodeItem], wires: Mapping[Wire, WireItem]) -> None:
        """Reads every node anew; every wire is to be laid then."""
        self.ids, self.index = [], {}
        self.marks, self.layout = [], 0
        self.boxes, self.spans, self.family, self.trouble = self.boxes[:0], self.spans[:0], self.family[:0], self.trouble[:0]
        self.ports = []
        self.port_node, self.port_offset, self.port_output = self.port_node[:0], self.port_offset[:0], self.port_output[:0]
        self.append(nodes)
        self.courses.rebuild(wires)

    def append(self, nodes: Mapping[str, NodeItem]) -> None:
        """Rows for new nodes, above all others."""
        items, first = list(nodes.values()), len(self.ids)
        self.ids += nodes
        self.index |= {name: row for row, name in enumerate(nodes, first)}
        boxes = [box_of(item) for item in items]
        self.boxes = np.concatenate([self.boxes, np.array(boxes).reshape(-1, 4)])
        self.spans = np.concatenate([self.spans, np.array([(x, y, x + width, y + height) for x, y, width, height in boxes]).reshape(-1, 4)])
        self.marks += map(hash, boxes)
        self.layout += sum(self.marks[first:])
        self.family = np.concatenate([self.family, np.array([family_of(item) for item in items], int)])
        self.trouble = np.concatenate([self.trouble, np.array([item.mood.errors > 0 for item in items], bool)])
        self.append_ports(dict(enumerate(items, first)))

    def append_ports(self, items: Mapping[int, NodeItem]) -> None:
        """The ports of the nodes with these rows, which have none so far."""
        spots = [(row, spot) for row, item in items.items() for spot in item.body.spots]
        self.ports += [PortRef(self.ids[row], spot.name, spot.is_output) for row, spot in spots]
        self.port_node = np.concatenate([self.port_node, np.array([row for row, _ in spots], int)])
        self.port_offset = np.concatenate([self.port_offset, np.array([(spot.x, spot.y) for _, spot in spots]).reshape(-1, 2)])
        self.port_output = np.concatenate([self.port_output, np.array([spot.is_output for _, spot in spots], bool)])

    def patch(self, nodes: Mapping[str, NodeItem], stale: Iterable[str]) -> None:
        """Reads those of `stale` anew, and what `nodes` has at its end that is not known yet."""
        for name in stale:
            row = self.index.get(name)
            if row is not None:
                item = nodes[name]
                self.put(row, box_of(item))
                self.family[row], self.trouble[row] = family_of(item), item.mood.errors > 0
                self.patch_ports(row, item)
        fresh = list(islice(reversed(nodes), len(nodes) - len(self.ids)))
        if fresh:
            self.append({name: nodes[name] for name in reversed(fresh)})

    def patch_ports(self, row: int, item: NodeItem) -> None:
        """The ports of one node: moved, or others than before."""
        rows, spots = np.flatnonzero(self.port_node == row), item.body.spots
        before = [(self.ports[port].port, self.ports[port].is_output) for port in rows.tolist()]
        if before == [(spot.name, spot.is_output) for spot in spots]:
            if spots:
                self.port_offset[rows] = [(spot.x, spot.y) for spot in spots]
        else:
            self.drop_ports(rows)
            self.append_ports({row: item})

    def drop(self, name: str) -> None:
        """Forgets a node; what lies above it moves down one row."""
        row = self.index.get(name)
        if row is None:
            return
        self.drop_ports(np.flatnonzero(self.port_node == row))
        self.port_node[self.port_node > row] -= 1
        self.layout -= self.marks.pop(row)
        del self.ids[row]
        self.index = dict(zip(self.ids, range(len(self.ids)), strict=True))
        self.boxes, self.spans = np.delete(self.boxes, row, axis=0), np.delete(self.spans, row, axis=0)
        self.family, self.trouble = np.delete(self.family, row), np.delete(self.trouble, row)

    def drop_ports(self, rows: np.ndarray) -> None:
        if len(rows):
            del self.ports[rows[0] : rows[-1] + 1]
            self.port_node, self.port_offset, self.port_output = (
                np.delete(table, rows, axis=0) for table in (self.port_node, self.port_offset, self.port_output)
            )

    def note_trouble(self, nodes: Mapping[str, NodeItem], wires: Mapping[Wire, WireItem]) -> None:
        """Which nodes have errors and which wires do not fit."""
        self.trouble = np.array([item.mood.errors > 0 for item in nodes.values()], bool)
        self.courses.note_trouble(wires.values())

    def move(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Puts nodes elsewhere without reading the items."""
        for name, pos in positions.items():
            row = self.index[name]
            self.put(row, (*pos, *self.boxes[row, 2:].tolist()))

    def put(self, row: int, box: tuple[float, ...]) -> None:
        """Gives one node another box."""
        x, y, width, height = self.boxes[row] = box
        self.spans[row] = x, y, x + width, y + height
        mark = hash(box)
        self.layout += mark - self.marks[row]
        self.marks[row] = mark

    def port_places(self) -> np.ndarray:
        """Where the ports are, shape (p, 2)."""
        return self.port_offset + self.boxes[self.port_node, :2]

    def node_at(self, x: float, y: float) -> str | None:
        """The topmost node at a point."""
        b = self.boxes
        hits = np.flatnonzero((b[:, 0] <= x) & (x <= b[:, 0] + b[:, 2]) & (b[:, 1] <= y) & (y <= b[:, 1] + b[:, 3]))
        return self.ids[hits[-1]] if len(hits) else None

    def nodes_in(self, area: tuple[float, float, float, float]) -> list[str]:
        """The nodes that `area` (x, y, width, height) touches."""
        x, y, width, height = area
        return [self.ids[row] for row in self.rows_in(np.array([(x, y, x + width, y + height)])).tolist()]

    def course(self, start: QPointF, end: QPointF, *, lane: str, soft: np.ndarray | None) -> route.Route:
        """How a wire runs round the nodes; what was worked out for nodes in the same places is remembered, for what is undone or dragged to and fro."""
        key = (start.x(), start.y(), end.x(), end.y(), lane, self.layout, soft.tobytes() if soft is not None else b"")
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= KNOWN:
                self.known.clear()
            found = self.known[key] = route.route(start, end, self.boxes, lane=lane, soft=soft)
        return found

    def rows_in(self, areas: np.ndarray) -> np.ndarray:
        """The rows of the nodes that touch any of `areas` (left, top, right, bottom)."""
        return rows_touching(self.spans, areas)

    def port_at(self, x: float, y: float, *, reach: float, among: Iterable[int] | None = None) -> PortRef | None:
        """The nearest port within `reach`, of those in `among` when given (indices into `ports`)."""
        index = self.port_index_at(x, y, reach=reach, among=among)
        return self.ports[index] if index is not None else None

    def port_index_at(self, x: float, y: float, *, reach: float, among: Iterable[int] | None = None) -> int | None:
        if not self.ports:
            return None
        away = np.hypot(*(self.port_places() - (x, y)).T)
        if among is not None:
            chosen = np.full(len(away), np.inf)
            picks = list(among)
            chosen[picks] = away[picks]
            away = chosen
        best = int(away.argmin())
        return best if away[best] <= reach else None

    def bounds(self, ids: Iterable[str] | None = None) -> tuple[float, float, float, float] | None:
        """x, y, width, height round these nodes (default: all); None without any."""
        boxes = self.boxes if ids is None else self.boxes[[self.index[name] for name in ids if name in self.index]]
        if not len(boxes):
            return None
        left, top = boxes[:, :2].min(axis=0)
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        return float(left), float(top), float(right - left), float(bottom - top)


def box_of(item: NodeItem) -> tuple[float, float, float, float]:
    return item.x(), item.y(), item.body.width, item.body.height


def family_of(item: NodeItem) -> int:
    return FAMILY_INDEX.get(item.body.family, 7)
