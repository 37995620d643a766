"""The learning-rate schedules, declared as data, and their curves as pure functions of the step. No torch, no Qt.

A schedule is a factor on the recipe's learning rate. Changing that rate while it trains scales what is left of the curve.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.graph.model import Recipe
from engine.layers.params import Float, Int, Param


@dataclass(frozen=True, slots=True)
class Span:
    """A whole run as schedules see it: all its steps, and how many make an epoch."""

    steps: int
    steps_per_epoch: int

    def warmup(self, recipe: Recipe) -> int:
        """How many steps the warm-up takes: at most all of them."""
        return min(round(recipe.warmup_epochs * self.steps_per_epoch), self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule. Each parameter's `name` is a field of the Recipe; `factor(recipe, step, span)` multiplies the rate of step number `step`, from 0."""

    id: str
    title: str
    doc: str
    factor: Callable[[Recipe, int, Span], float]
    params: tuple[Param, ...] = ()


def between(start: float, end: float, share: float) -> float:
    """Half a cosine wave from `start` to `end`."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def step_factor(recipe: Recipe, step: int, span: Span) -> float:
    return recipe.gamma ** (step // span.steps_per_epoch // recipe.step_epochs)


def cosine_factor(recipe: Recipe, step: int, span: Span) -> float:
    return between(1.0, recipe.final_share, step / span.steps)


def one_cycle_factor(recipe: Recipe, step: int, span: Span) -> float:
    """As torch's OneCycleLR with the cosine: the peak comes after the share `rise`, the lowest rate at the last step."""
    start = 1 / recipe.start_divisor
    end = start / recipe.end_divisor
    peak, last = recipe.rise * span.steps - 1, span.steps - 1
    if step <= peak:
        return between(start, 1.0, step / peak if peak > 0 else 1.0)
    return between(1.0, end, (step - peak) / (last - peak) if last > peak else 1.0)


def warmup_factor(recipe: Recipe, step: int, span: Span) -> float:
    warm = span.warmup(recipe)
    return (step + 1) / warm if step < warm else 1.0


def warmup_cosine_factor(recipe: Recipe, step: int, span: Span) -> float:
    warm = span.warmup(recipe)
    return (step + 1) / warm if step < warm else between(1.0, recipe.final_share, (step - warm) / max(span.steps - warm, 1))


WARMUP = Float("warmup_epochs", 1.0, low=0.0, high=100_000.0, label="Warm-up", unit="epochs", help="How long the rate rises evenly to its full value.")
FINAL = Float("final_share", 0.0, low=0.0, high=1.0, label="Ends at", unit="× rate", help="Where the curve ends, as a share of the learning rate.")
SCHEDULES: tuple[Schedule, ...] = (
    Schedule(id="constant", title="Constant", doc="The learning rate stays as it is.", factor=lambda recipe, step, span: 1.0),
    Schedule(
        id="step",
        title="Steps",
        doc="The rate is multiplied by a factor every few epochs.",
        factor=step_factor,
        params=(
            Int("step_epochs", 5, low=1, high=100_000, label="Every", unit="epochs", help="How many epochs lie between two drops."),
            Float("gamma", 0.1, low=0.0, high=1.0, label="Factor", help="What each drop multiplies the rate by."),
        ),
    ),
    Schedule(id="cosine", title="Cosine", doc="The rate falls along half a cosine wave until the end of the run.", factor=cosine_factor, params=(FINAL,)),
    Schedule(
        id="one_cycle",
        title="One cycle",
        doc="The rate rises to its full value, then falls far below where it began.",
        factor=one_cycle_factor,
        params=(
            Float("rise", 0.3, low=0.0, high=1.0, help="The share of the run in which the rate rises."),
            Float("start_divisor", 25.0, low=1.0, high=1e9, log=True, label="Starts at rate /", help="The rate begins at the learning rate divided by this."),
            Float("end_divisor", 10_000.0, low=1.0, high=1e9, log=True, label="Ends at start /", help="The rate ends at its start divided by this."),
        ),
    ),
    Schedule(id="warmup", title="Warm-up", doc="The rate rises evenly from nearly zero, then stays.", factor=warmup_factor, params=(WARMUP,)),
    Schedule(
        id="warmup_cosine",
        title="Warm-up, cosine",
        doc="The rate rises evenly from nearly zero, then falls along half a cosine wave.",
        factor=warmup_cosine_factor,
        params=(WARMUP, FINAL),
    ),
)
BY_ID: dict[str, Schedule] = {row.id: row for row in SCHEDULES}


def factor(recipe: Recipe, step: int, span: Span) -> float:
    """What the recipe's schedule multiplies the learning rate by at step number `step` (from 0)."""
    return BY_ID[recipe.schedule].factor(recipe, step, span)


def curve(recipe: Recipe, span: Span) -> list[float]:
    """The learning rate of every step of a run."""
    return [recipe.learning_rate * factor(recipe, step, span) for step in range(span.steps)]
