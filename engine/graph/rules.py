"""Which wires are possible, and why not. Pure functions over a snapshot; no torch, no Qt."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from engine.graph.definitions import contents, reachable
from engine.graph.model import Snapshot, Wire
from engine.layers import registry
from engine.layers.spec import LayerType, Port

# Input kind -> output kinds it takes. "any" is a reroute: it brings what it gets, and nothing yet while it gets nothing.
ACCEPTS = {"tensor": ("tensor", "any"), "target": ("target", "tensor", "any"), "loss": ("loss",), "any": ("tensor", "target", "any")}


class PortRef(NamedTuple):
    """One end of a wire."""

    node: str
    port: str
    is_output: bool


def output_port(snapshot: Snapshot, node_id: str, name: str) -> Port | None:
    """The output port `name` of a node, or None. That of a reroute is of the kind that arrives there."""
    row = registry.of(snapshot.node(node_id), snapshot)
    port = next((port for port in row.outputs if port.name == name), None) if row else None
    return replace(port, kind=kind_through(snapshot, node_id)) if port is not None and port.kind == "any" else port


def kind_through(snapshot: Snapshot, node_id: str) -> str:
    """What a chain of reroutes that ends in `node_id` carries; "any" while nothing is wired to its beginning."""
    incoming, seen = snapshot.incoming(), set()
    while node_id not in seen:
        seen.add(node_id)
        wire = next(iter(incoming[node_id].values()), None)
        row = registry.of(snapshot.node(wire.source), snapshot) if wire else None
        port = next((port for port in row.outputs if port.name == wire.source_port), None) if row and wire else None
        if port is None or wire is None:
            return "any"
        if port.kind != "any":
            return port.kind
        node_id = wire.source
    return "any"


def input_port(snapshot: Snapshot, node_id: str, name: str) -> Port | None:
    """The input port `name` of a node, or None."""
    node = snapshot.node(node_id)
    row = registry.of(node, snapshot)
    return next((port for port in row.input_ports(node.params) if port.name == name), None) if row else None


def ports_fit(source: Port, target: Port) -> str | None:
    """None when an output can feed an input; else the reason in words."""
    if source.kind in ACCEPTS[target.kind]:
        return None
    if source.kind == "target":
        return "Labels are not data to compute with: they go to the target of a loss."
    if source.kind == "loss":
        return "A loss is the end of the graph: nothing follows it."
    return f"This input takes a {target.kind}, and the output brings a {source.kind}."


def refusal(snapshot: Snapshot, wire: Wire) -> str | None:
    """Why this wire is not possible, or None. An occupied input is no reason: a new wire replaces the old one."""
    nodes = snapshot.by_id()
    if wire.source not in nodes or wire.target not in nodes:
        return "This end hangs on no node."
    if wire.source == wire.target:
        return "A node cannot feed itself."
    source, target = output_port(snapshot, wire.source, wire.source_port), input_port(snapshot, wire.target, wire.target_port)
    if source is None:
        return f"{wire.source} has no output {wire.source_port!r}."
    if target is None:
        return f"{wire.target} has no input {wire.target_port!r}."
    if wire.source in downstream(snapshot, wire.target):
        return f"This would close a loop: {wire.target} already feeds {wire.source}."
    return ports_fit(source, target) or refused_beyond(snapshot, source, wire.target if target.kind == "any" else "")


def refused_beyond(snapshot: Snapshot, source: Port, reroute: str) -> str | None:
    """Why `source` does not fit what hangs on a reroute, and on the reroutes after it."""
    waiting, outgoing = [reroute] if reroute else [], snapshot.outgoing()
    while waiting:
        for wire in outgoing[waiting.pop()]:
            port = input_port(snapshot, wire.target, wire.target_port)
            if port is not None and (reason := ports_fit(source, port)):
                return reason
            if port is not None and port.kind == "any":
                waiting.append(wire.target)
    return None


def downstream(snapshot: Snapshot, node_id: str) -> set[str]:
    """Every node that `node_id` feeds, directly or not."""
    outgoing = snapshot.outgoing()
    seen: set[str] = set()
    stack = [node_id]
    while stack:
        for wire in outgoing[stack.pop()]:
            if wire.target not in seen:
                seen.add(wire.target)
                stack.append(wire.target)
    return seen


def choices(snapshot: Snapshot) -> list[LayerType]:
    """The layer types that can be placed here: the palette, ports inside a block, and the document's blocks that do not hold this place."""
    table = {block.id: contents(block.nodes) for block in snapshot.blocks}
    fitting = [block for block in snapshot.blocks if snapshot.inside not in ({block.id} | reachable(table, block.id))]
    plain = [row for row in registry.ROWS if not snapshot.inside or row.role == "layer"] + list(registry.PORTS if snapshot.inside else ())
    return [*plain, *(registry.row_of(block) for block in fitting)]


def compatible_types(snapshot: Snapshot, end: PortRef) -> list[tuple[LayerType, str]]:
    """Layer types that can be wired to this end, each with the first port that fits, in palette order."""
    found: list[tuple[LayerType, str]] = []
    if end.is_output:
        port = output_port(snapshot, end.node, end.port)
        for row in choices(snapshot) if port else ():
            name = next((p.name for p in row.input_ports({}) if ports_fit(port, p) is None and p.kind == port.kind), None)
            name = name or next((p.name for p in row.input_ports({}) if ports_fit(port, p) is None), None)
            if name:
                found.append((row, name))
        return found
    port = input_port(snapshot, end.node, end.port)
    for row in choices(snapshot) if port else ():
        name = next((p.name for p in row.outputs if p.kind == port.kind), None) or next((p.name for p in row.outputs if ports_fit(p, port) is None), None)
        if name:
            found.append((row, name))
    return found
