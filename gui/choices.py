"""The optimizers that the run bar offers, as data, and how a recipe is called. No widget, no torch."""

from __future__ import annotations

from dataclasses import dataclass

from engine.graph.model import Recipe, Value


@dataclass(frozen=True, slots=True)
class Choice:
    """A named set of recipe fields. `rate` is a usual learning rate, for the tooltip."""

    title: str
    changes: dict[str, Value]
    rate: float
    doc: str


OPTIMIZERS: tuple[Choice, ...] = (
    Choice("SGD", {"optimizer": "sgd", "momentum": 0.0, "nesterov": False}, 0.1, "Plain gradient steps."),
    Choice("SGD · momentum .9", {"optimizer": "sgd", "momentum": 0.9, "nesterov": False}, 0.05, "Steps keep nine tenths of their last direction."),
    Choice("SGD · Nesterov .9", {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}, 0.05, "Momentum that looks one step ahead."),
    Choice("Adam", {"optimizer": "adam"}, 0.001, "Each weight has its own step size, from its gradient's first two moments."),
    Choice("AdamW", {"optimizer": "adamw"}, 0.001, "Adam whose weight decay acts on the weights themselves."),
)
NAMES = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}


def index_of(recipe: Recipe) -> int:
    """Which choice `recipe` is, or -1 when it is a setting of its own."""
    for index, choice in enumerate(OPTIMIZERS):
        if all(getattr(recipe, name) == value for name, value in choice.changes.items()):
            return index
    return -1


def title_of(recipe: Recipe) -> str:
    """What the optimizer of `recipe` is called: a choice's title, or name and momentum."""
    index = index_of(recipe)
    if index >= 0:
        return OPTIMIZERS[index].title
    name = NAMES.get(recipe.optimizer, recipe.optimizer)
    kind = "Nesterov" if recipe.nesterov else "momentum"
    return f"{name} · {kind} {recipe.momentum:g}".replace(" 0.", " .") if recipe.optimizer == "sgd" else name
