"""Rows of the family linear. Data only: no torch, no Qt."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Float, Int
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


def check_bilinear(p: SimpleNamespace, a: Shape, b: Shape) -> list[Finding]:
    if len(a) > 1 and a[:-1] == b[:-1]:
        return []
    message = f"Bilinear pairs a and b row by row, so all sizes but the last must agree: a brings {shape_text(a)}, b brings {shape_text(b)}."
    return [Finding("sizes-differ", message, fix="Bring both inputs to the same axes, for example with Flatten.", port="b")]


def bilinear_formula(p: SimpleNamespace, a: Shape, b: Shape) -> Formula:
    total = a[-1] * b[-1] * p.out_features + (p.out_features if p.bias else 0)
    parts = [Part(f"{a[-1]} · {b[-1]} · "), Part(str(p.out_features), "out_features"), *([Part(f" + {p.out_features}", "bias")] if p.bias else [])]
    return Formula("Parameters", (*parts, Part(" = "), Part(f"{total:,}", result=True)), "one matrix an output")


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
        bypass="x",
        probes=("filters", "activations"),
        example=((2, 20),),
        init=("weight",),
    ),
    LayerType(
        id="bilinear",
        title="Bilinear",
        family="linear",
        stem="bilinear",
        aliases="interaction tensor product",
        doc="Every output weighs all products of a feature of a with a feature of b: y = aᵀ W b + c.",
        make="nn.Bilinear",
        args=("in1_features", "in2_features", "out_features"),
        inputs=(Port("a"), Port("b")),
        outputs=(Port("out"),),
        derive={"in1_features": lambda a, b: a[-1], "in2_features": lambda a, b: b[-1]},
        params=(
            Int("out_features", 64, low=1, high=100_000, help="How many outputs: each has its own matrix."),
            Bool("bias", True, help="Adds one learned number to each output."),
        ),
        check=check_bilinear,
        key=lambda p: f"{p.out_features:,}",
        formula=bilinear_formula,
        macs=lambda p, inputs, output: inputs[0][-1] * inputs[1][-1] * prod(output),
        probes=("activations",),
        example=((2, 6), (2, 5)),
        init=("weight",),
    ),
    LayerType(
        id="learned_offset",
        title="LearnedOffset",
        family="linear",
        stem="offset",
        aliases="bias picture image gradient perturbation learned input",
        doc="Adds one learned number to each value, from 0 on: what training does to a picture shows where gradients go.",
        make="LearnedOffset",
        args=("size",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        derive={"size": lambda x: x[1:]},
        formula=lambda p, x: Formula("Parameters", (Part(" · ".join(map(str, x[1:])) + " = "), Part(f"{prod(x[1:]):,}", result=True)), "one a value"),
        bypass="x",
        probes=("activations",),
        example=((2, 3, 4, 4),),
    ),
    LayerType(
        id="learned_scale",
        title="LearnedScale",
        family="linear",
        stem="scale",
        aliases="gamma rezero layer scale gain residual branch zero",
        doc="Multiplies each channel by one learned number. From 0 on, a residual branch begins as nothing and the block as the identity.",
        make="LearnedScale",
        args=("channels",),
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        derive={"channels": lambda x: x[1]},
        params=(Float("begin", 0.0, low=-1000.0, high=1000.0, label="Begins at", help="The number of every channel before the first step."),),
        key=lambda p: f"from {p.begin:g}",
        formula=lambda p, x: Formula("Parameters", (Part(f"{x[1]:,}", result=True),), "one a channel"),
        bypass="x",
        probes=("activations",),
        example=((2, 3, 4, 4),),
    ),
    LayerType(
        id="embedding",
        title="Embedding",
        family="linear",
        stem="embedding",
        aliases="lookup table token word vocabulary",
        doc="Looks up a learned row of numbers for each whole number that arrives.",
        make="nn.Embedding",
        args=("num_embeddings", "embedding_dim"),
        use=lambda module, inputs, p: f"{module}({inputs[0]}.long())",
        inputs=(Port("x", doc="Whole numbers from 0 to entries − 1.", whole=True),),
        outputs=(Port("out"),),
        params=(
            Int("num_embeddings", 1000, low=1, high=10_000_000, label="Entries", help="How many rows the table has: the size of the vocabulary."),
            Int("embedding_dim", 64, low=1, high=100_000, label="Features", help="How many numbers each row has."),
        ),
        key=lambda p: f"{p.num_embeddings:,} · {p.embedding_dim:,}",
        formula=lambda p, x: Formula(
            "Parameters",
            (
                Part(f"{p.num_embeddings:,}", "num_embeddings"),
                Part(" · "),
                Part(f"{p.embedding_dim:,}", "embedding_dim"),
                Part(" = "),
                Part(f"{p.num_embeddings * p.embedding_dim:,}", result=True),
            ),
            "one row an entry",
        ),
        init=("weight",),
        probes=("filters", "activations"),
        example=((2, 7),),
    ),
)
