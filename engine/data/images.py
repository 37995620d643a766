"""Reads image files into equally large uint8 arrays; what is no image is skipped and named. Decides no split, knows no tensors."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.data.catalog import LoadingStopped

CHUNK = 256  # files between two words to the one who waits
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, MemoryError, UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning)
Shape = tuple[int, int, int]


def read(
    folder: str, files: list[tuple[str, int]], *, shape: Shape, say: Callable[[str], bool] = lambda words: True
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Pixels uint8 (N, C, H, W), labels (N,) and the files that could not be read, in the order of `files`."""
    pixels = np.empty((len(files), *shape), np.uint8)
    labels = np.empty(len(files), np.int64)
    bad: list[str] = []
    good = 0
    with strict(), ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for start in range(0, len(files), CHUNK):
            part = files[start : start + CHUNK]
            if not say(f"Reading images: {start:,} of {len(files):,}"):
                raise LoadingStopped
            for (name, label), image in zip(part, pool.map(lambda pair: decoded(os.path.join(folder, pair[0]), shape), part), strict=True):
                if image is None:
                    bad.append(name)
                    continue
                pixels[good], labels[good] = image, label
                good += 1
    return pixels[:good], labels[:good], bad


@contextmanager
def strict() -> Iterator[None]:
    """Inside, a decompression bomb is an error, and what else Pillow finds odd in a file is not told on the terminal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def opened(path: str) -> Image.Image:
    """The image file; OSError where that is no file, since opening a pipe would wait without end."""
    if not os.path.isfile(path):
        raise OSError("no file")
    return Image.open(path)


def decoded(path: str, shape: Shape) -> np.ndarray | None:
    """The image at `path` as uint8 (C, H, W), centre-cropped to the aspect of `shape` and scaled; None when it is no image."""
    channels, height, width = shape
    mode = "L" if channels == 1 else "RGB"
    try:
        with opened(path) as image:
            image.draft(mode, (width, height))  # lets JPEG decode at a fraction of its size
            upright = ImageOps.exif_transpose(image)
            fitted = ImageOps.fit(in_mode(upright, mode), (width, height), Image.Resampling.BILINEAR)
        array = np.asarray(fitted, np.uint8)  # (H, W) or (H, W, 3)
    except UNREADABLE:
        return None
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """`image` as 8-bit grey or RGB: transparency over white, 16 bits scaled down instead of clipped."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float32)
        if not np.isfinite(values).any():
            raise ValueError("no numbers")
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)  # holes are black
        top = 65535.0 if image.mode.startswith("I;16") else max(float(values.max()), 1.0)
        return Image.fromarray((np.clip(values / top, 0, 1) * 255).astype(np.uint8)).convert(mode)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rich = image.convert("RGBA")
        white = Image.new("RGBA", rich.size, "white")
        return Image.alpha_composite(white, rich).convert(mode)
    return image.convert(mode)


def report(bad: list[str], total: int) -> str:
    """One sentence that counts and names the files left out; empty when there are none."""
    if not bad:
        return ""
    named = ", ".join(sorted(bad)[:3]) + (f" and {len(bad) - 3:,} more" if len(bad) > 3 else "")
    return f"{len(bad):,} of {total:,} files could not be read as images and were skipped: {named}."
