"""Operations on a network that has learned: layers that change nothing at first, and a convolution taken apart. Pure functions; changes nothing itself.

The weights themselves are no part of a document: a run that begins with the weights of another one (recipe.weights_from) brings them along.
"""

from __future__ import annotations

from engine.graph import ops as o
from engine.graph.document import EditError
from engine.graph.edits import GAP, WIDTH, delete, ids, new_node
from engine.graph.inside import fresh_id
from engine.graph.model import Node, Snapshot, Value, Wire, frozen
from engine.layers import registry
from engine.layers.spec import Shape

AT_LEAST_ZERO = ("relu", "sigmoid", "softmax", "softplus")  # what comes out of them is never negative, so a ReLU behind it changes nothing
KEEPS_SIGN = (
    "max_pool2d", "avg_pool2d", "global_avg_pool", "global_max_pool", "adaptive_avg_pool2d", "adaptive_max_pool2d", "flatten", "reshape", "permute", "dropout",
    "identity", "squeeze", "unsqueeze", "crop", "upsample", "max_pool2d_indices", "channel_dropout", "reroute", "patchify",
    "strided_subsample", "gaussian_pool2d",
)  # fmt: skip
BEGINNING: dict[str, Value] = {"init": "identity", "bias_init": "0"}
MOST = 200  # layers in one go
KEPT = ("kernel_size", "stride", "padding", "dilation")  # what the depthwise half takes over from the convolution


def insert_identity(snapshot: Snapshot, node_id: str, shape: Shape, *, count: int = 1) -> tuple[list[o.Op], list[str]]:
    """`count` layers behind a node that hand on exactly what comes (lecture item 92): a linear layer or a 3×3 convolution that begins as the
    identity, each with a ReLU where nothing negative arrives. `shape` is that of the node's output. Returns the ops and the new ids.
    """
    node, port = snapshot.node(node_id), first_output(snapshot, node_id)
    if not 1 <= count <= MOST:
        raise EditError(f"Insert 1 to {MOST} layers at a time, not {count:,}.")
    if len(shape) not in (2, 3, 4):
        raise EditError(f"{node_id} gives {len(shape) - 1} axes; identity layers exist for features, tokens and images.")
    taken, made, step = ids(snapshot), [], WIDTH + GAP
    convolves = len(shape) == 4
    params = {"out_channels": shape[1], "kernel_size": 3, "padding": 1} if convolves else {"out_features": shape[-1]}
    kinds = [("conv2d" if convolves else "linear", {**params, **BEGINNING})] + ([("relu", {})] if never_negative(snapshot, node_id) else [])
    for type_id, values in kinds * count:
        row = registry.find(type_id, snapshot)
        name = fresh_id(taken, row.stem)
        taken.add(name)
        changed = {key: value for key, value in values.items() if value != row.param(key).default}
        made.append(Node(name, type_id, frozen(changed), (node.pos[0] + step * (len(made) + 1), node.pos[1])))
    return [*room_for(snapshot, node, step * len(made)), *in_chain(snapshot, (node_id, port), made)], [node.id for node in made]


def first_output(snapshot: Snapshot, node_id: str) -> str:
    """The port behind which layers go; EditError for a node that has none, or whose numbers are no layer's."""
    row = registry.of(snapshot.node(node_id), snapshot)
    if row is None or not row.outputs or row.role != "layer" or row.outputs[0].kind != "tensor":
        raise EditError(f"Choose a layer: nothing can be inserted behind {node_id}.")
    return row.outputs[0].name


def in_chain(snapshot: Snapshot, start: tuple[str, str], nodes: list[Node]) -> list[o.Op]:
    """`nodes` one behind the other after an output; what read it reads the last of them."""
    readers = [wire for wire in snapshot.wires if (wire.source, wire.source_port) == start]
    last = nodes[-1].id
    links = zip([start, *((node.id, "out") for node in nodes)], nodes, strict=False)
    return [
        *(o.RemoveWire(wire) for wire in readers),
        *(o.AddNode(node) for node in nodes),
        *(o.AddWire(Wire(*source, node.id, "x")) for source, node in links),
        *(o.AddWire(Wire(last, "out", wire.target, wire.target_port)) for wire in readers),
    ]


def room_for(snapshot: Snapshot, node: Node, width: float) -> list[o.Op]:
    """Moves what stands to the right of a node."""
    right = {other.id: (other.pos[0] + width, other.pos[1]) for other in snapshot.nodes if other.pos[0] > node.pos[0] + WIDTH / 2}
    return [o.MoveNodes(right)] if right else []


def never_negative(snapshot: Snapshot, node_id: str) -> bool:
    """Whether all numbers that the node gives are known to be 0 or more."""
    nodes, incoming, seen = snapshot.by_id(), snapshot.incoming(), set()
    while node_id not in seen:
        seen.add(node_id)
        node, arriving = nodes[node_id], incoming[node_id]
        if node.type in AT_LEAST_ZERO and not node.bypassed:
            return True
        if len(arriving) != 1 or not (node.type in KEEPS_SIGN or node.bypassed):
            return False
        node_id = next(iter(arriving.values())).source
    return False


def to_separable(snapshot: Snapshot, node_id: str) -> tuple[list[o.Op], list[str]]:
    """A convolution as a depthwise one, then a 1×1 one (lecture items 47 and 48): the pointwise half keeps the node's place among its readers."""
    node = snapshot.node(node_id)
    if node.type != "conv2d":
        raise EditError(f"Only a Conv2d can become separable; {node_id} is none.")
    row = registry.find("conv2d", snapshot)
    values = {**{param.name: param.default for param in row.params}, **node.params}
    if values["groups"] != 1:
        raise EditError(f"{node_id} has {values['groups']} groups already; set them to 1 first.")
    if values["padding_mode"] != "zeros":
        raise EditError(f"A depthwise convolution pads with zeros only; {node_id} pads by {values['padding_mode']}.")
    if values["padding"] == "same":
        values["padding"] = same(node_id, values["kernel_size"], values["dilation"])
    own = {param.name: param for param in registry.find("depthwise_conv2d", snapshot).params}
    taken = {name: values[name] for name in KEPT if values[name] != own[name].default}
    first = new_node(snapshot, "depthwise_conv2d", node.pos, params={**taken, "bias": False})
    place = (node.pos[0] + WIDTH + GAP, node.pos[1])
    point = registry.find("pointwise_conv2d", snapshot)
    given = {name: values[name] for name in ("out_channels", "bias") if values[name] != point.param(name).default}
    second = new_node(snapshot, "pointwise_conv2d", place, params=given)
    wires = [wire for wire in snapshot.wires if node_id in (wire.source, wire.target)]
    ops = [
        *room_for(snapshot, node, WIDTH + GAP), *delete(snapshot, [node_id]), o.AddNode(first), o.AddNode(second),
        *(o.AddWire(Wire(wire.source, wire.source_port, first.id, "x")) for wire in wires if wire.target == node_id),
        o.AddWire(Wire(first.id, "out", second.id, "x")),
        *(o.AddWire(Wire(second.id, "out", wire.target, wire.target_port)) for wire in wires if wire.source == node_id),
    ]  # fmt: skip
    return ops, [first.id, second.id]


def same(node_id: str, kernel: Value, dilation: Value) -> Value:
    """The padding that keeps the size; EditError for an even window, which none keeps on both sides alike."""
    pairs = [value if isinstance(value, tuple) else (value, value) for value in (kernel, dilation)]
    reaches = [gap * (size - 1) for size, gap in zip(*pairs, strict=True)]
    if any(reach % 2 for reach in reaches):
        raise EditError(f"{node_id} pads an even window to the same size, which a depthwise convolution cannot; choose an odd window.")
    return reaches[0] // 2 if reaches[0] == reaches[1] else (reaches[0] // 2, reaches[1] // 2)
