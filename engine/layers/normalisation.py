"""Rows of the family normalisation. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.layers.params import Bool, Choice, Float
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text


def batch_norm_class(p: SimpleNamespace, x: Shape) -> str:
    return "nn.BatchNorm2d" if len(x) == 4 else "nn.BatchNorm1d"


def check_batch_norm(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if len(x) in (2, 3, 4):
        return []
    return [Finding("wrong-rank", f"BatchNorm needs features F or images C H W, got {shape_text(x)}.", fix="Flatten the input first.", port="x")]


def batch_norm_formula(p: SimpleNamespace, x: Shape) -> Formula:
    cells = x[0]
    for size in x[2:]:
        cells *= size
    return Formula(
        "Output", (Part("(x − mean) / √(var + "), Part(f"{p.eps:g}", "eps"), Part(")"), Part(" · γ + β", "affine")), f"mean over {cells:,} values a channel"
    )


def norm_shape(p: SimpleNamespace, x: Shape) -> tuple[int, ...]:
    return tuple(x[1:]) if p.over == "whole sample" else (x[-1],)


def normalized_shape(p: SimpleNamespace, x: Shape) -> int | tuple[int, ...]:
    sizes = norm_shape(p, x)
    return sizes[0] if len(sizes) == 1 else sizes


def layer_norm_formula(p: SimpleNamespace, x: Shape) -> Formula:
    cells = 1
    for size in norm_shape(p, x):
        cells *= size
    return Formula("Output", (Part("(x − mean) / √(var + "), Part(f"{p.eps:g}", "eps"), Part(") · γ + β")), f"mean over {cells:,} values")


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
            Choice("over", ["last axis", "whole sample"], help="Which values share a mean: each last axis, or the whole sample."),
            Float("eps", 1e-5, low=1e-12, high=1.0, log=True, help="Added to the variance, so that nothing is divided by zero."),
        ),
        key=lambda p: "" if p.over == "last axis" else p.over,
        formula=layer_norm_formula,
        bypass="x",
        probes=("activations",),
        example=((2, 5, 16),),
    ),
)
