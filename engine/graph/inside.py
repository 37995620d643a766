"""Ops that reach into definitions or bring definitions along: the inside of a block, its instances, blocks of another document. Changes nothing itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.graph import ops as o
from engine.graph.definitions import contents, in_order, reachable
from engine.graph.model import BLOCK, INPUT, OUTPUT, Block, Node, Snapshot, Wire, block_of


def fresh_id(taken: Iterable[str], stem: str) -> str:
    """The first of stem1, stem2, ... that is free."""
    used = set(taken)
    return next(name for number in itertools.count(1) if (name := f"{stem}{number}") not in used)


def wrapped(place: str, ops: Iterable[o.Op]) -> list[o.Op]:
    """`ops` for the body of the block `place`, or as they are for the document itself (""); ops on the whole document stay."""
    return [op if not place or isinstance(op, o.WHOLE) else o.InBlock(place, op) for op in ops]


def places(snapshot: Snapshot) -> Iterator[tuple[str, Block | Snapshot]]:
    """The document ("") and every definition: where nodes can be."""
    yield "", snapshot.outer or snapshot
    for block in snapshot.blocks:
        yield block.id, block


def uses(snapshot: Snapshot, block_id: str) -> list[tuple[str, Node]]:
    """Every instance of a definition with the block that it lies in ("" for the document itself)."""
    return [(place, node) for place, owner in places(snapshot) for node in owner.nodes if block_of(node.type) == block_id]


def port_wires(snapshot: Snapshot, block_id: str, port: str) -> list[tuple[str, Wire]]:
    """The wires at this port of all instances, with where they lie. A port's name tells inputs from outputs: it is a node's id."""
    found = []
    for place, owner in places(snapshot):
        instances = {node.id for node in owner.nodes if block_of(node.type) == block_id}
        for wire in owner.wires:
            if (wire.source in instances and wire.source_port == port) or (wire.target in instances and wire.target_port == port):
                found.append((place, wire))
    return found


def in_block(snapshot: Snapshot, block_id: str, ops: Iterable[o.Op]) -> list[o.Op]:
    """`ops` for the body of a definition as ops of the whole document. Wires at a port follow when it is renamed, and go when it is deleted."""
    block = snapshot.block(block_id)
    ports = {node.id for node in block.nodes if node.type in (INPUT, OUTPUT)} if block else set()
    now: dict[tuple[str, Wire], Wire | None] = {}  # what became of wires outside that two of the ops touch: both of their ends may be ports of this block
    result: list[o.Op] = []
    for op in ops:
        gone = op.id if isinstance(op, o.RemoveNode) else op.old if isinstance(op, o.RenameNode) else ""
        cut = [(place, wire, now.get((place, wire), wire)) for place, wire in port_wires(snapshot, block_id, gone)] if gone in ports else []
        for place, first, wire in cut:
            now[place, first] = None
            result += wrapped(place, [o.RemoveWire(wire)]) if wire else []
        result += wrapped(block_id, [op])
        for place, first, wire in cut if isinstance(op, o.RenameNode) else ():
            if wire:
                now[place, first] = renamed_port(wire, block_id, old=op.old, new=op.new, nodes=nodes_of(snapshot, place))
                result += wrapped(place, [o.AddWire(now[place, first])])
    return result


def nodes_of(snapshot: Snapshot, place: str) -> Mapping[str, Node]:
    return (snapshot.body(place) if place else snapshot.outer or snapshot).by_id()


def renamed_port(wire: Wire, block_id: str, *, old: str, new: str, nodes: Mapping[str, Node]) -> Wire:
    """The wire with a port of an instance renamed, at either end."""
    if block_of(nodes[wire.source].type) == block_id and wire.source_port == old:
        wire = wire._replace(source_port=new)
    if block_of(nodes[wire.target].type) == block_id and wire.target_port == old:
        wire = wire._replace(target_port=new)
    return wire


def closure(snapshot: Snapshot, nodes: Iterable[Node]) -> tuple[Block, ...]:
    """The definitions that these nodes need, directly or through others."""
    table = {block.id: contents(block.nodes) for block in snapshot.blocks}
    wanted = set(contents(nodes))
    for name in list(wanted):
        wanted |= reachable(table, name)
    return tuple(block for block in snapshot.blocks if block.id in wanted)


def adopt(snapshot: Snapshot, blocks: Iterable[Block]) -> tuple[list[o.Op], dict[str, str]]:
    """Ops that add definitions of another document, and under which id each is found then: an equal one is used again."""
    known = {block.id: block for block in snapshot.blocks}
    names: dict[str, str] = {}
    ops: list[o.Op] = []
    for block in in_order(blocks):
        mine = replace(block, nodes=tuple(retyped(node, names) for node in block.nodes))
        same = [name for name, other in known.items() if replace(other, id=mine.id) == mine]
        if same:
            names[block.id] = mine.id if mine.id in same else same[0]
            continue
        if mine.id in known:
            mine = replace(mine, id=fresh_id(known, mine.id.rstrip("0123456789") or "Block"))
        names[block.id], known[mine.id] = mine.id, mine
        ops.append(o.AddBlock(mine))
    return ops, names


def retyped(node: Node, names: Mapping[str, str]) -> Node:
    """An instance of a definition that has another id now."""
    name = block_of(node.type)
    return replace(node, type=BLOCK + names[name]) if names.get(name, name) != name else node
