"""Rows of the family convolution. Data only: no torch, no Qt."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace
from typing import Any

from engine.graph.model import Value
from engine.graph.problem import Remedy
from engine.layers import filters
from engine.layers.params import Bool, Choice, Int, Pair
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape
from engine.layers.straight import straight
from engine.layers.words import check_groups, rank_finding, small_image, times, two, window_formula, window_size


def padding_of(p: SimpleNamespace) -> tuple[int, int]:
    """Rows and columns added on each side ("same" keeps the size at stride 1)."""
    if p.padding != "same":
        return two(p.padding)
    return tuple(d * (k - 1) // 2 for k, d in zip(two(p.kernel_size), two(p.dilation), strict=True))


def check_conv(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=4, title="Conv2d", wanted="images C H W")
    if found:
        return found
    if found := check_groups(p, x):
        return found
    if p.padding == "same" and two(p.stride) != (1, 1):
        remedy = Remedy("Set stride to 1", "set", params={"stride": 1})
        message = f"Padding “same” works only with stride 1, got stride {times(p.stride)}."
        return [Finding("same-stride", message, fix="Use stride 1, or a number as padding.", remedies=(remedy,))]
    extra = {"reflect": 0, "circular": 1}.get(p.padding_mode)  # by how much padding may reach an image's own size
    if extra is not None and any(pad >= size + extra for pad, size in zip(padding_of(p), x[-2:], strict=True)):
        doing, wanted = ("Wrapping", "at least as large") if extra else ("Reflecting", "larger than that")
        message = f"{doing} {max(padding_of(p))} pixels needs an image {wanted}, got H{x[2]} W{x[3]}."
        return [
            Finding(
                "reflect",
                message,
                fix="Use less padding or mode “replicate”.",
                port="x",
                remedies=(Remedy("Pad with zeros", "set", params={"padding_mode": "zeros"}),),
            )
        ]
    return small_image(x, kernel=p.kernel_size, padding=padding_of(p), dilation=p.dilation, title="Conv2d")


def conv_key(p: SimpleNamespace) -> str:
    parts = [f"{p.out_channels:,}", times(p.kernel_size)]
    if two(p.stride) != (1, 1):
        parts.append(f"/{p.stride if isinstance(p.stride, int) else times(p.stride)}")
    if p.padding == "same" or two(p.padding) != (0, 0):
        parts.append("same" if p.padding == "same" else f"pad {p.padding if isinstance(p.padding, int) else times(p.padding)}")
    return " · ".join(parts)


def conv_formula(p: SimpleNamespace, x: Shape) -> Formula:
    if p.padding == "same":
        return Formula("Output size", (Part("same as the input: "), Part(f"{x[2]}×{x[3]}", result=True)), "H and W")
    return window_formula(x, kernel=p.kernel_size, stride=p.stride, padding=p.padding, dilation=p.dilation, names=("kernel_size", "stride", "padding"))


def conv_macs(p: SimpleNamespace, inputs: list[Shape], output: Shape) -> int:
    height, width = two(p.kernel_size)
    count = inputs[0][1] // p.groups * height * width
    for size in output:
        count *= size
    return count


def conv_field(p: SimpleNamespace) -> tuple[int, int, int]:
    """The larger of both axes: an honest bound for uneven kernels."""
    return max(two(p.kernel_size)), max(two(p.stride)), max(two(p.dilation))


OUT = Int("out_channels", 64, low=1, high=100_000, help="How many filters; each gives one map.")
KERNEL = Pair("kernel_size", 3, low=1, high=1000, help="Height and width of the window that slides over the image.")
STRIDES = (
    Pair("stride", 1, low=1, high=1000, help="How far the window hops. 2 halves the size."),
    Pair("padding", 0, low=0, high=1000, help="Rows and columns added on each side. (kernel − 1) / 2 keeps the size."),
)
BIAS = Bool("bias", True, help="Adds one learned number to each map.")
DILATION = Pair("dilation", 1, low=1, high=1000, advanced=True, help="Gaps between the pixels that the window looks at.")


def dilation_of(p: SimpleNamespace) -> Value:
    return getattr(p, "dilation", 1)


def check_window(p: SimpleNamespace, x: Shape, title: str) -> list[Finding]:
    """Images, and a window that fits into them."""
    found = rank_finding(x, rank=4, title=title, wanted="images C H W")
    return found or small_image(x, kernel=p.kernel_size, padding=p.padding, dilation=dilation_of(p), title=title)


def window_key(p: SimpleNamespace) -> str:
    parts = [times(p.kernel_size)]
    if two(p.stride) != (1, 1):
        parts.append(f"/{p.stride if isinstance(p.stride, int) else times(p.stride)}")
    if two(p.padding) != (0, 0):
        parts.append(f"pad {p.padding if isinstance(p.padding, int) else times(p.padding)}")
    return " · ".join(parts)


def image_row(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A convolution row over images, with the usual window."""
    defaults: dict[str, Any] = {
        "inputs": (Port("x", "N C H W"),),
        "outputs": (Port("out", "N C H W"),),
        "formula": lambda p, x: window_formula(
            x, kernel=p.kernel_size, stride=p.stride, padding=p.padding, dilation=dilation_of(p), names=("kernel_size", "stride", "padding")
        ),
        "field": lambda p: (max(two(p.kernel_size)), max(two(p.stride)), max(two(dilation_of(p)))),
        "probes": ("filters", "activations"),
        "example": ((2, 3, 16, 16),),
    }
    return LayerType(id=type_id, title=title, family="convolution", stem=stem, doc=doc, **{**defaults, **more})


def parameters_formula(text: str, weights: int, biases: int) -> Formula:
    more = (Part(f" + {biases}", "bias"),) if biases else ()
    return Formula("Parameters", (Part(text), *more, Part(" = "), Part(f"{weights + biases:,}", result=True)), "weights + biases" if biases else "weights")


def separable_formula(p: SimpleNamespace, x: Shape) -> Formula:
    height, width = two(p.kernel_size)
    weights = x[1] * height * width + x[1] * p.out_channels
    return parameters_formula(f"{x[1]}·{height}·{width} + {x[1]}·{p.out_channels}", weights, p.out_channels if p.bias else 0)


def separable_macs(p: SimpleNamespace, inputs: list[Shape], output: Shape) -> int:
    pixels = output[0] * prod(output[2:])
    return pixels * inputs[0][1] * (prod(two(p.kernel_size)) + p.out_channels)


def local_formula(p: SimpleNamespace, x: Shape) -> Formula:
    kernels, strides, paddings = two(p.kernel_size), two(p.stride), two(p.padding)
    height, width = (window_size(x[i + 2], kernel=kernels[i], stride=strides[i], padding=paddings[i]) for i in (0, 1))
    inputs = x[1] * kernels[0] * kernels[1] + (1 if p.bias else 0)
    text = f"{height}·{width} positions · {p.out_channels} · {inputs}"
    return parameters_formula(text, height * width * p.out_channels * inputs, 0)


def transposed_size(p: SimpleNamespace, size: int, axis: int) -> int:
    """(n − 1) s − 2 p + d (k − 1) + op + 1 (lecture item 60)."""
    k, s, pad, extra, d = (two(v)[axis] for v in (p.kernel_size, p.stride, p.padding, p.output_padding, p.dilation))
    return (size - 1) * s - 2 * pad + d * (k - 1) + extra + 1


def check_transposed(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=4, title="TransposedConv2d", wanted="images C H W") or check_groups(p, x)
    if found:
        return found
    if any(extra >= max(s, d) for extra, s, d in zip(two(p.output_padding), two(p.stride), two(p.dilation), strict=True)):
        message = f"Output padding {times(p.output_padding)} must be less than the stride {times(p.stride)} (or the dilation)."
        return [
            Finding(
                "output-padding", message, fix="Use 0, or a larger stride.", remedies=(Remedy("Set output padding to 0", "set", params={"output_padding": 0}),)
            )
        ]
    sizes = [transposed_size(p, x[2 + axis], axis) for axis in (0, 1)]
    if min(sizes) >= 1:
        return []
    message = f"Padding {times(p.padding)} cuts everything off: {sizes[0]}×{sizes[1]} would be left of H{x[2]} W{x[3]}."
    return [Finding("small-image", message, fix="Use less padding.", remedies=(Remedy("Set padding to 0", "set", params={"padding": 0}),))]


def transposed_formula(p: SimpleNamespace, x: Shape) -> Formula:
    k, s, pad, extra, d = (two(v)[0] for v in (p.kernel_size, p.stride, p.padding, p.output_padding, p.dilation))
    height, width = (transposed_size(p, x[2 + axis], axis) for axis in (0, 1))
    reach = Part(f"{k}" if d == 1 else f"{d}·({k} − 1) + 1", "kernel_size")
    tail = [Part(f" + {extra}", "output_padding")] if extra else []
    parts = (
        Part(f"({x[2]} − 1)·"),
        Part(str(s), "stride"),
        Part(" − "),
        Part(f"2·{pad}", "padding"),
        Part(" + "),
        reach,
        *tail,
        Part(" = "),
        Part(str(height), result=True),
    )
    return Formula("Output size", parts, "H and W" if (x[2], height) == (x[3], width) else "H")


ROWS = (
    LayerType(
        id="conv2d",
        title="Conv2d",
        family="convolution",
        stem="conv",
        aliases="convolution filter cnn conv 2d",
        doc="Slides learned filters over an image: one output channel per filter.",
        make="nn.Conv2d",
        args=("in_channels", "out_channels", "kernel_size"),
        inputs=(Port("x", "N C H W"),),
        outputs=(Port("out", "N C H W"),),
        derive={"in_channels": lambda x: x[1]},
        params=(
            Int("out_channels", 64, low=1, high=100_000, help="How many filters; each gives one map."),
            Pair("kernel_size", 3, low=1, high=1000, help="Height and width of the window that slides over the image."),
            Pair("stride", 1, low=1, high=1000, help="How far the window hops. 2 halves the size."),
            Pair("padding", 0, low=0, high=1000, words=("same",), help="Rows and columns added on each side. (kernel − 1) / 2 keeps the size."),
            Bool("bias", True, help="Adds one learned number to each map."),
            Pair("dilation", 1, low=1, high=1000, advanced=True, help="Gaps between the pixels that the window looks at."),
            Int("groups", 1, low=1, high=100_000, advanced=True, help="Channels are split into this many groups that do not see each other."),
            Choice("padding_mode", ["zeros", "reflect", "replicate", "circular"], advanced=True, help="What the added rows and columns hold."),
        ),
        check=check_conv,
        key=conv_key,
        formula=conv_formula,
        macs=conv_macs,
        field=conv_field,
        init=("weight",),
        bypass="x",
        probes=("filters", "activations"),
        example=((2, 3, 16, 16),),
    ),
    straight(1),
    straight(3),
    image_row(
        "depthwise_conv2d",
        "DepthwiseConv2d",
        stem="depthwise",
        aliases="depth wise channel groups separable mobilenet",
        doc="Slides one learned filter over each channel by itself: channels are not mixed.",
        make="nn.Conv2d",
        args=("in_channels", "out_channels", "kernel_size"),
        silent=("multiplier",),
        derive={"in_channels": lambda x: x[1], "out_channels": lambda p, x: x[1] * p.multiplier, "groups": lambda x: x[1]},
        params=(
            KERNEL,
            *STRIDES,
            BIAS,
            Int("multiplier", 1, low=1, high=1000, advanced=True, label="Filters a channel", help="How many maps each channel gives."),
            DILATION,
        ),
        check=lambda p, x: check_window(p, x, "DepthwiseConv2d"),
        key=window_key,
        macs=lambda p, inputs, output: prod(two(p.kernel_size)) * prod(output),
        init=("weight",),
    ),
    image_row(
        "pointwise_conv2d",
        "PointwiseConv2d",
        stem="pointwise",
        aliases="1x1 convolution mix channels projection",
        doc="A 1×1 convolution: mixes the channels of each pixel, looks at no neighbours.",
        make="nn.Conv2d",
        args=("in_channels", "out_channels", "kernel_size"),
        derive={"in_channels": lambda x: x[1], "kernel_size": lambda x: 1},
        params=(OUT, Pair("stride", 1, low=1, high=1000, help="How far the window hops. 2 halves the size."), BIAS),
        check=lambda p, x: rank_finding(x, rank=4, title="PointwiseConv2d", wanted="images C H W"),
        key=lambda p: f"{p.out_channels:,}",
        formula=lambda p, x: parameters_formula(f"{x[1]} · {p.out_channels}", x[1] * p.out_channels, p.out_channels if p.bias else 0),
        macs=lambda p, inputs, output: inputs[0][1] * prod(output),
        field=lambda p: (1, max(two(p.stride)), 1),
        init=("weight",),
    ),
    image_row(
        "separable_conv2d",
        "SeparableConv2d",
        stem="separable",
        aliases="depthwise pointwise xception mobilenet efficient",
        doc="A depthwise convolution, then a 1×1 convolution: far fewer parameters than a full convolution.",
        make="SeparableConv2d",
        args=("in_channels", "out_channels", "kernel_size"),
        derive={"in_channels": lambda x: x[1]},
        params=(OUT, KERNEL, *STRIDES, Bool("bias", True, help="Adds one learned number to each map that comes out."), DILATION),
        check=lambda p, x: check_window(p, x, "SeparableConv2d"),
        key=lambda p: f"{p.out_channels:,} · {window_key(p)}",
        formula=separable_formula,
        macs=separable_macs,
        init=("depthwise.weight", "pointwise.weight"),
        biases=("pointwise.bias",),
        probes=("activations",),
    ),
    image_row(
        "transposed_conv2d",
        "TransposedConv2d",
        stem="up",
        aliases="deconvolution up-convolution upsample decoder fractionally strided",
        doc="Every pixel stamps its scaled kernel, and overlapping stamps add up: the transpose of a convolution, for larger maps.",
        make="nn.ConvTranspose2d",
        args=("in_channels", "out_channels", "kernel_size", "stride"),
        derive={"in_channels": lambda x: x[1]},
        params=(
            OUT,
            Pair("kernel_size", 2, low=1, high=1000, help="Height and width of the stamp."),
            Pair("stride", 2, low=1, high=1000, help="How far the stamps lie apart. 2 doubles the size."),
            Pair("padding", 0, low=0, high=1000, help="Rows and columns cut off on each side."),
            Pair("output_padding", 0, low=0, high=1000, advanced=True, help="Rows and columns added at the bottom and right; less than the stride."),
            BIAS,
            DILATION,
            Int("groups", 1, low=1, high=100_000, advanced=True, help="Channels are split into this many groups that do not see each other."),
        ),
        check=check_transposed,
        key=lambda p: f"{p.out_channels:,} · {times(p.kernel_size)} · ×{p.stride if isinstance(p.stride, int) else times(p.stride)}",
        formula=transposed_formula,
        macs=lambda p, inputs, output: prod(inputs[0]) * p.out_channels // p.groups * prod(two(p.kernel_size)),
        field=None,
        init=("weight.transpose(0, 1)",),
    ),
    image_row(
        "locally_connected2d",
        "LocallyConnected2d",
        stem="local",
        aliases="unshared local receptive field",
        doc="Windows like a convolution, but every position has filters of its own: no weights are shared.",
        make="LocallyConnected2d",
        args=("in_channels", "out_channels", "size", "kernel_size"),
        derive={"in_channels": lambda x: x[1], "size": lambda x: x[2:]},
        params=(
            Int("out_channels", 8, low=1, high=10_000, help="How many filters at each position; each gives one map."),
            KERNEL,
            *STRIDES,
            Bool("bias", True, help="Adds one learned number to each output."),
        ),
        check=lambda p, x: check_window(p, x, "LocallyConnected2d"),
        key=lambda p: f"{p.out_channels:,} · {window_key(p)}",
        formula=local_formula,
        macs=lambda p, inputs, output: inputs[0][1] * prod(two(p.kernel_size)) * prod(output),
        init=("weight.flatten(0, 1)",),
        probes=("activations",),
    ),
    filters.ROW,
)
