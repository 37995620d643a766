"""Opens a shipped lesson for a test: what each node gives for the samples of its dataset, before any training. Judges nothing."""

from __future__ import annotations

import torch
from effects.lab import untrained
from torch import nn

from engine.graph.model import Snapshot
from engine.probe.tap import Twin


def first_values(snapshot: Snapshot, *, training: bool = False, samples: int = 8, seed: int = 0) -> dict[str, torch.Tensor]:
    """Every node's value for the first training samples as the network begins; in training mode where asked for (batch norm and dropout at work)."""
    made = untrained(snapshot, seed=seed)
    net: nn.Module = made.run.net
    inputs, _ = made.run.fetch(made.run.dataset.train, torch.arange(min(samples, len(made.run.dataset.train))))
    twin = Twin(net, made.run.snapshot, made.run.facts)
    if training:
        twin.shadow.train()
    return twin.values(tuple(inputs))
