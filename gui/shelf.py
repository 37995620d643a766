"""What can be put on the canvas: layer types, the document's blocks, shipped blocks (`library:mlp`) and the user's own (`own:mlp`). Changes nothing itself.

A shipped block, and one of the user's, is listed by the title in its file; its definition is read when somebody wants to place it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from engine import library
from engine.graph import blocks, edits, rules
from engine.graph.model import BLOCK, EMPTY, Snapshot, Value, block_of
from engine.graph.ops import Op
from engine.graph.rules import PortRef
from engine.layers import registry
from engine.layers.registry import HasBlocks
from engine.layers.spec import LayerType
from gui import own_blocks
from gui.level import after

FAMILY = "block"
SHIPPED, OWN = "library:", "own:"
SOURCES = {SHIPPED: library.block, OWN: own_blocks.block}  # each gives the definitions of an entry, and the one that is meant


def rows() -> tuple[LayerType, ...]:
    """A line for each block that is kept in a file, the user's own first, without its ports: only titles and first sentences are read."""
    return (*listed(OWN, own_blocks.entries()), *listed(SHIPPED, library.blocks()))


@lru_cache(maxsize=8)
def listed(prefix: str, entries: tuple[library.Entry, ...]) -> tuple[LayerType, ...]:
    """The lines of these entries."""
    words = "own mine saved block" if prefix == OWN else "block"
    return tuple(
        LayerType(id=prefix + entry.id, title=entry.title, family=FAMILY, stem=FAMILY, doc=entry.summary, aliases=f"{words} {entry.id}", outputs=())
        for entry in entries
    )


def kept(type_id: str) -> tuple[Snapshot, str] | None:
    """The definitions of a block that is kept in a file, and the one that is meant; None for other types. KeyError when it is not there."""
    prefix, colon, name = type_id.partition(":")
    source = SOURCES.get(prefix + colon)
    return source(name) if source else None


def row(type_id: str, owner: HasBlocks | None = None) -> LayerType | None:
    """The whole row of anything that can be placed, with its ports; None for what nobody knows."""
    try:
        found = kept(type_id)
    except KeyError:
        return None
    return registry.find(BLOCK + found[1], found[0]) if found else registry.find(type_id, owner)


def search(text: str, owner: Snapshot | None = None) -> list[LayerType]:
    """Layer types, the blocks of `owner` and shipped blocks that match, best first; empty text: all of them. Only what has its place in `owner`."""
    query = "".join(text.lower().split())
    everything = [*(rules.choices(owner) if owner else registry.ROWS), *rows()]
    points = {each.id: registry.score(query, each) if query else 1.0 for each in everything}
    return sorted((each for each in everything if points[each.id] > 0), key=lambda each: -points[each.id])


def own_rows(here: Snapshot) -> tuple[LayerType, ...]:
    """The ports (inside a block) and the document's own blocks that have their place on a level."""
    return tuple(each for each in rules.choices(here) if each.family == FAMILY)


def note_of(row: LayerType) -> str:
    """Where a block comes from, in a word; nothing for what is shipped."""
    return "in use" if block_of(row.id) else "own" if row.id.startswith(OWN) else "port" if row.role == "port" else ""


def ready(snapshot: Snapshot, type_id: str) -> tuple[list[Op], Snapshot, str]:
    """Ops that bring a kept block's definitions into the document, the snapshot after them, and the type to place. For other types: nothing to do."""
    found = kept(type_id)
    if found is None:
        return [], snapshot, type_id
    shipped, name = found
    ops, here = blocks.add_library_block(snapshot, shipped, name)
    return ops, after(snapshot, ops) if ops else snapshot, BLOCK + here


def add(snapshot: Snapshot, type_id: str, pos: tuple[float, float], *, params: Mapping[str, Value] = EMPTY) -> tuple[list[Op], str]:
    """A new node of any kind at `pos`; returns the ops of one undo step and its id."""
    found = kept(type_id)
    if found is None:
        return edits.add_node(snapshot, type_id, pos, params=params)
    shipped, name = found
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
