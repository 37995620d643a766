"""Images of the validation set as a person sees them: the standardisation undone, 0..1. Runs no network."""

from __future__ import annotations

import numpy as np
import torch

from engine.data.load import Dataset, Split, classes
from engine.graph.model import Value
from engine.probe.arrays import plain


def displayed(split: Split, images: torch.Tensor) -> np.ndarray:
    """Standardised images (B, C, H, W) as float32 in 0..1; of several views (B, V, C, H, W) all maps, (B, V * C, H, W); numbers as they were."""
    restored = images * split.std + split.mean
    if not split.pixels and restored.dim() == 4:  # typed or computed pictures may have any range
        low, high = split.reach
        return plain((restored - low) / (high - low))
    if not split.pixels:
        return plain(restored)
    return plain(restored.clamp_(0, 1).round_(decimals=6).flatten(1, -3))  # what standardising left behind is no light in a black picture


def samples(data: Dataset, first: int, limit: int) -> tuple[dict[str, np.ndarray], dict[str, Value]]:
    """Up to `limit` validation images from `first` on with their labels; of several views the first."""
    split = data.validation
    first = min(max(first, 0), len(split))
    last = min(first + max(limit, 0), len(split))
    labels = split.y[first:last]
    info: dict[str, Value] = {"first": first, "total": len(split), "classes": data.classes, "class_names": data.class_names}
    images = split.images(first, last)
    return {"images": displayed(split, images[:, 0] if images.dim() == 5 else images), "labels": plain(classes(labels))}, info


def one_per_class(data: Dataset, count: int) -> np.ndarray:
    """(count, C, H, W): the first validation image of each class, in class order, then second ones where classes are few.

    Of several views the first; where each pixel has a class, simply the first images.
    """
    labels = data.validation.y.tolist() if data.validation.y.dim() == 1 else [0] * len(data.validation)
    ranked: list[tuple[int, int, int]] = []  # (how many of this class came before, class, index)
    seen: dict[int, int] = {}
    for index, label in enumerate(labels):
        nth = seen.get(label, 0)
        seen[label] = nth + 1
        if nth < count:
            ranked.append((nth, label, index))
    chosen = [index for _, _, index in sorted(ranked)[:count]]
    found = (data.validation.images(i, i + 1) for i in chosen)
    return np.concatenate([displayed(data.validation, image[:, 0] if image.dim() == 5 else image) for image in found])
