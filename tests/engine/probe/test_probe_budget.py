"""Probes stay within their share of the training time, and the desk serves who waits."""

from __future__ import annotations

import numpy as np
import pytest

from engine.bus import Bus
from engine.events import ProbeRequest, ProbeResult
from engine.probe import desk as desk_module
from engine.probe.budget import PLANNED, RATE, SHARE, Budget
from engine.probe.desk import Desk


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Weights:
    """Stands for a subject: the desk only looks at its serial and step."""

    serial, step, weights = 1, 0, "initial"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets requests be answered at once, and lists the panels that were."""
    order: list[str] = []

    def answer(subject: Weights, panel: str, request: ProbeRequest) -> ProbeResult:
        order.append(panel)
        if request.kind == "broken":
            raise RuntimeError("torch said no")
        return ProbeResult(panel, request, subject.step, {"weight": np.zeros(1, np.float32)})

    monkeypatch.setattr(desk_module, "answer", answer)
    return order


def test_probes_never_take_more_than_their_share() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    for _ in range(20_000):  # ten seconds of half-millisecond steps
        clock.now += 0.0005
        if budget.allows():
            clock.now += 0.002
            budget.spend("filters", 0.002)
    assert 0.8 * SHARE < budget.used <= SHARE


def test_the_share_holds_from_the_second_picture_on() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    shares = []
    for _ in range(4_000):  # two seconds
        clock.now += 0.0005
        if budget.allows("filters"):
            clock.now += 0.004
            budget.spend("filters", 0.004)
        shares.append(budget.used)
    assert max(shares[400:]) <= SHARE


def test_a_picture_dearer_than_the_savings_still_gets_its_turn() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    turns = 0
    for _ in range(10_000):  # a hundred seconds, and a picture takes one
        clock.now += 0.01
        if budget.allows("activations"):
            clock.now += 1.0
            budget.spend("activations", 1.0)
            turns += 1
    assert turns >= 3 and budget.used <= SHARE + 1.0 / budget.trained


def test_a_slow_picture_waits_longer_for_its_next_turn() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    clock.now += 1.0
    budget.spend("activations", 1.0)
    for _ in range(17):
        clock.now += 1.0
        assert not budget.allows()
    clock.now += 6.0
    assert budget.allows() and not budget.allows("activations")  # others may, this one saves for its next
    clock.now += 1 / (SHARE * PLANNED)
    assert budget.allows("activations")


def test_pauses_earn_no_time_for_pictures() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    budget.spend("filters", 1.0)
    budget.pause()
    clock.now += 3600
    budget.resume()
    assert not budget.allows() and budget.trained == 0


def test_panels_are_served_in_rounds_at_the_same_step(served: list[str]) -> None:
    clock = Clock()
    budget, desk, weights = Budget(clock=clock), Desk(Bus()), Weights()
    desk.note({("panel", name): ProbeRequest(name) for name in ("filters", "activations", "prediction")})
    steps: dict[str, list[int]] = {"filters": [], "activations": [], "prediction": []}
    for step in range(1, 301):
        weights.step = step
        clock.now += 0.01
        before = len(served)
        desk.serve_within(weights, budget)
        for panel in served[before:]:
            steps[panel].append(step)
    assert steps["filters"] == steps["activations"] == steps["prediction"]
    assert 3.0 * RATE * 0.8 <= len(steps["filters"]) <= 3.0 * RATE + 1  # three seconds


def test_who_waited_longest_comes_first_when_there_is_time_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, order = Clock(), []

    def slow(subject: Weights, panel: str, request: ProbeRequest) -> ProbeResult:
        order.append(panel)
        return ProbeResult(panel, request, subject.step)

    monkeypatch.setattr(desk_module, "answer", slow)
    monkeypatch.setattr(desk_module.time, "perf_counter", iter(x * 0.02 for x in range(10_000)).__next__)  # each picture takes 20 ms
    budget, desk, weights = Budget(clock=clock), Desk(Bus()), Weights()
    desk.note({("panel", name): ProbeRequest(name) for name in ("filters", "activations", "prediction")})
    for step in range(1, 201):
        weights.step = step
        clock.now += 0.1
        desk.serve_within(weights, budget)
    counts = [order.count(name) for name in ("filters", "activations", "prediction")]
    assert max(counts) - min(counts) <= 1 and min(counts) >= 8
    assert budget.used <= SHARE


def test_a_picture_is_made_once_per_step(served: list[str]) -> None:
    desk, weights = Desk(Bus()), Weights()
    desk.note({("panel", "filters"): ProbeRequest("filters"), ("panel", "picker"): ProbeRequest("samples")})
    desk.serve_all(weights)
    desk.serve_all(weights)
    assert sorted(served) == ["filters", "picker"]
    weights.step = 1
    desk.serve_all(weights)
    assert sorted(served) == ["filters", "filters", "picker"]  # samples do not change with the weights
    desk.note({("panel", "filters"): None})
    weights.step = 2
    desk.serve_all(weights)
    assert len(served) == 3


def test_a_failing_picture_becomes_words(served: list[str]) -> None:
    bus = Bus()
    desk, weights = Desk(bus), Weights()
    desk.note({("panel", "filters"): ProbeRequest("broken")})
    desk.serve_all(weights)
    (result,) = bus.drain()
    assert "torch said no" in result.problem


def test_refusals_are_told_once(served: list[str]) -> None:
    bus = Bus()
    desk = Desk(bus)
    desk.note({("panel", "filters"): ProbeRequest("filters")})
    desk.refuse("There is no network yet.")
    desk.refuse("There is no network yet.")
    assert [event.problem for event in bus.drain()] == ["There is no network yet."]
    assert bus.drain() == []
