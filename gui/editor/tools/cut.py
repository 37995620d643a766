"""Cutting wires with a stroke: Ctrl and the right button. One undo step."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPointF, QRectF, Qt

from engine.graph import edits
from engine.graph.model import Wire
from gui.editor.tools.tool import Pointer, Tool


class Cut(Tool):
    """Every wire that the stroke crosses is deleted."""

    cursor = Qt.CursorShape.CrossCursor

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self.points: list[QPointF] = [pointer.scene]

    def move(self, pointer: Pointer) -> None:
        if self.passed(pointer):
            self.points.append(pointer.scene)
            self.canvas.overlay.show_cut(self.points)

    def crossed(self) -> list[Wire]:
        """The wires under the stroke."""
        xs, ys = [p.x() for p in self.points], [p.y() for p in self.points]
        near = QRectF(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)).adjusted(-1, -1, 1, 1)
        return [wire for wire, item in self.scene.wires.items() if item.bounds.intersects(near) and crosses(item.course.points.tolist(), self.points)]

    def finish(self, pointer: Pointer) -> None:
        self.canvas.overlay.clear()
        wires = self.crossed() if self.dragging else []
        if wires:
            self.canvas.push("Cut wire" if len(wires) == 1 else f"Cut {len(wires)} wires", edits.disconnect(wires))

    def cancel(self) -> None:
        self.canvas.overlay.clear()


def crosses(polyline: list[list[float]], stroke: list[QPointF]) -> bool:
    """Whether two polylines meet."""

    def side(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> bool:
        return (bx - ax) * (cy - ay) > (by - ay) * (cx - ax)

    for (ax, ay), (bx, by) in itertools.pairwise(polyline):
        for one, two in itertools.pairwise(stroke):
            cx, cy, dx, dy = one.x(), one.y(), two.x(), two.y()
            if side(ax, ay, cx, cy, dx, dy) != side(bx, by, cx, cy, dx, dy) and side(ax, ay, bx, by, cx, cy) != side(ax, ay, bx, by, dx, dy):
                return True
    return False
