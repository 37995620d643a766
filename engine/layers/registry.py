"""All layer types in palette order, by id, and the search over them. No torch, no Qt."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from engine.graph.model import Block, Node, block_of
from engine.layers import (
    activation,
    attention,
    block,
    convolution,
    data,
    linear,
    loss,
    merge,
    multi_view,
    normalisation,
    packing,
    pooling,
    recurrent,
    regularisation,
    shape,
)  # fmt: skip
from engine.layers.block import PORTS, row_of
from engine.layers.spec import FAMILIES, LayerType

ROWS: tuple[LayerType, ...] = (
    *data.ROWS, *linear.ROWS, *convolution.ROWS, *pooling.ROWS, *activation.ROWS, *normalisation.ROWS,
    *regularisation.ROWS, *merge.ROWS, *block.ROWS, *shape.ROWS, *attention.ROWS, *packing.ROWS, *recurrent.ROWS, *multi_view.ROWS, *loss.ROWS,
)  # fmt: skip
TYPES: dict[str, LayerType] = {row.id: row for row in (*ROWS, *PORTS)}


class HasBlocks(Protocol):
    """A snapshot or a document: knows its block definitions."""

    def block(self, block_id: str) -> Block | None: ...


def find(type_id: str, owner: HasBlocks | None = None) -> LayerType | None:
    """The layer type with this id, or None for a type that this version, or `owner`, does not know. "block:X" is a block of `owner`."""
    name = block_of(type_id)
    if not name:
        return TYPES.get(type_id)
    definition = owner.block(name) if owner is not None else None
    return row_of(definition) if definition is not None else None


def of(node: Node, owner: HasBlocks | None = None) -> LayerType | None:
    """The layer type of `node`, or None for a placeholder. Instances of blocks are known to the snapshot or document that owns them."""
    row = find(node.type, owner)
    return row.spelled(node.params) if row is not None else None


@cache
def families() -> tuple[tuple[str, tuple[LayerType, ...]], ...]:
    """(family, rows) for each family that has rows, in palette order."""
    grouped = ((family, tuple(row for row in ROWS if row.family == family)) for family in FAMILIES)
    return tuple((family, rows) for family, rows in grouped if rows)


def search(text: str) -> list[LayerType]:
    """Layer types that match `text`, best first; fuzzy over title, aliases and family. Empty text: all of them."""
    query = "".join(text.lower().split())
    if not query:
        return list(ROWS)
    scored = [(score(query, row), index, row) for index, row in enumerate(ROWS)]
    return [row for points, _, row in sorted(scored, key=lambda hit: (-hit[0], hit[1])) if points > 0]


def score(query: str, row: LayerType) -> float:
    """How well `query` (lower case, no blanks) matches: the title from its first letter on, a later word of it, an alias, inside, then in order.

    "norm" means BatchNorm rather than what is also known as a norm, and "ce" CrossEntropy.
    """
    title = row.title.lower().replace(" ", "")
    aliases = [word.lower() for word in row.aliases.split()] + [row.id.replace("_", "")]
    starts = word_starts(row.title)
    if title.startswith(query):
        return 100 - len(title) / 100
    if any(title.startswith(query, start) for start in starts):
        return 80
    if query in aliases:
        return 78
    if query == "".join(title[start] for start in starts):
        return 76
    if any(word.startswith(query) for word in aliases):
        return 70
    if query in title or any(query in word for word in aliases):
        return 60
    if row.family.startswith(query):
        return 40
    return 20 if in_order(query, title) else 0


@cache
def word_starts(title: str) -> tuple[int, ...]:
    """Where the words of a title begin, once its blanks are gone: 0, 5 and 7 in LeakyReLU."""
    joined = "".join(word[0].upper() + word[1:] for word in title.split())
    return tuple(index for index, letter in enumerate(joined) if letter.isupper() or index == 0)


def in_order(query: str, text: str) -> bool:
    """Whether the letters of `query` occur in `text` in this order."""
    letters = iter(text)
    return all(letter in letters for letter in query)
