"""A min/max pyramid over an append-only column, so that a plot asks for its few points in microseconds. No Qt, no drawing.

Level 0 holds the values; each higher level holds the least and the greatest of FACTOR entries below. Appending n values
touches n entries and one path to the top. NaN means "no value": it never wins, and a stretch of only NaN stays NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FACTOR = 8
MAX_POINTS = 1600


@dataclass(frozen=True, slots=True)
class Envelope:
    """Least and greatest value per bucket. `start` holds the first row of each bucket, `bucket` its length in rows."""

    start: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bucket: int

    @property
    def centre(self) -> np.ndarray:
        """The row in the middle of each bucket (fractional for buckets of even length)."""
        return self.start + (self.bucket - 1) / 2

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """A line through the envelope: (rows, values); two points per bucket, or one when a bucket is one row."""
        if self.bucket == 1:
            return self.start.astype(float), self.low
        values = np.empty((len(self.low), 2))
        values[0::2, 0], values[0::2, 1] = self.low[0::2], self.high[0::2]
        values[1::2, 0], values[1::2, 1] = self.high[1::2], self.low[1::2]  # alternating: no long return strokes
        return np.repeat(self.centre, 2), values.ravel()


class Pyramid:
    """Grows with `append`; `query` answers any range of rows with at most `max_points` points."""

    def __init__(self, capacity: int = 1024) -> None:
        self.count = 0
        self._values = np.full(max(capacity, FACTOR), np.nan)
        self._low: list[np.ndarray] = []  # level 1 and up
        self._high: list[np.ndarray] = []

    @property
    def values(self) -> np.ndarray:
        """Everything appended so far (a view)."""
        return self._values[: self.count]

    def append(self, values: np.ndarray) -> None:
        """Adds rows at the end."""
        if not len(values):
            return
        first, end = self.count, self.count + len(values)
        self._values = _fitted(self._values, end)
        self._values[first:end] = values
        self.count = end
        self._climb(first)

    def _climb(self, first: int) -> None:
        """Renews the entries above row `first` on every level."""
        low, high, count = self._values, self._values, self.count
        level = 0
        while count > FACTOR:
            first //= FACTOR
            upper = -(-count // FACTOR)
            if level == len(self._low):
                self._low.append(np.full(max(len(low) // FACTOR + 1, 1), np.nan))
                self._high.append(np.full(max(len(low) // FACTOR + 1, 1), np.nan))
                first = 0  # a new level covers all that lies below it
            self._low[level] = _fitted(self._low[level], upper)
            self._high[level] = _fitted(self._high[level], upper)
            rows = np.arange(0, count - first * FACTOR, FACTOR)
            self._low[level][first:upper] = np.fmin.reduceat(low[first * FACTOR : count], rows)
            self._high[level][first:upper] = np.fmax.reduceat(high[first * FACTOR : count], rows)
            low, high, count, level = self._low[level], self._high[level], upper, level + 1

    def query(self, start: int = 0, stop: int | None = None, *, max_points: int = MAX_POINTS) -> Envelope:
        """The envelope of rows start..stop. Buckets begin at multiples of their length, so a growing curve does not shimmer."""
        stop = self.count if stop is None else min(stop, self.count)
        start = min(max(start, 0), stop)
        if stop - start <= max_points:
            values = self._values[start:stop]
            return Envelope(np.arange(start, stop), values, values, 1)
        bucket, level = self._bucket(start, stop, max_points // 2 - 1)
        block = FACTOR**level
        low = self._low[level - 1] if level else self._values
        high = self._high[level - 1] if level else self._values
        first, last = start // bucket, -(-stop // bucket)
        starts = np.arange(first, last) * bucket
        end = -(-min(last * bucket, self.count) // block)
        rows = starts // block
        offsets = rows - rows[0]
        lows = np.fmin.reduceat(low[rows[0] : end], offsets)
        highs = np.fmax.reduceat(high[rows[0] : end], offsets)
        return Envelope(starts, lows, highs, bucket)

    def _bucket(self, start: int, stop: int, buckets: int) -> tuple[int, int]:
        """(rows per bucket, level whose blocks divide it), the finest with at most `buckets` buckets."""
        needed = -(-(stop - start) // max(buckets - 1, 1))
        level = 0
        while level < len(self._low) and FACTOR ** (level + 1) <= needed:
            level += 1
        block = FACTOR**level
        return -(-needed // block) * block, level


def _fitted(array: np.ndarray, needed: int) -> np.ndarray:
    """`array`, or a copy of at least twice the length when `needed` entries do not fit."""
    if needed <= len(array):
        return array
    return np.concatenate([array, np.full(max(needed, 2 * len(array)) - len(array), np.nan)])
