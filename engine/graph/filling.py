"""Puts data in the place of a template's Input: wires move over, and the layers that count classes follow. Pure functions, one undo step each.

How many classes a dataset has is the caller's to know: nothing is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from engine.graph import edits
from engine.graph import ops as o
from engine.graph.document import EditError
from engine.graph.model import EMPTY, Node, Snapshot, Value, Wire
from engine.layers import registry
from engine.layers.params import ParamError
from engine.layers.spec import LayerType

PLACES = ("input", "input_mask")  # the types that only declare what data would look like
COUNTERS = ("out_features", "out_channels", "classes")  # parameters that may say how many scores come out
PIXELWISE = ("mask", "mirror")  # targets with an answer for each pixel

Ports = dict[str, str]


def is_dataset(type_id: str) -> bool:
    """Whether nodes of this type bring data."""
    row = registry.find(type_id)
    return row is not None and row.role == "data" and type_id not in PLACES


def first(row: LayerType, *, target: bool) -> str:
    """The first output that is a target, or the first that is none; empty when there is none."""
    return next((port.name for port in row.outputs if (port.kind == "target") == target), "")


def refusal(snapshot: Snapshot, place: str, type_id: str) -> str:
    """Why this dataset cannot take the place, in words; empty when it can."""
    old, new = registry.of(snapshot.node(place)), registry.find(type_id)
    if old is None or old.id not in PLACES or new is None or not is_dataset(type_id):
        return f"Only a dataset can take the place of {place}."
    wanted, brought = first(old, target=True), first(new, target=True)
    if (wanted in PIXELWISE) == (brought in PIXELWISE):
        return ""
    if wanted in PIXELWISE:
        return f"{new.title} has a {brought or 'class'} for each sample, and this network answers with a class for each pixel."
    return f"{new.title} has a class for each pixel, and this network answers with one for each sample."


def declared(node: Node) -> SimpleNamespace:
    """Shape and classes of an Input; EditError when they are out of range."""
    try:
        return registry.of(node).values(node.params)
    except ParamError as error:
        raise EditError(f"{node.id}: {error}") from error


def fitted(snapshot: Snapshot, place: str, type_id: str) -> Mapping[str, Value]:
    """Parameters with which a dataset of free size has the shape that the place declares: of a folder's pictures, of scenes, of views."""
    row, known = registry.find(type_id), declared(snapshot.node(place))
    shape = known.shape
    if row is None or len(shape) not in (3, 4):
        return EMPTY
    *views, channels, height, width = shape
    several = {"samples": "all views", "views": views[0]} if views else {"samples": "single views"}
    wanted = {"size": height if height == width else (height, width), "colour": "grey" if channels == 1 else "colour", "classes": known.classes, **several}
    params = {}
    for param in row.params:
        try:
            value = param.parse(wanted[param.name])
        except (KeyError, ParamError):
            continue
        if value != param.default:
            params[param.name] = value
    return params


def fill(snapshot: Snapshot, place: str, type_id: str, *, params: Mapping[str, Value] | None = None, classes: int = 0) -> tuple[list[o.Op], str]:
    """A new dataset in the place of an Input; without `params` it is brought to the declared shape. `classes` 0: not known."""
    if reason := refusal(snapshot, place, type_id):
        raise EditError(reason)
    old = snapshot.node(place)
    node = edits.new_node(snapshot, type_id, old.pos, params=fitted(snapshot, place, type_id) if params is None else params)
    return [o.AddNode(node), *taken_over(snapshot, old, node, classes=classes)], node.id


def hand_over(snapshot: Snapshot, place: str, node_id: str, *, ports: Ports | None = None, classes: int = 0) -> list[o.Op]:
    """A dataset that is on the canvas already takes the place of an Input. `ports` says which of its outputs stands for which of the Input's."""
    node = snapshot.node(node_id)
    if reason := refusal(snapshot, place, node.type):
        raise EditError(reason)
    return taken_over(snapshot, snapshot.node(place), node, classes=classes, ports=ports)


def taken_over(snapshot: Snapshot, old: Node, node: Node, *, classes: int, ports: Ports | None = None) -> list[o.Op]:
    """The wires of `old` to `node`, `old` gone, and the last layers with as many outputs as there are classes."""
    rows = registry.of(old), registry.of(node)
    match = {first(rows[0], target=target): first(rows[1], target=target) for target in (False, True)} | (ports or {})
    wires = [wire for wire in snapshot.wires if wire.source == old.id]
    moved = [Wire(node.id, match[wire.source_port], wire.target, wire.target_port) for wire in wires if match.get(wire.source_port)]
    return [*edits.delete(snapshot, [old.id]), *(o.AddWire(wire) for wire in moved), *adapted(snapshot, old, classes=classes, feeders={old.id, node.id})]


def adapted(snapshot: Snapshot, old: Node, *, classes: int, feeders: set[str]) -> list[o.Op]:
    """Gives the layers that had as many outputs as the Input declares classes as many as there are now."""
    before = declared(old).classes
    if classes < 1 or classes == before:
        return []
    return [op for name, param in counters(snapshot, feeders, before) for op in edits.set_param(snapshot, name, param, value=classes)]


def counters(snapshot: Snapshot, feeders: set[str], before: int) -> list[tuple[str, str]]:
    """(node, parameter) of the last layers before each loss that compares with a target of these nodes, where they say exactly as many as before."""
    nodes, incoming = snapshot.by_id(), snapshot.incoming()
    rows = {name: registry.of(node, snapshot) for name, node in nodes.items()}
    losses = [name for name, row in rows.items() if row and row.role == "loss" and feeders & {w.source for w in incoming[name].values()}]
    waiting, seen, found = [w.source for name in losses for w in incoming[name].values()], set(), []
    while waiting:
        name = waiting.pop()
        row = rows[name]
        if name in seen or row is None or row.role != "layer":
            continue
        seen.add(name)
        param = next((param for param in row.params if param.name in COUNTERS), None)
        if param is None:
            waiting += [wire.source for wire in incoming[name].values()]
        elif nodes[name].params.get(param.name, param.default) == before:
            found.append((name, param.name))
    return sorted(found)


def pushed_out(snapshot: Snapshot, wire: Wire) -> str:
    """The Input that this new wire from a dataset would take the place of; empty when it is an ordinary wire."""
    nodes = snapshot.by_id()
    old = next((w for w in snapshot.wires if (w.target, w.target_port) == (wire.target, wire.target_port)), None)
    if old is None or wire.source not in nodes or nodes[old.source].type not in PLACES or refusal(snapshot, old.source, nodes[wire.source].type):
        return ""
    return old.source if old.source_port == first(registry.of(nodes[old.source]), target=False) else ""
