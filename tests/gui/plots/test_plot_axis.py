"""Axes: mapping, zooming, ticks and how numbers are written."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gui.plots import axis, numbers
from gui.plots.axis import Axis


def test_linear_mapping_and_its_inverse():
    up = Axis(0, 10, 100, 0)
    assert up.px(np.array([0.0, 5.0, 10.0])).tolist() == [100, 50, 0]
    assert up.value(25) == 7.5


def test_log_mapping_survives_zero_negative_nan_and_infinity():
    up = Axis(0.01, 100, 200, 0, log=True)
    pixels = up.px(np.array([0.01, 1.0, 100.0, 0.0, -3.0, np.inf, np.nan]))
    assert pixels[:3].tolist() == pytest.approx([200, 100, 0])
    assert 10_000 < pixels[3] == pixels[4] <= axis.FAR and pixels[5] == -axis.FAR and math.isnan(pixels[6])


@pytest.mark.parametrize("log", [False, True])
def test_zoom_keeps_the_value_under_the_pointer(log: bool):
    along = Axis(1, 1000, 40, 340, log=log)
    under = along.value(100)
    low, high = along.zoomed(100, 0.5)
    assert Axis(low, high, 40, 340, log=log).value(100) == pytest.approx(under)
    assert high - low < 999


def test_drag_moves_the_contents():
    assert Axis(0, 100, 0, 200).moved(20) == (-10, 90)


def labels(ticks: axis.Ticks) -> list[str]:
    return [text for _, text in ticks.major]


def test_ticks_fall_on_epochs():
    assert labels(axis.linear(0, 756, wanted=7, unit=63)) == ["0", "126", "252", "378", "504", "630", "756"]


def test_zoomed_into_an_epoch_ticks_are_round_steps():
    assert labels(axis.linear(100, 140, wanted=5, unit=63)) == ["100", "110", "120", "130", "140"]


def test_log_ticks_are_decades():
    ticks = axis.logarithmic(0.004, 3)
    assert labels(ticks) == ["0.01", "0.1", "1"]
    assert ticks.minor == pytest.approx((0.005, 0.02, 0.05, 0.2, 0.5, 2))


def test_log_ticks_within_a_decade():
    assert labels(axis.logarithmic(0.15, 0.9)) == ["0.2", "0.5"]


def test_percent_ticks_end_at_100():
    assert labels(axis.percents(0.8, 1.009, wanted=5)) == ["80 %", "85 %", "90 %", "95 %", "100 %"]


def test_durations():
    assert labels(axis.durations(0, 300, wanted=5)) == ["0", "1:00", "2:00", "3:00", "4:00", "5:00"]
    assert (numbers.duration(4.04), numbers.duration(65), numbers.duration(3661)) == ("4.0 s", "1:05", "1:01:01")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0055, "0.0055"), (2.302585, "2.303"), (0.1047, "0.1047"), (-0.5, "−0.5000"), (12_345.6, "12,346"), (math.nan, "NaN"), (-math.inf, "−∞"), (0, "0")],
)
def test_plain_numbers(value: float, text: str):
    assert numbers.plain(value) == text


def test_small_numbers_keep_their_size():
    assert (
        numbers.plain(3.2e-6) == "3.2e−6"
        and numbers.plain(2.8e34) == "2.8e34"
        and numbers.signed(0.62) == "+0.62"
        and numbers.signed(-0.62) == "−0.62"
        and numbers.signed(0.0031) == "+0.0031"
    )


@pytest.mark.parametrize(("low", "high"), [(0.0123, 2.9), (3e-320, 1.7e308), (1e-12, 1.2e-12)])
def test_a_logarithmic_range_ends_at_the_next_sixteenth_of_a_decade(low: float, high: float):
    first, last = axis.rested(low, high, log=True)
    assert (first <= low or low < axis.LEAST) and (last >= high or high > axis.MOST) and 0 < first < last < math.inf
    assert [math.log10(end) * 16 % 1 for end in (first, last)] == pytest.approx([0, 0], abs=1e-6) or first == axis.LEAST
    if low >= axis.LEAST:
        assert low / first < 1.16 and last / high < 1.16


def test_a_linear_range_ends_at_round_places():
    assert axis.rested(0.031, 2.47) == pytest.approx((0.0, 2.6))
    assert axis.rested(-1.0, 1.0) == (-1.0, 1.0)
    assert axis.rested(-1.7e308, 1.7e308) == (-1.7e308, 1.7e308)  # whose distance is no number
    assert axis.rested(95.2, 95.9) == pytest.approx((95.2, 95.9))


def test_a_range_rests_while_a_curve_creeps():
    ends = {axis.rested(0.05 * (1 - 0.001 * step), 2.3, log=True) for step in range(200)}
    assert len(ends) <= 3
