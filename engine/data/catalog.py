"""The datasets, declared as data, and what a data node offers: shapes, classes, counts, what is missing. Imports no torch and no numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.data.entry import DataError, DatasetFacts, Entry, LoadingStopped, home_folder, located
from engine.data.offers import ANIMALS, DIGITS, OFFERS, SHAPES, image_shape
from engine.graph.model import Value
from engine.layers import registry
from engine.layers.params import ParamError

__all__ = [
    "ANIMALS",
    "CATALOG",
    "DIGITS",
    "DataError",
    "DatasetFacts",
    "Entry",
    "LoadingStopped",
    "download_folder",
    "facts",
    "image_shape",
    "located",
    "on_disk",
]

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "data"
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MNIST_FILES = tuple(f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))
INSTEAD = "Connect to the internet and train again, or use MNIST 5k, which is included."


ENTRIES: tuple[Entry, ...] = (
    Entry(id="mnist5k", title="MNIST 5k", kind="archive", shape=(1, 28, 28), class_names=DIGITS, train=4000, validation=1000, archive="mnist5k.npz"),
    Entry(
        id="animal_shapes", title="Animal shapes", kind="archive", shape=(1, 28, 28), class_names=ANIMALS, train=3600, validation=900,
        archive="animal_shapes.npz",
    ),
    Entry(
        id="mnist", title="MNIST", kind="torchvision", shape=(1, 28, 28), class_names=DIGITS, train=60_000, validation=10_000, loader="MNIST",
        files=tuple(f"MNIST/raw/{name}" for name in MNIST_FILES), url="https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz", megabytes=12,
    ),
    Entry(
        id="fashion_mnist", title="Fashion-MNIST", kind="torchvision", shape=(1, 28, 28), class_names=CLOTHES, train=60_000, validation=10_000,
        loader="FashionMNIST", files=tuple(f"FashionMNIST/raw/{name}" for name in MNIST_FILES),
        url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz", megabytes=31,
    ),
    Entry(
        id="cifar10", title="CIFAR-10", kind="torchvision", shape=(3, 32, 32), class_names=OBJECTS, train=50_000, validation=10_000, loader="CIFAR10",
        files=("cifar-10-batches-py/data_batch_5", "cifar-10-batches-py/test_batch", "cifar-10-batches-py/batches.meta"),
        url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", megabytes=171,
    ),
    Entry(id="image_folder", title="Image folder", kind="folder"),
    Entry(id="moons", title="Moons", kind="made", class_names=("upper moon", "lower moon"), ports=("point", "label")),
    Entry(id="circles", title="Circles", kind="made", class_names=("outer circle", "inner circle"), ports=("point", "label")),
    Entry(id="spirals", title="Spirals", kind="made", ports=("point", "label")),
    Entry(id="scenes", title="Scenes", kind="made", ports=("image", "mask")),
    Entry(id="mirror", title="Mirror", kind="made", ports=("image", "mirror")),
    Entry(id="digit_canvases", title="Digit canvases", kind="made", ports=("image", "label", "size")),
    Entry(id="colour_digits", title="Colour digits", kind="made", class_names=DIGITS, ports=("image", "label")),
    Entry(id="shapes3d", title="Shapes 3D", kind="made", class_names=SHAPES, ports=("views", "label", "d2")),
    Entry(id="mesh_folder", title="Mesh folder", kind="meshes", ports=("views", "label", "d2")),
    Entry(id="view_folder", title="View folder", kind="views", ports=("views", "label")),
    Entry(id="mask_folder", title="Mask folder", kind="masks", ports=("image", "mask")),
    Entry(id="table", title="Table", kind="table", ports=("features", "label")),
    Entry(id="numbers", title="Numbers", kind="typed", ports=("features", "label")),
    Entry(id="input", title="Input", kind="declared"),
    Entry(id="input_mask", title="Input with mask", kind="declared", ports=("image", "mask")),
)  # fmt: skip
CATALOG: dict[str, Entry] = {entry.id: entry for entry in ENTRIES}


def facts(type_id: str, params: Mapping[str, Value], base: str = "") -> DatasetFacts:
    """What the data node with this dataset and these parameters offers; never raises, never touches the network.

    `base` is the folder of the project file: relative folders count from there.
    """
    entry = CATALOG.get(type_id)
    if entry is None:
        return DatasetFacts(problem=f"There is no dataset called {str(type_id)[:60]!r}.", fix="Use MNIST 5k, which is included.")
    try:
        values = registry.TYPES[type_id].values(params)
    except ParamError as error:
        return DatasetFacts(problem=str(error), fix="Set the parameter to a possible value.")
    if entry.id in OFFERS:
        return OFFERS[entry.id](entry, values, base)
    fine = {"outputs": {"image": entry.shape, "label": ()}, "classes": len(entry.class_names), "class_names": entry.class_names}
    if entry.kind == "archive" and not (SHIPPED / entry.archive).is_file():
        return DatasetFacts(**fine, problem=f"{entry.title}: the file {entry.archive} is missing from this installation.", fix="Install Chainrule again.")
    note = "" if entry.kind == "archive" or on_disk(entry) else f"{entry.title} ({entry.megabytes} MB) is downloaded when you train for the first time."
    count = getattr(values, "count", 0)  # of a shipped set, fewer may be asked for
    return DatasetFacts(**fine, train=min(count or entry.train, entry.train), validation=entry.validation, note=note)


def download_folder() -> Path:
    """Where downloaded datasets live: below $CHAINRULE_HOME, or in the system's place for an application's data."""
    return home_folder("datasets")


def on_disk(entry: Entry) -> bool:
    """Whether a downloadable dataset is already here."""
    folder = download_folder()
    return all((folder / name).is_file() for name in entry.files)
