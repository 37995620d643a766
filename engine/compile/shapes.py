"""Shapes and costs of single nodes: a node's own expression, run on the meta device and remembered. Knows no graph.

Memory rather than speed makes this fast: a node is computed once per (type, parameters, input shapes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch

from engine.compile import costs, initial
from engine.compile.expressions import application, constructor, derived
from engine.compile.library import NAMESPACE
from engine.graph.model import Value
from engine.layers.params import ParamError
from engine.layers.spec import Finding, LayerType, Shape, shape_text

DTYPES = {"float32": torch.float32, "int64": torch.int64}
LIMIT = 20_000  # remembered nodes; then the memory starts anew


@dataclass(frozen=True, slots=True)
class Tensor:
    """A shape, batch axis first, with the name of its dtype."""

    shape: Shape
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a node with given parameters and inputs. `outputs` is empty when an error keeps it from having any.

    `parameters` are counted, `macs` are of the whole batch, `window` is (kernel, stride, dilation) or None; `weights` are the shapes
    of those whose beginning can be chosen.
    """

    outputs: tuple[Tensor, ...] = ()
    findings: tuple[Finding, ...] = ()
    parameters: int = 0
    macs: int = 0
    window: tuple[int, int, int] | None = None
    derived: Mapping[str, Value] = field(default_factory=dict)
    weights: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


class Inference:
    """Computes outcomes and remembers them. `evaluations` counts those that were not remembered."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], SimpleNamespace | ParamError] = {}
        self.outcomes: dict[tuple[Any, ...], Outcome] = {}
        self.visits: dict[int, Any] = {}  # id of a node's record -> what the analysis made of it the last time
        self.evaluations = 0

    def parameters(self, row: LayerType, params: Mapping[str, Value]) -> SimpleNamespace:
        """The parsed parameters, to be read only. ParamError names the bad one."""
        if row.family == "block":
            return row.values(params)  # rows of instances change with their definition under the same id
        # By text, since 1, 1.0 and True are equal as keys but not as values.
        key = (row.id, repr(params))
        found = self.values.get(key)
        if found is None:
            try:
                found = row.values(params)
            except ParamError as error:
                found = error
            remember(self.values, key, found)
        if isinstance(found, ParamError):
            raise found
        return found

    def outcome(self, row: LayerType, params: Mapping[str, Value], inputs: tuple[Tensor, ...]) -> Outcome:
        """What this node makes of these inputs. ParamError when a parameter is bad."""
        key = (row.id, repr(params), inputs)
        found = self.outcomes.get(key)
        if found is None:
            p = self.parameters(row, params)
            self.evaluations += 1
            found = evaluate(row, p, inputs)
            remember(self.outcomes, key, found)
        return found


def remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    if len(memory) >= LIMIT:
        memory.clear()
    memory[key] = value


def evaluate(row: LayerType, p: SimpleNamespace, inputs: tuple[Tensor, ...]) -> Outcome:
    """The row's own check, then torch on the meta device: no numbers are computed and no memory is taken."""
    shapes = tuple(tensor.shape for tensor in inputs)
    findings: tuple[Finding, ...] = ()
    try:
        findings = tuple(row.check(p, *shapes)) if row.check else ()
        if any(finding.severity == "error" for finding in findings):
            return Outcome(findings=findings)
        read = derived(row, p, shapes)
        outputs, parameters, weights = run(row, p, inputs)
        findings = (*findings, *initial.own_findings(p, row, weights))
        if any(finding.severity == "error" for finding in findings):
            return Outcome(findings=findings)
        window = row.field(p) if row.field else None
        macs = costs.macs(row, p, inputs=shapes, output=outputs[0].shape)
    except Exception as error:  # noqa: BLE001 - whatever torch refuses is a problem of this one node
        return Outcome(findings=(*findings, refusal(row, shapes, error)))
    return Outcome(outputs, findings, parameters, macs, window, read, weights)


def run(row: LayerType, p: SimpleNamespace, inputs: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], int, dict[str, Shape]]:
    """The outputs of the node's expression, how many numbers it learns, and the shapes of the weights and biases whose beginning can be chosen."""
    shapes = tuple(tensor.shape for tensor in inputs)
    names = [f"x{index}" for index in range(len(inputs))]
    scope: dict[str, Any] = dict(NAMESPACE)
    code = constructor(row, p, shapes) if row.role != "loss" else ""
    with torch.no_grad():
        scope.update((name, torch.empty(t.shape, dtype=DTYPES[t.dtype], device="meta")) for name, t in zip(names, inputs, strict=True))
        if code:
            with torch.device("meta"):
                scope["module"] = eval(code, scope).eval()
        if row.shapes:  # running it here would take long
            kinds = (torch.int64 if port.whole else torch.float32 for port in row.outputs)
            result = tuple(torch.empty(shape, dtype=kind, device="meta") for shape, kind in zip(row.shapes(p, *shapes), kinds, strict=True))
        else:
            result = eval(application(row, p, module="module" if code else "", inputs=names, shapes=shapes), scope)
    results = result if isinstance(result, tuple) else (result,)
    counted = sum(weight.numel() for weight in scope["module"].parameters()) if code else 0
    chosen = (*row.weights_of(p), *row.biases_of(p)) if code else ()
    weights = {name: tuple(eval(f"module.{name}", scope).shape) for name in chosen}
    return tuple(Tensor(tuple(r.shape), "int64" if r.dtype == torch.int64 else "float32") for r in results), counted, weights


def refusal(row: LayerType, shapes: tuple[Shape, ...], error: Exception) -> Finding:
    """What torch refused, in one sentence: who, what arrived, and torch's own first words."""
    arrives = " and ".join(shape_text(shape) for shape in shapes) or "nothing"
    words = re.split(r"\n|(?<=[.!?])\s", str(error).strip() or type(error).__name__)[0][:160].rstrip(".")
    return Finding("refused", f"{row.title} cannot take {arrives}: {words}.", fix="Change its parameters or what is wired into it.")


SHARED = Inference()
