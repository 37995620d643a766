"""Puts a dataset in the place of a template's Input: where the pointer would do so, and the ops for it. Pushes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from engine import library
from engine.graph import filling
from engine.graph.model import Snapshot, Value, Wire
from engine.graph.ops import Op

if TYPE_CHECKING:
    from gui.editor.view import Canvas


def place_under(canvas: Canvas, type_id: str, point: QPointF) -> str:
    """The Input below a scene point, if `type_id` is a dataset that could stand there; else nothing."""
    name = canvas.network.atlas.node_at(point.x(), point.y())
    return name if name and is_place(canvas, name) and filling.is_dataset(type_id) else ""


def is_place(canvas: Canvas, name: str) -> bool:
    """Whether the node only declares what data would look like."""
    return canvas.network.nodes[name].node.type in filling.PLACES


def filled(canvas: Canvas, place: str, type_id: str, **params: Value) -> tuple[list[Op], str]:
    """The ops that put a new dataset there, of the declared shape and with these parameters, and its id. EditError when it does not fit."""
    snapshot = canvas.snapshot()
    known = {**filling.fitted(snapshot, place, type_id), **params}
    return filling.fill(snapshot, place, type_id, params=known, classes=library.classes(type_id, known, base_of(canvas)))


def handed_over(canvas: Canvas, wires: list[Wire]) -> list[Op]:
    """The ops for a new wire from a dataset to where an Input's went: the dataset takes over all of it. Nothing when the wire is an ordinary one."""
    snapshot = canvas.snapshot()
    place = filling.pushed_out(snapshot, wires[0]) if len(wires) == 1 else ""
    if not place:
        return []
    wire, node = wires[0], snapshot.node(wires[0].source)
    return filling.hand_over(
        snapshot, place, node.id, ports={replaced_port(snapshot, wire): wire.source_port}, classes=library.classes(node.type, node.params, base_of(canvas))
    )


def replaced_port(snapshot: Snapshot, wire: Wire) -> str:
    """The output whose wire this new one takes the place of."""
    return next(w.source_port for w in snapshot.wires if (w.target, w.target_port) == (wire.target, wire.target_port))


def base_of(canvas: Canvas) -> str:
    """The folder that relative paths in the project count from."""
    path: Path | None = canvas.project.path
    return str(path.parent) if path else ""
