"""All rectangles, ports and wires of the scene as numpy arrays: for hit tests, bulk painting, routing and guides. No painting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from engine.graph.model import Wire
from engine.graph.rules import PortRef
from engine.layers.spec import FAMILIES

if TYPE_CHECKING:
    from gui.editor.node_item import NodeItem
    from gui.editor.wire_item import WireItem

SLACK = 32.0  # px by which a plain wire's curve and its margin may leave the rectangle of its ends
FAMILY_INDEX = {family: index for index, family in enumerate(FAMILIES)}


class Atlas:
    """Rebuilt when nodes, wires or sizes change; `move` follows a drag in place. All coordinates are scene px."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.index: dict[str, int] = {}
        self.boxes = np.zeros((0, 4))  # x, y, width, height per node
        self.family = np.zeros(0, int)
        self.trouble = np.zeros(0, bool)
        self.ports: list[PortRef] = []
        self.port_node = np.zeros(0, int)
        self.port_offset = np.zeros((0, 2))
        self.port_output = np.zeros(0, bool)
        self.wires: list[Wire] = []
        self.wire_index: dict[Wire, int] = {}
        self.wire_ends = np.zeros((0, 2), int)  # source and target node index
        self.wire_offsets = np.zeros((0, 4))  # port offsets of source and target
        self.wire_wrong = np.zeros(0, bool)
        self.bends: dict[int, np.ndarray] = {}  # wire index -> corners (k, 2) of courses that are not plain

    def rebuild(self, nodes: Mapping[str, NodeItem], wires: Mapping[Wire, WireItem]) -> None:
        """Reads every item anew."""
        self.ids = list(nodes)
        self.index = {name: i for i, name in enumerate(self.ids)}
        items = list(nodes.values())
        self.boxes = np.array([(item.x(), item.y(), item.body.width, item.body.height) for item in items]).reshape(-1, 4)
        self.family = np.array([FAMILY_INDEX.get(item.body.family, 7) for item in items], int)
        spots = [(i, spot) for i, item in enumerate(items) for spot in item.body.spots]
        self.ports = [PortRef(self.ids[i], spot.name, spot.is_output) for i, spot in spots]
        self.port_node = np.array([i for i, _ in spots], int)
        self.port_offset = np.array([(spot.x, spot.y) for _, spot in spots]).reshape(-1, 2)
        self.port_output = np.array([spot.is_output for _, spot in spots], bool)
        self.wires = list(wires)
        self.wire_ends = np.array([(self.index[w.source], self.index[w.target]) for w in self.wires], int).reshape(-1, 2)
        self.wire_offsets = port_offsets(nodes, self.wires)
        self.wire_index = {wire: i for i, wire in enumerate(self.wires)}
        self.bends = {}
        for index, item in enumerate(wires.values()):
            if item.course.bent:
                self.bends[index] = item.course.points
        self.note_trouble(nodes, wires)

    def patch(self, nodes: Mapping[str, NodeItem], wires: Mapping[Wire, WireItem], *, stale: set[str]) -> None:
        """Like `rebuild`, but reads only the items of `stale` and of what is new; the arrays of all others are moved in bulk."""
        ids, fresh = list(nodes), Atlas()
        old = np.array([-1 if name in stale else self.index.get(name, -1) for name in ids], int)
        read = {ids[i]: nodes[ids[i]] for i in np.flatnonzero(old < 0).tolist()}
        fresh.rebuild(read, {})
        # Every node's row: in the old arrays, or behind them in those that were just read.
        rows = old.copy()
        rows[old < 0] = len(self.ids) + np.arange(len(read))
        self.boxes = np.concatenate([self.boxes, fresh.boxes])[rows]
        self.family = np.concatenate([self.family, fresh.family])[rows]
        self.trouble = np.concatenate([self.trouble, fresh.trouble])[rows]
        self.move_ports(fresh, rows)
        goes = np.zeros(len(self.ids) + 1, int)  # the last place is that of nodes that are gone
        goes[old] = np.arange(len(ids))
        self.ids, self.index = ids, {name: i for i, name in enumerate(ids)}
        self.patch_wires(nodes, wires, stale=stale, goes=goes)

    def move_ports(self, fresh: Atlas, rows: np.ndarray) -> None:
        """The ports of the nodes at `rows`, counted through the old nodes and then those of `fresh`."""
        owner = np.concatenate([self.port_node, fresh.port_node + len(self.ids)])
        counts = np.bincount(owner, minlength=len(self.ids) + len(fresh.ids))
        starts = np.cumsum(counts) - counts
        many = counts[rows]
        self.port_node = np.repeat(np.arange(len(rows)), many)
        picks = np.arange(many.sum()) + np.repeat(starts[rows] - (np.cumsum(many) - many), many)
        both = self.ports + fresh.ports
        self.ports = [both[i] for i in picks.tolist()]
        self.port_offset = np.concatenate([self.port_offset, fresh.port_offset])[picks]
        self.port_output = np.concatenate([self.port_output, fresh.port_output])[picks]

    def patch_wires(self, nodes: Mapping[str, NodeItem], wires: Mapping[Wire, WireItem], *, stale: set[str], goes: np.ndarray) -> None:
        """The arrays of the wires, those at the nodes of `stale` and new ones read anew; `goes` says where each old node's row is now."""
        index, listed = self.wire_index, list(wires)
        old = np.array([-1 if w.source in stale or w.target in stale else index.get(w, -1) for w in listed], int)
        read = [listed[i] for i in np.flatnonzero(old < 0).tolist()]
        rows = old.copy()
        rows[old < 0] = len(self.wires) + np.arange(len(read))
        self.wire_offsets = np.concatenate([self.wire_offsets, port_offsets(nodes, read)])[rows]
        self.wire_wrong = np.concatenate([self.wire_wrong, np.array([wires[w].mood.error for w in read], bool)])[rows]
        place = self.index
        ends = np.array([(place[w.source], place[w.target]) for w in read], int).reshape(-1, 2)
        self.wire_ends = np.concatenate([goes[self.wire_ends], ends])[rows]
        before = self.wires
        self.wires, self.wire_index = listed, {wire: i for i, wire in enumerate(listed)}
        bent = ((self.wire_index.get(before[i]), corners) for i, corners in self.bends.items())
        self.bends = {i: corners for i, corners in bent if i is not None}
        for wire in read:
            self.bend(wire, wires[wire].course.points if wires[wire].course.bent else None)

    def note_trouble(self, nodes: Mapping[str, NodeItem], wires: Mapping[Wire, WireItem]) -> None:
        """Which nodes have errors and which wires do not fit."""
        self.trouble = np.array([item.mood.errors > 0 for item in nodes.values()], bool)
        self.wire_wrong = np.array([item.mood.error for item in wires.values()], bool)

    def move(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Puts nodes elsewhere without reading the items."""
        for name, pos in positions.items():
            self.boxes[self.index[name], :2] = pos

    def bend(self, wire: Wire, corners: np.ndarray | None) -> None:
        """Notes the course of a wire that takes turns; None for a plain one."""
        index = self.wire_index.get(wire)
        if index is not None:
            self.bends.pop(index, None)
            if corners is not None:
                self.bends[index] = corners

    def wire_segments(self) -> tuple[np.ndarray, np.ndarray]:
        """All wires as straight pieces, shape (k, 4), and per piece whether its wire does not fit."""
        lines = self.wire_lines()
        if not self.bends:
            return lines, self.wire_wrong
        plain = np.ones(len(lines), bool)
        plain[list(self.bends)] = False
        pieces = [np.hstack([corners[:-1], corners[1:]]) for corners in self.bends.values()]
        wrong = [np.full(len(piece), self.wire_wrong[index]) for index, piece in zip(self.bends, pieces, strict=True)]
        return np.concatenate([lines[plain], *pieces]), np.concatenate([self.wire_wrong[plain], *wrong])

    def wire_lines(self) -> np.ndarray:
        """Start and end of each wire, shape (m, 4)."""
        lines = self.wire_offsets.copy()
        lines[:, :2] += self.boxes[self.wire_ends[:, 0], :2]
        lines[:, 2:] += self.boxes[self.wire_ends[:, 1], :2]
        return lines

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
        return [self.ids[i] for i in np.flatnonzero(self.touching(area))]

    def wires_near(self, area: tuple[float, float, float, float]) -> list[Wire]:
        """The wires that may come near `area`: all that take turns, and those whose ends lie round it."""
        x, y, width, height = area
        lines = self.wire_lines()
        low, high = np.minimum(lines[:, :2], lines[:, 2:]) - SLACK, np.maximum(lines[:, :2], lines[:, 2:]) + SLACK
        near = (low[:, 0] < x + width) & (high[:, 0] > x) & (low[:, 1] < y + height) & (high[:, 1] > y)
        near[list(self.bends)] = True
        return [self.wires[i] for i in np.flatnonzero(near).tolist()]

    def touching(self, area: tuple[float, float, float, float]) -> np.ndarray:
        """A mask of the boxes that touch `area`."""
        x, y, width, height = area
        b = self.boxes
        return (b[:, 0] < x + width) & (b[:, 0] + b[:, 2] > x) & (b[:, 1] < y + height) & (b[:, 1] + b[:, 3] > y)

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


def port_offsets(nodes: Mapping[str, NodeItem], wires: Iterable[Wire]) -> np.ndarray:
    """Where each wire begins and ends, from the corners of its two nodes, shape (m, 4)."""
    offsets = []
    for wire in wires:
        source, target = nodes[wire.source], nodes[wire.target]
        out, into = source.body.spot(wire.source_port, True), target.body.spot(wire.target_port, False)
        offsets.append((out.x if out else source.body.width, out.y if out else 14, 0.0, into.y if into else 14))
    return np.array(offsets, float).reshape(-1, 4)
