"""Ensembles: copies of one network with seeds of their own, trained in one run and judged together. Chooses how they train; the loop trains them."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from engine.compile.build import Built, build
from engine.compile.order import wiring
from engine.data.load import Split
from engine.events import Source
from engine.graph.model import Recipe, Snapshot
from engine.graph.problem import ERROR, Problem
from engine.train import order
from engine.train.combine import NUMBERS, OUTPUTS
from engine.train.config import TrainingError
from engine.train.metrics import NOT_COUNTED, Output
from engine.train.run import Run, Tensors
from engine.train.stacked import CannotStackError, Copies, InTurn, State, Together

Loss = Callable[..., torch.Tensor]
TRIES = 5  # timed steps of each way; the quickest counts
LONGEST = 1.0  # seconds that measuring may take
CLOSE = 1e-3  # how far the outputs of both ways may lie apart, of their largest value


@dataclass(frozen=True, slots=True)
class How:
    """Which way the copies train, and why, in words for people."""

    together: bool
    words: str


@dataclass(frozen=True, slots=True)
class End:
    """One output of the network: what kind of numbers it brings, and the target that it is compared with (index, -1 for none)."""

    kind: str = NUMBERS
    target: int = -1
    ignore: int = NOT_COUNTED


class MemberLosses:
    """The losses of all copies, added up; `values` keeps each of the latest batch by name."""

    def __init__(self, single: Loss, count: int) -> None:
        self.single, self.count = single, count
        self.names = tuple(f"member {number}" for number in range(1, count + 1))
        self.values: dict[str, torch.Tensor] = {}

    def __call__(self, output: Output, *targets: torch.Tensor) -> torch.Tensor:
        outputs = zip(*(values.chunk(self.count) for values in output), strict=True) if isinstance(output, tuple) else output.chunk(self.count)
        wanted = zip(*(target.chunk(self.count) for target in targets), strict=True) if targets else [()] * self.count
        losses = [self.single(one, *right) for one, right in zip(outputs, wanted, strict=True)]
        self.values = {name: loss.detach() for name, loss in zip(self.names, losses, strict=True)}
        return torch.stack(losses).sum()


class EnsembleRun(Run):
    """A run whose `model` is all copies at once, in batches (copies · B, ...); `net` is the first copy, for pictures. The losses are means over the copies."""

    model: Copies
    how: How
    ends: list[End]

    @property
    def copies(self) -> int:
        return self.model.count

    def batches(self) -> tuple[torch.Tensor, ...]:
        """Indices (B, copies): each copy sees the samples in an order of its own."""
        home, recipe = self.dataset.train.x.device, self.recipe
        seeds = range(recipe.seed, recipe.seed + self.copies)
        orders = [order.epoch_order(self.sizes, seed=seed, epoch=self.epochs_done, shuffle=recipe.shuffle, device=home) for seed in seeds]
        return tuple(torch.stack(parts, dim=1) for parts in zip(*orders, strict=True))[self.offset :]

    def fetch(self, split: Split, index: torch.Tensor) -> tuple[Tensors, Tensors]:
        return super().fetch(split, index.t().reshape(-1) if index.dim() == 2 else index)

    def states(self) -> list[State]:
        return self.model.states()

    def modules_at(self, name: str) -> list[nn.Module]:
        nets = [self.model.net] if isinstance(self.model, Together) else list(self.model.members)
        return [net.get_submodule(name) for net in nets]

    def clip(self) -> None:
        self.model.clip(self.recipe.clip_norm)

    def tensors(self) -> dict[str, torch.Tensor]:
        return {f"{number}.{name}": tensor for number, state in enumerate(self.model.states()) for name, tensor in state.items()}

    def load_tensors(self, weights: Mapping[str, torch.Tensor]) -> None:
        self.model.load(split_up(weights, self.copies))

    def look_at_suspect(self) -> None:
        """Lets `net` be the copy whose loss is no number, for a diagnosis."""
        values = self.loss_parts.values.values() if self.loss_parts else ()
        bad = next((number for number, value in enumerate(values) if not math.isfinite(value.item())), 0)
        self.net = self.member(bad)

    def member(self, number: int) -> nn.Module:
        """One copy as a network by itself that shares its weights with the ensemble."""
        net = copy.deepcopy(self.net).to("cpu").to(self.device)
        adopt(net, self.model.states()[number])
        return net.train()


def adopt(net: nn.Module, state: State) -> None:
    """Lets `net` use the tensors of `state` as its own: what trains them changes it."""
    for name, tensor in (*net.named_parameters(), *net.named_buffers()):
        if name in state:
            tensor.data = state[name]


def plain_name(name: str) -> str:
    """What a weight of the model is called in the network: without `net.` or `members.3.` before it."""
    return name.split(".", 2)[2] if name.startswith("members.") else name.removeprefix("net.")


def split_up(weights: Mapping[str, torch.Tensor], count: int) -> list[State]:
    """`0.fc1.weight` by copy."""
    found: list[State] = [{} for _ in range(count)]
    for name, tensor in weights.items():
        number, _, rest = name.partition(".")
        found[int(number)][rest] = tensor
    return found


def members_of(source: Source, recipe: Recipe, device: torch.device) -> list[Built]:
    """The copies as they begin, with the seeds seed, seed + 1, ..."""
    found = [build(source, seed=recipe.seed + number) for number in range(recipe.copies)]
    for built in found:
        built.net.to(device).train()
    return found


def choose(members: Sequence[nn.Module], single: Loss, batch: tuple[Tensors, Tensors], *, recorded: Mapping[str, Any]) -> tuple[Copies, How]:
    """The quicker way to train these copies, measured on `batch` (of all copies); `recorded` is how a run that goes on was begun."""
    count = len(members)
    if recorded:
        how = How(bool(recorded["together"]), str(recorded["words"]))
        return (Together(members) if how.together else InTurn(members)), how
    in_turn = InTurn(members)
    try:
        together = Together(members)
    except CannotStackError as reason:
        return in_turn, How(False, f"{count} copies train one after another: {reason} has no stacked form.")
    if not agree(together, in_turn, batch[0]):
        return in_turn, How(False, f"{count} copies train one after another: stacked, this network would compute something else.")
    losses = MemberLosses(single, count)
    stacked, turns = (seconds_of(model, losses, batch) for model in (together, in_turn))
    words = f"{1000 * stacked:.2f} ms a step, one after another {1000 * turns:.2f} ms"
    if stacked < turns:
        return together, How(True, f"{count} copies train stacked, measured to be quicker: {words}.")
    return in_turn, How(False, f"{count} copies train one after another, measured to be quicker: stacked {words}.")


def agree(one: Copies, other: Copies, inputs: Tensors) -> bool:
    """Whether both compute the same, in evaluation mode; False also when one cannot compute at all."""
    results = []
    for model in (one.eval(), other.eval()):
        try:
            with torch.no_grad():
                output = model(*inputs)
        except (RuntimeError, ValueError):  # a shape that only fits one network's batch
            return False
        finally:
            model.train()
        results.append(output if isinstance(output, tuple) else (output,))
    return all(
        a.shape == b.shape and (a - b).abs().max() <= CLOSE * b.abs().max().clamp_min(1e-6) if a.is_floating_point() else torch.equal(a, b)
        for a, b in zip(*results, strict=True)
    )


def seconds_of(model: Copies, losses: Loss, batch: tuple[Tensors, Tensors]) -> float:
    """How long a step takes without the optimizer. Works on a copy: nothing of the model changes."""
    model, (inputs, targets) = copy.deepcopy(model), batch
    device = next(model.parameters()).device
    best, end = math.inf, time.perf_counter() + LONGEST
    for attempt in range(TRIES + 2):
        began = time.perf_counter()
        losses(model(*inputs), *targets).backward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        now = time.perf_counter()
        best = min(best, now - began) if attempt > 1 else best  # the first ones set things up
        if now > end and attempt > 1:
            break
        model.zero_grad()
    return best


def ends_of(snapshot: Snapshot, source: Source) -> list[End]:
    """What each output of the network is."""
    wires, found = wiring(snapshot), {}
    for node_id in wires.losses:
        prediction, target = [*wires.feeds(node_id), None, None][:2]
        if prediction in source.outputs and target in source.targets and prediction not in found:
            node = wires.nodes[node_id]
            ignore = node.params.get("ignore_index", NOT_COUNTED)
            found[prediction] = End(OUTPUTS.get(node.type, NUMBERS), source.targets.index(target), ignore)
    return [found.get(ref, End()) for ref in source.outputs]


def check(recipe: Recipe, ends: Sequence[End]) -> None:
    """Raises TrainingError for a vote about numbers."""
    if recipe.combine == "vote" and any(end.kind == NUMBERS for end in ends):
        message = "A vote needs classes, but this network predicts numbers."
        raise TrainingError(Problem(ERROR, "vote-needs-classes", message, fix="Combine the copies by average or optimal in the recipe."))
