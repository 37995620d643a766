"""Generates the Python source of a network, as an expert writes it by hand: one node, one line. Runs nothing.

The same text is shown, exported and trained. Nothing in it comes from a file except numbers and names that were parsed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.compile.classes import Classes, Unit, beginning, classes, construction, expression, parameters
from engine.compile.expressions import application, literal, scaled
from engine.compile.library import prelude
from engine.compile.names import Names
from engine.compile.order import Ref, Wiring, wiring
from engine.compile.program import Program, plan
from engine.events import NodeFacts, Source
from engine.graph.model import OUTPUT, Snapshot
from engine.layers.spec import shape_text

FARTHEST = 64  # comments are aligned up to this column; longer lines keep theirs two blanks behind the code
IMPORTS = (  # the line, and what in the text needs it
    ("import math", r"\bmath\."),
    ("", r"\bmath\."),
    ("import torch", r"\btorch\."),
    ("import torch.nn.functional as F", r"\bF\."),
    ("from torch import nn", r"\bnn\."),
)

INTO = (
    "def into(module, *values, tap, at):",
    "    if isinstance(module, nn.Sequential):",
    "        for number, part in enumerate(module):",
    '            values = (into(part, *values, tap=tap, at=f"{at}.{number}" if number else at),)',
    "        return values[0]",
    "    return globals()[type(module).__name__].forward(module, *values, tap=tap, at=at)",
    "",
    "",
)  # how a tapped forward goes on inside the blocks of its untapped twin


def generate(snapshot: Snapshot, *, facts: Mapping[str, NodeFacts], taps: bool = False) -> Source:
    """The source of `snapshot`; nodes without output shapes in `facts` are left out. With `taps`, forward takes a
    function `tap(name, value)` that sees every value: inputs as "node.port", layers under their id, those inside blocks as "block1.2/conv1".
    So does loss where several are added: each times its weight, under its id.
    """
    return compose(wiring(snapshot), facts=facts, taps=taps)


def compose(wires: Wiring, *, facts: Mapping[str, NodeFacts], taps: bool = False) -> Source:
    """`generate` for a snapshot whose wiring is known."""
    program = plan(wires, facts, recipe=wires.recipe)
    if not program.steps and not program.losses:
        return Source()
    page = Page()
    found, net = classes(program)
    if taps and found.units:
        page.add(*INTO)
    block_modules: dict[str, dict[str, str]] = {}
    for unit in [*found.units, net]:
        page.block = unit.block.id if unit.block else ""
        page.add(f"class {unit.name}(nn.Module):")
        modules = write_init(page, found, unit)
        write_forward(page, unit, taps=taps)
        if unit.block:
            block_modules.setdefault(unit.block.id, {}).update(modules)
            page.add("", "")
    if program.losses:
        page.add("", "")
        write_loss(page, program, taps=taps)
    return page.finish(modules, program, block_modules)


class Page:
    """Lines, which node each belongs to, and the comments to be aligned."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.owners: dict[int, str] = {}  # index of a line -> node id
        self.block = ""  # the block whose class is being written
        self.inner: dict[int, tuple[str, str]] = {}  # index of a line in a block's class -> (block, node id)
        self.comments: dict[int, str] = {}

    def add(self, *lines: str, node: str = "", comment: str = "") -> None:
        for line in lines:
            if node and self.block:
                self.inner[len(self.lines)] = (self.block, node)
            elif node:
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

    def finish(self, modules: dict[str, str], program: Program, block_modules: dict[str, dict[str, str]]) -> Source:
        """The source, headed by the imports that it uses and those of our own modules that torch lacks."""
        net = "\n".join(self.lines)
        own = prelude(net)
        body = "\n".join([*own, net])
        head = [line for line, used in IMPORTS if re.search(used, body)]
        text = "\n".join([*head, "", "", body, ""])
        first = len(head) + len(own) + 3  # 1-based number of the first line of the network
        owners = {index + first: node for index, node in self.owners.items()}
        inner = {index + first: owner for index, owner in self.inner.items()}
        ends = tuple(program.inputs), tuple(program.outputs), tuple(program.targets), tuple(program.losses)
        return Source(text, owners, modules, *ends, block_lines=inner, block_modules=block_modules)


def write_init(page: Page, found: Classes, unit: Unit) -> dict[str, str]:
    """The constructor of a class; returns the attribute of each node that has a module. Without modules there is none."""
    program = unit.program
    made = {node_id: code for node_id in program.steps if (code := construction(found, unit, node_id))}
    if not made and not unit.voice.stored:
        return {}
    page.add(f"    def __init__({unit.voice.signature()}):", "        super().__init__()")
    for argument, attribute in unit.voice.stored.items():
        page.add(f"        self.{attribute} = {argument}")
    for node_id, code in made.items():
        page.add(f"        self.{program.names[node_id]} = {code}", node=node_id)
    for node_id in made:
        for line in beginning(program, node_id):
            page.add(f"        {line}", node=node_id)
    for node_id in made:
        if program.wiring.nodes[node_id].frozen and program.facts[node_id].parameters:
            page.add(f"        self.{program.names[node_id]}.requires_grad_(False)", node=node_id)
    page.add("")
    return {node_id: program.attribute(node_id) for node_id in program.steps if node_id in made or node_id in program.owners}


def write_forward(page: Page, unit: Unit, *, taps: bool) -> None:
    program = unit.program
    names = [program.local[ref] for ref in program.inputs]
    known = [f"{name}: {words}" for name, ref in zip(names, program.inputs, strict=True) if (words := shape_words(unit, ref))]
    owner = program.inputs[0][0] if program.inputs else ""
    extra = (["tap", "at"] if unit.block else ["tap"]) if taps else []
    page.add(f"    def forward({', '.join(['self', *names, *extra])}):", node=owner, comment=", ".join(known))
    for name, ref in zip(names, program.inputs, strict=True):
        if taps:
            page.add(f"        {name} = tap({tap_name(unit, ref[0] if unit.block else '.'.join(ref))}, {name})", node=ref[0])
    for node_id in program.steps:
        write_step(page, unit, node_id=node_id, taps=taps)
    for node_id in program.left_out:
        page.add(f"        # {program.names[node_id]} is left out: it has a problem", node=node_id)
    results = [program.local[ref] for ref in program.outputs]
    if taps and unit.block:
        ports = program.wiring.ports(OUTPUT)
        results = [f"tap({tap_name(unit, name)}, {value})" for name, value in zip(ports, results, strict=True)]
    page.add(f"        return {', '.join(results)}")
    page.align()


def tap_name(unit: Unit, name: str) -> str:
    """Under which name a value is seen, as source: inside a block the way to it comes first."""
    return f"at + {literal('/' + name)}" if unit.block else literal(name)


def write_step(page: Page, unit: Unit, *, node_id: str, taps: bool) -> None:
    """The line of one node, with its output shape where that changes."""
    program = unit.program
    facts = program.facts[node_id]
    inputs = [program.local[ref] for ref in program.feeds[node_id]]
    code = call(unit, node_id, inputs=inputs, taps=taps)
    outputs = [(node_id, port) for port in facts.outputs]
    targets = [program.local[ref] for ref in outputs]
    arrives = next((facts.inputs[port.name] for port in program.wiring.inputs[node_id]), None)
    comment = shape_words(unit, outputs[0]) if facts.outputs[outputs[0][1]] != arrives else ""
    if taps and len(outputs) == 1:
        code = f"tap({tap_name(unit, node_id)}, {code})"
    page.add(f"        {', '.join(targets)} = {code}", node=node_id, comment=comment)
    if taps and len(outputs) > 1:
        for target, (_, port) in zip(targets, outputs, strict=True):
            if target != "_":
                page.add(f"        {target} = tap({tap_name(unit, f'{node_id}.{port}')}, {target})", node=node_id)


def call(unit: Unit, node_id: str, *, inputs: list[str], taps: bool) -> str:
    """The forward expression of a node."""
    program = unit.program
    row = program.wiring.rows[node_id]
    module = f"self.{program.attribute(node_id)}"
    if row.family == "block":
        return f"into({', '.join([module, *inputs])}, tap=tap, at={tap_name(unit, node_id)})" if taps else f"{module}({', '.join(inputs)})"
    if unit.block and (row.make is None or row.use):
        return expression(unit, node_id, inputs)
    p, shapes = parameters(program, node_id)
    return application(row, p, module=module if row.make is not None else "", inputs=inputs, shapes=shapes)


def shape_words(unit: Unit, ref: Ref) -> str:
    """`C16 H28 W28`; empty where the bodies of a block differ."""
    known = [program.facts[ref[0]] for program in unit.programs]
    words = {shape_text(facts.outputs[ref[1]], facts.axes.get(ref[1], "")) for facts in known}
    return words.pop() if len(words) == 1 else ""


def write_loss(page: Page, program: Program, *, taps: bool) -> None:
    """The loss function of Net's output and the targets; several losses get a line each and are added."""
    scope = Names(program.names.values())
    several = len(program.outputs) > 1
    values: dict[Ref, str] = {}
    for ref in program.outputs:
        values[ref] = local_name(program, ref, scope) if several else "output"
    extra = {ref: scope.claim(ref[1]) for ref in program.targets}
    tap = ["tap"] if taps and len(program.losses) > 1 else []
    page.add(f"def loss({', '.join(['outputs' if several else 'output', *extra.values(), *tap])}):")
    if several:
        page.add(f"    {', '.join(values.values())} = outputs")
    terms = []
    for node_id in program.losses:
        row, (p, shapes) = program.wiring.rows[node_id], parameters(program, node_id)
        ports = program.wiring.inputs[node_id]
        inputs = [extra[ref] if port.kind == "target" and ref in extra else values[ref] for port, ref in zip(ports, program.feeds[node_id], strict=True)]
        terms.append((node_id, application(row, p, module="", inputs=inputs, shapes=shapes), getattr(p, "weight", 1.0)))
    if len(terms) == 1:
        node_id, code, weight = terms[0]
        page.add(f"    return {scaled(code, weight)}", node=node_id)
        return
    for node_id, code, _ in terms:
        page.add(f"    {program.names[node_id]} = {code}", node=node_id)
    added = [(node_id, scaled(program.names[node_id], weight)) for node_id, _, weight in terms]
    page.add(f"    return {' + '.join(f'tap({literal(node_id)}, {code})' if tap else code for node_id, code in added)}")


def local_name(program: Program, ref: Ref, scope: Names) -> str:
    """The name of one of several outputs inside loss: its node's, or the field's for what comes straight from the data."""
    if program.is_data(ref):
        return scope.claim(ref[1])
    first = next(iter(program.facts[ref[0]].outputs))
    return program.names[ref[0]] if ref[1] == first else scope.claim(f"{ref[0]}_{ref[1]}")
