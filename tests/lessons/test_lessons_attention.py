"""Items 95 to 110: the numbers of the lecture through the lessons' own nodes."""

from __future__ import annotations

import math

import pytest
import torch
from effects.lab import bypassed, lesson, untrained
from lesson_bench import first_values
from torch import nn

from engine.probe.tap import Twin


def rows(text: str) -> torch.Tensor:
    """`1 2 / 3 4` as a matrix."""
    return torch.tensor([[float(number) for number in row.split()] for row in text.split("/")])


def close(value: torch.Tensor, expected: str) -> bool:
    return torch.allclose(value[0], rows(expected), atol=6e-5)


# -- 97 to 104 ------------------------------------------------------------------------------------------------------------------
def test_attention_by_hand() -> None:
    values = first_values(lesson("attention-by-hand"))
    assert torch.equal(values["scores1"][0], rows("1 0 1 / 0 1 1 / 1 1 2"))
    assert close(values["softmax1"], ".4011 .1978 .4011 / .1978 .4011 .4011 / .2483 .2483 .5035")
    assert close(values["features1"], ".8022 .5989 / .5989 .8022 / .7517 .7517")
    assert torch.equal(values["add1"], values["features1"] + rows("1 0 / 0 1 / 1 1"))


def test_attention_by_hand_without_the_root() -> None:
    values = first_values(lesson("attention-by-hand", bypassed("scale1")))
    assert close(values["softmax1"], ".4223 .1554 .4223 / .1554 .4223 .4223 / .2119 .2119 .5761")


# -- 100 to 103 -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("features", [4, 16, 64, 256])
def test_the_variance_of_scores_is_the_number_of_features(features: int) -> None:
    wide = {name: {"out_features": features} for name in ("query1", "key1", "value1")}
    squares = [first_values(lesson("attention-scale", params=wide), seed=seed)["scores1"].square().mean() for seed in range(24)]
    assert float(sum(squares)) / len(squares) == pytest.approx(features, rel=0.4)


def test_without_the_root_softmax_is_peaked_and_passes_no_gradient() -> None:
    scaled, bare = (first_values(lesson("attention-scale", *actions))["softmax1"] for actions in ((), (bypassed("scale1"),)))
    entropies = [float(-(p * p.clamp_min(1e-30).log()).sum(-1).mean()) for p in (scaled, bare)]
    slopes = [float((torch.diag_embed(p) - p[..., None] * p[..., None, :]).flatten(-2).norm(dim=-1).mean()) for p in (scaled, bare)]
    assert entropies[0] > 0.75 * math.log(16) and entropies[1] < 0.3 * math.log(16)
    assert torch.allclose(scaled.sum(-1), torch.ones(()))
    assert slopes[0] > 1.0 * slopes[1], slopes


# -- 105 ------------------------------------------------------------------------------------------------------------------------
def test_drawn_heads_equal_multi_head_attention() -> None:
    made = untrained(lesson("multi-head"))
    net, source = made.run.net.double(), made.run.source
    theirs = nn.MultiheadAttention(64, 4, bias=False, batch_first=True).double()
    weights = theirs.in_proj_weight.unflatten(0, (3, 4, 16))  # query, key, value; head
    with torch.no_grad():
        for head in range(4):
            block = net.get_submodule(source.modules[f"head{head + 1}"])
            for part, name in enumerate(("query", "key", "value")):
                getattr(block, name).weight.copy_(weights[part, head])
        net.get_submodule(source.modules["mix1"]).weight.copy_(theirs.out_proj.weight)
    inputs, _ = made.run.fetch(made.run.dataset.train, torch.arange(4))
    values = Twin(net, made.run.snapshot, made.run.facts).values((inputs[0].double(),))
    expected = theirs(values["norm1"], values["norm1"], values["norm1"])[0]
    assert torch.allclose(values["mix1"], expected, atol=1e-12)


# -- 96 -------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("layers", [1, 3, 5, 7])
def test_a_change_travels_one_column_a_layer(layers: int) -> None:
    net = untrained(lesson("mirror-convolution", params={"layers1": {"repeat": layers}})).run.net
    x = torch.ones(1, 1, 8, 8)
    other = x.clone()
    other[..., 0] = -1
    with torch.no_grad():
        moved = (net(x) - net(other)).abs().amax((0, 1, 2))
    assert moved.nonzero().flatten().tolist() == list(range(layers + 1))
