"""Editing gestures as pure functions: a snapshot goes in, a list of ops comes out. Nothing is changed here.

Each list is one undo step. EditError carries the reason when a gesture is not possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.graph import ops as o
from engine.graph.document import EditError, legal_id
from engine.graph.expression import Expression, ExpressionError
from engine.graph.inside import adopt, closure, fresh_id, retyped
from engine.graph.model import EMPTY, Frame, Node, Snapshot, Value, Wire, block_of, frozen
from engine.graph.problem import Problem
from engine.graph.rules import PortRef, compatible_types, input_port, output_port, ports_fit, refusal
from engine.layers import registry
from engine.layers.params import Param, ParamError
from engine.layers.spec import LayerType

Pos = tuple[float, float]
GAP = 60.0  # px between a node and the one placed behind it
WIDTH = 160.0  # usual width of a node


def ids(snapshot: Snapshot) -> set[str]:
    return {node.id for node in snapshot.nodes}


def new_node(snapshot: Snapshot, type_id: str, pos: Pos, *, params: Mapping[str, Value] = EMPTY) -> Node:
    """A node of a known type with a fresh id."""
    row = registry.find(type_id, snapshot)
    if row is None:
        raise EditError(f"There is no layer type {type_id!r}.")
    check_place(snapshot, row)
    return Node(fresh_id(ids(snapshot), row.stem), type_id, frozen(params), (float(pos[0]), float(pos[1])))


def check_place(snapshot: Snapshot, row: LayerType) -> None:
    """EditError for a node that does not belong here: data and losses inside a block, a block's ports outside."""
    if snapshot.inside and row.role in ("data", "loss"):
        raise EditError(f"{row.title} stays outside blocks: data and losses are what the whole network has.")
    if not snapshot.inside and row.role == "port":
        raise EditError(f"An {row.title.lower()} has its place inside a block.")


def add_node(snapshot: Snapshot, type_id: str, pos: Pos, *, params: Mapping[str, Value] = EMPTY) -> tuple[list[o.Op], str]:
    """A new node at `pos`; returns the ops and its id."""
    node = new_node(snapshot, type_id, pos, params=params)
    return [o.AddNode(node)], node.id


def connect(snapshot: Snapshot, wire: Wire) -> list[o.Op]:
    """Draws a wire; what occupied the input is replaced in the same step."""
    reason = refusal(snapshot, wire)
    if reason:
        raise EditError(reason)
    old = [w for w in snapshot.wires if (w.target, w.target_port) == (wire.target, wire.target_port)]
    return [] if wire in old else [*(o.RemoveWire(w) for w in old), o.AddWire(wire)]


def disconnect(wires: Iterable[Wire]) -> list[o.Op]:
    """Takes wires away."""
    return [o.RemoveWire(wire) for wire in wires]


def delete(snapshot: Snapshot, node_ids: Iterable[str], *, wires: Iterable[Wire] = (), frame_ids: Iterable[str] = ()) -> list[o.Op]:
    """Deletes nodes with their wires, further wires, and frames. The gap is not healed."""
    doomed, extra = set(node_ids), set(wires)
    cut = [w for w in snapshot.wires if w.source in doomed or w.target in doomed or w in extra]
    return [
        *disconnect(cut),
        *bequeath(snapshot, doomed),
        *(o.RemoveNode(n.id) for n in snapshot.nodes if n.id in doomed),
        *(o.RemoveFrame(frame) for frame in frame_ids),
    ]


def bequeath(snapshot: Snapshot, doomed: set[str]) -> list[o.Op]:
    """Those that share the weights of deleted nodes go on sharing: with whom these shared, else the first of them with the others."""
    nodes = snapshot.by_id()
    heirs: dict[str, str] = {}
    ops: list[o.Op] = []
    for node in snapshot.nodes:
        if node.id in doomed or node.shares not in doomed:
            continue
        owner, seen = node.shares, set()
        while owner in doomed and owner not in seen:
            seen.add(owner)
            last, owner = owner, nodes[owner].shares
        if owner not in nodes or owner in seen:  # nobody is left further up
            owner = heirs.setdefault(last, node.id)
        ops.append(o.SetNode(node.id, {"shares": "" if owner == node.id else owner}))
    return ops


def share_weights(snapshot: Snapshot, node_id: str, other: str) -> list[o.Op]:
    """Lets a node use the weights of `other` (empty: weights of its own again). EditError when they are of different types or go in a circle."""
    node, nodes = snapshot.node(node_id), snapshot.by_id()
    if node.shares == other:
        return []
    if other and block_of(node.type):
        raise EditError(f"{node_id} cannot use the weights of {other}: whole blocks have weights of their own; only layers can share.")
    if other and (other not in nodes or nodes[other].type != node.type or other == node_id):
        raise EditError(f"{node_id} cannot use the weights of {other}: both must be layers of the same type.")
    step, seen = other, {node_id}
    while step in nodes:
        if step in seen:
            raise EditError(f"{node_id} cannot use the weights of {other}: {other} uses those of {node_id}.")
        seen.add(step)
        step = nodes[step].shares
    return [o.SetNode(node_id, {"shares": other})]


def dissolve(snapshot: Snapshot, node_ids: Iterable[str]) -> list[o.Op]:
    """Deletes nodes and heals the gap: what fed the bypass port then feeds every consumer."""
    doomed = set(node_ids)
    incoming, nodes = snapshot.incoming(), snapshot.by_id()

    def source_of(wire: Wire) -> tuple[str, str] | None:
        while wire.source in doomed:
            row = registry.of(nodes[wire.source], snapshot)
            upstream = incoming[wire.source].get(row.bypass) if row and row.bypass else None
            if upstream is None:
                return None
            wire = upstream
        return wire.source, wire.source_port

    healed = []
    for wire in snapshot.wires:
        if wire.source in doomed and wire.target not in doomed:
            origin = source_of(wire)
            if origin:
                healed.append(o.AddWire(Wire(*origin, wire.target, wire.target_port)))
    return [*delete(snapshot, doomed), *healed]


def through_ports(snapshot: Snapshot, node: Node, wire: Wire) -> tuple[str, str]:
    """The input and output port by which `node` fits into `wire`; EditError when it does not."""
    row = registry.of(node, snapshot)
    source, target = output_port(snapshot, wire.source, wire.source_port), input_port(snapshot, wire.target, wire.target_port)
    if row is None or source is None or target is None:
        raise EditError("This node has no ports to wire.")
    enter = next((p.name for p in row.input_ports(node.params) if ports_fit(source, p) is None), None)
    leave = next((p.name for p in row.outputs if ports_fit(p, target) is None), None)
    if enter is None or leave is None:
        raise EditError(f"{row.title} does not fit into this wire.")
    return enter, leave


def splice_ops(snapshot: Snapshot, node: Node, wire: Wire) -> list[o.Op]:
    enter, leave = through_ports(snapshot, node, wire)
    return [
        o.RemoveWire(wire),
        o.AddWire(Wire(wire.source, wire.source_port, node.id, enter)),
        o.AddWire(Wire(node.id, leave, wire.target, wire.target_port)),
    ]


def splice(snapshot: Snapshot, node_id: str, wire: Wire) -> list[o.Op]:
    """Puts an existing node without wires into a wire."""
    if any(node_id in (w.source, w.target) for w in snapshot.wires):
        raise EditError(f"{node_id} has wires already.")
    return splice_ops(snapshot, snapshot.node(node_id), wire)


def insert_on_wire(snapshot: Snapshot, type_id: str, wire: Wire, *, pos: Pos, params: Mapping[str, Value] = EMPTY) -> tuple[list[o.Op], str]:
    """A new node in the middle of a wire."""
    node = new_node(snapshot, type_id, pos, params=params)
    return [o.AddNode(node), *splice_ops(snapshot, node, wire)], node.id


def add_wired(snapshot: Snapshot, type_id: str, end: PortRef, *, pos: Pos) -> tuple[list[o.Op], str]:
    """A new node at `pos`, wired to the loose end of a wire that was dropped on empty canvas."""
    port = next((name for row, name in compatible_types(snapshot, end) if row.id == type_id), None)
    if port is None:
        raise EditError("This layer has no port that fits the wire.")
    node = new_node(snapshot, type_id, pos)
    if end.is_output:
        return [o.AddNode(node), o.AddWire(Wire(end.node, end.port, node.id, port))], node.id
    old = [o.RemoveWire(w) for w in snapshot.wires if (w.target, w.target_port) == (end.node, end.port)]
    return [o.AddNode(node), *old, o.AddWire(Wire(node.id, port, end.node, end.port))], node.id


def add_after(snapshot: Snapshot, type_id: str, node_id: str, *, pos: Pos | None = None) -> tuple[list[o.Op], str]:
    """A new node placed to the right of `node_id` and wired to its first output."""
    before = snapshot.node(node_id)
    row = registry.of(before, snapshot)
    place = pos or (before.pos[0] + WIDTH + GAP, before.pos[1])
    if row is None or not row.outputs:
        return add_node(snapshot, type_id, place)
    try:
        return add_wired(snapshot, type_id, PortRef(node_id, row.outputs[0].name, True), pos=place)
    except EditError:
        return add_node(snapshot, type_id, place)


def set_param(snapshot: Snapshot, node_id: str, name: str, *, value: Value) -> list[o.Op]:
    """Sets one parameter, parsed and bounded; a value equal to the default is unset. Wires into ports that vanish are cut."""
    node = snapshot.node(node_id)
    row = registry.of(node, snapshot)
    if row is None:
        raise EditError(f"{node_id} is of an unknown type; its parameters are kept as they are.")
    if value is o.UNSET:
        parsed: Value = o.UNSET
    else:
        try:
            param = row.param(name)
            parsed = follow(snapshot, row, param, expression=value) if isinstance(value, Expression) else param.parse(value)
        except KeyError:
            raise EditError(f"{row.title} has no parameter {name!r}.") from None
        except ParamError as error:
            raise EditError(str(error)) from error
        parsed = o.UNSET if parsed == param.default and type(parsed) is type(param.default) else parsed
    if node.params.get(name, o.UNSET) == parsed:
        return []
    later = {k: v for k, v in {**node.params, name: parsed}.items() if v is not o.UNSET}
    ports = {port.name for port in row.input_ports(later)}
    left = {port.name for port in row.spelled(later).outputs}
    lost = [w for w in snapshot.wires if (w.target == node_id and w.target_port not in ports) or (w.source == node_id and w.source_port not in left)]
    return [*disconnect(lost), o.SetParams(node_id, {name: parsed})]


def follow(snapshot: Snapshot, row: LayerType, param: Param, *, expression: Expression) -> Expression:
    """The expression, if the block that is being edited can work it out, at least with its defaults; EditError when not."""
    block = snapshot.block(snapshot.inside)
    if block is None:
        raise EditError(f"{param.caption} can follow parameters only inside a block, got {expression}.")
    if row.counts_ports(param.name):
        raise EditError(f"{param.caption} sets how many ports there are, so it cannot change with a parameter.")
    try:
        param.parse(expression.value({p.name: p.default for p in block.params}))
    except ExpressionError as error:
        raise EditError(f"{param.caption}: {expression} cannot be worked out: {error}.") from error
    return expression


def set_recipe(snapshot: Snapshot, **changes: Value) -> list[o.Op]:
    """Changes the recipe; nothing when it is so already."""
    news = {name: value for name, value in changes.items() if getattr(snapshot.recipe, name) != value}
    return [o.SetRecipe(news)] if news else []


def rename(snapshot: Snapshot, old: str, new: str) -> list[o.Op]:
    """Gives a node another id."""
    if old == new:
        return []
    if not legal_id(new):
        raise EditError(f"{new[:60]!r} cannot name a node: use letters, digits and _, starting with a letter, and no word of Python.")
    if new in ids(snapshot):
        raise EditError(f"There is a node {new!r} already.")
    return [o.RenameNode(old, new)]


def toggle_bypass(snapshot: Snapshot, node_ids: Iterable[str]) -> list[o.Op]:
    """Switches nodes off, or on again when all of them are off. EditError when one declares nothing to pass through."""
    nodes = [snapshot.node(node_id) for node_id in node_ids]
    for node in nodes:
        row = registry.of(node, snapshot)
        if row is None or not row.bypass:
            raise EditError(f"{node.id} cannot be bypassed: a {row.title if row else node.type} passes no input through unchanged.")
    target = not all(node.bypassed for node in nodes)
    return [o.SetNode(node.id, {"bypassed": target}) for node in nodes if node.bypassed != target]


def merge_in(snapshot: Snapshot, part: Snapshot, pos: Pos) -> tuple[list[o.Op], list[str]]:
    """Adds copies of the nodes, frames and inner wires of `part`, top-left at `pos`, under fresh ids."""
    adopted, names = adopt(snapshot, part.blocks)
    part = replace(part, nodes=tuple(retyped(node, names) for node in part.nodes))
    corners = [node.pos for node in part.nodes] + [frame.rect[:2] for frame in part.frames]
    if not corners:
        return [], []
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    taken, renamed = ids(snapshot), {}
    for node in part.nodes:
        row = registry.of(node, snapshot)
        if row is not None:
            check_place(snapshot, row)
        stem = row.stem if row else block_of(node.type).lower() or node.id.rstrip("0123456789") or "node"
        renamed[node.id] = node.id if node.id not in taken and legal_id(node.id) else fresh_id(taken, stem)
        taken.add(renamed[node.id])
    result: list[o.Op] = [*adopted]
    for node in part.nodes:
        place = (pos[0] + node.pos[0] - left, pos[1] + node.pos[1] - top)
        shares = renamed.get(node.shares, node.shares)
        result.append(o.AddNode(replace(node, id=renamed[node.id], pos=place, shares=shares)))
    frames = {frame.id for frame in snapshot.frames}
    for frame in part.frames:
        name = fresh_id(frames, "frame")
        frames.add(name)
        x, y, width, height = frame.rect
        result.append(o.AddFrame(Frame(name, frame.title, (pos[0] + x - left, pos[1] + y - top, width, height), frame.family)))
    inner = [w for w in part.wires if w.source in renamed and w.target in renamed]
    result += [o.AddWire(Wire(renamed[w.source], w.source_port, renamed[w.target], w.target_port)) for w in inner]
    return result, list(renamed.values())


def selected(snapshot: Snapshot, node_ids: Iterable[str], frame_ids: Iterable[str] = ()) -> Snapshot:
    """The part of `snapshot` with these nodes, the wires between them, and these frames."""
    chosen, frames = set(node_ids), set(frame_ids)
    return Snapshot(
        nodes=tuple(n for n in snapshot.nodes if n.id in chosen),
        wires=tuple(w for w in snapshot.wires if w.source in chosen and w.target in chosen),
        frames=tuple(f for f in snapshot.frames if f.id in frames),
        blocks=closure(snapshot, (n for n in snapshot.nodes if n.id in chosen)),
    )


def duplicate(snapshot: Snapshot, node_ids: Iterable[str], *, offset: Pos = (40.0, 40.0)) -> tuple[list[o.Op], list[str]]:
    """Copies of nodes with the wires between them, moved by `offset`."""
    part = selected(snapshot, node_ids)
    if not part.nodes:
        return [], []
    left, top = min(n.pos[0] for n in part.nodes), min(n.pos[1] for n in part.nodes)
    return merge_in(snapshot, part, (left + offset[0], top + offset[1]))


def remedy(snapshot: Snapshot, problem: Problem, index: int = 0) -> list[o.Op]:
    """The ops of a problem's repair; EditError when it no longer fits the document."""
    from engine.graph.repairs import remedy  # which is made of the edits of this module

    return remedy(snapshot, problem, index)


def insert_between(snapshot: Snapshot, type_id: str, wire: Wire, *, params: Mapping[str, Value]) -> list[o.Op]:
    """A new node into a wire, half-way between its ends; what lies to the right moves on when there is no room.

    A wire that runs back to the next row takes it left of its target where that place is free."""
    source, target = snapshot.node(wire.source), snapshot.node(wire.target)
    gap = target.pos[0] - (source.pos[0] + WIDTH)
    room = WIDTH + 2 * GAP
    ops, _ = insert_on_wire(snapshot, type_id, wire, pos=(source.pos[0] + WIDTH + GAP, target.pos[1]), params=params)
    if gap < 0 or gap >= room:
        middle, before = (source.pos[0] + target.pos[0]) / 2, (target.pos[0] - WIDTH - GAP, target.pos[1])
        place = (middle, target.pos[1]) if gap >= room else before if is_free(snapshot, before) else (target.pos[0], target.pos[1] - 80)
        return insert_on_wire(snapshot, type_id, wire, pos=place, params=params)[0]
    row = [n for n in snapshot.nodes if n.pos[0] >= target.pos[0] and abs(n.pos[1] - target.pos[1]) < 60]
    return [*ops, o.MoveNodes({n.id: (n.pos[0] + room - gap, n.pos[1]) for n in row})]


def is_free(snapshot: Snapshot, pos: Pos) -> bool:
    """Whether a node of usual size at `pos` would touch no other."""
    return all(abs(node.pos[0] - pos[0]) >= WIDTH or abs(node.pos[1] - pos[1]) >= GAP for node in snapshot.nodes)
