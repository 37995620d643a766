"""Regularisation that torch lacks. Printed above a network as it stands: each class needs nothing but torch."""

from __future__ import annotations

import torch
from torch import nn


class StochasticDepth(nn.Module):
    """While training, drops the whole branch for a share p of the samples and scales up the others."""

    def __init__(self, p: float = 0.1):
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device) >= self.p  # one draw a sample
        return x * kept / max(1 - self.p, 1e-6)


class SaltNoise(nn.Module):
    """Sets a share p of the pixels to the brightest value of their picture, in training and in evaluation alike."""

    def __init__(self, p: float = 0.05):
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hit = torch.rand(len(x), 1, *x.shape[2:], device=x.device) < self.p  # N, 1, H, W
        return torch.where(hit, x.amax((1, 2, 3), keepdim=True), x)


class GaussianNoise(nn.Module):
    """While training, adds random numbers of standard deviation `std`."""

    def __init__(self, std: float = 0.1):
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
