"""Rows of the family multi-view: several pictures of one thing share a network. Data only: no torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from engine.graph.problem import Remedy
from engine.layers.params import Choice, Int
from engine.layers.spec import Finding, Formula, LayerType, Part, Port, Shape, shape_text

POOLS = {"max": "{}.max(1).values", "mean": "{}.mean(1)", "concat": "{}.flatten(1, 2)"}


def check_views(title: str, least: int) -> Callable[..., list[Finding]]:
    def check(p: SimpleNamespace, x: Shape) -> list[Finding]:
        if len(x) >= least:
            return []
        message = f"{title} needs views along the first axis of a sample, such as V C H W, got {shape_text(x)}."
        return [Finding("wrong-rank", message, fix="Wire a multi-view dataset, or put UnfoldViews before it.", port="x")]

    return check


def check_unfold(p: SimpleNamespace, x: Shape) -> list[Finding]:
    if x[0] % p.views == 0:
        return []
    best = max(v for v in range(1, min(p.views, x[0]) + 1) if x[0] % v == 0)
    message = f"UnfoldViews cannot make groups of {p.views} views out of {x[0]} pictures."
    remedy = Remedy(f"Use {best} view{'s' if best > 1 else ''}", "set", params={"views": best})
    return [Finding("views", message, fix="Set as many views as the dataset has, and put FoldViews before the shared layers.", remedies=(remedy,))]


def pooled(p: SimpleNamespace, x: Shape) -> Shape:
    return (x[0], x[1] * x[2], *x[3:]) if p.pool == "concat" else (x[0], *x[2:])


ROWS = (
    LayerType(
        id="fold_views",
        title="FoldViews",
        family="multi-view",
        stem="fold",
        aliases="for each view shared batch mvcnn",
        doc="Lays the views of all samples into the batch, so that the next layers see each view by itself with shared weights.",
        call=lambda inputs, p: f"{inputs[0]}.flatten(0, 1)",
        inputs=(Port("x", doc="N V, then the axes of a view."),),
        outputs=(Port("out"),),
        check=check_views("FoldViews", 3),
        formula=lambda p, x: Formula("Batch", (Part(f"{x[0]} samples · {x[1]} views = "), Part(f"{x[0] * x[1]:,}", result=True)), "pictures"),
        probes=("activations",),
        example=((2, 12, 3, 8, 8),),
    ),
    LayerType(
        id="unfold_views",
        title="UnfoldViews",
        family="multi-view",
        stem="unfold",
        aliases="for each view group batch mvcnn",
        doc="Takes the views out of the batch again: the opposite of FoldViews.",
        call=lambda inputs, p: f"{inputs[0]}.unflatten(0, (-1, {p.views}))",
        inputs=(Port("x"),),
        outputs=(Port("out", doc="N V, then the axes of a view."),),
        params=(Int("views", 12, low=1, high=1000, help="How many views each sample has."),),
        check=check_unfold,
        key=lambda p: f"{p.views} views",
        formula=lambda p, x: Formula(
            "Batch", (Part(f"{x[0]:,} pictures / "), Part(str(p.views), "views"), Part(" = "), Part(str(x[0] // p.views), result=True)), "samples"
        ),
        probes=("activations",),
        example=((24, 5),),
    ),
    LayerType(
        id="view_pool",
        title="ViewPool",
        family="multi-view",
        stem="views",
        aliases="mvcnn maximum mean concat multi-view pooling",
        doc="Joins the views of a sample element by element. For max and mean, which view comes first makes no difference.",
        call=lambda inputs, p: POOLS[p.pool].format(inputs[0]),
        inputs=(Port("x", doc="N V, then the axes of a view."),),
        outputs=(Port("out"),),
        params=(Choice("pool", list(POOLS), help="The largest value over the views, their mean, or all views behind each other."),),
        check=check_views("ViewPool", 3),
        key=lambda p: p.pool,
        formula=lambda p, x: Formula("Output", (Part(f"{x[1]} views → "), Part(shape_text(pooled(p, x)), "pool", result=True)), "0 parameters"),
        probes=("activations",),
        example=((2, 12, 5),),
    ),
)
