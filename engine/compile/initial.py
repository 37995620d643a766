"""The lines that say how weights begin: `nn.init...` for each weight that does not begin as torch would. Draws nothing itself.

Fans are torch's: M = inputs per output, N = outputs per input position, each times the window of a convolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from types import SimpleNamespace

from engine.compile.expressions import literal
from engine.graph.model import Recipe
from engine.layers.initial import INHERIT, NAMES, USUAL
from engine.layers.spec import LayerType, Shape

TURNED = ".transpose(0, 1)"  # weights that torch keeps with the inputs first; only the fans mind
SHARES = {"xavier": 1, "he": 2}  # the variance times the fan


def lines(row: LayerType, p: SimpleNamespace, recipe: Recipe, *, module: str, weights: Mapping[str, Shape]) -> list[str]:
    """The lines for the module called `module`, whose weights have these shapes; none where torch's own beginning is wanted."""
    if not row.init:
        return []
    chosen = p if p.init != INHERIT else recipe
    found = [line for name in row.init for line in weight_lines(chosen, f"{module}.{name}", weights[name], groups=getattr(p, "groups", 1))]
    bias = p.bias_init if p.bias_init != INHERIT else recipe.bias_init
    if bias != "default" and p.bias:
        call = "zeros_({})" if float(bias) == 0 else f"constant_({{}}, {literal(float(bias))})"
        found += [f"nn.init.{call.format(f'{module}.{name}')}" for name in row.biases]
    return found


def weight_lines(chosen: SimpleNamespace | Recipe, weight: str, shape: Shape, *, groups: int) -> Iterator[str]:
    """The line for one weight; `chosen` has the fields of engine.layers.initial."""
    scheme, value = chosen.init, literal(float(chosen.init_value))
    plain = weight.removesuffix(TURNED)
    family, _, form = scheme.partition("_")
    if family in SHARES:
        yield f"nn.init.{scaled(family, form, chosen.init_fan, weight=weight, shape=shape)}"
    elif scheme == "constant":
        yield f"nn.init.constant_({plain}, {value})"
    elif scheme == "normal":
        yield f"nn.init.normal_({plain}, std={value.removeprefix('-')})"
    elif scheme == "orthogonal":
        yield f"nn.init.orthogonal_({plain})"
    elif scheme == "identity" and len(shape) == 2:
        yield f"nn.init.eye_({plain})"
    elif scheme == "identity":
        parts = shape[0] if shape[1] == 1 else groups
        yield f"nn.init.dirac_({plain})" if parts == 1 else f"nn.init.dirac_({plain}, groups={parts})"


def scaled(family: str, form: str, fan: str, *, weight: str, shape: Shape) -> str:
    """Xavier or He: torch's own function where it has this variant, else the numbers of the formula."""
    fan = USUAL[family] if fan == "usual" else fan
    if family == "he" and fan != "average":
        return f"kaiming_{form}_({weight}{'' if fan == 'fan_in' else ', mode=' + literal(fan)})"
    if family == "xavier" and fan == "average":
        return f"xavier_{form}_({weight})"
    window = prod(shape[2:])
    inputs, outputs = shape[1] * window, shape[0] * window
    over = {"fan_in": f"{inputs}", "fan_out": f"{outputs}", "average": f"({inputs} + {outputs})"}[fan]
    share = SHARES[family] * (2 if fan == "average" else 1) * (3 if form == "uniform" else 1)  # a uniform number up to r has the variance r² / 3
    reach = f"({share} / {over}) ** 0.5"
    return f"normal_({weight}, std={reach})" if form == "normal" else f"uniform_({weight}, -({reach}), {reach})"


def is_set(p: SimpleNamespace, recipe: Recipe) -> bool:
    """Whether anything but torch's own beginning is asked for."""
    values = [getattr(p, name) if getattr(p, name) != INHERIT else getattr(recipe, name) for name in NAMES if name in ("init", "bias_init")]
    return values != ["default", "default"]
