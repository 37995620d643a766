"""Rows of the family linear. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import elements


def needs_features(p: SimpleNamespace, x: Shape) -> list[Finding]:
    """A Linear layer works on the last axis alone, which on an image is a mistake that torch does not mention."""
    if len(x) <= 3:
        return []
    flat = elements(x)
    message = f"Linear needs one row of features per sample, got {shape_text(x)}."
    fix = f"Put a Flatten before it: {shape_text(x)} becomes F{flat}."
    return [
        Finding("needs-flatten", message, fix=fix, port="x", remedies=(Remedy("Insert Flatten", "insert", "flatten", "x", note=f"{shape_text(x)} → F{flat}"),))
    ]


def linear_formula(p: SimpleNamespace, x: Shape) -> Formula:
    weights, bias = x[-1] * p.out_features, p.out_features if p.bias else 0
    parts = [Part(f"{x[-1]} · "), Part(str(p.out_features), "out_features")]
    if bias:
        parts += [Part(" + "), Part(str(bias), "bias")]
    return Formula("Parameters", (*parts, Part(" = "), Part(f"{weights + bias:,}", result=True)), "weights + biases" if bias else "weights")


def macs(p: SimpleNamespace, inputs: list[Shape], output: Shape) -> int:
    count = inputs[0][-1]
    for size in output:
        count *= size
    return count


ROWS = (
    LayerType(
        id="linear",
        title="Linear",
        family="linear",
        stem="fc",
        aliases="dense fully connected fc affine",
        doc="Every output is a weighted sum of all inputs plus a bias: y = W x + b.",
        make="nn.Linear",
        args=("in_features", "out_features"),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        derive={"in_features": lambda x: x[-1]},
        params=(
            Int("out_features", 64, low=1, high=1_000_000, help="How many neurons: each has its own row of weights."),
            Bool("bias", True, help="Adds one learned number to each output."),
        ),
        check=needs_features,
        key=lambda p: f"{p.out_features:,}",
        formula=linear_formula,
        macs=macs,
        probes=("filters", "activations"),
        example=((2, 20),),
    ),
)
