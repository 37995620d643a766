"""From tensors on a device to small float32 arrays for the GUI. Runs no network."""

from __future__ import annotations

import math

import numpy as np
import torch

FEW, PIXELS = 64, 200_000  # tiles that are always shown; beyond, all of them together have no more pixels than this


def affordable(limit: int, height: int, width: int) -> int:
    """How many tiles of this size are shown of at most `limit`: all but where that would make pictures slow."""
    return min(limit, max(FEW, PIXELS // max(height * width, 1)))


def plain(tensor: torch.Tensor) -> np.ndarray:
    """A float32 copy on the host that shares nothing with `tensor`."""
    return np.array(tensor.detach().to("cpu", torch.float32).numpy(), copy=True)


def extremes(tensor: torch.Tensor) -> tuple[float, float]:
    """The least and the greatest finite value; (0, 0) where there is none."""
    if tensor.numel() == 0:
        return 0.0, 0.0
    low, high = (float(value) for value in torch.aminmax(tensor.detach().float()))
    if math.isfinite(low) and math.isfinite(high):
        return low, high
    finite = tensor.detach().float()
    finite = finite[torch.isfinite(finite)]
    return (float(finite.min()), float(finite.max())) if finite.numel() else (0.0, 0.0)
