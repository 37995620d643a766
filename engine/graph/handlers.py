"""Carries out single ops on a document: each checks first, then changes, and returns its inverse. Tells nobody; no torch, no Qt."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import networkx as nx

from engine.graph import ops as o
from engine.graph.model import About, Frame, Node, Recipe, Wire, changed, frozen

if TYPE_CHECKING:
    from engine.graph.document import Document


class EditError(ValueError):
    """An edit that cannot be done; the message says why, in words for the user."""


@lru_cache(maxsize=100_000)
def natural(name: str) -> tuple[str, int, str]:
    """A key that sorts conv2 before conv10."""
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    return stem, int(digits or 0), name


def legal_id(name: str) -> bool:
    """Whether `name` can be a node id: an ASCII Python identifier that is no keyword and does not start with _."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_") and len(name) <= 60


def add_node(document: Document, op: o.AddNode) -> o.Op:
    if not legal_id(op.node.id):
        raise EditError(f"{op.node.id[:60]!r} cannot name a node: use letters, digits and _, starting with a letter, and no word of Python.")
    if op.node.id in document.graph:
        raise EditError(f"There is a node {op.node.id!r} already.")
    params = frozen(op.node.params)
    document.graph.add_node(op.node.id, node=op.node if params is op.node.params else replace(op.node, params=params))
    return o.RemoveNode(op.node.id)


def remove_node(document: Document, op: o.RemoveNode) -> o.Op:
    node = document.need(op.id)
    if document.graph.degree(op.id):
        raise EditError(f"{op.id} still has wires.")
    document.graph.remove_node(op.id)
    return o.AddNode(node)


def rename_node(document: Document, op: o.RenameNode) -> o.Op:
    node = document.need(op.old)
    if op.new == op.old:
        return o.RenameNode(op.new, op.old)
    if not legal_id(op.new):
        raise EditError(f"{op.new[:60]!r} cannot name a node: use letters, digits and _, starting with a letter, and no word of Python.")
    if op.new in document.graph:
        raise EditError(f"There is a node {op.new!r} already.")
    if any(other.shares == op.new for other in document.nodes.values()):
        raise EditError(f"{op.new!r} is the name of a lost node whose weights others want to share.")
    nx.relabel_nodes(document.graph, {op.old: op.new}, copy=False)
    document.put(replace(node, id=op.new))
    for other in document.nodes.values():
        if other.shares == op.old:
            document.put(replace(other, shares=op.new))
    return o.RenameNode(op.new, op.old)


SETTABLE: dict[str, Callable[[object], bool]] = {  # fields of a node, and whether they can hold a value
    "title": lambda value: isinstance(value, str),
    "bypassed": lambda value: isinstance(value, bool),
    "frozen": lambda value: isinstance(value, bool),
    "lr_factor": lambda value: isinstance(value, float) and 0 <= value <= 1e6,
    "shares": lambda value: isinstance(value, str) and (not value or legal_id(value)),
}


def set_node(document: Document, op: o.SetNode) -> o.Op:
    node = document.need(op.id)
    for name, value in op.changes.items():
        if name not in SETTABLE or not SETTABLE[name](value):
            raise EditError(f"{name!r} of a node cannot become {value!r}.")
    document.put(changed(node, op.changes))
    return o.SetNode(op.id, {name: getattr(node, name) for name in op.changes})


def set_params(document: Document, op: o.SetParams) -> o.Op:
    node = document.need(op.id)
    params = dict(node.params)
    before = {name: params.get(name, o.UNSET) for name in op.changes}
    for name, value in op.changes.items():
        if value is o.UNSET:
            params.pop(name, None)
        else:
            params[name] = value
    document.put(replace(node, params=frozen(params)))
    return o.SetParams(op.id, before)


def move_nodes(document: Document, op: o.MoveNodes) -> o.Op:
    before = {node_id: document.need(node_id).pos for node_id in op.positions}
    for node_id, pos in op.positions.items():
        document.put(replace(document.node(node_id), pos=(float(pos[0]), float(pos[1]))))
    return o.MoveNodes(before)


def add_wire(document: Document, op: o.AddWire) -> o.Op:
    wire = op.wire
    document.need(wire.source)
    document.need(wire.target)
    if document.wire_into(wire.target, wire.target_port) is not None:
        raise EditError(f"{wire.target}.{wire.target_port} has a wire already.")
    if wire.source == wire.target or leads(document.graph, wire.target, wire.source):
        raise EditError(f"{wire.source} → {wire.target} would close a loop; data flows one way.")
    document.graph.add_edge(wire.source, wire.target, (wire.source_port, wire.target_port))
    return o.RemoveWire(wire)


def fill(document: Document, nodes: Sequence[Node], wires: Sequence[Wire]) -> None:
    """Adds nodes and wires to a document without any; EditError as for one after the other, but loops are looked for once."""
    for node in nodes:
        add_node(document, o.AddNode(node))
    graph = document.graph
    if len({(wire.target, wire.target_port) for wire in wires}) == len(wires) and all(wire.source in graph and wire.target in graph for wire in wires):
        graph.add_edges_from((wire.source, wire.target, (wire.source_port, wire.target_port), {}) for wire in wires)
        if nx.is_directed_acyclic_graph(graph):
            return
        graph.remove_edges_from(list(graph.edges(keys=True)))
    for wire in wires:  # one by one, to say which of them is wrong
        add_wire(document, o.AddWire(wire))


def leads(graph: nx.MultiDiGraph, start: str, goal: str) -> bool:
    """Whether a path leads from one node to another, looked for from both ends in turn: at the end of a chain that is over at once."""
    ahead, behind = {start}, {goal}
    front, back = {start}, {goal}
    succ, pred = graph.succ, graph.pred
    while front and back:
        front = {name for node in front for name in succ[node]} - ahead
        if front & behind:
            return True
        ahead |= front
        back = {name for node in back for name in pred[node]} - behind
        if back & ahead:
            return True
        behind |= back
    return False


def remove_wire(document: Document, op: o.RemoveWire) -> o.Op:
    if not document.has_wire(op.wire):
        raise EditError(f"There is no wire from {op.wire.source} to {op.wire.target}.{op.wire.target_port}.")
    document.graph.remove_edge(op.wire.source, op.wire.target, (op.wire.source_port, op.wire.target_port))
    return o.AddWire(op.wire)


def add_frame(document: Document, op: o.AddFrame) -> o.Op:
    if op.frame.id in document.frames or not legal_id(op.frame.id):
        raise EditError(f"A frame cannot be called {op.frame.id[:60]!r}.")
    document.frames[op.frame.id] = op.frame
    return o.RemoveFrame(op.frame.id)


def remove_frame(document: Document, op: o.RemoveFrame) -> o.Op:
    if op.id not in document.frames:
        raise EditError(f"There is no frame {op.id!r}.")
    return o.AddFrame(document.frames.pop(op.id))


def set_frame(document: Document, op: o.SetFrame) -> o.Op:
    if op.id not in document.frames:
        raise EditError(f"There is no frame {op.id!r}.")
    before = document.frames[op.id]
    document.frames[op.id] = replaced(before, op.changes)
    return o.SetFrame(op.id, {name: getattr(before, name) for name in op.changes})


def set_recipe(document: Document, op: o.SetRecipe) -> o.Op:
    before = document.recipe
    document.recipe = replaced(before, op.changes)
    return o.SetRecipe({name: getattr(before, name) for name in op.changes})


def set_about(document: Document, op: o.SetAbout) -> o.Op:
    before = document.about
    document.about = replaced(before, op.changes)
    return o.SetAbout({name: getattr(before, name) for name in op.changes})


def replaced(record: Frame | Recipe | About, changes: object) -> Frame | Recipe | About:
    try:
        return changed(record, changes)
    except KeyError as error:
        raise EditError(str(error.args[0])) from error


HANDLERS: dict[type, Callable[[Document, o.Op], o.Op]] = {
    o.AddNode: add_node,
    o.RemoveNode: remove_node,
    o.RenameNode: rename_node,
    o.SetNode: set_node,
    o.SetParams: set_params,
    o.MoveNodes: move_nodes,
    o.AddWire: add_wire,
    o.RemoveWire: remove_wire,
    o.AddFrame: add_frame,
    o.RemoveFrame: remove_frame,
    o.SetFrame: set_frame,
    o.SetRecipe: set_recipe,
    o.SetAbout: set_about,
}
