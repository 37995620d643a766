"""Which files (images, meshes) a folder of class-named subfolders holds, and how they are split. Opens none; no torch, no numpy."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from threading import Lock

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")
TRAIN_NAMES = ("train", "training")
VALIDATION_NAMES = ("validation", "valid", "val", "test")
LAYOUT = "Choose a folder that has one subfolder of images for each class."
MESH_ENDINGS = (".off", ".obj", ".stl", ".ply")
SEED = 5  # of the split; fixed, so that the same folder is always split alike


@dataclass(frozen=True, slots=True)
class Kind:
    """What is looked for: one and many of it in words, and how its files end."""

    one: str
    many: str
    endings: tuple[str, ...]
    layout: str


IMAGES = Kind("image", "images", IMAGE_ENDINGS, LAYOUT)
MESH_LAYOUT = "Choose a folder that has one subfolder of .off, .obj, .stl or .ply files for each class, which may be divided into train and test."
MESHES = Kind("mesh", "meshes", MESH_ENDINGS, MESH_LAYOUT)


class FolderError(Exception):
    """A folder that is no dataset of this kind; `fix` tells the way out."""

    def __init__(self, message: str, fix: str = LAYOUT) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Listing:
    """Files per class in stable order, relative to the folder: `files[k]` belong to `class_names[k]`.

    `held_out[k]` are the files of a validation folder, when the folder is already divided into train and validation.
    """

    folder: str
    class_names: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    held_out: tuple[tuple[str, ...], ...] | None = None

    def split(self, share: float) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """(file, class) pairs for training and for validation: `share` of each class is held out, each class keeps a training file."""
        if self.held_out is not None:
            return pairs(self.files), pairs(self.held_out)
        train: list[tuple[str, int]] = []
        validation: list[tuple[str, int]] = []
        for label, names in enumerate(self.files):
            order = list(names)
            random.Random(f"{SEED} {self.class_names[label]}").shuffle(order)
            count = held_out_count(len(names), share)
            validation += [(name, label) for name in sorted(order[:count])]
            train += [(name, label) for name in sorted(order[count:])]
        return train, validation

    def counts(self, share: float) -> tuple[int, int]:
        """How many files `split` gives to training and to validation."""
        if self.held_out is not None:
            return sum(map(len, self.files)), sum(map(len, self.held_out))
        validation = sum(held_out_count(len(names), share) for names in self.files)
        return sum(map(len, self.files)) - validation, validation


def held_out_count(total: int, share: float) -> int:
    """How many of `total` files of a class are held out for validation."""
    return min(max(round(total * share), 1 if share > 0 and total > 1 else 0), total - 1)


def pairs(files: tuple[tuple[str, ...], ...]) -> list[tuple[str, int]]:
    """(file, class) for all files."""
    return [(name, label) for label, names in enumerate(files) for name in names]


CACHE: dict[tuple[str, str], tuple[tuple[tuple[str, int], ...], Listing]] = {}
LOCK = Lock()


def folder_listing(folder: str, kind: Kind = IMAGES) -> Listing:
    """The files of a kind below `folder`, from the cache while no folder in it has changed. FolderError says what is wrong."""
    if not folder:
        raise FolderError(f"No {kind.one} folder is chosen.", kind.layout)
    with LOCK:
        known = CACHE.get((folder, kind.one))
    if known and all(modified(path) == when for path, when in known[0]):
        return known[1]
    visited: list[str] = []
    listing = scan(folder, kind, visited)
    stamps = tuple((path, modified(path)) for path in visited)
    with LOCK:
        CACHE[folder, kind.one] = (stamps, listing)
    return listing


def modified(path: str) -> int:
    """When the folder `path` changed last, in nanoseconds; -1 when it is gone."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1


def scan(folder: str, kind: Kind, visited: list[str]) -> Listing:
    """The files below `folder`; appends every folder looked into to `visited`. Three layouts: CLASS/, train/CLASS/, and CLASS/train/ (ModelNet)."""
    if not os.path.isdir(folder):
        raise FolderError(f"The {kind.one} folder {folder} does not exist.", kind.layout)
    names = subfolders(folder, visited)
    train, held = divided(names)
    if train and held:
        classes = {name: class_files(folder, os.path.join(train, name), kind, visited) for name in subfolders(os.path.join(folder, train), visited)}
        others = {name: class_files(folder, os.path.join(held, name), kind, visited) for name in subfolders(os.path.join(folder, held), visited)}
        strangers = sorted(name for name in others if others[name] and not classes.get(name))
        if strangers:
            raise FolderError(f"The folder {held} has the class {strangers[0]!r}, which {train} has not.", "Give both folders the same class subfolders.")
        parts = {name: (files, others.get(name, ())) for name, files in classes.items()}
    else:
        parts = {name: class_parts(folder, name, kind, visited) for name in names}
    found = {name: part for name, part in parts.items() if part[0] or part[1]}
    if len(found) < 2:
        said = f"only one class, {next(iter(found))!r}" if found else f"no subfolder with {kind.many}"
        raise FolderError(f"The {kind.one} folder {folder} has {said}; a classification needs at least two classes.", kind.layout)
    is_divided = all(part[1] is not None for part in found.values())
    files = tuple(part[0] if is_divided else tuple(sorted(part[0] + (part[1] or ()))) for part in found.values())
    return Listing(folder, tuple(found), files, tuple(part[1] or () for part in found.values()) if is_divided else None)


def divided(names: list[str]) -> tuple[str, str]:
    """Which of these subfolders hold training and validation files; empty where there is none."""
    known = {name.lower(): name for name in names}
    train, held = (next((known[name] for name in wanted if name in known), "") for wanted in (TRAIN_NAMES, VALIDATION_NAMES))
    return train, held


def class_parts(folder: str, name: str, kind: Kind, visited: list[str]) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Training and validation files of a class folder; None for the latter where it is not divided into train and test."""
    train, held = divided(subfolders(os.path.join(folder, name), visited))
    if train and held:
        first, second = (class_files(folder, os.path.join(name, part), kind, visited) for part in (train, held))
        return first, second
    return class_files(folder, name, kind, visited), None


def class_files(folder: str, part: str, kind: Kind, visited: list[str]) -> tuple[str, ...]:
    """The files of a kind below folder/part, sorted, relative to `folder`."""
    files: list[str] = []
    for where, below, names in os.walk(os.path.join(folder, part)):
        visited.append(where)
        below.sort()
        files += [os.path.relpath(os.path.join(where, file), folder) for file in names if file.lower().endswith(kind.endings)]
    return tuple(sorted(files))


def subfolders(folder: str, visited: list[str]) -> list[str]:
    """The visible subfolders of `folder`, sorted by name."""
    visited.append(folder)
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError as error:
        raise FolderError(f"The folder {folder} cannot be read: {error.strerror}.", "Check the folder's permissions, or choose another one.") from error
    return sorted(names)
