"""Which classes a network with blocks needs: bodies of one definition that read alike share a class, others get one of their own.

Definitions come innermost first, so that a class is known before it is used. Prints nothing; `source` writes the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from engine.compile import initial
from engine.compile.expressions import application, constructor, literal, named_arguments
from engine.compile.findings import WIDTHS
from engine.compile.names import RESERVED, Names
from engine.compile.nest import body_wiring
from engine.compile.order import Ref
from engine.compile.program import Program, plan
from engine.compile.shapes import SHARED, Tensor
from engine.compile.voice import Argument, Voice, same
from engine.events import Body
from engine.graph.definitions import in_order
from engine.graph.expression import Expression
from engine.graph.model import EMPTY, REPEAT, Block, Node, Value
from engine.layers.spec import LayerType, Shape

POSITIONAL = 3  # more arguments than this are given by name


@dataclass(slots=True, eq=False)
class Unit:
    """One class: Net (without a block), or one for the bodies of a definition that read alike. `programs` has one plan for each body."""

    name: str
    programs: list[Program]
    voice: Voice
    block: Block | None = None
    bodies: list[Body] = field(default_factory=list)

    @property
    def program(self) -> Program:
        return self.programs[0]

    def raw(self, node_id: str) -> Node:
        """The node as the definition holds it, with its expressions."""
        if self.block is None:
            return self.program.wiring.nodes[node_id]
        return next(node for node in self.block.nodes if node.id == node_id)


@dataclass(slots=True)
class Row:
    """Some equal copies in a row: the class, its index among the class's bodies, and how many."""

    unit: Unit
    index: int
    count: int


@dataclass(slots=True)
class Classes:
    """All classes of a network; `where` finds the class of a body and its index there."""

    units: list[Unit] = field(default_factory=list)
    where: dict[int, tuple[Unit, int]] = field(default_factory=dict)
    names: Names = field(default_factory=lambda: Names(RESERVED))


def classes(root: Program) -> tuple[Classes, Unit]:
    """The classes that Net needs, in the order of their definition, and Net itself."""
    found = Classes()
    bodies: dict[str, list[tuple[Body, Program]]] = {}
    collect(root, bodies, seen=set())
    for block in in_order(block for block in root.wiring.blocks if block.id in bodies):
        group(found, block, bodies[block.id])
    return found, Unit("Net", [root], Voice(None, [EMPTY], Names(), Names()))


def collect(program: Program, bodies: dict[str, list[tuple[Body, Program]]], *, seen: set[int]) -> None:
    """Every body that the program uses, directly or through others, each once."""
    for node_id in program.steps:
        for inside in program.facts[node_id].inside:
            body = inside.body
            if id(body) in seen:
                continue
            seen.add(id(body))
            block = program.wiring.block(node_id)
            inner = plan(body_wiring(block, program.wiring.blocks, body.values), body.nodes, recipe=program.recipe)
            collect(inner, bodies, seen=seen)
            bodies.setdefault(block.id, []).append((body, inner))


def group(found: Classes, block: Block, bodies: list[tuple[Body, Program]]) -> None:
    """Puts the bodies of a definition into as few classes as their texts allow."""
    groups: dict[object, list[tuple[Body, Program]]] = {}
    for body, program in bodies:
        groups.setdefault(likeness(found, block, body, program=program), []).append((body, program))
    for members in groups.values():
        programs = [program for _, program in members]
        given = [body.values for body, _ in members]
        attributes = Names([*(programs[0].names[name] for name in programs[0].steps), *RESERVED])
        scope = Names([*RESERVED, *(unit.name for unit in found.units)])
        unit = Unit(found.names.claim(block.id), programs, Voice(block, given, scope, attributes), block, [body for body, _ in members])
        write_all(found, unit)
        found.units.append(unit)
        found.where.update({id(body): (unit, index) for index, body in enumerate(unit.bodies)})


def write_all(found: Classes, unit: Unit) -> None:
    """Says everything once, so that the arguments of the class are known before anybody uses it."""
    for node_id in unit.program.steps:
        construction(found, unit, node_id)
        row = unit.program.wiring.rows[node_id]
        if row.make is None or row.use:
            expression(unit, node_id, [unit.program.local[ref] for ref in unit.program.feeds[node_id]])


def likeness(found: Classes, block: Block, body: Body, *, program: Program) -> object:
    """What must be equal for two bodies to share a class: everything but the values that a class can take as arguments."""
    wires = program.wiring
    nodes = {node.id: node for node in block.nodes}
    locals_ = tuple(program.local.get(ref, "") for ref in (*program.inputs, *program.outputs))
    steps = []
    for node_id in program.steps:
        feeds = tuple(program.local[ref] for ref in program.feeds[node_id])
        results = tuple(program.local[node_id, port] for port in program.facts[node_id].outputs)
        weights = program.facts[node_id].parameters > 0
        row = wires.rows[node_id]
        told = like_rows(found, program, nodes[node_id]) if row.family == "block" else like_code(program, nodes[node_id], row)
        steps.append((node_id, feeds, results, weights, told, tuple(beginning(program, node_id))))
    return tuple(steps), tuple(program.left_out), locals_, tuple(sorted(program.owners.items()))


def like_rows(found: Classes, program: Program, node: Node) -> object:
    rows = rows_of(found, program, node.id)
    counts = [row.count for row in rows]
    return tuple(row.unit.name for row in rows), tuple(counts[:-1]), None if isinstance(node.params.get(REPEAT), Expression) else counts[-1]


def like_code(program: Program, node: Node, row: LayerType) -> object:
    p, shapes = parameters(program, node.id)
    if row.make is None and callable(row.call):
        return template(program, node)[0]
    head = row.make(p, *shapes) if callable(row.make) else row.make or row.call
    used = template(program, node)[0] if row.use else ""
    return head, used, tuple((keyword, name) for keyword, name, _ in named_arguments(row, p, shapes, always=following(node)))


def following(node: Node) -> list[str]:
    """The parameters of a node that follow the block's."""
    return [name for name, value in node.params.items() if isinstance(value, Expression)]


def parameters(program: Program, node_id: str) -> tuple[SimpleNamespace, tuple[Shape, ...]]:
    """The parsed parameters and the input shapes of a node that has facts."""
    wires = program.wiring
    shapes = tuple(program.facts[node_id].inputs[port.name] for port in wires.inputs[node_id])
    return SHARED.parameters(wires.rows[node_id], wires.nodes[node_id].params), shapes


def rows_of(found: Classes, program: Program, node_id: str) -> list[Row]:
    """The repeats of an instance, equal ones in a row together."""
    rows: list[Row] = []
    for inside in program.facts[node_id].inside:
        unit, index = found.where[id(inside.body)]
        if rows and rows[-1].unit is unit and all(same(a.values[rows[-1].index], a.values[index]) for a in unit.voice.arguments):
            rows[-1].count += 1
        else:
            rows.append(Row(unit, index, 1))
    return rows


# -- what the lines say --------------------------------------------------------------------------------------------------
def construction(found: Classes, unit: Unit, node_id: str) -> str:
    """The constructor of a node's module; empty for a node without one, or that uses another's."""
    if node_id in unit.program.owners:
        return ""
    row, node = unit.program.wiring.rows[node_id], unit.raw(node_id)
    if row.family == "block":
        return repeated(found, unit, node)
    if row.make is None:
        return ""
    p, shapes = parameters(unit.program, node_id)
    if unit.block is None:
        return constructor(row, p, shapes)
    head = row.make(p, *shapes) if callable(row.make) else row.make
    return f"{head}({', '.join(arguments(unit, node, row))})"


def beginning(program: Program, node_id: str) -> list[str]:
    """The lines that say how the node's weights begin; none for those of another node."""
    row = program.wiring.rows[node_id]
    if not row.init or node_id in program.owners:
        return []
    p, shapes = parameters(program, node_id)
    if not initial.is_set(p, program.recipe):
        return []
    known = SHARED.outcome(row, program.wiring.nodes[node_id].params, tuple(Tensor(shape) for shape in shapes))
    return initial.lines(row, p, program.recipe, module=f"self.{program.names[node_id]}", weights=known.weights)


def arguments(unit: Unit, node: Node, row: LayerType, *, later: bool = False) -> list[str]:
    """What stands between a layer's parentheses."""
    lists = [named_arguments(row, *parameters(program, node.id), always=following(node)) for program in unit.programs]
    said = []
    for place, (keyword, name, _) in enumerate(lists[0]):
        read = name in row.derive
        wanted = name if read else f"{node.id}_{name}"
        hint = origin(unit, node.id) if read else None
        values = [entries[place][2] for entries in lists]
        said.append(keyword + unit.voice.say(values, raw=node.params.get(name), hint=hint, wanted=wanted, later=later))
    return said


def origin(unit: Unit, node_id: str) -> Value:
    """The parameter upstream that decides how many channels arrive, if it follows one of the block's: then so does what is read off the wire."""
    program = unit.program
    ref: Ref = program.feeds[node_id][0]
    while not program.is_data(ref):
        row, known = program.wiring.rows[ref[0]], program.facts[ref[0]]
        name = next((param.name for param in row.params if param.name in WIDTHS), None)
        if name:
            return unit.raw(ref[0]).params.get(name)
        if not program.feeds[ref[0]] or next(iter(known.inputs.values()))[1:2] != known.outputs[ref[1]][1:2]:
            return None
        ref = program.feeds[ref[0]][0]
    return None


def expression(unit: Unit, node_id: str, inputs: list[str]) -> str:
    """The forward expression of a node on these variables, where it is more than calling its module."""
    row, node = unit.program.wiring.rows[node_id], unit.raw(node_id)
    if isinstance(row.call, str) and not row.use:
        return f"{row.call}({', '.join([*inputs, *arguments(unit, node, row, later=True)])})"
    if not row.use and (row.make is not None or row.call is None):
        p, shapes = parameters(unit.program, node_id)
        return application(row, p, module="", inputs=inputs, shapes=shapes)
    text, marks = template(unit.program, node, inputs)
    for mark, name in marks.items():
        if mark not in text:
            continue  # the constructor or the first values of the weights need it, forward does not
        said = unit.voice.spoken(node.params[name], later=True)
        text = text.replace(mark, f"({said})" if " " in said else said)
    return text


class Mark(int):
    """A number that prints as a mark, which then gives way to the words for it."""

    text: str

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return self.text


class RealMark(float):
    text: str
    __repr__ = __str__ = Mark.__repr__
    __format__ = Mark.__format__


def template(program: Program, node: Node, inputs: Sequence[str] = ("a", "b", "c", "d", "e", "f", "g", "h")) -> tuple[str, dict[str, str]]:
    """The expression of a node whose row writes it itself, with marks where parameters follow the block's: (text, mark -> parameter).

    Without marks where the row does more with a number than print it: the text then holds only for bodies with these values.
    """
    row = program.wiring.rows[node.id]
    p, shapes = parameters(program, node.id)
    names = list(inputs)[: len(program.wiring.inputs[node.id])]
    module = f"self.{program.attribute(node.id)}" if row.use else ""
    plain = application(row, p, module=module, inputs=names, shapes=shapes)
    marked, marks = SimpleNamespace(**vars(p)), {}
    for number, name in enumerate(following(node)):
        value = getattr(p, name)
        if type(value) in (int, float):
            mark = (Mark if type(value) is int else RealMark)(value)
            mark.text = f"MARK_{number}_"
            setattr(marked, name, mark)
            marks[mark.text] = name
    text = application(row, marked, module=module, inputs=names, shapes=shapes) if marks else plain
    back = text
    for mark, name in marks.items():
        back = back.replace(mark, literal(getattr(p, name)))
    return (text, marks) if back == plain else (plain, {})


def repeated(found: Classes, unit: Unit, node: Node) -> str:
    """`ResBlock(64, 64)`, or a Sequential of several in a row."""
    lists = [rows_of(found, program, node.id) for program in unit.programs]
    raw = node.params.get(REPEAT, 1)
    calls = [instance(unit, node, [rows[place] for rows in lists], follows=place > 0) for place in range(len(lists[0]))]
    if not isinstance(raw, Expression) and len(calls) == 1 and lists[0][0].count == 1:
        return calls[0]
    before = sum(row.count for row in lists[0][:-1])
    parts = []
    for place, call in enumerate(calls):
        count = literal(lists[0][place].count)
        if place == len(calls) - 1 and isinstance(raw, Expression):
            count = unit.voice.spoken(Expression(f"({raw}) - {before}") if before else raw, later=False)
        parts.append(call if count == "1" else f"*[{call} for _ in range({count})]")
    return f"nn.Sequential({', '.join(parts)})"


def instance(unit: Unit, node: Node, rows: list[Row], *, follows: bool) -> str:
    """The constructor of an instance: numbers read off the wires and the first parameter by position, the rest by name.

    What `follows` another copy reads off the wires what that was given as a parameter.
    """
    given = [value for value in node.params.values() if isinstance(value, Expression)] if follows else []
    inner = rows[0].unit
    parts: list[str] = []
    byname = False
    for place, argument in enumerate(inner.voice.arguments):
        values = [argument.values[row.index] for row in rows]
        raw = node.params.get(argument.param) if argument.param else None
        if argument.default and not isinstance(raw, Expression) and all(literal(value) == argument.default for value in values):
            continue
        hint = next((expression for expression in given if not argument.param and unit.voice.means(expression, values)), None)
        said = unit.voice.say(values, raw=raw, hint=hint, wanted=argument.name)
        byname = byname or bool(argument.default) or not by_position(inner.voice.arguments, place)
        parts.append(f"{argument.name}={said}" if byname else said)
    return f"{inner.name}({', '.join(parts)})"


def by_position(arguments: Iterable[Argument], place: int) -> bool:
    """Whether the argument is plain enough to go without its name: one read off the wires, or the first of the parameters."""
    listed = list(arguments)
    first = next((index for index, argument in enumerate(listed) if argument.param), len(listed))
    return place <= first and place < POSITIONAL
