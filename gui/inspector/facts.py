"""What the inspector says of a node, worked out from the row and the analysis: formula, costs, problems. No widgets."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.events import Analysis, NodeFacts
from engine.graph.model import Node, Value, block_of
from engine.graph.problem import Problem
from engine.layers.params import ParamError
from engine.layers.spec import Formula, LayerType, Part, Port, Shape, shape_text
from gui.controls import words

Cell = tuple[str, str, str]  # caption, value, colour token
SEVERITY = {"error": 0, "warning": 1, "hint": 2}


def facts_of(node: Node, analysis: Analysis | None) -> NodeFacts | None:
    return analysis.nodes.get(node.id) if analysis else None


def problems_of(node_id: str, analysis: Analysis | None) -> tuple[Problem, ...]:
    """The problems pinned to a node, worst first."""
    found = [problem for problem in analysis.problems if problem.node == node_id] if analysis else []
    return tuple(sorted(found, key=lambda problem: SEVERITY.get(problem.severity, 3)))


def formula_of(node: Node, row: LayerType, facts: NodeFacts | None) -> tuple[Formula | None, bool]:
    """The layer's formula with its numbers, and whether its result is no shape at all."""
    if row.formula is None or facts is None:
        return None, False
    names = [port.name for port in row.input_ports(node.params)]
    shapes: list[Shape] = [facts.inputs[name] for name in names if name in facts.inputs]
    if len(shapes) != len(names):
        return None, False
    try:
        formula = row.formula(row.values(node.params), *shapes)
    except (ParamError, ValueError, TypeError, IndexError, ArithmeticError):
        return None, False  # shapes or values that the formula was not made for: the problem card speaks
    if formula is None or facts.outputs or row.role == "loss":
        return formula, False
    if formula.caption == "Parameters":
        return None, False  # a count of weights for an input that does not fit would be a wrong one
    parts = tuple(Part("no shape", part.param, True) if part.result else part for part in formula.parts)
    return Formula(formula.caption, parts, formula.note), True


def cost_cells(row: LayerType, facts: NodeFacts | None) -> list[Cell]:
    """Parameters, MACs, output size and receptive field; what is not known says so."""
    if facts is None or (row.role == "layer" and not facts.outputs):
        known = "0" if row.make is None and not block_of(row.id) and facts is not None else ""
        return [("Parameters", known or "unknown", "t1" if known else "t3"), *((name, "unknown", "t3") for name in ("MACs", "Output", "Receptive field"))]
    field = facts.receptive
    return [
        ("Parameters", f"{facts.parameters:,}", "t1"),
        ("MACs", words(facts.macs), "t1"),
        ("Output", size_text(facts.memory), "t1"),
        ("Receptive field", f"{field[0]:,} × {field[1]:,}" if field else "none", "t1" if field else "t3"),
    ]


def size_text(count: int) -> str:
    """Bytes for people: 49.0 KiB."""
    if count < 1024:
        return f"{count} B"
    for unit, factor in (("KiB", 1024), ("MiB", 1024**2), ("GiB", 1024**3)):
        if count < factor * 1024 or unit == "GiB":
            return f"{count / factor:,.1f} {unit}"
    return ""


def cost_title(facts: NodeFacts | None) -> str:
    """ "Cost per image" where the node works on images, else "Cost per sample"."""
    shapes = [*facts.outputs.values(), *facts.inputs.values()] if facts else []
    return "Cost per image" if any(len(shape) == 4 for shape in shapes) else "Cost per sample"


def port_rows(node: Node, row: LayerType, facts: NodeFacts | None, *, bad: set[str]) -> list[tuple[str, str, str]]:
    """(port, shape, token) of each input, for nodes with several or with a problem at one; for data nodes the outputs."""
    if row.role == "data":
        found = facts.outputs if facts else {}
        axes = facts.axes if facts else {}
        return [(port.name, port_text(port, found, axes.get(port.name, "")), "t1" if port.name in found else "t3") for port in row.outputs]
    ports = row.input_ports(node.params)
    if len(ports) < 2 and not bad & {port.name for port in ports}:
        return []
    found = facts.inputs if facts else {}
    return [
        (p.name, shape_text(found[p.name]) if p.name in found else "not wired", "err" if p.name in bad else "t1" if p.name in found else "t3") for p in ports
    ]


def port_text(port: Port, found: Mapping[str, Shape], axes: str = "") -> str:
    """The shape at a port in words: `C1 H28 W28`; labels are one class index per sample."""
    shape = found.get(port.name)
    if shape is None:
        return "unknown"
    return "class index" if port.kind == "target" and len(shape) == 1 else shape_text(shape, axes)


def subtitle_of(node: Node, row: LayerType | None) -> str:
    """ "conv1 · Convolution"; a node with its own caption also names its layer."""
    if row is None:
        return f"{node.id} · unknown layer type"
    named = f"{row.title} · " if node.title and node.title != row.title else ""
    return f"{node.id} · {named}{row.family.capitalize()}"


def kept_text(node: Node) -> str:
    """A placeholder's parameters as the file has them."""
    return json.dumps({"type": node.type, "params": dict(node.params)}, indent=2, ensure_ascii=False, default=str)


def caption_of(name: str) -> str:
    """`in_channels` -> "In channels"; the counts of a dataset in full words."""
    words_for = {"train": "Training samples", "validation": "Validation samples"}
    return words_for.get(name) or name.replace("_", " ").capitalize()


def is_default(row: LayerType, name: str, value: Value) -> bool:
    default = row.param(name).default
    return value == default and type(value) is type(default)


def description(row: LayerType) -> str:
    """All that the declaration says of a layer type: what it does, its ports, its parameters."""
    lines = [row.doc]
    lines += [f"{port.name}: {port.doc}" for port in (*row.inputs, *row.outputs) if port.doc]
    lines += [f"{param.caption}: {param.help}" for param in row.params if param.help]
    return "\n".join(lines)


def why_no_bypass(row: LayerType) -> str:
    """Why this layer cannot be bypassed, in words."""
    return f"{row.title} changes the shape of what passes through it, so it cannot be bypassed."
