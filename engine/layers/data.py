"""Rows of the family data: datasets as nodes, one output port per field. Data only: no torch, no Qt."""

from __future__ import annotations

from engine.layers import made_data, own_data
from engine.layers.dataset_row import AUGMENTATION, LABEL, MASK, SUBSET, dataset, subset_key
from engine.layers.params import Int, Sizes
from engine.layers.spec import Formula, LayerType, Part, Port
from engine.layers.words import rank_finding


def place(type_id: str, title: str, *, target: Port, classes: int, aliases: str, doc: str) -> LayerType:
    """The row of a place for data, whose target is a label or a mask."""
    return dataset(
        type_id,
        title,
        stem="input",
        aliases=aliases,
        doc=doc,
        params=(
            Sizes("shape", (3, 224, 224), help="Sizes of one sample without the batch, such as 3, 224, 224."),
            Int("classes", classes, low=1, high=1_000_000, help=f"How many classes the {target.name}s have."),
        ),
        outputs=(Port("image", "*", doc="The samples."), target),
        key=lambda p: "×".join(map(str, p.shape)),
    )


ROWS = (
    dataset(
        "mnist5k",
        "MNIST 5k",
        stem="mnist",
        aliases="digits handwritten lecun",
        doc="5,000 handwritten digits, 28×28: 4,000 to train on, 1,000 never trained on. Included.",
        params=(*SUBSET, *AUGMENTATION),
        key=subset_key,
    ),
    dataset(
        "animal_shapes",
        "Animal shapes",
        stem="animals",
        aliases="silhouettes binary",
        doc="4,500 animal silhouettes of 10 kinds, 28×28. Included.",
        params=(*SUBSET, *AUGMENTATION),
        key=subset_key,
    ),
    dataset(
        "mnist",
        "MNIST",
        stem="mnist",
        aliases="digits handwritten torchvision download",
        doc="All 70,000 handwritten digits. Downloaded once by torchvision.",
        params=AUGMENTATION,
    ),
    dataset(
        "fashion_mnist",
        "Fashion-MNIST",
        stem="fashion",
        aliases="clothes zalando torchvision download",
        doc="70,000 pieces of clothing, 28×28. Downloaded once by torchvision.",
        params=AUGMENTATION,
    ),
    dataset(
        "cifar10",
        "CIFAR-10",
        stem="cifar",
        aliases="colour photos torchvision download",
        doc="60,000 colour photos of 10 classes, 32×32. Downloaded once by torchvision.",
        params=AUGMENTATION,
    ),
    *own_data.ROWS,
    *made_data.ROWS,
    place(
        "input",
        "Input",
        target=LABEL,
        classes=1000,
        aliases="placeholder shape template",
        doc="A place for data: declares shape and classes. Put a dataset in its place to train.",
    ),
    place(
        "input_mask",
        "Input with mask",
        target=MASK,
        classes=2,
        aliases="placeholder shape template segmentation pixel",
        doc="A place for pictures with a class for each pixel: declares shape and classes. Put a dataset in its place to train.",
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
