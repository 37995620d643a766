"""The optimizers against hand-worked numbers of the lecture, against torch, and against themselves after a resume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from train_tools import Notes, forgetful, perceptron, same_bits, trained, weights

from engine.graph.model import Recipe
from engine.layers.optimizers import BY_ID, OPTIMIZERS
from engine.layers.recipe import switched
from engine.train import optimizers
from engine.train.optimizers import LectureSGD, make


def recipe_of(optimizer: str, **more: object) -> Recipe:
    """The usual settings of this optimizer."""
    return replace(replace(Recipe(), **switched(Recipe(optimizer=""), optimizer)), **more)


def path(optimizer: torch.optim.Optimizer, weight: torch.nn.Parameter, *, steps: int, curvature: float = 4.0) -> list[float]:
    """The places of a weight that starts at 1 and follows the gradient of curvature w² / 2."""
    places = []
    for _ in range(steps):
        weight.grad = curvature * weight.detach()
        optimizer.step()
        places.append(weight.item())
    return places


def one() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.ones(1, dtype=torch.float64))


def test_momentum_of_lecture_item_83():
    weight = one()
    optimizer = make(recipe_of("sgd_lecture", learning_rate=0.1, momentum=0.9), [weight])
    assert path(optimizer, weight, steps=4) == pytest.approx([0.6, 0.0, -0.54, -0.81], abs=1e-12)


def iterations(recipe: Recipe) -> int:
    """How many steps (w1² + 100 w2²) / 2 takes from (1, 1) until the distance to the minimum is 10⁻⁴ of what it was."""
    weight = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    optimizer, curvatures = make(recipe, [weight]), torch.tensor([1.0, 100.0], dtype=torch.float64)
    for step in range(1, 2000):
        weight.grad = curvatures * weight.detach()
        optimizer.step()
        if weight.detach().norm() < 1e-4 * 2**0.5:
            return step
    raise AssertionError("no minimum found")


def test_momentum_saves_iterations_on_a_long_valley():
    """Condition 100: 461 steps at the best rate without momentum, 74 with the best momentum (rounded to three digits)."""
    assert iterations(recipe_of("sgd_lecture", learning_rate=2 / 101, momentum=0.0)) == 461
    assert iterations(recipe_of("sgd_lecture", learning_rate=0.03306, momentum=0.669)) == 74


def test_weight_decay_of_lecture_item_84_is_outside_the_momentum():
    recipe = {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.5}
    weight, other = one(), one()
    lecture, coupled = make(recipe_of("sgd_lecture", **recipe), [weight]), make(recipe_of("sgd", **recipe), [other])
    assert path(lecture, weight, steps=4) == pytest.approx([0.55, -0.0575, -0.553625, -0.75359375], abs=1e-12)
    assert path(coupled, other, steps=4) == pytest.approx([0.55, -0.1025, -0.643625, -0.84100625], abs=1e-12)


def test_the_rate_is_part_of_the_remembered_step():
    """After a change of the rate the lecture's form keeps the old step, torch's scales it."""
    places = {}
    for name in ("sgd_lecture", "sgd"):
        weight = one()
        optimizer = make(recipe_of(name, learning_rate=0.1, momentum=0.9), [weight])
        path(optimizer, weight, steps=1)
        optimizers.set_rate(optimizer, 0.0)
        places[name] = path(optimizer, weight, steps=1)[0]
    assert places == pytest.approx({"sgd_lecture": 0.6 - 0.9 * 0.4, "sgd": 0.6})


def test_the_lecture_form_without_momentum_and_decay_is_torchs():
    weight, other = (torch.nn.Parameter(torch.linspace(-1, 1, 7)) for _ in range(2))
    mine, theirs = LectureSGD([weight], 0.3), torch.optim.SGD([other], 0.3)
    for step in range(3):
        weight.grad = torch.full((7,), float(step + 1))
        other.grad = weight.grad.clone()
        mine.step()
        theirs.step()
    assert torch.equal(weight, other)


TORCH = {
    "sgd": ({"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}, lambda w: torch.optim.SGD(w, 0.05, 0.8, weight_decay=0.1, nesterov=True)),
    "rmsprop": (
        {"alpha": 0.9, "eps": 1e-6, "momentum": 0.5, "centered": True, "weight_decay": 0.1},
        lambda w: torch.optim.RMSprop(w, 0.001, 0.9, 1e-6, 0.1, 0.5, True),
    ),
    "adagrad": ({"lr_decay": 0.1, "weight_decay": 0.1}, lambda w: torch.optim.Adagrad(w, 0.01, 0.1, 0.1)),
    "adam": ({"beta1": 0.8, "weight_decay": 0.1}, lambda w: torch.optim.Adam(w, 0.001, (0.8, 0.999), weight_decay=0.1)),
    "adamw": ({"beta2": 0.9, "amsgrad": True, "eps": 1e-3}, lambda w: torch.optim.AdamW(w, 0.001, (0.9, 0.9), 1e-3, 0.01, True)),
}


@pytest.mark.parametrize("name", TORCH)
def test_the_first_three_steps_are_torchs(name: str):
    """Lecture item 85. Fused kernels may round the last bit of float64 otherwise."""
    more, theirs_of = TORCH[name]
    start = torch.linspace(-2, 2, 11, dtype=torch.float64)
    weight, other = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    mine, theirs = make(recipe_of(name, **more), [weight]), theirs_of([other])
    for _ in range(3):
        for w, optimizer in ((weight, mine), (other, theirs)):
            w.grad = torch.sin(3 * w.detach()) + w.detach()
            optimizer.step()
        assert not torch.equal(weight, start) and torch.allclose(weight, other, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=BY_ID)
def test_every_parameter_of_every_optimizer_changes_the_path(row):
    changed = {"learning_rate": 0.02, "momentum": 0.5, "nesterov": True, "weight_decay": 0.3, "beta1": 0.5, "beta2": 0.5, "alpha": 0.5, "eps": 0.5}
    changed |= {"lr_decay": 0.5, "centered": True, "amsgrad": True}

    def places(**more: object) -> list[float]:
        weight = one()
        optimizer = make(recipe_of(row.id, **more), [weight])
        found = []
        for gradient in (3.0, -1.0, 0.5, 0.25):
            weight.grad = torch.full_like(weight, gradient) + weight.detach()
            optimizer.step()
            found.append(weight.item())
        return found

    usual = places()
    for param in row.params:
        assert places(**{param.name: changed[param.name]}) != usual, param.name


@pytest.mark.parametrize("name", BY_ID)
def test_every_optimizer_goes_on_to_the_bit(tmp_path: Path, name: str):
    snapshot = forgetful(**{**vars_of(recipe_of(name)), "schedule": "cosine", "clip_norm": 1.0})
    _, whole = trained(snapshot, steps=14)
    part, _ = trained(snapshot, Notes(stop_at=7), folder=tmp_path, steps=14)
    torch.manual_seed(1)
    result, resumed = trained(snapshot, resume=part.folder, steps=14)
    assert (result.reason, result.steps) == ("finished", 14) and same_bits(weights(whole), weights(resumed))
    assert whole.run.metrics.steps("learning_rate").tolist() == resumed.run.metrics.steps("learning_rate").tolist()


def vars_of(recipe: Recipe) -> dict[str, object]:
    return {param.name: getattr(recipe, param.name) for param in BY_ID[recipe.optimizer].params} | {"optimizer": recipe.optimizer}


def test_settings_of_the_recipe_count_after_a_resume(tmp_path: Path):
    part, _ = trained(perceptron(momentum=0.9), Notes(stop_at=3), folder=tmp_path)
    _, notes = trained(perceptron(momentum=0.5), resume=part.folder, steps=4)
    assert [group["momentum"] for group in notes.run.optimizer.param_groups] == [0.5]


def test_a_factor_scales_the_rate_of_one_layer():
    snapshot = perceptron(momentum=0.0)
    slow = replace(snapshot, nodes=tuple(replace(n, lr_factor=0.25 if n.id == "fc1" else 1.0) for n in snapshot.nodes))
    starts: dict[str, torch.Tensor] = {}
    _, notes = trained(snapshot, Notes(stop_at=1))
    _, slowed = trained(slow, Notes(stop_at=1))
    _, still = trained(replace(snapshot, recipe=replace(snapshot.recipe, learning_rate=1e-12)), Notes(stop_at=1))
    starts = weights(still)
    usual, slower = weights(notes), weights(slowed)
    assert torch.equal(usual["fc2.weight"], slower["fc2.weight"])
    assert torch.allclose((slower["fc1.weight"] - starts["fc1.weight"]) * 4, usual["fc1.weight"] - starts["fc1.weight"], atol=1e-6)
    assert slowed.run.metrics.steps("learning_rate")[0] == 0.05


def test_a_factor_of_zero_keeps_weights_as_freezing_does():
    snapshot = perceptron()
    kept = replace(snapshot, nodes=tuple(replace(n, lr_factor=0.0 if n.id == "fc1" else 1.0) for n in snapshot.nodes))
    _, before = trained(kept, Notes(stop_at=1))
    _, after = trained(kept, Notes(stop_at=9))
    assert torch.equal(weights(before)["fc1.weight"], weights(after)["fc1.weight"])
    assert not torch.equal(weights(before)["fc2.weight"], weights(after)["fc2.weight"])


def test_changed_factors_are_no_checkpoint_to_go_on_from(tmp_path: Path):
    snapshot = perceptron()
    part, _ = trained(snapshot, Notes(stop_at=3), folder=tmp_path)
    other = replace(snapshot, nodes=tuple(replace(n, lr_factor=0.5 if n.id == "fc1" else 1.0) for n in snapshot.nodes))
    result, _ = trained(other, resume=part.folder)
    assert (result.reason, result.problem.code) == ("failed", "recipe-changed") and "factors" in result.message


def test_fused_kernels_are_used_where_torch_has_them():
    for name, wanted in (("sgd", True), ("adagrad", True), ("adam", True), ("adamw", True)):
        assert make(recipe_of(name), [one()]).param_groups[0]["fused"] is wanted
