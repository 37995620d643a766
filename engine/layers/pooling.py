"""Rows of the family pooling. Data only: no torch, no Qt."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace
from typing import Any

from engine.graph.model import Value
from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Float, Int, Pair
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
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
    return window_formula(x, kernel=p.kernel_size, stride=stride_of(p), padding=p.padding, names=("kernel_size", "stride", "padding"), ceil=p.ceil_mode)


def pool_field(p: SimpleNamespace) -> tuple[int, int, int]:
    return max(two(p.kernel_size)), max(two(stride_of(p))), 1


WINDOW = (
    Pair("kernel_size", 2, low=1, high=1000, label="Window", help="Height and width of the window."),
    Pair("stride", None, low=1, high=1000, optional=True, none_label="as window", help="How far the window hops; as large as the window by default."),
    Pair("padding", 0, low=0, high=500, help="Rows and columns added on each side; at most half of the window."),
)
CEIL = (Bool("ceil_mode", False, label="Round up", advanced=True, help="Lets the last window hang over the edge instead of dropping what is left over."),)


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
        params=(*WINDOW, *CEIL),
        check=check_pool,
        key=pool_key,
        formula=pool_formula,
        field=pool_field,
        bypass="x",
        probes=("activations",),
        example=((2, 3, 16, 16),),
    )


def need_maps(x: Shape, title: str) -> list[Finding]:
    return rank_finding(x, rank=4, title=title, wanted="images C H W")


def gaussian_window(p: SimpleNamespace, x: Shape) -> int:
    return 3 if p.filter == "3×3" else 5


def reflecting(x: Shape, reach: int) -> list[Finding]:
    """A finding when the image is too small to be mirrored at its edges."""
    if min(x[2:]) > reach:
        return []
    message = f"Reflecting {reach} pixel{'s' if reach > 1 else ''} at the edges needs a larger image, got H{x[2]} W{x[3]}."
    return [Finding("reflect", message, fix="Use a smaller filter, or pool less before.", port="x")]


def indexed_pool(inputs: list[str], p: SimpleNamespace) -> str:
    more = [f", {name}={value!r}" for name, value in (("stride", p.stride), ("padding", p.padding)) if value not in (None, 0)]
    return f"F.max_pool2d({inputs[0]}, {p.kernel_size!r}{''.join(more)}, return_indices=True)"


def pool_key_plain(p: SimpleNamespace) -> str:
    return times(p.kernel_size)


def unpooled(p: SimpleNamespace, x: Shape) -> tuple[int, int]:
    """Height and width after unpooling: (n - 1) s + k."""
    (kh, kw), (sh, sw) = two(p.kernel_size), two(stride_of(p))
    return (x[2] - 1) * sh + kh, (x[3] - 1) * sw + kw


def check_unpool(p: SimpleNamespace, x: Shape, indices: Shape) -> list[Finding]:
    found = need_maps(x, "MaxUnpool2d")
    if found or x == indices:
        return found
    message = f"MaxUnpool2d needs one index for each value: x brings {shape_text(x)}, indices brings {shape_text(indices)}."
    return [Finding("shapes-differ", message, fix="Wire indices from the MaxPool2dIndices whose output has the same shape.", port="indices")]


def unpool_formula(p: SimpleNamespace, x: Shape, indices: Shape) -> Formula:
    height, width = unpooled(p, x)
    (kh, _), (sh, _) = two(p.kernel_size), two(stride_of(p))
    parts = (Part(f"({x[2]} − 1)·"), Part(str(sh), "stride"), Part(" + "), Part(str(kh), "kernel_size"), Part(" = "), Part(f"{height}", result=True))
    return Formula("Output size", parts, "H and W" if x[2] == x[3] and height == width else "H")


def maps_row(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A pooling row over images."""
    defaults: dict[str, Any] = {"inputs": (Port("x", "N C H W"),), "outputs": (Port("out", "N C H W"),), "example": ((2, 3, 16, 16),)}
    return LayerType(id=type_id, title=title, family="pooling", stem=stem, doc=doc, probes=("activations",), **{**defaults, **more})


def check_global(p: SimpleNamespace, x: Shape) -> list[Finding]:
    return rank_finding(x, rank=4, title="Global pooling", wanted="images C H W")


ROWS = (
    windowed("max_pool2d", "MaxPool2d", make="F.max_pool2d", stem="pool", aliases="maximum pooling downsample", doc="Keeps the largest value of each window."),
    windowed("avg_pool2d", "AvgPool2d", make="F.avg_pool2d", stem="pool", aliases="average mean pooling downsample", doc="Keeps the mean of each window."),
    maps_row(
        "lp_pool2d",
        "LpPool2d",
        stem="pool",
        aliases="power average norm pooling sum",
        doc="The p-norm of each window: p = 1 adds up the absolute values, a large p comes near the maximum.",
        call="lp_pool2d",
        args=("norm", "kernel_size"),
        params=(
            Float("norm", 2.0, low=1.0, high=6.0, label="Norm p", help="1 adds up, 2 is the length of the window as a vector."),
            Pair("kernel_size", 2, low=1, high=1000, label="Window", help="Height and width of the window."),
            Pair("stride", None, low=1, high=1000, optional=True, none_label="as window", help="How far the window hops; as large as the window by default."),
        ),
        check=lambda p, x: need_maps(x, "LpPool2d") or small_image(x, kernel=p.kernel_size, padding=0, title="this pooling", word="window"),
        key=lambda p: f"p = {p.norm:g} · {times(p.kernel_size)}",
        formula=lambda p, x: window_formula(x, kernel=p.kernel_size, stride=stride_of(p), padding=0, names=("kernel_size", "stride", "")),
        field=pool_field,
        bypass="x",
    ),
    maps_row(
        "gaussian_pool2d",
        "GaussianPool2d",
        stem="pool",
        aliases="blur binomial antialias fixed filter weighted pooling",
        doc="Blurs each map with a fixed binomial filter and keeps every second pixel: a weighted mean, nothing learned.",
        make="GaussianPool2d",
        params=(
            Choice("filter", ["3×3", "5×5"], help="1 2 1 or 1 4 6 4 1 in both directions."),
            Int("stride", 2, low=1, high=100, help="How far the window hops. 2 halves the size."),
        ),
        silent=("filter",),
        derive={"window": gaussian_window},
        check=lambda p, x: need_maps(x, "GaussianPool2d") or reflecting(x, gaussian_window(p, x) // 2),
        key=lambda p: f"{p.filter} · /{p.stride}",
        formula=lambda p, x: window_formula(
            x, kernel=gaussian_window(p, x), stride=p.stride, padding=gaussian_window(p, x) // 2, names=("filter", "stride", "")
        ),
        macs=lambda p, inputs, output: gaussian_window(p, inputs[0]) ** 2 * prod(output),
        field=lambda p: (gaussian_window(p, ()), p.stride, 1),
        bypass="x",
    ),
    maps_row(
        "strided_subsample",
        "StridedSubsample",
        stem="subsample",
        aliases="decimate stride slice thin out",
        doc="Keeps every second pixel and drops the rest: pooling without looking.",
        call=lambda inputs, p: f"{inputs[0]}[:, :, ::{two(p.stride)[0]}, ::{two(p.stride)[1]}]",
        params=(Pair("stride", 2, low=1, high=1000, help="Every how many rows and columns one is kept."),),
        check=lambda p, x: need_maps(x, "StridedSubsample"),
        key=lambda p: f"/{p.stride if isinstance(p.stride, int) else times(p.stride)}",
        formula=lambda p, x: window_formula(x, kernel=1, stride=p.stride, padding=0, names=("", "stride", "")),
        field=lambda p: (1, max(two(p.stride)), 1),
        bypass="x",
    ),
    *(
        maps_row(
            f"adaptive_{word}_pool2d",
            f"Adaptive{word.capitalize()}Pool2d",
            stem="pool",
            aliases=f"adaptive {more} pooling resize fixed size",
            doc=f"Divides each map into a fixed number of windows and keeps {what} of each: any image size gives the same output.",
            call=f"F.adaptive_{word}_pool2d",
            args=("output_size",),
            params=(Pair("output_size", 6, low=1, high=1000, label="Output", help="Height and width that come out, whatever goes in."),),
            check=lambda p, x: need_maps(x, "Adaptive pooling"),
            key=lambda p: times(p.output_size),
            formula=lambda p, x: Formula("Output size", (Part(f"{x[2]}×{x[3]} → "), Part(times(p.output_size), "output_size", result=True)), "H and W"),
        )
        for word, more, what in (("avg", "average mean", "the mean"), ("max", "maximum", "the largest value"))
    ),
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
        bypass="x",
        probes=("activations",),
        example=((2, 3, 8, 8),),
    ),
    maps_row(
        "global_max_pool",
        "GlobalMaxPool",
        stem="max",
        aliases="adaptive maximum global pooling",
        doc="The largest value of each whole map: images become one feature per channel.",
        call=lambda inputs, p: f"{inputs[0]}.amax((2, 3))",
        outputs=(Port("out", "N F"),),
        check=check_global,
        formula=lambda p, x: Formula("Output", (Part(f"maximum over {x[2]}×{x[3]} = "), Part(f"F{x[1]}", result=True)), "per channel"),
    ),
    maps_row(
        "max_pool2d_indices",
        "MaxPool2dIndices",
        stem="pool",
        aliases="maximum pooling argmax where unpooling segnet",
        doc="MaxPool2d that also tells which pixel won, for MaxUnpool2d.",
        call=indexed_pool,
        outputs=(Port("out", "N C H W"), Port("indices", "N C H W", doc="Which pixel of the map won, counted row by row.", whole=True)),
        params=WINDOW,
        check=check_pool,
        key=pool_key,
        formula=lambda p, x: window_formula(x, kernel=p.kernel_size, stride=stride_of(p), padding=p.padding, names=("kernel_size", "stride", "padding")),
        field=pool_field,
    ),
    maps_row(
        "max_unpool2d",
        "MaxUnpool2d",
        stem="unpool",
        aliases="unpooling upsample segnet decoder",
        doc="Puts every value back where MaxPool2dIndices found it; all other pixels are zero.",
        call="F.max_unpool2d",
        args=("kernel_size",),
        inputs=(Port("x", "N C H W"), Port("indices", "N C H W", doc="The indices of the pooling to be undone.", whole=True)),
        params=WINDOW[:2],
        check=check_unpool,
        key=pool_key_plain,
        formula=unpool_formula,
        example=((2, 3, 4, 4), (2, 3, 4, 4)),
    ),
)
