"""Activations that torch lacks. Printed above a network as they stand: each needs nothing but torch."""

from __future__ import annotations

import torch
from torch import nn


class Swish(nn.Module):
    """x · sigmoid(b x): b = 0 halves x, b = 1 is SiLU, a large b is ReLU."""

    def __init__(self, b: float = 1.0, learnable: bool = False):
        super().__init__()
        if learnable:
            self.b = nn.Parameter(torch.tensor(float(b)))
        else:
            self.b = b

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(self.b * x)
