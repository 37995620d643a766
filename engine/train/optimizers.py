"""Builds torch optimizers from a recipe, fused where torch can. The ids are declared in engine.layers.optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from engine.graph.model import Recipe

FUSED_DEVICES = ("cpu", "cuda")  # one kernel for all weights instead of several per weight


def sgd(weights: list[nn.Parameter], recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    # torch refuses Nesterov without momentum; without momentum both are plain gradient descent.
    nesterov = recipe.nesterov and recipe.momentum > 0
    return torch.optim.SGD(weights, recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay, nesterov=nesterov, **more)


def adam(weights: list[nn.Parameter], recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(weights, recipe.learning_rate, weight_decay=recipe.weight_decay, **more)


def adamw(weights: list[nn.Parameter], recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(weights, recipe.learning_rate, weight_decay=recipe.weight_decay, **more)


MAKERS: dict[str, Callable[..., torch.optim.Optimizer]] = {"sgd": sgd, "adam": adam, "adamw": adamw}


def make(recipe: Recipe, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer of `recipe` over those `weights` that are trained."""
    trained = [weight for weight in weights if weight.requires_grad]
    fused = all(weight.device.type in FUSED_DEVICES and weight.is_floating_point() for weight in trained)
    return MAKERS[recipe.optimizer](trained, recipe, **({"fused": True} if fused else {}))
