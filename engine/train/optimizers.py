"""Builds torch optimizers from a recipe, fused where torch can. The ids are declared in engine.layers.optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from engine.graph.model import Recipe

FUSED_DEVICES = ("cpu", "cuda")  # one kernel for all weights instead of several per weight
Groups = list[dict[str, Any]]


class LectureSGD(torch.optim.Optimizer):
    """Gradient descent as in the lecture (items 83 and 84): dw = momentum dw + lr grad; w = w - dw - lr weight_decay w.

    torch.optim.SGD keeps the rate outside the remembered step and the decay inside it: the same only while the rate
    stays and there is no decay. `dw` of each weight is its state.
    """

    def __init__(self, params: Iterable[Any], lr: float = 0.05, momentum: float = 0.0, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if weights:
                self.step_group(group, weights)
        return loss

    def step_group(self, group: dict[str, Any], weights: list[nn.Parameter]) -> None:
        rate, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
        gradients = [weight.grad for weight in weights]
        shrink = 1 - rate * decay  # of the weights before this step: w - dw - lr decay w = (1 - lr decay) w - dw
        if decay:
            torch._foreach_mul_(weights, shrink)
        if not momentum:
            torch._foreach_add_(weights, gradients, alpha=-rate)
            return
        for weight in weights:
            if "dw" not in self.state[weight]:
                self.state[weight]["dw"] = torch.zeros_like(weight)
        steps = [self.state[weight]["dw"] for weight in weights]
        torch._foreach_mul_(steps, momentum)
        torch._foreach_add_(steps, gradients, alpha=rate)
        torch._foreach_sub_(weights, steps)


def sgd(groups: Groups, recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    # torch refuses Nesterov without momentum; without momentum both are plain gradient descent.
    nesterov = recipe.nesterov and recipe.momentum > 0
    return torch.optim.SGD(groups, recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay, nesterov=nesterov, **more)


def sgd_lecture(groups: Groups, recipe: Recipe) -> torch.optim.Optimizer:
    return LectureSGD(groups, recipe.learning_rate, recipe.momentum, recipe.weight_decay)


def rmsprop(groups: Groups, recipe: Recipe) -> torch.optim.Optimizer:
    # On a GPU torch itself takes all weights at once; on the CPU that is slower than one after another.
    return torch.optim.RMSprop(groups, recipe.learning_rate, recipe.alpha, recipe.eps, recipe.weight_decay, recipe.momentum, recipe.centered)


def adagrad(groups: Groups, recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.Adagrad(groups, recipe.learning_rate, recipe.lr_decay, recipe.weight_decay, eps=recipe.eps, **more)


def adam(groups: Groups, recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(groups, recipe.learning_rate, (recipe.beta1, recipe.beta2), recipe.eps, recipe.weight_decay, recipe.amsgrad, **more)


def adamw(groups: Groups, recipe: Recipe, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(groups, recipe.learning_rate, (recipe.beta1, recipe.beta2), recipe.eps, recipe.weight_decay, recipe.amsgrad, **more)


MAKERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": sgd, "sgd_lecture": sgd_lecture, "rmsprop": rmsprop, "adagrad": adagrad, "adam": adam, "adamw": adamw,
}  # fmt: skip
FUSED = {"sgd": FUSED_DEVICES, "adagrad": ("cpu",), "adam": FUSED_DEVICES, "adamw": FUSED_DEVICES}  # where torch has one kernel for it


def make(recipe: Recipe, weights: Iterable[nn.Parameter], factors: Mapping[int, float] | None = None) -> torch.optim.Optimizer:
    """The optimizer of `recipe` over those `weights` that are trained. `factors` maps the id() of a weight to what multiplies its rate.

    Each group keeps its multiple as "factor"; `set_rate` heeds it.
    """
    trained = [weight for weight in weights if weight.requires_grad]
    by_factor: dict[float, list[nn.Parameter]] = {}
    for weight in trained:
        by_factor.setdefault((factors or {}).get(id(weight), 1.0), []).append(weight)
    groups = [{"params": members, "factor": factor} for factor, members in by_factor.items()]
    devices = FUSED.get(recipe.optimizer, ())
    fused = all(weight.device.type in devices and weight.is_floating_point() for weight in trained)
    optimizer = MAKERS[recipe.optimizer](groups, recipe, **({"fused": True} if fused else {}))
    set_rate(optimizer, recipe.learning_rate)
    return optimizer


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of the next step, for each group times its factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)
