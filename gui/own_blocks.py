"""The user's own blocks: definitions that were saved to the palette, one project file each in the user's data folder. Shows nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from engine import library
from engine.graph import text
from engine.graph.inside import closure
from engine.graph.model import BLOCK, About, Node, Snapshot, block_of
from gui import places

KIND = "block"


def folder() -> Path:
    """Where they live."""
    return places.place("data") / "blocks"


def entries() -> tuple[library.Entry, ...]:
    """All that can be read, by title; a file that cannot is left alone."""
    try:
        stamps = tuple(sorted((str(path), path.stat().st_mtime_ns) for path in folder().glob(f"*{text.SUFFIX}")))
    except OSError:
        return ()
    return listed(stamps)


@lru_cache(maxsize=8)
def listed(stamps: tuple[tuple[str, int], ...]) -> tuple[library.Entry, ...]:
    """The entries of these files, read once for each state of the folder."""
    found = []
    for name, _ in stamps:
        try:
            found.append(library.entry(Path(name), KIND))
        except (OSError, ValueError, AttributeError, TypeError):
            continue
    return tuple(sorted(found, key=lambda item: item.title.lower()))


def block(entry_id: str) -> tuple[Snapshot, str]:
    """The definitions of one of them, and the id of the one that is meant. KeyError when there is none that can be read."""
    path = next((item.path for item in entries() if item.id == entry_id), None)
    if path is None:
        raise KeyError(entry_id)
    try:
        kept = text.open_file(path)
        return kept, block_of(kept.nodes[0].type)
    except (text.TextError, IndexError):
        raise KeyError(entry_id) from None


def keep(snapshot: Snapshot, block_id: str) -> str:
    """Saves a definition of `snapshot` with all that it contains, beside those that are there; returns its title. TextError, OSError: the disk refuses."""
    found = snapshot.block(block_id)
    if found is None:
        raise KeyError(block_id)
    instance = Node(f"{block_id.lower().rstrip('0123456789_') or KIND}1", BLOCK + block_id)
    title = found.title or block_id
    blocks = closure(snapshot, [instance])
    for other in entries():
        if known(other.id) == (blocks, block_id):
            return other.title
    name, title = free_name(title)
    folder().mkdir(parents=True, exist_ok=True)
    text.save(folder() / f"{name}{text.SUFFIX}", Snapshot((instance,), about=About(title, KIND, found.doc), blocks=blocks))
    return title


def known(entry_id: str) -> tuple[tuple, str]:
    """The definitions of an entry and the one that is meant; nothing for one that cannot be read."""
    try:
        kept, name = block(entry_id)
    except KeyError:
        return (), ""
    return kept.blocks, name


def free_name(title: str) -> tuple[str, str]:
    """A file name that is free, and the title with the same number: what was kept before is never written over."""
    stem = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or KIND
    number = 1
    while (folder() / f"{stem}{'' if number == 1 else f'_{number}'}{text.SUFFIX}").exists():
        number += 1
    return (stem, title) if number == 1 else (f"{stem}_{number}", f"{title} {number}")
