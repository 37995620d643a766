"""Pictures composed of real digits, silhouettes and thin lines, with masks; digits in colour, and on canvases of many sizes. Numpy alone, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from PIL import Image

from engine.data.offers import DIGITS, SCENE_CLASSES, SCENE_KINDS, held_out, pair
from engine.data.raw import Raw
from engine.data.toys import generator

INK = 96  # from this brightness on, a pixel of a digit or silhouette belongs to it
GRAIN, FAR = 0.04, 0.6  # of coloured digits: the noise on each channel, and how far apart ink and ground are at least
LINE = 3, len(SCENE_CLASSES) - 1  # the class of a line among the kinds, and among all classes


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Digits, then silhouettes: pictures (N, 28, 28) uint8 and which of the twenty kinds each is, those of one split only."""

    pictures: np.ndarray
    kinds: np.ndarray


def scenes(p: SimpleNamespace, stamps: tuple[Stamps, Stamps]) -> Raw:
    """Scenes (N, 1, H, W) and classes of pixels (N, H, W), both uint8. Training scenes show training digits, validation scenes the others."""
    size = pair(p.size)
    found = []
    for part, count in enumerate((p.count, held_out(p.count))):
        rng = generator("scenes", p.seed, part)
        images, masks = np.zeros((count, 1, *size), np.uint8), np.zeros((count, *size), np.uint8)
        for image, mask in zip(images, masks, strict=True):
            compose(image[0], mask, p=p, stamps=stamps[part], rng=rng)
        found += [images, masks]
    return Raw(*found, SCENE_KINDS if p.classes == "kinds" else SCENE_CLASSES, ports=("image", "mask"))


def compose(image: np.ndarray, mask: np.ndarray, *, p: SimpleNamespace, stamps: Stamps, rng: np.random.RandomState) -> None:
    """Fills `image` and `mask` with one scene: what comes later lies on top, lines last."""
    for _ in range(rng.randint((p.objects + 1) // 2, p.objects + 1) if p.objects else 0):
        # Half of the objects are digits, whatever the numbers of pictures are.
        group = np.flatnonzero((stamps.kinds < len(DIGITS)) == (rng.uniform() < 0.5))
        place(image, mask, p=p, stamps=stamps, which=group[rng.randint(len(group))], rng=rng)
    for _ in range(rng.randint((p.lines + 1) // 2, p.lines + 1) if p.lines else 0):
        rows, columns = line(image.shape, rng)
        image[rows, columns] = rng.randint(150, 256)
        mask[rows, columns] = LINE[p.classes != "kinds"]
    if p.grain:
        image[:] = np.clip(image + rng.normal(size=image.shape) * (p.grain * 255), 0, 255).round().astype(np.uint8)


def place(image: np.ndarray, mask: np.ndarray, *, p: SimpleNamespace, stamps: Stamps, which: int, rng: np.random.RandomState) -> None:
    """Puts one digit or silhouette somewhere, scaled by 0.6 to 1 of its 28 pixels (larger in large scenes), possibly cut by the border."""
    height, width = image.shape
    side = max(int(28 * max(min(height, width) / 48, 0.5) * rng.uniform(0.6, 1.0)), 8)
    stamp = np.asarray(Image.fromarray(stamps.pictures[which]).resize((side, side), Image.Resampling.BILINEAR))
    top, left = rng.randint(-side // 6, max(height - side + side // 6, 1)), rng.randint(-side // 6, max(width - side + side // 6, 1))
    rows, columns = slice(max(top, 0), min(top + side, height)), slice(max(left, 0), min(left + side, width))
    seen = stamp[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    ink = seen >= INK
    kind = int(stamps.kinds[which])
    tone = rng.uniform(0.55, 1.0)
    image[rows, columns][ink] = (seen[ink] * tone).astype(np.uint8)
    mask[rows, columns][ink] = (1 if kind < len(DIGITS) else 2) if p.classes == "kinds" else 1 + kind


def line(shape: tuple[int, ...], rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a straight line one pixel wide, at least half as long as the picture is high."""
    height, width = shape
    while True:
        ends = np.rint(rng.uniform(size=(2, 2)) * (height - 1, width - 1))
        if np.abs(ends[1] - ends[0]).max() >= min(height, width) / 2:
            break
    steps = int(np.abs(ends[1] - ends[0]).max())
    way = np.linspace(0, 1, steps + 1)[:, None]  # one pixel for each row or column, whichever are more
    rows, columns = np.rint(ends[0] + way * (ends[1] - ends[0])).astype(int).T
    return rows, columns


def canvases(p: SimpleNamespace, digits: tuple[Stamps, Stamps]) -> Raw:
    """Digits at random places of canvases whose sides are multiples of `multiple`, in the upper left of (N, 1, S, S); `size` is (N, 2)."""
    sides = np.arange(-(-p.smallest // p.multiple), p.largest // p.multiple + 1) * p.multiple
    found, sizes = [], []
    for part, count in enumerate((p.count, held_out(p.count))):
        rng = generator("digit_canvases", p.seed, part)
        images = np.zeros((count, 1, sides[-1], sides[-1]), np.uint8)
        which = rng.permutation(np.arange(count) % len(digits[part].kinds))
        size = sides[rng.randint(len(sides), size=(count, 2))]
        for image, index, (height, width) in zip(images, which, size, strict=True):
            top, left = rng.randint(height - 27), rng.randint(width - 27)
            image[0, top : top + 28, left : left + 28] = digits[part].pictures[index]
        found += [images, digits[part].kinds[which].astype(np.int64)]
        sizes.append(size.astype(np.int64))
    return Raw(*found, DIGITS, ports=("image", "label"), extras={"size": (sizes[0], sizes[1])})


def coloured(p: SimpleNamespace, digits: tuple[Stamps, Stamps]) -> Raw:
    """Digits at random places, in one colour on another that is far from it: (N, 3, 32, 32)."""
    found = []
    for part, count in enumerate((p.count, held_out(p.count))):
        rng = generator("colour_digits", p.seed, part)
        images = np.zeros((count, 3, 32, 32), np.uint8)
        which = rng.permutation(np.arange(count) % len(digits[part].kinds))
        for image, index in zip(images, which, strict=True):
            ground, ink = colours(rng)
            share = np.zeros((32, 32))
            top, left = rng.randint(5, size=2)
            share[top : top + 28, left : left + 28] = digits[part].pictures[index] / 255
            mixed = ground[:, None, None] * (1 - share) + ink[:, None, None] * share + rng.normal(size=image.shape) * GRAIN
            image[:] = np.clip(mixed * 255, 0, 255).round()
        found += [images, digits[part].kinds[which].astype(np.int64)]
    return Raw(*found, DIGITS)


def colours(rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Two colours, red, green and blue from 0 to 1, at least FAR apart."""
    while True:
        ground, ink = rng.uniform(size=(2, 3))
        if np.linalg.norm(ground - ink) >= FAR:
            return ground, ink
