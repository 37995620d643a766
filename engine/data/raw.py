"""What a loader hands over before anything becomes a tensor: arrays of both splits. Numpy alone; knows no file formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

IGNORED = 255  # in uint8 masks: the pixel does not count


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Inputs (N, ...) and targets (N, ...), divided. uint8 inputs are pixels (N, [V,] C, H, W); float32 inputs are taken as they are, or
    as (x - mean) / std where these are given. Targets: class indices (N,), uint8 masks (N, H, W) with IGNORED, or float32 numbers.

    `ports` name input and target; `extras` are further inputs, port -> (training, validation). `unreadable` files were left out.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    class_names: tuple[str, ...]
    report: str = ""
    ports: tuple[str, ...] = ("image", "label")
    extras: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    mean: np.ndarray | None = None
    std: np.ndarray | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def pixels(self) -> bool:
        """Whether the inputs are pictures from 0 to 255."""
        return self.train_x.dtype == np.uint8


def stratified(labels: np.ndarray, share: float, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Indices for training and validation: `share` of each class is held out; both orders are mixed, always the same."""
    rng = np.random.RandomState(seed)  # the legacy generator: its stream is frozen across numpy releases
    train: list[np.ndarray] = []
    validation: list[np.ndarray] = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = round(len(members) * share)
        validation.append(members[:count])
        train.append(members[count:])
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(validation))
