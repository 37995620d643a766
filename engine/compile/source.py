"""Generates the Python source of a network, as an expert writes it by hand: one node, one line. Runs nothing.

The same text is shown, exported and trained. Nothing in it comes from a file except numbers and names that were parsed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace

from engine.compile import initial
from engine.compile.expressions import application, constructor, literal, scaled
from engine.compile.library import prelude
from engine.compile.names import Names
from engine.compile.order import Ref, Wiring, wiring
from engine.compile.program import Program, plan
from engine.compile.shapes import SHARED, Tensor
from engine.events import NodeFacts, Source
from engine.graph.model import Snapshot
from engine.layers.spec import LayerType, Shape, shape_text

FARTHEST = 64  # comments are aligned up to this column; longer lines keep theirs two blanks behind the code
IMPORTS = (  # the line, and what in the text needs it
    ("import math", r"\bmath\."),
    ("", r"\bmath\."),
    ("import torch", r"\btorch\."),
    ("import torch.nn.functional as F", r"\bF\."),
    ("from torch import nn", r"\bnn\."),
)


def generate(snapshot: Snapshot, *, facts: Mapping[str, NodeFacts], taps: bool = False) -> Source:
    """The source of `snapshot`; nodes without output shapes in `facts` are left out. With `taps`, forward takes a
    function `tap(name, value)` that sees every value: inputs as "node.port", layers under their id.
    """
    return compose(wiring(snapshot), facts=facts, taps=taps)


def compose(wires: Wiring, *, facts: Mapping[str, NodeFacts], taps: bool = False) -> Source:
    """`generate` for a snapshot whose wiring is known."""
    program = plan(wires, facts)
    if not program.steps and not program.losses:
        return Source()
    page = Page()
    page.add("class Net(nn.Module):")
    modules = write_init(page, program)
    write_forward(page, program, taps=taps)
    if program.losses:
        page.add("", "")
        write_loss(page, program)
    return page.finish(modules, program)


class Page:
    """Lines, which node each belongs to, and the comments to be aligned."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.owners: dict[int, str] = {}  # index of a line -> node id
        self.comments: dict[int, str] = {}

    def add(self, *lines: str, node: str = "", comment: str = "") -> None:
        for line in lines:
            if node:
                self.owners[len(self.lines)] = node
            if comment:
                self.comments[len(self.lines)] = comment
            self.lines.append(line)

    def align(self) -> None:
        """Writes the collected comments, in one column where the code is short enough."""
        column = max((len(self.lines[i]) for i in self.comments if len(self.lines[i]) <= FARTHEST), default=0)
        for index, comment in self.comments.items():
            self.lines[index] = f"{self.lines[index]:<{column}}  # {comment}"
        self.comments.clear()

    def finish(self, modules: dict[str, str], program: Program) -> Source:
        """The source, headed by the imports that it uses and those of our own modules that torch lacks."""
        net = "\n".join(self.lines)
        own = prelude(net)
        body = "\n".join([*own, net])
        head = [line for line, used in IMPORTS if re.search(used, body)]
        text = "\n".join([*head, "", "", body, ""])
        first = len(head) + len(own) + 3  # 1-based number of the first line of the network
        owners = {index + first: node for index, node in self.owners.items()}
        return Source(text, owners, modules, tuple(program.inputs), tuple(program.outputs), tuple(program.targets))


def parts(program: Program, node_id: str) -> tuple[LayerType, SimpleNamespace, tuple[Shape, ...]]:
    """The row, the parsed parameters and the input shapes of a node that has facts."""
    row = program.wiring.rows[node_id]
    shapes = tuple(program.facts[node_id].inputs[port.name] for port in program.wiring.inputs[node_id])
    return row, SHARED.parameters(row, program.wiring.nodes[node_id].params), shapes


def write_init(page: Page, program: Program) -> dict[str, str]:
    """The constructor of Net; returns the attribute of each node that has a module. Without modules there is none."""
    modules: dict[str, str] = {}
    for node_id in program.steps:
        code = constructor(*parts(program, node_id)) if node_id not in program.owners else ""
        if not code:
            continue
        if not modules:
            page.add("    def __init__(self):", "        super().__init__()")
        modules[node_id] = program.names[node_id]
        page.add(f"        self.{program.names[node_id]} = {code}", node=node_id)
    for node_id in modules:
        for line in beginning(program, node_id):
            page.add(f"        {line}", node=node_id)
    for node_id in modules:
        if program.wiring.nodes[node_id].frozen and program.facts[node_id].parameters:
            page.add(f"        self.{program.names[node_id]}.requires_grad_(False)", node=node_id)
    if modules:
        page.add("")
    return modules | {node_id: program.attribute(node_id) for node_id in program.steps if node_id in program.owners}


def beginning(program: Program, node_id: str) -> list[str]:
    """The lines that say how the node's weights begin."""
    row, p, shapes = parts(program, node_id)
    recipe = program.wiring.recipe
    if not row.init or not initial.is_set(p, recipe):
        return []
    known = SHARED.outcome(row, program.wiring.nodes[node_id].params, tuple(Tensor(shape) for shape in shapes))
    return initial.lines(row, p, recipe, module=f"self.{program.names[node_id]}", weights=known.weights)


def write_forward(page: Page, program: Program, *, taps: bool) -> None:
    names = [program.local[ref] for ref in program.inputs]
    shapes = ", ".join(f"{name}: {shape_words(program, ref)}" for name, ref in zip(names, program.inputs, strict=True))
    owner = program.inputs[0][0] if program.inputs else ""
    page.add(f"    def forward({', '.join(['self', *names, *(['tap'] if taps else [])])}):", node=owner, comment=shapes)
    for name, ref in zip(names, program.inputs, strict=True):
        if taps:
            page.add(f"        {name} = tap({literal('.'.join(ref))}, {name})", node=ref[0])
    for node_id in program.steps:
        write_step(page, program, node_id=node_id, taps=taps)
    for node_id in program.left_out:
        page.add(f"        # {program.names[node_id]} is left out: it has a problem", node=node_id)
    page.add(f"        return {', '.join(program.local[ref] for ref in program.outputs)}")
    page.align()


def write_step(page: Page, program: Program, *, node_id: str, taps: bool) -> None:
    """The line of one node, with its output shape where that changes."""
    row, p, shapes = parts(program, node_id)
    module = f"self.{program.attribute(node_id)}" if row.make is not None else ""
    code = application(row, p, module=module, inputs=[program.local[ref] for ref in program.feeds[node_id]], shapes=shapes)
    outputs = [(node_id, port) for port in program.facts[node_id].outputs]
    targets = [program.local[ref] for ref in outputs]
    first = program.facts[node_id].outputs[outputs[0][1]]
    comment = shape_words(program, outputs[0]) if not shapes or first != shapes[0] else ""
    if taps and len(outputs) == 1:
        code = f"tap({literal(node_id)}, {code})"
    page.add(f"        {', '.join(targets)} = {code}", node=node_id, comment=comment)
    if taps and len(outputs) > 1:
        for target, (_, port) in zip(targets, outputs, strict=True):
            if target != "_":
                page.add(f"        {target} = tap({literal(f'{node_id}.{port}')}, {target})", node=node_id)


def shape_words(program: Program, ref: Ref) -> str:
    """`C16 H28 W28`."""
    known = program.facts[ref[0]]
    return shape_text(known.outputs[ref[1]], known.axes.get(ref[1], ""))


def write_loss(page: Page, program: Program) -> None:
    """The loss function of Net's output and the targets; several losses get a line each and are added."""
    scope = Names(program.names.values())
    several = len(program.outputs) > 1
    values: dict[Ref, str] = {}
    for ref in program.outputs:
        values[ref] = local_name(program, ref, scope) if several else "output"
    extra = {ref: scope.claim(ref[1]) for ref in program.targets}
    page.add(f"def loss({', '.join(['outputs' if several else 'output', *extra.values()])}):")
    if several:
        page.add(f"    {', '.join(values.values())} = outputs")
    terms = []
    for node_id in program.losses:
        row, p, shapes = parts(program, node_id)
        ports = program.wiring.inputs[node_id]
        inputs = [extra[ref] if port.kind == "target" and ref in extra else values[ref] for port, ref in zip(ports, program.feeds[node_id], strict=True)]
        terms.append((node_id, application(row, p, module="", inputs=inputs, shapes=shapes), getattr(p, "weight", 1.0)))
    if len(terms) == 1:
        node_id, code, weight = terms[0]
        page.add(f"    return {scaled(code, weight)}", node=node_id)
        return
    for node_id, code, _ in terms:
        page.add(f"    {program.names[node_id]} = {code}", node=node_id)
    page.add(f"    return {' + '.join(scaled(program.names[node_id], weight) for node_id, _, weight in terms)}")


def local_name(program: Program, ref: Ref, scope: Names) -> str:
    """The name of one of several outputs inside loss: its node's, or the field's for what comes straight from the data."""
    if program.is_data(ref):
        return scope.claim(ref[1])
    first = next(iter(program.facts[ref[0]].outputs))
    return program.names[ref[0]] if ref[1] == first else scope.claim(f"{ref[0]}_{ref[1]}")
