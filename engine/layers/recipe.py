"""The recipe's fields beside the optimizer's own, declared as data for forms, and what choosing another optimizer changes. No torch, no Qt."""

from __future__ import annotations

from engine.graph.model import Recipe, Value
from engine.layers.optimizers import BY_ID
from engine.layers.params import Bool, Choice, Int, Param

BATCHES: tuple[Param, ...] = (
    Int("batch_size", 64, low=1, high=1_000_000, help="How many samples make one step. 1 is stochastic gradient descent, all of them full batch."),
    Int("epochs", 12, low=1, high=100_000, help="How often every training sample is seen."),
    Bool("shuffle", True, help="A new random order in every epoch; each sample exactly once."),
)
MACHINE: tuple[Param, ...] = (
    Int("seed", 0, low=0, high=2**31 - 1, help="Fixes the first weights, the order and the dropout: the same seed gives the same run."),
    Choice("device", ["auto", "cpu", "cuda"], help="Where it trains; auto takes a GPU when there is one."),
)
LIVE = ("learning_rate",)  # what may change while a run is active
FIXED = "Fixed while a run is active: it belongs to how the run began. Stop the run to change it."  # of all the others


def switched(recipe: Recipe, optimizer: str) -> dict[str, Value]:
    """The changes when `optimizer` is chosen: its usual rate and decay, since those of another one rarely fit; nothing when it is chosen already."""
    row = BY_ID[optimizer]
    if recipe.optimizer == optimizer:
        return {}
    return {"optimizer": optimizer, **{param.name: param.default for param in row.params if getattr(recipe, param.name) != param.default}}
