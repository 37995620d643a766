"""Opens lessons, changes them as a user would, trains them as the command line does, and looks at what came out. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from engine import library
from engine.graph import edits
from engine.graph.document import Document
from engine.graph.model import Snapshot, Value
from engine.graph.ops import Op
from engine.probe.tap import Twin
from engine.train.config import Job, Result
from engine.train.control import Control
from engine.train.evaluate import evaluate
from engine.train.loop import train
from engine.train.run import Run
from engine.train.setup import prepare

Changes = Mapping[str, Mapping[str, Value]]


def changed(snapshot: Snapshot, *actions: Callable[[Snapshot], Iterable[Op]], params: Changes | None = None, **recipe: Value) -> Snapshot:
    """`snapshot` after edits: `params` sets parameters of nodes, `recipe` its fields, and `actions` are any other functions of `edits`."""
    document = Document(snapshot)
    for action in actions:
        document.apply(list(action(document.snapshot())))
    for node, values in (params or {}).items():
        for name, value in values.items():
            document.apply(edits.set_param(document.snapshot(), node, name, value=value))
    document.apply(edits.set_recipe(document.snapshot(), **recipe))
    return document.snapshot()


def lesson(lesson_id: str, *actions: Callable[[Snapshot], Iterable[Op]], params: Changes | None = None, **recipe: Value) -> Snapshot:
    """A shipped lesson, changed."""
    return changed(library.read(lesson_id), *actions, params=params, **recipe)


def without(*nodes: str) -> Callable[[Snapshot], Iterable[Op]]:
    """An action: takes nodes out and heals the gaps, as Ctrl+Backspace does."""
    return lambda snapshot: edits.dissolve(snapshot, nodes)


def bypassed(*nodes: str) -> Callable[[Snapshot], Iterable[Op]]:
    """An action: switches nodes off; what arrives passes through."""
    return lambda snapshot: edits.toggle_bypass(snapshot, nodes)


@dataclass(frozen=True)
class Trained:
    """A finished training: the result as the command line reports it, and the run with its network, data and metrics."""

    result: Result
    run: Run

    @property
    def losses(self) -> np.ndarray:
        """The training loss of every step."""
        return self.run.metrics.steps("loss")

    @property
    def accuracy(self) -> float:
        """On the validation set, after the last epoch."""
        return (self.result.validation or {}).get("accuracy", float("nan"))

    @property
    def validation_loss(self) -> float:
        return (self.result.validation or {}).get("loss", float("nan"))

    def weight(self, node: str, name: str = "weight") -> torch.Tensor:
        """A parameter of a node, detached."""
        return getattr(self.run.net.get_submodule(self.run.source.modules[node]), name).detach()

    def values(self, *, training: bool = False, limit: int = 0) -> dict[str, torch.Tensor]:
        """What every node of the network gives on the validation (or training) set, in evaluation mode."""
        split = self.run.dataset.train if training else self.run.dataset.validation
        index = torch.arange(min(limit or len(split), len(split)))
        inputs, _ = self.run.fetch(split, index)
        twin = Twin(self.run.net, self.run.snapshot, self.run.facts)
        return {name: value.detach() for name, value in twin.values(tuple(inputs)).items()}


class Keeper(Control):
    """Keeps hold of the run; `watch` is called after each backward pass, before the weights move."""

    def __init__(self, watch: Callable[[Run], None] | None = None) -> None:
        self.run: Run | None = None
        self.watch = watch

    def started(self, run: Run) -> None:
        self.run = run

    def after_backward(self, run: Run) -> None:
        if self.watch:
            self.watch(run)


def trained(snapshot: Snapshot, *, seed: int = 0, steps: int = 0, watch: Callable[[Run], None] | None = None, fails: bool = False, **recipe: Value) -> Trained:
    """Trains on the CPU without a run folder, with `seed` and other changes of the recipe; RuntimeError when it ends otherwise than it should.

    With `fails`, it is fine if it diverges.
    """
    keeper = Keeper(watch)
    result = train(Job(snapshot=changed(snapshot, seed=seed, device="cpu", **recipe), steps=steps), keeper)
    if keeper.run is None or (result.reason != "finished" and not (fails and result.reason == "diverged")):
        raise RuntimeError(f"{snapshot.about.title}: {result.reason}: {result.message}")
    return Trained(result, keeper.run)


def accuracy(snapshot: Snapshot, *, seed: int = 0, **recipe: Value) -> float:
    """The validation accuracy after training."""
    return trained(snapshot, seed=seed, **recipe).accuracy


def untrained(snapshot: Snapshot, *, seed: int = 0) -> Trained:
    """The network as it begins, with its data, before the first step."""
    threads = torch.get_num_threads()
    try:
        run = prepare(Job(snapshot=changed(snapshot, seed=seed, device="cpu")), Control())
    finally:
        torch.set_num_threads(threads)
    return Trained(Result("not begun"), run)


def validation(run: Run) -> dict[str, float]:
    """Loss and accuracy of the weights as they are."""
    return evaluate(run)
