"""Problems of single nodes: what is missing, out of range, or found by a row's check. Changes nothing; knows no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.compile.order import Ref, Wiring
from engine.events import NodeFacts
from engine.graph.model import INPUT, OUTPUT, REPEAT, Block, Node, block_of
from engine.graph.problem import ERROR, Problem, Remedy
from engine.layers.params import ParamError
from engine.layers.spec import Finding, LayerType, Port, shape_text

TOKENS = 3  # axes of tokens N T D, where the second axis counts tokens and is no layer's width
WIDTHS = ("out_features", "out_channels")  # the parameters that set how many features or channels come out


def unknown_type(node: Node) -> Problem:
    if name := block_of(node.type):
        message = f"{node.id} is an instance of the block {name[:60]!r}, which this document does not have."
        return Problem(ERROR, "unknown-type", message, node.id, fix="Undo the change that removed it, or put a layer from the palette in its place.")
    message = f"{node.id} is of the type {node.type[:60]!r}, which this version of Chainrule does not know."
    return Problem(ERROR, "unknown-type", message, node.id, fix="Update Chainrule, or put a layer from the palette in its place.")


def bad_parameter(node: Node, row: LayerType, error: ParamError) -> Problem:
    """A parameter that is out of range, with its default as the way back."""
    remedies: tuple[Remedy, ...] = ()
    for param in row.params:
        try:
            param.parse(node.params.get(param.name, param.default))
        except ParamError:
            remedies = (Remedy(f"Set {param.caption.lower()} to {param.default}", "set", params={param.name: param.default}),)
            break
    return Problem(ERROR, "parameter", f"{row.title}: {error}", node.id, fix="Set another value in the inspector.", remedies=remedies)


def missing_input(wires: Wiring, node: Node, port: Port) -> Problem:
    """An input port without a wire."""
    title = wires.rows[node.id].title
    if port.kind == "target":
        data = next(iter(wires.of_role("data")), "")
        labels = [p.name for p in wires.rows[data].outputs if p.kind == "target"] if data else []
        fix = f"Draw a wire from {labels[0]} of {data} to {port.name}." if labels else f"Add a dataset and wire its label to {port.name}."
        message = f"{title} has no target: nothing says what the prediction should have been."
        wire = [Remedy(f"Wire {labels[0]} of {data}", "connect", port=port.name, node=data, params={"output": labels[0]})] if labels else []
        return Problem(ERROR, "missing-target", message, node.id, port.name, fix, tuple(wire))
    message = f"{title} has no input: nothing is wired to {port.name}."
    return Problem(ERROR, "missing-input", message, node.id, port.name, f"Draw a wire from an output to {port.name}, or delete {node.id}.")


def out_of_place(node: Node, row: LayerType, *, inside: bool) -> Problem:
    """Data or a loss inside a block, or a block's port outside of one."""
    if inside:
        message = f"{row.title} has no place inside a block: data and losses are what the whole network has."
        return Problem(ERROR, "out-of-place", message, node.id, fix=f"Delete {node.id} here and wire it up outside of the block.")
    return Problem(ERROR, "out-of-place", f"{row.title} has its place inside a block.", node.id, fix=f"Delete {node.id}.")


def obstacle(node: Node, block: Block | None, *, repeat: int, deep: bool) -> Problem | None:
    """Why an instance cannot be worked out at all."""
    name = node.id
    if block is None or deep:
        return Problem(ERROR, "too-deep", f"{name} lies too many blocks deep.", name, fix="Expand one of the blocks around it.")
    inputs, outputs = len(block.ports(INPUT)), len(block.ports(OUTPUT))
    if not outputs:
        return Problem(ERROR, "no-port", f"The block {block.title or block.id} has no output port.", name, fix="Open it and add one from the palette.")
    if repeat > 1 and (inputs, outputs) != (1, 1):
        message = f"{name} is repeated {repeat} times, which needs one input and one output, got {inputs} and {outputs}."
        remedy = Remedy("Do not repeat it", "set", params={REPEAT: 1})
        return Problem(ERROR, "repeat-ports", message, name, fix="Set its repeat to 1, or give the block one input and one output.", remedies=(remedy,))
    return None


def too_many_layers(node: Node, most: int) -> Problem:
    message = f"{node.id} comes to more than {most:,} layers with all its repeats."
    return Problem(ERROR, "too-many-layers", message, node.id, fix="Repeat it, or the blocks inside it, fewer times.")


def from_finding(wires: Wiring, facts: Mapping[str, NodeFacts], node: Node, *, finding: Finding) -> Problem:
    """A row's finding, pinned to its node; where widths clash, with the repair that changes a layer upstream."""
    remedies = finding.remedies
    if finding.code == "shapes-differ":
        remedies = (*remedies, *width_remedies(wires, facts, node.id, port=finding.port))
    return Problem(finding.severity, finding.code, finding.message, node.id, finding.port, finding.fix, remedies)


def width_remedies(wires: Wiring, facts: Mapping[str, NodeFacts], node_id: str, *, port: str) -> Iterator[Remedy]:
    """Gives the layer behind one of two clashing inputs the width of the other, where only the width clashes."""
    first = next(iter(facts[node_id].inputs))
    for here, there in ((first, port), (port, first)):
        mine, other = facts[node_id].inputs[here], facts[node_id].inputs[there]
        setter = width_setter(wires, facts, wires.sources[node_id].get(here)) if mine[2:] == other[2:] and len(mine) == len(other) != TOKENS else None
        if setter:
            owner, name = setter
            what = "output channels" if name == "out_channels" else "outputs"
            note = f"{here} {shape_text(mine)} → {shape_text(other)}"
            yield Remedy(f"Give {owner} {other[1]} {what}", "set", node=owner, params={name: other[1]}, note=note)


def width_setter(wires: Wiring, facts: Mapping[str, NodeFacts], ref: Ref | None) -> tuple[str, str] | None:
    """The node and parameter that decide how many channels `ref` has, if nobody else depends on them."""
    while (ref := wires.resolve(ref)) and len(wires.readers.get(ref, ())) == 1 and wires.role(ref[0]) == "layer":
        known = facts.get(ref[0], NodeFacts())
        name = next((param.name for param in wires.rows[ref[0]].params if param.name in WIDTHS), None)
        if name:
            return ref[0], name
        if len(known.inputs) != 1 or not known.outputs or next(iter(known.inputs.values()))[1] != known.outputs[ref[1]][1]:
            return None
        ref = wires.sources[ref[0]].get(next(iter(known.inputs)))
    return None
