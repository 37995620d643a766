"""Editing gestures on blocks as pure functions: make one, take it apart, make it unique, show or hide a parameter, take one from the library.

Like `edits`: a snapshot goes in, the ops of one undo step come out. `snapshot` may be the body of a block; ops meant for
it then still have to go through `inside.in_block`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.graph import edits
from engine.graph import ops as o
from engine.graph.definitions import names_in
from engine.graph.document import EditError, legal_id, natural
from engine.graph.expression import Expression, ExpressionError
from engine.graph.inside import adopt, closure, fresh_id, uses, wrapped
from engine.graph.model import BLOCK, EMPTY, INPUT, OUTPUT, REPEAT, Block, BlockParam, Node, Snapshot, Value, Wire, block_of, frozen
from engine.graph.rules import downstream
from engine.layers import registry
from engine.layers.block import exposed
from engine.layers.params import ParamError
from engine.layers.spec import LayerType

Ref = tuple[str, str]
LEFT, RIGHT, APART = 200.0, 240.0, 100.0  # px: ports beside the nodes of a new block, and below each other


@dataclass(frozen=True, slots=True)
class Crossing:
    """The wires into and out of a selection, by the output that feeds them: one port of the new block each."""

    inner: tuple[Wire, ...]
    entering: dict[Ref, list[Wire]]
    leaving: dict[Ref, list[Wire]]


def block_id(snapshot: Snapshot, title: str) -> str:
    """A free id for a definition of this title: `Residual block` gives ResidualBlock."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    stem = "".join(word[0].upper() + word[1:] for word in words)[:50].lstrip("0123456789")
    stem = stem if legal_id(stem) else "Block"
    taken = {block.id for block in snapshot.blocks}
    return stem if stem not in taken else fresh_id(taken, stem.rstrip("0123456789") or "Block")


def anchor(nodes: Iterable[Node]) -> tuple[float, float]:
    """Where the instance of a new block stands: on a grid point in the middle of its nodes' corners."""
    places = [node.pos for node in nodes if node.type not in (INPUT, OUTPUT)] or [(0.0, 0.0)]
    middle = [(min(p[i] for p in places) + max(p[i] for p in places)) / 2 for i in (0, 1)]
    return round(middle[0] / 20) * 20.0, round(middle[1] / 20) * 20.0


def crossing(snapshot: Snapshot, chosen: set[str]) -> Crossing:
    """How a selection hangs together with the rest."""
    nodes = snapshot.by_id()
    inner, entering, leaving = [], {}, {}

    def height(wire: Wire) -> tuple[float, float, object, str]:
        return (*reversed(nodes[wire.source].pos), natural(wire.source), wire.source_port)

    for wire in sorted(snapshot.wires, key=height):
        ends = (wire.source in chosen, wire.target in chosen)
        if ends == (True, True):
            inner.append(wire)
        elif ends[1]:
            entering.setdefault((wire.source, wire.source_port), []).append(wire)
        elif ends[0]:
            leaving.setdefault((wire.source, wire.source_port), []).append(wire)
    return Crossing(tuple(inner), entering, leaving)


def check_group(snapshot: Snapshot, chosen: set[str]) -> list[Node]:
    """The chosen nodes, or EditError when they cannot become a block."""
    nodes = [node for node in snapshot.nodes if node.id in chosen]
    if not nodes:
        raise EditError("Select the nodes that are to become a block.")
    for node in nodes:
        row = registry.of(node, snapshot)
        if row is None:
            raise EditError(f"{node.id} is of an unknown type, so it cannot go into a block.")
        if row.role != "layer":
            raise EditError(f"{node.id} cannot go into a block: {'ports' if row.role == 'port' else 'data and losses'} stay where they are.")
    apart = next((n for n in snapshot.nodes if n.shares in snapshot.by_id() and (n.id in chosen) != (n.shares in chosen)), None)
    if apart:
        raise EditError(f"{apart.id} uses the weights of {apart.shares}, and only one of them is selected. Select both, or give each weights of its own.")
    after = {name for node in nodes for name in downstream(snapshot, node.id)} - chosen
    between = next((name for name in sorted(after, key=natural) if downstream(snapshot, name) & chosen), "")
    if between:
        raise EditError(f"{between} lies between the selected nodes: data would leave the block and come back. Select it too.")
    return nodes


def group(snapshot: Snapshot, node_ids: Iterable[str], title: str = "Block") -> tuple[list[o.Op], str]:
    """Wraps nodes in a new definition and puts an instance in their place; wires that cross become ports, in order. `expand` is the exact inverse."""
    chosen = set(node_ids)
    nodes = check_group(snapshot, chosen)
    wires = crossing(snapshot, chosen)
    outer = snapshot.block(snapshot.inside)
    spoken = set().union(*map(names_in, nodes))
    params = tuple(param for param in (outer.params if outer else ()) if param.name in spoken)
    name = block_id(snapshot, title)
    inputs, outputs = port_names(wires, chosen)
    body = Block(name, title, params=params, nodes=(*nodes, *port_nodes(nodes, inputs, outputs)), wires=body_wires(wires, inputs, outputs))
    left = {node.id for node in snapshot.nodes} - chosen
    instance = Node(
        fresh_id(left, name.lower().rstrip("0123456789") or "block"), BLOCK + name, frozen({p.name: Expression(p.name) for p in params}), anchor(nodes)
    )
    cut = [*wires.inner, *(w for many in (*wires.entering.values(), *wires.leaving.values()) for w in many)]
    drawn = [Wire(*ref, instance.id, inputs[ref]) for ref in wires.entering]
    drawn += [w._replace(source=instance.id, source_port=outputs[ref]) for ref, many in wires.leaving.items() for w in many]
    removed = [*edits.disconnect(cut), *(o.RemoveNode(node.id) for node in nodes)]
    return [*removed, o.AddBlock(body), o.AddNode(instance), *(o.AddWire(w) for w in drawn)], instance.id


def port_names(wires: Crossing, taken: set[str]) -> tuple[dict[Ref, str], dict[Ref, str]]:
    """A name for each port: x, x2, ... and y, y2, ..., past the ids that are taken."""
    used = set(taken)
    named: list[dict[Ref, str]] = []
    for refs, stem in ((wires.entering, "x"), (wires.leaving, "y")):
        table = {}
        for ref in refs:
            name = stem if stem not in used else next(n for k in range(2, len(used) + 3) if (n := f"{stem}{k}") not in used)
            used.add(name)
            table[ref] = name
        named.append(table)
    return named[0], named[1]


def port_nodes(nodes: list[Node], inputs: Mapping[Ref, str], outputs: Mapping[Ref, str]) -> list[Node]:
    """The ports as nodes, left and right of the others, in order from top to bottom."""
    left, right = min(n.pos[0] for n in nodes) - LEFT, max(n.pos[0] for n in nodes) + RIGHT
    top = min(n.pos[1] for n in nodes)
    made = [Node(name, INPUT, pos=(left, top + APART * k)) for k, name in enumerate(inputs.values())]
    return made + [Node(name, OUTPUT, pos=(right, top + APART * k)) for k, name in enumerate(outputs.values())]


def body_wires(wires: Crossing, inputs: Mapping[Ref, str], outputs: Mapping[Ref, str]) -> tuple[Wire, ...]:
    entering = [w._replace(source=inputs[ref], source_port="out") for ref, many in wires.entering.items() for w in many]
    return (*wires.inner, *entering, *(Wire(*ref, outputs[ref], "x") for ref in wires.leaving))


def expand(snapshot: Snapshot, node_id: str) -> tuple[list[o.Op], list[str]]:
    """Takes an instance apart: its nodes, with the values that its parameters give them, in its place. Repeats become a chain of copies.

    The definition goes when nothing else uses it. Returns the ops and the new ids.
    """
    node = snapshot.node(node_id)
    block = snapshot.block(block_of(node.type))
    if block is None:
        raise EditError(f"{node_id} is no block that could be expanded.")
    if node.bypassed:
        raise EditError(f"{node_id} is bypassed. Switch it on before you expand it.")
    times = node.params.get(REPEAT, 1)
    ports = len(block.ports(INPUT)), len(block.ports(OUTPUT))
    if not isinstance(times, int) or not 1 <= times <= 64 or (times > 1 and ports != (1, 1)):
        raise EditError(f"{node_id} is repeated {times} times, and that cannot be laid out. Set its repeat to a number up to 64.")
    around = [w for w in snapshot.wires if node_id in (w.source, w.target)]
    removed = [*edits.disconnect(around), o.RemoveNode(node_id)]
    feeds: dict[str, Ref] = {w.target_port: (w.source, w.source_port) for w in around if w.target == node_id}
    added: list[o.Op] = []
    taken = {n.id for n in snapshot.nodes} - {node_id}
    names: list[str] = []
    for index in range(times):
        copy = copied(snapshot, block, node, taken=taken, feeds=feeds, index=index)
        added += [*(o.AddNode(n) for n in copy.nodes), *(o.AddWire(w) for w in copy.wires)]
        names += [n.id for n in copy.nodes]
        taken |= set(names)
        if index < times - 1:
            result = copy.results.get(block.ports(OUTPUT)[0])
            feeds = {block.ports(INPUT)[0]: result} if result else {}
    readers = [(w, copy.results.get(w.source_port)) for w in around if w.source == node_id]
    added += [o.AddWire(w._replace(source=ref[0], source_port=ref[1])) for w, ref in readers if ref]
    unused = len(uses(snapshot, block.id)) == 1
    return [*removed, *added, *([o.RemoveBlock(block.id)] if unused else [])], names


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a body: nodes, wires, and what each output port of the block is fed by."""

    nodes: list[Node]
    wires: list[Wire]
    results: dict[str, Ref]


def copied(snapshot: Snapshot, block: Block, instance: Node, *, taken: set[str], feeds: Mapping[str, Ref], index: int) -> Copy:
    """The inner nodes of an instance under free ids, moved to where it stands."""
    inner = [n for n in block.nodes if n.type not in (INPUT, OUTPUT)]
    used, names = set(taken), {}
    for node in inner:
        names[node.id] = node.id if node.id not in used else fresh_id(used | {n.id for n in inner}, node.id.rstrip("0123456789") or "node")
        used.add(names[node.id])
    at = anchor(inner)
    width = max((n.pos[0] for n in inner), default=0.0) - min((n.pos[0] for n in inner), default=0.0) + RIGHT
    shift = (instance.pos[0] - at[0] + index * width, instance.pos[1] - at[1])
    values = values_of(block, instance)
    nodes = [
        replace(
            n, id=names[n.id], params=settled(snapshot, n, values), pos=(n.pos[0] + shift[0], n.pos[1] + shift[1]), frozen=n.frozen or instance.frozen,
            lr_factor=min(n.lr_factor * instance.lr_factor, 1e6), shares=names.get(n.shares, n.shares),
        )
        for n in inner
    ]  # fmt: skip
    ports = set(block.ports(INPUT))

    def source(wire: Wire) -> Ref | None:
        return feeds.get(wire.source) if wire.source in ports else (names[wire.source], wire.source_port)

    wires = [Wire(*ref, names[w.target], w.target_port) for w in block.wires if w.target in names and (ref := source(w))]
    results = {w.target: ref for w in block.wires if w.target not in names and (ref := source(w))}
    return Copy(nodes, wires, results)


def values_of(block: Block, instance: Node) -> dict[str, Value]:
    """What an instance gives the parameters of its block; inside another block that may be expressions."""
    return {param.name: instance.params.get(param.name, param.default) for param in block.params}


def settled(snapshot: Snapshot, node: Node, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """The node's parameters with values in place of the block's own; EditError for an expression that cannot be worked out."""
    row = registry.of(node, snapshot)
    result = dict(node.params)
    for name, value in node.params.items():
        if not isinstance(value, Expression):
            continue
        try:
            result[name] = value.substituted(values)
        except ExpressionError as error:
            raise EditError(f"The block cannot be expanded: {error}.") from error
        if row is not None and not isinstance(result[name], Expression):
            with contextlib.suppress(KeyError, ParamError):  # what does not parse stays, and the analyst marks it
                result[name] = row.param(name).parse(result[name])
                if result[name] == row.param(name).default:
                    del result[name]
    return frozen(result)


def retype(snapshot: Snapshot, node: Node, name: str) -> list[o.Op]:
    """Makes a node an instance of another definition; its wires stay."""
    around = [w for w in snapshot.wires if node.id in (w.source, w.target)]
    return [*edits.disconnect(around), o.RemoveNode(node.id), o.AddNode(replace(node, type=BLOCK + name)), *(o.AddWire(w) for w in around)]


def make_unique(snapshot: Snapshot, node_id: str) -> tuple[list[o.Op], str]:
    """Gives an instance a definition of its own; returns the ops and the new definition's id."""
    node = snapshot.node(node_id)
    block = snapshot.block(block_of(node.type))
    if block is None:
        raise EditError(f"{node_id} is no block.")
    name = fresh_id({b.id for b in snapshot.blocks}, block.id.rstrip("0123456789") or "Block")
    return [o.AddBlock(replace(block, id=name)), *retype(snapshot, node, name)], name


def inner_row(snapshot: Snapshot, block_id: str, node_id: str) -> tuple[Block, Node, LayerType]:
    """A definition, a node in it and that node's layer type; EditError when there is none."""
    block = snapshot.block(block_id)
    node = next((n for n in block.nodes if n.id == node_id), None) if block else None
    row = registry.of(node, snapshot) if node else None
    if block is None or node is None or row is None:
        raise EditError(f"There is no node {node_id!r} with parameters in the block {block_id!r}.")
    return block, node, row


def expose(snapshot: Snapshot, block_id: str, node_id: str, param: str, *, name: str = "") -> list[o.Op]:
    """Shows a parameter of an inner node to the outside; its value becomes the default, so nothing changes yet. Ops of the whole document."""
    block, node, row = inner_row(snapshot, block_id, node_id)
    try:
        kind = row.param(param)
        value = kind.parse(node.params.get(param, kind.default))
    except KeyError:
        raise EditError(f"{row.title} has no parameter {param!r}.") from None
    except ParamError as error:
        already = isinstance(node.params.get(param), Expression)
        raise EditError(f"{kind.caption} follows {node.params[param]} already." if already else str(error)) from error
    if row.counts_ports(param):
        raise EditError(f"{kind.caption} sets how many ports there are, so it stays inside.")
    taken = {p.name for p in block.params} | {REPEAT}
    wanted = name or (param if param not in taken and legal_id(param) else f"{node_id}_{param}")
    word = wanted if wanted not in taken and legal_id(wanted) else fresh_id(taken, wanted)
    shown = exposed(kind, name=word, default=value)
    if shown is None:
        raise EditError(f"{kind.caption} stays inside: values like this one cannot be handed in.")
    return [o.SetBlock(block_id, {"params": (*block.params, shown)}), o.InBlock(block_id, o.SetParams(node_id, {param: Expression(word)}))]


def unexpose(snapshot: Snapshot, block_id: str, name: str) -> list[o.Op]:
    """Takes a parameter of a block back inside, with the value that all instances agree on. EditError when they differ."""
    block = snapshot.block(block_id)
    param = next((p for p in block.params if p.name == name), None) if block else None
    if block is None or param is None:
        raise EditError(f"There is no parameter {name!r} of a block {block_id!r}.")
    instances = uses(snapshot, block_id)
    given = {str(node.params.get(name, param.default)): node.params.get(name, param.default) for _, node in instances}
    if len(given) > 1 or any(isinstance(value, Expression) for value in given.values()):
        raise EditError(f"{name} differs between the instances: {', '.join(given)}. Give all of them one value first.")
    value = next(iter(given.values()), param.default)
    kept: dict[str, Value] = {p.name: Expression(p.name) for p in block.params}
    ops: list[o.Op] = []
    for node in block.nodes:
        changes = settled_names(snapshot, node, kept | {name: value}, name=name)
        ops += [o.InBlock(block_id, o.SetParams(node.id, changes))] if changes else []
    for place, node in instances:
        ops += wrapped(place, [o.SetParams(node.id, {name: o.UNSET})]) if name in node.params else []
    return [*ops, o.SetBlock(block_id, {"params": tuple(p for p in block.params if p.name != name)})]


def settled_names(snapshot: Snapshot, node: Node, values: Mapping[str, Value], *, name: str) -> dict[str, Value]:
    """The parameters of `node` that speak of `name`, with its value in place; a default is left out, as everywhere."""
    row = registry.of(node, snapshot)
    defaults = {param.name: param.default for param in row.params} if row else {}
    found = {k: v.substituted(values) for k, v in node.params.items() if isinstance(v, Expression) and name in v.names}
    return {k: o.UNSET if k in defaults and v == defaults[k] and type(v) is type(defaults[k]) else v for k, v in found.items()}


def set_block_param(snapshot: Snapshot, block_id: str, name: str, **changes: Value) -> list[o.Op]:
    """Changes fields of a block's parameter (default, bounds, help, label)."""
    block = snapshot.block(block_id)
    if block is None or name not in {p.name for p in block.params} or "name" in changes:
        raise EditError(f"There is no parameter {name!r} of a block {block_id!r} to change in this way.")
    params = tuple(replace(p, **changes) if p.name == name else p for p in block.params)
    return [o.SetBlock(block_id, {"params": params})] if params != block.params else []


def rename_param(snapshot: Snapshot, block_id: str, old: str, new: str) -> list[o.Op]:
    """Calls a parameter otherwise: in the definition, in what follows it inside, and in what its instances set."""
    block = snapshot.block(block_id)
    if block is None or old not in {p.name for p in block.params}:
        raise EditError(f"There is no parameter {old!r} of a block {block_id!r} to rename.")
    if old == new:
        return []
    if not legal_id(new):
        raise EditError(f"{new[:60]!r} cannot name a parameter: use letters, digits and _, starting with a letter, and no word of Python.")
    if new in {p.name for p in block.params} | {REPEAT}:
        raise EditError(f"The block has a parameter {new!r} already.")
    ops: list[o.Op] = [o.SetBlock(block_id, {"params": tuple(replace(p, name=new) if p.name == old else p for p in block.params)})]
    for node in block.nodes:
        speaking = {k: Expression(v.renamed({old: new})) for k, v in node.params.items() if isinstance(v, Expression) and old in v.names}
        ops += [o.InBlock(block_id, o.SetParams(node.id, speaking))] if speaking else []
    for place, node in uses(snapshot, block_id):
        ops += wrapped(place, [o.SetParams(node.id, {old: o.UNSET, new: node.params[old]})]) if old in node.params else []
    return ops


def add_param(snapshot: Snapshot, block_id: str, param: BlockParam) -> list[o.Op]:
    """A new parameter for expressions to speak of."""
    block = snapshot.block(block_id)
    if block is None:
        raise EditError(f"There is no block {block_id!r}.")
    return [o.SetBlock(block_id, {"params": (*block.params, param)})]


def add_library_block(snapshot: Snapshot, shipped: Snapshot, block_id: str) -> tuple[list[o.Op], str]:
    """Copies a shipped definition, with those that it contains, into the document; an equal one is used again. Returns ops and its id here."""
    wanted = closure(shipped, [Node("one", BLOCK + block_id)])
    if block_id not in {block.id for block in wanted}:
        raise EditError(f"There is no block {block_id!r} in the library.")
    ops, names = adopt(snapshot, wanted)
    return ops, names[block_id]


def add_instance(
    snapshot: Snapshot, shipped: Snapshot, block_id: str, *, pos: tuple[float, float], params: Mapping[str, Value] = EMPTY
) -> tuple[list[o.Op], str]:
    """A shipped block and an instance of it at `pos`; returns the ops and the instance's id."""
    ops, name = add_library_block(snapshot, shipped, block_id)
    node = Node(fresh_id({n.id for n in snapshot.nodes}, name.lower().rstrip("0123456789_") or "block"), BLOCK + name, frozen(params), pos)
    return [*ops, o.AddNode(node)], node.id
