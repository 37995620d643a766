"""What the session tells of judged epochs, of ensembles and of stages; and when it loads what judging needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from session_tools import Watch, perceptron

from engine.bus import Bus, Inbox
from engine.events import EpochDone, ProbeRequest, ProbeResult, RunStarted, RunState, Stage
from engine.session import Session
from engine.train import scores, worker
from engine.train.worker import Worker


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session()
    yield session
    assert session.close(20.0)


def test_every_epoch_comes_with_its_evaluation(session: Session, tmp_path: Path):
    watch = Watch(session)
    session.start(perceptron(epochs=2), str(tmp_path))
    for epoch in (1, 2):
        done = watch.kind(EpochDone, epoch=epoch)
        (found,) = done.evaluations
        assert found.task == "classification" and found.numbers["accuracy"] == pytest.approx(done.validation["accuracy"])
        assert found.confusion.sum() == 1000 and len(found.classes) == 10 and done.ensemble is None
    assert watch.kind(RunState, state="ended").reason == "finished"


def test_an_ensemble_is_announced_pictured_and_judged(session: Session, tmp_path: Path):
    watch = Watch(session)
    session.request("filters", ProbeRequest("filters", "fc1"))
    session.start(perceptron(copies=2, epochs=2), str(tmp_path))
    started = watch.kind(RunStarted)
    assert started.copies == 2 and started.metrics.parts == ("member 1", "member 2")
    assert watch.until(lambda event: isinstance(event, ProbeResult) and event.step > 0).arrays["weight"].shape[0] == 16
    done = watch.kind(EpochDone, epoch=2)
    assert done.ensemble.copies == len(done.ensemble.members) == 2 and done.ensemble.whole["accuracy"] == done.validation["accuracy"]
    assert watch.kind(RunState, state="ended").reason == "finished"


def test_a_second_stage_is_announced_and_judged_before_it_learns(session: Session, tmp_path: Path):
    watch = Watch(session)
    session.start(perceptron(), str(tmp_path / "one.runs"))
    first = watch.kind(RunStarted)
    done = watch.kind(EpochDone, epoch=1)
    watch.kind(RunState, state="ended")
    session.start(perceptron(weights_from="one"), str(tmp_path / "two.runs"))
    second = watch.kind(RunStarted)
    assert second.stages[0] == Stage(0, "from untitled") and second.metrics.first_step == -first.steps
    look = watch.kind(EpochDone, epoch=0)
    assert look.step == 0 and look.validation == done.validation
    watch.kind(RunState, state="ended")


def test_a_quiet_moment_loads_what_judging_needs(monkeypatch: pytest.MonkeyPatch):
    loads: list[int] = []
    monkeypatch.setattr(worker, "QUIET", 0.01)
    monkeypatch.setattr(scores, "loaded", lambda: bool(loads))
    monkeypatch.setattr(scores, "load", lambda: loads.append(1))
    busy = Worker(Bus(), Inbox())
    busy.inbox.tell("document", "newest")
    busy.rest()
    assert not loads and busy.document == "newest"
    busy.rest()
    assert loads == [1]
