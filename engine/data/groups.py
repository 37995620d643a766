"""Which files belong together: an image and its mask, and the views of one object. Opens none of them; no torch, no numpy."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from dataclasses import dataclass, replace

from engine.data.folder import IMAGE_ENDINGS, SEED, FolderError, Listing, divided, held_out_count, subfolders

IMAGE_FOLDERS = ("images", "image", "img", "imgs", "jpegimages", "inputs")
MASK_FOLDERS = ("masks", "mask", "labels", "label", "annotations", "segmentationclass", "targets")
MASK_LAYOUT = "Choose a folder with the subfolders images and masks, or with train and val that have them; a mask is named like its image."
VIEW = re.compile(r"(.*?)[\s._-]*(?:v|view)?[\s._-]*([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Objects:
    """`listing` names objects in place of files; `files` has the views of each in order; `left_out` the objects with another number of views.

    `usual` is the number of views that most objects have.
    """

    listing: Listing
    files: dict[str, tuple[str, ...]]
    left_out: tuple[str, ...]
    usual: int


def objects(listing: Listing, views: int) -> Objects:
    """Groups pictures to objects: chair_01.png, chair_02.png ..., or a subfolder of numbered pictures for each object."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in (name for part in (listing.files, listing.held_out or ()) for names in part for name in names):
        where, stem = os.path.split(os.path.splitext(name)[0])
        match = VIEW.fullmatch(stem)
        key = os.path.join(where, match[1]) if match and match[1] else where if match else os.path.join(where, stem)
        found.setdefault(key, []).append((int(match[2]) if match else 0, name))
    whole = {key: tuple(name for _, name in sorted(names)) for key, names in found.items() if len(names) == views}
    owner = {name: key for key, names in whole.items() for name in names}

    def keys(files: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(dict.fromkeys(owner[name] for name in names if name in owner)) for names in files)

    kept = replace(listing, files=keys(listing.files), held_out=keys(listing.held_out) if listing.held_out is not None else None)
    (usual, _), *_ = Counter(map(len, found.values())).most_common(1) or [(0, 0)]
    return Objects(kept, whole, tuple(sorted(key for key in found if key not in whole)), usual)


@dataclass(frozen=True, slots=True)
class Pairs:
    """(image, mask) files relative to `folder`; `held_out` are those of a validation folder; `alone` have no partner."""

    folder: str
    files: tuple[tuple[str, str], ...]
    held_out: tuple[tuple[str, str], ...] | None
    alone: tuple[str, ...]

    def split(self, share: float) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Pairs for training and for validation."""
        if self.held_out is not None:
            return list(self.files), list(self.held_out)
        order = list(self.files)
        random.Random(f"{SEED} masks").shuffle(order)
        count = held_out_count(len(order), share)
        return sorted(order[count:]), sorted(order[:count])


def mask_pairs(folder: str) -> Pairs:
    """The images below `folder` that have a mask of the same name. FolderError says what is wrong."""
    if not folder:
        raise FolderError("No folder with images and masks is chosen.", MASK_LAYOUT)
    if not os.path.isdir(folder):
        raise FolderError(f"The folder {folder} does not exist.", MASK_LAYOUT)
    alone: list[str] = []
    train, held = divided(subfolders(folder, []))
    if train and held:
        files, held_out = paired(folder, train, alone), paired(folder, held, alone)
    else:
        files, held_out = paired(folder, "", alone), None
    if not files:
        raise FolderError(f"In {folder} there is no image with a mask of the same name.", MASK_LAYOUT)
    return Pairs(folder, files, held_out, tuple(sorted(alone)))


def paired(folder: str, part: str, alone: list[str]) -> tuple[tuple[str, str], ...]:
    """The pairs in folder/part; what has no partner is appended to `alone`."""
    below = {name.lower(): name for name in subfolders(os.path.join(folder, part), [])}
    names = [next((below[name] for name in wanted if name in below), "") for wanted in (IMAGE_FOLDERS, MASK_FOLDERS)]
    if not all(names):
        missing = "images" if not names[0] else "masks"
        raise FolderError(f"The folder {os.path.join(folder, part)} has no subfolder called {missing}.", MASK_LAYOUT)
    images, masks = (stems(folder, os.path.join(part, name)) for name in names)
    alone += [name for stem, name in (*images.items(), *masks.items()) if not (stem in images and stem in masks)]
    return tuple((images[stem], masks[stem]) for stem in sorted(images) if stem in masks)


def stems(folder: str, part: str) -> dict[str, str]:
    """Name without ending -> image file, relative to `folder`."""
    try:
        names = sorted(os.listdir(os.path.join(folder, part)))
    except OSError as error:
        raise FolderError(f"The folder {os.path.join(folder, part)} cannot be read: {error.strerror}.") from error
    return {os.path.splitext(name)[0]: os.path.join(part, name) for name in names if name.lower().endswith(IMAGE_ENDINGS)}
