"""The pace of live drawing: views take turns, wait longer under load, and are quick again when nothing trains."""

from __future__ import annotations

import pytest

from gui import pace as module
from gui.pace import APART, EAGER, QUICKEST, SHARE, SLOWEST, WINDOW, Pace


class Clock:
    """Stands in for the two clocks: wall and this thread's processor time, moved by hand."""

    def __init__(self) -> None:
        self.wall = self.used = 100.0

    def monotonic(self) -> float:
        return self.wall

    def thread_time(self) -> float:
        return self.used

    def run(self, seconds: float, load: float) -> None:
        self.wall += seconds
        self.used += seconds * load


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_each_view_waits_for_its_pause_and_for_the_others(clock: Clock):
    pace = Pace()
    assert pace.grant("curves")
    assert not pace.grant("filters")  # not in the same moment
    clock.run(APART * 1.01, 0)
    assert pace.grant("filters") and not pace.grant("curves")
    clock.run(QUICKEST, 0)
    assert pace.grant("curves")
    clock.run(QUICKEST * 1.01, 0)
    assert not pace.grant("curves", least=3 * QUICKEST)


def test_load_lengthens_the_pause_up_to_a_bound_and_rest_shortens_it(clock: Clock):
    pace = Pace()
    pauses = []
    for _ in range(12):
        clock.run(WINDOW * 1.01, SHARE * 4)
        pace.measure(busy=True)
        pauses.append(pace.pause)
    assert pauses[0] > QUICKEST and pauses == sorted(pauses) and pauses[-1] == SLOWEST and pace.strained
    for _ in range(12):
        clock.run(WINDOW * 1.01, 0)
        pace.measure(busy=True)
    assert pace.pause < SLOWEST
    clock.run(WINDOW * 1.01, SHARE * 4)
    pace.measure(busy=False)
    assert pace.pause == QUICKEST


def test_bursts_count_by_their_mean(clock: Clock):
    """Two still moments must not outweigh one busy one, or the window takes more than its share."""
    pace = Pace()
    for turn in range(90):
        clock.run(WINDOW * 1.01, 0.0 if turn % 3 else SHARE * 6)  # twice its share in the mean
        pace.measure(busy=True)
    assert pace.pause == SLOWEST


def test_a_view_in_a_hurry_goes_next(clock: Clock):
    pace = Pace()
    assert pace.grant("filters")
    clock.run(APART * 1.01, 0)
    assert not pace.grant("filters")
    pace.hurry("filters")
    assert pace.grant("filters")


def test_the_next_run_begins_with_what_the_last_one_taught(clock: Clock):
    """Lively, but not as if nothing were known of the processor."""
    pace = Pace()
    for _ in range(12):
        clock.run(WINDOW * 1.01, SHARE * 4)
        pace.measure(busy=True)
    clock.run(0.03, 0)
    pace.measure(busy=False)
    assert pace.pause == QUICKEST
    clock.run(60.0, 0)
    pace.measure(busy=False)
    clock.run(0.03, 0)
    pace.measure(busy=True)
    assert pace.pause == pytest.approx(SLOWEST / EAGER)


def test_a_run_that_left_room_is_followed_by_one_as_lively(clock: Clock):
    pace = Pace()
    for busy in (True, True, False, True):
        clock.run(WINDOW * 1.01, 0.0)
        pace.measure(busy=busy)
    assert pace.pause == QUICKEST
