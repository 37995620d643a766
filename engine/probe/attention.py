"""Who looks at whom: the weights of an attention node for one sample, from its queries and keys. No hooks; the forward pass may be fused.

Letters in shape comments: H heads, T tokens that ask, S tokens that answer, d features of a head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from engine.compile.order import Ref, Wiring, wiring
from engine.graph.model import Value
from engine.layers.spec import LayerType
from engine.probe.arrays import plain
from engine.probe.filters import thinned
from engine.probe.places import Places, places
from engine.probe.subject import Subject

MOST = 2**19  # numbers of all heads together up to which every query is sent; beyond, only one is
WIDEST = 512  # rows and columns of a mean matrix
SMALL = 28  # rows and columns of a head on a node
TILES = 8  # heads on a node
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


def looks(subject: Subject, wires: Wiring, node: str, *, index: int) -> Looks | None:
    """The attention of `node` for validation sample `index`; None where the node is not part of the network."""
    row, values = wires.rows[node], subject.values(index)
    feeds = [arrived(values, ref) for ref in wires.feeds(node)]
    if row is None or node not in values or any(value is None for value in feeds):
        return None
    p = row.values(wires.nodes[node].params)
    with torch.inference_mode():
        queries, keys = queries_and_keys(subject, row, node, inputs=feeds)
        products = (queries @ keys.transpose(-2, -1)).float()
        if getattr(p, "causal", False):
            products = products.masked_fill(torch.ones_like(products, dtype=torch.bool).triu(1), -math.inf)
        features = queries.shape[-1]
        factor = 1 / math.sqrt(features) if getattr(p, "scaled", True) else 1.0
        return Looks(products, (products * factor).softmax(-1), factor, features)


def queries_and_keys(subject: Subject, row: LayerType, node: str, *, inputs: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """(H, T, d) and (H, S, d) of one sample."""
    module = subject.module(node) if row.make == "MultiHeadAttention" else None
    queries, keys = (inputs[0], inputs[1]) if module is None else module.heads(*inputs)[:2]
    return (queries, keys) if module is None else (queries[0], keys[0])  # without a module the sample stands for the one head


def arrived(values: dict[str, torch.Tensor], ref: Ref | None) -> torch.Tensor | None:
    """The value of an output, among those of the whole network."""
    return None if ref is None else values.get(ref[0], values.get(".".join(ref)))


def attentive(wires: Wiring) -> list[str]:
    """All attention nodes of the network, sources first."""
    return [node for node in wires.order if node in wires.members and (row := wires.rows[node]) and "attention" in row.probes]


def attention(subject: Subject, node: str, *, index: int, query: int) -> Answer | None:
    """Weights and products of every head; with very many tokens those of `query` alone. None outside the network.

    arrays: weights, scores (H, T or 1, S), entropy (H,), mean (T, S), perhaps rollout (T, S) and positions (T, T).
    """
    wires = wiring(subject.snapshot)
    mine = looks(subject, wires, node, index=index)
    if mine is None:
        return None
    heads, tokens, keys = mine.weights.shape
    asks = places(wires, subject.facts, wires.feeds(node)[0])
    answers = places(wires, subject.facts, answering(wires, node))
    query = min(max(query, 0), tokens - 1)
    whole = mine.weights.numel() <= MOST
    rows = slice(None) if whole else slice(query, query + 1)
    mean, every = thinned(mine.weights.mean(0), WIDEST, WIDEST)
    arrays = {"weights": plain(mine.weights[:, rows]), "scores": plain(mine.products[:, rows]), "entropy": plain(mine.entropy()), "mean": plain(mean)}
    info: dict[str, Value] = {"heads": heads, "tokens": tokens, "keys": keys, "features": mine.features, "factor": mine.factor, "whole": whole}
    info |= {"query": query, "every": every, "max": float(mine.weights.max()), "nodes": tuple(attentive(wires))}
    info |= {**of_places("query", asks), **of_places("key", answers), "entropies": ()}
    if whole:  # with very many tokens, a look at all the other nodes would take too long
        info["entropies"] = entropies(subject, wires, index)
        arrays |= extras(subject, wires, node, index=index, asks=asks)
        info["rollout_nodes"] = tuple(chain(wires, node))
    return arrays, info


def answering(wires: Wiring, node: str) -> Ref | None:
    """The wire whose tokens answer: the context, or k; in self-attention those that ask."""
    feeds = wires.feeds(node)
    return feeds[1] if len(feeds) > 1 else feeds[0]


def of_places(which: str, found: Places) -> dict[str, Value]:
    return {f"{which}_grid": (found.prefix, found.rows, found.columns), f"{which}_what": found.what, f"{which}_exact": found.exact}


def entropies(subject: Subject, wires: Wiring, index: int) -> tuple[tuple[str, float, tuple[float, ...]], ...]:
    """(node, ln S, entropy of each head) of every attention node of the network."""
    found = []
    for node in attentive(wires):
        if (there := looks(subject, wires, node, index=index)) is not None:
            found.append((node, math.log(there.weights.shape[-1]), tuple(float(value) for value in there.entropy())))
    return tuple(found)


# -- beyond one node -------------------------------------------------------------------------------------------------------
def extras(subject: Subject, wires: Wiring, node: str, *, index: int, asks: Places) -> dict[str, np.ndarray]:
    """The rollout through the blocks up to `node`, and how alike the learned places are, where there are such."""
    arrays: dict[str, np.ndarray] = {}
    path = chain(wires, node)
    if path:
        total: torch.Tensor | None = None
        for step in path:
            there = looks(subject, wires, step, index=index)
            mean = there.weights.mean(0)  # T, T
            mixed = (mean + torch.eye(len(mean), device=mean.device)) / 2  # half passes by on the shortcut
            total = mixed if total is None else mixed @ total
        arrays["rollout"] = plain(total)
    alike = similarity(subject, asks.embedding)
    if alike is not None:
        arrays["positions"] = plain(alike)
    return arrays


def chain(wires: Wiring, node: str) -> list[str]:
    """The self-attention nodes that lead to `node`, first one first, `node` last; empty where rollout means nothing: for other attention."""
    above = wires.upstream([node])
    found = [name for name in attentive(wires) if name in above]
    return found if all(wires.nodes[name].type == "multi_head_attention" for name in found) and one_sequence(wires, found) else []


def one_sequence(wires: Wiring, nodes: list[str]) -> bool:
    """Whether each of `nodes` comes after the one before it: no branches side by side."""
    return all(a in wires.upstream([b]) for a, b in zip(nodes, nodes[1:], strict=False))  # noqa: RUF007 - reads as pairs


def similarity(subject: Subject, node: str) -> torch.Tensor | None:
    """Cosines between the position vectors of all tokens (T, T); NaN for a token without a place. None without an embedding."""
    module = subject.module(node) if node else None
    if module is None or not hasattr(module, "positions"):
        return None
    with torch.inference_mode():
        vectors = module.positions()[0].float()  # T, D
        lengths = vectors.norm(dim=1, keepdim=True)
        unit = torch.where(lengths > 0, vectors / lengths, math.nan)
        return unit @ unit.T


# -- on the node -----------------------------------------------------------------------------------------------------------
def head_tiles(subject: Subject, node: str, index: int) -> tuple[np.ndarray, str] | None:
    """Each head as a small map: where the class token looks, else all tokens on average; without a grid the head's matrix."""
    wires = wiring(subject.snapshot)
    mine = looks(subject, wires, node, index=index)
    if mine is None:
        return None
    answers = places(wires, subject.facts, answering(wires, node))
    weights = mine.weights[:TILES]
    count = f"{len(weights)} heads" if len(weights) == len(mine.weights) else f"first {len(weights)} of {len(mine.weights)} heads"
    if not answers.rows:
        small = torch.stack([thinned(head, SMALL, SMALL)[0] for head in weights])
        return plain(small), f"{count}, query × key"
    token = bool(places(wires, subject.facts, wires.feeds(node)[0]).prefix)
    rows = weights[:, 0] if token else weights.mean(1)  # H, S
    tiles = rows[:, answers.prefix :].unflatten(1, (answers.rows, answers.columns))
    return plain(tiles), f"{count}: where {'the class token looks' if token else 'the tokens look on average'}"
