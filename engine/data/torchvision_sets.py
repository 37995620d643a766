"""Fetches MNIST, Fashion-MNIST and CIFAR-10 through torchvision, once; offline it says so instead of hanging. Splits nothing itself."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable

import numpy as np

from engine.data.catalog import INSTEAD, DataError, Entry, LoadingStopped, download_folder, on_disk

PATIENCE = 8.0  # seconds for the server's first answer
DAMAGED = (OSError, RuntimeError, ValueError, TypeError, LookupError, EOFError, AssertionError)  # what torchvision raises for files that it cannot read


def arrays(entry: Entry, say: Callable[[str], bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images uint8 (N, C, H, W) and labels (N,), then those of the test set, which serves for validation.

    Downloads when the files are not here; DataError offers the included set when that is impossible.
    """
    fetch = not on_disk(entry)
    if fetch:
        if not say(f"Downloading {entry.title} ({entry.megabytes} MB)"):
            raise LoadingStopped
        require_server(entry)
    from torchvision import datasets  # slow to import, and only needed here

    found: list[np.ndarray] = []
    try:
        for train in (True, False):
            data = getattr(datasets, entry.loader)(str(download_folder()), train=train, download=fetch)
            pixels = np.asarray(data.data)
            found += [pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2), np.asarray(data.targets, np.int64)]
    except DAMAGED as error:
        fix = INSTEAD if fetch else f"Delete its files in {download_folder()} to fetch them again, or use MNIST 5k, which is included."
        raise DataError(f"{entry.title} could not be loaded: {str(error)[:200] or 'its files are damaged'}.", fix) from error
    return found[0], found[1], found[2], found[3]


def require_server(entry: Entry) -> None:
    """Raises DataError unless the server of `entry` answers soon; torchvision alone would wait without end."""
    request = urllib.request.Request(entry.url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return  # it answers; torchvision tries its own mirrors
    except (OSError, ValueError) as error:
        raise DataError(f"{entry.title} is not on this computer, and its server cannot be reached.", INSTEAD) from error
