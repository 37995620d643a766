"""The training loop: the same numbers twice and after a resume, parity with plain torch, and the order in which a control is told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from train_tools import Notes, chain, forgetful, linear, only_run, perceptron, same_bits, shrink, trained, weights

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import load
from engine.graph.model import Node, Snapshot, Wire
from engine.train import checkpoint, config, runs, setup
from engine.train.order import batch_sizes, epoch_order


def test_the_same_command_twice_gives_the_same_bits():
    first, one = trained(forgetful(seed=3))
    second, two = trained(forgetful(seed=3))
    assert first.reason == "finished" and same_bits(weights(one), weights(two))
    assert (first.train, first.validation) == (second.train, second.validation)
    other, three = trained(forgetful(seed=4))
    assert not same_bits(weights(one), weights(three)) and other.train != first.train


@pytest.mark.parametrize("stop_at", [7, 20, 33])  # within an epoch, at its last step, in the second epoch
def test_a_resumed_run_is_bit_identical_to_an_uninterrupted_one(tmp_path: Path, stop_at: int):
    snapshot = forgetful(epochs=2, optimizer="adamw", learning_rate=0.003)
    whole, uninterrupted = trained(snapshot)
    part, _ = trained(snapshot, Notes(stop_at=stop_at), folder=tmp_path)
    assert (part.reason, part.steps) == ("stopped", stop_at)
    torch.manual_seed(99)
    result, resumed = trained(snapshot, resume=part.folder)
    assert (result.reason, result.steps, result.epochs) == ("finished", 40, 2)
    assert same_bits(weights(uninterrupted), weights(resumed))
    assert (result.train, result.validation) == (whole.train, whole.validation)
    for name in ("loss", "accuracy", "learning_rate"):
        assert np.array_equal(uninterrupted.run.metrics.steps(name), resumed.run.metrics.steps(name))
        if name != "learning_rate":
            assert np.array_equal(uninterrupted.run.metrics.validations(name), resumed.run.metrics.validations(name))
    table = runs.read_table(Path(part.folder) / runs.STEPS, runs.STEP_COLUMNS)
    assert table[:, 0].tolist() == list(range(1, 41)) and (np.diff(table[:, 4]) > 0).all()


OPTIMIZERS = {
    "sgd": ({"optimizer": "sgd", "momentum": 0.0}, lambda w: torch.optim.SGD(w, 0.05)),
    "momentum": ({"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01}, lambda w: torch.optim.SGD(w, 0.05, 0.9, weight_decay=0.01)),
    "nesterov": ({"optimizer": "sgd", "momentum": 0.8, "nesterov": True}, lambda w: torch.optim.SGD(w, 0.05, 0.8, nesterov=True)),
    "adam": ({"optimizer": "adam", "learning_rate": 0.002, "weight_decay": 0.1}, lambda w: torch.optim.Adam(w, 0.002, weight_decay=0.1)),
    "adamw": ({"optimizer": "adamw", "learning_rate": 0.002, "weight_decay": 0.1}, lambda w: torch.optim.AdamW(w, 0.002, weight_decay=0.1)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_is_what_plain_torch_does(name: str):
    recipe, make = OPTIMIZERS[name]
    snapshot = perceptron(seed=5, **recipe)
    _, notes = trained(snapshot, steps=15)
    net = build(analyse(snapshot).source, seed=5).net
    data = load("mnist5k", {}).train
    optimizer = make(net.parameters())
    losses = []
    for index in epoch_order(batch_sizes(4000, 200), seed=5, epoch=0, shuffle=True, device=torch.device("cpu"))[:15]:
        loss = F.cross_entropy(net(data.x[index]), data.y[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.allclose(notes.run.metrics.steps("loss"), losses, rtol=1e-5)
    for key, value in net.state_dict().items():
        assert torch.allclose(weights(notes)[key], value, atol=2e-6), key


def test_nesterov_without_momentum_is_plain_gradient_descent():
    _, one = trained(perceptron(momentum=0.0, nesterov=True), steps=3)
    _, two = trained(perceptron(momentum=0.0), steps=3)
    assert same_bits(weights(one), weights(two))


def test_the_control_is_told_in_order():
    result, notes = trained(perceptron(epochs=2))
    assert notes.calls == ["started", *(["backward", "step"] * 20 + ["epoch"]) * 2, "ended finished"]
    assert not notes.problems and result.problem is None
    assert [row["step"] for row in notes.rows] == [20.0, 40.0] and notes.bests[0] is True


def test_metrics_hold_every_step():
    result, notes = trained(perceptron(epochs=2))
    metrics = notes.run.metrics
    assert metrics.count == 40 and metrics.validation_count == 2
    for name in ("loss", "accuracy", "seconds", "learning_rate"):
        assert np.isfinite(metrics.steps(name)).all()
    assert metrics.steps("accuracy")[-5:].mean() > 0.8 > metrics.steps("accuracy")[0]
    assert result.train["loss"] == pytest.approx(metrics.steps("loss")[20:].mean())
    assert result.validation == {"loss": metrics.validations("loss")[1], "accuracy": metrics.validations("accuracy")[1]}
    assert result.samples_per_second == pytest.approx(8000 / metrics.steps("seconds")[-1])


def test_validation_is_exact_and_in_evaluation_mode():
    _, notes = trained(forgetful())
    run = notes.run
    run.net.eval()
    with torch.no_grad():
        output = run.net(run.dataset.validation.images(0, 1000))
    y = run.dataset.validation.y
    assert run.metrics.validations("loss")[0] == pytest.approx(F.cross_entropy(output, y).item(), rel=1e-5)
    assert run.metrics.validations("accuracy")[0] == (output.argmax(1) == y).double().mean().item()


def test_the_learning_rate_changes_while_it_runs():
    def change(run) -> None:
        if run.step == 5:
            run.set_learning_rate(0.0)

    before: dict[str, torch.Tensor] = {}

    def both(run) -> None:
        change(run)
        if run.step == 5:
            before.update({name: value.clone() for name, value in run.net.state_dict().items()})

    _, notes = trained(perceptron(momentum=0.0), Notes(act=both))
    assert same_bits(before, weights(notes))  # a rate of zero: nothing moves any more
    rates = notes.run.metrics.steps("learning_rate")
    assert rates[4] == 0.05 and rates[5] == 0.0
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="learning rate"):
            notes.run.set_learning_rate(bad)


def test_a_changed_rate_survives_a_resume(tmp_path: Path):
    part, _ = trained(perceptron(), Notes(stop_at=5, act=lambda run: run.set_learning_rate(0.01)), folder=tmp_path)
    _, notes = trained(perceptron(), resume=part.folder)
    assert notes.run.learning_rate == 0.01
    again, _ = trained(perceptron(), Notes(stop_at=5), folder=tmp_path)
    _, notes = trained(perceptron(learning_rate=0.2), resume=again.folder)  # the recipe was changed since: that wins
    assert notes.run.learning_rate == 0.2


def test_a_batch_larger_than_the_data_is_all_of_the_data():
    result, notes = trained(perceptron(batch_size=10_000, epochs=2))
    assert (result.reason, result.steps) == ("finished", 2) and notes.run.sizes == [4000]


def test_a_single_leftover_sample_does_not_break_batch_norm(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=401)
    nodes = (Node("flatten1", "flatten"), linear("fc1", 8), Node("bn1", "batch_norm"), linear("fc2", 10))
    result, notes = trained(chain(*nodes))
    assert result.reason == "finished", result.message
    assert notes.run.sizes == [200, 201] and notes.run.samples == 401


def test_steps_end_a_run_early_with_a_validation():
    result, notes = trained(perceptron(epochs=3), steps=25)
    assert (result.reason, result.steps, result.epochs) == ("finished", 25, 1)
    assert notes.run.metrics.validation_count == 2 and result.validation["loss"] == notes.rows[-1]["loss"]
    assert result.train["loss"] == pytest.approx(notes.run.metrics.steps("loss")[20:].mean())


def test_more_epochs_can_be_added_to_a_finished_run(tmp_path: Path):
    whole, one = trained(perceptron(epochs=2))
    first, _ = trained(perceptron(epochs=1), folder=tmp_path)
    result, two = trained(perceptron(epochs=2), resume=first.folder)
    assert (result.steps, result.validation) == (40, whole.validation) and same_bits(weights(one), weights(two))
    again, _ = trained(perceptron(epochs=2), resume=first.folder)  # nothing is left to do
    assert (again.reason, again.steps, again.validation) == ("finished", 40, whole.validation)


def test_frozen_nodes_keep_their_weights():
    snapshot = perceptron()
    snapshot = replace(snapshot, nodes=tuple(replace(n, frozen=n.id == "fc1") for n in snapshot.nodes))
    _, notes = trained(snapshot, steps=5)
    start = build(analyse(snapshot).source, seed=0).net.state_dict()
    now = weights(notes)
    assert torch.equal(now["fc1.weight"], start["fc1.weight"]) and not torch.equal(now["fc2.weight"], start["fc2.weight"])


def test_a_reconstruction_has_a_loss_and_no_accuracy():
    nodes = (Node("flatten1", "flatten"), linear("fc1", 8), linear("fc2", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}))
    result, notes = trained(chain(*nodes, loss=Node("loss1", "mse"), target="image", optimizer="adam", learning_rate=0.01))
    assert result.reason == "finished", result.message
    assert set(result.train) == set(result.validation) == {"loss"} and result.validation["loss"] < 1
    assert notes.run.classes == 0 and np.isnan(notes.run.metrics.steps("accuracy")).all()


def test_a_summed_loss_is_validated_on_the_scale_of_a_batch():
    loss = Node("loss1", "cross_entropy", {"reduction": "sum"})
    nodes = (Node("flatten1", "flatten"), linear("fc1", 10))
    summed, _ = trained(chain(*nodes, loss=loss, learning_rate=0.0005, momentum=0.0))
    mean, _ = trained(chain(*nodes, learning_rate=0.1, momentum=0.0))  # the same steps: 0.0005 x 200
    assert summed.validation["loss"] == pytest.approx(200 * mean.validation["loss"], rel=1e-3)
    assert summed.validation["accuracy"] == pytest.approx(mean.validation["accuracy"], abs=0.005)


def test_two_losses_add_up_and_the_classification_is_counted():
    snapshot = perceptron()
    extra = (linear("decode", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}), Node("mse1", "mse", {"weight": 0.5}))
    wires = (
        Wire("relu1", "out", "decode", "x"), Wire("decode", "out", "reshape1", "x"),
        Wire("reshape1", "out", "mse1", "prediction"), Wire("mnist1", "image", "mse1", "target"),
    )  # fmt: skip
    snapshot = Snapshot((*snapshot.nodes, *extra), (*snapshot.wires, *wires), recipe=snapshot.recipe)
    result, notes = trained(snapshot)
    assert result.reason == "finished", result.message
    run = notes.run
    run.net.eval()
    outputs = run.net(run.dataset.validation.images(0, 1000))
    by_size = {output.shape[1]: output for output in outputs}
    y = run.dataset.validation.y
    expected = F.cross_entropy(by_size[10], y) + 0.5 * F.mse_loss(by_size[1], run.dataset.validation.images(0, 1000))
    assert result.validation["loss"] == pytest.approx(expected.item(), rel=1e-4)
    assert result.validation["accuracy"] == (by_size[10].argmax(1) == y).double().mean().item()


def test_torch_threads_are_as_before(monkeypatch: pytest.MonkeyPatch):
    before = torch.get_num_threads()
    seen: list[int] = []
    asked: list[int] = []
    monkeypatch.setattr(setup, "threads_for", lambda macs: asked.append(macs) or before + 1)
    trained(perceptron(), Notes(stop_at=1, act=lambda run: seen.append(torch.get_num_threads())))
    assert torch.get_num_threads() == before and seen == [before + 1] and asked == [(784 * 16 + 160) * 200]


def test_threads_depend_on_the_size_of_the_network_alone():
    assert [config.threads_for(macs, cores=4) for macs in (0, 1_000_000, 1_600_000, 10**9)] == [1, 1, 2, 4]


def test_the_best_weights_are_those_of_the_best_epoch(tmp_path: Path):
    seen: dict[int, dict[str, torch.Tensor]] = {}
    notes = Notes(act=lambda run: seen.update({run.step: {n: w.clone() for n, w in run.net.state_dict().items()}}) if run.step % 20 == 0 else None)
    result, notes = trained(perceptron(epochs=4, learning_rate=0.9), notes, folder=tmp_path)
    losses = notes.run.metrics.validations("loss")
    best = int(np.argmin(losses))
    kept, facts = checkpoint.load_weights(only_run(tmp_path) / runs.CHECKPOINTS / checkpoint.BEST)
    assert notes.bests == [loss < min([math.inf, *losses[:i]]) for i, loss in enumerate(losses)]
    assert same_bits(kept, seen[20 * (best + 1)]) and float(facts["validation_loss"]) == losses[best]
    last, state = checkpoint.load_last(only_run(tmp_path) / runs.CHECKPOINTS)
    assert same_bits(last, seen[80]) and state["step"] == 80 and result.epochs == 4
