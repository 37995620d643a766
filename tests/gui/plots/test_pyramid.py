"""The pyramid gives the same extremes as looking at every value, however it was filled."""

from __future__ import annotations

import numpy as np
import pytest

from gui.plots.pyramid import MAX_POINTS, Pyramid


def filled(values: np.ndarray, rng: np.random.Generator) -> Pyramid:
    pyramid = Pyramid(capacity=8)
    start = 0
    while start < len(values):
        count = int(rng.integers(1, 200))
        pyramid.append(values[start : start + count])
        start += count
    return pyramid


@pytest.mark.parametrize("length", [1, 4, 5, 16, 17, 999, 1601, 20_003])
def test_extremes_match_brute_force(length: int):
    rng = np.random.default_rng(length)
    values = rng.normal(size=length)
    values[rng.random(length) < 0.2] = np.nan
    pyramid = filled(values, rng)
    assert np.array_equal(pyramid.values, values, equal_nan=True)
    for _ in range(60):
        start, stop = sorted(int(i) for i in rng.integers(0, length + 1, 2))
        points = int(rng.integers(16, 400))
        found = pyramid.query(start, stop, max_points=points)
        assert len(found.points()[0]) <= points
        for row, low, high in zip(found.start, found.low, found.high, strict=True):
            part = values[row : row + found.bucket]
            part = part[np.isfinite(part)]
            assert (np.isnan(low) and np.isnan(high)) if not len(part) else (low == part.min() and high == part.max())


def test_buckets_cover_the_range_without_gaps():
    pyramid = Pyramid()
    pyramid.append(np.arange(50_000.0))
    found = pyramid.query(1_234, 49_000, max_points=500)
    assert found.start[0] <= 1_234 and found.start[-1] + found.bucket >= 49_000
    assert (np.diff(found.start) == found.bucket).all()
    assert (found.start % found.bucket == 0).all()


def test_at_most_1600_points_of_80_000():
    pyramid = Pyramid(80_000)
    pyramid.append(np.random.default_rng(0).normal(size=80_000))
    rows, values = pyramid.query().points()
    assert 800 <= len(rows) <= MAX_POINTS and len(rows) == len(values)


def test_few_rows_come_as_they_are():
    pyramid = Pyramid()
    pyramid.append(np.array([3.0, np.nan, 1.0]))
    rows, values = pyramid.query().points()
    assert rows.tolist() == [0, 1, 2] and values[[0, 2]].tolist() == [3, 1] and np.isnan(values[1])


def test_a_spike_is_never_lost():
    values = np.zeros(80_000)
    values[54_321] = 9.0
    pyramid = filled(values, np.random.default_rng(1))
    assert pyramid.query(max_points=100).high.max() == 9.0


def test_nothing_appended_nothing_found():
    pyramid = Pyramid()
    pyramid.append(np.zeros(0))
    assert len(pyramid.query().points()[0]) == 0
