"""Where tokens come from: how many stand in front without a place, and the grid of image patches behind them. Follows wires, runs nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from engine.events import NodeFacts
from engine.layers.spec import Shape, shape_text
from engine.layers.words import two
from engine.probe.levels import Spot, settled

KEEPING = ("activation", "normalisation", "regularisation")  # families that leave every token where it is
KEEPING_TYPES = frozenset({
    "linear", "identity", "add", "subtract", "multiply", "mean", "scale", "multi_head_attention", "cross_attention", "scaled_dot_product", "matmul",
    "concat", "positional_embedding", "coordinate_embedding", "factorised_embedding",
})  # fmt: skip
EMBEDDINGS = ("positional_embedding", "coordinate_embedding", "factorised_embedding")
ASKING = {"cross_attention": "x", "scaled_dot_product": "q", "matmul": "a"}  # the input whose tokens come out: those that asked


@dataclass(frozen=True, slots=True)
class Places:
    """`prefix` tokens without a place, such as a class token, then rows · columns ones in reading order.

    `what` says what those are; where there is no grid (rows 0), why. `exact`: each is a patch of the very image.
    `embedding` is the path of the node that adds the positions, if one was met.
    """

    prefix: int = 0
    rows: int = 0
    columns: int = 0
    what: str = ""
    exact: bool = False
    embedding: str = ""


def places(spot: Spot | None) -> Places:
    """The places of the tokens (N, T, D) that a spot gives."""
    spot = settled(spot)
    tokens = shape_of(spot)
    if spot is None or len(tokens) != 3:
        return Places(what="There is no grid: these are no tokens.")
    found = follow(spot, seen=set())
    if found.rows and found.prefix + found.rows * found.columns != tokens[1]:
        return Places(what=f"There is no grid: {tokens[1]} tokens do not fill {found.rows} × {found.columns} patches.", embedding=found.embedding)
    return found


def follow(spot: Spot | None, *, seen: set[tuple[str, str]]) -> Places:
    """`places` from a spot upwards. Of several inputs the first that leads to a grid counts; what was `seen` led to none."""
    spot = settled(spot)
    if spot is None or (spot[0].path + spot[1], spot[2]) in seen:
        return Places(what="There is no grid: nothing is wired in.")
    level, node, port = spot
    path = level.path + node
    seen.add((path, port))
    row, inputs = level.wires.rows[node], level.facts.get(node, NodeFacts()).inputs
    kind = row.id if row else ""
    if kind in ("patchify", "map_to_tokens"):
        return grid(spot)
    if row is None or row.role == "data" or not (kind == "class_token" or kind in KEEPING_TYPES or row.family in KEEPING):
        return Places(what=f"There is no grid: nobody knows which patch of the image each token of {path} is.")
    embedding = path if kind in EMBEDDINGS else ""
    tokens = shape_of(spot)
    found = Places(what=f"There is no grid before {path}.")
    for port, feed in zip(level.wires.inputs[node], level.feeds(node), strict=True):
        if port.name != ASKING.get(kind, port.name):
            continue
        if kind == "class_token" or inputs.get(port.name, ())[1:2] == tokens[1:2]:
            found = follow(feed, seen=seen)
        if found.rows:
            break
    extra = 1 if kind == "class_token" else 0
    return replace(found, prefix=found.prefix + extra, embedding=embedding or found.embedding)


def grid(spot: Spot) -> Places:
    """The grid that a node makes which turns maps into tokens."""
    level, node, _ = spot
    maps = level.facts[node].inputs["x"]
    feed = settled(level.feeds(node)[0])
    direct = feed is not None and feed[0].wires.role(feed[1]) == "data"
    origin = "the image" if direct else f"{feed[0].path + feed[1] if feed else 'its input'} ({shape_text(maps)})"
    if level.wires.rows[node].id == "map_to_tokens":
        return Places(0, maps[2], maps[3], f"Each token is a pixel of {origin}.", exact=direct)
    height, width = two(level.values(node).patch)
    return Places(0, maps[2] // height, maps[3] // width, f"Each token is a patch of {height} × {width} pixels of {origin}.", exact=direct)


def shape_of(spot: Spot | None) -> Shape:
    """The shape of an output; () when it is not known."""
    return spot[0].facts[spot[1]].outputs.get(spot[2], ()) if spot is not None and spot[1] in spot[0].facts else ()


def mix_patches(image: torch.Tensor, rows: int, columns: int, *, seed: int) -> tuple[torch.Tensor, tuple[int, ...]] | None:
    """An image (1, C, H, W) whose rows · columns patches have changed places, and which patch went to each place; None where it has no such patches.

    The same `seed` gives the same order, so that a picture holds still while a network trains.
    """
    if image.dim() != 4 or rows * columns < 2 or image.shape[2] % rows or image.shape[3] % columns:
        return None
    order = torch.randperm(rows * columns, generator=torch.Generator().manual_seed(seed))
    height, width = image.shape[2] // rows, image.shape[3] // columns
    patches = image[0].unflatten(1, (rows, height)).unflatten(3, (columns, width))  # C, rows, h, columns, w
    flat = patches.permute(1, 3, 0, 2, 4).flatten(0, 1)[order.to(image.device)]  # rows · columns, C, h, w
    mixed = flat.unflatten(0, (rows, columns)).permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)[None]
    return mixed.contiguous(), tuple(order.tolist())
