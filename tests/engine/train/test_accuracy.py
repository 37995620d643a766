"""Accuracy and predictions for every loss: counted where they mean something, absent where they do not, never wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from train_tools import chain, linear, trained

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import load
from engine.events import ProbeRequest
from engine.graph.model import Node
from engine.probe.request import answer
from engine.probe.subject import Subject
from engine.train import checkpoint, runs
from engine.train.metrics import Accuracy, accuracy_of


@pytest.mark.parametrize(("loss", "before"), [("nll", ("log_softmax",)), ("hinge", ()), ("cross_entropy", ())])
def test_losses_over_classes_count_right_answers(loss: str, before: tuple[str, ...]):
    nodes = (Node("flatten1", "flatten"), linear("fc1", 10), *(Node(f"{name}1", name) for name in before))
    result, notes = trained(chain(*nodes, loss=Node("loss1", loss), learning_rate=0.05))
    assert result.reason == "finished", result.message
    run = notes.run
    run.net.eval()
    scores = run.net(run.dataset.validation.images(0, 1000))
    assert result.validation["accuracy"] == (scores.argmax(1) == run.dataset.validation.y).double().mean().item() > 0.6
    assert run.classes == 10


def test_yes_or_no_is_cut_at_the_middle_of_its_scores():
    truth = torch.tensor([1, 0, 1, 0])
    logits, shares = torch.tensor([[2.0], [-1.0], [-0.5], [0.3]]), torch.tensor([[0.9], [0.2], [0.4], [0.6]])
    for scores, cut in ((logits, 0.0), (shares, 0.5)):
        assert Accuracy(0, 0, True, cut=cut).correct(scores, truth).tolist() == [1, 1, 0, 0]


def test_targets_that_do_not_count_are_left_out():
    scores = torch.tensor([[3.0, 1.0], [0.0, 1.0], [2.0, 0.0]])
    found = Accuracy(0, 0, False, ignore=1).correct(scores, torch.tensor([0, 1, 1]))
    assert found[0] == 1 and torch.isnan(found[1:]).all()
    maps = torch.tensor([[[[3.0, 0.0]], [[1.0, 1.0]]]])  # (1, 2, 1, 2): predicts 0, 1
    assert Accuracy(0, 0, False, ignore=-100).correct(maps, torch.tensor([[[0, -100]]])).tolist() == [1.0]


@pytest.mark.parametrize("loss", ["mse", "l1", "huber"])
def test_losses_number_by_number_have_no_accuracy(loss: str):
    nodes = (Node("flatten1", "flatten"), linear("fc1", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}))
    snapshot = chain(*nodes, loss=Node("loss1", loss), target="image")
    assert accuracy_of(snapshot, analyse(snapshot).source) is None


def subject_of(loss: str, *nodes: Node, target: str = "label") -> Subject:
    snapshot = chain(Node("flatten1", "flatten"), *nodes, loss=Node("loss1", loss), target=target)
    analysis = analyse(snapshot)
    return Subject(build(analysis.source).net, snapshot, facts=analysis.nodes, source=analysis.source, data=load("mnist5k", {}))


def test_log_probabilities_are_shown_as_probabilities():
    result = answer(subject_of("nll", linear("fc1", 10), Node("soft1", "log_softmax")), "p", ProbeRequest("prediction"))
    assert result.arrays["scores"].sum() == pytest.approx(1, abs=1e-5) and result.info["probabilities"] is True


def test_one_probability_is_that_of_the_second_class():
    result = answer(subject_of("bce_with_logits", linear("fc1", 1)), "p", ProbeRequest("prediction"))
    assert result.arrays["scores"].shape == (2,) and result.arrays["scores"].sum() == pytest.approx(1)
    assert result.info["predicted"] == int(np.argmax(result.arrays["scores"]))


def test_a_regression_predicts_no_class():
    subject = subject_of("mse", linear("fc1", 784), target="image")
    result = answer(subject, "p", ProbeRequest("prediction"))
    assert "scores" not in result.arrays and "no classes" in result.problem


def test_best_weights_say_of_which_epoch_they_are(tmp_path: Path):
    result, notes = trained(chain(Node("flatten1", "flatten"), linear("fc1", 10), learning_rate=0.1, epochs=4), folder=tmp_path)
    _, facts = checkpoint.load_weights(Path(result.folder) / runs.CHECKPOINTS / checkpoint.BEST)
    losses = notes.run.metrics.validations("loss")
    assert int(facts["epoch"]) == int(np.argmin(losses)) + 1 and float(facts["validation_loss"]) == losses.min()
    notes.run.best, notes.run.epochs_done = checkpoint.copied(notes.run.net.state_dict()), 9  # written later than it was reached
    notes.run.save_best()
    _, facts = checkpoint.load_weights(Path(result.folder) / runs.CHECKPOINTS / checkpoint.BEST)
    assert int(facts["epoch"]) == int(np.argmin(losses)) + 1
