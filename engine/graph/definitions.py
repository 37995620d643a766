"""Block definitions of a document: each is a document of its own, changed by the same ops. Refuses circles; no torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.graph import ops as o
from engine.graph.expression import Expression
from engine.graph.handlers import EditError, legal_id, replaced
from engine.graph.model import INPUT, OUTPUT, REPEAT, Block, BlockParam, Node, Snapshot, block_of
from engine.layers.block import param_of
from engine.layers.params import ParamError

if TYPE_CHECKING:
    from engine.graph.document import Document


@dataclass(slots=True)
class Definition:
    """One definition: `head` is the block without its body. The block that it gives stays the same object until a change."""

    head: Block
    body: Document
    cached: Block | None = None

    def block(self) -> Block:
        """The frozen block, in canonical order; cached until a change."""
        if self.cached is None:
            inside = self.body.snapshot()
            self.cached = replace(self.head, nodes=inside.nodes, wires=inside.wires, frames=inside.frames)
        return self.cached


def contents(nodes: Iterable[Node]) -> list[str]:
    """The definitions that these nodes are instances of, each once, in order."""
    return list(dict.fromkeys(name for node in nodes if (name := block_of(node.type))))


def reachable(blocks: dict[str, list[str]], start: str) -> set[str]:
    """The definitions that `start` contains, directly or through others; `blocks` maps each to what it contains itself."""
    found: set[str] = set()
    stack = [start]
    while stack:
        fresh = set(blocks.get(stack.pop(), ())) - found
        found |= fresh
        stack.extend(fresh)
    return found


def refuse_circle(document: Document, block_id: str) -> None:
    """EditError when the definition contains itself."""
    table = {name: contents(definition.body.nodes.values()) for name, definition in document.blocks.items()}
    if block_id in reachable(table, block_id):
        raise EditError(f"The block {block_id!r} would contain itself; a block holds only blocks that do not hold it.")


def check_params(params: object) -> None:
    """EditError for parameters of a block that no instance could set."""
    if not isinstance(params, tuple) or not all(isinstance(param, BlockParam) for param in params):
        raise EditError("The parameters of a block are a tuple of BlockParam.")
    names = [param.name for param in params]
    for param in params:
        if not legal_id(param.name) or param.name == REPEAT or names.count(param.name) > 1:
            raise EditError(f"{param.name[:60]!r} cannot name a parameter of a block: use letters, digits and _, each name once, and not {REPEAT!r}.")
        try:
            param_of(param).parse(param.default)
        except (ParamError, KeyError, TypeError) as error:
            raise EditError(f"The parameter {param.name!r} of a block cannot be: {error}") from error


def need(document: Document, block_id: str) -> Definition:
    """The definition, or EditError."""
    if block_id not in document.blocks:
        raise EditError(f"There is no block {block_id[:60]!r}.")
    return document.blocks[block_id]


def add_block(document: Document, op: o.AddBlock) -> o.Op:
    block = op.block
    if not legal_id(block.id):
        raise EditError(f"{block.id[:60]!r} cannot name a block: use letters, digits and _, starting with a letter.")
    if block.id in document.blocks:
        raise EditError(f"There is a block {block.id!r} already.")
    check_params(block.params)
    body = type(document)(Snapshot(block.nodes, block.wires, block.frames))
    definition = Definition(replace(block, nodes=(), wires=(), frames=()), body)
    if definition.block() == block:
        definition.cached = block  # the same object: what is remembered about it stays known
    document.blocks[block.id] = definition
    try:
        refuse_circle(document, block.id)
    except EditError:
        del document.blocks[block.id]
        raise
    return o.RemoveBlock(block.id)


def remove_block(document: Document, op: o.RemoveBlock) -> o.Op:
    definition = need(document, op.id)
    places = [document.nodes, *(other.body.nodes for other in document.blocks.values())]
    if any(block_of(node.type) == op.id for nodes in places for node in nodes.values()):
        raise EditError(f"The block {op.id!r} is still in use.")
    del document.blocks[op.id]
    return o.AddBlock(definition.block())


def set_block(document: Document, op: o.SetBlock) -> o.Op:
    definition = need(document, op.id)
    allowed = {"title": str, "doc": str, "params": tuple}
    for name, value in op.changes.items():
        if name not in allowed or not isinstance(value, allowed[name]):
            raise EditError(f"{name!r} of a block cannot become {str(value)[:60]!r}.")
    check_params(op.changes.get("params", ()))
    before = definition.head
    definition.head, definition.cached = replaced(before, op.changes), None
    return o.SetBlock(op.id, {name: getattr(before, name) for name in op.changes})


def in_block(document: Document, op: o.InBlock) -> o.Op:
    definition = need(document, op.block)
    if isinstance(op.op, o.WHOLE):
        raise EditError(f"{type(op.op).__name__} is no operation on the inside of a block.")
    inverse = definition.body.do(op.op)
    if isinstance(op.op, o.AddNode) and block_of(op.op.node.type):
        try:
            refuse_circle(document, op.block)
        except EditError:
            definition.body.do(inverse)
            raise
    definition.cached = None
    return o.InBlock(op.block, inverse)


def moves_port(document: Document, op: o.Op) -> bool:
    """Whether an op moves a port of a block: the order of its ports may change with it."""
    if not isinstance(op, o.InBlock) or not isinstance(op.op, o.MoveNodes) or op.block not in document.blocks:
        return False
    body = document.blocks[op.block].body
    return any(name in body and body.node(name).type in (INPUT, OUTPUT) for name in op.op.positions)


def in_order(blocks: Iterable[Block]) -> list[Block]:
    """Definitions by what they contain, the innermost first; those of a circle come in the order given."""
    waiting = {block.id: block for block in blocks}
    done: dict[str, Block] = {}
    stack: list[str] = []
    for start in list(waiting):
        stack.append(start)
        while stack:
            block = waiting.get(stack[-1])
            inner = [name for name in contents(block.nodes) if name in waiting and name not in done and name not in stack] if block else []
            if inner:
                stack.append(inner[0])
                continue
            name = stack.pop()
            if name not in done and name in waiting:
                done[name] = waiting[name]
    return list(done.values())


def names_in(node: Node) -> set[str]:
    """The parameters of the block that the node's own parameters speak of."""
    return {name for value in node.params.values() if isinstance(value, Expression) for name in value.names}


HANDLERS: dict[type, Callable[[Document, o.Op], o.Op]] = {
    o.AddBlock: add_block,
    o.RemoveBlock: remove_block,
    o.SetBlock: set_block,
    o.InBlock: in_block,
}
