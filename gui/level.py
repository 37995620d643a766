"""Where in the document one is: the document itself, or the inside of one instance of a block. Reads, and wraps ops; applies nothing.

A level reads like a document: everything that shows or edits a network takes one, and need not know how deep it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import networkx as nx

from engine.events import Analysis
from engine.graph import ops as o
from engine.graph.definitions import names_in
from engine.graph.document import Change, Document
from engine.graph.expression import Expression, ExpressionError
from engine.graph.inside import in_block
from engine.graph.model import REPEAT, Block, Frame, Node, Snapshot, Value, Wire, block_of, frozen, plain_path, steps
from engine.graph.problem import Problem
from engine.layers import registry


class Level:
    """`path` leads here: "" is the document, "block1.2/inner" an instance inside the third repeat of another; `inside` is its definition."""

    def __init__(self, document: Document, path: str = "", inside: str = "") -> None:
        self.document = document
        self.path = path
        self.inside = inside
        self.kept: tuple[Snapshot, Snapshot] | None = None

    # -- reading, like a document ------------------------------------------------------------------------------------
    @property
    def body(self) -> Document:
        """The document whose nodes these are; an empty one for a definition that is gone, until another level is open."""
        if not self.inside:
            return self.document
        return self.document.blocks[self.inside].body if self.inside in self.document.blocks else Document()

    @property
    def nodes(self) -> dict[str, Node]:
        """Every node under its id."""
        return self.body.nodes

    @property
    def wires(self) -> list[Wire]:
        """Every wire."""
        return self.body.wires

    @property
    def frames(self) -> dict[str, Frame]:
        """Every frame under its id."""
        return self.body.frames

    def node(self, node_id: str) -> Node:
        """The node called `node_id`; KeyError when there is none."""
        return self.body.node(node_id)

    def block(self, block_id: str) -> Block | None:
        """A definition of the whole document, or None."""
        return self.document.block(block_id)

    def __contains__(self, node_id: str) -> bool:
        return node_id in self.body

    def has_wire(self, wire: Wire) -> bool:
        """Whether exactly this wire exists here."""
        return self.body.has_wire(wire)

    def snapshot(self) -> Snapshot:
        """A frozen picture of this level; the same object until a change."""
        whole = self.document.snapshot()
        if not self.inside:
            return whole
        if self.kept is None or self.kept[0] is not whole:
            self.kept = (whole, whole.body(self.inside) if whole.block(self.inside) else Snapshot(inside=self.inside, outer=whole))
        return self.kept[1]

    # -- ways --------------------------------------------------------------------------------------------------------
    def path_of(self, node_id: str) -> str:
        """The way to a node of this level, as the engine wants it."""
        return f"{plain_path(self.path)}/{node_id}" if self.path and node_id else node_id

    def name_in(self, path: str) -> str:
        """The node of this level that `path` leads to or through; empty when it leads elsewhere."""
        way, here = steps(path), steps(self.path) if self.path else []
        return way[len(here)][0] if path and len(way) > len(here) and way[: len(here)] == here else ""

    @property
    def times(self) -> int:
        """How often the instance that is shown is repeated; 1 in the document itself."""
        return self.chain()[1] if self.path else 1

    def values(self) -> dict[str, Value]:
        """What the parameters of the block are for the instance that is shown; without those that cannot be worked out."""
        return self.chain()[0]

    def plain(self, node: Node) -> Node:
        """The node with the values that its expressions have in the instance that is shown; those that cannot be worked out stay."""
        if not names_in(node):
            return node
        known = self.values()
        return replace(node, params=frozen({name: worked_out(value, known) for name, value in node.params.items()}))

    def chain(self) -> tuple[dict[str, Value], int]:
        """Values and repeats of the instance, worked out from the outermost block inwards."""
        known: dict[str, Value] = {}
        times = 1
        for node, block in self.instances():
            found = {param.name: worked_out(node.params.get(param.name, param.default), known) for param in block.params}
            repeat = worked_out(node.params.get(REPEAT, 1), known)
            times = repeat if isinstance(repeat, int) and repeat > 0 else 1
            known = {name: value for name, value in found.items() if not isinstance(value, Expression)}
        return known, times

    def instances(self) -> list[tuple[Node, Block]]:
        """The instances that one is inside of, the outermost first, each with its definition."""
        found: list[tuple[Node, Block]] = []
        here = self.document
        for name, _ in steps(self.path) if self.path else ():
            node = here.node(name)
            block = self.document.block(block_of(node.type))
            if block is None:
                break
            found.append((node, block))
            here = self.document.blocks[block.id].body
        return found

    def trail(self) -> list[tuple[str, str]]:
        """(path, name in words) of each block on the way here, the outermost first."""
        found, way, here = [], [], self.document.snapshot()
        for (node, block), part in zip(self.instances(), self.path.split("/"), strict=False):
            way.append(part)
            found.append(("/".join(way), called(here, node)))
            here = self.document.snapshot().body(block.id)
        return found

    # -- editing -----------------------------------------------------------------------------------------------------
    def ops(self, ops: Iterable[o.Op]) -> list[o.Op]:
        """What edits made for `snapshot()`, as ops of the whole document."""
        return in_block(self.document.snapshot(), self.inside, ops) if self.inside else list(ops)

    def share(self, change: Change) -> Change | None:
        """What of a change happened on this level; None when it has to be read anew."""
        mine: list[o.Op] = []
        for op in change.ops:
            if isinstance(op, o.AddBlock | o.RemoveBlock) and self.inside in (getattr(op, "id", ""), op.block.id if isinstance(op, o.AddBlock) else ""):
                return None
            if self.inside and isinstance(op, o.InBlock) and op.block == self.inside:
                mine.append(op.op)
            elif not self.inside and not isinstance(op, o.WHOLE):
                mine.append(op)
        return Change(tuple(mine), change.structural)

    # -- what the engine says ----------------------------------------------------------------------------------------
    def seen(self, analysis: Analysis | None) -> Analysis | None:
        """The analysis as it looks from here: facts of these nodes, and the problems that lie on or under them."""
        if analysis is None:
            return None
        if not self.path and not any(problem.path for problem in analysis.problems):
            return analysis
        nodes = analysis.inside(self.path) if self.path else analysis.nodes
        unread = bool(self.path) and not nodes  # what feeds this instance is broken: what is wrong in its block was found in another one
        problems = tuple(mine for problem in analysis.problems for mine in self.near(problem, unread=unread))
        return replace(analysis, nodes=nodes, problems=problems)

    def near(self, problem: Problem, *, unread: bool = False) -> list[Problem]:
        """A problem as one of this level's nodes, with the way on from here; several when it lies in several instances."""
        found: dict[str, Problem] = {}
        for path in (problem.path or problem.node, *problem.also):
            if not path and not self.path:
                found.setdefault("", problem)
            elif rest := self.way_on(path, unread=unread):
                name = steps(rest)[0][0]
                found.setdefault(name, self.from_here(problem, rest, name))
        return list(found.values())

    def way_on(self, path: str, *, unread: bool) -> str:
        """What is left of a path from here; empty when it does not lead through this level (nor, when `unread`, through its definition)."""
        parts = path.split("/")
        if self.name_in(path):
            return "/".join(parts[self.path.count("/") + 1 if self.path else 0 :])
        here = next((n for n in range(1, len(parts)) if unread and level_at(self.document, "/".join(parts[:n])).inside == self.inside), 0)
        return "/".join(parts[here:]) if here else ""

    def from_here(self, problem: Problem, rest: str, name: str) -> Problem:
        """The problem at `rest` as this level tells it; one further inside says in words where it is."""
        if "/" not in rest:
            return replace(problem, node=name, path="", also=())
        block = block_of(self.node(name).type) if name in self else ""  # an analysis may tell of what is gone since
        further = rest.partition("/")[2]
        where = whereabouts(self.snapshot().body(block), further) if self.block(block) else further
        return replace(problem, node=name, path=rest, also=(), port="", message=f"In {where}: {problem.message}")


def after(snapshot: Snapshot, ops: Iterable[o.Op]) -> Snapshot:
    """The snapshot of a document or of a block's inside as these ops, made for it, would leave it."""
    document = Document(snapshot.outer or snapshot)
    document.apply(in_block(document.snapshot(), snapshot.inside, ops) if snapshot.inside else ops)
    whole = document.snapshot()
    return whole.body(snapshot.inside) if snapshot.inside else whole


def worked_out(value: Value, known: Mapping[str, Value]) -> Value:
    """The value of an expression with these parameters; the expression itself where it cannot be worked out."""
    if not isinstance(value, Expression):
        return value
    try:
        return value.value(known)
    except ExpressionError:
        return value


def level_at(document: Document, path: str, change: Change | None = None) -> Level:
    """The level at `path`, or the nearest one outside it that there is; renamed instances are followed through `change`."""
    renamed = {}
    for op in change.ops if change else ():
        place, inner = (op.block, op.op) if isinstance(op, o.InBlock) else ("", op)
        if isinstance(inner, o.RenameNode):
            renamed[place, inner.old] = inner.new
    here, parts = "", []
    for name, index in steps(path) if path else ():
        body = document.blocks[here].body if here else document
        name = name if name in body else renamed.get((here, name), name)
        block = block_of(body.node(name).type) if name in body else ""
        if block not in document.blocks:
            break
        parts.append((name, index))
        here = block
        times = Level(document, "/".join(f"{n}.{i}" for n, i in parts), here).times
        parts[-1] = (name, min(index, times - 1))
    return Level(document, plain_path("/".join(f"{name}.{index}" for name, index in parts)) if parts else "", here)


def flow_order(snapshot: Snapshot) -> list[Node]:
    """Nodes along the wires, sources first; equal ones as they lie on the canvas."""
    graph = nx.DiGraph()
    graph.add_nodes_from(node.id for node in snapshot.nodes)
    graph.add_edges_from((wire.source, wire.target) for wire in snapshot.wires)
    by_id = snapshot.by_id()
    place = {node.id: (node.pos[1] // 150, node.pos[0], node.id) for node in snapshot.nodes}
    return [by_id[name] for name in nx.lexicographical_topological_sort(graph, key=place.__getitem__)]


def called(snapshot: Snapshot, node: Node) -> str:
    """What people call a node: its caption; an instance among several of its kind by its number ("Residual block 2"); a layer by its id."""
    if node.title or not block_of(node.type):
        return node.title or node.id
    row = registry.of(node, snapshot)
    title = row.title if row else node.id
    number = node.id[len(node.id.rstrip("0123456789")) :]
    several = sum(other.type == node.type for other in snapshot.nodes) > 1
    return (f"{title} {number}" if number else f"{title} “{node.id}”") if several else title


def whereabouts(snapshot: Snapshot, path: str) -> str:
    """ "fc1 of Block 2" for a node inside a block, in words from the inside out; its plain name for others."""
    names, here = [], snapshot
    for name, index in steps(path):
        node = here.by_id().get(name)
        if node is None:
            return path
        names.append(called(here, node) + (f" (copy {index + 1})" if index else ""))
        block = block_of(node.type)
        if here.block(block) is None:
            break
        here = here.body(block)
    return " of ".join(reversed(names))


def bare(path: str) -> str:
    """A path without the numbers of copies: where something is defined, whichever copy is looked at."""
    return "/".join(name for name, _ in steps(path)) if path else ""


def ways(snapshot: Snapshot, near: str = "") -> dict[str, str]:
    """The shortest way to an instance of each definition that is used; those at and above `near` go by it."""
    found: dict[str, str] = {"": ""}
    parts = near.split("/") if near else []
    for count in range(1, len(parts) + 1):
        here = "/".join(parts[:count])
        with contextlib.suppress(KeyError):
            found.setdefault(block_of(snapshot.at(here)[1].type), here)
    waiting = [("", snapshot)]
    seen = {""}
    while waiting:
        path, body = waiting.pop(0)
        for node in body.nodes:
            block = block_of(node.type)
            if block and block not in seen and snapshot.block(block):
                seen.add(block)
                found.setdefault(block, f"{path}/{node.id}" if path else node.id)
                waiting.append((found[block], snapshot.body(block)))
    return {block: way for block, way in found.items() if block in seen}


def everywhere(snapshot: Snapshot, near: str = "") -> Iterator[tuple[str, Snapshot, Node]]:
    """Every node of the document and of each of its definitions, once, with a way to it; those of the level `near` come first."""
    table = ways(snapshot, near)
    for block, way in sorted(table.items(), key=lambda item: item[1] != near):
        body = snapshot.body(block) if block else snapshot
        for node in body.nodes:
            yield (f"{way}/{node.id}" if way else node.id), body, node
