"""Rows of the family merge: layers with several inputs. Data only: no torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers.params import Bool, Choice, Float, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text

LETTERS = "abcdefgh"
IMAGES = 4  # axes of a batch of images
AXIS_WORDS = {2: {1: "features"}, 4: {1: "channels", 2: "heights", 3: "widths"}}


def brings(*shapes: Shape) -> str:
    """`a brings C32 H14 W14, b brings C16 H14 W14`."""
    return ", ".join(f"{LETTERS[i]} brings {shape_text(shape)}" for i, shape in enumerate(shapes))


def stride_between(large: Shape, small: Shape) -> int:
    """The stride with which a 1×1 window brings maps of one size to another: every so many pixels, from the first on; 0 where none does."""
    sizes = list(zip(large[2:], small[2:], strict=True))
    if any(new < 1 or old < new for old, new in sizes):
        return 0
    usual = max(1, round(large[2] / small[2]))
    return next((step for step in (usual, usual + 1, usual - 1) if step and all((old - 1) // step + 1 == new for old, new in sizes)), 0)


def fit_remedy(first: Shape, other: Shape, port: str) -> tuple[Remedy, ...]:
    """A 1×1 convolution (images) or a Linear layer (features) that brings `other` to the shape of `first`."""
    stride = stride_between(other, first) if len(first) == len(other) == 4 else 0
    if stride:
        params = {"out_channels": first[1], "kernel_size": 1, **({"stride": stride} if stride > 1 else {})}
        name = "Insert 1×1 convolution" + (f" with stride {stride}" if stride > 1 else "")
        return (Remedy(name, "insert", "conv2d", port, params=params, note=f"{port} {shape_text(other)} → {shape_text(first)}"),)
    if len(first) == len(other) == 2:
        return (Remedy("Insert Linear", "insert", "linear", port, params={"out_features": first[1]}, note=f"{port} {shape_text(other)} → {shape_text(first)}"),)
    return ()


def check_add(p: SimpleNamespace, *shapes: Shape) -> list[Finding]:
    for index, shape in enumerate(shapes):
        if shape[1:] == shapes[0][1:]:
            continue
        axes = AXIS_WORDS.get(len(shape), {})
        first = next((i for i in range(1, len(shape)) if len(shapes[0]) == len(shape) and shape[i] != shapes[0][i]), None)
        detail = (
            f" The {axes[first]} differ: {shapes[0][first]} and {shape[first]}." if first in axes else " The numbers of axes differ." if first is None else ""
        )
        return [
            Finding(
                "shapes-differ",
                f"Add needs inputs of the same shape: {brings(*shapes)}.{detail}",
                fix="Bring both branches to one shape, for example with a 1×1 convolution.",
                port=LETTERS[index],
                remedies=fit_remedy(shapes[0], shape, LETTERS[index]) or fit_remedy(shape, shapes[0], LETTERS[0]),
            )
        ]
    return []


def fit_remedies(shapes: tuple[Shape, ...]) -> tuple[Remedy, ...]:
    """Maps of one size: the smallest of all, or the largest."""
    channels, fits = sum(shape[1] for shape in shapes), (("Crop to the smallest", "crop", min), ("Pad to the largest", "pad", max))
    sizes = {fit: (1, channels, *(pick(shape[axis] for shape in shapes) for axis in (2, 3))) for _, fit, pick in fits}
    return tuple(Remedy(title, "set", params={"fit": fit}, note=f"together {shape_text(sizes[fit])}") for title, fit, _ in fits)


def other_axis(p: SimpleNamespace, shapes: tuple[Shape, ...]) -> tuple[Remedy, ...]:
    """The axes along which these inputs can be joined, if they all differ along one at most."""
    apart = [i for i in range(1, len(shapes[0])) if len({shape[i] for shape in shapes}) > 1]
    return (Remedy(f"Join along axis {apart[0]}", "set", params={"dim": apart[0], "fit": "refuse"}),) if len(apart) == 1 and apart != [p.dim] else ()


def check_concat(p: SimpleNamespace, *shapes: Shape) -> list[Finding]:
    rank = len(shapes[0])
    for index, shape in enumerate(shapes):
        port = LETTERS[index]
        if len(shape) != rank:
            remedies = (Remedy("Insert Flatten", "insert", "flatten", port),) if rank == 2 else ()
            return [
                Finding(
                    "ranks-differ",
                    f"Concat needs inputs with the same axes: {brings(*shapes)}.",
                    fix="Flatten or reshape one of them.",
                    port=port,
                    remedies=remedies,
                )
            ]
        if not 1 <= p.dim < rank:
            message = f"Concat along axis {p.dim} is not possible: {shape_text(shape)} has the axes 1 to {rank - 1} beside the batch."
            return [Finding("axis", message, fix="Use axis 1, the channels.", remedies=(Remedy("Use axis 1", "set", params={"dim": 1}),))]
        free = (p.dim,) if p.fit == "refuse" else (p.dim, rank - 2, rank - 1) if rank == 4 else (p.dim,)
        if any(shape[i] != shapes[0][i] for i in range(1, rank) if i not in free):
            message = f"Concat needs equal sizes except along axis {p.dim}: {brings(*shapes)}."
            remedies = fit_remedies(shapes) if rank == IMAGES else ()
            only_size = rank == 4 and p.dim == 1 and p.fit == "refuse"
            other = () if only_size else other_axis(p, shapes)
            fix = "Pool, pad or stride one branch so that the sizes agree."
            return [Finding("sizes-differ", message, fix=fix, port=port, remedies=remedies if only_size else other)]
    if p.fit != "refuse" and (rank != 4 or p.dim != 1):
        message = f"Concat crops and pads images C H W joined along the channels, got {shape_text(shapes[0])} along axis {p.dim}."
        return [Finding("fit", message, fix="Let it refuse other sizes.", remedies=(Remedy("Refuse other sizes", "set", params={"fit": "refuse"}),))]
    return []


def add_formula(p: SimpleNamespace, *shapes: Shape) -> Formula:
    return Formula("Output", (Part(" + ".join(LETTERS[: len(shapes)]), "inputs"), Part(" = "), Part(shape_text(shapes[0]), result=True)), "element by element")


def concat_formula(p: SimpleNamespace, *shapes: Shape) -> Formula:
    total = sum(shape[p.dim] for shape in shapes)
    return Formula(
        "Output", (Part(" + ".join(str(shape[p.dim]) for shape in shapes), "inputs"), Part(" = "), Part(str(total), result=True)), f"along axis {p.dim}"
    )


INPUTS = Int("inputs", 2, low=2, high=8, help="How many inputs are joined.")

FITS = {"refuse": "[{}]", "crop": "cropped({})", "pad": "padded({})"}
FIT = Choice("fit", list(FITS), label="Other sizes", help="Maps of other heights and widths: refuse them, crop all to the smallest, or pad all to the largest.")


def same_shapes(title: str) -> Callable[..., list[Finding]]:
    """The check of Add, in the words of another layer."""

    def check(p: SimpleNamespace, *shapes: Shape) -> list[Finding]:
        return [replace(finding, message=finding.message.replace("Add", title, 1)) for finding in check_add(p, *shapes)]

    return check


def check_multiply(p: SimpleNamespace, *shapes: Shape) -> list[Finding]:
    """Sizes must agree or be 1."""
    for index, shape in enumerate(shapes):
        fits = len(shape) == len(shapes[0]) and all(len({s[i] for s in shapes} - {1}) <= 1 for i in range(len(shape)))
        if not fits and shape != shapes[0]:
            message = f"Multiply needs inputs of the same shape, or sizes of 1: {brings(*shapes)}."
            return [
                Finding(
                    "shapes-differ",
                    message,
                    fix="Bring both branches to one shape.",
                    port=LETTERS[index],
                    remedies=fit_remedy(shapes[0], shape, LETTERS[index]),
                )
            ]
    return []


def inner(p: SimpleNamespace, b: Shape) -> int:
    """How many products are summed."""
    return b[-1] if p.transpose else b[-2]


def matmul_call(inputs: list[str], p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
    product = f"{inputs[0]} @ {inputs[1]}{'.transpose(-2, -1)' if p.transpose else ''}"
    return f"{product} / {shapes[0][-1]}**0.5" if p.scaled else product


def check_matmul(p: SimpleNamespace, a: Shape, b: Shape) -> list[Finding]:
    if min(len(a), len(b)) < 3 or len(a) != len(b) or a[:-2] != b[:-2]:
        message = f"MatMul multiplies matrices T D of one sample: {brings(a, b)}."
        return [Finding("ranks-differ", message, fix="Bring both inputs to tokens T D, for example with Patchify.", port="b")]
    if a[-1] == inner(p, b):
        return []
    message = f"Each row of a has {a[-1]} numbers, and {'each row' if p.transpose else 'each column'} of b has {inner(p, b)}: {brings(a, b)}."
    remedies = ()
    if a[-1] == (b[-2] if p.transpose else b[-1]):
        remedies = (Remedy("Do not transpose b" if p.transpose else "Transpose b", "set", params={"transpose": not p.transpose}),)
    return [Finding("sizes-differ", message, fix="Give both the same number of features, or transpose b.", port="b", remedies=remedies)]


def matmul_formula(p: SimpleNamespace, a: Shape, b: Shape) -> Formula:
    columns = b[-2] if p.transpose else b[-1]
    left, right = f"{a[-2]}×{a[-1]}", f"{inner(p, b)}×{columns}"
    scale = (Part(f" / √{a[-1]}", "scaled"),) if p.scaled else ()
    return Formula("Output", (Part(f"{left} · "), Part(right, "transpose"), *scale, Part(" = "), Part(f"{a[-2]}×{columns}", result=True)), "a sample")


def scale_call(inputs: list[str], p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
    return f"{inputs[0]} * {p.factor!r}" if p.by == "a number" else f"{inputs[0]} / {shapes[0][-1]}**0.5"


def several(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A row that joins any number of equal inputs."""
    return LayerType(
        id=type_id,
        title=title,
        family="merge",
        stem=stem,
        doc=doc,
        inputs=(Port("x", many="inputs"),),
        outputs=(Port("out"),),
        params=(INPUTS,),
        silent=("inputs",),
        bypass="a",
        probes=("activations",),
        example=((2, 3, 8, 8), (2, 3, 8, 8)),
        **more,
    )


def pair(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A row with the inputs a and b."""
    ports = (Port("a"), Port("b"))
    return LayerType(id=type_id, title=title, family="merge", stem=stem, doc=doc, inputs=ports, outputs=(Port("out"),), probes=("activations",), **more)


ROWS = (
    LayerType(
        id="add",
        title="Add",
        family="merge",
        stem="add",
        aliases="sum plus residual skip shortcut",
        doc="Adds its inputs element by element: the skip of a residual block.",
        call=lambda inputs, p: " + ".join(inputs),
        inputs=(Port("x", many="inputs"),),
        outputs=(Port("out"),),
        params=(INPUTS,),
        silent=("inputs",),
        check=check_add,
        formula=add_formula,
        bypass="a",
        probes=("activations",),
        example=((2, 3, 8, 8), (2, 3, 8, 8)),
    ),
    LayerType(
        id="concat",
        title="Concat",
        family="merge",
        stem="cat",
        aliases="concatenate cat join stack",
        doc="Lays its inputs behind each other along one axis: the skip of a U-Net.",
        call=lambda inputs, p: f"torch.cat({FITS[p.fit].format(', '.join(inputs))}, dim={p.dim!r})",
        inputs=(Port("x", many="inputs"),),
        outputs=(Port("out"),),
        params=(INPUTS, Int("dim", 1, low=1, high=5, label="Axis", help="The axis along which they are joined; 1 is the channels."), FIT),
        silent=("inputs",),
        check=check_concat,
        key=lambda p: " · ".join([*([] if p.dim == 1 else [f"axis {p.dim}"]), *([] if p.fit == "refuse" else [p.fit])]),
        formula=concat_formula,
        bypass="a",
        probes=("activations",),
        example=((2, 3, 8, 8), (2, 5, 8, 8)),
    ),
    several(
        "multiply",
        "Multiply",
        stem="mul",
        aliases="product times gate mask hadamard",
        doc="Multiplies its inputs element by element; sizes of 1 are repeated: gates and masks.",
        call=lambda inputs, p: " * ".join(inputs),
        check=check_multiply,
        formula=lambda p, *shapes: Formula("Output", (Part(" · ".join(LETTERS[: len(shapes)]), "inputs"),), "element by element"),
    ),
    several(
        "mean",
        "Mean",
        stem="mean",
        aliases="average several ensemble heads",
        doc="The mean of its inputs, element by element: what several heads or networks agree on.",
        call=lambda inputs, p: f"({' + '.join(inputs)}) / {len(inputs)}",
        check=same_shapes("Mean"),
        formula=lambda p, *shapes: Formula(
            "Output", (Part(f"({' + '.join(LETTERS[: len(shapes)])}) / "), Part(str(len(shapes)), "inputs")), "element by element"
        ),
    ),
    pair(
        "subtract",
        "Subtract",
        stem="sub",
        aliases="difference minus",
        doc="a − b, element by element.",
        call=lambda inputs, p: f"{inputs[0]} - {inputs[1]}",
        check=same_shapes("Subtract"),
        formula=lambda p, a, b: Formula("Output", (Part("a − b"),), "element by element"),
        bypass="a",
        example=((2, 3, 8, 8), (2, 3, 8, 8)),
    ),
    pair(
        "matmul",
        "MatMul",
        stem="matmul",
        aliases="matrix product dot scores attention bmm",
        doc="The matrix product of the last two axes, such as the score of every query with every key.",
        call=matmul_call,
        params=(
            Bool("transpose", False, label="Transpose b", help="Multiplies with bᵀ: rows of a with rows of b, as queries with keys."),
            Bool("scaled", False, label="Divide by √D", help="Divides by the root of the number of products in each sum, as attention does."),
        ),
        check=check_matmul,
        key=lambda p: " ".join(["a bᵀ" if p.transpose else "a b", *(["/ √D"] if p.scaled else [])]),
        formula=matmul_formula,
        macs=lambda p, inputs, output: prod(output) * inputs[0][-1],
        example=((2, 5, 8), (2, 8, 6)),
    ),
    LayerType(
        id="scale",
        title="Scale",
        family="merge",
        stem="scale",
        aliases="multiply constant factor divide sqrt temperature",
        doc="Multiplies everything by one constant: a number, or 1/√D for the queries of attention.",
        call=scale_call,
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        params=(
            Choice("by", ["a number", "1 / √D"], help="The number below, or one over the root of the last axis."),
            Float("factor", 0.5, low=-1e6, high=1e6, help="What everything is multiplied by."),
        ),
        key=lambda p: f"×{p.factor:g}" if p.by == "a number" else p.by,
        formula=lambda p, x: Formula(
            "Output",
            (Part("x · "), Part(f"{p.factor:g}", "factor"))
            if p.by == "a number"
            else (Part("x / √"), Part(str(x[-1]), "by"), Part(f" = x / {x[-1] ** 0.5:.4g}", result=True)),
            "element by element",
        ),
        bypass="x",
        probes=("activations",),
        example=((2, 5, 16),),
    ),
)
