"""What the rows of datasets share: their ports, the augmentations of pictures, and the row itself. Data only: no torch, no Qt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.layers.params import Bool, Choice, Float, Int
from engine.layers.spec import LayerType, Port

IMAGE = Port("image", "N C H W", doc="The pictures, standardised by the mean and deviation of the training set.")
LABEL = Port("label", "N", kind="target", doc="Class index, 0 to classes − 1.")
MASK = Port("mask", "N H W", kind="target", doc="The class of each pixel; −100 where it does not count.")
D2 = Port("d2", "N F", doc="How far apart two points of the surface are: the D2 shape distribution, 32 bins, made by hand and not learned.")
VIEWS = Port("views", "N V C H W", doc="All pictures of an object, standardised by the training set; without V where each view is a sample of its own.")
SEED = Int("seed", 0, high=1_000_000, help="Another seed gives other samples of the same kind.")
VALIDATION = Float("validation", 0.2, low=0.01, high=0.9, label="Validation share", help="The share that is never trained on, unless the folder is divided.")
SECTION = "Augmentation"
AUGMENTATION = (
    Choice(
        "normalise",
        ["training set", "0 to 1", "ImageNet"],
        section=SECTION,
        help="Subtract the mean and divide by the deviation of the training set, or of ImageNet, or leave the pixels from 0 to 1.",
    ),
    Bool("flip", False, label="Horizontal flip", section=SECTION, help="Mirrors each training picture left to right with probability ½."),
    Int("crop", 0, high=64, label="Crop padding", unit="px", section=SECTION, help="Pads training pictures with black by so many pixels and crops at random."),
    Float("rotation", 0.0, low=0.0, high=180.0, unit="°", section=SECTION, help="Turns each training picture by up to so many degrees to either side."),
    Float("jitter", 0.0, low=0.0, high=0.9, label="Colour jitter", section=SECTION, help="Changes brightness, contrast and saturation by up to this share."),
    Float("noise", 0.0, low=0.0, high=1.0, label="Gaussian noise", section=SECTION, help="Standard deviation of noise added to pixels from 0 to 1."),
)
SUBSET = (
    Int("count", 0, high=100_000, label="Training samples", section="Subset", help="How many samples to train on; 0 takes all. Validation is not touched."),
    Float("wrong_labels", 0.0, low=0.0, high=1.0, section="Subset", help="The share of training labels that are replaced by another class."),
)


def subset_key(p: SimpleNamespace) -> str:
    """`300 samples · 20 % wrong`; empty for a whole set."""
    return " · ".join([*([f"{p.count:,} samples"] if p.count else []), *([f"{p.wrong_labels:.0%} wrong".replace("%", " %")] if p.wrong_labels else [])])


def size_key(p: SimpleNamespace) -> str:
    """`32×48`."""
    height, width = (p.size, p.size) if isinstance(p.size, int) else p.size
    return f"{height}×{width}"


def dataset(type_id: str, title: str, *, stem: str, doc: str, aliases: str, **more: Any) -> LayerType:
    """The row of a dataset, with image and label unless it says otherwise."""
    return LayerType(
        id=type_id,
        title=title,
        family="data",
        role="data",
        stem=stem,
        aliases=aliases,
        doc=doc,
        outputs=more.pop("outputs", (IMAGE, LABEL)),
        dataset=type_id,
        probes=("samples",),
        **more,
    )
