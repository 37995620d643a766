"""Datasets computed from a seed: points in the plane, and patterns with their mirror images. Numpy alone; decides no scaling."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from engine.data.offers import held_out
from engine.data.raw import Raw

STREAMS = {"moons": 1, "circles": 2, "spirals": 3, "mirror": 4, "scenes": 5, "digit_canvases": 6, "shapes3d": 7, "colour_digits": 8}


def generator(name: str, seed: int, part: int = 0) -> np.random.RandomState:
    """Random numbers for a part (0 training, 1 validation) of a set; the legacy generator, since its stream is frozen across numpy releases."""
    return np.random.RandomState([STREAMS[name], seed, part])


def points(name: str, p: SimpleNamespace, class_names: tuple[str, ...]) -> Raw:
    """Moons, circles or spirals, (N, 2) float32, in mixed order."""
    parts = [labelled(name, p, count, generator(name, p.seed, part)) for part, count in enumerate((p.count, held_out(p.count)))]
    return Raw(*parts[0], *parts[1], class_names, ports=("point", "label"))


def labelled(name: str, p: SimpleNamespace, count: int, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """`count` points and their classes, as evenly divided as possible."""
    classes = p.arms if name == "spirals" else 2
    y = rng.permutation(np.arange(count) % classes)
    clean = FIGURES[name](p, y, rng.uniform(size=count))
    return (clean + rng.normal(size=(count, 2)) * p.noise).astype(np.float32), y.astype(np.int64)


def moons(p: SimpleNamespace, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Two half circles of radius 1, centred together on the origin; t in 0..1 runs along them."""
    upper = np.stack([np.cos(np.pi * t) - 0.5, np.sin(np.pi * t) - 0.25], 1)
    return np.where(y[:, None] == 0, upper, -upper)


def circles(p: SimpleNamespace, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Radius 1 and radius `factor`."""
    radius = np.where(y == 0, 1.0, p.factor)
    return radius[:, None] * np.stack([np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)], 1)


def spirals(p: SimpleNamespace, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Arms from radius 0.1 to 1.2; the square root spreads points evenly over the area."""
    way = np.sqrt(t)
    angle = 2 * np.pi * (p.turns * way + y / p.arms)
    return (0.1 + 1.1 * way)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


FIGURES = {"moons": moons, "circles": circles, "spirals": spirals}


def mirror(p: SimpleNamespace) -> Raw:
    """Random 0/1 patterns (N, 1, S, S) and what they look like in a mirror, as classes (N, S, S) or as numbers (N, 1, S, S)."""
    parts = []
    for part, count in enumerate((p.count, held_out(p.count))):
        x = generator("mirror", p.seed, part).randint(0, 2, (count, 1, p.size, p.size)).astype(np.float32)
        flipped = np.ascontiguousarray(x[..., ::-1])
        parts += [x, flipped if p.wanted == "numbers" else flipped[:, 0].astype(np.int64)]
    names = () if p.wanted == "numbers" else ("off", "on")
    # Cells go in as -1 and 1: the mean of both classes is 0.
    half = np.full((1, 1, 1), 0.5, np.float32)
    return Raw(*parts, names, ports=("image", "mirror"), mean=half, std=half)
