"""The lines that say how weights begin: `nn.init...` for each weight that does not begin as torch would. Draws nothing itself.

Fans are torch's: M = inputs per output, N = outputs per input position, each times the window of a convolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from types import SimpleNamespace

from engine.compile.expressions import literal
from engine.graph.model import Recipe
from engine.graph.problem import Remedy
from engine.layers.initial import INHERIT, USUAL
from engine.layers.spec import Finding, LayerType, Shape

TURNED = ".transpose(0, 1)"  # weights that torch keeps with the inputs first; only the fans mind
SHARES = {"xavier": 1, "he": 2}  # the variance times the fan


def lines(row: LayerType, p: SimpleNamespace, recipe: Recipe, *, module: str, weights: Mapping[str, Shape]) -> list[str]:
    """The lines for the module called `module`, whose weights have these shapes; none where torch's own beginning is wanted."""
    if not row.init:
        return []
    names, biases = row.weights_of(p), row.biases_of(p)
    if p.own_weights:
        found = own_lines(p.own_weights, {f"{module}.{name}": weights[name] for name in names})
    else:
        chosen = p if p.init != INHERIT else recipe
        found = [line for name in names for line in weight_lines(chosen, f"{module}.{name}", weights[name], groups=getattr(p, "groups", 1))]
    if not biases:
        return found
    bias = p.bias_init if p.bias_init != INHERIT else recipe.bias_init
    if p.own_biases:
        found += own_lines(p.own_biases, {f"{module}.{name}": weights[name] for name in biases})
    elif bias != "default":
        call = "zeros_({})" if float(bias) == 0 else f"constant_({{}}, {literal(float(bias))})"
        found += [f"nn.init.{call.format(f'{module}.{name}')}" for name in biases]
    return found


def own_lines(numbers: tuple[float, ...], weights: Mapping[str, Shape]) -> list[str]:
    """The lines that put typed numbers into the weights, one weight after another."""
    said, start = [], 0
    for weight, shape in weights.items():
        said.append(f"{weight}.data.copy_(torch.tensor({nested(numbers[start : start + prod(shape)], shape)}))")
        start += prod(shape)
    return said


def nested(numbers: tuple[float, ...], shape: Shape) -> str:
    """The numbers as nested lists: `[[0.5, -0.5], [1, 0.5]]`."""
    if not shape:
        return literal(int(numbers[0]) if numbers[0] == int(numbers[0]) else numbers[0])
    step = len(numbers) // shape[0]
    return f"[{', '.join(nested(numbers[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0]))}]"


def own_findings(p: SimpleNamespace, row: LayerType, weights: Mapping[str, Shape]) -> list[Finding]:
    """Typed numbers that are not as many as the weights or biases that they are for."""
    if not row.init or not weights:
        return []
    found = []
    for param, what, names in (("own_weights", "weights", row.weights_of(p)), ("own_biases", "biases", row.biases_of(p))):
        numbers, shapes = getattr(p, param, ()), [weights[name] for name in names if name in weights]
        count = sum(map(prod, shapes))
        if numbers and len(numbers) != count:
            sizes = " and ".join("×".join(map(str, shape)) for shape in shapes) or "none"
            message = f"{row.title} has {count:,} {what} ({sizes}), and {len(numbers):,} numbers are given to begin with."
            remedy = Remedy("Begin by chance", "set", params={param: ()})
            found.append(Finding("own-numbers", message, fix="Give as many numbers, or none.", remedies=(remedy,)))
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
    if p.own_weights or getattr(p, "own_biases", ()):
        return True
    values = {getattr(p, name) if getattr(p, name) != INHERIT else getattr(recipe, name) for name in ("init", "bias_init") if hasattr(p, name)}
    return values != {"default"}
