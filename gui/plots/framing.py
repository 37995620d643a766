"""What part of the values a curve plot shows by itself, and where its chance line lies. No Qt, no drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gui.plots import axis
from gui.plots.run_data import RunData

WARM_UP = 0.1  # share of the rows that the automatic accuracy range leaves out: the climb from chance would flatten the rest


@dataclass(frozen=True, slots=True)
class Chance:
    """What blind guessing reaches, and the formula that is written on its line."""

    value: float
    text: str


def chance_loss(classes: int) -> Chance | None:
    """Cross-entropy of a uniform guess among `classes`."""
    if classes < 2:
        return None
    return Chance(math.log(classes), f"chance ln {classes} = {math.log(classes):.3f}")


def chance_accuracy(classes: int) -> Chance | None:
    """Accuracy of a uniform guess among `classes`, when all are equally frequent."""
    if classes < 2:
        return None
    return Chance(1 / classes, f"chance 1/{classes} = {100 / classes:.3g} %")


def seen(data: RunData, name: str, *, mode: str, view: tuple[float, float], skip: float = 0.0) -> np.ndarray:
    """The finite values of the smoothed and the validation line within `view`, without the first `skip` of the run."""
    column = data.columns[name]
    start, stop = data.rows_between(*view, mode)
    start = max(start, int(skip * data.count))
    values = column.smooth.query(start, stop, max_points=800).points()[1]
    where = data.validation_x(mode)
    first = data.x_of(np.array([start]), mode)[0] if data.count else view[0]
    inside = (where >= max(view[0], first)) & (where <= view[1])
    both = np.concatenate([values, column.validation.values[inside]])
    return both[np.isfinite(both)]


def loss_range(data: RunData, *, mode: str, view: tuple[float, float], log: bool, chance: Chance | None) -> tuple[float, float]:
    """The automatic y range of a loss: both lines and, where the whole run is in view, the chance line."""
    values = np.concatenate([seen(data, name, mode=mode, view=view) for name in ("loss", *data.parts_of("loss"))])
    if log:
        values = values[values > 0]
    if not len(values):
        return (0.1, 10.0) if log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if chance and high > chance.value / 4:
        high = max(high, chance.value)
    if log:
        return axis.rested(low / 1.25, max(high * 1.35, low * 2), log=True)
    low, high = axis.rested(*axis.padded(low, high))
    return (0.0, high) if 0 <= low < 0.3 * high or low < 0 <= values.min() else (low, high)


def accuracy_range(data: RunData, *, mode: str, view: tuple[float, float]) -> tuple[float, float]:
    """The automatic y range of an accuracy: from a round percentage below both lines after the warm-up, to just above the best."""
    values = seen(data, "accuracy", mode=mode, view=view, skip=WARM_UP if data.count >= 50 else 0.0)
    if not len(values):
        return 0.0, 1.02
    low, high = float(values.min()), float(values.max())
    step = axis.nice_step(max(high - low, 0.02), 3)
    low = max(math.floor(low / step - 1e-9) * step, 0.0)
    high = min(math.ceil(high / step + 1e-9) * step, 1.0)
    return low, high + 0.045 * (high - low)
