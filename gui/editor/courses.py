"""Where all wires run, as numpy arrays that follow single changes: for bulk painting, hit tests and routing. No painting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from engine.graph.model import Wire

if TYPE_CHECKING:
    from gui.editor.wire_item import WireItem

FEW = 8  # rows that are not worth a closer look
Area = tuple[float, float, float, float]  # x, y, width, height


class Courses:
    """One row for each wire, in no order. A wire that goes leaves its row to the last one, so that no other row moves."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.index: dict[Wire, int] = {}
        self.lines = np.zeros((0, 4))  # start and end
        self.spans = np.zeros((0, 4))  # left, top, right, bottom of the course with its margin
        self.bent = np.zeros(0, bool)
        self.wrong = np.zeros(0, bool)  # does not fit
        self.pieces: dict[Wire, np.ndarray] = {}  # of the courses that take turns: straight pieces, shape (k, 4)

    def rebuild(self, wires: Mapping[Wire, WireItem]) -> None:
        """A row for each of these wires; `lay` fills them."""
        self.wires, self.index, self.pieces = [], {}, {}
        self.add(wires)

    def add(self, wires: Mapping[Wire, WireItem]) -> None:
        """Rows for new wires."""
        count = len(self.wires) + len(wires)
        self.index |= {wire: row for row, wire in enumerate(wires, len(self.wires))}
        old = slice(0, len(self.wires))
        lines, spans, bent, wrong = self.lines, self.spans, self.bent, self.wrong
        self.lines, self.spans, self.bent, self.wrong = np.zeros((count, 4)), np.zeros((count, 4)), np.zeros(count, bool), np.zeros(count, bool)
        self.lines[old], self.spans[old], self.bent[old], self.wrong[old] = lines[old], spans[old], bent[old], wrong[old]
        self.wrong[len(self.wires) :] = [item.mood.error for item in wires.values()]
        self.wires += wires

    def drop(self, wire: Wire) -> None:
        """Forgets a wire."""
        row, last = self.index.pop(wire), self.wires.pop()
        self.pieces.pop(wire, None)
        if row < len(self.wires):
            self.wires[row], self.index[last] = last, row
            for table in (self.lines, self.spans, self.bent, self.wrong):
                table[row] = table[len(self.wires)]
        self.lines, self.spans, self.bent, self.wrong = self.lines[:-1], self.spans[:-1], self.bent[:-1], self.wrong[:-1]

    def lay(self, item: WireItem) -> None:
        """Takes over the course that a wire has now."""
        row, points = self.index[item.wire], item.course.points
        self.lines[row, :2], self.lines[row, 2:] = points[0], points[-1]
        self.spans[row] = item.bounds.getCoords()
        self.bent[row] = item.course.bent
        if item.course.bent:
            self.pieces[item.wire] = np.hstack([points[:-1], points[1:]])
        else:
            self.pieces.pop(item.wire, None)

    def note_trouble(self, wires: Iterable[WireItem]) -> None:
        """Which of them do not fit."""
        for item in wires:
            self.wrong[self.index[item.wire]] = item.mood.error

    def near(self, area: Area) -> list[Wire]:
        """The wires whose courses, with their margins, come into `area`."""
        x, y, width, height = area
        return [self.wires[row] for row in self.rows_in(np.array([(x, y, x + width, y + height)])).tolist()]

    def rows_in(self, areas: np.ndarray) -> np.ndarray:
        """The rows of the wires that come into any of `areas` (left, top, right, bottom)."""
        return rows_touching(self.spans, areas)

    def segments(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The wires at `rows` as straight pieces, shape (k, 4), and per piece whether its wire does not fit."""
        bent = self.bent[rows]
        if not bent.any():
            return self.lines[rows], self.wrong[rows]
        plain, turned = rows[~bent], rows[bent]
        parts = [self.pieces[self.wires[row]] for row in turned.tolist()]
        wrong = np.repeat(self.wrong[turned], [len(part) for part in parts])
        return np.concatenate([self.lines[plain], *parts]), np.concatenate([self.wrong[plain], wrong])


def rows_touching(spans: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Which of `spans` touch any of `areas`, or a few that lie between them; both are left, top, right and bottom, shape (n, 4)."""
    left, top, right, bottom = spans.T
    one = len(areas) == 1
    low, high = (areas[0].tolist(),) * 2 if one else (areas.min(axis=0).tolist(), areas.max(axis=0).tolist())
    rows = ((left < high[2]) & (right > low[0]) & (top < high[3]) & (bottom > low[1])).nonzero()[0]
    if one or len(rows) < FEW:
        return rows
    some = spans[rows, None, :]
    return rows[((some[..., :2] < areas[:, 2:]) & (some[..., 2:] > areas[:, :2])).all(axis=2).any(axis=1)]
