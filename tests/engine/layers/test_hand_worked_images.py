"""Items 30-60 of the lecture: convolutions, filters and poolings give the hand-worked numbers through the product's own nodes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from layer_lab import DECK, KERNEL, bench, grid, image, parameters, problems, run
from torch import nn


def conv(x: torch.Tensor, kernel: torch.Tensor = KERNEL, **params: object) -> torch.Tensor:
    return run("conv2d", x, state={"weight": kernel}, bias=False, out_channels=len(kernel), kernel_size=kernel.shape[-1], **params)[0, 0]


def test_the_worked_example_and_its_borders() -> None:
    assert torch.equal(conv(DECK), grid("12 12 17 / 10 17 19 / 9 6 14"))  # items 35 and 36
    assert torch.equal(conv(DECK, padding=1), grid("6 14 17 11 3 / 14 12 12 17 11 / 8 10 17 19 13 / 11 9 6 14 12 / 6 4 4 6 4"))  # item 37
    assert torch.equal(conv(DECK, padding=1, padding_mode="reflect")[0], torch.tensor([12.0, 16, 24, 16, 16]))
    assert torch.equal(conv(DECK, padding=1, stride=2), grid("6 17 3 / 8 17 13 / 6 4 4"))  # item 38


def test_formal_convolution_flips_the_kernel() -> None:
    flipped = grid("18 20 19 / 10 9 17 / 11 8 14")  # item 33
    assert torch.equal(conv(DECK, KERNEL.flip(2, 3)), flipped)
    assert torch.equal(run_filter(DECK, border="valid", flip=True, **own(KERNEL)), flipped)


def own(kernel: torch.Tensor) -> dict[str, tuple[int, ...]]:
    return {"weights": tuple(int(v) for v in kernel.flatten())}


def run_filter(x: torch.Tensor, **params: object) -> torch.Tensor:
    return run("fixed_filter", x, **params)[0, 0]


def test_known_filters() -> None:
    impulse = image("0 0 0 0 0 / 0 0 0 0 0 / 0 0 1 0 0 / 0 0 0 0 0 / 0 0 0 0 0")
    gaussian = run_filter(impulse, kind="Gaussian 3×3")[1:4, 1:4]
    assert torch.equal(gaussian * 16, grid("1 2 1 / 2 4 2 / 1 2 1")) and gaussian.sum() == 1  # item 34
    line = grid("1 2 1") / 4
    assert torch.equal(gaussian, line.T @ line)  # separable
    assert run_filter(impulse, kind="Gaussian 5×5", border="zeros").sum() == 1
    flat = torch.ones(1, 3, 6, 6)
    for kind, total in [("Sobel x", 0), ("Sobel y", 0), ("Laplacian", 0), ("box", 1), ("sharpen", 1), ("emboss", 1)]:
        assert torch.allclose(run("fixed_filter", flat, kind=kind), flat * total), kind
    ramp = torch.arange(6.0).expand(1, 1, 6, 6)
    assert torch.equal(run_filter(ramp, kind="Sobel x", border="valid"), torch.full((4, 4), 8.0))  # bright to the right is positive
    assert torch.equal(run_filter(ramp, kind="Sobel y", border="valid"), torch.zeros(4, 4))
    assert torch.equal(run_filter(DECK, border="valid", **own(KERNEL)), conv(DECK))
    assert torch.equal(run_filter(DECK, border="valid", scale=4.0, **own(KERNEL)) * 4, conv(DECK))


def test_a_kernel_must_be_a_square() -> None:
    assert "square with a centre" in problems("fixed_filter", (1, 8, 8), weights=(1, 2, 3))[0]


def test_several_channels_give_the_volume_of_the_slide() -> None:
    x = torch.stack([grid(t) for t in (
        "0 0 0 0 0 / 0 2 0 0 0 / 0 2 0 0 0 / 0 1 0 0 1 / 0 0 1 2 0",
        "0 0 0 0 0 / 0 0 2 0 0 / 0 0 0 0 0 / 0 2 1 0 1 / 0 1 0 0 0",
        "0 1 0 2 1 / 2 0 1 1 1 / 0 0 0 1 0 / 0 0 2 1 0 / 0 2 0 2 0",
    )])[None]  # fmt: skip
    filters = torch.stack([torch.stack([grid(t) for t in texts]) for texts in (
        ("1 0 1/-1 1 -1/-1 0 -1", "1 1 1/1 0 0/0 -1 1", "-1 0 -1/0 1 1/1 1 0"),
        ("0 -1 -1/-1 1 0/1 -1 0", "0 -1 1/-1 0 -1/0 1 -1", "0 0 0/-1 -1 1/0 1 -1"),
    )])  # fmt: skip
    out = run("conv2d", x, state={"weight": filters, "bias": torch.tensor([1.0, 0.0])}, out_channels=2, stride=2, padding=1)
    assert torch.equal(out[0], torch.stack([grid("2 0 4/2 3 0/6 6 -1"), grid("3 5 -2/-4 0 -1/2 -1 -6")]))  # item 44
    both = [run("conv2d", x, state={"weight": filters[q : q + 1]}, out_channels=1, bias=False)[0, 0] for q in (0, 1)]
    assert torch.equal(torch.stack(both), F.conv2d(x, filters)[0])  # items 40 and 41: one filter after another


def test_full_local_and_shared_connections() -> None:
    assert parameters("linear", (3072,), out_features=4704) == 14_455_392  # item 24
    assert parameters("locally_connected2d", (3, 32, 32), out_channels=6, kernel_size=5) == 357_504  # item 30
    assert parameters("conv2d", (3, 32, 32), out_channels=6, kernel_size=5) == 456  # item 45
    assert bench(("conv2d", {"out_channels": 6, "kernel_size": 5}), inputs=(torch.zeros(1, 3, 32, 32),)).analysis.nodes["layer1"].outputs == {
        "out": (1, 6, 28, 28)
    }


@pytest.mark.parametrize("params", [{}, {"stride": 2, "padding": 1}, {"kernel_size": (3, 1), "padding": (1, 0)}])
def test_tied_local_connections_are_a_convolution(params: dict[str, object]) -> None:
    x = torch.randn(2, 3, 7, 6)
    made = bench(("locally_connected2d", {"out_channels": 4, **params}), inputs=(x,))
    plain = nn.Conv2d(3, 4, params.get("kernel_size", 3), params.get("stride", 1), params.get("padding", 0))
    with torch.no_grad():
        made.module().weight.copy_(plain.weight.flatten(1).expand_as(made.module().weight))
        made.module().bias.copy_(plain.bias.expand_as(made.module().bias))
    assert torch.allclose(made(x), plain(x), atol=1e-6)


def test_separable_convolutions() -> None:
    for channels, out, kernel, separable, standard in [
        (64, 128, 3, 8_768, 73_728),
        (128, 256, 3, 33_920, 294_912),
        (10, 20, 7, 690, 9_800),
        (3, 256, 5, 843, 19_200),
    ]:
        shape = (channels, 16, 16)
        assert parameters("separable_conv2d", shape, out_channels=out, kernel_size=kernel, bias=False) == separable
        assert parameters("conv2d", shape, out_channels=out, kernel_size=kernel, bias=False) == standard
        depthwise = parameters("depthwise_conv2d", shape, kernel_size=kernel, bias=False)
        assert depthwise + parameters("pointwise_conv2d", shape, out_channels=out, bias=False) == separable
        assert separable / standard == pytest.approx(1 / out + 1 / kernel**2)  # items 47 and 48


def test_a_separable_convolution_is_one_with_rank_one_kernels() -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    made = bench(("separable_conv2d", {"out_channels": 5, "bias": False}), inputs=(x,))
    made.built.net.double()
    deep, point = made.module().depthwise.weight, made.module().pointwise.weight
    assert torch.allclose(made(x), F.conv2d(x, point * deep[:, 0]), atol=1e-12)


def test_poolings() -> None:
    classic = image("1 1 2 4 / 5 6 7 8 / 3 2 1 0 / 1 2 3 4")
    assert torch.equal(run("max_pool2d", classic)[0, 0], grid("6 8 / 3 4"))  # item 49
    assert torch.equal(run("avg_pool2d", classic)[0, 0], grid("3.25 5.25 / 2 2"))  # item 50
    assert torch.equal(run("gaussian_pool2d", DECK)[0, 0], grid("1.5 1.625 1.25 / 1.25 1.3125 2.25 / 1 .25 1.25"))  # item 51
    assert torch.equal(run("strided_subsample", classic)[0, 0], grid("1 2 / 3 1"))
    assert torch.allclose(run("lp_pool2d", classic, norm=2.0), F.lp_pool2d(classic, 2.0, 2))
    assert torch.allclose(run("lp_pool2d", -classic, norm=1.0)[0, 0], grid("13 21 / 8 8"))
    assert torch.equal(run("global_max_pool", classic), torch.tensor([[8.0]]))
    assert torch.equal(run("adaptive_avg_pool2d", classic, output_size=2), run("avg_pool2d", classic))
    assert torch.equal(run("adaptive_max_pool2d", classic, output_size=1)[0, 0], grid("8"))
    assert parameters("gaussian_pool2d", (3, 8, 8)) == 0


def test_where_the_gradient_of_a_pooling_goes() -> None:
    def gradient(type_id: str) -> torch.Tensor:
        x = image("1 1 / 5 6" if type_id != "gaussian_pool2d" else "0 0 0 / 0 1 0 / 0 0 0").requires_grad_()
        run(type_id, x).sum().backward()
        return x.grad[0, 0]

    assert torch.equal(gradient("max_pool2d"), grid("0 0 / 0 1"))
    assert torch.equal(gradient("avg_pool2d"), grid(".25 .25 / .25 .25"))
    assert torch.allclose(gradient("gaussian_pool2d").sum(), torch.tensor(4.0))  # four outputs, each with weights that add up to one


def test_unpooling_puts_the_winners_back() -> None:
    x = image("1 1 2 4 / 5 6 7 8 / 3 2 1 0 / 1 2 3 4")
    out, indices = run("max_pool2d_indices", x)
    assert torch.equal(indices[0, 0], torch.tensor([[5, 7], [8, 15]]))
    assert torch.equal(F.max_unpool2d(out, indices, 2)[0, 0], grid("0 0 0 0 / 0 6 0 8 / 3 0 0 0 / 0 0 0 4"))


def test_rounding_up_keeps_the_last_window() -> None:
    x = torch.randn(1, 2, 26, 26)
    assert run("max_pool2d", x, kernel_size=3, stride=2).shape[-1] == 12
    assert torch.equal(run("max_pool2d", x, kernel_size=3, stride=2, ceil_mode=True), F.max_pool2d(x, 3, 2, ceil_mode=True))


def test_transposed_convolution() -> None:
    blue, yellow = image("1 2 / 3 4"), image("1 2 3 / 4 5 6 / 7 8 9")
    out = run("transposed_conv2d", blue, state={"weight": yellow}, out_channels=1, kernel_size=3, stride=1, bias=False)
    assert torch.equal(out[0, 0], grid("1 4 7 6 / 7 23 33 24 / 19 53 63 42 / 21 52 59 36"))  # item 60


@pytest.mark.parametrize(("stride", "padding", "extra"), [(1, 0, 0), (2, 1, 1), (3, 1, 0)])
def test_the_transposed_convolution_is_the_adjoint(stride: int, padding: int, extra: int) -> None:
    kernel = torch.randn(4, 3, 3, 3)
    v = torch.randn(1, 4, 5, 5)
    window = {"kernel_size": 3, "stride": stride, "padding": padding, "bias": False}
    up = run("transposed_conv2d", v, state={"weight": kernel}, out_channels=3, output_padding=extra, **window)
    assert up.shape[-1] == (5 - 1) * stride - 2 * padding + 3 + extra
    u = torch.randn_like(up)
    down = run("conv2d", u, state={"weight": kernel}, out_channels=4, **window)
    assert torch.allclose((down * v).sum(), (u * up).sum(), atol=1e-3)


def test_receptive_fields() -> None:
    for count in (1, 2, 5):
        layers = [("conv2d", {"padding": 1})] * count
        made = bench(*layers, inputs=(torch.zeros(1, 1, 16, 16),))
        assert made.analysis.nodes[f"layer{count}"].receptive == (2 * count + 1,) * 2  # items 31 and 46
    pooled = bench(("gaussian_pool2d", {}), ("crop", {"size": 6}), ("depthwise_conv2d", {}), inputs=(torch.zeros(1, 1, 16, 16),))
    assert pooled.analysis.nodes["layer3"].receptive == (7, 7)


@pytest.mark.parametrize(
    ("type_id", "shape", "params", "words"),
    [
        ("conv2d", (1, 8, 8), {"padding": 9, "padding_mode": "circular"}, "Wrapping 9 pixels needs an image at least as large"),
        ("conv2d", (1, 8, 8), {"padding": 8, "padding_mode": "reflect"}, "Reflecting 8 pixels needs an image larger than that"),
        ("transposed_conv2d", (3, 4, 4), {"output_padding": 2}, "Output padding 2×2 must be less than the stride 2×2"),
        ("transposed_conv2d", (3, 4, 4), {"padding": 4}, "cuts everything off"),
        ("conv1d", (12,), {}, "Conv1d needs sequences C T, got F12"),
        ("conv3d", (3, 2, 8, 8), {}, "larger than the input"),
        ("depthwise_conv2d", (3, 2, 2), {}, "larger than the image"),
        ("gaussian_pool2d", (3, 1, 5), {}, "needs a larger image"),
        ("group_norm", (3, 4, 4), {"num_groups": 2}, "2 groups do not divide 3 channels"),
        ("instance_norm", (3, 1, 1), {}, "single number"),
    ],
)
def test_mistakes_with_images_are_named(type_id: str, shape: tuple[int, ...], params: dict[str, object], words: str) -> None:
    assert words in " ".join(problems(type_id, shape, **params))


def test_convolutions_along_one_and_three_axes() -> None:
    for axes, make, shape in [(1, nn.Conv1d, (2, 3, 9)), (3, nn.Conv3d, (2, 3, 5, 5, 5))]:
        x = torch.randn(shape)
        plain = make(3, 4, 3, stride=2, padding=1)
        out = run(f"conv{axes}d", x, state={"weight": plain.weight, "bias": plain.bias}, out_channels=4, stride=2, padding=1)
        assert torch.equal(out, plain(x))


@pytest.mark.parametrize(("mode", "most"), [("circular", 8), ("reflect", 7)])
def test_padding_may_reach_as_far_as_torch_lets_it(mode: str, most: int) -> None:
    x = torch.rand(1, 1, 8, 8)
    assert run("conv2d", x, out_channels=1, padding=most, padding_mode=mode).shape[2:] == (6 + 2 * most, 6 + 2 * most)
