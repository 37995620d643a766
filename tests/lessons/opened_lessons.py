"""Opens a lesson and runs its own network, as the product does, on pictures that a test chooses."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine import library
from engine.compile.analyse import analyse
from engine.compile.build import Built, build
from engine.events import Analysis
from engine.graph.model import Snapshot
from engine.probe.tap import Twin


@dataclass(frozen=True)
class Opened:
    """A lesson with its freshly drawn weights."""

    snapshot: Snapshot
    analysis: Analysis
    built: Built

    def values(self, *inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        """What every node gives for these inputs, in evaluation mode."""
        return Twin(self.built.net, self.snapshot, self.analysis.nodes).values(inputs)

    def parameters(self, node: str) -> int:
        return self.analysis.nodes[node].parameters

    def macs(self, node: str) -> int:
        return self.analysis.nodes[node].macs

    def shape(self, node: str) -> tuple[int, ...]:
        """The first output without the batch axis."""
        return next(iter(self.analysis.nodes[node].outputs.values()))[1:]

    def module(self, node: str) -> torch.nn.Module:
        found = self.built.module(node)
        assert found is not None
        return found


def opened(lesson: str | Snapshot, seed: int = 0) -> Opened:
    """A shipped lesson, or one that was changed."""
    snapshot = library.read(lesson) if isinstance(lesson, str) else lesson
    analysis = analyse(snapshot)
    assert not analysis.errors
    return Opened(snapshot, analysis, build(analysis.source, seed))


def grid(text: str) -> torch.Tensor:
    """`1 2/3 4` as a matrix of float32."""
    return torch.tensor([[float(number) for number in row.split()] for row in text.split("/")])
