"""Analyses instances of blocks: the inside of a definition, once for all instances with the same parameters and input shapes. Prints nothing.

Bodies are remembered as long as their definition, and all that it contains, are the same objects; so an edit costs what it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.compile import costs, findings, problems, sharing
from engine.compile.order import Wiring, wiring
from engine.compile.shapes import Tensor
from engine.events import Body, Inside, NodeFacts
from engine.graph.definitions import contents, reachable
from engine.graph.expression import Expression, ExpressionError
from engine.graph.model import INPUT, OUTPUT, REPEAT, Block, Node, Recipe, Snapshot, Value, frozen
from engine.graph.problem import Problem
from engine.layers.spec import LayerType, axis_names

if TYPE_CHECKING:
    from engine.compile.analyse import Walk

DEEPEST = 60  # blocks inside each other that Python's own stack carries
MOST = 20_000  # layers that all repeats of a network may come to
KEPT = 256  # definitions that are remembered
BODIES = 2_000  # bodies that are remembered of each
Fields = tuple[costs.Field | None, ...]
Visit = Callable[["Walk", Node], None]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a body makes of its inputs: tensors in the order of the output ports (None behind an error), fields counted from its own input."""

    body: Body
    outputs: tuple[Tensor | None, ...]
    fields: Fields
    problems: tuple[Problem, ...]
    parameters: int
    macs: int
    memory: int
    layers: int


@dataclass(slots=True)
class Known:
    """What is remembered of a definition, valid for exactly these definitions (its own, then all that it contains)."""

    closure: tuple[Block, ...]
    wirings: dict[str, Wiring] = field(default_factory=dict)
    results: dict[tuple[object, ...], Result] = field(default_factory=dict)


class Misfit(str):
    """An expression that cannot be worked out, in the place of its value: no parameter takes it, and its words say why."""

    __slots__ = ()


KNOWN: dict[int, Known] = {}


def known(block: Block, blocks: tuple[Block, ...]) -> Known:
    """What is remembered of `block` among these definitions."""
    table = {other.id: other for other in blocks}
    inner = reachable({name: contents(other.nodes) for name, other in table.items()}, block.id) if contents(block.nodes) else ()
    closure = (block, *(table[name] for name in sorted(inner) if name in table))
    found = KNOWN.get(id(block))
    if found is None or len(found.closure) != len(closure) or any(a is not b for a, b in zip(found.closure, closure, strict=True)):
        if len(KNOWN) >= KEPT:
            KNOWN.clear()
        found = KNOWN[id(block)] = Known(closure)
    return found


def bound(memory: dict[Any, Any]) -> None:
    """Begins a memory anew when it is full: a scrubbed parameter leaves a body for each value."""
    if len(memory) >= BODIES:
        memory.clear()


def resolved(params: Mapping[str, Value], values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Parameters of an inner node with the block's values in their expressions."""
    result = dict(params)
    for name, value in params.items():
        if isinstance(value, Expression):
            try:
                result[name] = value.value(values)
            except ExpressionError as error:
                result[name] = Misfit(f"{value} ({str(error).removeprefix(f'{value}: ')})")
    return frozen(result)


def body_wiring(block: Block, blocks: tuple[Block, ...], values: Mapping[str, Value]) -> Wiring:
    """The wires of a definition's inside, with these values of its parameters."""
    memory, key = known(block, blocks).wirings, repr(dict(values))
    if key not in memory:
        bound(memory)
        nodes = tuple(replace(node, params=resolved(node.params, values)) if node.params else node for node in block.nodes)
        memory[key] = wiring(Snapshot(nodes, block.wires, blocks=blocks, inside=block.id))
    return memory[key]


def visit_block(walk: Walk, node: Node, row: LayerType, *, refs: list[tuple[str, str]], visit: Visit) -> None:
    """Works out an instance whose inputs are known: body after body when it is repeated."""
    block = walk.wires.block(node.id)
    values = vars(walk.memory.parameters(row, node.params))
    repeat = values[REPEAT]
    values = {name: value for name, value in values.items() if name != REPEAT}
    obstacle = findings.obstacle(node, block, repeat=repeat, deep=walk.depth >= DEEPEST)
    if obstacle:
        walk.problems.append(obstacle)
        return
    tensors: tuple[Tensor | None, ...] = tuple(walk.tensors[ref] for ref in refs)
    seen: Fields = tuple(walk.fields.get(ref) for ref in refs)
    results: list[Result] = []
    insides: list[Inside] = []
    layers = 0
    for index in range(repeat):
        origin, local = from_here(seen)
        result = outcome(walk, block, values, tensors=tensors, fields=local, visit=visit)
        if not any(result is other for other in results):
            walk.problems += [lifted(problem, node.id, index) for problem in result.problems]
        results.append(result)
        insides.append(Inside(result.body, origin.size, origin.jump))
        layers += result.layers
        if layers > MOST:
            walk.problems.append(findings.too_many_layers(node, MOST))
            return
        tensors, seen = result.outputs, tuple(outward(origin, found) for found in result.fields)
        if None in tensors:
            break
    walk.layers[node.id] = layers
    note(walk, node, row, results=results, insides=insides, fields=seen)


def note(walk: Walk, node: Node, row: LayerType, *, results: list[Result], insides: list[Inside], fields: Fields) -> None:
    """Writes down what is known of an instance; behind an error inside it has no outputs."""
    last = results[-1].outputs
    works = None not in last
    outputs = {port.name: tensor.shape for port, tensor in zip(row.outputs, last, strict=True) if tensor and works}
    walk.facts[node.id] = NodeFacts(
        inputs=walk.facts[node.id].inputs,
        outputs=outputs,
        axes={name: axis_names(shape) for name, shape in outputs.items()},
        parameters=sum(result.parameters for result in results) if works else 0,
        macs=sum(result.macs for result in results) if works else 0,
        memory=sum(result.memory for result in results) if works else 0,
        receptive=fields[0].size if works and fields and fields[0] else None,
        inside=tuple(insides),
    )
    for port, tensor, seen in zip(row.outputs, last, fields, strict=True):
        if works and tensor:
            walk.tensors[node.id, port.name] = tensor
            walk.fields[node.id, port.name] = seen


def from_here(fields: Fields) -> tuple[costs.Field, Fields]:
    """Where the block begins to count, and the fields of its inputs counted from there: the same body then serves anywhere in a network."""
    different = {found for found in fields if found is not None}
    if len(different) > 1:
        return costs.Field(), fields
    return next(iter(different), costs.Field()), tuple(costs.Field() if found else None for found in fields)


def outward(origin: costs.Field, local: costs.Field | None) -> costs.Field | None:
    """A field that counts from the block's input, counted from the network's."""
    if local is None:
        return None
    size = tuple(s + (k - 1) * j for s, k, j in zip(origin.size, local.size, origin.jump, strict=True))
    return costs.Field((size[0], size[1]), (origin.jump[0] * local.jump[0], origin.jump[1] * local.jump[1]))


def lifted(problem: Problem, node_id: str, index: int) -> Problem:
    """A problem inside an instance as a problem of the instance, with the way to the inner node."""
    part = f"{node_id}.{index}" if index else node_id
    return replace(problem, node=node_id, path=f"{part}/{problem.path or problem.node}")


def outcome(walk: Walk, block: Block, values: Mapping[str, Value], *, tensors: tuple[Tensor | None, ...], fields: Fields, visit: Visit) -> Result:
    """What a definition makes of these inputs, remembered."""
    memory = known(block, walk.wires.blocks).results
    key = (id(walk.memory), walk.batch, repr(values), tensors, fields)
    found = memory.get(key)
    if found is None:
        found = worked_out(walk, block, values, tensors=tensors, fields=fields, visit=visit)
        bound(memory)
        memory[key] = found
    return found


def worked_out(walk: Walk, block: Block, values: Mapping[str, Value], *, tensors: tuple[Tensor | None, ...], fields: Fields, visit: Visit) -> Result:
    """Walks through a body as through a document, from its input ports."""
    wires = body_wiring(block, walk.wires.blocks, values)
    inputs, outputs = wires.ports(INPUT), wires.ports(OUTPUT)
    inner = replace(
        walk, wires=wires, facts={}, datasets={}, problems=[], layers={}, depth=walk.depth + 1,
        tensors={(name, "out"): tensor for name, tensor in zip(inputs, tensors, strict=True)},
        fields={(name, "out"): seen for name, seen in zip(inputs, fields, strict=True)},
    )  # fmt: skip
    for node_id in wires.order:
        visit(inner, wires.nodes[node_id])
    inner.facts |= sharing.without_weights(wires, inner.facts)
    view = problems.View(
        Snapshot(tuple(wires.nodes.values()), recipe=Recipe(batch_size=walk.batch), blocks=wires.blocks, inside=block.id), wires, inner.facts, {}
    )
    found = problems.ranked(view, inner.problems, rules=problems.INSIDE)
    ends = [wires.resolve(wires.sources[name].get("x")) for name in outputs]
    blocked = any(problem.severity == "error" for problem in found)
    members = [name for name in wires.members if name in inner.facts]
    return Result(
        Body(block.id, values, inner.facts),
        tuple(inner.tensors.get(ref) if ref and not blocked else None for ref in ends),
        tuple(inner.fields.get(ref) if ref else None for ref in ends),
        found,
        *(total(inner.facts[name] for name in members)),
        len(members) + sum(inner.layers.get(name, 1) - 1 for name in members),
    )


def total(facts: Iterable[NodeFacts]) -> tuple[int, int, int]:
    """Parameters, multiply-accumulates and bytes of several nodes."""
    every = list(facts)
    return sum(known.parameters for known in every), sum(known.macs for known in every), sum(known.memory for known in every)
