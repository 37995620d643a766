"""Reads images and their masks into arrays of classes. Decides no split; what is no mask is skipped and named, an unknown class is an error."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from PIL import Image, ImageOps

from engine.data import groups, images
from engine.data.entry import DataError, LoadingStopped, located
from engine.data.offers import image_shape, numbered
from engine.data.raw import IGNORED, Raw
from engine.graph.problem import Remedy

CHUNK = 64  # files between two words to the one who waits
RED, GREEN = 65536, 256  # a colour as one number
GREY = RED + GREEN + 1  # times its level, a grey that was saved as a colour
INDEXED = ("P", "L", "1", "I", "I;16", "F")  # modes of one number a pixel
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # of EXIF: the tag, and the turns that swap width and height


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One part as it was read: pixels and values of the masks `kept`; `bad` files are no images, masks `apart` have another form than their image."""

    pixels: np.ndarray
    values: np.ndarray
    kept: list[str]
    bad: list[str]
    apart: list[str]


def mask_folder(p: SimpleNamespace, base: str, say: Callable[[str], bool]) -> Raw:
    """Images (N, C, H, W) and masks (N, H, W) uint8, IGNORED where a pixel does not count."""
    pairs = groups.mask_pairs(located(p.folder, base))
    both = pairs.split(p.validation)
    found = [read(pairs.folder, part, shape=image_shape(p), say=say) for part in both]
    bad, apart = ([name for part in found for name in getattr(part, what)] for what in ("bad", "apart"))
    if not found[0].kept:
        why = f": {apart[0]} has other proportions than its image" if apart else ""
        raise DataError(f"None of the {len(both[0])} images in {pairs.folder} can be used with a mask{why}.", groups.MASK_LAYOUT)
    masks = classes([part.values for part in found], [part.kept for part in found], p)
    counted = np.unique(masks[0])
    if p.classes > 1 and len(counted[counted != IGNORED]) < 2:
        only = f"that count have the class {counted[0]}" if counted[0] != IGNORED else "are ignored"
        remedy = Remedy("Number all values, ignore none", "set", params={"values": "ranked", "ignore": -1})
        raise DataError(f"All pixels of the training masks {only}.", "Masks of 0 and 255: set Values to ranked and Ignore value to −1.", (remedy,))
    orders = [np.random.RandomState([5, part]).permutation(len(found[part].kept)) for part in (0, 1)]
    (x, y), (other_x, other_y) = ((found[part].pixels[orders[part]], masks[part][orders[part]]) for part in (0, 1))
    words = [left_out(pairs.alone, "file", "no partner of the same name"), left_out(apart, "mask", "other proportions than the image")]
    report = " ".join(part for part in (*words, images.report(bad, 2 * sum(map(len, both)))) if part)
    return Raw(x, y, other_x, other_y, numbered(p.classes), report, ("image", "mask"), unreadable=(*bad, *apart, *pairs.alone))


def left_out(names: Sequence[str], thing: str, what: str) -> str:
    """One sentence that counts and names files; empty when there are none."""
    if not names:
        return ""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    counted = f"1 {thing} has {what} and was" if len(names) == 1 else f"{len(names):,} {thing}s have {what} and were"
    return f"{counted} left out: {shown}."


def read(folder: str, pairs: list[tuple[str, str]], *, shape: images.Shape, say: Callable[[str], bool]) -> Read:
    """Pixels (N, C, H, W) uint8, values of the masks (N, H, W) int32, and the files that could not be used."""
    pixels, values = np.empty((len(pairs), *shape), np.uint8), np.empty((len(pairs), *shape[1:]), np.int32)
    kept, bad, apart = [], [], []
    with images.strict():
        for index, (image_name, mask_name) in enumerate(pairs):
            if index % CHUNK == 0 and not say(f"Reading images and masks: {index:,} of {len(pairs):,}"):
                raise LoadingStopped
            image, mask = images.decoded(os.path.join(folder, image_name), shape), decoded(os.path.join(folder, mask_name), shape[1:])
            bad += [name for name, read in ((image_name, image), (mask_name, mask)) if read is None]
            if image is None or mask is None:
                continue
            if not same_form(os.path.join(folder, image_name), os.path.join(folder, mask_name)):
                apart.append(mask_name)
                continue
            pixels[len(kept)], values[len(kept)] = image, mask
            kept.append(mask_name)
    return Read(pixels[: len(kept)], values[: len(kept)], kept, bad, apart)


def same_form(image_path: str, mask_path: str) -> bool:
    """Whether image and mask are as wide for their height, but for the rounding of a smaller copy: else one pixel does not tell of the other."""
    (width, height), (other_width, other_height) = upright_size(image_path), upright_size(mask_path)
    return abs(width * other_height - height * other_width) <= max(width, height, other_width, other_height)


def upright_size(path: str) -> tuple[int, int]:
    """Width and height of an image that can be read, as people see it."""
    with images.opened(path) as image:
        return image.size[::-1] if image.getexif().get(ORIENTATION, 1) in LYING else image.size


def decoded(path: str, size: tuple[int, int]) -> np.ndarray | None:
    """The mask at `path` as int32 (H, W), cut and scaled like its image but without mixing values; a colour is one number. None when it is no image."""
    height, width = size
    try:
        with images.opened(path) as image:
            plain = image if image.mode in INDEXED or image.mode == "RGB" else image.convert("L" if image.mode == "LA" else "RGB")
            upright = ImageOps.exif_transpose(plain)
            array = np.asarray(ImageOps.fit(upright, (width, height), Image.Resampling.NEAREST))
            if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == array.round()).all()):
                return None
    except images.UNREADABLE:
        return None
    array = array.astype(np.int32)
    return array if array.ndim == 2 else array[..., 0] * RED + array[..., 1] * GREEN + array[..., 2]


def classes(values: list[np.ndarray], names: list[list[str]], p: SimpleNamespace) -> list[np.ndarray]:
    """Values of both parts as classes, uint8. DataError names a mask with a value that no class has."""
    if p.values == "ranked":
        levels = np.unique(np.concatenate([np.unique(part) for part in values]))
        levels = levels[levels != p.ignore]
        if len(levels) > p.classes:
            shown = ", ".join(map(str, levels[:8])) + (" ..." if len(levels) > 8 else "")
            message = f"The masks have {len(levels):,} distinct values ({shown}), but {p.classes} classes are set."
            if len(levels) > IGNORED:
                raise DataError(message, "Save the masks without loss, as PNG: these have more values than there can be classes.")
            remedy = Remedy(f"Set Classes to {len(levels)}", "set", params={"classes": len(levels)})
            raise DataError(message, f"Set Classes to {len(levels)}.", (remedy,))
        ranked = [np.where(part == p.ignore, IGNORED, np.searchsorted(levels, part)).astype(np.uint8) for part in values]
        return ranked
    plain = [np.where((part >= GREY) & (part % GREY == 0), part // GREY, part) for part in values]
    for part, files in zip(plain, names, strict=True):
        strange = (part != p.ignore) & ((part < 0) | (part >= p.classes))
        if strange.any():
            first = int(np.flatnonzero(strange.any((1, 2)))[0])
            raise unknown(files[first], int(part[first][strange[first]][0]), p)
    return [np.where(part == p.ignore, IGNORED, part).astype(np.uint8) for part in plain]


def unknown(name: str, value: int, p: SimpleNamespace) -> DataError:
    """What to say of a mask with a value that no class has."""
    number = Remedy("Number the values in order", "set", params={"values": "ranked"})
    if value >= GREEN:
        colour = ", ".join(map(str, divmod(value % RED, GREEN)))
        message = f"The mask {name} has the colour {value // RED}, {colour}, and colours are no classes by themselves."
        return DataError(message, "Number the colours in order with Values: ranked.", (number,))
    message = f"The mask {name} has the value {value}, but the classes are 0 to {p.classes - 1}."
    if not 0 <= value < IGNORED:
        return DataError(message, "Number the values in order with Values: ranked, or set Ignore value.", (number,))
    fix = f"Set Classes to {value + 1}, or Ignore value to {value}, or number the values in order with Values: ranked."
    remedies = (Remedy(f"Set Classes to {value + 1}", "set", params={"classes": value + 1}), Remedy(f"Ignore {value}", "set", params={"ignore": value}), number)
    return DataError(message, fix, remedies)
