"""Rows of the family shape: the same numbers in another order. Data only: no torch, no Qt."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace
from typing import Any

from engine.graph.problem import Remedy
from engine.layers import token_shapes
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


def corrected(shape: tuple[int, ...], total: int) -> tuple[Remedy, ...]:
    """The sizes with the one changed that then fits and changes least, if any does."""
    fitting = []
    for index, size in enumerate(shape):
        rest = prod(other for i, other in enumerate(shape) if i != index)
        if size > 0 and rest > 0 and total % rest == 0:
            fitting.append((abs(total // rest - size), (*shape[:index], total // rest, *shape[index + 1 :])))
    return tuple(Remedy(f"Reshape to {' · '.join(map(str, best))}", "set", params={"shape": best}) for _, best in sorted(fitting)[:1])


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
            remedies=(*corrected(p.shape, elements(x)), Remedy("Flatten instead", "set", params={"shape": (-1,)})),
        )
    ]


def reshape_formula(p: SimpleNamespace, x: Shape) -> Formula:
    sizes = target_sizes(p, x) or ()
    start = () if len(sizes) == 1 else (Part(f"{elements(x):,} = "),)
    return Formula("Output", (*start, Part(" · ".join(f"{size:,}" for size in sizes), "shape", result=True)), "numbers a sample")


def check_order(p: SimpleNamespace, x: Shape) -> list[Finding]:
    axes = tuple(range(1, len(x)))
    if tuple(sorted(p.order)) == axes:
        return []
    message = f"Permute needs each of the axes {', '.join(map(str, axes))} of {shape_text(x)} once, got {', '.join(map(str, p.order))}."
    fix = "Name every axis beside the batch once."
    return [Finding("axis", message, fix=fix, port="x", remedies=(Remedy("Reverse the axes", "set", params={"order": axes[::-1]}),) if axes else ())]


def no_axis(title: str, dim: int, x: Shape) -> list[Finding]:
    if dim < len(x):
        return []
    message = f"{title} of axis {dim} is not possible: {shape_text(x)} has the axes 1 to {len(x) - 1} beside the batch."
    return [Finding("axis", message, fix="Use axis 1.", remedies=(Remedy("Use axis 1", "set", params={"dim": 1}),))]


def check_squeeze(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found = no_axis("Squeeze", p.dim, x)
    if found or x[p.dim] == 1:
        return found
    ones = [axis for axis in range(1, len(x)) if x[axis] == 1]
    message = f"Squeeze removes an axis of size 1, and axis {p.dim} of {shape_text(x)} has the size {x[p.dim]}."
    remedies = (Remedy(f"Use axis {ones[0]}", "set", params={"dim": ones[0]}),) if ones else ()
    return [Finding("axis", message, fix="Choose an axis of size 1, or use Reshape.", port="x", remedies=remedies)]


def check_unsqueeze(p: SimpleNamespace, x: Shape) -> list[Finding]:
    return no_axis("Unsqueeze", p.dim, (*x, 1))


def split_sizes(p: SimpleNamespace, x: Shape) -> tuple[int, ...]:
    """The size of each part: `first` for a, the others share what is left; without `first`, all share."""
    size = x[p.dim] if p.dim < len(x) else 0
    rest = p.parts - bool(p.first)
    each = (size - p.first) // rest
    return (*([p.first] if p.first else []), *[each] * (rest - 1), size - p.first - each * (rest - 1))


def check_split(p: SimpleNamespace, x: Shape) -> list[Finding]:
    found, sizes = no_axis("Split", p.dim, x), split_sizes(p, x)
    if found or (min(sizes) >= 1 and len(set(sizes[bool(p.first) :])) == 1):
        return found
    wanted = f"after {p.first}" if p.parts == 2 and p.first else "in halves" if p.parts == 2 else f"into {p.parts} parts"
    rest = f" with {p.first} for a" if p.first and p.parts > 2 else ""
    message = f"Axis {p.dim} of {shape_text(x)} has the size {x[p.dim]} and cannot be cut {wanted}{rest}."
    return [Finding("split", message, fix="Choose a size of a that leaves something for b." if p.parts == 2 else "Choose sizes that add up.", port="x")]


def split_call(inputs: list[str], p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
    return f"{inputs[0]}.split({split_sizes(p, shapes[0])!r}, dim={p.dim!r})"


def split_formula(p: SimpleNamespace, x: Shape) -> Formula:
    first, *rest = split_sizes(p, x)
    return Formula("Sizes", (Part(f"{x[p.dim]} = "), Part(str(first), "first"), *(Part(f" + {size}", result=True) for size in rest)), f"along axis {p.dim}")


def split_key(p: SimpleNamespace) -> str:
    """`2 + rest`, `halves`, `3 parts`."""
    words = f"{p.first} + {'rest' if p.parts == 2 else f'{p.parts - 1} parts'}" if p.first else "halves" if p.parts == 2 else f"{p.parts} parts"
    return words + ("" if p.dim == 1 else f" · axis {p.dim}")


def check_thirds(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if len(x) > 1 and x[-1] % 3 == 0:
        return []
    message = f"The last axis of {shape_text(x)} cannot be cut into three equal parts."
    return [Finding("split", message, fix="Let the layer before it give three times as many features.", port="x")]


def axis_row(type_id: str, title: str, *, stem: str, doc: str, **more: Any) -> LayerType:
    """A row that keeps the numbers and changes the axes."""
    outputs = more.pop("outputs", (Port("out"),))
    return LayerType(id=type_id, title=title, family="shape", stem=stem, doc=doc, inputs=(Port("x"),), outputs=outputs, probes=("activations",), **more)


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
    axis_row(
        "permute",
        "Permute",
        stem="permute",
        aliases="transpose swap axes order",
        doc="Puts the axes of a sample into another order.",
        call=lambda inputs, p: f"{inputs[0]}.permute(0, {', '.join(map(repr, p.order))})",
        params=(Sizes("order", (2, 1), help="Which axis comes first, second, ...; 2, 1 swaps tokens and features, 2, 3, 1 puts channels last."),),
        check=check_order,
        key=lambda p: ", ".join(map(str, p.order)),
        formula=lambda p, x: Formula(
            "Output",
            (Part(" · ".join(map(str, x[1:]))), Part(" → "), Part(" · ".join(str(x[axis]) for axis in p.order if 0 < axis < len(x)), "order", result=True)),
        ),
        example=((2, 5, 16),),
    ),
    axis_row(
        "squeeze",
        "Squeeze",
        stem="squeeze",
        aliases="remove axis dimension",
        doc="Removes an axis of size 1.",
        call=lambda inputs, p: f"{inputs[0]}.squeeze({p.dim!r})",
        params=(Int("dim", 1, low=1, high=5, label="Axis", help="The axis to remove; its size must be 1."),),
        check=check_squeeze,
        key=lambda p: f"axis {p.dim}",
        formula=lambda p, x: function_formula("the same numbers, one axis less"),
        example=((2, 1, 4, 4),),
    ),
    axis_row(
        "unsqueeze",
        "Unsqueeze",
        stem="unsqueeze",
        aliases="add axis dimension expand",
        doc="Adds an axis of size 1.",
        call=lambda inputs, p: f"{inputs[0]}.unsqueeze({p.dim!r})",
        params=(Int("dim", 1, low=1, high=5, label="Axis", help="Where the new axis is put."),),
        check=check_unsqueeze,
        key=lambda p: f"axis {p.dim}",
        formula=lambda p, x: function_formula("the same numbers, one axis more"),
        example=((2, 4, 4),),
    ),
    axis_row(
        "split",
        "Split",
        stem="split",
        aliases="chunk divide two halves branch",
        doc="Cuts its input along one axis, in two or more parts.",
        call=split_call,
        outputs=(Port("a"), Port("b")),
        parts="parts",
        params=(
            Int("parts", 2, low=2, high=8, help="How many outputs there are."),
            Int("first", 0, low=0, high=1_000_000, label="Size of a", help="How much of the axis goes to a; 0 cuts it into equal parts."),
            Int("dim", 1, low=1, high=5, label="Axis", help="The axis that is cut; 1 is the channels."),
        ),
        check=check_split,
        key=split_key,
        formula=split_formula,
        example=((2, 6, 4, 4),),
    ),
    axis_row(
        "split3",
        "Split3",
        stem="split",
        aliases="chunk three thirds query key value qkv",
        doc="Cuts its last axis into three equal parts, such as queries, keys and values.",
        call=lambda inputs, p: f"{inputs[0]}.chunk(3, dim=-1)",
        outputs=(Port("a"), Port("b"), Port("c")),
        check=check_thirds,
        formula=lambda p, x: Formula("Sizes", (Part(f"{x[-1]} / 3 = "), Part(str(x[-1] // 3), result=True)), "along the last axis"),
        example=((2, 5, 12),),
    ),
    *token_shapes.ROWS,
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
    LayerType(
        id="reroute",
        title="Reroute",
        family="shape",
        stem="reroute",
        aliases="dot knot corner wire tidy",
        doc="A knot in a wire, to lead it round things. It computes nothing and leaves no trace in the code; labels may pass as well.",
        call=lambda inputs, p: inputs[0],
        inputs=(Port("x", kind="any"),),
        outputs=(Port("out", kind="any"),),
        through=lambda p: "x",
        bypass="x",
        example=((2, 3, 4, 4),),
    ),
)
