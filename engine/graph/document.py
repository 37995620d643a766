"""The document: a networkx MultiDiGraph that changes only through ops. Owned by one thread; no torch, no Qt.

`apply` validates each op before it changes anything and takes the whole list back when one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import networkx as nx

from engine.graph import definitions, handlers
from engine.graph import ops as o
from engine.graph.definitions import Definition
from engine.graph.handlers import EditError, legal_id, natural
from engine.graph.model import About, Block, Frame, Node, Recipe, Snapshot, Wire

__all__ = ["Change", "Document", "EditError", "is_structural", "legal_id", "natural"]
HANDLERS = {**handlers.HANDLERS, **definitions.HANDLERS}


@dataclass(frozen=True, slots=True)
class Change:
    """What happened: the ops, and whether shapes or source may differ now."""

    ops: tuple[o.Op, ...]
    structural: bool


STRUCTURAL = {"batch_size", "init", "init_fan", "init_value", "bias_init", "learning_rate", "optimizer"}  # fields that shapes, source or problems depend on


def is_structural(op: o.Op) -> bool:
    """Whether shapes, source or problems may depend on this op."""
    if isinstance(op, o.InBlock):
        return is_structural(op.op)
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
        self.blocks: dict[str, Definition] = {}
        for block in definitions.in_order(snapshot.blocks):
            self.do(o.AddBlock(block))
        handlers.fill(self, snapshot.nodes, snapshot.wires)
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

    def block(self, block_id: str) -> Block | None:
        """The definition called `block_id`, or None."""
        return self.blocks[block_id].block() if block_id in self.blocks else None

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
                blocks=tuple(self.blocks[name].block() for name in sorted(self.blocks, key=natural)),
            )
        return self.cached

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Calls `callback` after every change; the answer ends it."""
        self.subscribers.append(callback)
        return lambda: self.subscribers.remove(callback) if callback in self.subscribers else None

    # -- writing -----------------------------------------------------------------------------------------------------
    def apply(self, ops: Iterable[o.Op]) -> list[o.Op]:
        """Carries out `ops` in order, all or none; returns the ops that undo them, in order. EditError says why not."""
        steps = list(ops)
        inverse: list[o.Op] = []
        try:
            for op in steps:
                inverse.append(self.do(op))
        except EditError:
            for op in reversed(inverse):
                self.do(op)
            raise
        inverse.reverse()
        if steps:
            change = Change(tuple(steps), any(is_structural(op) or definitions.moves_port(self, op) for op in steps))
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
