"""The recipe's fields beside the optimizer's own, declared as data for forms, and what choosing another optimizer changes. No torch, no Qt."""

from __future__ import annotations

from engine.graph.model import Recipe, Value
from engine.layers import initial, optimizers, schedules
from engine.layers.params import Bool, Choice, Float, Int, Param, ParamError, PathParam

BATCHES: tuple[Param, ...] = (
    Int("batch_size", 64, low=1, high=1_000_000, help="How many samples make one step. 1 is stochastic gradient descent, all of them full batch."),
    Int("accumulate", 1, low=1, high=1_000_000, label="Accumulate", unit="batches", help="How many batches add their gradients before the weights move."),
    Float("clip_norm", 0.0, low=0.0, high=1e9, label="Clip gradients", help="Shortens the gradient of all weights to this length; 0 leaves it as it is."),
    Int("epochs", 12, low=1, high=100_000, help="How often every training sample is seen."),
    Bool("shuffle", True, help="A new random order in every epoch; each sample exactly once."),
)
MACHINE: tuple[Param, ...] = (
    Int("seed", 0, low=0, high=2**31 - 1, help="Fixes the first weights, the order and the dropout: the same seed gives the same run."),
    Choice("device", ["auto", "cpu", "cuda"], help="Where it trains; auto takes a GPU when there is one."),
    Choice(
        "precision",
        ["float32", "bfloat16"],
        help="bfloat16 is mixed precision: matrix products and convolutions with 8 significant bits, weights and sums in float32. "
        "About twice as fast for large networks where the processor knows it, slower for small ones. Pictures stay float32.",
    ),
)
TRANSFER: tuple[Param, ...] = (
    PathParam(
        name="weights_from",
        default="",
        label="Weights from",
        help="A run folder, a project whose newest run counts, or a safetensors file: nodes of the same name begin with its weights.",
    ),
    Int("hold_epochs", 0, low=0, high=100_000, label="Hold them", unit="epochs", help="For so long the loaded weights stay as they are; then all train."),
)
ENSEMBLE: tuple[Param, ...] = (
    Int("copies", 1, low=1, high=100, help="How many copies of the network are trained, each with a seed of its own, and judged as one."),
    Choice("combine", ["average", "optimal", "vote"], help="How their answers become one: mean, the linear combination of least squared error, or majority."),
)
INITIAL = initial.RECIPE
GENERAL: tuple[Param, ...] = (*BATCHES, *INITIAL, *TRANSFER, *ENSEMBLE, *MACHINE)  # what every recipe has, whatever its optimizer and schedule
LIVE = ("learning_rate",)  # what may change while a run is active
FIXED = "Fixed while a run is active: it belongs to how the run began. Stop the run to change it."  # of all the others


def switched(recipe: Recipe, optimizer: str) -> dict[str, Value]:
    """The changes when `optimizer` is chosen: its usual rate and decay, since those of another one rarely fit; nothing when it is chosen already."""
    return chosen(recipe, "optimizer", optimizer, params=optimizers.BY_ID[optimizer].params)


def rescheduled(recipe: Recipe, schedule: str) -> dict[str, Value]:
    """The changes when `schedule` is chosen: its usual settings; nothing when it is chosen already."""
    return chosen(recipe, "schedule", schedule, params=schedules.BY_ID[schedule].params)


def chosen(recipe: Recipe, field: str, value: str, *, params: tuple[Param, ...]) -> dict[str, Value]:
    if getattr(recipe, field) == value:
        return {}
    return {field: value, **{param.name: param.default for param in params if getattr(recipe, param.name) != param.default}}


def params_of(recipe: Recipe) -> tuple[Param, ...]:
    """All that can be set in this recipe besides which optimizer and schedule it has; KeyError names one that does not exist."""
    return (*optimizers.BY_ID[recipe.optimizer].params, *schedules.BY_ID[recipe.schedule].params, *GENERAL)


def usable(recipe: Recipe) -> bool:
    """Whether all settings of this recipe are within their bounds."""
    try:
        for param in params_of(recipe):
            param.parse(getattr(recipe, param.name))
    except (KeyError, ParamError):
        return False
    return True
