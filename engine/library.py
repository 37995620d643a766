"""Finds the lessons, templates and blocks that are shipped, by id, and tells what a dataset offers. No torch, no Qt; writes nothing.

To find one takes only the standard library: the start asks whether there is such a project before it loads what reads one.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.graph import disk
from engine.graph.model import Snapshot, Value, block_of

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
FOLDERS = {"lesson": "lessons", "template": "templates"}
BLOCKS = "blocks"
FIRST_LESSON = "lenet-mnist"
PARTS = (("Introduction", 1), ("ConvNets", 30), ("Tricks and tips", 70), ("Modern networks", 90))  # of the lecture, each with its first item
SHOWN_FIRST = ("lenet-slide", "alexnet", "resnet18", "unet-small", "vit-b-16", "vgg16", "setr-pup", "mvcnn-alexnet")  # templates on an empty canvas


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped project. `summary` is the first sentence of its text."""

    id: str
    title: str
    kind: str  # lesson, template or block
    lecture_items: tuple[int, ...]
    summary: str
    path: Path


@cache
def entries() -> tuple[Entry, ...]:
    """All lessons, then all templates; the first lesson first, the rest in the order of the lecture."""
    found = [entry(path, kind) for kind, folder in FOLDERS.items() for path in (RESOURCES / folder).glob("*" + disk.SUFFIX)]
    return tuple(sorted(found, key=lambda item: (item.kind, item.id != FIRST_LESSON, min(item.lecture_items, default=0), natural(item.id))))


def part(item: Entry) -> str:
    """The part of the lecture in which an entry begins."""
    return next((name for name, first in reversed(PARTS) if first <= min(item.lecture_items, default=0)), PARTS[0][0])


def natural(entry_id: str) -> list[str]:
    """A key that sorts resnet18 before resnet101."""
    return [part.zfill(6) if part.isdigit() else part for part in re.split(r"(\d+)", entry_id)]


@cache
def blocks() -> tuple[Entry, ...]:
    """All shipped blocks by title: what the palette offers besides layers."""
    found = [entry(path, "block") for path in (RESOURCES / BLOCKS).glob("*" + disk.SUFFIX)]
    return tuple(sorted(found, key=lambda item: item.title.lower()))


@cache
def block(entry_id: str) -> tuple[Snapshot, str]:
    """The definitions of a shipped block, and the id of the one that is meant, for `graph.blocks.add_instance`. KeyError when there is none."""
    from engine.graph import text

    path = next((item.path for item in blocks() if item.id == entry_id), None)
    if path is None:
        raise KeyError(entry_id)
    shipped = text.open_file(path)
    return shipped, block_of(shipped.nodes[0].type)


@cache
def entry(path: Path, kind: str) -> Entry:
    """What the file at `path` says of itself; its nodes are not read."""
    about = json.loads(path.read_text(encoding="utf-8")).get("about", {})
    return Entry(
        path.stem, about.get("title", path.stem), about.get("kind", kind), tuple(about.get("lecture_items", ())), first_line(about.get("text", "")), path
    )


def first_line(markdown: str) -> str:
    """The first line of a text that is no heading, without its emphasis marks."""
    lines = (line.strip() for line in markdown.splitlines())
    return next((line.replace("*", "").replace("`", "") for line in lines if line and not line.startswith(("#", "|", ">"))), "")


def find(entry_id: str) -> Entry | None:
    """The shipped project with this id, or None. Reads no other one: the window opens with it."""
    found = ((path, kind) for kind, folder in FOLDERS.items() for path in (RESOURCES / folder).glob("*" + disk.SUFFIX) if path.stem == entry_id)
    return next((entry(path, kind) for path, kind in found), None)


def classes(type_id: str, params: Mapping[str, Value], base: str = "") -> int:
    """How many classes the dataset of this type and these parameters has; 0 when nobody knows yet. `base`: where relative folders count from."""
    from engine.data import catalog

    return catalog.facts(type_id, params, base).classes


def read(x: str) -> Snapshot:
    """The project called `x`: the id of a lesson or template, or the path of a file. TextError when there is none."""
    from engine.graph import text

    path = Path(x)
    shipped = find(x)
    if shipped is not None and not path.is_file():
        return text.open_file(shipped.path)
    if not path.exists():
        raise text.TextError(f"There is no project file {x[:200]!r} and no lesson or template of that name. {suggestion(x)}")
    return text.open_file(path)


def suggestion(x: str) -> str:
    """What may have been meant, and where all names are listed."""
    names, wanted = [item.id for item in entries()], x.lower()
    near = [name for name in names if wanted and wanted in name] or difflib.get_close_matches(wanted, names, cutoff=0.55)
    return (f"Did you mean {' or '.join(near[:3])}? " if near else "") + "`main.py lessons` lists all."
