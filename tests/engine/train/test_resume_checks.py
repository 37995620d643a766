"""A run goes on only as what it was begun as, and says what else has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from train_tools import Notes, chain, linear, perceptron, shrink, trained

from engine.graph.model import Node, Snapshot
from engine.train import runs


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch, train_count=600, validation_count=100)


@pytest.fixture
def begun(tmp_path: Path) -> str:
    """The folder of a run that was stopped."""
    return trained(perceptron(epochs=2), Notes(stop_at=2), folder=tmp_path)[0].folder


def again(snapshot: Snapshot, folder: str) -> tuple[str, list[tuple[str, str]]]:
    """How it ended, and what was said."""
    result, notes = trained(snapshot, resume=folder)
    return result.reason, [(problem.code, problem.message) for problem in notes.problems]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 3}, "seed 0, not 3"),
        ({"shuffle": False}, "shuffling on, not off"),
        ({"batch_size": 100}, "batches of 200, not 100"),
        ({"copies": 2}, "of 1, not 2"),
    ],
)
def test_what_every_step_depends_on_must_stay(begun: str, changes: dict[str, object], words: str):
    reason, said = again(perceptron(**{"epochs": 2, **changes}), begun)
    assert reason == "failed" and said[-1][0] == "recipe-changed" and words in said[-1][1]


def test_other_data_is_refused(tmp_path: Path):
    def network(count: int) -> Snapshot:
        moons = Node("moons1", "moons", {"count": count})
        snapshot = chain(linear("fc1", 8), Node("relu1", "relu"), linear("fc2", 2), data=moons, epochs=3, batch_size=20)
        wires = tuple(wire._replace(source_port="point") if wire.source_port == "image" else wire for wire in snapshot.wires)
        return replace(snapshot, wires=wires)

    stopped, _ = trained(network(100), Notes(stop_at=2), folder=tmp_path)
    assert stopped.reason == "stopped", stopped.message
    reason, said = again(network(120), stopped.folder)
    assert reason == "failed" and said[-1][0] == "data-changed" and "moons1" in said[-1][1]
    assert again(network(100), stopped.folder)[0] == "finished"


def test_another_optimizer_says_that_it_begins_anew(begun: str):
    reason, said = again(perceptron(epochs=2, optimizer="adam", learning_rate=0.001), begun)
    assert reason == "finished" and ("other-optimizer" in dict(said)) and "goes on with Adam" in dict(said)["other-optimizer"]


def test_what_may_change_is_told(begun: str):
    reason, said = again(perceptron(epochs=3, momentum=0.5, clip_norm=2.0), begun)
    assert reason == "finished"
    assert "clip gradients 0 → 2" in dict(said)["recipe-differs"] and "momentum 0.9 → 0.5" in dict(said)["recipe-differs"]
    assert "epochs" not in dict(said)["recipe-differs"]


def test_nothing_changed_nothing_said(begun: str):
    assert again(perceptron(epochs=2), begun) == ("finished", [])


def test_a_folder_without_its_document_still_goes_on(begun: str):
    (Path(begun) / runs.DOCUMENT).unlink()
    assert again(perceptron(epochs=2), begun)[0] == "finished"
