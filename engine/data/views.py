"""Datasets of views: shapes built from a seed, mesh folders, folders of rendered pictures. Rendered views are kept on the disk."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.data import descriptors, images, meshes, render
from engine.data import folder as folders
from engine.data.entry import DataError, LoadingStopped, home_folder
from engine.data.offers import DISTANCES, SHAPES, SINGLE, held_out, image_shape, listed, pair, view_listing
from engine.data.raw import Raw
from engine.data.toys import generator

VERSION = 3  # of shapes, shading and descriptors: raise it when one changes, else old ones are shown
KEPT = 24  # rendered sets on the disk; beyond, the oldest go
Words = Callable[[str], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """Views (N, V, 1, H, W) and D2 descriptors (N, DISTANCES) of the meshes `good` (their indices); `words` say why not of the others."""

    views: np.ndarray
    good: np.ndarray
    words: list[str]
    d2: np.ndarray


def cameras(p: SimpleNamespace) -> np.ndarray:
    """The cameras that the parameters ask for, (V, 3, 3)."""
    return render.sphere() if p.cameras == "all around" else render.ring(p.views, p.elevation)


def shapes3d(p: SimpleNamespace, say: Words) -> Raw:
    """Shapes of ten kinds: training and validation shapes come from different random numbers."""
    parts, measured = [], []
    for part, count in enumerate((p.count, held_out(p.count))):
        rng = generator("shapes3d", p.seed, part)
        y = rng.permutation(np.arange(count * len(SHAPES)) % len(SHAPES))
        seeds = rng.randint(2**31 - 1, size=len(y))
        key = {"made": SHAPES, "part": part, "count": count, "seed": p.seed} | look(p)
        made = rendered(key, len(y), lambda i, y=y, seeds=seeds: meshes.build(SHAPES[y[i]], np.random.RandomState(seeds[i])), p=p, say=say, fit=False)
        parts.append(arranged(made.views, y, p))
        measured.append(repeated(made.d2, p, made.views))
    return Raw(*parts[0], *parts[1], SHAPES, ports=("views", "label"), extras={"d2": tuple(measured)})


def mesh_folder(p: SimpleNamespace, base: str, say: Words) -> Raw:
    """Mesh files of class-named subfolders; what is no mesh is skipped and named in the report."""
    listing = listed(p, base, folders.MESHES)
    parts, measured, bad = [], [], []
    both = listing.split(p.validation)
    for part, pairs in enumerate(both):
        paths = [os.path.join(listing.folder, name) for name, _ in pairs]
        key = {"files": [(path, os.path.getsize(path), os.stat(path).st_mtime_ns) for path in paths], "up": p.up} | look(p)
        made = rendered(key, len(paths), lambda i, paths=paths: meshes.read(paths[i], p.up), p=p, say=say)
        bad += [(pairs[i][0], why) for i, why in zip(sorted(set(range(len(pairs))) - set(made.good.tolist())), made.words, strict=True)]
        y = np.array([pairs[i][1] for i in made.good], np.int64)
        order = np.random.RandomState([5, part]).permutation(len(y))
        parts.append(arranged(made.views[order], y[order], p))
        measured.append(repeated(made.d2[order], p, made.views))
    if not len(parts[0][1]):
        raise DataError(f"None of the {len(both[0])} training files in {listing.folder} can be shown as a mesh: {bad[0][0]} {bad[0][1]}.", folders.MESH_LAYOUT)
    report, unreadable = mesh_report(bad, sum(map(len, both))), tuple(name for name, _ in bad)
    return Raw(*parts[0], *parts[1], listing.class_names, report, ("views", "label"), extras={"d2": tuple(measured)}, unreadable=unreadable)


def mesh_report(bad: list[tuple[str, str]], total: int) -> str:
    """One sentence that counts and names what was left out, and why."""
    if not bad:
        return ""
    named = ", ".join(f"{name} {why}" for name, why in bad[:3]) + (f" and {len(bad) - 3:,} more" if len(bad) > 3 else "")
    return f"{len(bad):,} of {total:,} files could not be used as meshes and were skipped: {named}."


def view_folder(p: SimpleNamespace, base: str, say: Words) -> Raw:
    """Pictures grouped to objects; an object of which one picture cannot be read is left out."""
    found = view_listing(p, base)
    shape = image_shape(p)
    parts, bad, total = [], [], 0
    for part, pairs in enumerate(found.listing.split(p.validation)):
        files = [(name, index) for index, (key, _) in enumerate(pairs) for name in found.files[key]]
        pixels, owners, unread = images.read(found.listing.folder, files, shape=shape, say=say)
        whole = np.flatnonzero(np.bincount(owners, minlength=len(pairs)) == p.views)
        views = pixels[np.isin(owners, whole)].reshape(len(whole), p.views, *shape)
        order = np.random.RandomState([5, part]).permutation(len(whole))
        parts.append(arranged(views[order], np.array([pairs[i][1] for i in whole], np.int64)[order], p))
        bad += unread
        total += len(files)
    if not len(parts[0][1]):
        raise DataError(f"No object in {found.listing.folder} has {p.views} readable views.", "Choose a folder with PNG or JPEG images.")
    report = images.report(bad, total)
    if found.left_out:
        named = ", ".join(found.left_out[:3]) + (f" and {len(found.left_out) - 3:,} more" if len(found.left_out) > 3 else "")
        report = f"{len(found.left_out):,} objects have not {p.views} views and were skipped: {named}. {report}".strip()
    return Raw(*parts[0], *parts[1], found.listing.class_names, report, ("views", "label"), unreadable=tuple(bad))


def arranged(views: np.ndarray, y: np.ndarray, p: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Objects with all views (N, V, C, H, W), or each view as a sample (N * V, C, H, W)."""
    y = y.astype(np.int64)
    return (views.reshape(-1, *views.shape[2:]), np.repeat(y, views.shape[1])) if p.samples == SINGLE else (views, y)


def repeated(d2: np.ndarray, p: SimpleNamespace, views: np.ndarray) -> np.ndarray:
    """A descriptor for each object, or for each view of it where these are the samples."""
    return np.repeat(d2, views.shape[1], axis=0) if p.samples == SINGLE else d2


def look(p: SimpleNamespace) -> dict[str, Any]:
    """Everything that pictures of the same meshes depend on."""
    ring = {"views": p.views, "elevation": p.elevation} if p.cameras == "ring" else {}
    return {"version": VERSION, "rays": render.EmbreeScene is not None, "cameras": p.cameras, "size": pair(p.size)} | ring


def rendered(key: dict[str, Any], count: int, mesh: Callable[[int], meshes.Mesh], *, p: SimpleNamespace, say: Words, fit: bool = True) -> Rendered:
    """Views of meshes 0..count-1, from the disk where they were rendered before."""
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    path = home_folder("cache") / "views" / f"{name}.npz"
    known = remembered(path)
    if known is not None:
        return known
    size, axes = pair(p.size), cameras(p)
    views = np.empty((count, len(axes), 1, *size), np.uint8)
    d2 = np.empty((count, DISTANCES), np.float32)
    good, words = [], []
    for index in range(count):
        if index % 8 == 0 and not say(f"Rendering views: {index:,} of {count:,} shapes"):
            raise LoadingStopped
        try:
            shape = mesh(index)
            views[len(good), :, 0] = shown(render.render(shape, axes, size, fit=fit))
            d2[len(good)] = descriptors.d2(shape)
        except meshes.MeshError as error:
            words.append(str(error))
        else:
            good.append(index)
    made = Rendered(views[: len(good)], np.array(good, np.int64), words, d2[: len(good)])
    remember(path, made)
    return made


def shown(views: np.ndarray) -> np.ndarray:
    """The views, if there is anything to be seen in them."""
    if not views.any():
        raise meshes.MeshError("is too thin to be seen")
    return views


def remembered(path: Path) -> Rendered | None:
    """What was rendered before, or None."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # numpy alone would leave a damaged file open
            found = Rendered(arrays["views"], arrays["good"], arrays["words"].tolist(), arrays["d2"])
        os.utime(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return found


def remember(path: Path, made: Rendered) -> None:
    """Keeps rendered views; a disk that cannot take them costs time the next time, and nothing else."""
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez_compressed(file, views=made.views, good=made.good, words=np.array(made.words, str), d2=made.d2)
        os.replace(part, path)
        for old in sorted(path.parent.glob("*.npz"), key=lambda other: other.stat().st_mtime)[:-KEPT]:
            old.unlink()
    except OSError:
        part.unlink(missing_ok=True)
