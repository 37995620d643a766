"""Two stages (lecture item 66): weights of another run by node name, held, frozen, at their own rate, with the boundary on the curves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from train_tools import Notes, chain, linear, perceptron, same_bits, shrink, trained, weights

from engine.events import Stage
from engine.graph.model import Node, Snapshot
from engine.train import checkpoint, runs


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch, train_count=600, validation_count=200)


def network(head: str = "fc2", *, frozen: bool = False, factor: float = 1.0, **recipe: object) -> Snapshot:
    """A convolution with batch norm, as a first stage or (with another head) as a second."""
    conv = Node("conv1", "conv2d", {"out_channels": 4, "kernel_size": 5, "stride": 2}, frozen=frozen, lr_factor=factor)
    nodes = (conv, Node("bn1", "batch_norm", frozen=frozen), Node("relu1", "relu"), Node("flatten1", "flatten"), linear(head, 10))
    return chain(*nodes, **{"batch_size": 100, "learning_rate": 0.1, **recipe})


@pytest.fixture
def first(tmp_path: Path) -> str:
    """The folder of a finished first stage."""
    result, _ = trained(network(epochs=2), folder=tmp_path / "first")
    assert result.reason == "finished", result.message
    return result.folder


def best(folder: str) -> dict[str, torch.Tensor]:
    return checkpoint.load_weights(Path(folder) / runs.CHECKPOINTS / checkpoint.BEST)[0]


class Beginning(Notes):
    """Keeps the weights as they are before the first step; what is held has no gradient."""

    def started(self, run) -> None:
        super().started(run)
        self.begun = {name: tensor.clone() for name, tensor in run.tensors().items()}

    def after_backward(self, run) -> None:
        pass


def test_loaded_tensors_are_bit_equal(first: str):
    _, notes = trained(network("head", weights_from=first), Beginning(), steps=1)
    source = best(first)
    for name in ("conv1.weight", "conv1.bias", "bn1.weight", "bn1.running_mean", "bn1.running_var"):
        assert torch.equal(notes.begun[name], source[name]), name
    assert "head.weight" not in source and notes.begun["head.weight"].abs().max() > 0


def test_the_first_look_is_what_the_weights_were_worth(first: str):
    _, notes = trained(network(weights_from=first, epochs=1))
    metrics = notes.run.metrics
    at = int(np.flatnonzero(metrics.validations("step") == 0)[-1])
    kept = checkpoint.load_weights(Path(first) / runs.CHECKPOINTS / checkpoint.BEST)[1]
    assert metrics.validations("loss")[at] == float(kept["validation_loss"]), "to the bit"
    assert notes.calls[:2] == ["started", "epoch"]


def test_the_curves_show_both_stages(first: str, tmp_path: Path):
    past = runs.read_metrics(first)
    result, notes = trained(network("head", weights_from=first, epochs=1), folder=tmp_path / "second")
    metrics = notes.run.metrics
    assert notes.run.stages == [Stage(0, "from untitled")]
    assert metrics.first_step == -12 and metrics.count == 12 + 6
    assert np.array_equal(metrics.steps("loss")[:12], past.steps("loss")) and (np.diff(metrics.steps("seconds")) > 0).all()
    assert metrics.validations("step").tolist() == [-6, 0, 0, 6]
    own = runs.read_metrics(result.folder)
    assert own.count == 6 and np.array_equal(own.steps("loss"), metrics.steps("loss")[12:]), "the folder holds its own steps only"
    assert runs.info(Path(result.folder)).epochs == 1


def test_frozen_nodes_stay_as_they_were_loaded(first: str):
    _, notes = trained(network("head", frozen=True, weights_from=first, epochs=2))
    source = best(first)
    after = weights(notes)
    for name, tensor in source.items():
        if name.startswith(("conv1", "bn1")):
            assert torch.equal(after[name], tensor), name


def test_a_held_stage_ends_where_it_should(first: str):
    states: dict[int, dict[str, torch.Tensor]] = {}
    notes = Beginning(act=lambda run: states.setdefault(run.step, {name: tensor.clone() for name, tensor in run.net.state_dict().items()}))
    result, _ = trained(network("head", weights_from=first, epochs=3, hold_epochs=2), notes)
    assert result.reason == "finished", result.message
    source, run = best(first), notes.run
    assert run.stages == [Stage(0, "from untitled"), Stage(12, "all train")]
    loaded = [name for name in source if name.startswith(("conv1", "bn1"))]
    assert all(torch.equal(states[12][name], source[name]) for name in loaded), "held for two epochs"
    assert not torch.equal(states[12]["head.weight"], states[1]["head.weight"])
    assert not any(torch.equal(states[14][name], source[name]) for name in loaded), "then all train"


def test_the_factor_slows_what_was_loaded(first: str):
    def moved(factor: float) -> float:
        _, notes = trained(network("head", factor=factor, weights_from=first, momentum=0.0), steps=1)
        return (weights(notes)["conv1.weight"] - best(first)["conv1.weight"]).norm().item()

    assert moved(0.1) == pytest.approx(0.1 * moved(1.0), rel=1e-3)


def test_both_stages_go_on_bit_for_bit(first: str, tmp_path: Path):
    snapshot = network("head", weights_from=first, epochs=3, hold_epochs=1)
    _, whole = trained(snapshot, Beginning(), folder=tmp_path / "a")
    stopped, _ = trained(snapshot, Beginning(stop_at=4), folder=tmp_path / "b")
    resumed, rest = trained(snapshot, Beginning(), resume=stopped.folder)
    assert resumed.reason == "finished" and same_bits(weights(whole), weights(rest))
    assert rest.run.stages == whole.run.stages and rest.run.metrics.first_step == -12


def test_what_does_not_fit_is_named(first: str):
    snapshot = network(weights_from=first)
    wider = replace(snapshot, nodes=tuple(linear("fc2", 12) if node.id == "fc2" else node for node in snapshot.nodes))
    _, notes = trained(wider, steps=1)
    (problem,) = [problem for problem in notes.problems if problem.code == "other-shape"]
    assert problem.node == "fc2" and "12×576 here and 10×576" in problem.message
    (told,) = [problem for problem in notes.problems if problem.code == "weights-loaded"]
    assert told.message.startswith("conv1 and bn1 begin with the weights of") and told.message.endswith("fc2 begins anew.")


@pytest.mark.parametrize(("path", "code"), [("nowhere", "no-weights-file"), ("broken.safetensors", "bad-checkpoint")])
def test_no_weights_no_run(tmp_path: Path, path: str, code: str):
    (tmp_path / "broken.safetensors").write_bytes(b"\x80\x04not safetensors")
    result, _ = trained(network(weights_from=path), base=str(tmp_path))
    assert result.reason == "failed" and result.problem.code == code and str(tmp_path) in result.message


def test_nothing_in_common_is_refused(first: str):
    result, _ = trained(perceptron(weights_from=first))
    assert result.problem.code == "nothing-to-load"
    other, _ = trained(chain(Node("flatten1", "flatten"), linear("a", 10), weights_from=first))
    assert other.problem.code == "nothing-to-load"


def test_holding_everything_is_refused(first: str):
    result, _ = trained(network(weights_from=first, hold_epochs=1))
    assert result.problem.code == "all-held"


def test_every_copy_begins_with_them(first: str):
    result, notes = trained(network("head", weights_from=first, copies=2, epochs=1))
    assert result.reason == "finished" and notes.run.copies == 2
    frozen, noted = trained(network("head", frozen=True, weights_from=first, copies=2, epochs=1))
    for copy in range(2):
        assert torch.equal(noted.run.tensors()[f"{copy}.bn1.running_mean"], best(first)["bn1.running_mean"]), frozen.ensemble.how
        assert torch.equal(noted.run.tensors()[f"{copy}.conv1.weight"], best(first)["conv1.weight"])


def test_an_ensemble_hands_its_members_on(tmp_path: Path):
    result, _ = trained(perceptron(copies=2), folder=tmp_path)
    began, notes = trained(perceptron(copies=2, weights_from=result.folder), Beginning(), steps=1)
    assert began.reason == "finished", began.message
    assert same_bits(notes.begun, best(result.folder))


def test_a_project_is_named_and_its_newest_run_counts(first: str, tmp_path: Path):
    newer, _ = trained(network(epochs=1, seed=5), folder=tmp_path / "single-view.runs")
    for more in ({"folder": tmp_path / "two-stages.runs"}, {"base": str(tmp_path)}):
        _, notes = trained(network("head", weights_from="single-view"), Beginning(), steps=1, **more)
        assert torch.equal(notes.begun["conv1.weight"], best(newer.folder)["conv1.weight"])
    _, notes = trained(network("head", weights_from="first"), Beginning(), steps=1, base=str(tmp_path))
    assert torch.equal(notes.begun["conv1.weight"], best(first)["conv1.weight"]), "the folder of runs does as well"
