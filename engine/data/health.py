"""A health report on a dataset: counts, value ranges, duplicates across splits, unreadable files. Numpy alone; changes nothing, repairs nothing."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from engine.data import images
from engine.data.catalog import CATALOG
from engine.data.entry import DataError, LoadingStopped, located
from engine.data.folder import IMAGES, FolderError, folder_listing
from engine.data.groups import mask_pairs
from engine.data.raw import IGNORED, Raw
from engine.data.sources import raw
from engine.graph.model import Value
from engine.layers import registry

NAMED = 12  # duplicates and files that are listed
MANY = 2000  # samples between two questions whether anybody still waits
Say = Callable[[str], bool]
RARE = 0.1  # of the average: a class with fewer samples is called rare


@dataclass(frozen=True, slots=True)
class SplitHealth:
    """One split. `counts` are samples per class, or pixels per class where each pixel has one (`ignored` of them count for nothing).

    `low`, `high`, `mean`, `std` are of the values as stored: pixels 0 to 255, or the numbers themselves; the latter two per channel or column.
    """

    name: str
    samples: int
    counts: tuple[int, ...]
    ignored: int
    low: float
    high: float
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """The report. `shape` is that of one sample; `file_sizes` the smallest and largest (width, height) of the picture files, where there are any.

    `duplicates` are samples of the validation set that are also in the training set: (index there, index here), both in stored order.
    `findings` say in words what deserves attention; empty means healthy. `problem` says why there is no report, `fix` the way out.
    """

    dataset: str
    class_names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    train: SplitHealth | None = None
    validation: SplitHealth | None = None
    duplicates: tuple[tuple[int, int], ...] = ()
    unreadable: tuple[str, ...] = ()
    file_sizes: tuple[tuple[int, int], ...] = ()
    findings: tuple[str, ...] = ()
    report: str = ""
    problem: str = ""
    fix: str = ""


def health(type_id: str, params: Mapping[str, Value], *, base: str = "", say: Say = lambda words: True) -> Health:
    """The report on the dataset of a data node; never raises for what files can hold, but LoadingStopped when `say` answers False.

    Like training it downloads a set that is not here: ask `catalog.on_disk` before.
    """
    try:
        found = raw(type_id, params, base=base, say=say)
    except DataError as error:
        if type(error) is not DataError:
            raise  # LoadingStopped
        return Health(type_id, problem=str(error), fix=error.fix)
    parts = []
    for name, x, y in (("training", found.train_x, found.train_y), ("validation", found.validation_x, found.validation_y)):
        go_on(say, f"Measuring {len(x):,} {name} samples")
        parts.append(split_health(name, x, y, found))
    train, validation = parts
    twins = duplicates(found, say)
    go_on(say, "Reading the sizes of the files")
    sizes = file_sizes(type_id, params, base)
    return Health(
        type_id, found.class_names, found.train_x.shape[1:], train, validation, twins, found.unreadable, sizes,
        tuple(findings(found, train, validation, twins)), found.report,
    )  # fmt: skip


def go_on(say: Say, words: str) -> None:
    """Tells what comes next; LoadingStopped when nobody waits for it."""
    if not say(words):
        raise LoadingStopped


def split_health(name: str, x: np.ndarray, y: np.ndarray, found: Raw) -> SplitHealth:
    """Counts and ranges of one split."""
    counts, ignored = class_counts(y, len(found.class_names))
    if not len(x):
        return SplitHealth(name, 0, counts, ignored, 0.0, 0.0, (), ())
    if found.pixels:
        channels = [x[..., channel, :, :].reshape(-1) for channel in range(x.shape[-3])]
        histograms = [np.bincount(channel, minlength=256) for channel in channels]
        levels = np.arange(256)
        mean = tuple(float(np.average(levels, weights=histogram)) for histogram in histograms)
        std = tuple(float(np.sqrt(np.average((levels - m) ** 2, weights=h))) for m, h in zip(mean, histograms, strict=True))
    else:
        columns = x.reshape(len(x), -1).astype(np.float64)
        mean, std = tuple(columns.mean(0).tolist()), tuple(columns.std(0).tolist())
    return SplitHealth(name, len(x), counts, ignored, float(x.min()), float(x.max()), mean, std)


def class_counts(y: np.ndarray, classes: int) -> tuple[tuple[int, ...], int]:
    """How often each class occurs, and how many pixels are ignored; nothing for numbers to be predicted."""
    if y.dtype.kind == "f" or not classes:
        return (), 0
    if y.dtype == np.uint8:
        histogram = np.bincount(y.reshape(-1), minlength=256)
        return tuple(histogram[:classes].tolist()), int(histogram[IGNORED])
    return tuple(np.bincount(y.reshape(-1), minlength=classes)[:classes].tolist()), 0


def digests(x: np.ndarray, say: Say) -> Iterator[bytes]:
    """A fingerprint of each sample."""
    for index, sample in enumerate(x):
        if index % MANY == 0:
            go_on(say, "Looking for samples that are in both sets")
        yield hashlib.blake2b(np.ascontiguousarray(sample).tobytes(), digest_size=16).digest()


def duplicates(found: Raw, say: Say) -> tuple[tuple[int, int], ...]:
    """Validation samples whose input is, value for value, that of a training sample."""
    known: dict[bytes, int] = {}
    for index, digest in enumerate(digests(found.train_x, say)):
        known.setdefault(digest, index)
    return tuple((known[digest], index) for index, digest in enumerate(digests(found.validation_x, say)) if digest in known)


def file_sizes(type_id: str, params: Mapping[str, Value], base: str) -> tuple[tuple[int, int], ...]:
    """The smallest and the largest (width, height), by area, of the picture files of a folder dataset; only their heads are read."""
    kind = CATALOG[type_id].kind
    if kind not in ("folder", "masks", "views"):
        return ()
    folder = located(registry.TYPES[type_id].values(params).folder, base)
    try:
        if kind == "masks":
            pairs = mask_pairs(folder)
            names = [image for image, _ in (*pairs.files, *(pairs.held_out or ()))]
        else:
            listing = folder_listing(folder, IMAGES)
            names = [name for part in (listing.files, listing.held_out or ()) for files in part for name in files]
    except FolderError:
        return ()
    sizes = sorted(filter(None, (head(os.path.join(folder, name)) for name in names)), key=lambda size: size[0] * size[1])
    return (sizes[0], sizes[-1]) if sizes else ()


def head(path: str) -> tuple[int, int] | None:
    """Width and height of a picture, None when it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return image.size
    except images.UNREADABLE:
        return None


def findings(found: Raw, train: SplitHealth, validation: SplitHealth, twins: tuple[tuple[int, int], ...]) -> list[str]:
    """What deserves attention, in words."""
    words = []
    if twins:
        words.append(f"{len(twins):,} of {validation.samples:,} validation samples are also in the training set, so the validation looks better than it is.")
    names = found.class_names
    for split in (train, validation):
        missing = [names[i] for i, count in enumerate(split.counts) if not count]
        if missing:
            words.append(f"The {split.name} set has nothing of {listed(missing)}.")
    average = sum(train.counts) / max(len(train.counts), 1)
    rare = [f"{names[i]} ({count:,})" for i, count in enumerate(train.counts) if 0 < count < RARE * average]
    if rare:
        words.append(f"Rare in the training set: {listed(rare)}; the average class has {average:,.0f}.")
    still = sum(deviation == 0 for deviation in train.std)
    if still:
        words.append(f"{still:,} of {len(train.std):,} {'channels' if found.pixels else 'columns'} are the same in every training sample.")
    if found.unreadable:
        count = len(found.unreadable)
        words.append(f"{count:,} file{'s' if count > 1 else ''} could not be used: {listed(list(found.unreadable))}.")
    return words


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
