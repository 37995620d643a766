"""The hand-worked numbers of items 1 to 46, read off the lessons themselves: opened, compiled and run by the product."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from effects.lab import lesson, trained, untrained

from engine.compile.analyse import analyse
from engine.compile.build import build, tapped
from engine.compile.source import generate
from engine.graph.model import Snapshot, Value
from engine.train.run import Run


def grid(text: str) -> torch.Tensor:
    """`1 2 / 3 4` as a matrix."""
    return torch.tensor([[float(word) for word in row.split()] for row in text.split("/")])


def values(snapshot: Snapshot) -> dict[str, torch.Tensor]:
    """What every node gives for the first sample, with the weights that it begins with."""
    return untrained(snapshot).values(limit=1)


def close(value: torch.Tensor, *wanted: float) -> bool:
    return torch.allclose(value.flatten(), torch.tensor(wanted, dtype=value.dtype), atol=1e-5)


# -- back-propagation (items 10, 14 to 17) ------------------------------------------------------------------------------
def backward(snapshot: Snapshot) -> tuple[float, dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Loss, gradient of every node's output, gradient of every weight, for the one sample of the lesson, through the tapped source."""
    analysis = analyse(snapshot)
    built = build(analysis.source, 0)
    run = untrained(snapshot).run
    inputs, targets = run.fetch(run.dataset.train, torch.arange(1))
    seen: dict[str, torch.Tensor] = {}

    def tap(name: str, value: torch.Tensor) -> torch.Tensor:
        seen[name] = value
        if value.requires_grad:
            value.retain_grad()
        return value

    loss = built.loss(tapped(generate(snapshot, facts=analysis.nodes, taps=True))(built.net, *inputs, tap), *targets)
    loss.backward()
    messages = {name: value.grad for name, value in seen.items() if value.grad is not None}
    return loss.item(), messages, {name.split(".")[0]: weight.grad for name, weight in built.net.named_parameters()}


def test_forward_and_backward_of_item_16() -> None:
    snapshot = lesson("backprop-by-hand")
    forward = values(snapshot)
    assert close(forward["fc1"], -0.5, 2) and close(forward["relu1"], 0, 2) and close(forward["fc2"], -2) and close(forward["sigmoid1"], 0.119203)
    loss, messages, gradients = backward(snapshot)
    assert loss == pytest.approx(2.126928, abs=1e-5)
    assert close(messages["fc2"], -0.880797) and close(messages["relu1"], -0.880797, 0.880797) and close(messages["fc1"], 0, 0.880797)
    assert close(gradients["fc2"], 0, -1.761594) and close(gradients["fc1"], 0, 0, 0.880797, 1.761594)


def test_a_weights_gradient_is_a_finite_difference_of_the_loss() -> None:
    _, _, gradients = backward(lesson("backprop-by-hand"))
    weights = lesson("backprop-by-hand").node("fc1").params["own_weights"]
    for place in range(4):
        losses = []
        for step in (1e-2, -1e-2):
            moved = tuple(weight + step * (place == index) for index, weight in enumerate(weights))
            losses.append(backward(lesson("backprop-by-hand", params={"fc1": {"own_weights": moved}}))[0])
        assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(gradients["fc1"].flatten()[place].item(), abs=1e-4)


def test_the_first_step_is_the_one_that_the_text_gives() -> None:
    after = trained(lesson("backprop-by-hand"), steps=1)
    assert close(after.weight("fc2"), 1, -0.823841) and close(after.weight("fc1"), 0.5, -0.5, 0.911920, 0.323841)


# -- losses and sizes (items 1, 9, 11, 12, 13) ---------------------------------------------------------------------------
def test_binary_likelihood_of_item_12() -> None:
    first = trained(lesson("binary-nll-by-hand"), steps=1)
    assert first.losses[0] == pytest.approx(1.60147, abs=1e-5)
    assert close(untrained(lesson("binary-nll-by-hand")).values()["sigmoid1"], 0.9, 0.2, 0.7, 0.4)
    assert trained(lesson("binary-nll-by-hand", params={"fc1": {"own_weights": (0.0,)}}), steps=1).losses[0] == pytest.approx(4 * math.log(2))


def test_ten_equal_scores_cost_ln_10() -> None:
    assert trained(lesson("linear-digits"), steps=1).losses[0] == pytest.approx(2.302585, abs=1e-6)


def test_the_total_is_the_weighted_sum_of_the_losses_of_item_11() -> None:
    snapshot = lesson("two-heads", params={"mse1": {"weight": 0.25}, "cross_entropy1": {"weight": 2.0}})
    found = trained(snapshot, steps=1, shuffle=False)
    run = untrained(snapshot).run
    inputs, targets = run.fetch(run.dataset.train, torch.arange(64))
    seen = dict(zip(("class1", "picture1", "flatten1"), run.net(*inputs), strict=True))
    cross = torch.nn.functional.cross_entropy(seen["class1"], targets[0])
    squared = (seen["picture1"] - seen["flatten1"]).square().mean()
    assert found.losses[0] == pytest.approx((2 * cross + 0.25 * squared).item(), rel=1e-6)


PARAMETERS = [
    ("hand-features", {}, 170), ("linear-digits", {}, 7_850), ("mlp-mnist", {}, 79_510), ("spirals", {}, 162), ("deep-mlp", {}, 626),
    ("deep-mlp", {"mlp1": {"depth": 1, "width": 125}}, 627), ("backprop-by-hand", {}, 6), ("conv-channels", {}, 2 * 56),
]  # fmt: skip


@pytest.mark.parametrize(("lesson_id", "params", "count"), PARAMETERS)
def test_parameters_are_as_the_texts_say(lesson_id: str, params: dict[str, dict[str, Value]], count: int) -> None:
    assert analyse(lesson(lesson_id, params=params)).parameters == count


def test_sixteen_descriptors_of_item_1() -> None:
    assert analyse(lesson("hand-features")).nodes["features1"].outputs["out"][1:] == (16,)


# -- batches (items 18 to 23) --------------------------------------------------------------------------------------------
def test_every_digit_once_an_epoch() -> None:
    steps: list[torch.Tensor] = []

    def note(run: Run) -> None:
        if not steps:
            steps.extend(run.batches())

    trained(lesson("minibatch"), steps=1, watch=note)
    assert len(steps) == 63 and torch.equal(torch.cat(steps).sort().values, torch.arange(4000)) and not torch.equal(torch.cat(steps), torch.arange(4000))


@pytest.mark.parametrize(("lesson_id", "steps"), [("full-batch", 1), ("one-example", 4000), ("minibatch", 63)])
def test_steps_an_epoch(lesson_id: str, steps: int) -> None:
    assert trained(lesson(lesson_id), steps=1).run.steps_per_epoch == steps


# -- convolutions (items 24, 30 to 46) -----------------------------------------------------------------------------------
def test_cross_correlation_and_convolution_of_items_33_and_35() -> None:
    found = values(lesson("conv-by-hand"))
    assert torch.equal(found["conv1"][0, 0], grid("12 12 17 / 10 17 19 / 9 6 14"))
    assert torch.equal(found["filter1"][0, 0], grid("18 20 19 / 10 9 17 / 11 8 14"))
    assert trained(lesson("conv-by-hand"), steps=1).losses[0] == 20


def test_borders_and_strides_of_items_36_to_39() -> None:
    found = values(lesson("conv-borders"))
    assert torch.equal(found["filter1"][0, 0], grid("12 12 17 / 10 17 19 / 9 6 14"))
    assert torch.equal(found["filter2"][0, 0], grid("6 14 17 11 3 / 14 12 12 17 11 / 8 10 17 19 13 / 11 9 6 14 12 / 6 4 4 6 4"))
    assert found["filter3"][0, 0, 0].tolist() == [12, 16, 24, 16, 16]
    assert torch.equal(found["filter4"][0, 0], grid("6 17 3 / 8 17 13 / 6 4 4"))
    kernel = {"own_weights": (0, 1, 2, 2, 2, 0, 0, 1, 2)}
    same = values(lesson("conv-borders", params={f"conv{place}": kernel for place in (1, 2, 3, 4)}))  # Conv2d with that kernel gives the same
    assert all(torch.equal(same[f"conv{place}"], same[f"filter{place}"]) for place in (1, 2, 3, 4))


def test_the_volume_of_item_44() -> None:
    assert torch.equal(values(lesson("conv-channels"))["slide1"][0], torch.stack([grid("2 0 4/2 3 0/6 6 -1"), grid("3 5 -2/-4 0 -1/2 -1 -6")]))


def test_each_filter_by_itself_gives_its_map() -> None:
    whole = lesson("conv-channels").node("slide1").params["own_weights"]
    alone = lesson("conv-channels", params={"student1": {"out_channels": 1}, "slide1": {"out_channels": 1}})
    for filter_, bias, wanted in ((whole[:27], 1.0, "2 0 4/2 3 0/6 6 -1"), (whole[27:], 0.0, "3 5 -2/-4 0 -1/2 -1 -6")):
        one = lesson_with(alone, own_weights=filter_, own_biases=(bias,))
        assert torch.equal(values(one)["slide1"][0, 0], grid(wanted))


def lesson_with(snapshot: Snapshot, **params: Value) -> Snapshot:
    """The slide's convolution with other numbers to begin with, set together."""
    slide = snapshot.node("slide1")
    news = replace(slide, params={**slide.params, **params})
    return replace(snapshot, nodes=tuple(news if node.id == "slide1" else node for node in snapshot.nodes))


def test_full_local_and_shared_connections_of_items_24_30_and_45() -> None:
    nodes = analyse(lesson("three-connections")).nodes
    assert [nodes[name].parameters for name in ("fc1", "local1", "conv1")] == [14_455_392, 357_504, 456]
    assert nodes["local1"].outputs == nodes["conv1"].outputs == {"out": (64, 6, 28, 28)} and nodes["fc1"].outputs["out"][1] == 6 * 28 * 28
    assert nodes["local1"].macs == nodes["conv1"].macs


def test_two_convolutions_of_item_45() -> None:
    nodes = analyse(lesson("conv-stack")).nodes
    assert [(nodes[name].parameters, nodes[name].outputs["out"][1:], nodes[name].receptive) for name in ("conv1", "conv2")] == [
        (456, (6, 28, 28), (5, 5)), (1510, (10, 24, 24), (9, 9)),
    ]  # fmt: skip


def test_receptive_fields_of_items_31_and_46() -> None:
    nodes = analyse(lesson("receptive-field")).nodes
    assert [nodes[f"conv{place}"].receptive for place in range(1, 8)] == [(2 * place + 1,) * 2 for place in range(1, 8)]


def test_the_gaussian_of_item_34() -> None:
    network = untrained(lesson("known-filters")).run.net
    gaussian = network.filter1.weight[0, 0]
    assert torch.equal(gaussian * 16, grid("1 2 1 / 2 4 2 / 1 2 1")) and gaussian.sum() == 1
    assert torch.equal(gaussian, torch.outer(gaussian.sum(1), gaussian.sum(0)))  # separable
