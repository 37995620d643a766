"""Poolings that torch lacks. Printed above a network as they stand: each needs nothing but torch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def lp_pool2d(x: torch.Tensor, norm: float, kernel_size, stride=None) -> torch.Tensor:
    """(Σ |x|ᵖ)^(1/p) over each window: p = 1 adds up, a large p comes near the maximum."""
    height, width = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    powers = x.abs().clamp_min(1e-6) ** norm  # away from 0, where the root has no slope
    return (F.avg_pool2d(powers, kernel_size, stride) * (height * width)) ** (1 / norm)


class GaussianPool2d(nn.Module):
    """Blurs every channel with a fixed binomial filter (1 2 1 or 1 4 6 4 1), then keeps every `stride`-th pixel."""

    def __init__(self, window: int = 3, stride: int = 2):
        super().__init__()
        line = torch.tensor([1.0, 2.0, 1.0] if window == 3 else [1.0, 4.0, 6.0, 4.0, 1.0], dtype=torch.get_default_dtype())
        self.register_buffer("weight", (torch.outer(line, line) / line.sum() ** 2)[None, None], persistent=False)  # 1, 1, k, k
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels, reach = x.shape[1], self.weight.shape[-1] // 2
        padded = F.pad(x, (reach,) * 4, mode="reflect")
        return F.conv2d(padded, self.weight.expand(channels, -1, -1, -1), stride=self.stride, groups=channels)
