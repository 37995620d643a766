"""Small documents to train, and a control that notes what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.graph.model import Node, Recipe, Snapshot, Wire
from engine.graph.problem import Problem
from engine.train import setup
from engine.train.config import Job, Result
from engine.train.control import Control
from engine.train.loop import train
from engine.train.run import Run


def chain(*nodes: Node, data: Node | None = None, loss: Node | None = None, target: str = "label", **recipe: Any) -> Snapshot:
    """dataset -> the nodes in a row -> loss."""
    data, loss = data or Node("mnist1", "mnist5k"), loss or Node("loss1", "cross_entropy")
    wires = [Wire(a.id, "out", b.id, "x") for a, b in pairwise(nodes)]
    wires += [Wire(data.id, "image", nodes[0].id, "x"), Wire(nodes[-1].id, "out", loss.id, "prediction"), Wire(data.id, target, loss.id, "target")]
    return Snapshot(nodes=(data, *nodes, loss), wires=tuple(wires), recipe=replace(Recipe(device="cpu", epochs=1, batch_size=200), **recipe))


def linear(node_id: str, out: int, **more: Any) -> Node:
    return Node(node_id, "linear", {"out_features": out}, **more)


def perceptron(**recipe: Any) -> Snapshot:
    """784-16-10: 20 steps an epoch."""
    return chain(Node("flatten1", "flatten"), linear("fc1", 16), Node("relu1", "relu"), linear("fc2", 10), **recipe)


def forgetful(**recipe: Any) -> Snapshot:
    """A convolution with batch norm and dropout: buffers and random numbers on the way."""
    conv = Node("conv1", "conv2d", {"out_channels": 4, "kernel_size": 5, "stride": 2})
    nodes = (conv, Node("bn1", "batch_norm"), Node("relu1", "relu"), Node("flatten1", "flatten"), Node("drop1", "dropout"), linear("fc1", 10))
    return chain(*nodes, **recipe)


class Notes(Control):
    """Notes the order of calls; `stop_at` ends the run after so many steps, `act` is called after each step."""

    def __init__(self, stop_at: int = 0, act: Callable[[Run], None] | None = None) -> None:
        self.calls: list[str] = []
        self.problems: list[Problem] = []
        self.rows: list[dict[str, float]] = []
        self.bests: list[bool] = []
        self.stop_at, self.act = stop_at, act
        self.run: Run | None = None

    def started(self, run: Run) -> None:
        self.run = run
        self.calls.append("started")

    def after_backward(self, run: Run) -> None:
        assert all(weight.grad is not None for weight in run.weights)
        self.calls.append("backward")

    def between_steps(self, run: Run) -> bool:
        self.calls.append("step")
        if self.act:
            self.act(run)
        return run.step != self.stop_at

    def epoch_done(self, run: Run, row: dict[str, float], best: bool) -> None:
        self.rows.append(row)
        self.bests.append(best)
        self.calls.append("epoch")

    def noticed(self, problem: Problem) -> None:
        self.problems.append(problem)

    def ended(self, run: Run | None, reason: str, message: str) -> None:
        self.calls.append(f"ended {reason}")


def trained(snapshot: Snapshot, notes: Notes | None = None, **job: Any) -> tuple[Result, Notes]:
    """The result of training `snapshot`, and what the control was told."""
    notes = notes or Notes()
    return train(Job(snapshot=snapshot, **job), notes), notes


def weights(notes: Notes) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in notes.run.net.state_dict().items()}


def same_bits(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def shrink(monkeypatch: pytest.MonkeyPatch, *, train_count: int, validation_count: int = 100) -> None:
    """Lets runs see only the first samples of a dataset."""
    whole = setup.load

    def load(*args: Any, **kwargs: Any) -> Any:
        data = whole(*args, **kwargs)
        parts = ((data.train, train_count), (data.validation, validation_count))
        first, second = (replace(split, x=split.x[:count], y=split.y[:count]) for split, count in parts)
        return replace(data, train=first, validation=second)

    monkeypatch.setattr(setup, "load", load)


def only_run(parent: Path) -> Path:
    """The one run folder below `parent`."""
    (folder,) = [path for path in parent.iterdir() if path.is_dir()]
    return folder
