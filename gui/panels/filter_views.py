"""Which tiles a weight tensor gives, and what they are called. Arrays in, arrays and words out; no widget."""

from __future__ import annotations

import numpy as np

COLOUR, PAIRS = "colour", "pairs"
MOST_PAIRS = 4096  # more tiles than that are no picture


def choices(shape: tuple[int, ...]) -> list[tuple[str, str]]:
    """(id, caption) of the ways to look at weights (F, C, kh, kw); empty where there is only one."""
    if len(shape) != 4 or shape[1] == 1:
        return []
    channels = [(str(i), f"input {i}") for i in range(shape[1])]
    pairs = [(PAIRS, f"all {shape[0]} × {shape[1]}")] if shape[0] * shape[1] <= MOST_PAIRS else []
    return ([(COLOUR, "RGB")] if shape[1] == 3 else []) + channels + pairs


def tiles_of(weight: np.ndarray, choice: str) -> np.ndarray:
    """The tiles (N, h, w), or (N, h, w, 3), of weights (F, C, kh, kw) or (out, in)."""
    if weight.ndim == 2:
        return weight[None]
    if choice == COLOUR and weight.shape[1] == 3:
        return np.moveaxis(weight, 1, -1)
    if choice == PAIRS:
        return weight.reshape(-1, *weight.shape[2:])
    channel = int(choice) if choice.isdigit() else 0
    return weight[:, min(channel, weight.shape[1] - 1)]


def names_of(weight: np.ndarray, choice: str, *, rows: bool = False) -> list[str]:
    """What the read-out calls the tiles; empty where "filter 5" will do. `rows`: each is a row of a linear layer."""
    if weight.ndim == 2:
        return ["weight matrix"]
    if choice == PAIRS:
        word = "output" if rows else "filter"
        return [f"{word} {f} · input {c}" for f in range(weight.shape[0]) for c in range(weight.shape[1])]
    return [f"output {f}" for f in range(len(weight))] if rows else []


def normalisation(noun: str, count: int, *, shared: bool, colour: bool) -> str:
    """How colours stand for values, in words, where there are `count` of `noun` (filter, kernel, row, matrix)."""
    zero = "mid-grey is 0" if colour else "symmetric about 0"
    if count == 1:
        return f"One scale for the whole {noun}, {zero}"
    return f"One scale for all {count:,} {noun}s, {zero}" if shared else f"Each of {count:,} {noun}s on its own scale, {zero}"
