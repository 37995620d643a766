"""What can be put on the canvas: layer types, the document's blocks, and shipped blocks under ids such as `library:mlp`. Changes nothing itself.

A shipped block is listed by the title in its file; its definition is read when somebody wants to place it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine import library
from engine.graph import blocks, edits, rules
from engine.graph.model import BLOCK, EMPTY, Snapshot, Value
from engine.graph.ops import Op
from engine.graph.rules import PortRef
from engine.layers import registry
from engine.layers.registry import HasBlocks
from engine.layers.spec import LayerType
from gui.level import after

FAMILY = "block"
SHIPPED = "library:"


@cache
def rows() -> tuple[LayerType, ...]:
    """A line for each shipped block, without its ports: only titles and first sentences are read."""
    return tuple(
        LayerType(id=SHIPPED + entry.id, title=entry.title, family=FAMILY, stem=FAMILY, doc=entry.summary, aliases=f"block {entry.id}", outputs=())
        for entry in library.blocks()
    )


def row(type_id: str, owner: HasBlocks | None = None) -> LayerType | None:
    """The whole row of anything that can be placed, with its ports; None for what nobody knows."""
    if not type_id.startswith(SHIPPED):
        return registry.find(type_id, owner)
    try:
        shipped, name = library.block(type_id.removeprefix(SHIPPED))
    except KeyError:
        return None
    return registry.find(BLOCK + name, shipped)


def search(text: str, owner: Snapshot | None = None) -> list[LayerType]:
    """Layer types, the blocks of `owner` and shipped blocks that match, best first; empty text: all of them. Only what has its place in `owner`."""
    query = "".join(text.lower().split())
    everything = [*(rules.choices(owner) if owner else registry.ROWS), *rows()]
    points = {each.id: registry.score(query, each) if query else 1.0 for each in everything}
    return sorted((each for each in everything if points[each.id] > 0), key=lambda each: -points[each.id])


def ready(snapshot: Snapshot, type_id: str) -> tuple[list[Op], Snapshot, str]:
    """Ops that bring a shipped block's definitions into the document, the snapshot after them, and the type to place. For other types: nothing to do."""
    if not type_id.startswith(SHIPPED):
        return [], snapshot, type_id
    shipped, name = library.block(type_id.removeprefix(SHIPPED))
    ops, here = blocks.add_library_block(snapshot, shipped, name)
    return ops, after(snapshot, ops) if ops else snapshot, BLOCK + here


def add(snapshot: Snapshot, type_id: str, pos: tuple[float, float], *, params: Mapping[str, Value] = EMPTY) -> tuple[list[Op], str]:
    """A new node of any kind at `pos`; returns the ops of one undo step and its id."""
    if not type_id.startswith(SHIPPED):
        return edits.add_node(snapshot, type_id, pos, params=params)
    shipped, name = library.block(type_id.removeprefix(SHIPPED))
    return blocks.add_instance(snapshot, shipped, name, pos=pos, params=params)


def fitting(snapshot: Snapshot, end: PortRef) -> set[str]:
    """The ids of all that can be wired to this end."""
    allowed = {each.id for each, _ in rules.compatible_types(snapshot, end)}
    port = (rules.output_port if end.is_output else rules.input_port)(snapshot, end.node, end.port)
    for each in rows() if port else ():
        whole = row(each.id)
        others = (whole.inputs if end.is_output else whole.outputs) if whole else ()
        if any((rules.ports_fit(port, other) if end.is_output else rules.ports_fit(other, port)) is None for other in others):
            allowed.add(each.id)
    return allowed
