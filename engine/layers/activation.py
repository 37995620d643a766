"""Rows of the family activation. Data only: no torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Float, Int
from engine.layers.spec import Finding, LayerType, Port, Shape, shape_text
from engine.layers.words import function_formula


def elementwise(
    type_id: str, title: str, *, call: str | Callable[..., str] | None, stem: str, text: str, doc: str, aliases: str = "", **more: Any
) -> LayerType:
    """An activation row: shape in = shape out; `text` is the function as a formula."""
    defaults: dict[str, Any] = {"formula": lambda p, x: function_formula(text), "key": lambda p: text, "example": ((2, 3, 4, 4),)}
    return LayerType(
        id=type_id,
        title=title,
        family="activation",
        stem=stem,
        aliases=aliases,
        doc=doc,
        call=call,
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        bypass="x",
        probes=("activations",),
        **{**defaults, **more},
    )


def swish_text(p: SimpleNamespace) -> str:
    return "x·σ(b·x), b learned" if p.learnable else f"x·σ({p.b:g}·x)"


def check_axis(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if -len(x) <= p.dim < len(x) and p.dim not in (0, -len(x)):
        return []
    message = f"The sum over axis {p.dim} is not possible: {shape_text(x)} has the axes 1 to {len(x) - 1} beside the batch."
    return [Finding("axis", message, fix="Use axis 1, or −1 for the last.", remedies=(Remedy("Use the last axis", "set", params={"dim": -1}),))]


ROWS = (
    elementwise(
        "relu",
        "ReLU",
        call="F.relu",
        stem="relu",
        text="max(0, x)",
        aliases="rectifier rectified linear unit",
        doc="Passes positive values, sets negative ones to zero.",
    ),
    elementwise(
        "leaky_relu",
        "LeakyReLU",
        call="F.leaky_relu",
        stem="leaky",
        text="max(0, x) + a·min(0, x)",
        aliases="lrelu rectifier",
        doc="Like ReLU, but negative values keep a small slope, so that no unit dies.",
        params=(Float("negative_slope", 0.01, low=0.0, high=1.0, label="Slope a", help="The slope for negative inputs; 0 is ReLU."),),
        key=lambda p: f"a = {p.negative_slope:g}",
        formula=lambda p, x: function_formula(f"max(0, x) + {p.negative_slope:g}·min(0, x)"),
    ),
    elementwise(
        "prelu",
        "PReLU",
        call=None,
        make="nn.PReLU",
        stem="prelu",
        text="max(0, x) + a·min(0, x)",
        aliases="parametric rectifier learned slope leaky",
        doc="Like LeakyReLU, but the slope of negative values is learned: one for all, or one for each channel.",
        silent=("slopes",),
        derive={"num_parameters": lambda p, x: x[1] if p.slopes == "each channel" and len(x) > 1 else 1},
        params=(
            Choice("slopes", ["one for all", "each channel"], help="How many slopes are learned."),
            Float("init", 0.25, low=-10.0, high=10.0, label="Slope a begins", help="What the slope for negative inputs is before the first step."),
        ),
        key=lambda p: f"a = {p.init:g}, learned",
        formula=lambda p, x: function_formula("max(0, x) + a·min(0, x), a learned"),
        example=((2, 3, 4, 4),),
    ),
    elementwise("sigmoid", "Sigmoid", call="torch.sigmoid", stem="sigmoid", text="1 / (1 + e⁻ˣ)", aliases="logistic", doc="Squeezes every value into 0 to 1."),
    elementwise("tanh", "Tanh", call="torch.tanh", stem="tanh", text="tanh(x)", aliases="hyperbolic tangent", doc="Squeezes every value into −1 to 1."),
    elementwise(
        "silu", "SiLU", call="F.silu", stem="silu", text="x / (1 + e⁻ˣ)", aliases="swish", doc="x times its own sigmoid: a smooth ReLU that dips below zero."
    ),
    elementwise(
        "swish",
        "Swish",
        call=None,
        make="Swish",
        args=("b",),
        stem="swish",
        text="x·σ(b·x)",
        aliases="silu beta self-gated",
        doc="x times the sigmoid of b·x: b = 0 halves x, b = 1 is SiLU, a large b is ReLU.",
        params=(
            Float("b", 1.0, low=-1000.0, high=1000.0, label="Sharpness b", help="How sharp the bend is; 1 is SiLU."),
            Bool("learnable", False, help="Lets b be learned, one number for the whole layer."),
        ),
        key=lambda p: f"b = {p.b:g}" + (" · learned" if p.learnable else ""),
        formula=lambda p, x: function_formula(swish_text(p)),
    ),
    elementwise(
        "elu",
        "ELU",
        call="F.elu",
        stem="elu",
        text="max(0, x) + a·(e^min(0, x) − 1)",
        aliases="exponential linear unit",
        doc="Like ReLU, but negative values bend smoothly towards −a.",
        params=(Float("alpha", 1.0, low=0.0, high=100.0, label="Depth a", help="The value that large negative inputs come near."),),
        key=lambda p: f"a = {p.alpha:g}",
        formula=lambda p, x: function_formula(f"max(0, x) + {p.alpha:g}·(e^min(0, x) − 1)"),
    ),
    elementwise(
        "softplus",
        "Softplus",
        call="F.softplus",
        stem="softplus",
        text="ln(1 + e^(b·x)) / b",
        aliases="smooth relu",
        doc="A ReLU with a round corner: always positive, its slope is the sigmoid.",
        params=(Float("beta", 1.0, low=0.01, high=100.0, log=True, label="Sharpness b", help="A large b comes near ReLU."),),
        key=lambda p: f"b = {p.beta:g}",
        formula=lambda p, x: function_formula(f"ln(1 + e^({p.beta:g}·x)) / {p.beta:g}"),
    ),
    elementwise(
        "gelu",
        "GELU",
        call="F.gelu",
        stem="gelu",
        text="x·Φ(x)",
        aliases="gaussian error linear unit",
        doc="x times the normal distribution function: the activation of transformers.",
        params=(Choice("approximate", ["none", "tanh"], help="The exact function, or a faster approximation by tanh."),),
    ),
    elementwise(
        "softmax",
        "Softmax",
        call="F.softmax",
        stem="softmax",
        text="eˣⁱ / Σ eˣʲ",
        aliases="probabilities normalised exponential",
        doc="Turns scores into probabilities that add up to one.",
        params=(Int("dim", 1, low=-6, high=6, label="Axis", help="The axis whose values add up to one; 1 is the classes."),),
        args=("dim",),
        check=check_axis,
        example=((2, 10),),
    ),
    elementwise(
        "log_softmax",
        "LogSoftmax",
        call="F.log_softmax",
        stem="log_softmax",
        text="xᵢ − ln Σ eˣʲ",
        aliases="log probabilities",
        doc="The logarithm of softmax, computed so that nothing overflows: what NLL takes.",
        params=(Int("dim", 1, low=-6, high=6, label="Axis", help="The axis whose probabilities add up to one; 1 is the classes."),),
        args=("dim",),
        check=check_axis,
        example=((2, 10),),
    ),
)
