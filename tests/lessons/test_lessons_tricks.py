"""Items 70 to 89: the numbers of the lecture through the lessons' own nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import pytest
import torch
from effects.lab import lesson, trained, untrained
from lesson_bench import first_values

from engine.compile.analyse import analyse
from engine.graph import edits
from engine.graph.inside import in_block
from engine.graph.model import Snapshot, Value
from engine.graph.ops import Op
from engine.train.run import Run


def path_of(lesson_id: str, node: str, *, steps: int, **recipe: Value) -> list[list[float]]:
    """The weights of `node` before each step and after the last."""
    seen: list[list[float]] = []

    def watch(run: Run) -> None:
        seen.append(getattr(run.net, run.source.modules[node]).weight.detach().flatten().tolist())

    done = trained(lesson(lesson_id), steps=steps, watch=watch, fails=True, **recipe)
    return [*seen, done.weight(node).flatten().tolist()]


# -- 83, 84 ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, [0.6, 0, -0.54, -0.81]),
        ({"weight_decay": 0.5}, [0.55, -0.0575, -0.553625, -0.75359]),
        ({"weight_decay": 0.5, "optimizer": "sgd"}, [0.55, -0.1025, -0.643625, -0.84101]),
        ({"optimizer": "sgd"}, [0.6, 0, -0.54, -0.81]),
        ({"momentum": 0.0}, [0.6, 0.36, 0.216, 0.1296]),
    ],
)
def test_momentum_and_decay_by_hand(recipe: dict[str, Value], expected: list[float]) -> None:
    path = path_of("momentum-by-hand", "fc1", steps=4, **recipe)
    assert path[0] == [1.0]
    assert [w for (w,) in path[1:]] == pytest.approx(expected, abs=6e-6)


def steps_to_shrink(**recipe: Value) -> int:
    """How many steps bring both weights of the valley to a ten-thousandth of where they began."""
    path = path_of("momentum-valley", "fc1", steps=500, epochs=500, **recipe)
    return next(step for step, (a, b) in enumerate(path) if (a * a + b * b) ** 0.5 < 1e-4 * 2**0.5)


def test_momentum_takes_74_steps_where_gradient_descent_takes_461() -> None:
    assert (steps_to_shrink(), steps_to_shrink(momentum=0.0, learning_rate=2 / 101)) == (74, 461)


def test_too_large_a_rate_climbs_out_of_the_valley() -> None:
    path = path_of("momentum-valley", "fc1", steps=40, momentum=0.0, learning_rate=0.021)
    assert abs(path[-1][1]) > 10 and abs(path[-1][0]) < 1


MAKERS = {
    "adagrad": lambda w: torch.optim.Adagrad(w, 0.1),
    "adam": lambda w: torch.optim.Adam(w, 0.1),
    "adamw": lambda w: torch.optim.AdamW(w, 0.1, weight_decay=0.0),
    "rmsprop": lambda w: torch.optim.RMSprop(w, 0.1),
    "sgd": lambda w: torch.optim.SGD(w, 0.01, momentum=0.9, nesterov=True),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_first_steps_are_those_of_torch(name: str) -> None:
    w = torch.ones(1, 2, requires_grad=True)
    theirs, expected = MAKERS[name]([w]), []
    for _ in range(3):
        theirs.zero_grad()
        (0.5 * (w * w * torch.tensor([1.0, 100.0])).sum()).backward()
        theirs.step()
        expected.append(w.detach().flatten().tolist())
    rates = {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True} if name == "sgd" else {"learning_rate": 0.1, "momentum": 0.0}
    ours = path_of("momentum-valley", "fc1", steps=3, optimizer=name, **rates)
    assert [value for pair in ours[1:] for value in pair] == pytest.approx([value for pair in expected for value in pair], rel=1e-6, abs=1e-7)


# -- 77 to 80 -------------------------------------------------------------------------------------------------------------------
def test_batch_norm_by_hand() -> None:
    values = first_values(lesson("batch-norm-by-hand"), training=True)
    assert values["bn1"].flatten().tolist() == pytest.approx([-1.06904, -0.53452, 0, 1.60357], abs=2e-5)


# -- 71 to 76 -------------------------------------------------------------------------------------------------------------------
LAYERS = {f"layers{i}": {"width": 600, "repeat": 3} for i in (1, 2, 3)}  # nine layers, wide enough for little chance


def linear_layers(snapshot: Snapshot) -> list[Op]:
    """An action: switches the ReLU inside the block off."""
    return in_block(snapshot, "DenseLayer", edits.toggle_bypass(snapshot.body("DenseLayer"), ["relu"]))


def growth(*actions: Callable[[Snapshot], Iterable[Op]], init: str) -> float:
    """The power of two by which the mean square grows over nine layers, over a few beginnings."""
    found = []
    for seed in range(4):
        values = first_values(lesson("init-deep", *actions, params=LAYERS, init=init, init_fan="fan_in"), seed=seed, samples=64)
        found.append(math.log2(values["layers3"].square().mean() / values["flatten1"].square().mean()))
    return sum(found) / len(found)


def test_the_variance_over_nine_layers() -> None:
    assert growth(init="xavier_normal") == pytest.approx(-9, abs=0.7)  # ReLU takes a half in each
    assert growth(init="he_normal") == pytest.approx(0, abs=0.7)
    assert growth(linear_layers, init="xavier_normal") == pytest.approx(0, abs=0.7)  # M Var[w] = 1 keeps it


def test_thirty_layers_shrink_small_weights_to_nothing() -> None:
    normal = first_values(lesson("init-deep", init="normal"))["layers3"].double().square().mean().sqrt()
    xavier = first_values(lesson("init-deep", init="xavier_normal"))["layers3"].square().mean().sqrt()
    assert 1e-32 < normal < 1e-28 and 2**-18 < xavier < 2**-11


@pytest.mark.parametrize(
    ("family", "fan", "std", "reach"),
    [
        ("xavier", "average", 0.047565, 0.082385),
        ("he", "fan_out", 0.141421, 0.244949),
        ("he", "fan_in", 0.050508, 0.087482),
        ("he", "average", 0.067267, 0.116510),
    ],
)
def test_the_reach_of_first_weights(family: str, fan: str, std: float, reach: float) -> None:
    normal, uniform = (
        untrained(lesson("init-fans", params={"fc1": {"init": f"{family}_{form}", "init_fan": fan}})).weight("fc1") for form in ("normal", "uniform")
    )
    assert float(normal.std()) == pytest.approx(std, rel=0.01)
    assert float(uniform.abs().max()) == pytest.approx(reach, rel=1e-3) and uniform.abs().max() <= reach + 1e-6


@pytest.mark.parametrize(("words", "value"), [("0", 0.0), ("0.01", 0.01)])
def test_biases_begin_as_said(words: str, value: float) -> None:
    bias = untrained(lesson("init-fans", params={"fc1": {"bias_init": words}})).weight("fc1", "bias")
    assert torch.equal(bias, torch.full((100,), value))


# -- 80 to 82 -------------------------------------------------------------------------------------------------------------------
NORMS = {"a": "bn1", "b": "ln1", "c": "in1", "d": "gn1"}


def norm_of(take: str, **groups: int) -> torch.Tensor:
    """What the chosen norm of the image lesson gives for a batch of eight, in training mode."""
    params: dict[str, dict[str, Value]] = {"choose1": {"take": take}, "gn1": groups}
    return first_values(lesson("norms-on-images", params=params), training=True)[NORMS[take]]


def test_one_group_is_layer_norm_and_a_group_for_each_map_is_instance_norm() -> None:
    assert torch.allclose(norm_of("d", num_groups=1), norm_of("b"), atol=1e-5)
    assert torch.allclose(norm_of("d", num_groups=8), norm_of("c"), atol=1e-5)
    assert not torch.allclose(norm_of("d", num_groups=4), norm_of("b"), atol=0.1)


@pytest.mark.parametrize(("take", "axes"), [("a", (0, 2, 3)), ("b", (1, 2, 3)), ("c", (2, 3))])
def test_which_cells_share_a_mean(take: str, axes: tuple[int, ...]) -> None:
    found = norm_of(take)
    assert torch.allclose(found.mean(axes), torch.zeros(()), atol=1e-5) and torch.allclose(found.var(axes, unbiased=False), torch.ones(()), atol=1e-3)


def test_two_samples_become_plus_and_minus_one() -> None:
    found = first_values(lesson("norms-small-batch"), training=True, samples=2)["bn1"]
    assert torch.allclose(found.sum(0), torch.zeros(100), atol=1e-4) and found.abs().median() == pytest.approx(1, abs=0.01)


def test_a_batch_of_one_is_refused_where_it_stands() -> None:
    problems = {p.node: p for p in analyse(lesson("norms-small-batch", batch_size=1)).errors}
    assert "several samples" in problems["bn1"].message
    assert not analyse(lesson("norms-small-batch", params={"choose1": {"take": "b"}}, batch_size=1)).errors


def test_a_bias_before_batch_norm_is_called_useless() -> None:
    (problem,) = analyse(lesson("batch-norm-rate", params={"fc2": {"bias": True}})).problems
    assert problem.node == "fc2" and "bias" in problem.message and "bn2" in problem.message


# -- 86 -------------------------------------------------------------------------------------------------------------------------
def test_dropout_keeps_the_mean_and_does_nothing_in_evaluation() -> None:
    values = first_values(lesson("dropout"), training=True, samples=64)
    before, after = values["relu1"], values["drop2"]
    kept = after != 0
    assert torch.allclose(after[kept], 2 * before[kept])  # 1 / (1 − 0.5)
    assert float(after.mean()) == pytest.approx(float(before.mean()), rel=0.05)
    assert float(kept[before > 0].float().mean()) == pytest.approx(0.5, abs=0.02)
    calm = first_values(lesson("dropout"), samples=64)
    assert torch.equal(calm["drop2"], calm["relu1"])


# -- 87, 88 ---------------------------------------------------------------------------------------------------------------------
def test_the_error_of_the_average_is_the_mean_error_minus_the_ambiguity() -> None:
    found = trained(lesson("ensemble"), epochs=2).result.ensemble
    assert found is not None and found.copies == 5 == len(found.members) == len(found.weights)
    assert found.squares["whole"] == pytest.approx(found.squares["members"] - found.squares["ambiguity"], rel=1e-9)
    assert found.squares["ambiguity"] > 0 and found.squares["optimal"] <= found.squares["whole"]
    assert sum(found.weights) == pytest.approx(1)
