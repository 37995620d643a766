"""What a dataset is: its entry in the catalog, the facts that a data node offers, and the errors. Imports no torch and no numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.graph.problem import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dataset. `kind` says who loads it: archive (a shipped .npz), torchvision (downloaded once), made (composed or computed from a seed),
    folder, masks, meshes, views, table (files of the user), or declared (no data).

    `shape` is channels, height, width; `files` prove that a download is on the disk; `megabytes` is the download's size.
    `ports` name the fields of a sample: the input, the target, and further inputs.
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
    ports: tuple[str, ...] = ("image", "label")


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What a data node offers. `outputs` maps port -> shape of one sample, without the batch axis; a class label is a scalar.

    `dtypes` tells what differs from the rule that targets are int64 and all else float32.
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
    dtypes: Mapping[str, str] = field(default_factory=dict)


class DataError(Exception):
    """A dataset that cannot be used: `str(error)` says what and why, `fix` the way out, `remedies` those of the data node's parameters that help."""

    def __init__(self, message: str, fix: str = "", remedies: tuple[Remedy, ...] = ()) -> None:
        super().__init__(message)
        self.fix = fix
        self.remedies = remedies


class LoadingStopped(DataError):  # noqa: N818 - a wish, not an error
    """Who waited for the dataset does not want it any more."""

    def __init__(self) -> None:
        super().__init__("Loading was stopped.")


def located(path: str, base: str) -> str:
    """The absolute form of `path`: relative ones count from `base`; empty stays empty."""
    return os.path.abspath(os.path.join(base or os.curdir, os.path.expanduser(path))) if path else ""


def home_folder(kind: str) -> Path:
    """Where Chainrule keeps `kind` ("datasets", "cache"): below $CHAINRULE_HOME, or in the system's place for it."""
    home = os.environ.get("CHAINRULE_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    if kind == "cache":
        return platformdirs.user_cache_path("Chainrule", appauthor=False)
    return platformdirs.user_data_path("Chainrule", appauthor=False) / kind
