"""Layers that learn one number for each value or channel, which torch lacks. Printed above a network as they stand."""

from __future__ import annotations

import torch
from torch import nn


class LearnedOffset(nn.Module):
    """Adds one learned number to each value of a sample. Begins at 0, so the first change is minus the learning rate times the gradient."""

    def __init__(self, size: tuple):
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.offset


class LearnedScale(nn.Module):
    """Multiplies each channel by one learned number."""

    def __init__(self, channels: int, begin: float = 0.0):
        super().__init__()
        self.scale = nn.Parameter(torch.full((channels,), begin))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale.view(-1, *[1] * (x.dim() - 2))
