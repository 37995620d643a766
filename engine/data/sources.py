"""Finds the arrays of a dataset, whatever its kind: shipped, downloaded, made from a seed, or the user's files. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace

import numpy as np

from engine.data import catalog, images
from engine.data.catalog import CATALOG
from engine.data.entry import DataError, Entry, located
from engine.data.folder import folder_listing
from engine.data.raw import Raw, stratified
from engine.graph.model import Value
from engine.layers import registry

SEED = 5  # of the order of samples; fixed, so that validation digits are never trained on in any run
Words = Callable[[str], bool]


def raw(type_id: str, params: Mapping[str, Value], *, base: str = "", say: Words = lambda words: True) -> Raw:
    """The arrays of the dataset of a data node. DataError says what is missing and how to get it.

    `say` is told what takes long and may answer False to give up (LoadingStopped).
    """
    entry = CATALOG.get(type_id)
    known = catalog.facts(type_id, params, base)
    if entry is None or known.problem:
        raise DataError(known.problem, known.fix)
    if entry.kind not in KINDS:
        raise DataError("The Input node declares a shape but brings no data.", "Put a dataset in its place, for example MNIST 5k, which is included.")
    return KINDS[entry.kind](entry, registry.TYPES[type_id].values(params), base, say)


def archive(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    """A shipped .npz with x (N, H, W) uint8 and y (N,), stratified into training and validation."""
    try:
        with np.load(catalog.SHIPPED / entry.archive, allow_pickle=False) as file:
            x, y = file["x"][:, None], file["y"].astype(np.int64)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{entry.title}: the file {entry.archive} is damaged.", "Install Chainrule again.") from error
    train, validation = stratified(y, entry.validation / len(y))
    train = train[: p.count or None]  # the order is mixed
    return Raw(x[train], mislabelled(y[train], p.wrong_labels, len(entry.class_names)), x[validation], y[validation], entry.class_names)


def mislabelled(y: np.ndarray, share: float, classes: int) -> np.ndarray:
    """`y` with this share of labels replaced by another class, always the same ones."""
    rng = np.random.RandomState(SEED)
    chosen = rng.permutation(len(y))[: round(len(y) * share)]
    wrong = y.copy()
    wrong[chosen] = (y[chosen] + rng.randint(1, classes, len(chosen))) % classes
    return wrong


def downloaded(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    """A set of torchvision, fetched once."""
    from engine.data import torchvision_sets  # slow to import, and only needed here

    return Raw(*torchvision_sets.arrays(entry, say), entry.class_names)


def image_folder(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    """Class-named subfolders: decoded, scaled, divided by file; what is no image is skipped and named in the report."""
    listing = folder_listing(located(p.folder, base))
    train, validation = listing.split(p.validation)
    shape = catalog.image_shape(p)
    train_x, train_y, bad = images.read(listing.folder, train, shape=shape, say=say)
    validation_x, validation_y, bad_too = images.read(listing.folder, validation, shape=shape, say=say)
    if not len(train_y):
        raise DataError(f"None of the {len(train)} files in {listing.folder} can be read as an image.", "Choose a folder with PNG or JPEG images.")
    unreadable = (*bad, *bad_too)
    report = images.report([*unreadable], len(train) + len(validation))
    mixed = np.random.RandomState(SEED).permutation(len(train_y))
    shown = np.random.RandomState(SEED).permutation(len(validation_y))
    parts = train_x[mixed], train_y[mixed], validation_x[shown], validation_y[shown]
    return Raw(*parts, listing.class_names, report, unreadable=unreadable)


def made(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    """What is computed, composed or rendered from a seed."""
    from engine.data import scenes, toys, views

    if entry.id in toys.FIGURES:
        return toys.points(entry.id, p, entry.class_names or catalog.facts(entry.id, vars(p)).class_names)
    if entry.id == "mirror":
        return toys.mirror(p)
    if entry.id == "shapes3d":
        return views.shapes3d(p, say)
    digits = stamps("mnist5k", say)
    if entry.id in ("digit_canvases", "colour_digits"):
        return scenes.canvases(p, digits) if entry.id == "digit_canvases" else scenes.coloured(p, digits)
    animals = stamps("animal_shapes", say)
    both = [
        scenes.Stamps(np.concatenate([d.pictures, a.pictures]), np.concatenate([d.kinds, a.kinds + len(catalog.DIGITS)]))
        for d, a in zip(digits, animals, strict=True)
    ]
    return scenes.scenes(p, (both[0], both[1]))


def stamps(name: str, say: Words) -> tuple:
    """The pictures of a shipped set for composing: those to train on, and the others."""
    from engine.data.scenes import Stamps

    found = archive(CATALOG[name], registry.TYPES[name].values({}), "", say)
    return Stamps(found.train_x[:, 0], found.train_y), Stamps(found.validation_x[:, 0], found.validation_y)


def mask_folder(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    from engine.data import masks

    return masks.mask_folder(p, base, say)


def mesh_folder(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    from engine.data import views

    return views.mesh_folder(p, base, say)


def view_folder(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    from engine.data import views

    return views.view_folder(p, base, say)


def table(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    from engine.data import tables

    return tables.load(p, base)


def typed(entry: Entry, p: SimpleNamespace, base: str, say: Words) -> Raw:
    """What stands in the node itself, float32; the same samples train and validate."""
    x = np.array(p.values, np.float32).reshape(-1, *p.shape)
    y = np.array(p.answers, np.float32).reshape(len(x), *p.answer_shape) if p.task == "numbers" else np.array(p.answers).astype(np.int64)
    return Raw(x, y, x, y, catalog.facts(entry.id, vars(p)).class_names, ports=("features", "label"))


KINDS: dict[str, Callable[[Entry, SimpleNamespace, str, Words], Raw]] = {
    "archive": archive, "torchvision": downloaded, "folder": image_folder, "made": made,
    "masks": mask_folder, "meshes": mesh_folder, "views": view_folder, "table": table, "typed": typed,
}  # fmt: skip
