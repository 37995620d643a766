"""Reads images and their masks into arrays of classes. Decides no split; what is no mask is skipped and named, an unknown class is an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from PIL import Image, ImageOps

from engine.data import groups, images
from engine.data.entry import DataError, LoadingStopped, located
from engine.data.offers import image_shape, numbered
from engine.data.raw import IGNORED, Raw

CHUNK = 64  # files between two words to the one who waits
RED, GREEN = 65536, 256  # a colour as one number


def mask_folder(p: SimpleNamespace, base: str, say: Callable[[str], bool]) -> Raw:
    """Images (N, C, H, W) and masks (N, H, W) uint8, IGNORED where a pixel does not count."""
    pairs = groups.mask_pairs(located(p.folder, base))
    both = pairs.split(p.validation)
    found = [read(pairs.folder, part, shape=image_shape(p), say=say) for part in both]
    bad = [name for part in found for name in part[2]]
    if not len(found[0][0]):
        raise DataError(f"None of the {len(both[0])} images in {pairs.folder} can be read with a mask.", groups.MASK_LAYOUT)
    kept = [[name for image, name in part if image not in bad and name not in bad] for part in both]
    masks = classes([part[1] for part in found], kept, p)
    counted = np.unique(masks[0])
    if p.classes > 1 and len(counted[counted != IGNORED]) < 2:
        only = f"have the class {counted[0]}" if counted[0] != IGNORED else "are ignored"
        raise DataError(f"All pixels of the training masks that count {only}.", "Masks of 0 and 255: set Values to ranked and Ignore value to −1.")
    orders = [np.random.RandomState([5, part]).permutation(len(found[part][0])) for part in (0, 1)]
    report = images.report(bad, 2 * sum(map(len, both)))
    if pairs.alone:
        report = f"{len(pairs.alone):,} files have no partner of the same name and were left out: {', '.join(pairs.alone[:3])}. {report}".strip()
    return Raw(
        found[0][0][orders[0]], masks[0][orders[0]], found[1][0][orders[1]], masks[1][orders[1]], numbered(p.classes), report, ("image", "mask"),
        unreadable=(*bad, *pairs.alone),
    )  # fmt: skip


def read(folder: str, pairs: list[tuple[str, str]], *, shape: images.Shape, say: Callable[[str], bool]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Pixels (N, C, H, W) uint8, values of the masks (N, H, W) int32, and the files that could not be read."""
    pixels, values = np.empty((len(pairs), *shape), np.uint8), np.empty((len(pairs), *shape[1:]), np.int32)
    bad: list[str] = []
    good = 0
    for index, (image_name, mask_name) in enumerate(pairs):
        if index % CHUNK == 0 and not say(f"Reading images and masks: {index:,} of {len(pairs):,}"):
            raise LoadingStopped
        image, mask = images.decoded(os.path.join(folder, image_name), shape), decoded(os.path.join(folder, mask_name), shape[1:])
        bad += [name for name, read in ((image_name, image), (mask_name, mask)) if read is None]
        if image is not None and mask is not None:
            pixels[good], values[good] = image, mask
            good += 1
    return pixels[:good], values[:good], bad


def decoded(path: str, size: tuple[int, int]) -> np.ndarray | None:
    """The mask at `path` as int32 (H, W), cut and scaled like its image but without mixing values; a colour is one number. None when it is no image."""
    height, width = size
    try:
        with Image.open(path) as image:
            plain = image if image.mode in ("P", "L", "1", "I", "I;16", "RGB") else image.convert("RGB")
            array = np.asarray(ImageOps.fit(plain, (width, height), Image.Resampling.NEAREST)).astype(np.int32)
    except images.UNREADABLE:
        return None
    return array if array.ndim == 2 else array[..., 0] * RED + array[..., 1] * GREEN + array[..., 2]


def classes(values: list[np.ndarray], names: list[list[str]], p: SimpleNamespace) -> list[np.ndarray]:
    """Values of both parts as classes, uint8. DataError names a mask with a value that no class has."""
    if p.values == "ranked":
        levels = np.unique(np.concatenate([np.unique(part) for part in values]))
        levels = levels[levels != p.ignore]
        if len(levels) > p.classes:
            shown = ", ".join(map(str, levels[:8])) + (" ..." if len(levels) > 8 else "")
            raise DataError(f"The masks have {len(levels)} distinct values ({shown}), but {p.classes} classes are set.", f"Set Classes to {len(levels)}.")
        ranked = [np.where(part == p.ignore, IGNORED, np.searchsorted(levels, part)).astype(np.uint8) for part in values]
        return ranked
    for part, files in zip(values, names, strict=True):
        strange = (part != p.ignore) & ((part < 0) | (part >= p.classes))
        if strange.any():
            first = int(np.flatnonzero(strange.any((1, 2)))[0])
            value = int(part[first][strange[first]][0])
            message = f"The mask {files[first]} has the value {value}, but the classes are 0 to {p.classes - 1}."
            fix = f"Set Classes to {value + 1}, or Ignore value to {value}, or number the values in order with Values: ranked."
            raise DataError(message, fix if 0 <= value < 255 else "Number the values in order with Values: ranked, or set Ignore value.")
    return [np.where(part == p.ignore, IGNORED, part).astype(np.uint8) for part in values]
