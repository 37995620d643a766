"""Why a training broke: names the node whose numbers or code went wrong first. Repairs nothing."""

from __future__ import annotations

import math

import torch

from engine.compile.build import node_of, tapped
from engine.compile.source import generate
from engine.events import Source
from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, Problem
from engine.layers.optimizers import BY_ID
from engine.train.run import Run

KNOWN = (  # what torch says, what to say in its place behind the node's name, and the way out
    (
        "index out of range in self",
        "has a row for each number from 0 on, and a number arrived that has none.",
        "Give it more embeddings than the largest number that can come.",
    ),
    ("should be between 0 and 1", "takes probabilities between 0 and 1, and other numbers arrived.", "Put Sigmoid before it, or use BinaryCrossEntropy."),
    ("more than 1 value per channel", "takes a mean over the batch, and a single number arrived for it.", "Use larger batches, or LayerNorm."),
)
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class Diverged(Exception):  # noqa: N818 - an end, not an error
    """The loss is NaN or infinite. Holds the arguments of forward of the batch, and the loss's value."""

    def __init__(self, inputs: list[torch.Tensor], value: float) -> None:
        super().__init__(f"The loss is {value}.")
        self.inputs = inputs
        self.value = value


def diverged(run: Run, event: Diverged) -> Problem:
    """The problem of a loss that is no number, pinned to the first node whose output or weights are not finite."""
    run.look_at_suspect()
    node, what = first_bad(run, event.inputs)
    title = (run.snapshot.by_id()[node].title or node) if node else ""
    message = f"The loss became {words(event.value)} after {run.step:,} steps, in epoch {run.epoch:,}: {what.format(title=title)}."
    usual = BY_ID[run.recipe.optimizer].param("learning_rate").default
    low = min(run.learning_rate / 10, usual)
    fix = f"Use a smaller learning rate (it is {run.learning_rate:g}; try {low:g}), or add a normalisation layer."
    return Problem(ERROR, "diverged", message, node=node, fix=fix)


def words(value: float) -> str:
    return "NaN" if math.isnan(value) else "infinite"


def first_bad(run: Run, inputs: list[torch.Tensor]) -> tuple[str, str]:
    """The first node in the order of computation that is not finite, and what of it is not, with {title} for its name."""
    for name, output in values(run, inputs):
        node = name.partition("/")[0].partition(".")[0]  # of a value inside a block, the instance
        if not finite(output):
            if not weights_finite(run, node):
                return node, "the weights of {title} are the first that are not finite"
            return node, "the output of {title} is the first that is not finite"
    lost = next((owner for owner, module in run.source.modules.items() if not weights_finite(run, owner, grads=True)), "")
    if lost:
        return lost, "the gradients of {title} are not finite"
    node = next((node for line, node in sorted(run.source.lines.items(), reverse=True) if node not in run.source.modules), "")
    return node, "the network's output is finite, the loss of it is not" if not node else "all outputs are finite, but {title} of them is not"


def values(run: Run, inputs: list[torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
    """Every value on the way through the network, in training mode, for `inputs`: (node id or "node.port", value)."""
    seen: list[tuple[str, torch.Tensor]] = []

    def tap(name: str, value: torch.Tensor) -> torch.Tensor:
        seen.append((name, value.clone()))  # a later layer may work in place
        return value

    forward = tapped(generate(run.snapshot, facts=run.facts, taps=True))
    kept = {name: buffer.clone() for name, buffer in run.net.named_buffers()}  # batch norm would note this batch once more
    with torch.no_grad():
        forward(run.net.train(), *inputs, tap)
        for name, buffer in run.net.named_buffers():
            buffer.copy_(kept[name])
    return seen


def finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())


def weights_finite(run: Run, node: str, *, grads: bool = False) -> bool:
    """Whether all weights (or their gradients) of the node's module are finite; true for a node without a module."""
    name = run.source.modules.get(node)
    weights = list(run.net.get_submodule(name).parameters()) if name else []
    return all(finite(weight.grad) for weight in weights if weight.grad is not None) if grads else all(map(finite, weights))


def raised(error: Exception, snapshot: Snapshot, *, source: Source | None) -> Problem:
    """The problem of an exception in training, pinned to the node whose line raised it."""
    text = " ".join(str(error).split())
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or any(sign in text for sign in OUT_OF_MEMORY):
        return out_of_memory(snapshot)
    node = (node_of(error, source) if source else "") or ""
    for sign, message, fix in KNOWN:
        if sign in text and node in snapshot.by_id():
            return Problem(ERROR, "failed", f"{snapshot.by_id()[node].title or node} {message}", node=node, fix=fix)
    where = f"{snapshot.by_id()[node].title or node} failed" if node in snapshot.by_id() else "The training failed"
    fix = "Check this layer's parameters and what is wired into it." if node else "Start again; the last checkpoint is in the run folder."
    return Problem(ERROR, "failed", f"{where}: {type(error).__name__}: {text[:300]}", node=node if node in snapshot.by_id() else "", fix=fix)


def out_of_memory(snapshot: Snapshot) -> Problem:
    """The problem of a batch that does not fit."""
    batch = snapshot.recipe.batch_size
    on_device = f" of the {torch.cuda.get_device_name()}" if torch.cuda.is_available() and snapshot.recipe.device != "cpu" else ""
    fix = f"Use a smaller batch size, for example {max(batch // 2, 1):,}." if batch > 1 else "Use a smaller network."
    return Problem(ERROR, "out-of-memory", f"The memory{on_device} is too small for this network at batch size {batch:,}.", fix=fix)
