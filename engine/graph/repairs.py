"""A problem's one-click repairs as ops: one small function for each kind of repair. Pure functions, one undo step each; finds no problem itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from engine.graph import edits
from engine.graph import ops as o
from engine.graph.document import EditError
from engine.graph.edits import GAP, WIDTH
from engine.graph.expression import Expression
from engine.graph.filling import fill, first
from engine.graph.inside import in_block
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.problem import WHOLE, Problem, Remedy
from engine.graph.surgery import in_chain
from engine.layers import registry

ROW = 60.0  # px: what stands less far up or down is in the same row


def remedy(snapshot: Snapshot, problem: Problem, index: int = 0) -> list[o.Op]:
    """The ops of a problem's repair; EditError when it no longer fits the document."""
    fix = problem.remedies[index]
    make = REPAIRS.get(fix.action)
    if make is None:
        raise EditError(f"{fix.action!r} is no repair that this version knows.")
    if fix.action in WHOLE:
        return make(snapshot, problem, fix)
    if problem.path:
        return inside(snapshot, problem, index)
    node_id = fix.node or problem.node
    for name in (node_id, problem.node):
        if name not in edits.ids(snapshot):
            raise EditError(f"{name or 'The node'} is gone, so there is nothing left to fix.")
    return make(snapshot, problem, fix)


def inside(snapshot: Snapshot, problem: Problem, index: int) -> list[o.Op]:
    """The repair of a node inside a block, for all of its instances; where its parameter follows one of the block's, that of this instance."""
    try:
        body, node = snapshot.at(problem.path)
    except KeyError:
        raise EditError(f"{problem.path} is gone, so there is nothing left to fix.") from None
    outer, fix = problem.path.rpartition("/")[0], problem.remedies[index]
    params = body.by_id()[fix.node].params if fix.node in body.by_id() else node.params
    followed = {name: str(raw) for name in fix.params if isinstance(raw := params.get(name), Expression) and str(raw).isidentifier()}
    if fix.action == "set" and len(followed) == len(fix.params):
        lifted = replace(fix, node="", params={followed[name]: value for name, value in fix.params.items()})
        return remedy(snapshot, replace(problem, node=snapshot.at(outer)[1].id, path=outer if "/" in outer else "", remedies=(lifted,)))
    return in_block(snapshot, body.inside, remedy(body, replace(problem, node=node.id, path=""), index))


def wire_into(snapshot: Snapshot, problem: Problem, fix: Remedy) -> Wire:
    """The wire that the repair is about."""
    node_id = fix.node or problem.node
    wire = snapshot.incoming()[node_id].get(fix.port)
    if wire is None:
        raise EditError(f"There is no wire into {node_id}.{fix.port} any more.")
    return wire


def fill_place(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return fill(snapshot, fix.node or problem.node, fix.type, params=fix.params, classes=fix.classes)[0]


def connect(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return edits.connect(snapshot, Wire(fix.node or problem.node, str(fix.params["output"]), problem.node, fix.port))


def set_params(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    node_id = fix.node or problem.node
    return list(itertools.chain.from_iterable(edits.set_param(snapshot, node_id, name, value=value) for name, value in fix.params.items()))


def set_recipe(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return edits.set_recipe(snapshot, **fix.params)


def several(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[str]:
    """The nodes that a repair is about when they are more than one; those that are gone are left out."""
    present = edits.ids(snapshot)
    return [name for name in fix.params.get("nodes", ()) if name in present] or [fix.node or problem.node]


def bypass(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return edits.toggle_bypass(snapshot, several(snapshot, problem, fix))


def unfreeze(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    """Lets layers learn again, at the rate of all others where theirs was 0."""
    nodes = [snapshot.node(name) for name in several(snapshot, problem, fix)]
    return [o.SetNode(node.id, {"frozen": False, "lr_factor": node.lr_factor or 1.0}) for node in nodes if node.frozen or not node.lr_factor]


def unshare(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return edits.share_weights(snapshot, fix.node or problem.node, "")


def add(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    """A new node behind the node's output; a loss also gets its target from `params["output"]` of the node `params["data"]`."""
    ops, name = edits.add_after(snapshot, fix.type, fix.node or problem.node)
    data = fix.params.get("data")
    return [*ops, o.AddWire(Wire(str(data), str(fix.params["output"]), name, "target"))] if data in edits.ids(snapshot) else ops


def remove(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return edits.disconnect([wire_into(snapshot, problem, fix)])


def insert(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    return edits.insert_between(snapshot, fix.type, wire_into(snapshot, problem, fix), params=fix.params)


def behind(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    """A new node right behind the output `port` of a node: what read that output reads the new node. Only the node's own row makes room."""
    node = snapshot.node(fix.node or problem.node)
    readers = [wire for wire in snapshot.wires if (wire.source, wire.source_port) == (node.id, fix.port)]
    if len(readers) == 1:
        return edits.insert_between(snapshot, fix.type, readers[0], params=fix.params)
    made = edits.new_node(snapshot, fix.type, (node.pos[0] + WIDTH + GAP, node.pos[1]), params=fix.params)
    row = [other for other in snapshot.nodes if other.pos[0] > node.pos[0] and abs(other.pos[1] - node.pos[1]) < ROW]
    tight = not edits.is_free(snapshot, made.pos) and row
    moves = [o.MoveNodes({other.id: (other.pos[0] + WIDTH + GAP, other.pos[1]) for other in row})] if tight else []
    return [*moves, *in_chain(snapshot, (node.id, fix.port), [made])]


def exchange(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    """A node of another type in the place of this one; wires at ports that both have stay."""
    old = snapshot.node(fix.node or problem.node)
    made = edits.new_node(snapshot, fix.type, old.pos, params=fix.params)
    row = registry.of(made, snapshot)
    takes, gives = {port.name for port in row.input_ports(made.params)}, {port.name for port in row.outputs}
    arriving = [Wire(w.source, w.source_port, made.id, w.target_port) for w in snapshot.wires if w.target == old.id and w.target_port in takes]
    leaving = [Wire(made.id, w.source_port, w.target, w.target_port) for w in snapshot.wires if w.source == old.id and w.source_port in gives]
    return [*edits.delete(snapshot, [old.id]), o.AddNode(made), *(o.AddWire(wire) for wire in (*arriving, *leaving))]


def take_over(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    """What is wired to the problem's node is wired to the same outputs of `fix.node`, and the former goes."""
    moved = [Wire(fix.node, w.source_port, w.target, w.target_port) for w in snapshot.wires if w.source == problem.node]
    return [*edits.delete(snapshot, [problem.node]), *(o.AddWire(wire) for wire in moved)]


def add_data(snapshot: Snapshot, problem: Problem, fix: Remedy) -> list[o.Op]:
    """A dataset on the left: its image to the nodes at which the network begins, its label to the losses that wait for one."""
    left = min((node.pos[0] for node in snapshot.nodes), default=WIDTH + GAP) - WIDTH - GAP
    starts = [(node, port, kind) for node in snapshot.nodes for port, kind in open_inputs(snapshot, node)]
    heights = [node.pos[1] for node, _, kind in starts if kind != "target"] or [0.0]
    made = edits.new_node(snapshot, fix.type, (left, heights[0]), params=fix.params)
    row = registry.of(made, snapshot)
    wires = [Wire(made.id, first(row, target=kind == "target"), node.id, port) for node, port, kind in starts]
    return [o.AddNode(made), *(o.AddWire(wire) for wire in wires if wire.source_port)]


def open_inputs(snapshot: Snapshot, node: Node) -> list[tuple[str, str]]:
    """(port, kind) of the inputs that wait for data: targets, and those of nodes at which nothing at all arrives."""
    row, wired = registry.of(node, snapshot), snapshot.incoming()[node.id]
    ports = row.input_ports(node.params) if row else ()
    waiting = [(port.name, port.kind) for port in ports if port.name not in wired]
    return [(name, kind) for name, kind in waiting if kind == "target" or (kind == "tensor" and not wired and row.role == "layer")]


REPAIRS: dict[str, Callable[[Snapshot, Problem, Remedy], list[o.Op]]] = {
    "fill": fill_place, "connect": connect, "set": set_params, "recipe": set_recipe, "bypass": bypass, "unfreeze": unfreeze, "unshare": unshare, "add": add,
    "remove": remove, "insert": insert, "behind": behind, "replace": exchange, "take-over": take_over, "data": add_data,
}  # fmt: skip
