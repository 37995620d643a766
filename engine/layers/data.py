"""Rows of the family data: datasets as nodes, one output port per field. Data only: no torch, no Qt."""

from __future__ import annotations

from typing import Any

from engine.layers.params import Choice, Float, Folder, Int, Pair, Sizes
from engine.layers.spec import Formula, LayerType, Part, Port
from engine.layers.words import rank_finding

IMAGE = Port("image", "N C H W", doc="The pictures, standardised by the mean and deviation of the training set.")
LABEL = Port("label", "N", kind="target", doc="Class index, 0 to classes − 1.")


def dataset(type_id: str, title: str, *, stem: str, doc: str, aliases: str, **more: Any) -> LayerType:
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


ROWS = (
    dataset(
        "mnist5k",
        "MNIST 5k",
        stem="mnist",
        aliases="digits handwritten lecun",
        doc="5,000 handwritten digits, 28×28: 4,000 to train on, 1,000 never trained on. Included.",
    ),
    dataset("animal_shapes", "Animal shapes", stem="animals", aliases="silhouettes binary", doc="4,500 animal silhouettes of 10 kinds, 28×28. Included."),
    dataset(
        "mnist", "MNIST", stem="mnist", aliases="digits handwritten torchvision download", doc="All 70,000 handwritten digits. Downloaded once by torchvision."
    ),
    dataset(
        "fashion_mnist",
        "Fashion-MNIST",
        stem="fashion",
        aliases="clothes zalando torchvision download",
        doc="70,000 pieces of clothing, 28×28. Downloaded once by torchvision.",
    ),
    dataset(
        "cifar10",
        "CIFAR-10",
        stem="cifar",
        aliases="colour photos torchvision download",
        doc="60,000 colour photos of 10 classes, 32×32. Downloaded once by torchvision.",
    ),
    dataset(
        "image_folder",
        "Image folder",
        stem="images",
        aliases="own data pictures directory files",
        doc="Your own pictures: one subfolder per class.",
        params=(
            Folder("folder", help="A folder with one subfolder of images per class."),
            Pair("size", 32, low=1, high=4096, help="Every image is scaled to this height and width."),
            Choice("colour", ["colour", "grey"], help="Three channels, or one."),
            Float("validation", 0.2, low=0.01, high=0.9, label="Validation share", help="The share of each class that is never trained on."),
        ),
        key=lambda p: f"{p.size}×{p.size} · {p.colour}" if isinstance(p.size, int) else f"{p.size[0]}×{p.size[1]} · {p.colour}",
    ),
    dataset(
        "input",
        "Input",
        stem="input",
        aliases="placeholder shape template",
        doc="A place for data: declares shape and classes. Put a dataset in its place to train.",
        params=(
            Sizes("shape", (3, 224, 224), help="Sizes of one sample without the batch, such as 3, 224, 224."),
            Int("classes", 1000, low=1, high=1_000_000, help="How many classes the labels have."),
        ),
        outputs=(Port("image", "*", doc="The samples."), LABEL),
        key=lambda p: "×".join(map(str, p.shape)),
    ),
    LayerType(
        id="hand_features",
        title="HandFeatures",
        family="data",
        stem="features",
        aliases="descriptor moments centroid area shallow hand engineered projection",
        doc="16 hand-made descriptors of a shape: area, centroid, central moments to order 3, projections. Nothing is learned.",
        make="HandFeatures",
        inputs=(Port("x", "N C H W"),),
        outputs=(Port("out", "N F"),),
        check=lambda p, x: rank_finding(x, rank=4, title="HandFeatures", wanted="images C H W"),
        formula=lambda p, x: Formula("Descriptors", (Part("1 area + 2 centroid + 7 moments + 6 projections = "), Part("16", result=True)), "a sample"),
        probes=("activations",),
        example=((2, 1, 12, 12),),
    ),
)
