"""The code of one node: its constructor and its forward expression. Prints typed values only, never text from a file."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Container
from functools import cache
from types import SimpleNamespace

from engine.graph.model import Value
from engine.layers.params import Param, PathParam
from engine.layers.spec import LayerType, Shape


def literal(value: Value) -> str:
    """`value` as Python source. TypeError for anything but None, bool, int, float, str and tuples of those."""
    if type(value) is tuple:
        inner = ", ".join(literal(part) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if type(value) is str:
        plain = repr(value)
        return f'"{value}"' if plain == f"'{value}'" and '"' not in value else plain
    if value is None or type(value) in (bool, int, float):
        return repr(value)
    raise TypeError(f"a {type(value).__name__} cannot be printed into source")


def derived(row: LayerType, p: SimpleNamespace, shapes: tuple[Shape, ...]) -> dict[str, Value]:
    """The constructor arguments that are read off the input shapes, such as {"in_channels": 1}."""
    return {name: read(p, *shapes) if wants_parameters(read) else read(*shapes) for name, read in row.derive.items()}


@cache
def wants_parameters(read: Callable[..., Value]) -> bool:
    """Whether a row's derive function takes the parameters (named `p`) before the shapes."""
    return next(iter(inspect.signature(read).parameters), "") == "p"


@cache
def wants_shapes(call: Callable[..., str]) -> bool:
    """Whether a row's call template takes the input shapes after inputs and parameters."""
    return len(inspect.signature(call).parameters) > 2


def constructor(row: LayerType, p: SimpleNamespace, shapes: tuple[Shape, ...]) -> str:
    """The module's constructor, `nn.Conv2d(1, 16, 5, padding=2)`; empty for a layer without a module."""
    if row.make is None:
        return ""
    name = row.make(p, *shapes) if callable(row.make) else row.make
    return f"{name}({', '.join(arguments(row, p, shapes))})"


def arguments(row: LayerType, p: SimpleNamespace, shapes: tuple[Shape, ...]) -> list[str]:
    """What is printed between the parentheses: positional values, then keywords that differ from their default."""
    return [f"{keyword}{literal(value)}" for keyword, _, value in named_arguments(row, p, shapes)]


def named_arguments(row: LayerType, p: SimpleNamespace, shapes: tuple[Shape, ...], *, always: Container[str] = ()) -> list[tuple[str, str, Value]]:
    """(keyword with its "=", or nothing; name; value) of each argument in order; parameters in `always` are there at their default too."""
    read = derived(row, p, shapes)
    found = [("", name, read[name] if name in read else getattr(p, name)) for name in row.args]
    found += [(f"{name}=", name, value) for name, value in read.items() if name not in row.args]
    for param in row.params:
        if param.name not in row.args and param.name not in row.silent and printable(param):
            value = getattr(p, param.name)
            if value != param.default or type(value) is not type(param.default) or param.name in always:
                found.append((f"{param.name}=", param.name, value))
    return found


def printable(param: Param) -> bool:
    """Whether values of `param` may be printed: choices are texts of ours, a path is the user's."""
    return not isinstance(param, PathParam)


def application(row: LayerType, p: SimpleNamespace, *, module: str, inputs: list[str], shapes: tuple[Shape, ...] = ()) -> str:
    """The forward expression, `self.conv1(x)` for a `module` of that name, else what `call` says."""
    if module:
        return row.use(module, inputs, p) if row.use else f"{module}({', '.join(inputs)})"
    if callable(row.call):
        return row.call(inputs, p, shapes) if wants_shapes(row.call) else row.call(inputs, p)
    if row.call:
        return f"{row.call}({', '.join([*inputs, *arguments(row, p, shapes)])})"
    if row.make is not None:  # a module without weights used in place, as losses may be declared
        return f"{constructor(row, p, shapes)}({', '.join(inputs)})"
    return inputs[0]


def scaled(expression: str, weight: float) -> str:
    """`weight * expression`, with parentheses where the expression needs them; a weight of 1 is not printed."""
    if weight == 1:
        return expression
    plain = isinstance(ast.parse(expression, mode="eval").body, (ast.Call, ast.Name))
    return f"{literal(weight)} * {expression if plain else f'({expression})'}"
