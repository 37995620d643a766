"""Rows of the family pooling. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.graph.model import Value
from engine.graph.problem import Remedy
from engine.layers.params import Pair
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape
from engine.layers.words import rank_finding, small_image, times, two, window_formula


def stride_of(p: SimpleNamespace) -> Value:
    return p.kernel_size if p.stride is None else p.stride


def check_pool(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=4, title="Pooling", wanted="images C H W")
    if found:
        return found
    if any(2 * pad > k for pad, k in zip(two(p.padding), two(p.kernel_size), strict=True)):
        most = min(two(p.kernel_size)) // 2
        message = f"Padding {times(p.padding)} is more than half of the {times(p.kernel_size)} window, so some windows would hold only padding."
        return [Finding("pool-padding", message, fix=f"Pad at most {most}.", remedies=(Remedy(f"Set padding to {most}", "set", params={"padding": most}),))]
    return small_image(x, kernel=p.kernel_size, padding=p.padding, title="this pooling", word="window")


def pool_key(p: SimpleNamespace) -> str:
    text = times(p.kernel_size)
    if two(stride_of(p)) != two(p.kernel_size):
        text += f" · /{p.stride if isinstance(p.stride, int) else times(p.stride)}"
    return text if two(p.padding) == (0, 0) else f"{text} · pad {p.padding if isinstance(p.padding, int) else times(p.padding)}"


def pool_formula(p: SimpleNamespace, x: Shape) -> Formula:
    return window_formula(x, kernel=p.kernel_size, stride=stride_of(p), padding=p.padding, names=("kernel_size", "stride", "padding"))


def pool_field(p: SimpleNamespace) -> tuple[int, int, int]:
    return max(two(p.kernel_size)), max(two(stride_of(p))), 1


def windowed(type_id: str, title: str, *, make: str, stem: str, aliases: str, doc: str) -> LayerType:
    """A pooling row with window, stride and padding."""
    return LayerType(
        id=type_id,
        title=title,
        family="pooling",
        stem=stem,
        aliases=aliases,
        doc=doc,
        call=make,
        args=("kernel_size",),
        inputs=(Port("x", "N C H W"),),
        outputs=(Port("out", "N C H W"),),
        params=(
            Pair("kernel_size", 2, low=1, high=1000, label="Window", help="Height and width of the window."),
            Pair("stride", None, low=1, high=1000, optional=True, none_label="as window", help="How far the window hops; as large as the window by default."),
            Pair("padding", 0, low=0, high=500, help="Rows and columns added on each side; at most half of the window."),
        ),
        check=check_pool,
        key=pool_key,
        formula=pool_formula,
        field=pool_field,
        bypass="x",
        probes=("activations",),
        example=((2, 3, 16, 16),),
    )


def check_global(p: SimpleNamespace, x: Shape) -> list[Finding]:
    return rank_finding(x, rank=4, title="Global pooling", wanted="images C H W")


ROWS = (
    windowed("max_pool2d", "MaxPool2d", make="F.max_pool2d", stem="pool", aliases="maximum pooling downsample", doc="Keeps the largest value of each window."),
    windowed("avg_pool2d", "AvgPool2d", make="F.avg_pool2d", stem="pool", aliases="average mean pooling downsample", doc="Keeps the mean of each window."),
    LayerType(
        id="global_avg_pool",
        title="GlobalAvgPool",
        family="pooling",
        stem="mean",
        aliases="adaptive average mean global pooling gap",
        doc="The mean of each whole map: images become one feature per channel.",
        call=lambda inputs, p: f"{inputs[0]}.mean((2, 3))",
        inputs=(Port("x", "N C H W"),),
        outputs=(Port("out", "N F"),),
        check=check_global,
        formula=lambda p, x: Formula("Output", (Part(f"mean over {x[2]}×{x[3]} = "), Part(f"F{x[1]}", result=True)), "per channel"),
        probes=("activations",),
        example=((2, 3, 8, 8),),
    ),
)
