"""Repairs that need the whole network: added to a node's problem once all shapes are known. Finds no problem itself; changes nothing, knows no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.compile.names import natural
from engine.compile.order import Ref
from engine.events import NodeFacts
from engine.graph.problem import Problem, Remedy
from engine.layers.spec import Shape, shape_text
from engine.layers.words import two, window_size

if TYPE_CHECKING:
    from engine.compile.problems import View

FLAT, MAP, VIEWS = 2, 4, 5  # axes of features, of images, and of several views of each sample
BY_CLASS = ("cross_entropy", "nll", "hinge", "dice")  # losses that want one score for each class
FLATTENERS = ("flatten", "global_avg_pool", "global_max_pool")  # what turns images into features
STRIDED = ("conv2d", "depthwise_conv2d")
LARGEST_STRIDE = 16
MOST = 2  # wires that are offered


def mended(view: View, problem: Problem) -> Problem:
    """The problem, with further repairs if there are any."""
    known = {remedy.title for remedy in problem.remedies}
    ready = not problem.path and problem.node in view.facts  # what lies inside of a block was mended there
    extra = [remedy for make in MENDERS.get(problem.code, ()) if ready for remedy in make(view, problem) if remedy.title not in known]
    return replace(problem, remedies=(*problem.remedies, *extra)) if extra else problem


def shape_of(view: View, ref: Ref | None) -> Shape:
    """The shape of an output; empty when it is not known."""
    return view.facts.get(ref[0], NodeFacts()).outputs.get(ref[1], ()) if ref else ()


def other_stride(view: View, problem: Problem) -> Iterator[Remedy]:
    """The stride that brings a branch to the size of the other one, where one layer decides the size of its maps."""
    inputs = view.facts[problem.node].inputs
    first = next(iter(inputs))
    for here, there in ((problem.port, first), (first, problem.port)):
        mine, other = inputs.get(here, ()), inputs.get(there, ())
        if here == there or len(mine) != MAP or len(other) != MAP or mine[2:] == other[2:]:
            continue
        owner, before = strided(view, view.wires.sources[problem.node].get(here), mine)
        if owner:
            window = {name: view.value(owner, name) for name in ("kernel_size", "padding", "dilation")}
            fitting = (step for step in range(1, LARGEST_STRIDE + 1) if all(out_size(window, i, before[2 + i], step) == other[2 + i] for i in (0, 1)))
            step = next(fitting, 0) if isinstance(window["padding"], int | tuple) else 0
            if step:
                new = (*mine[:2], *other[2:])
                yield Remedy(f"Give {owner} stride {step}", "set", node=owner, params={"stride": step}, note=f"{here} {shape_text(mine)} → {shape_text(new)}")


def out_size(window: Mapping[str, object], axis: int, size: int, stride: int) -> int:
    kernel, padding, dilation = (two(window[name])[axis] for name in ("kernel_size", "padding", "dilation"))
    return window_size(size, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


def strided(view: View, ref: Ref | None, shape: Shape) -> tuple[str, Shape]:
    """The convolution that sets the size of these maps and is read by nobody else, with the shape that arrives at it; empty when there is none."""
    while (ref := view.wires.resolve(ref)) and len(view.wires.readers.get(ref, ())) == 1 and view.wires.role(ref[0]) == "layer":
        before = next(iter(view.facts.get(ref[0], NodeFacts()).inputs.values()), ())
        if view.row(ref[0]).id in STRIDED and len(before) == MAP:
            return ref[0], before
        if len(before) != MAP or before[2:] != shape[2:] or len(view.wires.sources[ref[0]]) != 1:
            break
        ref = next(iter(view.wires.sources[ref[0]].values()))
    return "", ()


def loose_ends(view: View, problem: Problem) -> Iterator[Remedy]:
    """Wires from outputs that nobody reads yet, the nearest first; at the beginning of a network from the dataset."""
    nodes, wires = view.wires.nodes, view.wires
    here = nodes[problem.node]
    after = downstream(view, problem.node)
    free = [
        (node_id, port.name)
        for node_id, row in wires.rows.items()
        for port in (row.outputs if row else ())
        if port.kind == "tensor" and node_id not in after and (node_id, port.name) not in wires.readers
    ]
    layers = [ref for ref in free if wires.role(ref[0]) != "data"]

    def far(ref: Ref) -> tuple[bool, bool, float, object]:
        x, y = nodes[ref[0]].pos
        return (not shape_of(view, ref), x > here.pos[0], abs(here.pos[0] - x) + abs(here.pos[1] - y), natural(ref[0]))

    for node_id, name in sorted(layers or free, key=far)[:MOST]:
        shape = shape_of(view, (node_id, name))
        what = f"{name} of {node_id}" if len(wires.rows[node_id].outputs) > 1 else node_id
        note = f"{shape_text(shape)} arrives" if shape else ""
        yield Remedy(f"Wire {what}", "connect", port=problem.port, node=node_id, params={"output": name}, note=note)


def downstream(view: View, node_id: str) -> set[str]:
    """The node and all that depends on it, which cannot feed it."""
    after: Mapping[str, list[str]] = {}
    for (source, _), readers in view.wires.readers.items():
        after.setdefault(source, []).extend(name for name, _ in readers)
    found, stack = {node_id}, [node_id]
    while stack:
        fresh = set(after.get(stack.pop(), ())) - found
        found |= fresh
        stack.extend(fresh)
    return found


def fewer_inputs(view: View, problem: Problem) -> Iterator[Remedy]:
    """One input less, where the last of several has no wire."""
    row, ports = view.row(problem.node), view.wires.inputs[problem.node]
    name = next((port.many for port in row.inputs if port.many), "") if row else ""
    count = len(ports) - 1
    if name and ports[-1].name == problem.port and count >= 2:
        yield Remedy(f"Use {count} inputs", "set", params={name: count})


def pass_on(view: View, problem: Problem) -> Iterator[Remedy]:
    """Switching a node off that has the input which it would hand on."""
    row = view.row(problem.node)
    if row and row.bypass and row.bypass != problem.port and row.bypass in view.wires.sources[problem.node]:
        yield Remedy(f"Bypass {problem.node}", "bypass", note=f"{row.bypass} goes on alone")


def to_maps(view: View, problem: Problem) -> Iterator[Remedy]:
    """What brings features or views back to images, which the layer wants."""
    ref = view.wires.feeds(problem.node)[0]
    shape, row = shape_of(view, ref), view.wires.rows[ref[0]] if ref else None
    if row is None or "C H W" not in problem.message:
        return
    before = next(iter(view.facts[ref[0]].inputs.values()), ()) if ref[0] in view.facts else ()
    if len(shape) == FLAT and row.id in FLATTENERS and row.bypass and len(before) == MAP:
        yield Remedy(f"Bypass {ref[0]}", "bypass", node=ref[0], note=f"{shape_text(shape)} → {shape_text(before)}")
    if len(shape) == VIEWS:
        yield Remedy("Insert FoldViews", "insert", "fold_views", problem.port or "x", note="each view as an image of its own")


def other_target(view: View, problem: Problem) -> Iterator[Remedy]:
    """The dataset's label where something else is wired to the target, or CrossEntropy where labels are compared with scores."""
    feeds = view.wires.feeds(problem.node)
    ref, row = feeds[1] if len(feeds) > 1 else None, view.row(problem.node)
    if ref is None or row.role != "loss":
        return
    data = ref[0] if ref[0] in view.datasets else next(iter(view.wires.of_role("data")), "")
    labels = [port.name for port in view.row(data).outputs if port.kind == "target"] if data else []
    if row.id in BY_CLASS and labels and ref != (data, labels[0]):
        yield Remedy(f"Wire {labels[0]} of {data}", "connect", port="target", node=data, params={"output": labels[0]})
    prediction, classes = shape_of(view, feeds[0]), view.datasets[ref[0]].classes if ref[0] in view.datasets and ref[1] in labels else 0
    scores = len(prediction) >= FLAT and prediction[1] > 1 and shape_of(view, ref) == (prediction[0], *prediction[2:])
    if classes and scores and row.id not in BY_CLASS:
        yield Remedy("Use CrossEntropy instead", "replace", "cross_entropy", note=f"{classes} classes")


def data_instead(view: View, problem: Problem) -> Iterator[Remedy]:
    """The image where a label was wired to a layer."""
    for wire in view.wires.refused:
        ports = [port.name for port in view.row(wire.source).outputs if port.kind == "tensor"] if wire.source in view.datasets else []
        if (wire.target, wire.target_port) == (problem.node, problem.port) and ports:
            yield Remedy(f"Wire {ports[0]} of {wire.source}", "connect", port=problem.port, node=wire.source, params={"output": ports[0]})


def same_rows(view: View, problem: Problem) -> Iterator[Remedy]:
    """As many features in b as in a, where a Linear layer makes b and the product runs over features."""
    ref = view.wires.feeds(problem.node)[1] if view.wires.rows[problem.node].id == "matmul" else None
    if ref is None or not view.value(problem.node, "transpose") or view.wires.rows[ref[0]].id != "linear":
        return
    width = view.facts[problem.node].inputs["a"][-1]
    if len(view.wires.readers.get(ref, ())) == 1:
        yield Remedy(f"Give {ref[0]} {width} outputs", "set", node=ref[0], params={"out_features": width})


MENDERS: dict[str, tuple[Callable[[View, Problem], Iterator[Remedy]], ...]] = {
    "missing-input": (loose_ends, fewer_inputs, pass_on),
    "impossible-wire": (data_instead,),
    "wrong-rank": (to_maps,),
    "target-shape": (other_target,),
    "prediction-shape": (other_target,),
    "sizes-differ": (same_rows, other_stride),
    "shapes-differ": (other_stride,),
}
