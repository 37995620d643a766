"""The smoothed line against its definition, written as a loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gui.plots.smoothing import MovingAverage, span_for


def by_definition(values: np.ndarray, span: int) -> np.ndarray:
    weight, total, mass, result = 1 - 2 / (span + 1), 0.0, 0.0, []
    for value in values:
        if not math.isfinite(value):
            result.append(math.nan)
            continue
        total = weight * total + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        result.append(total / mass)
    return np.array(result)


@pytest.mark.parametrize("span", [10, 19, 500])
def test_chunks_agree_with_the_recursion(span: int):
    rng = np.random.default_rng(span)
    values = rng.lognormal(size=3_000)
    values[rng.random(3_000) < 0.05] = np.nan
    values[700] = np.inf
    for parts in (1, 3, 37):
        average = MovingAverage(span)
        found = np.concatenate([average.extend(part) for part in np.array_split(values, parts)])
        np.testing.assert_allclose(found, by_definition(values, span), rtol=1e-9)


def test_a_constant_stays_itself_from_the_first_row():
    np.testing.assert_allclose(MovingAverage(20).extend(np.full(50, 2.303)), 2.303, rtol=1e-12)


def test_hand_worked():
    # span 3: w = 1/2. s1 = 4 -> 4; s2 = (1/2 * 1/2 * 4 + 1/2 * 1) / (3/4) = 2
    np.testing.assert_allclose(MovingAverage(3).extend(np.array([4.0, 1.0])), [4.0, 2.0])


def test_span_grows_with_the_run_within_limits():
    assert (span_for(1), span_for(756), span_for(80_000)) == (10, 18, 500)
