"""Reports on datasets from the session: at once back, in the background, cut short by the next wish, and never an end of the thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from session_tools import Watch

from engine.bus import Bus
from engine.data.entry import LoadingStopped
from engine.data.health import Health
from engine.events import HealthReport
from engine.examiner import Examination, Examiner, report
from engine.session import Session


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    made = Session()
    monkeypatch.setattr(made, "warm", lambda: None)  # a report needs no torch
    yield made
    assert made.close()


def done(event: object) -> bool:
    return isinstance(event, HealthReport) and not event.words


def test_a_report_comes_in_the_background(session: Session) -> None:
    serial = session.examine("mnist5k", {})
    assert serial == 1
    event = Watch(session).until(done)
    assert event.serial == serial and isinstance(event.health, Health) and event.health.train.samples == 4000 and not event.health.findings
    assert [thread.name for thread in session.threads] == ["chainrule-examiner"]


def test_the_next_wish_cuts_the_last_one_short(session: Session) -> None:
    told: list[str] = []

    def slow(wish: Examination, say: object) -> Health:
        end = time.monotonic() + 20
        while wish.type_id == "slow" and time.monotonic() < end:
            if not say("Reading 1 of 1,000,000"):
                told.append("stopped")
                raise LoadingStopped
            time.sleep(0.002)
        return Health(wish.type_id)

    session.examiner.examine = slow
    watch = Watch(session)
    first = session.examine("slow", {})
    assert watch.until(lambda event: isinstance(event, HealthReport)) == HealthReport(first, words="Reading 1 of 1,000,000")
    second = session.examine("quick", {})
    assert watch.until(done) == HealthReport(second, health=Health("quick")) and told == ["stopped"]
    session.examine("slow", {})
    watch.until(lambda event: isinstance(event, HealthReport) and bool(event.words))
    session.stop_examining()
    end = time.monotonic() + 10
    while told != ["stopped"] * 2 and time.monotonic() < end:
        time.sleep(0.005)
    assert told == ["stopped"] * 2 and not any(isinstance(event, HealthReport) for event in session.poll())


def test_what_goes_wrong_is_told_and_the_thread_goes_on(session: Session) -> None:
    def broken(wish: Examination, say: object) -> Health:
        if wish.type_id == "bad":
            raise RuntimeError("no such thing")
        return Health(wish.type_id)

    session.examiner.examine = broken
    watch = Watch(session)
    session.examine("bad", {})
    assert watch.until(done).problem == "The dataset could not be examined: RuntimeError: no such thing."
    session.examine("good", {})
    assert watch.until(done).health == Health("good")


def test_the_end_does_not_wait_for_a_long_report() -> None:
    examiner = Examiner(Bus(), lambda wish, say: endless(say))
    thread = threading.Thread(target=examiner.serve, daemon=True)
    thread.start()
    examiner.send(Examination(1, "long", {}, ""))
    time.sleep(0.05)
    examiner.close()
    thread.join(5)
    assert not thread.is_alive()


def endless(say: object) -> Health:
    while say("still reading"):
        time.sleep(0.002)
    raise LoadingStopped


def test_nothing_is_downloaded_for_a_report(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    found = report(Examination(1, "cifar10", {}, ""), lambda words: True)
    assert found.problem == "CIFAR-10 is not on this computer yet." and "when you train" in found.fix


def test_a_table_is_reported_with_the_folder_of_the_project(tmp_path: object) -> None:
    np.savez(tmp_path / "t.npz", x=np.random.default_rng(1).normal(size=(20, 3)), y=np.arange(20) % 2)
    found = report(Examination(1, "table", {"file": "t.npz"}, str(tmp_path)), lambda words: True)
    assert not found.problem and len(found.train.mean) == 3
