"""Who looks at whom: the weights of an attention node for one sample, from its queries and keys. No hooks; the forward pass may be fused.

Attention may also be drawn: a softmax over the scores of a MatMul. Then its own output are the weights. Nodes are named by their paths.
Letters in shape comments: H heads, T tokens that ask, S tokens that answer, d features of a head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from engine.graph.model import Value
from engine.layers.spec import LayerType
from engine.probe.arrays import plain
from engine.probe.filters import thinned
from engine.probe.levels import Level, Spot, leads, members, settled, value
from engine.probe.places import Places, places
from engine.probe.subject import Subject

MOST = 2**19  # numbers of all heads together up to which every query is sent; beyond, only one is
WIDEST = 512  # rows and columns of a mean matrix
SMALL = 28  # rows and columns of a head on a node
TILES = 8  # heads on a node
PACKED = "PackedAttention"  # looks only within the images of a sequence
Values = dict[str, torch.Tensor]  # what every node gives, by path
Answer = tuple[dict[str, np.ndarray], dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Looks:
    """One node's attention. `products` are q · k (H, T, S), -inf where a query may not look; weights = softmax(factor · products)."""

    products: torch.Tensor
    weights: torch.Tensor
    factor: float
    features: int  # d

    def entropy(self) -> torch.Tensor:
        """The mean entropy of the rows of each head (H,), in nats: 0 looks at one token, ln S at all alike."""
        return torch.special.entr(self.weights).sum(-1).mean(-1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Attention of plain nodes: a softmax, what arrives there, and where queries and keys of its MatMul come from."""

    scores: Spot
    queries: Spot
    keys: Spot
    factor: float  # of q · k, by Scale nodes and by the MatMul itself
    features: int


def drawn(level: Level, node: str) -> Drawn | None:
    """How a softmax is the attention of a MatMul; None where it is not, or not over the keys."""
    row, known = level.wires.rows[node], level.facts.get(node)
    shape = known.outputs.get("out", ()) if known else ()
    if row is None or row.id != "softmax" or len(shape) not in (3, 4) or level.values(node).dim not in (-1, len(shape) - 1):
        return None
    scores = settled(level.feeds(node)[0])
    product, factor = unscaled(scores)
    if product is None or product[0].wires.nodes[product[1]].type != "matmul":
        return None
    there, name, _ = product
    p = there.values(name)
    features = there.facts[name].inputs["a"][-1]
    queries, keys = (settled(feed) for feed in there.feeds(name))
    if queries is None or keys is None:
        return None
    factor *= features**-0.5 if p.scaled else 1.0
    queries, by_query = unscaled(queries)
    keys, by_key = unscaled(keys if p.transpose else swapped(keys))
    return Drawn(scores, queries, keys, factor * by_query * by_key, features)


def unscaled(spot: Spot | None) -> tuple[Spot | None, float]:
    """Where a value comes from before Scale nodes, and by what these multiply it; what drops values only while training is passed by."""
    factor = 1.0
    while spot is not None and (row := spot[0].wires.rows[spot[1]]) and row.id in ("scale", "dropout"):
        level, node, _ = spot
        if row.id == "scale":
            p = level.values(node)
            factor *= p.factor if p.by == "a number" else level.facts[node].inputs["x"][-1] ** -0.5
        spot = settled(level.feeds(node)[0])
    return spot, factor


def swapped(spot: Spot) -> Spot:
    """Keys before their axes were exchanged for the MatMul."""
    level, node, _ = spot
    return (settled(level.feeds(node)[0]) or spot) if level.wires.nodes[node].type == "permute" else spot


def is_attention(level: Level, node: str) -> bool:
    """Whether a layer looks from tokens at tokens."""
    row = level.wires.rows[node]
    return row is not None and ("attention" in row.probes or drawn(level, node) is not None)


def looks(subject: Subject, path: str, values: Values) -> Looks | None:
    """The attention of the node at `path` among the network's `values` for one sample; None where it is not part of the network."""
    here = subject.root.at(path)
    if here is None or value(values, (*here, "out")) is None:
        return None
    level, node = here
    row = level.wires.rows[node]
    if row is None or "attention" not in row.probes:
        return looks_of_nodes(values, level, node)
    feeds = [value(values, spot) for spot in level.feeds(node)]
    if any(feed is None for feed in feeds):
        return None
    p = level.values(node)
    with torch.inference_mode():
        queries, keys = queries_and_keys(subject, row, path, inputs=feeds)
        products = (queries @ keys.transpose(-2, -1)).float()
        if getattr(p, "causal", False):
            products = products.masked_fill(torch.ones_like(products, dtype=torch.bool).triu(1), -math.inf)
        if row.make == PACKED:  # the second input tells whose each token is
            products = products.masked_fill(~subject.module(path).mask(feeds[1])[0], -math.inf)
        features = queries.shape[-1]
        factor = 1 / math.sqrt(features) if getattr(p, "scaled", True) else 1.0
        return Looks(products, (products * factor).softmax(-1), factor, features)


def looks_of_nodes(values: Values, level: Level, node: str) -> Looks | None:
    """The attention that a softmax makes of the scores of a MatMul: its very output, (N, T, S) or (N, H, T, S)."""
    found = drawn(level, node)
    scores = value(values, found.scores) if found else None
    if found is None or scores is None:
        return None
    with torch.inference_mode():
        weights = value(values, (level, node, "out"))[0].float()
        products = scores[0].float() / found.factor if found.factor else scores[0].float()
        heads, last = weights.dim() == 3, weights.shape[-2:]
        shape = weights.shape if heads else (1, *last)
        return Looks(products.reshape(shape), weights.reshape(shape), found.factor, found.features)


def queries_and_keys(subject: Subject, row: LayerType, path: str, *, inputs: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """(H, T, d) and (H, S, d) of one sample."""
    module = subject.module(path) if row.make in ("MultiHeadAttention", PACKED) else None
    queries, keys = (inputs[0], inputs[1]) if module is None else module.heads(*inputs[: 1 if row.make == PACKED else 2])[:2]
    return (queries, keys) if module is None else (queries[0], keys[0])  # without a module the sample stands for the one head


def attentive(root: Level) -> list[str]:
    """The paths of all attention nodes of the network, sources first, those in every repeat of every block."""
    return [level.path + node for level, node in members(root) if is_attention(level, node)]


def attention(subject: Subject, path: str, values: Values, *, query: int) -> Answer | None:
    """Weights and products of every head for one sample's `values`; with very many tokens those of `query` alone. None outside the network.

    arrays: weights, scores (H, T or 1, S), entropy (H,), mean (T, S), perhaps rollout (T, S) and positions (T, T).
    """
    mine = looks(subject, path, values)
    if mine is None:
        return None
    heads, tokens, keys = mine.weights.shape
    asks, answers = (places(spot) for spot in ends(subject.root, path))
    query = min(max(query, 0), tokens - 1)
    whole = mine.weights.numel() <= MOST
    rows = slice(None) if whole else slice(query, query + 1)
    mean, every = thinned(mine.weights.mean(0), WIDEST, WIDEST)
    arrays = {"weights": plain(mine.weights[:, rows]), "scores": plain(mine.products[:, rows]), "entropy": plain(mine.entropy()), "mean": plain(mean)}
    info: dict[str, Value] = {"heads": heads, "tokens": tokens, "keys": keys, "features": mine.features, "factor": mine.factor, "whole": whole}
    info |= {"query": query, "every": every, "max": float(mine.weights.max()), "nodes": tuple(attentive(subject.root))}
    info |= {**of_places("query", asks), **of_places("key", answers), "entropies": ()}
    if whole:  # with very many tokens, a look at all the other nodes would take too long
        every_one = all_looks(subject, info["nodes"], values)
        info["entropies"] = entropies(every_one)
        arrays |= extras(subject, path, every_one, asks=asks)
        info["rollout_nodes"] = tuple(chain(subject.root, path, info["nodes"]))
    return arrays, info


def ends(root: Level, path: str) -> tuple[Spot | None, Spot | None]:
    """Where the tokens that ask come from, and those that answer: of the context, or of k; in self-attention the same."""
    level, node = root.at(path)
    row = level.wires.rows[node]
    if row is not None and "attention" not in row.probes:
        found = drawn(level, node)
        return (found.queries, found.keys) if found else (None, None)
    feeds = level.feeds(node)
    return feeds[0], feeds[1] if len(feeds) > 1 and row.make != PACKED else feeds[0]


def of_places(which: str, found: Places) -> dict[str, Value]:
    return {f"{which}_grid": (found.prefix, found.rows, found.columns), f"{which}_what": found.what, f"{which}_exact": found.exact}


def all_looks(subject: Subject, paths: tuple[str, ...], values: Values) -> dict[str, Looks]:
    """The attention of every node of the network."""
    return {path: there for path in paths if (there := looks(subject, path, values)) is not None}


def entropies(every_one: dict[str, Looks]) -> tuple[tuple[str, float, tuple[float, ...]], ...]:
    """(path, ln S, entropy of each head) of every attention node of the network."""
    return tuple((path, math.log(there.weights.shape[-1]), tuple(map(float, there.entropy()))) for path, there in every_one.items())


# -- beyond one node -------------------------------------------------------------------------------------------------------
def extras(subject: Subject, path: str, every_one: dict[str, Looks], *, asks: Places) -> dict[str, np.ndarray]:
    """The rollout through the blocks up to `path`, and how alike the learned places are, where there are such."""
    arrays: dict[str, np.ndarray] = {}
    total: torch.Tensor | None = None
    for step in chain(subject.root, path, tuple(every_one)):
        mean = every_one[step].weights.mean(0)  # T, T
        mixed = (mean + torch.eye(len(mean), device=mean.device)) / 2  # half passes by on the shortcut
        total = mixed if total is None else mixed @ total
    if total is not None:
        arrays["rollout"] = plain(total)
    alike = similarity(subject, asks.embedding)
    if alike is not None:
        arrays["positions"] = plain(alike)
    return arrays


def chain(root: Level, path: str, paths: tuple[str, ...]) -> list[str]:
    """The self-attention nodes that lead to `path`, first one first, `path` last; empty where rollout means nothing: for other attention."""
    found = [other for other in paths if other == path or leads(root, other, path)]
    types = {level.wires.nodes[node].type for level, node in map(root.at, found)}
    # each must come after the one before it: no branches side by side
    in_a_row = all(leads(root, a, b) for a, b in zip(found, found[1:], strict=False))  # noqa: RUF007 - reads as pairs
    return found if types == {"multi_head_attention"} and in_a_row else []


def similarity(subject: Subject, path: str) -> torch.Tensor | None:
    """Cosines between the position vectors of all tokens (T, T); NaN for a token without a place. None without an embedding."""
    module = subject.module(path) if path else None
    if module is None or not hasattr(module, "positions"):
        return None
    with torch.inference_mode():
        vectors = module.positions()[0].float()  # T, D
        lengths = vectors.norm(dim=1, keepdim=True)
        unit = torch.where(lengths > 0, vectors / lengths, math.nan)
        return unit @ unit.T


# -- on the node -----------------------------------------------------------------------------------------------------------
def head_tiles(subject: Subject, path: str, index: int) -> tuple[np.ndarray, str] | None:
    """Each head as a small map: where the class token looks, else all tokens on average; without a grid the head's matrix."""
    mine = looks(subject, path, subject.values(index))
    if mine is None:
        return None
    asks, answers = (places(spot) for spot in ends(subject.root, path))
    weights = mine.weights[:TILES]
    count = f"{len(weights)} heads" if len(weights) == len(mine.weights) else f"first {len(weights)} of {len(mine.weights)} heads"
    if not answers.rows:
        small = torch.stack([thinned(head, SMALL, SMALL)[0] for head in weights])
        return plain(small), f"{count}, query × key"
    token = bool(asks.prefix)
    rows = weights[:, 0] if token else weights.mean(1)  # H, S
    tiles = rows[:, answers.prefix :].unflatten(1, (answers.rows, answers.columns))
    return plain(tiles), f"{count}: where {'the class token looks' if token else 'the tokens look on average'}"
