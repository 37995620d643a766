"""What a network is worth on the validation set, by torchmetrics: confusion, top-k, IoU, mean absolute error. Runs no network.

torchmetrics takes seconds to load, so it is imported with the first validation (or while the engine is idle), never earlier.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engine.compile.order import Ref, wiring
from engine.data.load import Dataset
from engine.data.offers import called
from engine.events import Analysis, Evaluation, Source
from engine.graph.model import Snapshot
from engine.train.metrics import BY_CLASS, CUTS, HELD, NOT_COUNTED, Output
from engine.warm import calm_import

BY_NUMBER = ("mse", "l1", "huber")  # losses that compare number by number
TOP = 5  # among so many guesses the truth must be; fewer where there are hardly more classes
YES_OR_NO = ("no", "yes")


def loaded() -> bool:
    """Whether torchmetrics is there already."""
    return "torchmetrics.classification" in sys.modules


def load() -> Any:
    """torchmetrics, loaded without holding up other threads for long."""
    if not loaded():
        with calm_import(fresh=False):
            import torchmetrics.classification
    import torchmetrics

    return torchmetrics


@dataclass(frozen=True, slots=True)
class Task:
    """What one loss node asks of the network: classification, segmentation or regression, and where its numbers are."""

    node: str
    kind: str
    prediction: Ref
    target: Ref
    classes: tuple[str, ...] = ()
    cut: float | None = None  # yes or no: from which score on it is a yes
    ignore: int = NOT_COUNTED


def tasks_of(snapshot: Snapshot, analysis: Analysis, dataset: Dataset) -> tuple[Task, ...]:
    """One task for each pair of prediction and target that a loss compares; a second loss on the same pair adds none."""
    wires, found = wiring(snapshot), {}
    for node_id in wires.losses:
        facts, node = analysis.nodes.get(node_id), wires.nodes[node_id]
        ends = tuple(wires.feeds(node_id))
        if facts is None or not facts.outputs or len(ends) != 2 or None in ends or ends in found:
            continue
        shape = next(iter(facts.inputs.values()))
        ignore = node.params.get("ignore_index", NOT_COUNTED)
        pixels = "segmentation" if len(shape) >= 4 else "classification"
        if node.type in BY_CLASS:
            found[ends] = Task(node_id, pixels, *ends, names(dataset, shape[1]), ignore=ignore)
        elif node.type in CUTS:
            found[ends] = Task(node_id, pixels, *ends, names(dataset, 2, YES_OR_NO), cut=CUTS[node.type])
        elif node.type in BY_NUMBER:
            found[ends] = Task(node_id, "regression", *ends)
    return tuple(found.values())


def names(dataset: Dataset, count: int, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What `count` classes are called."""
    return otherwise if otherwise and len(dataset.class_names) != count else called(dataset.class_names, count)


class Scores:
    """Takes the predictions of one validation batch by batch; `results` says what they are worth, and begins anew."""

    def __init__(self, tasks: tuple[Task, ...], source: Source, device: torch.device) -> None:
        known = {ref: ("output", index) for index, ref in enumerate(source.outputs)} | {ref: ("target", index) for index, ref in enumerate(source.targets)}
        self.places = known
        self.judges = [judge_of(task, device) for task in tasks if task.prediction in known and task.target in known]

    def add(self, output: Output, targets: list[torch.Tensor]) -> None:
        """The predictions and targets of a batch, without gradients."""
        values = {"output": output if isinstance(output, tuple) else (output,), "target": targets}
        for judge in self.judges:
            prediction, target = (values[kind][index] for kind, index in (self.places[judge.task.prediction], self.places[judge.task.target]))
            judge.add(prediction, target)

    def results(self) -> tuple[Evaluation, ...]:
        return tuple(judge.result() for judge in self.judges)


class Judge:
    """Scores of one task. Small batches are counted together: torchmetrics takes as long for one sample as for a thousand."""

    def __init__(self, task: Task, metrics: Any) -> None:
        self.task, self.metrics = task, metrics
        self.held: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.size = 0

    def add(self, prediction: torch.Tensor, target: torch.Tensor) -> None:
        if self.task.cut is not None:
            prediction, target = prediction.gt(self.task.cut).long().flatten(), target.gt(0.5).long().flatten()
        self.held.append((prediction, target))
        self.size += prediction.numel()
        if self.size > HELD:
            self.count()

    def count(self) -> None:
        if self.held:
            self.metrics.update(*(torch.cat(values).contiguous() for values in zip(*self.held, strict=True)))
        self.held, self.size = [], 0

    def result(self) -> Evaluation:
        self.count()
        values = {name: value.cpu().numpy() for name, value in self.metrics.compute().items()}
        self.metrics.reset()
        if self.task.kind == "regression":
            return Evaluation(self.task.node, self.task.kind, {"mae": float(values["mae"])})
        return counted(self.task, values)


def judge_of(task: Task, device: torch.device) -> Judge:
    """The metrics of `task`. Those that are made of the confusion matrix share one."""
    metrics = load()
    if task.kind == "regression":
        return Judge(task, metrics.MetricCollection({"mae": metrics.MeanAbsoluteError()}).to(device))
    count, some = len(task.classes), {"ignore_index": task.ignore, "validate_args": False}
    made = metrics.classification
    table = {"confusion": made.MulticlassConfusionMatrix(count, **some)}
    groups = [["confusion"]]
    if task.kind == "segmentation":
        table |= {"iou": made.MulticlassJaccardIndex(count, average="none", **some), "miou": made.MulticlassJaccardIndex(count, **some)}
        groups = [["confusion", "iou", "miou"]]
    elif top_of(task):
        table["top"] = made.MulticlassAccuracy(count, top_k=top_of(task), average="micro", **some)
        groups.append(["top"])
    return Judge(task, metrics.MetricCollection(table, compute_groups=groups).to(device))


def top_of(task: Task) -> int:
    """The k of top-k; 0 where it would say nothing."""
    count = len(task.classes)
    return 0 if task.cut is not None or count < 3 else min(TOP, count // 2 if count <= TOP else TOP)


def counted(task: Task, values: dict[str, np.ndarray]) -> Evaluation:
    """The evaluation of a task with classes; NaN for a class that is nowhere."""
    confusion = values["confusion"].astype(np.int64)
    truth, guessed, right = confusion.sum(1), confusion.sum(0), np.diag(confusion)
    with np.errstate(invalid="ignore"):
        per_class = {"accuracy": right / truth}
        numbers = {"accuracy": float(right.sum() / confusion.sum())}
    if "top" in values:
        numbers[f"top{top_of(task)}"] = float(values["top"])
    if "miou" in values:
        numbers["miou"] = float(values["miou"])
        per_class["iou"] = np.where(truth + guessed > 0, values["iou"], np.nan).astype(np.float64)
    return Evaluation(task.node, task.kind, numbers, task.classes, confusion, per_class)
