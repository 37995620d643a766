"""Rows of the family shape: the same numbers in another order. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Int, Sizes
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text
from engine.layers.words import elements, function_formula


def check_flatten(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if p.start_dim < max(len(x), 2):
        return []
    message = f"Flatten from axis {p.start_dim} is not possible: {shape_text(x)} has the axes 1 to {len(x) - 1} beside the batch."
    return [Finding("axis", message, fix="Use axis 1 to flatten a whole sample.", remedies=(Remedy("Flatten from axis 1", "set", params={"start_dim": 1}),))]


def flatten_formula(p: SimpleNamespace, x: Shape) -> Formula:
    sizes = x[p.start_dim :]
    total = 1
    for size in sizes:
        total *= size
    return Formula("Output size", (Part(" · ".join(map(str, sizes)) or "1", "start_dim"), Part(" = "), Part(f"{total:,}", result=True)), "features")


def target_sizes(p: SimpleNamespace, x: Shape) -> tuple[int, ...] | None:
    """The sizes after reshaping with -1 worked out, or None when the numbers do not fit."""
    known = 1
    for size in p.shape:
        known *= size if size != -1 else 1
    total = elements(x)
    if -1 in p.shape:
        return tuple(total // known if size == -1 else size for size in p.shape) if total % known == 0 else None
    return p.shape if known == total else None


def check_reshape(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if target_sizes(p, x) is not None:
        return []
    wanted = " · ".join("?" if size == -1 else str(size) for size in p.shape)
    message = f"Reshape to {wanted} does not fit: {shape_text(x)} holds {elements(x):,} numbers a sample."
    return [
        Finding(
            "reshape",
            message,
            fix="Choose sizes with the same product, or −1 for the one that is left.",
            port="x",
            remedies=(Remedy("Flatten instead", "set", params={"shape": (-1,)}),),
        )
    ]


def reshape_formula(p: SimpleNamespace, x: Shape) -> Formula:
    sizes = target_sizes(p, x) or ()
    return Formula("Output", (Part(f"{elements(x):,} = "), Part(" · ".join(map(str, sizes)), "shape", result=True)), "numbers a sample")


ROWS = (
    LayerType(
        id="flatten",
        title="Flatten",
        family="shape",
        stem="flatten",
        aliases="unwrap vector reshape",
        doc="Lays all maps of a sample behind each other as one row of features.",
        call=lambda inputs, p: f"{inputs[0]}.flatten({p.start_dim!r})",
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        params=(Int("start_dim", 1, low=1, high=5, label="From axis", help="The first axis that is merged; 1 keeps only the batch."),),
        check=check_flatten,
        key=lambda p: "" if p.start_dim == 1 else f"from axis {p.start_dim}",
        formula=flatten_formula,
        bypass="x",
        probes=("activations",),
        example=((2, 3, 4, 4),),
    ),
    LayerType(
        id="reshape",
        title="Reshape",
        family="shape",
        stem="reshape",
        aliases="view unflatten",
        doc="Gives the numbers of a sample another shape, in the same order.",
        call=lambda inputs, p: f"{inputs[0]}.reshape({inputs[0]}.shape[0], {', '.join(map(repr, p.shape))})",
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        params=(Sizes("shape", (-1,), label="Sizes", help="Sizes without the batch, such as 16, 7, 7; −1 stands for what is left."),),
        check=check_reshape,
        key=lambda p: "×".join("?" if size == -1 else str(size) for size in p.shape),
        formula=reshape_formula,
        bypass="x",
        probes=("activations",),
        example=((2, 3, 4, 4),),
    ),
    LayerType(
        id="identity",
        title="Identity",
        family="shape",
        stem="identity",
        aliases="pass through noop skip",
        doc="Passes its input through unchanged: a named place to look at, or one end of a skip.",
        call=lambda inputs, p: inputs[0],
        inputs=(Port("x"),),
        outputs=(Port("out"),),
        formula=lambda p, x: function_formula("x"),
        bypass="x",
        probes=("activations",),
        example=((2, 3, 4, 4),),
    ),
)
