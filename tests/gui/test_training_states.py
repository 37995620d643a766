"""What run bar, status bar and locks say in each state of a run: with the events of the engine, without the engine."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtTest import QTest

from engine import library
from engine.events import (
    Analysis,
    EngineReady,
    EpochDone,
    Evaluation,
    Metrics,
    ProbeRequest,
    ProbeResult,
    Progress,
    RunProblem,
    RunStarted,
    RunState,
    Source,
)
from engine.graph.problem import ERROR, Problem
from gui.bridge import ACTED, CALM, ROUNDS, TICK
from gui.pace import APART, QUICKEST, SLOWEST
from gui.window import Window

FULL = "2026-01-01_00-00-00-test"


class Looker:
    """A panel that wants one picture and keeps what it is shown."""

    wish = ProbeRequest("activations", "conv1")

    def __init__(self) -> None:
        self.shown: list[int] = []

    def isVisible(self) -> bool:
        return True

    def request(self) -> ProbeRequest:
        return self.wish

    def show_result(self, result: ProbeResult) -> None:
        self.shown.append(result.step)


@pytest.fixture
def running(window: Window) -> Window:
    """A window in which a run of 12 x 63 steps is at step 654."""
    store = Metrics(756, 12)
    seconds = np.linspace(0.025, 19.2, 756)
    store.write_steps({"loss": np.ones(756), "accuracy": np.ones(756), "learning_rate": np.full(756, 0.02), "seconds": seconds})
    window.training.expect()
    window.bridge.take_start(RunStarted(FULL, "", store, 756, 63, 12, "cpu", classes=10))
    window.bridge.take_state(RunState(FULL, "running"))
    progress(window, 654)
    return window


def progress(window: Window, step: int) -> None:
    told = Progress(FULL, step, 756, min(step // 63 + 1, 12), 2550.0, 0.04 * (756 - step), 0.02, probe_share=0.031)
    window.bridge.session.bus.show("progress", told)
    window.bridge.progressed.emit(told)


def facts(window: Window) -> str:
    return " | ".join("".join(text for text, _ in fact) for fact in window.run_bar.progress.facts)


def test_the_end_tells_the_last_step_and_how_long_it_took(running: Window):
    assert facts(running) == "step 654 / 756 | 2,550 samples/s | 0:04 left"
    running.bridge.session.bus.show("progress", Progress(FULL, 756, 756, 12, 2550.0, 0.0, 0.02))  # the engine's last word, not yet emitted
    running.bridge.take_state(RunState(FULL, "ended", "finished"))
    assert running.run_bar.progress.heading.startswith("Finished after epoch")
    assert facts(running) == "step 756 / 756 | 2,550 samples/s | 0:19 of training"
    assert running.run_bar.progress.share == 1 and not running.status.probes.words


def test_a_pause_tells_its_step_at_once_however_seldom_numbers_are_told(running: Window):
    pace = running.bridge.pace
    pace.pause = SLOWEST
    assert pace.grant("progress")  # as if numbers had been told just now
    running.bridge.session.bus.show("progress", Progress(FULL, 700, 756, 12, 2550.0, 2.0, 0.02))
    pace.latest = 0.0
    running.bridge.tick()
    assert facts(running).startswith("step 654")
    pace.latest = 0.0
    running.bridge.session.bus.post(RunState(FULL, "paused"))
    running.bridge.tick()
    assert facts(running).startswith("step 700")


def test_a_problem_that_is_gone_leaves_how_the_run_ended(running: Window, monkeypatch: pytest.MonkeyPatch):
    running.bridge.take_state(RunState(FULL, "ended", "stopped"))
    errors = [Problem(ERROR, "input", "relu2 has no input.", node="relu2")]
    monkeypatch.setattr(running, "errors", lambda: errors)
    running.training.show_state()
    assert running.run_bar.progress.heading == "1 problem keeps this network from training" and running.run_bar.progress.tone == "err"
    errors.clear()
    running.training.show_state()
    assert running.run_bar.progress.heading == "Stopped after epoch 11 of 12" and running.run_bar.progress.tone == "t1"
    assert facts(running).startswith("step 654 / 756")


def test_a_run_that_ends_among_problems_takes_the_probes_away(running: Window, monkeypatch: pytest.MonkeyPatch):
    assert running.status.probes.words
    monkeypatch.setattr(running, "errors", lambda: [Problem(ERROR, "input", "relu2 has no input.", node="relu2")])
    running.bridge.take_state(RunState(FULL, "ended", "stopped"))
    assert not running.status.probes.words


def test_a_problem_of_a_run_marks_its_node(running: Window, monkeypatch: pytest.MonkeyPatch):
    running.edit.add_type("linear")
    monkeypatch.setattr(running.bridge, "analysis", Analysis(1, {}, (), Source()))
    running.training.take_problem(Problem(ERROR, "diverged", "The loss became NaN.", node="fc1"))
    shown = (running.canvas.network, running.panel("inspector"), running.panel("outline"))
    assert all([problem.node for problem in place.analysis.problems] == ["fc1"] for place in shown)
    running.training.expect()
    assert not any(place.analysis.problems for place in shown)


def test_speed_and_time_left_stand_in_the_status_bar_at_any_width(running: Window):
    assert "".join(text for text, _ in running.status.speed.words) == "2,550 samples/s · 0:04 left"
    running.bridge.take_state(RunState(FULL, "ended", "stopped"))
    assert not running.status.speed.words


def test_the_loss_node_ends_on_the_last_loss(running: Window):
    loss = running.project.document
    running.edit.add_type("cross_entropy")
    name = next(name for name in loss.nodes if loss.nodes[name].type == "cross_entropy")
    told: list[float] = []
    running.canvas.set_live = lambda node, value: told.append(value) if node == name else None
    running.thumbnails.rows = 0
    assert running.bridge.pace.grant("loss")  # one was shown just now
    running.thumbnails.follow_loss()
    assert not told
    running.bridge.take_state(RunState(FULL, "ended", "stopped"))
    running.bridge.pace.hurry("loss")
    QTest.qWait(round(1000 * APART) + 5)
    running.thumbnails.follow_loss()
    assert told == [1.0]


def test_a_start_that_was_refused_says_so(window: Window):
    window.training.expect()
    window.training.take_problem(Problem(ERROR, "no-torch", "PyTorch could not be loaded."))
    assert "could not start" in window.run_bar.progress.heading and window.run_bar.progress.tone == "err"


def test_edits_during_a_run_count_from_the_next(running: Window):
    running.edit.add_type("relu")
    assert running.run_bar.progress.heading == "Training · epoch 11 of 12 · edits count from the next run"
    running.undo()
    assert running.run_bar.progress.heading == "Training · epoch 11 of 12"


def test_every_locked_field_says_why(running: Window):
    recipe = running.panel("recipe")
    for locked in (
        *running.run_bar.locks,
        recipe.optimizer.combo,
        recipe.schedule.combo,
        *(row.field for name, row in recipe.rows.items() if name != "learning_rate"),
    ):
        assert not locked.isEnabled() and "Stop the run" in locked.toolTip()
    assert recipe.rows["learning_rate"].field.isEnabled() and running.run_bar.rate.isEnabled()
    running.bridge.take_state(RunState(FULL, "ended", "stopped"))
    for free in (*running.run_bar.locks, recipe.optimizer):
        assert free.isEnabled() and "Stop the run" not in free.toolTip()


@pytest.mark.parametrize("rate", [0.000185, 0.00000123, 0.0123, 12.5, 1e9])
def test_the_learning_rate_is_shown_whole(running: Window, rate: float):
    field = running.run_bar.rate
    field.set_value(rate)
    assert field.fontMetrics().horizontalAdvance(field.text()) <= field.contentsRect().width() - 8, field.text()


def test_the_evaluation_follows_every_epoch(running: Window, wait):
    running.raise_panel("evaluation")
    panel = running.panel("evaluation")
    wait(panel.isVisible, what="the panel is in front")
    judged = Evaluation("loss1", "classification", {"accuracy": 0.75}, ("a", "b"), np.array([[1, 1], [0, 2]]), {"accuracy": np.array([0.5, 1.0])})
    running.bridge.take_epoch(EpochDone(FULL, 4, 252, {"loss": 0.5, "accuracy": 0.75}, True, (judged,)))
    wait(lambda: running.bridge.tick() or panel.plot.evaluation is judged, what="the matrix is drawn")
    assert panel.heading.text().startswith("accuracy 75.0 %") and "epoch 4" in panel.heading.text()
    running.bridge.take_start(running.bridge.run)
    assert panel.empty.isVisible(), "another run begins"


def test_at_a_pause_the_last_picture_is_shown_at_once_however_slow_the_pace(running: Window):
    """While it runs, a picture waits for its turn; once nothing is computed any more, nothing has to wait."""
    bridge, looker = running.bridge, Looker()
    bridge.ready, bridge.visible = EngineReady(("cpu",), "CPU"), True
    bridge.watch("looker", looker)
    bridge.session.bus.show("busy", True)
    bridge.tick()
    bridge.pace.pause = SLOWEST
    answers = iter(range(1, 9))

    def ticks(state: str) -> None:
        bridge.take_state(RunState(FULL, state))
        bridge.viewers["looker"].sent = Looker.wish
        bridge.take_probe(ProbeResult("looker", Looker.wish, next(answers), {}, {}))
        for _ in range(ROUNDS):
            bridge.pace.latest = 0.0
            bridge.tick()

    bridge.acted = 0.0
    ticks("running")
    ticks("running")
    assert looker.shown == [1]
    ticks("paused")
    QTest.qWait(round(1000 * QUICKEST) + 20)
    ticks("paused")
    assert looker.shown[-1] == 4
    bridge.session.bus.show("busy", False)


def test_a_click_is_answered_soon_however_seldom_the_window_looks(running: Window):
    """While the processor is strained the window looks about less often, but not after something that the user did."""
    bridge = running.bridge
    running.edit.add_type("relu")
    running.canvas.select([])
    bridge.session.bus.show("busy", True)
    bridge.wake()
    bridge.tick()
    bridge.pace.pause, bridge.acted = SLOWEST, 0.0
    bridge.tick()
    assert bridge.timer.interval() == CALM
    running.canvas.select(["relu1"])
    assert bridge.timer.interval() == TICK
    bridge.tick()
    assert bridge.timer.interval() == TICK
    bridge.acted -= ACTED
    bridge.tick()
    assert bridge.timer.interval() == CALM
    bridge.command(lambda: None)
    assert bridge.timer.interval() == TICK
    bridge.timer.stop()
    bridge.session.bus.show("busy", False)


def test_what_ends_the_run_of_another_document_is_not_told_of_this_one(running: Window, monkeypatch: pytest.MonkeyPatch):
    raised: list[str] = []
    monkeypatch.setattr(running, "raise_panel", raised.append)
    running.bridge.session.bus.show("busy", True)
    running.project.replace(library.read("mlp-mnist"))
    running.bridge.take_problem(RunProblem(Problem(ERROR, "shape", "The network is empty.")))
    running.bridge.session.bus.show("busy", False)
    running.bridge.take_state(RunState(FULL, "ended", "failed", "The network is empty."))
    assert running.training.problems == [] and raised == []
    assert running.training.state == "idle" and "empty" not in running.run_bar.progress.heading
    running.training.expect()  # and what this one's own run says is told again
    running.bridge.take_problem(RunProblem(Problem(ERROR, "shape", "A problem of its own.")))
    assert [problem.message for problem in running.training.problems] == ["A problem of its own."]
