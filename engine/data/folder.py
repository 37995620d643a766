"""Which image files a folder of class-named subfolders holds, and how they are split. Opens no image; no torch, no numpy."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from threading import Lock

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")
TRAIN_NAMES = ("train", "training")
VALIDATION_NAMES = ("validation", "valid", "val", "test")
LAYOUT = "Choose a folder that has one subfolder of images for each class."
SEED = 5  # of the split; fixed, so that the same folder is always split alike


class FolderError(Exception):
    """A folder that is no image dataset; `fix` tells the way out."""

    def __init__(self, message: str, fix: str = LAYOUT) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Listing:
    """Image files per class in stable order, relative to the folder: `files[k]` belong to `class_names[k]`.

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


CACHE: dict[str, tuple[tuple[tuple[str, int], ...], Listing]] = {}
LOCK = Lock()


def folder_listing(folder: str) -> Listing:
    """The images below `folder`, from the cache while no folder in it has changed. FolderError says what is wrong."""
    if not folder:
        raise FolderError("No image folder is chosen.")
    with LOCK:
        known = CACHE.get(folder)
    if known and all(modified(path) == when for path, when in known[0]):
        return known[1]
    visited: list[str] = []
    listing = scan(folder, visited)
    stamps = tuple((path, modified(path)) for path in visited)
    with LOCK:
        CACHE[folder] = (stamps, listing)
    return listing


def modified(path: str) -> int:
    """When the folder `path` changed last, in nanoseconds; -1 when it is gone."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1


def scan(folder: str, visited: list[str]) -> Listing:
    """The images below `folder`; appends every folder looked into to `visited`."""
    if not os.path.isdir(folder):
        raise FolderError(f"The image folder {folder} does not exist.")
    top = {name.lower(): name for name in subfolders(folder, visited)}
    train = next((top[name] for name in TRAIN_NAMES if name in top), "")
    held = next((top[name] for name in VALIDATION_NAMES if name in top), "")
    if train and held:  # already divided: folder/train/CLASS and folder/test/CLASS
        classes = class_files(folder, train, visited)
        others = class_files(folder, held, visited)
        strangers = sorted(set(others) - set(classes))
        if strangers:
            raise FolderError(f"The folder {held} has the class {strangers[0]!r}, which {train} has not.", "Give both folders the same class subfolders.")
        held_out = tuple(others.get(name, ()) for name in classes)
    else:
        classes, held_out = class_files(folder, "", visited), None
    if len(classes) < 2:
        found = f"only one class, {next(iter(classes))!r}" if classes else "no subfolder with images"
        raise FolderError(f"The image folder {folder} has {found}; a classification needs at least two classes.")
    return Listing(folder, tuple(classes), tuple(classes.values()), held_out)


def class_files(folder: str, part: str, visited: list[str]) -> dict[str, tuple[str, ...]]:
    """Class name -> image files below that subfolder, sorted, for the classes that have any."""
    found: dict[str, tuple[str, ...]] = {}
    for name in subfolders(os.path.join(folder, part), visited):
        files: list[str] = []
        for where, below, names in os.walk(os.path.join(folder, part, name)):
            visited.append(where)
            below.sort()
            files += [os.path.relpath(os.path.join(where, file), folder) for file in names if file.lower().endswith(IMAGE_ENDINGS)]
        if files:
            found[name] = tuple(sorted(files))
    return found


def subfolders(folder: str, visited: list[str]) -> list[str]:
    """The visible subfolders of `folder`, sorted by name."""
    visited.append(folder)
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError as error:
        raise FolderError(f"The image folder {folder} cannot be read: {error.strerror}.", "Check the folder's permissions, or choose another one.") from error
    return sorted(names)
