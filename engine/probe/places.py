"""Where tokens come from: how many stand in front without a place, and the grid of image patches behind them. Follows wires, runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.compile.order import Ref, Wiring
from engine.events import NodeFacts
from engine.layers.spec import Shape, shape_text
from engine.layers.words import two

KEEPING = ("activation", "normalisation", "regularisation")  # families that leave every token where it is
KEEPING_TYPES = frozenset({
    "linear", "identity", "add", "subtract", "multiply", "mean", "scale", "multi_head_attention", "cross_attention", "scaled_dot_product",
    "positional_embedding", "coordinate_embedding", "factorised_embedding",
})  # fmt: skip
EMBEDDINGS = ("positional_embedding", "coordinate_embedding", "factorised_embedding")


@dataclass(frozen=True, slots=True)
class Places:
    """`prefix` tokens without a place, such as a class token, then rows · columns ones in reading order.

    `what` says what those are; where there is no grid (rows 0), why. `exact`: each is a patch of the very image.
    `embedding` is the node that adds the positions, if one was met.
    """

    prefix: int = 0
    rows: int = 0
    columns: int = 0
    what: str = ""
    exact: bool = False
    embedding: str = ""


def places(wires: Wiring, facts: Mapping[str, NodeFacts], ref: Ref | None) -> Places:
    """The places of the tokens (N, T, D) that `ref` brings."""
    tokens = shape_of(facts, ref)
    if ref is None or len(tokens) != 3:
        return Places(what="There is no grid: these are no tokens.")
    found = follow(wires, facts, ref, seen=set())
    if found.rows and found.prefix + found.rows * found.columns != tokens[1]:
        return Places(what=f"There is no grid: {tokens[1]} tokens do not fill {found.rows} × {found.columns} patches.", embedding=found.embedding)
    return found


def follow(wires: Wiring, facts: Mapping[str, NodeFacts], ref: Ref | None, *, seen: set[Ref]) -> Places:
    """`places` from `ref` upwards. Of several inputs the first that leads to a grid counts; what was `seen` led to none."""
    if ref is None or ref in seen:
        return Places(what="There is no grid: nothing is wired in.")
    seen.add(ref)
    node = ref[0]
    row, inputs = wires.rows[node], facts.get(node, NodeFacts()).inputs
    kind = row.id if row else ""
    if kind in ("patchify", "map_to_tokens"):
        return grid(wires, facts, node)
    if row is None or row.role == "data" or not (kind == "class_token" or kind in KEEPING_TYPES or row.family in KEEPING):
        return Places(what=f"There is no grid: nobody knows which patch of the image each token of {node} is.")
    embedding = node if kind in EMBEDDINGS else ""
    tokens = shape_of(facts, ref)
    found = Places(what=f"There is no grid before {node}.")
    for port, feed in zip(wires.inputs[node], wires.feeds(node), strict=True):
        if kind in ("cross_attention", "scaled_dot_product") and port.name not in ("x", "q"):
            continue  # the tokens that come out are those that asked
        if kind == "class_token" or inputs.get(port.name, ())[1:2] == tokens[1:2]:
            found = follow(wires, facts, feed, seen=seen)
        if found.rows:
            break
    extra = 1 if kind == "class_token" else 0
    return replace(found, prefix=found.prefix + extra, embedding=embedding or found.embedding)


def grid(wires: Wiring, facts: Mapping[str, NodeFacts], node: str) -> Places:
    """The grid that a node makes which turns maps into tokens."""
    maps = facts[node].inputs["x"]
    feed = wires.feeds(node)[0]
    direct = feed is not None and wires.role(feed[0]) == "data"
    origin = "the image" if direct else f"{feed[0] if feed else 'its input'} ({shape_text(maps)})"
    if wires.rows[node].id == "map_to_tokens":
        return Places(0, maps[2], maps[3], f"Each token is a pixel of {origin}.", exact=direct)
    height, width = two(wires.rows[node].values(wires.nodes[node].params).patch)
    return Places(0, maps[2] // height, maps[3] // width, f"Each token is a patch of {height} × {width} pixels of {origin}.", exact=direct)


def shape_of(facts: Mapping[str, NodeFacts], ref: Ref | None) -> Shape:
    """The shape of an output; () when it is not known."""
    return facts[ref[0]].outputs.get(ref[1], ()) if ref is not None and ref[0] in facts else ()
