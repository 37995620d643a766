"""Weights as pictures: a copy of a layer's parameter, no more of it than the panel shows. Knows no graph, runs no network."""

from __future__ import annotations

import math

import numpy as np
import torch

from engine.graph.model import Value
from engine.probe.arrays import affordable, extremes, plain

WIDEST = 512  # rows or columns of a weight matrix that a picture can show


class NoWeightsError(ValueError):
    """The layer has nothing that could be shown as filters."""


def weight_of(module: torch.nn.Module | None) -> torch.Tensor:
    """The weight of a layer with one matrix or one stack of kernels; NoWeightsError for all others."""
    weight = getattr(module, "weight", None)
    if not isinstance(weight, torch.Tensor) or weight.dim() < 2:
        raise NoWeightsError
    return weight.detach()


def filters(module: torch.nn.Module | None, limit: int, *, image: tuple[int, ...] = ()) -> tuple[dict[str, np.ndarray], dict[str, Value]]:
    """A convolution's first `limit` filters, (F, C, kh, kw), or a linear layer's matrix, (out, in).

    A linear layer that sees the pixels of an `image` (C, H, W), one input each, gives its first rows as such images: (F, C, H, W).
    `info`: total (filters or rows), shown, channels, min and max over the whole parameter, every (1 row and 1 column in so many is shown).
    """
    weight = weight_of(module)
    low, high = extremes(weight)
    info: dict[str, Value] = {"total": weight.shape[0], "channels": weight.shape[1], "min": low, "max": high}
    if weight.dim() == 2 and len(image) >= 3 and math.prod(image) == weight.shape[1]:
        rows = weight[: affordable(limit, *image[-2:])].unflatten(1, image).flatten(1, -3)  # (F, C, H, W); several views (V, C, H, W) follow each other
        return {"weight": plain(rows)}, info | {"what": "rows as images", "channels": rows.shape[1], "shown": rows.shape[0], "every": (1, 1)}
    if weight.dim() == 2:  # (out, in)
        matrix, every = thinned(weight, WIDEST, WIDEST)
        return {"weight": plain(matrix)}, info | {"what": "weight matrix", "shown": matrix.shape[0], "every": every}
    kernels = spread(weight)  # (F, C, kh, kw)
    kernels = kernels[: affordable(limit, *kernels.shape[2:]), :limit]
    return {"weight": plain(kernels)}, info | {"what": "filters", "shown": kernels.shape[0], "every": (1, 1)}


def moved(weight: torch.Tensor, first: torch.Tensor) -> float | None:
    """|w - w0| / |w0| by Euclidean norms over the whole parameter; None where w0 is zero or a number is not finite."""
    now, then = weight.detach().double(), first.double()
    length = float(then.norm())
    ratio = float((now - then).norm()) / length if length else math.nan
    return ratio if math.isfinite(ratio) else None


def thinned(matrix: torch.Tensor, rows: int, columns: int) -> tuple[torch.Tensor, tuple[int, int]]:
    """A matrix that is at most `rows` by `columns`: every k-th row and column of the whole, and both k. Nothing is averaged."""
    down, across = max(1, -(-matrix.shape[0] // rows)), max(1, -(-matrix.shape[1] // columns))
    return matrix[::down, ::across], (down, across)


def spread(weight: torch.Tensor) -> torch.Tensor:
    """Kernels of any rank as (F, C, height, width): one-dimensional ones lie down, the depth of 3-D ones is stacked."""
    if weight.dim() == 3:  # (F, C, k)
        return weight.unsqueeze(2)
    return weight.flatten(2, -2) if weight.dim() > 4 else weight
