"""Several losses: each has its own curve, and they add up to the total exactly (lecture item 11)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from train_tools import Notes, linear, perceptron, shrink, trained

from engine.compile.analyse import analyse
from engine.events import part
from engine.graph.model import Node, Snapshot, Wire
from engine.train import runs


def two_heads(weight: float = 0.5, **recipe: object) -> Snapshot:
    """Digits are named and drawn again from the same 16 numbers."""
    snapshot = perceptron(**recipe)
    extra = (linear("decode", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}), Node("mse1", "mse", {"weight": weight}))
    wires = (
        Wire("relu1", "out", "decode", "x"), Wire("decode", "out", "reshape1", "x"),
        Wire("reshape1", "out", "mse1", "prediction"), Wire("mnist1", "image", "mse1", "target"),
    )  # fmt: skip
    return Snapshot((*snapshot.nodes, *extra), (*snapshot.wires, *wires), recipe=snapshot.recipe)


def test_parts_add_up_to_the_bit(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=1000)
    result, notes = trained(two_heads(0.37), steps=5)
    assert result.reason == "finished", result.message
    metrics = notes.run.metrics
    assert metrics.parts == ("loss1", "mse1")
    parts = [metrics.steps(part(name)).astype(np.float32) for name in metrics.parts]
    assert np.array_equal(parts[0] + parts[1], metrics.steps("loss").astype(np.float32))
    assert parts[0].min() > 0.5 and 0.05 < parts[1].min() < 1
    whole = metrics.validations("loss")
    assert metrics.validations(part("loss1")) + metrics.validations(part("mse1")) == pytest.approx(whole, rel=1e-6)


def test_looking_at_the_parts_changes_no_bit(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=1000)
    snapshot = two_heads(0.37)
    _, seen = trained(snapshot, steps=5)
    _, plain = trained(snapshot, steps=5, source=analyse(snapshot).source)  # a source of its own is trained as it is
    assert plain.run.metrics.parts == ()
    assert np.array_equal(seen.run.metrics.steps("loss"), plain.run.metrics.steps("loss"))


def test_parts_of_accumulated_steps(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=600)
    _, notes = trained(two_heads(batch_size=50, accumulate=4))
    metrics = notes.run.metrics
    assert metrics.count == 3
    assert sum(metrics.steps(part(name)) for name in metrics.parts) == pytest.approx(metrics.steps("loss"), rel=1e-6)


def test_one_loss_has_no_parts():
    _, notes = trained(perceptron(), steps=2)
    assert notes.run.metrics.parts == () and set(notes.run.metrics.step) == {"loss", "accuracy", "learning_rate", "seconds"}


def test_parts_are_recorded_and_go_on_after_a_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=1000)
    whole, all_at_once = trained(two_heads(epochs=2), folder=tmp_path / "a")
    stopped, _ = trained(two_heads(epochs=2), Notes(stop_at=3), folder=tmp_path / "b")
    resumed, notes = trained(two_heads(epochs=2), resume=stopped.folder)
    assert resumed.steps == whole.steps == 10
    for name in ("loss", part("loss1"), part("mse1")):
        assert np.array_equal(notes.run.metrics.steps(name), all_at_once.run.metrics.steps(name))
    read = runs.read_metrics(resumed.folder)
    assert read.parts == ("loss1", "mse1") and read.validation_count == 2
    assert np.array_equal(read.steps(part("mse1")), all_at_once.run.metrics.steps(part("mse1")))


def mixed(**recipe: object) -> Snapshot:
    """Naming is summed over the batch, drawing is a mean."""
    snapshot = two_heads(20.0, **recipe)
    return replace(snapshot, nodes=tuple(replace(node, params={"reduction": "sum"}) if node.id == "loss1" else node for node in snapshot.nodes))


def test_a_sum_beside_a_mean_counts_whole_when_a_step_has_several_batches(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=150)
    rate = 0.002
    _, one = trained(mixed(batch_size=8, accumulate=5, learning_rate=rate, epochs=2))
    _, two = trained(mixed(batch_size=40, learning_rate=rate, epochs=2))
    for name in ("loss", part("loss1"), part("mse1")):
        assert one.run.metrics.steps(name) == pytest.approx(two.run.metrics.steps(name), rel=1e-4), name
        assert one.run.metrics.validations(name) == pytest.approx(two.run.metrics.validations(name), rel=1e-4), name


def test_validation_gives_a_sum_for_as_many_samples_as_a_step_has(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=160)
    _, notes = trained(mixed(batch_size=16, learning_rate=1e-9))
    metrics = notes.run.metrics
    for name, most in ((part("loss1"), 0.15), (part("mse1"), 0.15)):  # nothing is learned at that rate, so training and validation are alike
        assert metrics.validations(name)[-1] == pytest.approx(metrics.steps(name).mean(), rel=most), name


def test_copies_need_one_reduction_for_all_losses(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=150)
    result, _ = trained(mixed(copies=2))
    assert result.problem is not None and result.problem.code == "mixed-reductions" and result.problem.fix
