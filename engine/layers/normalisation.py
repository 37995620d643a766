"""Rows of the family normalisation. Data only: no torch, no Qt."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Float, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import rank_finding


def batch_norm_class(p: SimpleNamespace, x: Shape) -> str:
    return {4: "nn.BatchNorm2d", 5: "nn.BatchNorm3d"}.get(len(x), "nn.BatchNorm1d")


def check_batch_norm(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if len(x) in (2, 3, 4, 5):
        return []
    return [Finding("wrong-rank", f"BatchNorm needs features F or images C H W, got {shape_text(x)}.", fix="Flatten the input first.", port="x")]


def batch_norm_formula(p: SimpleNamespace, x: Shape) -> Formula:
    cells = x[0]
    for size in x[2:]:
        cells *= size
    return Formula(
        "Output", (Part("(x − mean) / √(var + "), Part(f"{p.eps:g}", "eps"), Part(")"), Part(" · γ + β", "affine")), f"mean over {cells:,} values a channel"
    )


OVER = {"last axis": 1, "last two axes": 2, "whole sample": 0}  # how many axes share a mean


def norm_shape(p: SimpleNamespace, x: Shape) -> tuple[int, ...]:
    return tuple(x[1:]) if p.over == "whole sample" else tuple(x[max(len(x) - OVER[p.over], 1) :])


def normalized_shape(p: SimpleNamespace, x: Shape) -> int | tuple[int, ...]:
    sizes = norm_shape(p, x)
    return sizes[0] if len(sizes) == 1 else sizes


def layer_norm_formula(p: SimpleNamespace, x: Shape) -> Formula:
    cells = 1
    for size in norm_shape(p, x):
        cells *= size
    return Formula("Output", (Part("(x − mean) / √(var + "), Part(f"{p.eps:g}", "eps"), Part(") · γ + β")), f"mean over {cells:,} values")


EPS = Float("eps", 1e-5, low=1e-12, high=1.0, log=True, help="Added to the variance, so that nothing is divided by zero.")


def standardised(p: SimpleNamespace, cells: int, *, affine: bool) -> Formula:
    parts = (Part("(x − mean) / √(var + "), Part(f"{p.eps:g}", "eps"), Part(")"), *([Part(" · γ + β", "affine")] if affine else []))
    return Formula("Output", parts, f"mean over {cells:,} values")


def check_instance(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = rank_finding(x, rank=4, title="InstanceNorm", wanted="images C H W")
    if found or x[2] * x[3] > 1:
        return found
    message = f"InstanceNorm takes the mean over each map, and a map of H{x[2]} W{x[3]} is a single number."
    remedy = Remedy("Use LayerNorm", "replace", "layer_norm", params={"over": "whole sample"})
    return [Finding("single-value", message, fix="Use LayerNorm, or pool less before.", port="x", remedies=(remedy,))]


def check_groups(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if len(x) < 2:
        return rank_finding(x, rank=4, title="GroupNorm", wanted="images C H W")
    if x[1] % p.num_groups == 0:
        return []
    best = max(g for g in range(1, min(p.num_groups, x[1]) + 1) if x[1] % g == 0)
    remedy = Remedy(f"Use {best} group{'s' if best > 1 else ''}", "set", params={"num_groups": best})
    message = f"{p.num_groups} groups do not divide {x[1]} channels."
    return [Finding("groups", message, fix="Choose a number of groups that divides the channels.", port="x", remedies=(remedy,))]


def norm_row(type_id: str, title: str, *, stem: str, doc: str, make: str, **more: Any) -> LayerType:
    """A normalisation row: shape in = shape out."""
    return LayerType(
        id=type_id,
        title=title,
        family="normalisation",
        stem=stem,
        doc=doc,
        make=make,
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        bypass="x",
        probes=("activations",),
        example=more.pop("example", ((2, 3, 4, 4),)),
        **more,
    )


ROWS = (
    LayerType(
        id="batch_norm",
        title="BatchNorm",
        family="normalisation",
        stem="bn",
        aliases="batchnorm2d batchnorm1d bn batch normalisation normalization",
        doc="Shifts and scales each channel to mean 0 and variance 1 over the batch, then learns its own scale.",
        make=batch_norm_class,
        args=("num_features",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        derive={"num_features": lambda x: x[1]},
        shapes=lambda p, x: (x,),
        params=(
            Float("eps", 1e-5, low=1e-12, high=1.0, log=True, help="Added to the variance, so that nothing is divided by zero."),
            Float("momentum", 0.1, low=0.0, high=1.0, help="Share of the newest batch in the running mean and variance."),
            Bool("affine", True, label="Learn γ, β", help="A learned scale and shift for each channel."),
        ),
        check=check_batch_norm,
        key=lambda p: "" if p.momentum == 0.1 else f"momentum {p.momentum:g}",
        formula=batch_norm_formula,
        bypass="x",
        probes=("activations",),
        example=((2, 3, 4, 4),),
    ),
    LayerType(
        id="layer_norm",
        title="LayerNorm",
        family="normalisation",
        stem="ln",
        aliases="ln layer normalisation normalization",
        doc="Shifts and scales each sample by its own mean and variance; independent of the batch.",
        make="nn.LayerNorm",
        args=("normalized_shape",),
        silent=("over",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        derive={"normalized_shape": normalized_shape},
        params=(
            Choice("over", list(OVER), help="Which values share a mean: the last axis, the last two, or the whole sample (C, H, W)."),
            Float("eps", 1e-5, low=1e-12, high=1.0, log=True, help="Added to the variance, so that nothing is divided by zero."),
        ),
        key=lambda p: "" if p.over == "last axis" else p.over,
        formula=layer_norm_formula,
        bypass="x",
        probes=("activations",),
        example=((2, 5, 16),),
    ),
    norm_row(
        "instance_norm",
        "InstanceNorm",
        stem="inorm",
        aliases="in instance normalisation normalization style contrast",
        doc="Shifts and scales each map of each sample by its own mean and variance.",
        make="nn.InstanceNorm2d",
        args=("num_features",),
        derive={"num_features": lambda x: x[1]},
        params=(EPS, Bool("affine", False, label="Learn γ, β", help="A learned scale and shift for each channel.")),
        check=check_instance,
        key=lambda p: "γ, β" if p.affine else "",
        formula=lambda p, x: standardised(p, prod(x[2:]), affine=p.affine),
    ),
    norm_row(
        "group_norm",
        "GroupNorm",
        stem="gn",
        aliases="gn group normalisation normalization",
        doc="Shifts and scales groups of channels of each sample by their mean and variance: independent of the batch.",
        make="nn.GroupNorm",
        args=("num_groups", "num_channels"),
        derive={"num_channels": lambda x: x[1]},
        params=(
            Int("num_groups", 2, low=1, high=100_000, label="Groups", help="1 is layer norm over C, H, W; one group a channel is instance norm."),
            EPS,
            Bool("affine", True, label="Learn γ, β", help="A learned scale and shift for each channel."),
        ),
        check=check_groups,
        key=lambda p: f"{p.num_groups} group{'s' if p.num_groups > 1 else ''}",
        formula=lambda p, x: standardised(p, prod(x[1:]) // p.num_groups, affine=p.affine),
        example=((2, 4, 4, 4),),
    ),
    norm_row(
        "local_response_norm",
        "LocalResponseNorm",
        stem="lrn",
        aliases="lrn alexnet lateral inhibition",
        doc="Divides each value by the strength of its neighbours in the channels next to it, as in AlexNet.",
        make="nn.LocalResponseNorm",
        args=("size",),
        params=(
            Int("size", 5, low=1, high=1000, label="Channels", help="How many neighbouring channels are looked at."),
            Float("alpha", 1e-4, low=0.0, high=1000.0, log=True, help="How strong the neighbours count."),
            Float("beta", 0.75, low=0.0, high=10.0, help="The power of the divisor."),
            Float("k", 1.0, low=1e-6, high=1000.0, help="Keeps the divisor away from zero; AlexNet used 2."),
        ),
        check=lambda p, x: [] if len(x) >= 3 else rank_finding(x, rank=4, title="LocalResponseNorm", wanted="images C H W"),
        key=lambda p: f"{p.size} channels",
        formula=lambda p, x: Formula(
            "Output",
            (
                Part("x / ("),
                Part(f"{p.k:g}", "k"),
                Part(" + "),
                Part(f"{p.alpha:g}", "alpha"),
                Part(" · Σx² / "),
                Part(str(p.size), "size"),
                Part(")^"),
                Part(f"{p.beta:g}", "beta"),
            ),
            f"over {p.size} channels",
        ),
        example=((2, 8, 4, 4),),
    ),
    norm_row(
        "rms_norm",
        "RMSNorm",
        stem="rms",
        aliases="root mean square normalisation normalization llama",
        doc="Divides each row of features by its root mean square: layer norm without the shift.",
        make="nn.RMSNorm",
        args=("normalized_shape",),
        derive={"normalized_shape": lambda x: x[-1]},
        params=(Bool("elementwise_affine", True, label="Learn γ", help="A learned scale for each feature."),),
        formula=lambda p, x: Formula(
            "Output", (Part("x / √(mean x²)"), *([Part(" · γ", "elementwise_affine")] if p.elementwise_affine else [])), f"mean over {x[-1]:,} values"
        ),
        example=((2, 5, 16),),
    ),
)
