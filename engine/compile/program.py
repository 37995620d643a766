"""What the generated code will say, before it is text: which nodes, in which order, under which names. Prints nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.compile import sharing
from engine.compile.names import Names
from engine.compile.order import Ref, Wiring
from engine.events import NodeFacts
from engine.graph.model import INPUT, OUTPUT, Recipe
from engine.layers.loss import WATCH

RUNNING = "x"  # the name of the value that runs through a chain


@dataclass(slots=True)
class Program:
    """The plan of Net and loss. `steps` are the nodes that can be printed, `left_out` those whose problems prevent it.

    `inputs`, `outputs` and `targets` are the arguments of forward, what it returns, and the further arguments of loss;
    `local` is the variable of each value in forward; `owners` leads from nodes that share weights to those that have them;
    `recipe` is the document's, also for the body of a block.
    """

    wiring: Wiring
    facts: Mapping[str, NodeFacts]
    names: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, list[Ref]] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    inputs: list[Ref] = field(default_factory=list)
    outputs: list[Ref] = field(default_factory=list)
    targets: list[Ref] = field(default_factory=list)
    local: dict[Ref, str] = field(default_factory=dict)
    running: str = RUNNING
    owners: Mapping[str, str] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)

    def attribute(self, node_id: str) -> str:
        """The attribute of the class that holds the node's module."""
        return self.names[self.owners.get(node_id, node_id)]

    def is_data(self, ref: Ref) -> bool:
        """Whether this value comes from outside: a dataset's field, or an input port of the block."""
        return self.wiring.role(ref[0]) in ("data", "port")

    def known(self, ref: Ref | None) -> bool:
        """Whether this value exists in the printed code: a dataset's field or the output of a step."""
        return ref is not None and ref[1] in self.facts.get(ref[0], NodeFacts()).outputs and (self.is_data(ref) or ref[0] in self.feeds)


def plan(wiring: Wiring, facts: Mapping[str, NodeFacts], *, recipe: Recipe) -> Program:
    """The program of all nodes that have shapes; what has none is left out with all that follows it."""
    program = Program(wiring, facts, names=wiring.names, owners=sharing.owners(wiring, facts), recipe=recipe)
    members = wiring.members
    for node_id in wiring.order:
        if node_id in members:
            add_step(program, node_id)
    add_ends(program)
    used = [ref for node_id in program.steps for ref in program.feeds[node_id]] + program.outputs
    arguments = [(name, "out") for name in wiring.ports(INPUT)]
    program.inputs = arguments if wiring.inside else in_data_order(wiring, {ref for ref in used if program.is_data(ref)})
    name_values(program)
    return program


def add_step(program: Program, node_id: str) -> None:
    feeds = program.wiring.feeds(node_id)
    complete = all(program.known(ref) for ref in feeds)
    if complete and program.facts.get(node_id, NodeFacts()).outputs:
        program.feeds[node_id] = feeds
        program.steps.append(node_id)
    elif complete or None in feeds:
        program.left_out.append(node_id)


def add_ends(program: Program) -> None:
    """What forward returns, and what loss takes: predictions first, then targets that come straight from the data."""
    if program.wiring.inside:
        program.outputs = [ref for name in program.wiring.ports(OUTPUT) if program.known(ref := program.wiring.feeds(name)[0])]
        return
    outputs: dict[Ref, None] = {}
    targets: dict[Ref, None] = {}
    for node_id in program.wiring.losses:
        feeds = program.wiring.feeds(node_id)
        for port, ref in zip(program.wiring.inputs[node_id], feeds, strict=True):
            if program.known(ref) and not (port.kind == "target" and program.is_data(ref)):
                outputs[ref] = None
        if all(program.known(ref) for ref in feeds) and program.facts.get(node_id, NodeFacts()).outputs:
            if program.wiring.rows[node_id].id != WATCH:  # what is only looked at is an output of Net and no part of the loss
                program.losses.append(node_id)
            program.feeds[node_id] = feeds
            ports = program.wiring.inputs[node_id]
            targets.update((ref, None) for port, ref in zip(ports, feeds, strict=True) if port.kind == "target" and program.is_data(ref))
    program.outputs = list(outputs) or loose_ends(program)
    program.targets = list(targets)


def loose_ends(program: Program) -> list[Ref]:
    """The outputs of steps that no step reads: what a network without a loss returns."""
    read = {ref for node_id in program.steps for ref in program.feeds[node_id]}
    ends = [(node_id, port) for node_id in program.steps for port in program.facts[node_id].outputs]
    return [ref for ref in ends if ref not in read]


def in_data_order(wiring: Wiring, refs: set[Ref]) -> list[Ref]:
    """References to datasets by node order, then by port order."""
    ordered = [(node_id, port.name) for node_id in wiring.of_role("data") for port in wiring.rows[node_id].outputs]
    return [ref for ref in ordered if ref in refs]


def name_values(program: Program) -> None:
    """Values used by the next line only are called x; those needed again later keep their node's name."""
    uses: dict[Ref, list[int]] = {}
    for index, node_id in enumerate(program.steps):
        for ref in program.feeds[node_id]:
            uses.setdefault(ref, []).append(index)
    for ref in program.outputs:
        uses.setdefault(ref, []).append(len(program.steps))
    spoken = set(program.outputs) if len(program.outputs) > 1 else set()  # several results are returned by name
    scope = Names(name for node_id, name in program.names.items() if speaks(program, node_id))
    for ref in program.inputs:
        wanted = ref[0] if program.wiring.inside else ref[1]  # a block's input port is called like its node
        passes = wanted == RUNNING and len(program.inputs) == 1 and set(uses.get(ref, ())) <= {0}
        if wanted == RUNNING and not passes and "h" not in scope.taken:
            program.running = scope.claim("h")  # the argument keeps the name x, as in every textbook
        program.local[ref] = RUNNING if passes or (wanted == RUNNING and program.running != RUNNING) else scope.claim("x_in" if wanted == RUNNING else wanted)
    for index, node_id in enumerate(program.steps):
        ports = list(program.facts[node_id].outputs)
        for place, port in enumerate(ports):
            used = set(uses.get((node_id, port), ()))
            if not used:
                program.local[node_id, port] = "_"
            elif place == 0 and used == {index + 1} and (node_id, port) not in spoken and not is_alias(program, node_id):
                program.local[node_id, port] = program.running
            else:
                program.local[node_id, port] = program.names[node_id] if place == 0 else scope.claim(f"{node_id}_{port}")


def speaks(program: Program, node_id: str) -> bool:
    """Whether the node's name may be spoken in forward; ports of a block lend theirs to its arguments."""
    return program.wiring.role(node_id) != "port"


def is_alias(program: Program, node_id: str) -> bool:
    """Whether the node only gives its input another name; `x = x` would say nothing."""
    row = program.wiring.rows[node_id]
    return row.make is None and callable(row.call) and row.id == "identity"
