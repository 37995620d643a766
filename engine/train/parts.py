"""What the loss is made of, seen while it is computed: each loss node times its weight. Changes no number of the training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from engine.compile.build import execute
from engine.compile.source import generate
from engine.events import Analysis, Source
from engine.graph.model import Node, Snapshot

Values = dict[str, torch.Tensor]


class LossParts(Protocol):
    """A loss function that remembers what its latest value is made of."""

    names: tuple[str, ...]
    values: Values

    def __call__(self, *arguments: object) -> torch.Tensor: ...


class Parts:
    """A loss function that keeps the parts of its latest value in `values`, by loss node; they add up to it, in this order.

    It runs the same generated lines as the plain loss, printed with taps. Where some losses are summed over the batch and others are means, a batch
    that counts a share of a step or of a validation would make the former too small: `summed` names them, and `boost` multiplies them.
    """

    def __init__(self, tapped: Callable[..., torch.Tensor], names: tuple[str, ...], summed: frozenset[str] = frozenset()) -> None:
        self.tapped, self.names, self.summed = tapped, names, summed
        self.boost = 1.0
        self.values: Values = {}

    def __call__(self, *arguments: object) -> torch.Tensor:
        self.values = {}
        return self.tapped(*arguments, self.tap)

    def tap(self, name: str, value: torch.Tensor) -> torch.Tensor:
        if name in self.summed and self.boost != 1:
            value = value * self.boost
        self.values[name] = value.detach()
        return value


def parts_of(snapshot: Snapshot, analysis: Analysis) -> Parts:
    """The loss of `snapshot`, which adds several, in parts."""
    source = generate(snapshot, facts=analysis.nodes, taps=True)
    summed = frozenset(name for name in source.losses if reduction(snapshot.node(name)) == "sum")
    return Parts(execute(source)["loss"], source.losses, summed if len(summed) < len(source.losses) else frozenset())


def reduction(node: Node) -> str:
    """Whether a loss node sums over the batch or takes the mean."""
    return str(node.params.get("reduction", "mean"))


def mixes(snapshot: Snapshot, source: Source) -> bool:
    """Whether some of the losses are summed over the batch, and others are means."""
    return len({reduction(snapshot.node(name)) for name in source.losses}) > 1
