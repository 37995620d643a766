"""The datasets, declared as data, and what a data node offers: shapes, classes, counts, what is missing. Imports no torch and no numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from engine.data.folder import FolderError, folder_listing
from engine.graph.model import Value
from engine.layers import registry
from engine.layers.params import ParamError

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "data"
DIGITS = tuple("0123456789")
ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MNIST_FILES = tuple(f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))
NO_DATA = "The Input node declares a shape but brings no data: to train, put a dataset in its place."
NAMED = 1000  # above that, classes go by number alone
INSTEAD = "Connect to the internet and train again, or use MNIST 5k, which is included."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dataset. `kind` says who loads it: archive (a shipped .npz), torchvision (downloaded once), folder, or declared (no data).

    `shape` is channels, height, width; `files` prove that a download is on the disk; `megabytes` is the download's size.
    """

    id: str
    title: str
    kind: str
    shape: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    train: int = 0
    validation: int = 0
    archive: str = ""
    loader: str = ""  # the class in torchvision.datasets
    files: tuple[str, ...] = ()
    url: str = ""
    megabytes: int = 0


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
    Entry(id="input", title="Input", kind="declared"),
)  # fmt: skip
CATALOG: dict[str, Entry] = {entry.id: entry for entry in ENTRIES}


class DataError(Exception):
    """A dataset that cannot be used: `str(error)` says what and why, `fix` the way out."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix


class LoadingStopped(DataError):  # noqa: N818 - a wish, not an error
    """Who waited for the dataset does not want it any more."""

    def __init__(self) -> None:
        super().__init__("Loading was stopped.")


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What a data node offers. `outputs` maps port -> shape of one sample, without the batch axis; a label is a scalar.

    `problem` says why training is not possible with it, `fix` the way out; `note` is worth knowing and no obstacle.
    """

    outputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    classes: int = 0
    class_names: tuple[str, ...] = ()
    train: int = 0
    validation: int = 0
    problem: str = ""
    fix: str = ""
    note: str = ""


def facts(type_id: str, params: Mapping[str, Value], base: str = "") -> DatasetFacts:
    """What the data node with this dataset and these parameters offers; never raises, never touches the network.

    `base` is the folder of the project file: relative image folders count from there.
    """
    entry = CATALOG.get(type_id)
    if entry is None:
        return DatasetFacts(problem=f"There is no dataset called {str(type_id)[:60]!r}.", fix="Use MNIST 5k, which is included.")
    try:
        values = registry.TYPES[type_id].values(params)
    except ParamError as error:
        return DatasetFacts(problem=str(error), fix="Set the parameter to a possible value.")
    if entry.kind == "declared":
        names = tuple(map(str, range(values.classes))) if values.classes <= NAMED else ()
        return DatasetFacts({"image": values.shape, "label": ()}, values.classes, names, note=NO_DATA)
    if entry.kind == "folder":
        return image_folder_facts(values, base)
    fine = {"outputs": {"image": entry.shape, "label": ()}, "classes": len(entry.class_names), "class_names": entry.class_names}
    if entry.kind == "archive" and not (SHIPPED / entry.archive).is_file():
        return DatasetFacts(**fine, problem=f"{entry.title}: the file {entry.archive} is missing from this installation.", fix="Install Chainrule again.")
    note = "" if entry.kind == "archive" or on_disk(entry) else f"{entry.title} ({entry.megabytes} MB) is downloaded when you train for the first time."
    return DatasetFacts(**fine, train=entry.train, validation=entry.validation, note=note)


def image_folder_facts(values: SimpleNamespace, base: str) -> DatasetFacts:
    """The facts of an image folder: its subfolders are the classes; files are counted, not opened."""
    outputs = {"image": image_shape(values), "label": ()}
    try:
        listing = folder_listing(located(values.folder, base))
    except FolderError as error:
        return DatasetFacts(outputs, problem=str(error), fix=error.fix)
    train, validation = listing.counts(values.validation)
    return DatasetFacts(outputs, len(listing.class_names), listing.class_names, train, validation)


def image_shape(values: SimpleNamespace) -> tuple[int, int, int]:
    """Channels, height and width that an image folder's pictures are brought to."""
    height, width = (values.size, values.size) if isinstance(values.size, int) else values.size
    return (1 if values.colour == "grey" else 3, height, width)


def located(folder: str, base: str) -> str:
    """The absolute path of `folder`: relative ones count from `base`; empty stays empty."""
    return os.path.abspath(os.path.join(base or os.curdir, os.path.expanduser(folder))) if folder else ""


def download_folder() -> Path:
    """Where downloaded datasets live: below $CHAINRULE_HOME, or in the system's place for an application's data."""
    home = os.environ.get("CHAINRULE_HOME")
    if home:
        return Path(home) / "datasets"
    from platformdirs import user_data_path

    return user_data_path("Chainrule", appauthor=False) / "datasets"


def on_disk(entry: Entry) -> bool:
    """Whether a downloadable dataset is already here."""
    folder = download_folder()
    return all((folder / name).is_file() for name in entry.files)
