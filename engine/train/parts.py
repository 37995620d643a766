"""What the loss is made of, seen while it is computed: each loss node times its weight. Changes no number of the training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from engine.compile.build import execute
from engine.compile.source import generate
from engine.events import Analysis
from engine.graph.model import Snapshot

Values = dict[str, torch.Tensor]


class LossParts(Protocol):
    """A loss function that remembers what its latest value is made of."""

    names: tuple[str, ...]
    values: Values

    def __call__(self, *arguments: object) -> torch.Tensor: ...


class Parts:
    """A loss function that keeps the parts of its latest value in `values`, by loss node; they add up to it, in this order.

    It runs the same generated lines as the plain loss, printed with taps.
    """

    def __init__(self, tapped: Callable[..., torch.Tensor], names: tuple[str, ...]) -> None:
        self.tapped, self.names = tapped, names
        self.values: Values = {}

    def __call__(self, *arguments: object) -> torch.Tensor:
        self.values = {}
        return self.tapped(*arguments, self.tap)

    def tap(self, name: str, value: torch.Tensor) -> torch.Tensor:
        self.values[name] = value.detach()
        return value


def parts_of(snapshot: Snapshot, analysis: Analysis) -> Parts:
    """The loss of `snapshot`, which adds several, in parts."""
    source = generate(snapshot, facts=analysis.nodes, taps=True)
    return Parts(execute(source)["loss"], source.losses)
