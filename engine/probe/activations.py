"""What a layer gives for one sample, as maps or values. Gets tensors, runs no network."""

from __future__ import annotations

import numpy as np
import torch

from engine.graph.model import Value
from engine.probe.arrays import affordable, extremes, plain

LONGEST = 4096  # values of a vector, or of one side of a matrix, that a picture can show


def maps_of(output: torch.Tensor) -> tuple[torch.Tensor, str]:
    """The output for one sample, (1, ...), as maps (C, H, W) or values (F,), and what these are in words."""
    sample = output.detach()[0]
    if sample.dim() == 3:  # (C, H, W)
        return sample, "activation maps"
    if sample.dim() == 2:  # (T, D)
        return sample.unsqueeze(0), "tokens × features"
    if sample.dim() > 3:  # (C, D, H, W) and more
        return sample.flatten(0, -3), "slices of activation maps"
    return sample.reshape(-1), "values"


def activations(output: torch.Tensor, limit: int) -> tuple[dict[str, np.ndarray], dict[str, Value]]:
    """The first `limit` maps, or all values, of a layer's output (1, ...) for one sample.

    `info`: what, total and shown (maps or values), min and max over all of them, dead (maps that are the same value everywhere).
    """
    maps, what = maps_of(output)
    low, high = extremes(maps)
    info: dict[str, Value] = {"what": what, "total": maps.shape[0], "min": low, "max": high}
    if maps.dim() == 1:
        values = maps[:LONGEST]
        return {"output": plain(values)}, info | {"shown": len(values)}
    shown = maps[: affordable(limit, *maps.shape[1:]), :LONGEST, :LONGEST]
    flat = shown.flatten(1)
    still = (flat == flat[:, :1]).all(1) if flat.shape[1] > 1 else torch.zeros(len(flat), dtype=torch.bool)
    return {"output": plain(shown)}, info | {"shown": len(shown), "dead": tuple(int(i) for i in still.nonzero().flatten().tolist())}
