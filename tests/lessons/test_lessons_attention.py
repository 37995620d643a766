"""Items 95 to 110: the numbers of the lecture through the lessons' own nodes."""

from __future__ import annotations

import math

import pytest
import torch
from effects.lab import bypassed, lesson, untrained
from lesson_bench import first_values
from torch import nn

from engine.compile.analyse import analyse
from engine.graph import edits
from engine.graph.model import Snapshot
from engine.graph.ops import Op
from engine.layers import registry
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
@pytest.mark.parametrize("features", [16, 256])
def test_the_variance_of_scores_is_the_number_of_features(features: int) -> None:
    wide = {name: {"out_features": features} for name in ("query1", "key1", "value1")}
    squares = [first_values(lesson("attention-scale", params=wide), seed=seed)["scores1"].square().mean() for seed in range(16)]
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


# -- 106 ------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("patch", "entries"), [(14, "64"), (7, "1,024"), (4, "9,604"), (2, "153,664"), (1, "2,458,624")])
def test_attention_weights_grow_with_the_square_of_tokens(patch: int, entries: str) -> None:
    snapshot = lesson("quadratic-cost", params={"patches1": {"patch": patch}})
    tokens = (28 // patch) ** 2
    values = first_values(snapshot, samples=1)
    assert values["patches1"].shape == (1, tokens, patch**2)
    row, node = registry.TYPES["multi_head_attention"], snapshot.node("attention1")
    assert entries in row.formula(row.values(node.params), (1, tokens, 64)).text


# -- 107, 108 -------------------------------------------------------------------------------------------------------------------
def test_a_patch_embedding_is_a_convolution() -> None:
    def tokens(take: str, weights: dict[str, torch.Tensor]) -> torch.Tensor:
        made = untrained(lesson("patches-are-convolution", params={"choose1": {"take": take}}))
        made.run.net.load_state_dict(weights, strict=False)
        return Twin(made.run.net, made.run.snapshot, made.run.facts).values((image,))["embed1" if take == "a" else "tokens1"]

    generator = torch.Generator().manual_seed(1)
    image = torch.randint(0, 16, (8, 1, 28, 28), generator=generator).float()  # small whole numbers: no sum is rounded
    matrix, bias = torch.randint(-8, 9, (64, 49), generator=generator) / 8, torch.randint(-8, 9, (64,), generator=generator) / 8
    cut = tokens("a", {"embed1.weight": matrix, "embed1.bias": bias})
    slid = tokens("b", {"conv1.weight": matrix.view(64, 1, 7, 7), "conv1.bias": bias})
    assert cut.shape == slid.shape == (8, 16, 64) and cut.std() > 0.1
    assert torch.equal(cut, slid)


def shuffled(snapshot: Snapshot) -> list[Op]:
    """An action: switches ShufflePatches on."""
    return edits.toggle_bypass(snapshot, ["shuffle1"])


@pytest.mark.parametrize("blind", [True, False])
def test_only_positions_notice_shuffled_patches(blind: bool) -> None:
    actions = [bypassed("positions1")] if blind else []
    calm, mixed = (first_values(lesson("vit-positions", *more))["fc1"] for more in (actions, [*actions, shuffled]))
    assert (float((calm - mixed).abs().max()) < 1e-5) is blind


def test_coordinates_have_a_place_for_every_size() -> None:
    small = untrained(lesson("vit-sizes"))
    wide = untrained(lesson("vit-sizes", lambda snapshot: edits.toggle_bypass(snapshot, ["pad1"])), seed=1)
    wide.run.net.load_state_dict(small.run.net.state_dict())  # no tensor has another shape
    inputs, _ = wide.run.fetch(wide.run.dataset.train, torch.arange(4))
    values = Twin(wide.run.net, wide.run.snapshot, wide.run.facts).values(tuple(inputs))
    assert values["pad1"].shape == (4, 1, 28, 42) and values["positions1"].shape == (4, 24, 64) and values["fc1"].isfinite().all()


# -- 109, 110 -------------------------------------------------------------------------------------------------------------------
def test_packed_images_are_computed_as_if_they_were_alone() -> None:
    snapshot = lesson("pack-digits")
    few = {node.id: {"count": 40} for node in snapshot.nodes if node.type == "digit_canvases"}
    made = untrained(lesson("pack-digits", params=few))
    net = made.run.net.eval()
    (image, size), _ = made.run.fetch(made.run.dataset.train, torch.arange(12))
    with torch.no_grad():
        together = net(image, size)
        alone = torch.cat([net(image[i : i + 1, :, :h, :w], size[i : i + 1]) for i, (h, w) in enumerate(size.tolist())])
    assert len(set(map(tuple, size.tolist()))) > 3
    assert torch.allclose(together, alone, atol=1e-5)


def test_three_decoders_read_the_same_tokens() -> None:
    analysis = analyse(lesson("setr-decoders"))
    assert not analysis.errors and {"naive1", "pup1", "mla1"} <= set(analysis.nodes)
    shapes = [next(iter(analysis.nodes[name].outputs.values())) for name in ("naive1", "pup1", "mla1")]
    assert len({shape[1:] for shape in shapes}) == 1 and shapes[0][2:] == (48, 48)
