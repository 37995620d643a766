"""What a network is worth on the validation set, against examples worked by hand and through whole trainings."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from train_tools import Notes, chain, linear, only_run, perceptron, shrink, trained

from engine.data.offers import called
from engine.events import Evaluation, Source
from engine.graph.model import Node, Snapshot
from engine.headless import train_command
from engine.train import runs
from engine.train.scores import Scores, Task, top_of

SOURCE = Source(outputs=(("net", "out"),), targets=(("data", "label"),))
ENDS = (("net", "out"), ("data", "label"))


def judged(task: Task, *batches: tuple[torch.Tensor, torch.Tensor]) -> Evaluation:
    scores = Scores((task,), SOURCE, torch.device("cpu"))
    scores.add(batches[0][0], [batches[0][1]])
    scores.results()  # what came before must not count
    for prediction, target in batches:
        scores.add(prediction, [target])
    (result,) = scores.results()
    return result


def sure(answers: list[int], classes: int) -> torch.Tensor:
    """Scores that answer with these classes."""
    return torch.eye(classes)[torch.tensor(answers)]


def test_confusion_by_hand():
    task = Task("loss1", "classification", *ENDS, classes=("a", "b", "c"))
    truth = torch.tensor([0, 0, 1, 1, 2, 2, 2])
    found = judged(task, (sure([0, 1, 1], 3), truth[:3]), (sure([1, 2, 0, 2], 3), truth[3:]))
    assert found.confusion.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 2]]  # rows the truth, columns the answer
    assert found.numbers["accuracy"] == pytest.approx(5 / 7)
    assert found.per_class["accuracy"] == pytest.approx([1 / 2, 1, 2 / 3])


def test_top_k_by_hand():
    """Six classes, top 5: wrong only where the truth is the very last guess."""
    task = Task("loss1", "classification", *ENDS, classes=tuple("abcdef"))
    order = torch.tensor([[0.0, 1, 2, 3, 4, 5]]).repeat(4, 1)
    found = judged(task, (order, torch.tensor([5, 1, 0, 4])))
    assert found.numbers == {"accuracy": pytest.approx(1 / 4), "top5": pytest.approx(3 / 4)}


@pytest.mark.parametrize(("classes", "k"), [(2, 0), (3, 1), (4, 2), (5, 2), (6, 5), (1000, 5)])
def test_k_is_less_than_the_classes(classes: int, k: int):
    assert top_of(Task("loss1", "classification", *ENDS, classes=("x",) * classes)) == k


def test_top_k_is_that_of_numpy():
    torch.manual_seed(0)
    scores, truth = torch.randn(300, 10), torch.randint(0, 10, (300,))
    found = judged(Task("loss1", "classification", *ENDS, classes=tuple("0123456789")), (scores, truth))
    best = np.argsort(-scores.numpy(), axis=1)[:, :5]
    assert found.numbers["top5"] == pytest.approx((best == truth.numpy()[:, None]).any(1).mean(), abs=1e-7)


def test_iou_by_hand():
    """Lecture item 58: 1/3, 3/4 and 1/2, one pixel that does not count, and a class that is nowhere."""
    truth = torch.tensor([[[0, 0, 1, 1], [2, 2, -100, 1]]])
    answer = torch.tensor([[[0, 1, 1, 1], [2, 0, 0, 1]]])
    task = Task("loss1", "segmentation", *ENDS, classes=("ground", "line", "digit", "bird"))
    found = judged(task, (torch.nn.functional.one_hot(answer, 4).movedim(-1, 1).float(), truth))
    assert found.per_class["iou"][:3] == pytest.approx([1 / 3, 3 / 4, 1 / 2]) and math.isnan(found.per_class["iou"][3])
    assert found.numbers["miou"] == pytest.approx(19 / 36)
    assert found.numbers["accuracy"] == pytest.approx(5 / 7) and found.confusion.sum() == 7


def test_yes_or_no_by_hand():
    task = Task("loss1", "classification", *ENDS, classes=("no", "yes"), cut=0.0)
    found = judged(task, (torch.tensor([[-1.0], [2.0], [0.5], [-3.0]]), torch.tensor([0, 1, 0, 1])))
    assert found.confusion.tolist() == [[1, 1], [1, 1]] and found.numbers == {"accuracy": 0.5}


def test_absolute_error_by_hand():
    found = judged(Task("loss1", "regression", *ENDS), (torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 2.5]])))
    assert found.numbers == {"mae": pytest.approx(0.75)} and found.confusion is None


def test_a_training_is_judged_after_each_epoch(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    train_command(perceptron(epochs=2), name="mine", out=tmp_path, json=True, progress_stream=io.StringIO())
    facts = json.loads(capsys.readouterr().out)
    (task,) = facts["metrics"]
    assert task["task"] == "classification" and task["node"] == "loss1" and task["classes"] == list("0123456789")
    assert np.array(task["confusion"]).sum() == 1000 and np.trace(task["confusion"]) / 1000 == pytest.approx(facts["validation"]["accuracy"])
    assert 1 >= task["top5"] > task["accuracy"]
    lines = [json.loads(line) for line in (only_run(tmp_path) / runs.METRICS).read_text().splitlines()]
    assert [(line["epoch"], line["step"]) for line in lines] == [(1, 20), (2, 40)] and lines[1]["tasks"] == [task]


def pixels(**recipe: object) -> Snapshot:
    """A segmentation by one convolution."""
    data = Node("scenes1", "scenes", {"size": 32, "count": 50})
    return chain(Node("conv1", "conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1}), data=data, target="mask", **recipe)


def test_masks_are_judged_by_iou():
    result, notes = trained(pixels(batch_size=20))
    assert result.reason == "finished", result.message
    (found,) = result.evaluations
    names = notes.run.dataset.class_names
    assert found.task == "segmentation" and found.classes == names and found.per_class["iou"].shape == (len(names),)
    assert found.numbers["accuracy"] == pytest.approx(result.validation["accuracy"], abs=1e-6)
    known = found.per_class["iou"][np.isfinite(found.per_class["iou"])]
    assert found.numbers["miou"] == pytest.approx(known.mean(), abs=1e-6)


def test_numbers_are_judged_by_their_error(monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=400)
    nodes = (Node("flatten1", "flatten"), linear("fc1", 784), Node("reshape1", "reshape", {"shape": (1, 28, 28)}))
    result, _ = trained(chain(*nodes, loss=Node("l1", "l1"), target="image"))
    assert result.evaluations[0].numbers["mae"] == pytest.approx(result.validation["loss"], rel=1e-5)  # this loss is that error


def test_a_resume_keeps_the_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shrink(monkeypatch, train_count=1000)
    whole, _ = trained(perceptron(epochs=3), folder=tmp_path / "a")
    part, _ = trained(perceptron(epochs=3), Notes(stop_at=8), folder=tmp_path / "b")
    with open(Path(part.folder) / runs.METRICS, "a", encoding="utf-8") as file:
        file.write('{"epoch": 2, "step": 10, "tasks": []}\n{"epoch":')  # written after the checkpoint, and cut off by a kill
    trained(perceptron(epochs=3), resume=part.folder)
    first, second = ((Path(folder) / runs.METRICS).read_text() for folder in (whole.folder, part.folder))
    assert first == second


def test_scores_that_no_class_uses_are_numbered_and_the_others_keep_their_names() -> None:
    assert called(("cat", "dog"), 4) == ("cat", "dog", "2", "3") and called(("cat", "dog"), 2) == ("cat", "dog")
    assert called(("a", "b", "c"), 2) == ("0", "1") and called((), 2) == ("0", "1")
