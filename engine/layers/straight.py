"""Conv1d and Conv3d of the family convolution: one size for every axis. Data only: no torch, no Qt."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import check_groups, rank_finding, window_size


def check_straight(p: SimpleNamespace, x: Shape, axes: int) -> list[Finding]:
    """The checks of a convolution along one or three axes."""
    title, wanted = f"Conv{axes}d", "sequences C T" if axes == 1 else "volumes C D H W"
    found = rank_finding(x, rank=axes + 2, title=title, wanted=wanted) or check_groups(p, x)
    if found:
        return found
    smallest = min(x[2:])
    if p.padding_mode in ("reflect", "circular") and p.padding >= smallest + (p.padding_mode == "circular"):
        message = f"Padding {p.padding} by mode “{p.padding_mode}” needs a larger input, got {shape_text(x)}."
        return [
            Finding(
                "reflect", message, fix="Use less padding, or zeros.", port="x", remedies=(Remedy("Pad with zeros", "set", params={"padding_mode": "zeros"}),)
            )
        ]
    fit = (smallest + 2 * p.padding - 1) // p.dilation + 1
    if p.kernel_size <= fit:
        return []
    message = f"The kernel of {title} is {p.kernel_size} long, larger than the input: {shape_text(x)} arrives."
    remedy = Remedy(f"Make the kernel {fit}", "set", params={"kernel_size": fit})
    return [Finding("small-image", message, fix="Use a smaller kernel, or more padding.", port="x", remedies=(remedy,))]


def straight_formula(p: SimpleNamespace, x: Shape) -> Formula:
    """The output size along each axis."""
    parts: list[Part] = []
    for size in dict.fromkeys(x[2:]):
        out = window_size(size, kernel=p.kernel_size, stride=p.stride, padding=p.padding, dilation=p.dilation)
        reach = f"{p.dilation}·({p.kernel_size} − 1) − 1" if p.dilation > 1 else str(p.kernel_size)
        parts += [Part(f"({size} − " if not parts else f"   ({size} − "), Part(reach, "kernel_size"), Part(" + "), Part(f"2·{p.padding}", "padding")]
        parts += [Part(") / "), Part(str(p.stride), "stride"), Part(" + 1 = "), Part(str(out), result=True)]
    return Formula("Output size", tuple(parts), "along each axis" if len(x) > 3 else "steps")


def straight(axes: int) -> LayerType:
    """Conv1d or Conv3d: the same size along every axis."""
    letters = "N C T" if axes == 1 else "N C D H W"
    thing = "a sequence" if axes == 1 else "a volume, such as a stack of slices or a video"
    return LayerType(
        id=f"conv{axes}d",
        title=f"Conv{axes}d",
        family="convolution",
        stem=f"conv{axes}d_",
        aliases="convolution filter sequence signal time" if axes == 1 else "convolution filter volume video voxel",
        doc=f"Slides learned filters over {thing}.",
        make=f"nn.Conv{axes}d",
        args=("in_channels", "out_channels", "kernel_size"),
        inputs=(Port("x", letters),),
        outputs=(Port("out", letters),),
        derive={"in_channels": lambda x: x[1]},
        params=(
            Int("out_channels", 64, low=1, high=100_000, help="How many filters; each gives one map."),
            Int("kernel_size", 3, low=1, high=1000, help="Length of the window along each axis."),
            Int("stride", 1, low=1, high=1000, help="How far the window hops. 2 halves the size."),
            Int("padding", 0, low=0, high=1000 if axes == 1 else 20, help="What is added on each side. (kernel − 1) / 2 keeps the size."),
            Bool("bias", True, help="Adds one learned number to each map."),
            Int("dilation", 1, low=1, high=1000, advanced=True, help="Gaps between what the window looks at."),
            Int("groups", 1, low=1, high=100_000, advanced=True, help="Channels are split into this many groups that do not see each other."),
            Choice("padding_mode", ["zeros", "reflect", "replicate", "circular"], advanced=True, help="What the added places hold."),
        ),
        check=lambda p, x: check_straight(p, x, axes),
        key=lambda p: f"{p.out_channels:,} · {p.kernel_size}" + (f" · /{p.stride}" if p.stride > 1 else "") + (f" · pad {p.padding}" if p.padding else ""),
        formula=straight_formula,
        macs=lambda p, inputs, output: inputs[0][1] // p.groups * p.kernel_size**axes * prod(output),
        probes=("filters", "activations"),
        example=((2, 3, 16),) if axes == 1 else ((2, 3, 6, 6, 6),),
        init=("weight",),
    )
