"""Brings maps of several sizes to one, so that they can be concatenated. Printed above a network as they stand."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def cropped(*maps: torch.Tensor) -> list[torch.Tensor]:
    """The centre of every map, as large as the smallest of them."""
    height, width = min(m.shape[-2] for m in maps), min(m.shape[-1] for m in maps)
    starts = [((m.shape[-2] - height) // 2, (m.shape[-1] - width) // 2) for m in maps]
    return [m[..., top : top + height, left : left + width] for m, (top, left) in zip(maps, starts, strict=True)]


def padded(*maps: torch.Tensor) -> list[torch.Tensor]:
    """Every map in the centre of zeros, as large as the largest of them."""
    height, width = max(m.shape[-2] for m in maps), max(m.shape[-1] for m in maps)
    gaps = [(height - m.shape[-2], width - m.shape[-1]) for m in maps]
    return [F.pad(m, (w // 2, w - w // 2, h // 2, h - h // 2)) for m, (h, w) in zip(maps, gaps, strict=True)]
