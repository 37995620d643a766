"""Rows of the family merge: layers with several inputs. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text

LETTERS = "abcdefgh"
AXIS_WORDS = {2: {1: "features"}, 4: {1: "channels", 2: "heights", 3: "widths"}}


def brings(*shapes: Shape) -> str:
    """`a brings C32 H14 W14, b brings C16 H14 W14`."""
    return ", ".join(f"{LETTERS[i]} brings {shape_text(shape)}" for i, shape in enumerate(shapes))


def fit_remedy(first: Shape, other: Shape, port: str) -> tuple[Remedy, ...]:
    """A 1×1 convolution (images) or a Linear layer (features) that brings `other` to the shape of `first`."""
    if len(first) == len(other) == 4 and first[2] and other[2] >= first[2] and other[2] % first[2] == 0 and other[3] * first[2] == other[2] * first[3]:
        stride = other[2] // first[2]
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
                remedies=fit_remedy(shapes[0], shape, LETTERS[index]),
            )
        ]
    return []


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
        if any(shape[i] != shapes[0][i] for i in range(1, rank) if i != p.dim):
            message = f"Concat needs equal sizes except along axis {p.dim}: {brings(*shapes)}."
            return [Finding("sizes-differ", message, fix="Pool, pad or stride one branch so that the sizes agree.", port=port)]
    return []


def add_formula(p: SimpleNamespace, *shapes: Shape) -> Formula:
    return Formula("Output", (Part(" + ".join(LETTERS[: len(shapes)]), "inputs"), Part(" = "), Part(shape_text(shapes[0]), result=True)), "element by element")


def concat_formula(p: SimpleNamespace, *shapes: Shape) -> Formula:
    total = sum(shape[p.dim] for shape in shapes)
    return Formula(
        "Output", (Part(" + ".join(str(shape[p.dim]) for shape in shapes), "inputs"), Part(" = "), Part(str(total), result=True)), f"along axis {p.dim}"
    )


INPUTS = Int("inputs", 2, low=2, high=8, help="How many inputs are joined.")

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
        call=lambda inputs, p: f"torch.cat([{', '.join(inputs)}], dim={p.dim!r})",
        inputs=(Port("x", many="inputs"),),
        outputs=(Port("out"),),
        params=(INPUTS, Int("dim", 1, low=1, high=5, label="Axis", help="The axis along which they are joined; 1 is the channels.")),
        silent=("inputs",),
        check=check_concat,
        key=lambda p: "" if p.dim == 1 else f"axis {p.dim}",
        formula=concat_formula,
        bypass="a",
        probes=("activations",),
        example=((2, 3, 8, 8), (2, 5, 8, 8)),
    ),
)
