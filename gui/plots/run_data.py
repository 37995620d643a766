"""What the curves of one run are made of, read from the live Metrics store and kept up to date row by row. No Qt, no drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.events import Metrics, RunStarted, part
from gui.plots.pyramid import MAX_POINTS, Pyramid
from gui.plots.smoothing import MovingAverage, span_for

MODES = ("step", "epoch", "sec")


@dataclass(frozen=True, slots=True)
class Best:
    """The best validation value so far and where it was reached."""

    row: int
    step: int
    value: float


class Column:
    """One measured quantity: every step and its smoothed line as pyramids."""

    def __init__(self, metrics: Metrics, name: str, *, span: int, greatest: bool) -> None:
        self.metrics, self.name, self.greatest = metrics, name, greatest
        capacity = len(metrics.step[name])
        self.raw, self.smooth, self.validation = Pyramid(capacity), Pyramid(capacity), Pyramid(64)
        self.average = MovingAverage(span)

    def update(self, count: int, validations: int) -> None:
        """Takes in the training rows up to `count` and that many validations."""
        fresh = np.array(self.metrics.step[self.name][self.raw.count : count], dtype=float)
        self.raw.append(np.where(np.isfinite(fresh), fresh, np.nan))
        self.smooth.append(self.average.extend(fresh))
        self.validation.append(self.metrics.validation[self.name][self.validation.count : validations])

    def best(self) -> Best | None:
        """The least validation value (the greatest of an accuracy)."""
        values = self.validation.values
        finite = np.flatnonzero(np.isfinite(values) & (self.metrics.validations("step")[: len(values)] >= 0))  # not those of an earlier stage
        if not len(finite):
            return None
        pick = np.argmax if self.greatest else np.argmin
        row = int(finite[pick(values[finite])])
        return Best(row, int(self.metrics.validations("step")[row]), float(values[row]))

    def latest(self) -> tuple[float, float]:
        """(smoothed train, validation) as of now; NaN for what there is not."""
        smooth, validation = self.smooth.values, self.validation.values
        train = smooth[np.isfinite(smooth)][-1:] if len(smooth) < 64 or not np.isfinite(smooth[-1]) else smooth[-1:]
        return float(train[0]) if len(train) else math.nan, float(validation[-1]) if len(validation) else math.nan

    @property
    def empty(self) -> bool:
        """Whether nothing finite was ever measured (accuracy of a regression)."""
        _, values = self.smooth.query(max_points=64).points()
        return not (np.isfinite(values).any() or np.isfinite(self.validation.values).any())


class RunData:
    """A run's store, its columns and its three x axes. Row i is the training step first_step + i + 1."""

    def __init__(self, run: RunStarted) -> None:
        self.run, self.metrics = run, run.metrics
        self.span = span_for(run.steps)
        self.per_epoch = max(run.steps_per_epoch, 1)
        self.columns = {
            "loss": Column(run.metrics, "loss", span=self.span, greatest=False),
            "accuracy": Column(run.metrics, "accuracy", span=self.span, greatest=True),
            **{part(name): Column(run.metrics, part(name), span=self.span, greatest=False) for name in run.metrics.parts},
        }
        self.count = 0
        self.validations = 0
        self.rate_changes: list[tuple[int, float]] = []  # (row, the new learning rate)
        self.rate_varies = False

    @property
    def stale(self) -> bool:
        """Whether anything was measured since the last `update`."""
        return (self.metrics.count, self.metrics.validation_count) != (self.count, self.validations)

    def update(self) -> bool:
        """Takes in what was measured since the last call; whether there was anything."""
        if not self.stale:
            return False
        count, validations = self.metrics.count, self.metrics.validation_count
        for column in self.columns.values():
            column.update(count, validations)
        self._find_rate_changes(self.count, count)
        self.count, self.validations = count, validations
        return True

    def parts_of(self, name: str) -> list[str]:
        """The columns of what the quantity `name` is made of: only a loss has such."""
        return [part(each) for each in self.metrics.parts] if name == "loss" else []

    def _find_rate_changes(self, start: int, stop: int) -> None:
        """Notes where the rate came to rest at another value. A schedule that moves it at each step would be one flag beside the other."""
        base = max(start - 2, 0)
        rates = self.metrics.step["learning_rate"][base:stop]
        self.rate_varies = self.rate_varies or bool((rates[1:] != rates[:-1]).any())
        before, at, after = rates[:-2], rates[1:-1], rates[2:]
        settled = np.flatnonzero((at != before) & (after == at) & np.isfinite(at) & np.isfinite(before))
        self.rate_changes += [(base + int(i) + 1, float(at[i])) for i in settled]

    def x_of(self, rows: np.ndarray, mode: str) -> np.ndarray:
        """Where `rows` (may be fractional) lie on the x axis of `mode`."""
        if mode == "sec":
            seconds = self.metrics.step["seconds"][: self.count]
            return seconds[np.clip(np.asarray(rows, dtype=int), 0, max(self.count - 1, 0))] if self.count else np.zeros(len(rows))
        steps = np.asarray(rows, dtype=float) + self.metrics.first_step + 1
        return steps / self.per_epoch if mode == "epoch" else steps

    def last_x(self, mode: str) -> float:
        """Where the latest row lies; NaN before the first."""
        return float(self.x_of(np.array([self.count - 1]), mode)[0]) if self.count else math.nan

    def x_of_step(self, step: int, mode: str) -> float:
        """Where step number `step` ends; NaN in seconds when that is still to come."""
        if mode == "sec":
            row = step - self.metrics.first_step - 1
            return float(self.metrics.step["seconds"][row]) if 0 <= row < self.count else 0.0 if row < 0 else math.nan
        return step / self.per_epoch if mode == "epoch" else float(step)

    def row_at(self, x: float, mode: str) -> int:
        """The row nearest to `x`, within the run; -1 when there is none."""
        if not self.count:
            return -1
        if mode == "sec":
            row = np.searchsorted(self.metrics.step["seconds"][: self.count], x)
        else:
            row = round((x * self.per_epoch if mode == "epoch" else x) - self.metrics.first_step - 1)
        return int(min(max(row, 0), self.count - 1))

    def rows_between(self, low: float, high: float, mode: str) -> tuple[int, int]:
        """The range of rows seen between two x values, one more on either side."""
        return max(self.row_at(low, mode) - 1, 0), min(self.row_at(high, mode) + 2, self.count)

    def validation_x(self, mode: str) -> np.ndarray:
        """Where the validation rows lie."""
        if mode == "sec":
            return self.metrics.validation["seconds"][: self.validations]
        steps = self.metrics.validation["step"][: self.validations]
        return steps / self.per_epoch if mode == "epoch" else steps

    def extent(self, mode: str) -> tuple[float, float]:
        """The whole x axis: the planned run, or the seconds so far."""
        if mode == "sec":
            seconds = self.metrics.step["seconds"][: self.count]
            end = float(np.nanmax(seconds[-64:])) if np.isfinite(seconds[-64:]).any() else 1.0
            begin = float(seconds[0]) if self.count and seconds[0] < 0 else 0.0  # an earlier stage lies before 0
            return begin, max(end, 0.01) * 1.02
        first, steps = min(self.metrics.first_step, 0), max(self.run.steps, self.metrics.first_step + self.count, 1)
        return (first / self.per_epoch, steps / self.per_epoch) if mode == "epoch" else (float(first), float(steps))

    def line(self, kind: str, name: str, *, mode: str, view: tuple[float, float], points: int = MAX_POINTS) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of the `raw`, `smooth` or `validation` line within `view`, at most `points` of them."""
        pyramid = getattr(self.columns[name], kind)
        if kind == "validation":
            rows, values = pyramid.query(max_points=points).points()
            return self.validation_x(mode)[np.asarray(rows, dtype=int)], values
        start, stop = self.rows_between(*view, mode)
        rows, values = pyramid.query(start, stop, max_points=min(points, MAX_POINTS)).points()
        return self.x_of(np.minimum(rows, max(self.count - 1, 0)), mode), values
