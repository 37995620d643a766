"""Items 61-65 and 96-108 of the lecture: attention, places, patches, views, joins and recurrent layers through the product's own nodes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from layer_lab import bench, grid, parameters, problems, run
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph.model import Node, Recipe, Snapshot, Wire, frozen

TOKENS = torch.tensor([[[1.0, 0], [0, 1], [1, 1]]])  # the three tokens of the lecture; Q = K = V = I
SCALED = [[0.4011, 0.1978, 0.4011], [0.1978, 0.4011, 0.4011], [0.2483, 0.2483, 0.5035]]


def close(values: torch.Tensor, expected: list[list[float]]) -> bool:
    return torch.allclose(values, torch.tensor(expected), atol=6e-5)


# -- attention ----------------------------------------------------------------------------------------------------------------
def test_attention_by_hand_step_by_step() -> None:
    scores = run("matmul", TOKENS, TOKENS, transpose=True)  # item 100
    assert torch.equal(scores[0], grid("1 0 1 / 0 1 1 / 1 1 2"))
    weights = run("softmax", scores, dim=-1)  # item 101
    assert close(weights[0], [[0.4223, 0.1554, 0.4223], [0.1554, 0.4223, 0.4223], [0.2119, 0.2119, 0.5761]])
    scaled = run("softmax", run("matmul", run("scale", TOKENS, by="1 / √D"), TOKENS, transpose=True), dim=-1)  # item 103
    assert close(scaled[0], SCALED) and torch.allclose(scaled.sum(-1), torch.ones(3))
    assert torch.allclose(run("softmax", run("matmul", TOKENS, TOKENS, transpose=True, scaled=True), dim=-1), scaled)
    features = run("matmul", scaled, TOKENS)  # item 104
    assert close(features[0], [[0.8022, 0.5989], [0.5989, 0.8022], [0.7517, 0.7517]])
    assert torch.allclose(run("scaled_dot_product", TOKENS, TOKENS, TOKENS), features, atol=1e-6)
    assert torch.allclose(run("scaled_dot_product", TOKENS, TOKENS, TOKENS, scaled=False), weights @ TOKENS, atol=1e-6)
    assert torch.equal(run("scaled_dot_product", TOKENS, TOKENS, TOKENS, causal=True)[0, 0], TOKENS[0, 0])


def test_scores_grow_with_the_features() -> None:
    for features in (4, 16, 64, 256, 1024):
        generator = torch.Generator().manual_seed(features)
        q, k = (torch.randn(20, 50, features, generator=generator) for _ in range(2))
        assert float(run("matmul", q, k, transpose=True).var()) == pytest.approx(features, rel=0.06)  # item 102
        assert float(run("matmul", q, k, transpose=True, scaled=True).var()) == pytest.approx(1, rel=0.06)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["self", "causal", "cross"])
def test_attention_equals_torch_with_the_weights_copied(kind: str, bias: bool) -> None:
    torch.manual_seed(3)
    theirs = nn.MultiheadAttention(12, 3, bias=bias, batch_first=True).double()
    if bias:
        nn.init.normal_(theirs.in_proj_bias)
        nn.init.normal_(theirs.out_proj.bias)
    x, context = torch.randn(2, 5, 12, dtype=torch.float64), torch.randn(2, 7, 12, dtype=torch.float64)
    params = {"num_heads": 3, "bias": bias, **({"causal": True} if kind == "causal" else {})}
    made = bench(("cross_attention" if kind == "cross" else "multi_head_attention", params), inputs=(x, context) if kind == "cross" else (x,))
    ours = made.built.net.double()
    made.module().load_state_dict(theirs.state_dict())  # the same names and sizes (item 105)
    mask = torch.ones(5, 5, dtype=torch.bool).triu(1) if kind == "causal" else None
    keys = context if kind == "cross" else x
    expected, weights = theirs(x, keys, keys, attn_mask=mask, average_attn_weights=False)
    result = ours(x, context) if kind == "cross" else ours(x)
    assert (result - expected).abs().max() < 1e-12
    assert (made.module().weights(x, keys) - weights).abs().max() < 1e-12
    assert made.analysis.nodes["layer1"].parameters == sum(w.numel() for w in theirs.parameters())
    assert made.analysis.nodes["layer1"].macs == 2 * 12 * 12 * (5 + keys.shape[1]) + 2 * 5 * keys.shape[1] * 12


def test_the_weights_drawn_are_those_of_torch() -> None:
    made = bench(("multi_head_attention", {"num_heads": 2}), inputs=(torch.zeros(1, 4, 8),), seed=5)
    torch.manual_seed(5)
    theirs = nn.MultiheadAttention(8, 2).state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in made.module().state_dict().items())


# -- tokens ------------------------------------------------------------------------------------------------------------------
def test_patches_are_a_convolution() -> None:
    image = torch.randn(2, 3, 8, 12)
    patches = run("patchify", image, patch=4)
    assert patches.shape == (2, 6, 48)  # item 107: (H / P)(W / P) tokens
    assert torch.equal(patches[0, 1], image[0, :, :4, 4:8].flatten())
    plain = nn.Conv2d(3, 5, 4, stride=4).double()
    linear = F.linear(patches.double(), plain.weight.flatten(1), plain.bias)
    assert torch.allclose(linear, run("map_to_tokens", plain(image.double()).float()).double(), atol=1e-5)


def test_tokens_and_maps_are_opposites() -> None:
    x = torch.randn(2, 5, 4, 6)
    assert torch.equal(run("tokens_to_map", run("map_to_tokens", x), rows=4), x)
    square = torch.randn(2, 17, 3)
    assert torch.equal(run("tokens_to_map", square, skip=1), square[:, 1:].transpose(1, 2).reshape(2, 3, 4, 4))


def places(type_id: str, tokens: int = 16, dim: int = 8, **params: object) -> torch.Tensor:
    return run(type_id, torch.zeros(1, tokens, dim), **params)[0]


def test_positions() -> None:
    assert parameters("positional_embedding", (16, 8)) == 128 and parameters("positional_embedding", (16, 8), kind="sinusoidal") == 0
    waves = places("positional_embedding", kind="sinusoidal")
    assert torch.allclose(waves[:, 0], torch.arange(16).sin(), atol=1e-5) and torch.allclose(waves[:, 3], (torch.arange(16) / 10).cos(), atol=1e-5)
    assert torch.allclose(waves.square().sum(1), torch.full((16,), 4.0), atol=1e-4)  # four pairs of sine and cosine
    rows = places("factorised_embedding").reshape(4, 4, 8)
    assert torch.allclose(rows[0, 0] + rows[1, 1], rows[0, 1] + rows[1, 0], atol=1e-6) and parameters("factorised_embedding", (16, 8)) == 64
    assert not places("coordinate_embedding", tokens=17, prefix=1)[0].any()


def test_coordinates_work_for_images_of_another_size() -> None:
    small = bench(("coordinate_embedding", {}), inputs=(torch.zeros(1, 16, 8),))
    large = bench(("coordinate_embedding", {"rows": 4}), inputs=(torch.zeros(1, 24, 8),))
    large.module().load_state_dict(small.module().state_dict())
    wide = large(torch.zeros(1, 24, 8))[0].reshape(4, 6, 8)
    square = small(torch.zeros(1, 16, 8))[0].reshape(4, 4, 8)
    assert wide.shape == (4, 6, 8) and square.std() > 0
    table = bench(("positional_embedding", {}), inputs=(torch.zeros(1, 16, 8),))
    with pytest.raises(RuntimeError):
        table(torch.zeros(1, 24, 8))


def transformer(positions: bool) -> Snapshot:
    """Patches of the digits, one block of attention, the mean of the tokens, ten scores."""
    steps = [("patchify", {"patch": 7}), ("linear", {"out_features": 16}), *([("positional_embedding", {})] if positions else []), ("layer_norm", {})]
    steps += [("multi_head_attention", {"num_heads": 4}), ("mean_tokens", {}), ("linear", {"out_features": 10})]
    nodes = [Node("input0", "input", frozen({"shape": (1, 28, 28)})), *(Node(f"step{i}", type_id, frozen(p)) for i, (type_id, p) in enumerate(steps))]
    wires = [Wire("input0", "image", "step0", "x"), *(Wire(f"step{i}", "out", f"step{i + 1}", "x") for i in range(len(steps) - 1))]
    return Snapshot(nodes=tuple(nodes), wires=tuple(wires), recipe=Recipe(batch_size=2))


@pytest.mark.parametrize("positions", [False, True])
def test_without_positions_patches_have_no_order(positions: bool) -> None:
    net = build(analyse(transformer(positions)).source, seed=1).net
    image = torch.randn(2, 1, 28, 28)
    patches = image.unfold(2, 7, 7).unfold(3, 7, 7).reshape(2, 16, 7, 7)[:, torch.randperm(16, generator=torch.Generator().manual_seed(0))]
    shuffled = patches.reshape(2, 4, 4, 7, 7).permute(0, 1, 3, 2, 4).reshape(2, 1, 28, 28)
    moved = (net(image) - net(shuffled)).abs().max()
    assert moved > 1e-4 if positions else moved < 1e-5  # item 108


def test_class_token() -> None:
    x = torch.randn(2, 4, 3)
    made = bench(("class_token", {}), ("take_token", {}), inputs=(x,))
    assert made.analysis.nodes["layer1"].outputs == {"out": (2, 5, 3)} and made.analysis.parameters == 3
    assert torch.equal(made(x), made.module().token[0].expand(2, 3))
    assert torch.equal(run("take_token", x, index=-1), x[:, -1]) and torch.equal(run("mean_tokens", x), x.mean(1))


# -- views -------------------------------------------------------------------------------------------------------------------
def test_views_are_folded_and_pooled() -> None:
    views = torch.randn(2, 12, 3, 4, 4)
    folded = run("fold_views", views)
    assert folded.shape == (24, 3, 4, 4) and torch.equal(run("unfold_views", folded), views)
    order = torch.randperm(12)
    for pool in ("max", "mean"):
        assert torch.allclose(run("view_pool", views[:, order], pool=pool), run("view_pool", views, pool=pool), atol=1e-6)  # item 64
    assert torch.equal(run("view_pool", views), views.amax(1)) and run("view_pool", views, pool="concat").shape == (2, 36, 4, 4)
    assert parameters("view_pool", (12, 5)) == 0


def test_the_gradient_reaches_the_winning_view_only() -> None:
    x = torch.tensor([[[1.0, 5.0], [3.0, 5.0], [2.0, 0.0]]], requires_grad=True)
    run("view_pool", x).sum().backward()
    assert x.grad[0, :, 0].tolist() == [0, 1, 0] and x.grad[0, :, 1].count_nonzero() == 1


# -- joins and shapes --------------------------------------------------------------------------------------------------------
def test_joins() -> None:
    a, b, c = (torch.randn(2, 3, 4, 4) for _ in range(3))
    assert torch.equal(run("subtract", a, b), a - b)
    assert torch.equal(run("multiply", a, b, c, inputs=3), a * b * c) and torch.equal(run("multiply", a, b[:, :, :1, :1]), a * b[:, :, :1, :1])
    assert torch.allclose(run("mean", a, b, c, inputs=3), (a + b + c) / 3)
    assert torch.equal(run("scale", a, factor=0.25), a / 4)


def test_concatenation_of_maps_of_other_sizes() -> None:
    large, small = torch.randn(1, 2, 64, 63), torch.randn(1, 3, 56, 56)
    cut = run("concat", large, small, fit="crop")
    assert torch.equal(cut[:, :2], large[:, :, 4:60, 3:59]) and torch.equal(cut[:, 2:], small)
    filled = run("concat", small, large, fit="pad")
    assert filled.shape == (1, 5, 64, 63) and torch.equal(filled[:, :3, 4:60, 3:59], small) and filled[:, :3].count_nonzero() == small.count_nonzero()


def test_split_and_other_shapes() -> None:
    x = torch.randn(2, 6, 4, 4)
    a, b = run("split", x, first=2)
    assert torch.equal(a, x[:, :2]) and torch.equal(b, x[:, 2:])
    assert [tuple(part.shape) for part in run("split3", torch.randn(2, 5, 12))] == [(2, 5, 4)] * 3
    assert torch.equal(run("permute", x, order=(2, 3, 1)), x.permute(0, 2, 3, 1))
    assert run("unsqueeze", x, dim=2).shape == (2, 6, 1, 4, 4) and run("squeeze", x[:, :1]).shape == (2, 4, 4)
    assert torch.equal(run("crop", x, size=(2, 3)), x[:, :, 1:3, 0:3])
    assert torch.equal(run("pad", x, padding=(1, 2), mode="reflect"), F.pad(x, (2, 2, 1, 1), mode="reflect"))
    assert torch.equal(run("pad", x, value=2.0), F.pad(x, (1, 1, 1, 1), value=2.0))
    assert torch.equal(run("upsample", x), x.repeat_interleave(2, 2).repeat_interleave(2, 3))
    assert torch.equal(run("upsample", x, scale_factor=4, mode="bilinear"), F.interpolate(x, scale_factor=4, mode="bilinear"))
    deep = torch.randn(1, 8, 4, 4)
    assert torch.equal(run("pixel_shuffle", deep), F.pixel_shuffle(deep, 2))


# -- recurrent ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("type_id", "make"), [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)])
@pytest.mark.parametrize("both", [False, True])
def test_recurrent_layers_are_those_of_torch(type_id: str, make: type[nn.Module], both: bool) -> None:
    x = torch.randn(3, 6, 5)
    plain = make(5, 7, 2, batch_first=True, bidirectional=both)
    made = bench((type_id, {"hidden_size": 7, "num_layers": 2, "bidirectional": both}), inputs=(x,))
    made.module().load_state_dict(plain.state_dict())
    assert torch.equal(made(x), plain(x)[0]) and made.analysis.nodes["layer1"].outputs["out"] == (3, 6, 14 if both else 7)
    assert made.analysis.nodes["layer1"].parameters == sum(w.numel() for w in plain.parameters())
    assert run(type_id, x, hidden_size=4, give="last step").shape == (3, 4)


class Calls(TorchDispatchMode):
    """Counts the operations that torch is asked for."""

    count = 0

    def __torch_dispatch__(self, func: object, types: object, args: tuple = (), kwargs: dict | None = None) -> object:
        self.count += 1
        return func(*args, **(kwargs or {}))


def test_a_long_sequence_is_analysed_at_once() -> None:
    """The meta device would unroll 20,000 steps."""
    with Calls() as calls:
        assert parameters("lstm", (20_000, 8), hidden_size=16) == 4 * (16 * (8 + 16) + 32)
    assert 0 < calls.count < 2000


@pytest.mark.parametrize(
    ("type_id", "shapes", "params", "words"),
    [
        ("multi_head_attention", [(5, 10)], {}, "4 heads do not divide 10 features"),
        ("multi_head_attention", [(3, 4, 4)], {}, "Attention needs tokens T D, got C3 H4 W4"),
        ("cross_attention", [(5, 8), (7, 6)], {}, "x brings T5 D8, context brings T7 D6"),
        ("scaled_dot_product", [(5, 8), (7, 6), (7, 6)], {}, "both need the same features"),
        ("patchify", [(1, 28, 28)], {"patch": 5}, "Patches of 5×5 do not divide an image of H28 W28: 3 pixels are left over"),
        ("patchify", [(1, 3, 3)], {}, "An image of H3 W3 is smaller than its patch of 4×4"),
        ("tokens_to_map", [(17, 4)], {}, "17 tokens make no map of a square"),
        ("factorised_embedding", [(17, 4)], {}, "nobody knows their coordinates"),
        ("take_token", [(5, 4)], {"index": 5}, "There is no token 5"),
        ("unfold_views", [(4,)], {}, "cannot make groups of 12 views out of 2 pictures"),
        ("view_pool", [(4,)], {}, "ViewPool needs views along the first axis"),
        ("concat", [(2, 8, 8), (2, 6, 6)], {}, "equal sizes except along axis 1"),
        ("matmul", [(3, 4), (3, 4)], {}, "transpose b"),
        ("subtract", [(3,), (4,)], {}, "Subtract needs inputs of the same shape"),
        ("multiply", [(3, 4), (2, 4)], {}, "or sizes of 1"),
        ("permute", [(3, 4, 5)], {}, "each of the axes 1, 2, 3"),
        ("squeeze", [(3, 4)], {}, "has the size 3"),
        ("split", [(5,)], {}, "cannot be cut in halves"),
        ("pixel_shuffle", [(3, 4, 4)], {}, "3 channels are not a multiple"),
        ("gru", [(3, 4, 4)], {}, "A recurrent layer needs sequences T D"),
        ("bilinear", [(3, 4), (2, 4)], {}, "all sizes but the last must agree"),
        ("crop", [(3, 4, 4)], {"size": 9}, "does not fit into H4 W4"),
        ("pad", [(3, 4, 4)], {"padding": 4, "mode": "reflect"}, "needs a larger image"),
        ("max_unpool2d", [(3, 4, 4), (3, 2, 2)], {}, "one index for each value"),
    ],
)
def test_mistakes_with_tokens_are_named(type_id: str, shapes: list[tuple[int, ...]], params: dict[str, object], words: str) -> None:
    assert words in " ".join(problems(type_id, *shapes, **params))
