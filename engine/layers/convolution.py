"""Rows of the family convolution. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Int, Pair
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape
from engine.layers.words import rank_finding, small_image, times, two, window_formula


def padding_of(p: SimpleNamespace) -> tuple[int, int]:
    """Rows and columns added on each side ("same" keeps the size at stride 1)."""
    if p.padding != "same":
        return two(p.padding)
    return tuple(d * (k - 1) // 2 for k, d in zip(two(p.kernel_size), two(p.dilation), strict=True))


def check_conv(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=4, title="Conv2d", wanted="images C H W")
    if found:
        return found
    channels = x[1]
    for count, what, port in ((channels, "input channels", "x"), (p.out_channels, "output channels", "")):
        if count % p.groups:
            best = max(g for g in range(1, p.groups + 1) if channels % g == 0 and p.out_channels % g == 0)
            remedy = Remedy(f"Use {best} group{'s' if best > 1 else ''}", "set", params={"groups": best})
            return [
                Finding(
                    "groups",
                    f"{p.groups} groups do not divide {count} {what}.",
                    fix="Choose a number of groups that divides both.",
                    port=port,
                    remedies=(remedy,),
                )
            ]
    if p.padding == "same" and two(p.stride) != (1, 1):
        remedy = Remedy("Set stride to 1", "set", params={"stride": 1})
        message = f"Padding “same” works only with stride 1, got stride {times(p.stride)}."
        return [Finding("same-stride", message, fix="Use stride 1, or a number as padding.", remedies=(remedy,))]
    if p.padding_mode == "reflect" and any(pad >= size for pad, size in zip(padding_of(p), x[-2:], strict=True)):
        message = f"Reflecting {max(padding_of(p))} pixels needs an image larger than that, got H{x[2]} W{x[3]}."
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
        bypass="x",
        probes=("filters", "activations"),
        example=((2, 3, 16, 16),),
    ),
)
