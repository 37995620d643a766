"""One training in progress: everything that the loop, the worker and the probes share. Decides nothing; the loop drives it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.data.load import Dataset, Split
from engine.events import Analysis, Ensemble, Evaluation, Metrics, NodeFacts, Source, Stage
from engine.graph.model import Recipe, Snapshot
from engine.graph.problem import WARNING, Problem
from engine.layers import registry, schedules
from engine.train import checkpoint, optimizers, order
from engine.train.metrics import FLUSHES, Accuracy, Meter
from engine.train.parts import LossParts, Parts
from engine.train.runs import CHECKPOINTS, Record
from engine.train.scores import Scores, tasks_of
from engine.train.stacked import StackedBatchNorm

SAVE_EVERY = 20.0  # seconds between checkpoints within an epoch
SAVE_REST = 2.0  # seconds at least between checkpoints at the ends of short epochs
SPEED_OVER = 1.0  # seconds of training over which the speed is averaged
Tensors = list[torch.Tensor]


def sums_over_batch(snapshot: Snapshot, analysis: Analysis) -> bool:
    """Whether the loss grows with the batch: all that is trained on is summed over the samples."""
    rows = [(node, registry.of(node, snapshot)) for node in snapshot.nodes]
    reductions = {
        node.params.get("reduction", "mean")
        for node, row in rows
        if row and row.role == "loss" and node.id in analysis.nodes and analysis.nodes[node.id].outputs
    }
    return reductions == {"sum"}


def has_statistics(module: nn.Module) -> bool:
    """Whether it is a batch norm, of one network or of several at once."""
    return isinstance(module, nn.modules.batchnorm._BatchNorm | StackedBatchNorm)


def widened(values: torch.Tensor) -> torch.Tensor:
    """Real numbers as float32; whole ones as they are."""
    return values.float() if values.is_floating_point() else values


class Run:
    """`step` and `epochs_done` count what is done; `offset` the batches done of the current epoch; `seconds` is training time alone.

    Set by `engine.train.setup`, advanced by `engine.train.loop`. Use from the thread that trains, but for `metrics`.
    """

    folder: str = ""  # the run folder; empty when nothing is written
    record: Record | None = None
    best: dict[str, torch.Tensor] | None = None  # best weights not yet on the disk
    best_facts: dict[str, float]  # of them: epoch, step and validation_loss
    losses_finite: bool = True  # as far as the losses have been read
    told: int = 0  # notices already passed on
    evaluations: tuple[Evaluation, ...] = ()  # of the latest validation
    ensemble: Ensemble | None = None  # what it said of the members, where there are several
    evaluator: Callable[[Run], dict[str, float]] | None = None  # of a run that is judged in its own way

    def __init__(
        self, snapshot: Snapshot, analysis: Analysis, *, source: Source, name: str, net: nn.Module, loss: Callable[..., torch.Tensor], dataset: Dataset,
        optimizer: torch.optim.Optimizer, device: torch.device, accuracy: Accuracy | None, steps: int, parts: LossParts | None = None,
        model: nn.Module | None = None,
    ) -> None:  # fmt: skip
        self.snapshot, self.analysis, self.source, self.name = snapshot, analysis, source, name
        self.net, self.loss, self.dataset, self.optimizer, self.device, self.accuracy = net, loss, dataset, optimizer, device, accuracy
        self.model = net if model is None else model  # what is trained; `net` is what pictures show
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.sizes = order.batch_sizes(len(dataset.train), self.recipe.batch_size * self.recipe.accumulate)
        self.steps_per_epoch, self.epochs = len(self.sizes), self.recipe.epochs
        whole = self.steps_per_epoch * self.epochs
        self.steps = min(steps, whole) if steps else whole
        self.span = schedules.Span(whole, self.steps_per_epoch)  # also of a run that ends early: its curve is that of the whole
        self.step = self.epochs_done = self.offset = self.samples = 0
        self.seconds = 0.0
        self.best_loss = math.inf
        self.learning_rate = self.recipe.learning_rate
        self.sums = sums_over_batch(snapshot, analysis)
        self.input_ports = [port for _, port in source.inputs]
        self.target_ports = [port for _, port in source.targets]
        self.notices: list[Problem] = []
        self.start = self.measured = (0.0, 0)  # seconds and samples: at the start, and where the speed was last taken
        self.samples_per_second = 0.0
        self.loss_parts = parts
        self.mixed = self.recipe.precision == "bfloat16"
        self.trained = {id(weight) for weight in self.weights}  # frozen nodes never join them
        self.held: list[str] = []  # modules whose loaded weights wait for the second stage
        self.stages: list[Stage] = []
        self.resting: list[nn.Module] = []
        self.rest()
        self.use_metrics(Metrics(self.steps, self.epochs, parts=parts.names if parts else ()))

    def use_metrics(self, store: Metrics) -> None:
        """Lets `store` receive the numbers from here on."""
        self.metrics = store
        self.meter = Meter(store, self.accuracy, self.device, parts=self.loss_parts, shown=1 / self.copies)
        self.flush_at = self.saved_at = time.perf_counter()

    @property
    def copies(self) -> int:
        """How many networks are trained at once."""
        return 1

    @cached_property
    def scores(self) -> Scores:
        """Judges validations; made with the first one."""
        return Scores(tasks_of(self.snapshot, self.analysis, self.dataset), self.source, self.device)

    @property
    def recipe(self) -> Recipe:
        return self.snapshot.recipe

    @property
    def facts(self) -> Mapping[str, NodeFacts]:
        """Shapes and costs of the nodes, as analysed."""
        return self.analysis.nodes

    @property
    def classes(self) -> int:
        """How many classes the labels have; 0 where the network classifies nothing."""
        return self.dataset.classes if self.accuracy and not self.accuracy.binary else 0

    @property
    def epoch(self) -> int:
        """The number of the current epoch, from 1."""
        return min(self.epochs_done + 1, self.epochs)

    @property
    def seconds_left(self) -> float:
        """Estimated training time until the end, from the latest speed."""
        left = (self.steps - self.step) * len(self.dataset.train) / self.steps_per_epoch
        return left / self.samples_per_second if self.samples_per_second else math.nan

    @property
    def rate(self) -> float:
        """The rate of the next step: the learning rate times what the schedule makes of it."""
        return self.learning_rate * schedules.factor(self.recipe, self.step, self.span)

    @property
    def factors(self) -> list[float]:
        """What multiplies the rate in each group of weights."""
        return [group["factor"] for group in self.optimizer.param_groups]

    def prepare_step(self) -> None:
        """Gives the optimizer the rate of the next step, and its weights no gradients."""
        optimizers.set_rate(self.optimizer, self.rate)
        for weight in self.weights:
            weight.grad = None

    def clip(self) -> None:
        """Shortens the gradient of all weights to the recipe's length."""
        torch.nn.utils.clip_grad_norm_(self.weights, self.recipe.clip_norm)

    def answer(self, inputs: Tensors) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """What the network says to `inputs`, in float32. Mixed precision computes matrix products and convolutions in bfloat16 (Micikevicius et al. 2018)."""
        if not self.mixed:
            return self.model(*inputs)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            output = self.model(*inputs)
        return tuple(map(widened, output)) if isinstance(output, tuple) else widened(output)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that the network has learned, by name."""
        return self.model.state_dict()

    def load_tensors(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Takes over what `tensors` gave. KeyError or RuntimeError where it does not fit."""
        self.model.load_state_dict(dict(weights))

    def states(self) -> list[dict[str, torch.Tensor]]:
        """The weights of each network that is trained, by name; what is written into them is theirs."""
        return [self.model.state_dict()]

    def modules_at(self, name: str) -> list[nn.Module]:
        """The module with this path in the network, of each network that is trained."""
        return [self.model.get_submodule(name)]

    def rest(self) -> None:
        """Batch norms whose weights do not learn keep their statistics as well: they compute as in evaluation."""
        frozen = [module for module in self.model.modules() if has_statistics(module)]
        self.resting = [module for module in frozen if module.weight is not None and not module.weight.requires_grad]
        self.train_mode()

    def train_mode(self) -> None:
        """Back to training after an evaluation."""
        self.model.train()
        for module in self.resting:
            module.eval()

    def look_at_suspect(self) -> None:
        """Lets `net` be the network to diagnose, where there are several."""

    def set_learning_rate(self, value: float) -> None:
        """Takes effect at the next step: a schedule goes on from here, scaled. ValueError for a negative or infinite rate."""
        if not math.isfinite(value) or value < 0:
            raise ValueError(f"The learning rate must be a number from 0, got {value!r}.")
        self.learning_rate = float(value)

    def batches(self) -> tuple[torch.Tensor, ...]:
        """The indices of the current epoch's batches that are still to come."""
        home, recipe = self.dataset.train.x.device, self.recipe
        return order.epoch_order(self.sizes, seed=recipe.seed, epoch=self.epochs_done, shuffle=recipe.shuffle, device=home)[self.offset :]

    def parts(self, index: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
        """A step's samples, batch by batch, each with the share that its gradient has in the step's."""
        if self.recipe.accumulate == 1:
            return [(index, 1.0)]
        parts = index.split(order.batch_sizes(len(index), self.recipe.batch_size))
        return [(part, 1.0 if self.sums else len(part) / len(index)) for part in parts]

    def boost_sums(self, factor: float) -> None:
        """What summed losses count for the next batches, where others are means and a batch has a share of the whole."""
        if isinstance(self.loss_parts, Parts):
            self.loss_parts.boost = factor

    def fetch(self, split: Split, index: torch.Tensor | slice) -> tuple[Tensors, Tensors]:
        """The arguments of forward, and the further arguments of loss, for the samples at `index`."""
        fields = split.fields(index, epoch=self.epochs_done, seed=self.recipe.seed)
        return [fields[port] for port in self.input_ports], [fields[port] for port in self.target_ports]

    def advance(self, size: int, began: float) -> bool:
        """One step of `size` samples that began at `began` is done. True when its numbers were flushed: it was time."""
        rate = self.rate
        self.step += 1
        self.offset += 1
        self.samples += size
        now = time.perf_counter()
        due = now >= self.flush_at
        if due and self.device.type == "cuda":
            torch.cuda.synchronize(self.device)  # else the seconds would count launches, not work
            now = time.perf_counter()
        self.seconds += now - began
        self.meter.took(self.seconds, rate)
        if due:
            self.flush()
        return due

    def flush(self) -> None:
        """Hands the numbers of all steps so far to `metrics` and to the run folder; call it before pausing."""
        first = self.metrics.first_step + self.metrics.count + 1
        rows = self.meter.flush()
        self.flush_at = time.perf_counter() + 1 / FLUSHES
        self.losses_finite = self.losses_finite and bool(np.isfinite(rows["loss"]).all())
        seconds, samples = self.seconds - self.measured[0], self.samples - self.measured[1]
        if samples and (seconds > SPEED_OVER or self.measured == self.start):
            self.samples_per_second = samples / max(seconds, 1e-9)
        if seconds > SPEED_OVER:
            self.measured = (self.seconds, self.samples)
        if self.record is not None and len(rows["loss"]):
            self.guarded(lambda: self.record.add_steps(first, rows), "metrics")

    @property
    def overall_speed(self) -> float:
        """Samples per second of training since this run was started or resumed."""
        seconds, samples = self.seconds - self.start[0], self.samples - self.start[1]
        return samples / seconds if seconds > 0 else 0.0

    def guarded(self, write: Callable[[], None], what: str) -> None:
        """Writes to the run folder; a full disk is told once and does not end the training."""
        try:
            write()
        except OSError as error:
            if not any(notice.code == f"unsaved-{what}" for notice in self.notices):
                message = f"The {what} of this run could not be written to {self.folder}: {error.strerror or error}."
                self.notices.append(Problem(WARNING, f"unsaved-{what}", message, fix="Free some space on the disk; the training goes on."))

    def save(self) -> None:
        """Writes the best weights if they are new, and the checkpoint from which this run can go on exactly here.

        The checkpoint comes last: after a kill at any moment, metrics and best weights are at least as new as it is.
        """
        if self.record is None:
            return
        folder = Path(self.folder) / CHECKPOINTS
        self.flush()
        self.guarded(self.record.flush, "metrics")
        self.save_best()
        self.guarded(lambda: checkpoint.save_last(folder, self.tensors(), self.state()), "checkpoint")
        self.saved_at = time.perf_counter()

    def save_best(self) -> None:
        if self.best is not None and self.record is not None:
            best, self.best = self.best, None
            path = Path(self.folder) / CHECKPOINTS / checkpoint.BEST
            self.guarded(lambda: checkpoint.save_weights(path, best, **self.best_facts), "checkpoint")

    def keep_best(self) -> None:
        """Remembers the present weights as the best; they reach the disk with the next checkpoint."""
        if self.record is not None:
            self.best = checkpoint.copied(self.tensors())
            self.best_facts = {"epoch": self.epochs_done, "step": self.step, "validation_loss": self.best_loss}

    def state(self) -> dict[str, Any]:
        """All that a run needs to go on, besides the weights: plain values and tensors."""
        cuda = [torch.cuda.get_rng_state(self.device)] if self.device.type == "cuda" else []
        counts = {name: getattr(self, name) for name in ("step", "epochs_done", "offset", "samples", "seconds", "best_loss", "learning_rate")}
        told = {"recipe_learning_rate": self.recipe.learning_rate, "optimizer_id": self.recipe.optimizer, "batch_size": self.recipe.batch_size}
        told |= {"accumulate": self.recipe.accumulate, "factors": self.factors, "copies": self.recipe.copies}
        told |= {"held": self.held, "stages": [(stage.step, stage.words) for stage in self.stages]}
        return {**counts, **told, "epoch": self.epochs_done, "optimizer": self.optimizer.state_dict(), "random": torch.get_rng_state(), "random_cuda": cuda}

    def restore(self, weights: Mapping[str, torch.Tensor], state: Mapping[str, Any]) -> None:
        """Goes back to where `state` was taken. KeyError, ValueError or RuntimeError when it does not fit this network."""
        self.load_tensors(weights)
        for name in ("step", "epochs_done", "offset", "samples", "seconds", "best_loss"):
            setattr(self, name, state[name])
        if state["optimizer_id"] == self.recipe.optimizer:
            settings = [{name: value for name, value in group.items() if name != "params"} for group in self.optimizer.param_groups]
            self.optimizer.load_state_dict(state["optimizer"])
            for group, now in zip(self.optimizer.param_groups, settings, strict=True):
                group.update(now)  # the recipe of today counts, as for the rate
        changed = state["recipe_learning_rate"] != self.recipe.learning_rate  # then the user asks for another rate now
        self.set_learning_rate(self.recipe.learning_rate if changed else state["learning_rate"])
        self.held = list(state.get("held", []))
        self.stages = [Stage(step, words) for step, words in state.get("stages", [])]
        torch.set_rng_state(state["random"])
        if state["random_cuda"] and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"][0], self.device)
        self.start = self.measured = (self.seconds, self.samples)
