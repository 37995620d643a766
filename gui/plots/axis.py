"""Axes as numbers: mapping between values and pixels, linear or logarithmic, and where ticks go. No Qt, no drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gui.plots import numbers

Number = TypeVar("Number", float, np.ndarray)
PLACES = 16  # in a decade, or about so many over a linear axis, at which an automatic range may end
LEAST, MOST = 1e-300, 1e300  # the ends of the widest logarithmic range
FAR = 20_000.0  # px; values that have no place on the axis are put this far out and get clipped


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps low..high onto the pixels begin..end. On a log axis, values at or below 0 lie far beyond the low end."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def px(self, values: np.ndarray) -> np.ndarray:
        """Pixels of `values`; NaN stays NaN, infinities go far out."""
        low, high = self.span
        with np.errstate(invalid="ignore", over="ignore"):
            share = (self.inner(np.asarray(values, dtype=float)) - low) / (high - low)
            pixels = self.begin + share * (self.end - self.begin)
        return np.clip(pixels, -FAR, FAR)

    def at(self, value: float) -> float:
        """The pixel of one value; as `px`, without arrays."""
        low, high = self.span
        pixel = self.begin + (self._one(value) - low) / (high - low) * (self.end - self.begin)
        return min(max(pixel, -FAR), FAR)

    def value(self, pixel: float) -> float:
        """The value under a pixel."""
        inner = self.inner_at(pixel)
        return float(10**inner) if self.log else float(inner)

    def inner_at(self, pixel: Number) -> Number:
        """What stands at a pixel (or at many) in the units in which the axis is even: the value, or its logarithm."""
        low, high = self.span
        return low + (pixel - self.begin) / (self.end - self.begin) * (high - low)

    @property
    def span(self) -> tuple[float, float]:
        """low..high in even units."""
        return self._one(self.low), self._one(self.high)

    def zoomed(self, pixel: float, factor: float) -> tuple[float, float]:
        """(low, high) after zooming by `factor` (< 1 zooms in) about `pixel`."""
        around = [pixel + (edge - pixel) * factor for edge in (self.begin, self.end)]
        return self.value(around[0]), self.value(around[1])

    def moved(self, pixels: float) -> tuple[float, float]:
        """(low, high) after dragging the contents by `pixels`."""
        return self.value(self.begin - pixels), self.value(self.end - pixels)

    def inner(self, values: np.ndarray) -> np.ndarray:
        """Values in the units in which the axis is even."""
        if not self.log:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(np.where(values <= 0, 1e-300, values))

    def _one(self, value: float) -> float:
        if not self.log:
            return float(value)
        return -300.0 if value <= 0 else math.log10(value)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Labelled ticks and unlabelled grid lines of one axis."""

    major: tuple[tuple[float, str], ...]
    minor: tuple[float, ...] = ()


def nice_step(span: float, wanted: int) -> float:
    """The least of 1, 2, 5 times a power of ten that cuts `span` into at most `wanted` parts."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    raw = span / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))


def whole_step(span: float, wanted: int) -> float:
    """Like `nice_step` for things that are counted (epochs): 1, 2, 3, 4, 6, 8 and nice numbers above."""
    raw = span / max(wanted, 1)
    return next((float(m) for m in (1, 2, 3, 4, 6, 8) if m >= raw * (1 - 1e-9)), nice_step(span, wanted))


def linear(low: float, high: float, *, wanted: int, unit: float = 0.0) -> Ticks:
    """Round ticks; with a `unit` (an epoch in steps), ticks fall on round multiples of it where it is short enough."""
    step = nice_step(high - low, wanted)
    if unit > 0 and (high - low) / unit >= 2:
        step = whole_step((high - low) / unit, wanted) * unit
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return Ticks(tuple((k * step, numbers.tick(k * step, step)) for k in range(first, last + 1)))


def percents(low: float, high: float, *, wanted: int) -> Ticks:
    """Ticks of an axis of fractions, written in percent; none above 100 %."""
    ticks = linear(100 * low, min(100 * high, 100.0), wanted=wanted)
    return Ticks(tuple((value / 100, f"{label} %") for value, label in ticks.major))


def durations(low: float, high: float, *, wanted: int) -> Ticks:
    """Ticks of an axis of seconds: decimal below a minute, then on 15 s, minutes, hours."""
    raw = (high - low) / max(wanted, 1)
    if high < 90:
        return linear(low, high, wanted=wanted)
    step = next((s for s in (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400) if s >= raw), nice_step(high - low, wanted))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return Ticks(tuple((k * step, numbers.duration(max(k * step, 10)) if k else "0") for k in range(first, last + 1)))


def logarithmic(low: float, high: float) -> Ticks:
    """Decades labelled; 2 and 5 as grid lines, labelled too where fewer than two decades are in view."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside = [d for d in decades if low * 0.999 <= 10.0**d <= high * 1.001]
    halves = [m * 10.0**d for d in decades for m in (2, 5) if low <= m * 10.0**d <= high]
    if len(inside) + len(halves) < 2:
        return linear(low, high, wanted=4)
    every = max(1, math.ceil(len(inside) / 6))
    major = [(10.0**d, decade(d)) for d in inside if d % every == 0]
    if len(inside) < 2:
        major += [(value, numbers.tick(value, 10.0 ** math.floor(math.log10(value)))) for value in halves]
        halves = []
    return Ticks(tuple(sorted(major)), tuple(halves))


def decade(power: int) -> str:
    """0.01, 1, 1,000 as people write them; 1e−5 and 1e6 further out."""
    return numbers.tick(10.0**power, 10.0**power) if -4 <= power <= 5 else f"1e{power}".replace("-", numbers.MINUS)


def padded(low: float, high: float, *, share: float = 0.05) -> tuple[float, float]:
    """low..high with a margin; opened up where both are the same."""
    if high <= low:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room
    margin = (high - low) * share
    return low - margin, high + margin


def rested(low: float, high: float, *, log: bool = False) -> tuple[float, float]:
    """low..high opened to the next of a few places: an axis that followed each new value would never rest, and all it carries were drawn anew."""
    if log:
        first, last = math.log10(max(low, LEAST)), math.log10(min(high, MOST))
        return 10 ** (math.floor(first * PLACES) / PLACES), 10 ** (math.ceil(last * PLACES) / PLACES)
    if not math.isfinite(high - low):
        return low, high
    step = nice_step(high - low, PLACES)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def snapped(pixel: float, low: float, high: float) -> float:
    """The middle of the device pixel at `pixel`, kept inside low..high."""
    return min(max(math.floor(pixel), math.floor(low)), math.ceil(high) - 1) + 0.5
