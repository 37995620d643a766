"""The small pictures that nodes carry, several at once. Gets modules and outputs, runs no network; says in words what each shows."""

from __future__ import annotations

import numpy as np
import torch

from engine.probe.activations import maps_of
from engine.probe.arrays import plain
from engine.probe.filters import spread, thinned

FILTERS, MAPS, SAMPLES = 16, 8, 10  # tiles
ROWS, COLUMNS = 52, 130  # of a matrix
VALUES = 128  # of a vector
Picture = tuple[np.ndarray, str]


def of_weight(weight: torch.Tensor) -> Picture:
    """Filters as (tiles, kh, kw), or a weight matrix (rows, columns), thinned."""
    if weight.dim() == 2:
        matrix, _ = thinned(weight, ROWS, COLUMNS)
        whole = matrix.shape == weight.shape
        return plain(matrix), "weight matrix" if whole else f"{matrix.shape[0]} × {matrix.shape[1]} of the {weight.shape[0]} × {weight.shape[1]} weights"
    kernels = spread(weight)  # (F, C, kh, kw)
    tiles = kernels[:FILTERS, 0]
    count = f"first {len(tiles)} of {len(kernels)} filters" if len(tiles) < len(kernels) else f"{len(tiles)} filters"
    return plain(tiles), count if kernels.shape[1] == 1 else f"{count}, first of {kernels.shape[1]} input channels"


def of_output(output: torch.Tensor) -> Picture:
    """The first maps of a node's output for one sample as (tiles, H, W), or its values as one row (1, F)."""
    maps, what = maps_of(output)
    if maps.dim() == 1:
        values = maps[:VALUES]
        return plain(values.unsqueeze(0)), what if len(values) == len(maps) else f"first {len(values)} of {len(maps)} values"
    tiles = maps[:MAPS]
    return plain(tiles), what if len(tiles) == len(maps) else f"first {len(tiles)} of {len(maps)} {what}"
