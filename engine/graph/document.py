"""The document: a networkx MultiDiGraph that changes only through ops. Owned by one thread; no torch, no Qt.

`apply` validates each op before it changes anything and takes the whole list back when one is refused.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import networkx as nx

from engine.graph import ops as o
from engine.graph.model import About, Frame, Node, Recipe, Snapshot, Wire, changed, frozen


class EditError(ValueError):
    """An edit that cannot be done; the message says why, in words for the user."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened: the ops, and whether shapes or source may differ now."""

    ops: tuple[o.Op, ...]
    structural: bool


STRUCTURAL = {"batch_size", "init", "init_fan", "init_value", "bias_init"}  # fields of the recipe that shapes or source depend on


def is_structural(op: o.Op) -> bool:
    """Whether shapes, source or problems may depend on this op."""
    if isinstance(op, o.SetRecipe):
        return bool(STRUCTURAL & op.changes.keys())
    if isinstance(op, o.SetNode):
        return "title" not in op.changes or len(op.changes) > 1
    return not isinstance(op, o.COSMETIC)


class Document:
    """A mutable network. Read through the properties or a snapshot, write through `apply`."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or Snapshot()
        self.graph = nx.MultiDiGraph()
        self.frames: dict[str, Frame] = {}
        self.recipe: Recipe = snapshot.recipe
        self.about: About = snapshot.about
        self.subscribers: list[Callable[[Change], None]] = []
        self.cached: Snapshot | None = None
        for node in snapshot.nodes:
            self.do(o.AddNode(node))
        for wire in snapshot.wires:
            self.do(o.AddWire(wire))
        for frame in snapshot.frames:
            self.do(o.AddFrame(frame))

    # -- reading -----------------------------------------------------------------------------------------------------
    @property
    def nodes(self) -> dict[str, Node]:
        """Every node under its id, in id order of insertion."""
        return {node_id: data["node"] for node_id, data in self.graph.nodes(data=True)}

    @property
    def wires(self) -> list[Wire]:
        """Every wire."""
        return [Wire(source, key[0], target, key[1]) for source, target, key in self.graph.edges(keys=True)]

    def node(self, node_id: str) -> Node:
        """The node called `node_id`; KeyError when there is none."""
        return self.graph.nodes[node_id]["node"]

    def __contains__(self, node_id: str) -> bool:
        return node_id in self.graph

    def has_wire(self, wire: Wire) -> bool:
        """Whether exactly this wire exists."""
        return self.graph.has_edge(wire.source, wire.target, (wire.source_port, wire.target_port))

    def wire_into(self, node_id: str, port: str) -> Wire | None:
        """The wire that arrives at an input port, or None."""
        for source, _, key in self.graph.in_edges(node_id, keys=True):
            if key[1] == port:
                return Wire(source, key[0], node_id, port)
        return None

    def snapshot(self) -> Snapshot:
        """A frozen picture, in canonical order (so that equal documents give equal snapshots); cached until a change."""
        if self.cached is None:
            self.cached = Snapshot(
                nodes=tuple(sorted(self.nodes.values(), key=lambda node: natural(node.id))),
                wires=tuple(sorted(self.wires, key=lambda w: (natural(w.source), w.source_port, natural(w.target), w.target_port))),
                frames=tuple(sorted(self.frames.values(), key=lambda frame: natural(frame.id))),
                recipe=self.recipe,
                about=self.about,
            )
        return self.cached

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Calls `callback` after every change; the answer ends it."""
        self.subscribers.append(callback)
        return lambda: self.subscribers.remove(callback) if callback in self.subscribers else None

    # -- writing -----------------------------------------------------------------------------------------------------
    def apply(self, ops: Iterable[o.Op]) -> list[o.Op]:
        """Carries out `ops` in order, all or none; returns the ops that undo them, in order. EditError says why not."""
        todo = list(ops)
        inverse: list[o.Op] = []
        try:
            for op in todo:
                inverse.append(self.do(op))
        except EditError:
            for op in reversed(inverse):
                self.do(op)
            raise
        inverse.reverse()
        if todo:
            change = Change(tuple(todo), any(is_structural(op) for op in todo))
            for callback in list(self.subscribers):
                callback(change)
        return inverse

    def do(self, op: o.Op) -> o.Op:
        """One op, checked first; returns its inverse."""
        handler = HANDLERS.get(type(op))
        if handler is None:
            raise EditError(f"{type(op).__name__} is no operation of this document.")
        inverse = handler(self, op)
        self.cached = None
        return inverse

    def need(self, node_id: str) -> Node:
        """The node, or EditError."""
        if node_id not in self.graph:
            raise EditError(f"There is no node {node_id!r}.")
        return self.node(node_id)

    def put(self, node: Node) -> None:
        self.graph.nodes[node.id]["node"] = node


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
        raise EditError(f"{op.node.id[:60]!r} cannot name a node: use letters, digits and _, starting with a letter.")
    if op.node.id in document.graph:
        raise EditError(f"There is a node {op.node.id!r} already.")
    document.graph.add_node(op.node.id, node=replace(op.node, params=frozen(op.node.params)))
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
        raise EditError(f"{op.new[:60]!r} cannot name a node: use letters, digits and _, starting with a letter.")
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
    if wire.source == wire.target or nx.has_path(document.graph, wire.target, wire.source):
        raise EditError(f"{wire.source} → {wire.target} would close a loop; data flows one way.")
    document.graph.add_edge(wire.source, wire.target, (wire.source_port, wire.target_port))
    return o.RemoveWire(wire)


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
