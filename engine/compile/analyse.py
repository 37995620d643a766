"""Finds out all about a snapshot: shapes, costs, problems, source. Never raises for anything a document can hold; trains nothing.

Nodes behind an error get no shape and no further error, so that one mistake is one problem.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.compile import costs, datasets, findings, nest, problems, sharing
from engine.compile.names import natural
from engine.compile.order import Ref, Wiring, wiring
from engine.compile.shapes import SHARED, Inference, Outcome, Tensor, remember
from engine.compile.source import compose
from engine.data import catalog
from engine.events import Analysis, NodeFacts, Source
from engine.graph.model import Node, Snapshot
from engine.graph.problem import ERROR, Problem
from engine.layers.params import ParamError
from engine.layers.spec import LayerType, Shape, axis_names

FRESH = 1.0  # seconds for which a dataset's facts are believed: image folders live on a disk that others change
LOSS_PORT = "loss"  # where facts of a loss node keep its scalar
USUAL_BATCH = 64  # stands in for a batch size that is not possible


@dataclass(slots=True)
class Walk:
    """What is known so far on the way from the data to the sinks."""

    wires: Wiring
    batch: int
    memory: Inference
    base: str = ""
    facts: dict[str, NodeFacts] = field(default_factory=dict)
    tensors: dict[Ref, Tensor] = field(default_factory=dict)
    fields: dict[Ref, costs.Field | None] = field(default_factory=dict)
    datasets: dict[str, catalog.DatasetFacts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    layers: dict[str, int] = field(default_factory=dict)  # of instances: how many layers all their repeats come to
    depth: int = 0  # how many blocks deep this walk is


def analyse(snapshot: Snapshot, *, generation: int = 0, base: str = "", memory: Inference = SHARED) -> Analysis:
    """Shapes, costs, problems and source of `snapshot`. `base` is the folder from which relative image folders count."""
    return write(*look(snapshot, generation=generation, base=base, memory=memory))


def look(snapshot: Snapshot, *, generation: int = 0, base: str = "", memory: Inference = SHARED) -> tuple[Analysis, Wiring]:
    """The analysis without its source, and the wires from which `write` writes that."""
    walk, found = survey(snapshot, base=base, memory=memory)
    found = datasets.offering(snapshot, found, base=base, works=lambda other: works(survey(other, base=base, memory=memory)[1]))
    wires = walk.wires
    counted = [walk.facts[node_id] for node_id in wires.members if node_id in walk.facts]
    facts = {node_id: walk.facts[node_id] for node_id in sorted(walk.facts, key=natural)}
    parameters, macs = (sum(getattr(known, cost) for known in counted) for cost in ("parameters", "macs"))
    return Analysis(generation, facts, found, Source(), parameters, macs, written=False), wires


def write(analysis: Analysis, wires: Wiring) -> Analysis:
    """The same analysis with its source."""
    return replace(analysis, source=compose(wires, facts=analysis.nodes), written=True)


def survey(snapshot: Snapshot, *, base: str, memory: Inference) -> tuple[Walk, tuple[Problem, ...]]:
    """All that is known of the nodes, and the problems; not yet the source, nor the datasets that could help."""
    wires = wiring(snapshot)
    batch = snapshot.recipe.batch_size
    walk = Walk(wires, batch if isinstance(batch, int) and batch >= 1 else USUAL_BATCH, memory, base)
    for node_id in wires.order:
        visit(walk, wires.nodes[node_id])
    walk.facts |= sharing.without_weights(wires, walk.facts)
    view = problems.View(snapshot, wires, walk.facts, walk.datasets)
    return walk, problems.once(snapshot, problems.ranked(view, walk.problems))


def works(found: tuple[Problem, ...]) -> bool:
    """Whether no problem keeps the network from running."""
    return all(problem.severity != ERROR for problem in found)


def visit(walk: Walk, node: Node) -> None:
    """Works out one node; its sources are known."""
    if node.id in walk.wires.looped or as_before(walk, node):
        return
    row = walk.wires.rows[node.id]
    if row is None:
        walk.problems.append(findings.unknown_type(node))
        return
    try:
        p = walk.memory.parameters(row, node.params)
    except ParamError as error:
        walk.problems.append(findings.bad_parameter(node, row, error))
        return
    if row.role == "port" or (walk.depth and row.role in ("data", "loss")):
        visit_port(walk, node, row)
    elif row.role == "data":
        visit_data(walk, node, row, params=vars(p))
    elif walk.wires.skips(node.id):
        visit_bypassed(walk, node, row)
    else:
        visit_layer(walk, node, row)


def as_before(walk: Walk, node: Node) -> bool:
    """Whether the node is what it was the last time, and gets what it got: then it comes to the same, which is written down."""
    seen = walk.memory.visits.get(id(node))
    if seen is None or seen.node is not node or seen.row is not walk.wires.rows[node.id] or seen.batch != walk.batch:
        return False
    if walk.wires.skips(node.id) or (walk.depth and seen.row.role == "loss"):
        return False
    wired = walk.wires.sources[node.id]
    refs = [wired.get(port.name) for port in walk.wires.inputs[node.id]]
    if seen.tensors != tuple(map(walk.tensors.get, refs)) or seen.before != tuple(map(walk.fields.get, refs)):
        return False
    write_down(walk, seen)
    return True


def visit_data(walk: Walk, node: Node, row: LayerType, *, params: Mapping[str, object]) -> None:
    known = dataset_facts(row.dataset, params, walk.base)
    walk.datasets[node.id] = known
    outputs = {}
    for port in row.outputs:
        if port.name in known.outputs:
            shape = (walk.batch, *known.outputs[port.name])
            outputs[port.name] = shape
            walk.tensors[node.id, port.name] = Tensor(shape, known.dtypes.get(port.name) or ("int64" if port.kind == "target" else "float32"))
            walk.fields[node.id, port.name] = costs.Field() if costs.is_map(shape) else None
    axes = {port.name: axis_names(outputs[port.name], port) for port in row.outputs if port.name in outputs}
    size = costs.per_sample(costs.memory(outputs.values()), walk.batch)
    counts = {"train": known.train, "validation": known.validation, "classes": known.classes}
    walk.facts[node.id] = NodeFacts(outputs=outputs, axes=axes, memory=size, derived={name: count for name, count in counts.items() if count})


def visit_port(walk: Walk, node: Node, row: LayerType) -> None:
    """A port of the block that is being walked through. In a document, or data and losses in a block: out of place."""
    if not walk.depth or row.role != "port":
        walk.problems.append(findings.out_of_place(node, row, inside=bool(walk.depth)))
        return
    tensor = walk.tensors.get((node.id, "out"))
    inputs = {port: walk.tensors[ref].shape for port, ref in arrivals(walk, node.id).items()}
    if row.inputs and not walk.wires.sources[node.id]:
        walk.problems.append(findings.missing_input(walk.wires, node, row.inputs[0]))
    outputs = {"out": tensor.shape} if tensor else {}
    walk.facts[node.id] = NodeFacts(inputs=inputs, outputs=outputs, axes={name: axis_names(shape) for name, shape in outputs.items()})


def arrivals(walk: Walk, node_id: str) -> dict[str, Ref]:
    """What is wired to the node and has a shape, by port."""
    return {port: ref for port, ref in walk.wires.sources[node_id].items() if ref in walk.tensors}


def visit_bypassed(walk: Walk, node: Node, row: LayerType) -> None:
    """A node that is switched off, or only chooses, hands on what arrives at one port."""
    found, passing = arrivals(walk, node.id), walk.wires.passes(node.id)
    inputs = {port: walk.tensors[ref].shape for port, ref in found.items()}
    walk.facts[node.id] = NodeFacts(inputs=inputs)
    if passing not in walk.wires.sources[node.id]:
        port = next(port for port in walk.wires.inputs[node.id] if port.name == passing)
        walk.problems.append(findings.missing_input(walk.wires, node, port))
    elif passing in found and row.outputs:
        ref, out = found[passing], row.outputs[0].name
        walk.tensors[node.id, out] = walk.tensors[ref]
        walk.fields[node.id, out] = walk.fields[ref]
        shape = walk.tensors[ref].shape
        seen = walk.fields[ref]
        walk.facts[node.id] = NodeFacts(inputs=inputs, outputs={out: shape}, axes={out: axis_names(shape)}, receptive=seen.size if seen else None)


def visit_layer(walk: Walk, node: Node, row: LayerType) -> None:
    ports, wired = walk.wires.inputs[node.id], walk.wires.sources[node.id]
    refs = [ref for port in ports if (ref := wired.get(port.name)) in walk.tensors]
    if len(refs) < len(ports) or row.family == "block":
        walk.facts[node.id] = NodeFacts(inputs={port: walk.tensors[ref].shape for port, ref in arrivals(walk, node.id).items()})
    if len(refs) < len(ports):  # something is not wired, or waits for an error upstream; impossible wires are reported besides
        missing = [port for port in ports if port.name not in wired and (node.id, port.name) not in walk.wires.refused_ports]
        walk.problems += [findings.missing_input(walk.wires, node, port) for port in missing]
        return
    if row.family == "block":
        nest.visit_block(walk, node, row, refs=refs, visit=visit)
        return
    tensors, before = tuple(walk.tensors[ref] for ref in refs), tuple(walk.fields.get(ref) for ref in refs)
    sources = [ref for port, ref in zip(ports, refs, strict=True) if port.kind != "target"]
    last = walk.memory.visits.get(id(node))
    if last is not None and last.node is node and last.row is row and (last.tensors, last.batch) == (tensors, walk.batch):
        outcome, found = last.outcome, told_anew(walk, last, sources)
    else:
        outcome = walk.memory.outcome(row, node.params, tensors)
        shapes = {port.name: tensor.shape for port, tensor in zip(ports, tensors, strict=True)}
        found = told(walk, row, inputs=shapes, outcome=outcome, sources=sources)
    seen = Visit(node, row, walk.batch, tensors, before, outcome, *found)
    remember(walk.memory.visits, id(node), seen)
    write_down(walk, seen)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a node came to the last time, and what it depended on: most nodes are as they were at the edit before.

    A record that has changed is another object, so `node` and `row` are compared by identity.
    """

    node: Node
    row: LayerType
    batch: int
    tensors: tuple[Tensor, ...]
    before: tuple[costs.Field | None, ...]
    outcome: Outcome
    facts: NodeFacts
    field: costs.Field | None


def write_down(walk: Walk, seen: Visit) -> None:
    """What a layer or a loss came to, among what is known."""
    name = seen.node.id
    walk.facts[name] = seen.facts
    walk.problems += [findings.from_finding(walk.wires, walk.facts, seen.node, finding=finding) for finding in seen.outcome.findings]
    if seen.facts.outputs and seen.row.role != "loss":
        for port, tensor in zip(seen.row.outputs, seen.outcome.outputs, strict=True):
            walk.tensors[name, port.name] = tensor
            walk.fields[name, port.name] = seen.field


def told(walk: Walk, row: LayerType, *, inputs: dict[str, Shape], outcome: Outcome, sources: list[Ref]) -> tuple[NodeFacts, costs.Field | None]:
    """Shapes, costs and receptive field of a node; behind an error only what arrives."""
    if outcome.failed:
        return NodeFacts(inputs), None
    if row.role == "loss":
        return NodeFacts(inputs, {LOSS_PORT: outcome.outputs[0].shape}, {LOSS_PORT: ""}, derived=dict(outcome.derived)), None
    outputs = {port.name: tensor.shape for port, tensor in zip(row.outputs, outcome.outputs, strict=True)}
    seen = sight(walk, outcome, sources)
    facts = NodeFacts(
        inputs=inputs,
        outputs=outputs,
        axes={port.name: axis_names(outputs[port.name], port) for port in row.outputs},
        parameters=outcome.parameters,
        macs=costs.per_sample(outcome.macs, walk.batch),
        memory=costs.per_sample(costs.memory(outputs.values()), walk.batch),
        receptive=seen.size if seen else None,
        derived=dict(outcome.derived),
    )
    return facts, seen


def told_anew(walk: Walk, last: Visit, sources: list[Ref]) -> tuple[NodeFacts, costs.Field | None]:
    """The same for the same inputs, of which only what is seen of the image is another."""
    if last.outcome.failed or last.row.role == "loss":
        return last.facts, None
    old, seen = last.facts, sight(walk, last.outcome, sources)
    size = seen.size if seen else None
    # Spelled out, since `replace` takes several times as long, and all that follows an edited layer comes by here.
    return NodeFacts(old.inputs, old.outputs, old.axes, old.parameters, old.macs, old.memory, size, old.derived, old.inside), seen


def sight(walk: Walk, outcome: Outcome, sources: list[Ref]) -> costs.Field | None:
    """What an output of the node sees of the image, through `sources`."""
    before = costs.union(walk.fields.get(ref) for ref in sources)
    shapes = tuple(walk.tensors[ref].shape for ref in sources)
    return costs.through(before, outcome.window, inputs=shapes, output=outcome.outputs[0].shape)


FACTS: dict[tuple[str, str, str], tuple[float, catalog.DatasetFacts]] = {}


def dataset_facts(dataset: str, params: Mapping[str, object], base: str) -> catalog.DatasetFacts:
    """The catalog's answer, remembered for a moment, so that typing does not list a folder at each key."""
    key = (dataset, repr(params), base)
    when, known = FACTS.get(key, (float("-inf"), None))
    if known is None or time.monotonic() - when > FRESH:
        known = catalog.facts(dataset, params, base)
        if len(FACTS) > 100:
            FACTS.clear()
        FACTS[key] = (time.monotonic(), known)
    return known
