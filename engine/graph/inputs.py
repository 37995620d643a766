"""Which wire goes into which input of a node: exchanging them, and one more input where a merge takes any number. Pure functions; no torch, no Qt."""

from __future__ import annotations

from dataclasses import replace

from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.expression import Expression
from engine.graph.model import Snapshot, Wire
from engine.graph.ops import AddWire, Op, RemoveWire, SetParams
from engine.graph.rules import input_port, output_port, ports_fit
from engine.layers import registry


def swap(snapshot: Snapshot, node_id: str) -> list[Op]:
    """Moves each wire into the node's next input, the last one's into the first: two are exchanged. EditError where one does not fit there."""
    node = snapshot.node(node_id)
    row = registry.of(node, snapshot)
    names = [port.name for port in row.input_ports(node.params)] if row else []
    if len(names) < 2:
        raise EditError(f"{node_id} has {'one input' if names else 'no input'}: there is nothing to exchange.")
    old = [wire for wire in snapshot.wires if wire.target == node_id]
    if not old:
        raise EditError(f"Nothing is wired into {node_id}: there is nothing to exchange.")
    new = [wire._replace(target_port=names[(names.index(wire.target_port) + 1) % len(names)]) for wire in old]
    for wire in new:
        source, target = output_port(snapshot, wire.source, wire.source_port), input_port(snapshot, node_id, wire.target_port)
        reason = ports_fit(source, target) if source and target else None
        if reason:
            raise EditError(f"{wire.source} does not go into {wire.target_port} of {node_id}: {reason}")
    return [*(RemoveWire(wire) for wire in old), *(AddWire(wire) for wire in new)]


def further(snapshot: Snapshot, node_id: str) -> tuple[str, SetParams] | None:
    """The input that a merge whose inputs are all wired could have besides, and the op that gives it; None for other nodes, and for a full one."""
    node = snapshot.node(node_id)
    row = registry.of(node, snapshot)
    name = next((port.many for port in row.inputs if port.many), "") if row else ""
    count = node.params.get(name, row.param(name).default) if name else 0
    if not name or isinstance(count, Expression) or count >= (row.param(name).high or count):
        return None
    names = {port.name for port in row.input_ports(node.params)}
    if names - {wire.target_port for wire in snapshot.wires if wire.target == node_id}:
        return None
    more = {**node.params, name: count + 1}
    port = next(port.name for port in row.input_ports(more) if port.name not in names)
    return port, SetParams(node_id, {name: count + 1})


def connect_further(snapshot: Snapshot, wire: Wire, growth: SetParams) -> list[Op]:
    """Draws a wire into the input that `growth` gives. EditError where it does not fit."""
    node = snapshot.node(wire.target)
    grown = replace(node, params={**node.params, **growth.changes})
    here = replace(snapshot, nodes=tuple(grown if each.id == node.id else each for each in snapshot.nodes))
    return [growth, *edits.connect(here, wire)]
