"""The session as the GUI uses it: real threads, real training on MNIST 5k."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from session_tools import Watch, convolutional, perceptron

from engine.events import Analysis, EngineReady, EpochDone, ProbeRequest, ProbeResult, RunProblem, RunStarted, RunState
from engine.probe.budget import Budget
from engine.session import Session
from engine.train import loop
from engine.train.config import Job
from engine.train.control import Control
from engine.train.loop import train

EVERY_PICTURE = {
    "filters": ProbeRequest("filters", node="conv1"),
    "activations": ProbeRequest("activations", node="pool1", sample=3),
    "prediction": ProbeRequest("prediction", sample=5),
    "samples": ProbeRequest("samples", limit=12),
    "thumbnails": ProbeRequest("thumbnails", nodes=("mnist1", "conv1", "relu1", "fc1", "loss1", "drop1")),
}


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    yield made
    assert made.close(20), "the session's threads did not end"


@pytest.fixture
def watch(session: Session) -> Watch:
    return Watch(session)


def test_a_session_alone_loads_no_torch_and_starts_no_thread() -> None:
    code = "import sys, threading; from engine.session import Session; s = Session(); s.poll(); s.progress; s.busy; assert s.close(); "
    code += "assert 'torch' not in sys.modules and 'PySide6' not in sys.modules and threading.active_count() == 1"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3], timeout=60)


def test_a_run_from_start_to_end(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.start(perceptron(epochs=2), str(tmp_path))
    assert session.busy
    watch.kind(RunState, state="ended", reason="finished")
    facts = [event for event in watch.events if isinstance(event, (EngineReady, RunStarted, RunState, EpochDone))]
    kinds = [type(event).__name__ for event in facts]
    assert kinds == ["EngineReady", "RunStarted", "RunState", "EpochDone", "EpochDone", "RunState"]
    started, running = facts[1], facts[2]
    assert (started.steps, started.steps_per_epoch, started.epochs, started.classes, started.device) == (40, 20, 2, 10, "cpu")
    assert running.state == "running" and running.run == started.run
    assert started.metrics.count == 40 and started.metrics.validation_count == 2
    assert facts[4].validation["loss"] == started.metrics.validations("loss")[-1]
    assert not session.busy
    progress = session.progress
    assert (progress.step, progress.steps, progress.run) == (40, 40, started.run)
    assert Path(started.folder).parent == tmp_path


def test_pause_step_resume_stop(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.start(perceptron(epochs=500), str(tmp_path))
    metrics = watch.kind(RunStarted).metrics
    session.pause()
    watch.kind(RunState, state="paused")
    held = session.progress.step
    watch.for_a_while(0.15)
    assert session.progress.step == held == metrics.count
    for more in (1, 2, 3):
        session.step()
        watch.kind(RunState, state="paused")
        assert session.progress.step == held + more == metrics.count
    session.resume()
    watch.kind(RunState, state="running")
    deadline = time.monotonic() + 20
    while session.progress.step < held + 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert session.progress.step >= held + 20
    session.stop()
    watch.kind(RunState, state="ended", reason="stopped")
    assert not session.busy and session.progress.step < 10_000


def test_a_pause_writes_a_checkpoint(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.step(perceptron(), str(tmp_path))
    folder = Path(watch.kind(RunStarted).folder)
    watch.kind(RunState, state="paused")
    deadline = time.monotonic() + 20
    while not list(folder.rglob("last-*.safetensors")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(folder.rglob("last-*.safetensors"))


def test_step_without_a_run_trains_exactly_one_batch(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.step(perceptron(), str(tmp_path))
    metrics = watch.kind(RunStarted).metrics
    state = watch.kind(RunState)
    assert state.state == "paused" and session.busy
    assert metrics.count == 1 == session.progress.step
    session.resume()
    watch.kind(RunState, state="ended", reason="finished")
    assert metrics.count == 20


def test_a_run_can_hold_at_an_exact_step(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.start(perceptron(epochs=2), str(tmp_path), hold_at=7)
    started = watch.kind(RunStarted)
    watch.kind(RunState, state="paused")
    assert started.metrics.count == 7
    session.resume()
    watch.kind(RunState, state="ended", reason="finished")
    assert started.metrics.count == 40


def test_step_alone_takes_the_document_that_was_analysed(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.folder = str(tmp_path)
    session.analyse(perceptron())
    session.step()
    started = watch.kind(RunStarted)
    watch.kind(RunState, state="paused")
    assert started.steps == 20 and started.metrics.count == 1


def test_a_learning_rate_counts_from_the_next_step(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.step(perceptron(learning_rate=0.05), str(tmp_path))
    metrics = watch.kind(RunStarted).metrics
    watch.kind(RunState, state="paused")
    session.set_learning_rate(0.0125)
    session.step()
    watch.kind(RunState, state="paused")
    assert metrics.steps("learning_rate").tolist() == [0.05, 0.0125]
    assert session.progress.learning_rate == 0.0125
    session.set_learning_rate(-1.0)
    session.step()
    assert watch.kind(RunProblem).problem.code == "learning-rate"
    watch.kind(RunState, state="paused")
    assert metrics.steps("learning_rate")[-1] == 0.0125


def test_a_second_start_is_refused(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.step(perceptron(), str(tmp_path))
    watch.kind(RunState, state="paused")
    session.start(perceptron(), str(tmp_path))
    assert watch.kind(RunProblem).problem.code == "run-active"
    session.stop()
    watch.kind(RunState, state="ended")
    assert len(list(tmp_path.iterdir())) == 1


def test_the_next_run_may_start_as_soon_as_the_end_is_heard(session: Session, watch: Watch, tmp_path: Path) -> None:
    for _ in range(2):
        session.start(perceptron(), str(tmp_path))
        watch.kind(RunState, state="ended", reason="finished")
    assert not [event for event in watch.events if isinstance(event, RunProblem)]


def test_an_impossible_recipe_is_a_problem_and_the_session_lives_on(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.start(perceptron(batch_size=0), str(tmp_path))
    assert "atch size" in watch.kind(RunProblem).problem.message
    watch.kind(RunState, state="ended", reason="failed")
    assert not session.busy
    session.start(perceptron(), str(tmp_path))
    watch.kind(RunState, state="ended", reason="finished")


def test_an_unforeseen_exception_leaves_the_session_usable(session: Session, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import engine.train.worker as worker

    def broken(job: Job, control: Control) -> None:
        raise KeyError("nobody thought of this")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "train", broken)
        session.start(perceptron(), str(tmp_path))
        problem = watch.kind(RunProblem).problem
        assert problem.code == "run-failed" and "nobody thought of this" in problem.message
        watch.kind(RunState, state="ended", reason="failed")
    session.start(perceptron(), str(tmp_path))
    watch.kind(RunState, state="ended", reason="finished")


def test_a_diverging_run_names_a_node(session: Session, watch: Watch, tmp_path: Path) -> None:
    session.start(perceptron(learning_rate=1e9, epochs=5), str(tmp_path))
    problem = watch.kind(RunProblem).problem
    assert problem.node in ("fc1", "relu1", "drop1", "fc2", "loss1")
    watch.kind(RunState, state="ended", reason="diverged")


def test_close_ends_a_run_and_its_threads(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    session = Session()
    watch = Watch(session)
    session.start(perceptron(epochs=100_000), str(tmp_path))
    watch.kind(RunState, state="running")
    assert session.close(20)
    assert set(threading.enumerate()) <= before
    assert session.close(1)
    session.start(perceptron(), str(tmp_path))
    session.request("filters", ProbeRequest("filters", node="fc1"))
    session.analyse(perceptron())
    assert set(threading.enumerate()) <= before


def test_poll_never_waits_for_the_training(session: Session, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is held while the polls come back: one that waited for it would never."""
    held, go_on, step = threading.Event(), threading.Event(), loop.gradients

    def hold(*args: object) -> object:
        held.set()
        assert go_on.wait(60), "a poll waited for the training"
        return step(*args)

    monkeypatch.setattr(loop, "gradients", hold)
    session.start(perceptron(epochs=100_000), str(tmp_path))
    assert held.wait(60)
    for panel, request in EVERY_PICTURE.items():
        session.request(panel, request)
    for _ in range(100):
        assert not [event for event in session.poll() if isinstance(event, RunProblem | ProbeResult)]
    assert session.busy
    session.stop()
    go_on.set()
    watch.kind(RunState, state="ended", reason="stopped")


def losses_headless(seed: int) -> np.ndarray:
    """What training gives without a session."""

    class Keep(Control):
        def started(self, run: object) -> None:
            self.metrics = run.metrics

    control = Keep()
    train(Job(snapshot=convolutional(seed=seed, epochs=2)), control)
    return control.metrics.steps("loss").copy()


def test_pictures_do_not_change_a_training_by_one_bit(session: Session, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.train.watched.Budget", lambda: Budget(share=1.0))
    monkeypatch.setattr("engine.probe.budget.RATE", 1e9)
    for panel, request in EVERY_PICTURE.items():
        session.request(panel, request)
    session.start(convolutional(seed=3, epochs=2), str(tmp_path))
    started = watch.kind(RunStarted)
    watch.kind(RunState, state="ended", reason="finished")
    served = {event.panel for event in watch.events if isinstance(event, ProbeResult) and event.step > 0 and not event.problem}
    assert served >= {"filters", "activations", "prediction", "thumbnails"}
    assert started.metrics.steps("loss").tobytes() == losses_headless(3).tobytes()


def test_pictures_follow_the_weights_and_stop_when_cancelled(session: Session, watch: Watch, tmp_path: Path) -> None:
    snapshot = convolutional()
    session.request("filters", EVERY_PICTURE["filters"])
    session.analyse(snapshot)
    first = watch.kind(ProbeResult)
    assert first.info["weights"] == "initial" and first.step == 0
    session.step(snapshot, str(tmp_path))
    second = watch.kind(ProbeResult, step=1)
    assert second.info["weights"] == "step 1"
    assert not np.array_equal(first.arrays["weight"], second.arrays["weight"])
    session.step()
    watch.kind(ProbeResult, step=2)
    session.cancel("filters")
    session.step()
    watch.kind(RunState, state="paused")
    assert not [event for event in watch.for_a_while(0.1) if isinstance(event, ProbeResult)]


def test_a_run_shows_its_first_weights_before_its_first_step(session: Session, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "allows", lambda self, panel=None: False)  # whatever comes, comes outside of training time
    session.request("filters", EVERY_PICTURE["filters"])
    snapshot = convolutional()
    session.start(snapshot, str(tmp_path))
    first = watch.kind(ProbeResult)
    assert (first.step, first.info["weights"]) == (0, "initial") and "moved" not in first.info
    watch.kind(RunState, state="ended")
    session.analyse(snapshot)
    last = watch.kind(ProbeResult)  # nothing trains any more: the picture of the end comes without a budget
    started = next(event for event in watch.events if isinstance(event, RunStarted))
    assert last.step == started.steps and last.info["moved"] > 0


def test_pictures_of_the_last_run_stay_until_the_network_changes(session: Session, watch: Watch, tmp_path: Path) -> None:
    snapshot = convolutional()
    session.analyse(snapshot)
    session.request("filters", EVERY_PICTURE["filters"])
    initial = watch.kind(ProbeResult)
    session.start(snapshot, str(tmp_path))
    watch.kind(RunState, state="ended")
    watch.read = 0
    watch.kind(ProbeResult, step=20)
    session.analyse(convolutional(epochs=7))  # another recipe, the same network
    session.request("again", EVERY_PICTURE["filters"])
    again = watch.kind(ProbeResult, panel="again")
    assert again.info["weights"] == "step 20"
    wider = convolutional()
    nodes = tuple(node if node.id != "pool1" else type(node)("pool1", "max_pool2d", {"kernel_size": 3}) for node in wider.nodes)
    session.analyse(type(wider)(nodes=nodes, wires=wider.wires, recipe=wider.recipe))
    fresh = watch.kind(ProbeResult, panel="again")
    assert fresh.info["weights"] == "initial"
    assert np.array_equal(fresh.arrays["weight"], initial.arrays["weight"])  # the same seed draws the same first layer


def test_only_the_newest_snapshot_is_answered(session: Session, watch: Watch) -> None:
    session.warm()
    watch.kind(EngineReady)
    snapshots = [perceptron(batch_size=size) for size in range(1, 61)]
    sent = [session.analyse(snapshot) for snapshot in snapshots]
    watch.kind(Analysis, generation=sent[-1], written=True)  # an edit is answered twice, the second time with its source
    answered = [event for event in watch.events if isinstance(event, Analysis)]
    assert len(answered) < 20
    assert answered[-1].nodes["fc2"].outputs["out"] == (60, 10)
    assert not [event for event in watch.for_a_while(0.1) if isinstance(event, Analysis)]
