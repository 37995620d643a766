"""What a node costs and sees: multiply-accumulates, memory, receptive field. Plain integers; no torch, no graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from types import SimpleNamespace

from engine.layers.spec import LayerType, Shape

FLOAT32 = 4  # bytes


@dataclass(frozen=True, slots=True)
class Field:
    """What one output position sees of the input, per axis (height, width): `size` pixels, and the `jump` in pixels to its neighbour."""

    size: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)


def per_sample(batch_total: int, batch: int) -> int:
    """A batch's number for one sample."""
    return batch_total // max(batch, 1)


def macs(row: LayerType, p: SimpleNamespace, *, inputs: tuple[Shape, ...], output: Shape) -> int:
    """Multiply-accumulates of the whole batch; 0 for layers that only compare, copy or add."""
    return int(row.macs(p, list(inputs), output)) if row.macs else 0


def memory(outputs: Iterable[Shape]) -> int:
    """Bytes of the float32 outputs."""
    return FLOAT32 * sum(prod(shape) for shape in outputs)


def is_map(shape: Shape) -> bool:
    """Whether `shape` is a batch of images or maps, N C H W."""
    return len(shape) == 4


def union(fields: Iterable[Field | None]) -> Field | None:
    """The field of a node that several paths reach: the widest of them. None when any path has lost its place in the image."""
    known = list(fields)
    if not known or None in known:
        return None
    if len(known) == 1:
        return known[0]
    return Field(
        (max(f.size[0] for f in known), max(f.size[1] for f in known)),
        (max(f.jump[0] for f in known), max(f.jump[1] for f in known)),
    )


def through(before: Field | None, window: tuple[int, int, int] | None, *, inputs: tuple[Shape, ...], output: Shape) -> Field | None:
    """The field after a layer: size += (kernel - 1) * dilation * jump, jump *= stride (lecture: receptive field of stacked windows).

    `window` is (kernel, stride, dilation), or None for a layer that looks at single positions. None when the output is no map.
    """
    if before is None or not is_map(output) or not inputs or not is_map(inputs[0]):
        return None
    if window is None:
        # Without a window the positions must stay where they are, else nobody knows what they see.
        return before if output[2:] == inputs[0][2:] else None
    kernel, stride, dilation = window
    grow = (kernel - 1) * dilation
    return Field(
        (before.size[0] + grow * before.jump[0], before.size[1] + grow * before.jump[1]),
        (before.jump[0] * stride, before.jump[1] * stride),
    )
