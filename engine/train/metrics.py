"""Losses and accuracies of training steps, gathered without making the device wait. Writes no files, draws nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from engine.compile.order import wiring
from engine.events import Metrics, Source, part
from engine.graph.model import Snapshot
from engine.train.parts import LossParts

FLUSHES = 20  # times a second that numbers go to the readers
NOT_COUNTED = -100  # the class of pixels that no loss counts, as torch has it
BY_CLASS = ("cross_entropy", "nll", "hinge", "dice")  # losses whose largest score is the answer
CUTS = {"bce_with_logits": 0.0, "binary_nll": 0.5}  # losses of yes or no: from which score on it is a yes
Output = torch.Tensor | tuple[torch.Tensor, ...]
HELD = 1_000_000  # scores kept for counting later; beyond, they are counted at once


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Which output is compared with which target. `binary`: each score against `cut`, and the target against 0.5; else the largest score against the class.

    Targets equal to `ignore` do not count.
    """

    output: int
    target: int
    binary: bool
    cut: float = 0.0
    ignore: int = NOT_COUNTED

    def hits(self, output: Output, targets: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The scores and the truth out of what the network gave and should have given."""
        return (output[self.output] if isinstance(output, tuple) else output).detach(), targets[self.target]

    def correct(self, scores: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """The share of right answers of each sample, float32 (B,); NaN where no target of the sample counts."""
        right = (scores > self.cut).eq(truth.view_as(scores) > 0.5) if self.binary else scores.argmax(1).eq(truth)
        right = right.flatten(1) if right.dim() > 1 else right.unsqueeze(1)
        if self.binary or (truth.dim() == 1 and self.ignore == NOT_COUNTED):
            return right.float().mean(1)
        counts = truth.ne(self.ignore).view_as(right)
        return (right & counts).float().sum(1) / counts.float().sum(1)


def accuracy_of(snapshot: Snapshot, source: Source) -> Accuracy | None:
    """What accuracy means for this document: that of its first classification loss; None for regressions."""
    wires = wiring(snapshot)
    for node_id in wires.losses:
        kind = wires.nodes[node_id].type
        prediction, target = [*wires.feeds(node_id), None, None][:2]
        if kind in (*BY_CLASS, *CUTS) and prediction in source.outputs and target in source.targets:
            ignore = wires.nodes[node_id].params.get("ignore_index", NOT_COUNTED)
            return Accuracy(source.outputs.index(prediction), source.targets.index(target), kind in CUTS, cut=CUTS.get(kind, 0.0), ignore=ignore)
    return None


class Meter:
    """Takes each step's numbers; every now and then `flush` moves them into the run's `Metrics`.

    On the CPU a loss can be read at once, so a bad one is noticed before it reaches the weights. On other devices reading
    would make the processor wait, so losses stay there and are fetched together.
    """

    def __init__(self, store: Metrics, accuracy: Accuracy | None, device: torch.device, *, parts: LossParts | None = None, shown: float = 1.0) -> None:
        self.store = store
        self.shown = shown  # what a loss is multiplied with to be written down: that of several copies is their mean
        self.parts_of_loss = parts
        self.pieces: dict[str, list[float | torch.Tensor]] = {name: [] for name in (parts.names if parts else ())}  # of each step, as `losses`
        self.piece: dict[str, float | torch.Tensor] = {}
        self.accuracy = accuracy
        self.eager = device.type == "cpu"
        self.losses: list[float | torch.Tensor] = []
        self.part: float | torch.Tensor | None = None  # of the step that is not complete: what its batches' losses add up to
        self.scores: list[torch.Tensor] = []
        self.truths: list[torch.Tensor] = []
        self.held = 0
        self.rights: list[float] = []  # of each batch that is counted: how much was right, and of how many samples
        self.sizes: list[int] = []
        self.batches = 0  # of the step that is not complete
        self.parts: list[int] = []  # how many batches each complete step had
        self.rates: list[float] = []
        self.seconds: list[float] = []

    def add(self, loss: torch.Tensor, output: Output, targets: list[torch.Tensor], *, share: float = 1.0) -> bool:
        """Notes the loss and scores of a batch; those until `took` are one step. False when the loss is known to be NaN or infinite.

        `share` is what the loss was multiplied with, which its parts have not been.
        """
        value = (loss.item() if self.eager else loss.detach()) * self.shown
        self.part = value if self.part is None else self.part + value
        self.batches += 1
        if self.parts_of_loss is not None:
            for name, piece in self.parts_of_loss.values.items():
                piece = (piece.item() if self.eager else piece) * share
                self.piece[name] = self.piece[name] + piece if name in self.piece else piece
        if self.eager and not math.isfinite(value):
            return False
        if self.accuracy is not None:
            scores, truth = self.accuracy.hits(output, targets)
            self.scores.append(scores)
            self.truths.append(truth)
            self.held += scores.numel()
            if self.held > HELD:
                self.count()
        return True

    def took(self, seconds: float, learning_rate: float) -> None:
        """Completes the step: training seconds so far, and the rate it was done with."""
        self.losses.append(self.part)
        self.parts.append(self.batches)
        self.part, self.batches = None, 0
        for name, pieces in self.pieces.items():
            pieces.append(self.piece[name])
        self.piece = {}
        self.seconds.append(seconds)
        self.rates.append(learning_rate)

    def count(self) -> None:
        """Turns the held scores into what was right of each batch."""
        if not self.scores:
            return
        sizes = np.array([len(truth) for truth in self.truths])
        right = self.accuracy.correct(torch.cat(self.scores), torch.cat(self.truths)).cpu().numpy().astype(np.float64)
        starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        known = np.isfinite(right)
        self.rights += np.add.reduceat(np.where(known, right, 0.0), starts).tolist()
        self.sizes += np.add.reduceat(known.astype(np.float64), starts).tolist()
        self.scores, self.truths, self.held = [], [], 0

    def accuracies(self) -> np.ndarray:
        """One accuracy for each complete step."""
        if not self.parts:
            return np.zeros(0)
        starts = np.concatenate(([0], np.cumsum(self.parts)[:-1])).astype(int)
        done = sum(self.parts)
        with np.errstate(invalid="ignore"):  # a step in which no target counts has no accuracy
            return np.add.reduceat(np.array(self.rights[:done]), starts) / np.add.reduceat(np.array(self.sizes[:done]), starts)

    def fetched(self, values: list[float | torch.Tensor]) -> np.ndarray:
        """Numbers that may still be on the device, float64."""
        return np.array(values if self.eager or not values else torch.stack(values).double().cpu().numpy(), np.float64)

    def flush(self) -> dict[str, np.ndarray]:
        """Moves all complete steps into the store and returns them; empty columns when there are none."""
        self.count()
        steps = len(self.seconds)
        rows = {
            "loss": self.fetched(self.losses[:steps]),
            **{part(name): self.fetched(pieces[:steps]) for name, pieces in self.pieces.items()},
            "accuracy": self.accuracies() if self.accuracy else np.full(steps, np.nan),
            "learning_rate": np.array(self.rates, np.float64),
            "seconds": np.array(self.seconds, np.float64),
        }
        done = sum(self.parts)
        self.rights, self.sizes = self.rights[done:], self.sizes[done:]
        self.losses, self.parts, self.rates, self.seconds = [], [], [], []
        self.pieces = {name: [] for name in self.pieces}
        if steps:
            self.store.write_steps(rows)
        return rows
