"""What every layer type promises, asked of the whole registry: a new row is tested by being there."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from engine.compile import library
from engine.compile.expressions import application, arguments, constructor
from engine.compile.names import RESERVED
from engine.compile.shapes import Inference, Outcome, Tensor
from engine.graph.document import legal_id
from engine.graph.model import Value
from engine.layers import initial, registry
from engine.layers.params import BoolParam, ChoiceParam, FloatParam, IntParam, PairParam, Param, ParamError, PathParam, ShapeParam
from engine.layers.spec import FAMILIES, LayerType, Shape

ICONS = Path(__file__).resolve().parents[3] / "resources" / "icons"
ROWS = {row.id: row for row in registry.ROWS}
PROBABILITIES = ("binary_nll",)  # losses that take numbers between 0 and 1
COMPUTING = {row.id: row for row in registry.ROWS if row.role != "data"}
NAMES = library.NAMESPACE

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
every_computing_row = pytest.mark.parametrize("row", COMPUTING.values(), ids=COMPUTING)
every_param = pytest.mark.parametrize(
    ("row", "param"),
    [pytest.param(row, param, id=f"{row.id}-{param.name}") for row in registry.ROWS for param in row.params],
)


def is_class_index(row: LayerType, index: int) -> bool:
    """Whether this input takes class indices: a target with fewer axes than the prediction."""
    port = row.inputs[min(index, len(row.inputs) - 1)]
    return port.whole or (port.kind == "target" and len(row.example[index]) < len(row.example[0]))


def example(row: LayerType) -> tuple[Tensor, ...]:
    return tuple(Tensor(shape, "int64" if is_class_index(row, i) else "float32") for i, shape in enumerate(row.example))


def numbers(row: LayerType, tensors: tuple[Tensor, ...]) -> list[torch.Tensor]:
    """Random inputs of these shapes; targets lie between 0 and 1, or are class indices."""
    generator = torch.Generator().manual_seed(0)
    made = []
    for index, tensor in enumerate(tensors):
        kind = row.inputs[min(index, len(row.inputs) - 1)].kind
        if tensor.dtype == "int64" and kind != "target":
            made.append(torch.zeros(tensor.shape, dtype=torch.int64))  # an index that every table has
        elif tensor.dtype == "int64":
            made.append(torch.randint(row.example[0][1], tensor.shape, generator=generator))
        elif kind == "target" or (row.role == "loss" and row.id in PROBABILITIES):
            made.append(torch.rand(tensor.shape, generator=generator).requires_grad_(kind != "target"))
        else:
            made.append(torch.randn(tensor.shape, generator=generator, requires_grad=True))
    return made


def really(row: LayerType, params: dict[str, Value]) -> tuple[tuple[torch.Tensor, ...], list[torch.Tensor], list[torch.Tensor]]:
    """Runs the generated code of one node on real numbers in training mode: outputs, inputs, weights."""
    tensors = example(row)
    shapes = tuple(tensor.shape for tensor in tensors)
    p = row.values(params)
    code = constructor(row, p, shapes) if row.role == "layer" else ""
    inputs = numbers(row, tensors)
    scope = {**NAMES, **{f"x{i}": value for i, value in enumerate(inputs)}}
    if code:
        scope["module"] = eval(code, scope)
    result = eval(application(row, p, module="module" if code else "", inputs=[f"x{i}" for i in range(len(inputs))], shapes=shapes), scope)
    return (result if isinstance(result, tuple) else (result,)), inputs, list(scope["module"].parameters()) if code else []


def outcome(row: LayerType, params: dict[str, Value]) -> Outcome:
    return Inference().outcome(row, params, example(row))


# -- words and pictures --------------------------------------------------------------------------------------------------
@every_row
def test_a_row_is_described_for_people(row: LayerType) -> None:
    assert row.title and row.doc.endswith(".") and row.family in FAMILIES and row.role in ("layer", "data", "loss")
    for param in row.params:
        assert param.help.endswith("."), f"{param.name} has no sentence of help"
    assert (ICONS / "layers" / f"{row.id}.svg").is_file()


def test_names_are_unique_and_make_legal_ids() -> None:
    titles = [row.title for row in registry.ROWS]
    assert len(set(titles)) == len(titles) and len(ROWS) == len(registry.ROWS)
    for row in registry.ROWS:
        assert legal_id(f"{row.stem}1") and f"{row.stem}1" not in RESERVED
        ports = [port.name for port in row.input_ports({})] + [port.name for port in row.outputs]
        names = [param.name for param in row.params]
        assert len(set(ports)) == len(ports) and len(set(names)) == len(names)
        assert set(row.silent) <= set(names) and set(row.args) <= set(names) | set(row.derive)


@every_row
def test_the_bypass_port_exists(row: LayerType) -> None:
    if row.bypass:
        ports = {port.name: port for port in row.input_ports({})}
        assert ports[row.bypass].kind == row.outputs[0].kind


@every_row
def test_an_example_has_a_shape_for_each_input(row: LayerType) -> None:
    assert len(row.example) == len(row.input_ports({}))


@every_row
def test_defaults_survive_json(row: LayerType) -> None:
    for param in row.params:
        back = json.loads(json.dumps(param.default))
        parsed = param.parse(back)
        assert parsed == param.default and type(parsed) is type(param.default)


# -- code ------------------------------------------------------------------------------------------------------------------
@every_computing_row
def test_the_shape_without_numbers_is_the_shape_with_numbers(row: LayerType) -> None:
    known = outcome(row, {})
    outputs, _, weights = really(row, {})
    assert known.findings == ()
    assert [tensor.shape for tensor in known.outputs] == [tuple(value.shape) for value in outputs]
    assert known.parameters == sum(weight.numel() for weight in weights)
    assert len(outputs) == max(len(row.outputs), 1)


@every_computing_row
def test_forward_and_backward_are_finite(row: LayerType) -> None:
    outputs, inputs, weights = really(row, {})
    (outputs[0] * torch.linspace(0.5, 1.5, outputs[0].numel()).reshape(outputs[0].shape)).sum().backward()
    assert all(torch.isfinite(value).all() for value in outputs)
    moving = [value for value in [*inputs, *weights] if value.requires_grad][: 1 if row.through else None]  # what is not chosen is not moved
    assert moving and all(value.grad is not None and torch.isfinite(value.grad).all() for value in moving)


@every_computing_row
def test_keywords_left_out_mean_the_same_to_torch(row: LayerType) -> None:
    """A parameter at our default is not printed, so torch must have the same default."""
    p = row.values({})
    name = row.make(p, *row.example) if callable(row.make) else row.make or (row.call if isinstance(row.call, str) else "")
    if not name:
        return
    try:
        theirs = inspect.signature(eval(name, dict(NAMES))).parameters
    except ValueError:
        return  # written in C, without a signature to compare
    if any(kind.kind is inspect.Parameter.VAR_KEYWORD for kind in theirs.values()):
        return  # dispatched by torch at run time
    for param in row.params:
        if param.name not in row.args and param.name not in row.silent:
            assert theirs[param.name].default == param.default, param.name


def extremes(param: Param) -> list[Value]:
    """The outermost values that `param` accepts."""
    if isinstance(param, (IntParam, FloatParam)):
        return [param.low, param.high]
    if isinstance(param, PairParam):
        return [param.low, param.high, (param.low, param.high), (param.high, param.low), *param.words, *([None] if param.optional else [])]
    if isinstance(param, BoolParam):
        return [False, True]
    if isinstance(param, ChoiceParam):
        return list(param.choices)
    if isinstance(param, ShapeParam) and param.bounds:
        low, high = param.bounds
        return [(), (low,), (high,) * min(9, param.most), (low,) * param.most]
    if isinstance(param, ShapeParam):
        return [(1,), (-1,), (1_000_000_000,) * 6, (2, -1)]
    if isinstance(param, PathParam):
        return ["", "x" * 4096]
    raise AssertionError(f"no extremes are known for {type(param).__name__}: write them here")


@every_param
def test_extremes_work_or_are_refused_in_our_words(row: LayerType, param: Param) -> None:
    for value in extremes(param):
        assert param.parse(value) is not None or param.optional
        if row.role != "data" and not (param.name in row.silent and row.counts_ports(param.name)):
            codes = [finding.code for finding in outcome(row, {param.name: value}).findings]
            assert "refused" not in codes, f"torch speaks before we do at {param.name} = {value!r}"


@every_param
def test_values_beyond_the_extremes_are_refused(row: LayerType, param: Param) -> None:
    for value in [[[1]], {"a": 1}, "\0", "os.system('x')", float("nan"), 10**30, -(10**30), object()]:
        if isinstance(param, PathParam) and value == "os.system('x')":
            continue
        with pytest.raises(ParamError) as refused:
            param.parse(value)
        assert param.caption in str(refused.value) and "got" in str(refused.value)


@every_param
def test_small_extremes_compute_what_the_shape_said(row: LayerType, param: Param) -> None:
    """The generated line runs with the value printed in it, and the shape on the meta device was right."""
    for value in extremes(param):
        if row.role == "data" or (isinstance(value, int) and value > 100) or (isinstance(value, tuple) and max(value, default=0) > 100):
            continue
        if row.counts_ports(param.name):
            continue
        known = outcome(row, {param.name: value})
        if not known.failed:
            outputs, _, _ = really(row, {param.name: value})
            assert [tensor.shape for tensor in known.outputs] == [tuple(result.shape) for result in outputs]


@every_param
def test_every_parameter_does_something(row: LayerType, param: Param) -> None:
    """Another value prints other code; the shares of losses and the numbers of inputs act elsewhere."""
    if row.role != "layer" or row.counts_ports(param.name) or param in initial.NODE:  # test_initialisation.py asks those
        return

    def code(value: Value) -> str:
        p = row.values({param.name: value})
        names = [f"x{i}" for i in range(len(row.example))]
        return constructor(row, p, row.example) + application(row, p, module="m" if row.make else "", inputs=names, shapes=row.example)

    assert any(code(value) != code(param.default) for value in extremes(param))


@every_computing_row
def test_inputs_can_be_multiplied_where_the_row_says_so(row: LayerType) -> None:
    many = next((port.many for port in row.inputs if port.many), "")
    if not many:
        return
    ports = row.input_ports({many: 5})
    known = Inference().outcome(row, {many: 5}, tuple(Tensor(row.example[0]) for _ in ports))
    assert [port.name for port in ports] == list("abcde") and known.findings == () and known.outputs


@every_computing_row
def test_costs_are_numbers_of_the_batch(row: LayerType) -> None:
    if row.macs:
        one, two = (Inference().outcome(row, {}, tuple(Tensor((n, *shape[1:])) for shape in row.example)).macs for n in (1, 2))
        assert two == 2 * one > 0
    if row.field:
        kernel, stride, dilation = row.field(row.values({}))
        assert min(kernel, stride, dilation) >= 1


@every_computing_row
def test_a_formula_card_holds_the_layers_numbers(row: LayerType) -> None:
    if row.formula:
        card = row.formula(row.values({}), *row.example)
        assert card.caption and card.text
        assert {part.param for part in card.parts} - {""} <= {param.name for param in row.params}


def test_paths_and_titles_never_reach_the_source() -> None:
    hostile = "'); import os; os.system('x') #"
    for row in registry.ROWS:
        for param in row.params:
            if isinstance(param, PathParam):
                p = row.values({param.name: hostile})
                shapes: tuple[Shape, ...] = row.example
                assert not any("import" in text for text in arguments(row, SimpleNamespace(**vars(p)), shapes))
