"""Ensembles trained in one run: the copies are what they would be alone, whichever way they train, and are judged as one."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from train_tools import Notes, chain, linear, only_run, perceptron, same_bits, shrink, trained

from engine.events import part
from engine.graph.model import Node, Snapshot
from engine.headless import train_command
from engine.train import ensemble, runs
from engine.train.stacked import CannotStackError, InTurn, Together

WAYS = [True, False]


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch, train_count=600, validation_count=200)


def force(monkeypatch: pytest.MonkeyPatch, together: bool) -> None:
    """Lets the measurement find this way quicker."""
    monkeypatch.setattr(ensemble, "seconds_of", lambda model, losses, batch: float(isinstance(model, Together) != together))


def layers() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, stride=2, groups=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(100, 16),
        nn.LayerNorm(16), nn.BatchNorm1d(16), nn.Linear(16, 3, bias=False),
    )  # fmt: skip


def test_both_ways_compute_the_same():
    torch.manual_seed(0)
    members = [layers() for _ in range(3)]
    together, in_turn = Together(members), InTurn(members)
    x = torch.randn(3 * 6, 2, 10, 10)
    first, second = together(x), in_turn(x)
    assert torch.allclose(first, second, atol=1e-5)
    for one, other in zip(together.states(), in_turn.states(), strict=True):  # batch norm has noted each copy's own batch
        assert one.keys() == other.keys() and all(torch.allclose(one[name], other[name], atol=1e-6) for name in one)
    first.square().sum().backward()
    second.square().sum().backward()
    for model in (together, in_turn):
        model.clip(0.5)
    for number, member in enumerate(members):
        assert torch.allclose(together.net[4].weight.grad[number].t(), member[4].weight.grad, atol=1e-6)
        assert math.hypot(*(weight.grad.norm().item() for weight in member.parameters())) == pytest.approx(0.5, rel=1e-3)
    assert torch.allclose(together.eval()(x), in_turn.eval()(x), atol=1e-5)


@pytest.mark.parametrize("module", [nn.PReLU(), nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), nn.GRU(2, 2)])
def test_what_cannot_be_stacked_says_so(module: nn.Module):
    with pytest.raises(CannotStackError):
        Together([module, module])


@pytest.mark.parametrize("together", WAYS)
def test_each_copy_is_the_run_of_its_seed(monkeypatch: pytest.MonkeyPatch, together: bool):
    force(monkeypatch, together)
    recipe = {"batch_size": 50, "learning_rate": 0.1, "epochs": 2, "clip_norm": 1.0, "weight_decay": 0.001}
    result, notes = trained(perceptron(copies=3, seed=4, **recipe))
    assert result.reason == "finished", result.message
    assert result.ensemble.together is together
    metrics = notes.run.metrics
    alone = [trained(perceptron(seed=seed, **recipe)) for seed in (4, 5, 6)]
    for number, (single, noted) in enumerate(alone, start=1):
        assert metrics.steps(part(f"member {number}")) == pytest.approx(noted.run.metrics.steps("loss"), rel=2e-3)
        assert metrics.validations(part(f"member {number}")) == pytest.approx(noted.run.metrics.validations("loss"), rel=2e-3)
        assert result.ensemble.members[number - 1]["accuracy"] == pytest.approx(single.validation["accuracy"], abs=0.011)
    mean = sum(noted.run.metrics.steps("loss") for _, noted in alone) / 3
    assert metrics.steps("loss") == pytest.approx(mean, rel=2e-3)
    accuracy = sum(noted.run.metrics.steps("accuracy") for _, noted in alone) / 3
    assert metrics.steps("accuracy") == pytest.approx(accuracy, abs=0.021)


def by_hand(notes: Notes) -> tuple[torch.Tensor, torch.Tensor]:
    """The probabilities of each copy on the validation set, and the truth."""
    run = notes.run
    x, y = run.dataset.validation.x, run.dataset.validation.y
    with torch.no_grad():
        return torch.stack([run.member(number).eval()(x).softmax(1) for number in range(run.copies)]), y


def test_the_average_is_that_of_probabilities():
    result, notes = trained(perceptron(copies=4, epochs=3, learning_rate=0.02))
    shares, y = by_hand(notes)
    mean = shares.mean(0)
    assert result.validation["loss"] == pytest.approx(-mean[torch.arange(len(y)), y].log().mean().item(), rel=1e-4)
    assert result.validation["accuracy"] == (mean.argmax(1) == y).double().mean().item()
    found = result.ensemble
    assert found.whole == result.validation and result.evaluations[0].numbers["accuracy"] == pytest.approx(found.whole["accuracy"])
    assert found.whole["loss"] < sum(row["loss"] for row in found.members) / 4  # -log is convex
    truth = torch.nn.functional.one_hot(y, 10)
    errors = (shares - truth).square().sum(2).mean(1)
    assert found.squares["members"] == pytest.approx(errors.mean().item(), rel=1e-4)
    assert found.squares["whole"] == pytest.approx(found.squares["members"] - found.squares["ambiguity"], rel=1e-9)
    assert found.squares["whole"] == pytest.approx((mean - truth).square().sum(1).mean().item(), rel=1e-4)
    assert found.squares["optimal"] <= found.squares["whole"] and sum(found.weights) == pytest.approx(1)


def test_the_optimal_combination_is_judged_on_what_it_has_not_seen():
    recipe = {"copies": 4, "epochs": 2, "learning_rate": 0.02}
    plain, _ = trained(perceptron(**recipe))
    result, notes = trained(perceptron(combine="optimal", **recipe))
    shares, y = by_hand(notes)
    errors = (shares.double() - torch.nn.functional.one_hot(y, 10)).flatten(1)
    omega = errors @ errors.t()
    ones = torch.ones(4, dtype=torch.float64)
    weights = torch.linalg.solve(omega, ones) / (ones @ torch.linalg.solve(omega, ones))
    assert result.ensemble.weights == pytest.approx(weights.tolist(), abs=2e-3)
    assert result.ensemble.weights == pytest.approx(plain.ensemble.weights, abs=1e-6) and result.validation != plain.validation


def test_a_vote_counts_answers():
    result, notes = trained(perceptron(copies=5, combine="vote"))
    shares, y = by_hand(notes)
    counts = torch.nn.functional.one_hot(shares.argmax(2), 10).sum(0)
    assert result.validation["accuracy"] == (counts.argmax(1) == y).double().mean().item()
    assert math.isfinite(result.validation["loss"])


def numbers(**recipe: object) -> Snapshot:
    nodes = (Node("flatten1", "flatten"), linear("fc1", 8), linear("fc2", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}))
    return chain(*nodes, loss=Node("loss1", "mse"), target="image", **recipe)


def test_numbers_are_averaged_and_not_voted_on():
    result, _ = trained(numbers(copies=3, learning_rate=0.5))
    found = result.ensemble
    assert found.squares["whole"] / 784 == pytest.approx(result.validation["loss"], rel=1e-4) and "accuracy" not in found.whole
    assert result.evaluations[0].numbers["mae"] > 0
    refused, _ = trained(numbers(copies=3, combine="vote"))
    assert refused.reason == "failed" and refused.problem.code == "vote-needs-classes"


@pytest.mark.parametrize("together", WAYS)
def test_an_ensemble_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: bool):
    force(monkeypatch, together)
    snapshot = perceptron(copies=3, epochs=2, optimizer="adam", learning_rate=0.01)
    whole, first = trained(snapshot, folder=tmp_path / "a")
    stopped, _ = trained(snapshot, Notes(stop_at=2), folder=tmp_path / "b")
    force(monkeypatch, not together)  # what was chosen stays
    resumed, second = trained(snapshot, resume=stopped.folder)
    assert resumed.steps == whole.steps == 6 and resumed.ensemble.together is together
    assert same_bits(first.run.tensors(), second.run.tensors()) and resumed.ensemble.members == whole.ensemble.members
    read = runs.read_metrics(resumed.folder)
    assert read.parts == ("member 1", "member 2", "member 3") and np.isfinite(read.validations(part("member 2"))).all()
    another, _ = trained(replace(snapshot, recipe=replace(snapshot.recipe, copies=4)), resume=stopped.folder)
    assert another.problem.code == "recipe-changed" and "ensemble of 3" in another.problem.message


def test_a_network_that_cannot_be_stacked_trains_in_turn_and_says_so():
    local = Node("local1", "locally_connected2d", {"out_channels": 2, "kernel_size": 5, "stride": 4})
    result, notes = trained(chain(local, Node("flatten1", "flatten"), linear("fc1", 10), copies=2), steps=2)
    assert result.reason == "finished" and not result.ensemble.together and "no stacked form" in result.ensemble.how
    assert [problem.message for problem in notes.problems if problem.code == "ensemble"] == [result.ensemble.how]


def test_pictures_show_the_first_copy_as_it_learns():
    _, notes = trained(perceptron(copies=3), steps=3)
    run = notes.run
    assert torch.equal(run.net.state_dict()["fc1.weight"], run.tensors()["0.fc1.weight"])


def test_a_copy_that_diverges_is_found():
    def spoil(run: ensemble.EnsembleRun) -> None:
        run.tensors()["1.fc2.weight"].fill_(math.nan)

    result, _ = trained(perceptron(copies=3), Notes(act=spoil))
    assert result.reason == "diverged" and result.problem.node == "fc2", result.message


def test_the_terminal_tells_of_each_member(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    train_command(perceptron(copies=2), name="mine", out=tmp_path, json=True, progress_stream=io.StringIO())
    facts = json.loads(capsys.readouterr().out)["ensemble"]
    assert facts["copies"] == len(facts["members"]) == 2 and facts["whole"]["accuracy"] > 0.15 and facts["how"]
    assert runs.read_json(only_run(tmp_path) / runs.ENDED)["ensemble"] == facts
    train_command(perceptron(copies=2), name="mine", out=tmp_path, progress_stream=io.StringIO())
    said = capsys.readouterr().out
    assert "member 1" in said and "member 2" in said and "average of 2" in said
