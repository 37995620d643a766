"""Rows of the datasets that are made from a seed: points, scenes, patterns, canvases, rendered shapes. Data only: no torch, no Qt."""

from __future__ import annotations

from dataclasses import replace

from engine.layers.dataset_row import AUGMENTATION, D2, IMAGE, LABEL, MASK, SEED, VIEWS, dataset, size_key
from engine.layers.params import Choice, Float, Int, Pair, Param

POINT = replace(IMAGE, name="point", axes="N F", doc="Two coordinates, about −1.5 to 1.5.")
SIZE = replace(IMAGE, name="size", axes="N F", doc="Height and width of the canvas in pixels; what lies beyond is padding and zero before standardising.")
WANTED = replace(MASK, name="mirror", axes="*", doc="The mirror image: the class of each cell, or its number as 0 or 1.")


def count(default: int, words: str = "How many training samples; a quarter as many again are for validation.") -> Param:
    return Int("count", default, low=2, high=100_000, help=words)


def noise(default: float) -> Param:
    return Float("noise", default, low=0.0, high=1.0, help="Standard deviation of the noise on both coordinates.")


VIEW_PARAMS = (
    Choice("cameras", ["ring", "all around"], help="A ring around an upright object, or 80 views from everywhere for objects that may lie."),
    Int("views", 12, low=1, high=80, help="How many cameras the ring has: 12 stand every 30°."),
    Float("elevation", 30.0, low=-90.0, high=90.0, unit="°", help="How high the ring stands above the object's middle."),
    Pair("size", 32, low=8, high=512, help="Height and width of a view."),
    Choice("samples", ["all views", "single views"], help="A sample is an object with all its views, or one view: a network for one view is trained first."),
)

ROWS = (
    dataset(
        "moons", "Moons", stem="moons", aliases="toy 2d points two half circles", outputs=(POINT, LABEL),
        doc="Points of two interleaved half circles: no straight line parts them.",
        params=(count(800), noise(0.1), SEED), key=lambda p: f"{p.count:,} · noise {p.noise:g}",
    ),
    dataset(
        "circles", "Circles", stem="circles", aliases="toy 2d points ring disc", outputs=(POINT, LABEL),
        doc="Points on a circle around another circle.",
        params=(count(800), noise(0.08), Float("factor", 0.5, low=0.05, high=0.95, help="The inner radius as a share of the outer."), SEED),
        key=lambda p: f"{p.count:,} · noise {p.noise:g}",
    ),
    dataset(
        "spirals", "Spirals", stem="spirals", aliases="toy 2d points swiss roll arms", outputs=(POINT, LABEL),
        doc="Points on spiral arms that wind around each other: the hardest of the toy sets.",
        params=(
            count(1200), noise(0.03), Int("arms", 2, low=2, high=8, help="How many spirals, which are the classes."),
            Float("turns", 1.5, low=0.25, high=5.0, help="How often each arm winds around the middle."), SEED,
        ),
        key=lambda p: f"{p.arms} arms · noise {p.noise:g}",
    ),
    dataset(
        "scenes", "Scenes", stem="scenes", aliases="segmentation mask pixels unet lines", outputs=(IMAGE, MASK),
        doc="Pictures composed of real digits, animal silhouettes and lines one pixel wide, with the class of each pixel. Background is 0.",
        params=(
            count(1000), Pair("size", 48, low=16, high=1024, help="Height and width of a scene."),
            Int("objects", 3, low=0, high=40, help="How many digits and silhouettes at most; at least one less than half of it."),
            Int("lines", 2, low=0, high=40, help="How many lines of one pixel at most."),
            Choice("classes", ["kinds", "every digit and animal"], help="Background, digit, animal, line; or each digit and each animal for itself."),
            Float("grain", 0.05, low=0.0, high=0.5, help="Standard deviation of the grain on pixels from 0 to 1; part of the picture, in validation too."),
            SEED, *AUGMENTATION,
        ),
        key=lambda p: f"{size_key(p)} · {p.classes if p.classes == 'kinds' else '22 classes'}",
    ),
    dataset(
        "mirror", "Mirror", stem="mirror", aliases="mirror pattern long range attention convolution symmetric", outputs=(IMAGE, WANTED),
        doc="Random patterns; wanted is their mirror image, left and right exchanged. A cell must look as far as its partner.",
        params=(
            count(2000), Int("size", 8, low=2, high=64, help="Cells in a row and in a column."),
            Choice("wanted", ["classes", "numbers"], help="The class of each cell, for CrossEntropy, or its number 0 or 1, for BinaryCrossEntropy."), SEED,
        ),
        key=lambda p: f"{p.size}×{p.size} · {p.wanted}",
    ),
    dataset(
        "digit_canvases", "Digit canvases", stem="canvases", aliases="navit mixed size resolution aspect pack any", outputs=(IMAGE, SIZE, LABEL),
        doc="Real digits on canvases of many heights and widths. A batch holds them padded to the largest; the size output tells how much of it counts.",
        params=(
            count(2000), Int("smallest", 28, low=28, high=512, unit="px", help="The shortest side of a canvas."),
            Int("largest", 56, low=28, high=512, unit="px", help="The longest side of a canvas; all are padded to it."),
            Int("multiple", 7, low=1, high=64, unit="px", help="Sides are multiples of this: take the size of a patch."), SEED,
        ),
        key=lambda p: f"{p.smallest} to {p.largest} px",
    ),
    dataset(
        "colour_digits", "Colour digits", stem="digits", aliases="rgb cifar 32x32 three channels mnist svhn", outputs=(IMAGE, LABEL),
        doc="Real digits in one random colour on another, 32×32 with three channels: brightness alone does not tell digit from ground.",
        params=(count(2000), SEED, *AUGMENTATION), key=lambda p: f"{p.count:,} · 3×32×32",
    ),
    dataset(
        "shapes3d", "Shapes 3D", stem="shapes", aliases="mesh multi-view rendering mvcnn shelf wardrobe views", outputs=(VIEWS, LABEL, D2),
        doc="Ten kinds of shapes in shaded views, rendered here once. Shelf and wardrobe, mug and cup, bottle and vase, table and stool look alike.",
        params=(count(40, "How many objects of each class to train on; a quarter as many again are for validation."), *VIEW_PARAMS, SEED),
        key=lambda p: f"{80 if p.cameras == 'all around' else p.views} views · {size_key(p)}",
    ),
)  # fmt: skip
