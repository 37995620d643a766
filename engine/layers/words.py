"""Phrases and arithmetic that several rows share: sizes in words, window output sizes, formula parts. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt
from types import SimpleNamespace

from engine.graph.model import Value
from engine.graph.problem import Remedy
from engine.layers.spec import Finding, Formula, Part, Shape, shape_text

Two = tuple[int, int]


def two(value: Value) -> Two:
    """(height, width) of a value that may be one number for both."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def times(value: Value) -> str:
    """`5×5`."""
    return "{}×{}".format(*two(value))


def window_size(size: int, *, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """Outputs along one axis: floor((in + 2 pad - dilation (kernel - 1) - 1) / stride) + 1 (lecture item 39)."""
    span = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return span // stride + 1
    count = -(-span // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count  # no window begins beyond the image


def window_formula(
    shape: Shape, *, kernel: Value, stride: Value, padding: Value, dilation: Value = 1, names: tuple[str, str, str], ceil: bool = False
) -> Formula:
    """`(28 - 5 + 2·2) / 1 + 1 = 28`; both axes when they differ; says how many columns floor drops."""
    kernels, strides, paddings, dilations = two(kernel), two(stride), two(padding), two(dilation)
    sizes = shape[-2:]
    axes = [(sizes[i], kernels[i], strides[i], paddings[i], dilations[i]) for i in (0, 1)]
    same = axes[0] == axes[1]
    parts: list[Part] = []
    for size, k, s, pad, d in axes[:1] if same else axes:
        out = window_size(size, kernel=k, stride=s, padding=pad, dilation=d, ceil=ceil)
        reach = f"{d}·({k} − 1) − 1" if d > 1 else f"{k}"
        divided = size + 2 * pad - d * (k - 1) - 1
        parts += [Part(f"({size} − " if parts == [] else f"   ({size} − "), Part(reach, names[0])]
        parts += [Part(" + "), Part(f"2·{pad}", names[2]), Part(") / "), Part(str(s), names[1]), Part(" + 1 = "), Part(str(out), result=True)]
        if divided % s:
            parts.append(Part("  rounded up" if ceil else f"  floor drops {divided % s}"))
    return Formula("Output size", tuple(parts), "H and W" if same else "H, then W")


def rank_finding(shape: Shape, *, rank: int, title: str, wanted: str, remedies: tuple[Remedy, ...] = ()) -> list[Finding]:
    """A finding when `shape` has not `rank` axes (batch included)."""
    if len(shape) == rank:
        return []
    message = f"{title} needs {wanted}, got {shape_text(shape)}."
    return [Finding("wrong-rank", message, fix=f"Reshape the input, or use a layer that takes {shape_text(shape)}.", port="x", remedies=remedies)]


def small_image(shape: Shape, *, kernel: Value, padding: Value, dilation: Value = 1, title: str, word: str = "kernel") -> list[Finding]:
    """A finding when the window is larger than the padded image."""
    spans = [size + 2 * pad - (d * (k - 1) + 1) for size, k, pad, d in zip(shape[-2:], two(kernel), two(padding), two(dilation), strict=True)]
    if min(spans) >= 0:
        return []
    fit = [max(1, (size + 2 * pad - 1) // d + 1) for size, pad, d in zip(shape[-2:], two(padding), two(dilation), strict=True)]
    message = f"The {times(kernel)} {word} of {title} is larger than the image: {shape_text(shape)} arrives."
    sizes = [min(fit), *([3] if word == "kernel" and min(fit) > 3 else [])]
    remedies = tuple(Remedy(f"Make the {word} {size}×{size}", "set", params={"kernel_size": size}) for size in sizes)
    return [Finding("small-image", message, fix=f"Use a smaller {word}, more padding, or pool less before.", port="x", remedies=remedies)]


def elements(shape: Shape) -> int:
    """Numbers in one sample of `shape`."""
    count = 1
    for size in shape[1:]:
        count *= size
    return count


def laid_out(tokens: int, front: str, now: int) -> Iterator[Remedy]:
    """Repairs that lay tokens out as the rectangle that is nearest to a square, lying and upright.

    The parameter `front` says how many at the front stay out, which is `now`; where that is none, a class token may as well.
    """
    for skip in (now,) if now else (0, 1):
        left = tokens - skip
        rows = next((rows for rows in range(isqrt(max(left, 0)), 1, -1) if left % rows == 0), 0)
        for here in dict.fromkeys((rows, left // rows)) if rows else ():
            words = f"Lay out {here} rows of {left // here}" + (" without the class token" if skip != now else "")
            yield Remedy(words, "set", params={"rows": here, **({front: skip} if skip != now else {})})


def function_formula(text: str, caption: str = "Output") -> Formula:
    """A formula card of plain words, the same at every shape."""
    return Formula(caption, (Part(text),), "element by element")


def check_groups(p: SimpleNamespace, x: Shape) -> list[Finding]:
    """A finding when the groups do not divide the channels that go in or come out."""
    for count, what, port in ((x[1], "input channels", "x"), (p.out_channels, "output channels", "")):
        if count % p.groups:
            best = max(g for g in range(1, p.groups + 1) if x[1] % g == 0 and p.out_channels % g == 0)
            remedy = Remedy(f"Use {best} group{'s' if best > 1 else ''}", "set", params={"groups": best})
            message = f"{p.groups} groups do not divide {count} {what}."
            return [Finding("groups", message, fix="Choose a number of groups that divides both.", port=port, remedies=(remedy,))]
    return []
