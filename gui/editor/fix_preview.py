"""What a repair would change, as a ghost on the canvas and as words: worked out from its ops. Applies nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.model import Snapshot, Value
from engine.graph.ops import AddNode, AddWire, MoveNodes, Op, RemoveWire, SetNode, SetParams
from engine.graph.problem import Problem, Remedy
from engine.layers import registry
from gui.editor import anatomy, route
from gui.editor.overlay import Ghost, Preview

if TYPE_CHECKING:
    from gui.editor.scene import Scene

Positions = dict[str, tuple[float, float]]


def ops_of(snapshot: Snapshot, problem: Problem, index: int) -> list[Op]:
    """The ops of a repair; none when it no longer fits the document."""
    try:
        return edits.remedy(snapshot, problem, index)
    except EditError:
        return []


def moves(ops: Sequence[Op]) -> Positions:
    """Where nodes would go to make room."""
    return {name: pos for op in ops if isinstance(op, MoveNodes) for name, pos in op.positions.items()}


def preview(scene: Scene, ops: Sequence[Op]) -> Preview:
    """Dashed nodes and wires for what would be new, a dashed ring round what would be different. Nodes that move are at their goals already."""
    ghosts, bodies = [], {}
    for op in ops:
        if isinstance(op, AddNode):
            body = anatomy.measure(op.node, registry.of(op.node, scene.document), badges=56.0)
            bodies[op.node.id] = (op.node, body)
            ghosts.append(Ghost(QRectF(*op.node.pos, body.width, body.height), body.title, body.key, body.family, body.icon))
        elif isinstance(op, SetParams | SetNode) and op.id in scene.nodes:
            ghosts.append(Ghost(scene.nodes[op.id].rect().adjusted(-6, -6, 6, 6)))

    def end(name: str, port: str, *, output: bool) -> QPointF:
        if name not in bodies:
            return scene.nodes[name].spot(port, output)
        node, body = bodies[name]
        spot = body.spot(port, output)
        return QPointF(*node.pos) + (QPointF(spot.x, spot.y) if spot else QPointF())

    known = scene.nodes.keys() | bodies.keys()
    boxes = np.vstack([scene.atlas.boxes, *([ghost.rect.getRect()] for ghost in ghosts if ghost.title)])
    wires = [op.wire for op in ops if isinstance(op, AddWire) and {op.wire.source, op.wire.target} <= known]
    ends = [(end(w.source, w.source_port, output=True), end(w.target, w.target_port, output=False)) for w in wires]
    drawn = [route.route(start, goal, boxes, soft=scene.soft_edges()).path for start, goal in ends]
    gone = [scene.wires[op.wire].course.path for op in ops if isinstance(op, RemoveWire) and op.wire in scene.wires and not wires]
    return Preview(ghosts, drawn, gone)


def note_of(snapshot: Snapshot, problem: Problem, remedy: Remedy) -> str:
    """What changes, before and after: the repair's own note, else the parameters that it sets."""
    node = snapshot.by_id().get(remedy.node or problem.node)
    row = registry.of(node, snapshot) if node else None
    if remedy.note or node is None or row is None or remedy.action != "set":
        return remedy.note
    params = {param.name: param for param in row.params}
    old = {name: node.params.get(name, param.default) for name, param in params.items()}
    parts = [f"{params[name].caption.lower()} {value_text(old[name])} → {value_text(value)}" for name, value in remedy.params.items() if name in params]
    return ", ".join(parts)


def value_text(value: Value) -> str:
    """A parameter's value for people: 5×5, on, 0.1."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "×".join(str(part) for part in value)
    return str(value)
