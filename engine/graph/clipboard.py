"""Copy and paste as JSON text, between windows and into a text editor. Pure functions; no Qt."""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph import ops as o
from engine.graph.edits import Pos, merge_in, selected
from engine.graph.model import Snapshot
from engine.graph.text import dump, load


def copy_text(snapshot: Snapshot, node_ids: Iterable[str], frame_ids: Iterable[str] = ()) -> str:
    """The chosen nodes, the wires between them and the chosen frames as a project text."""
    return dump(selected(snapshot, node_ids, frame_ids))


def paste(snapshot: Snapshot, text: str, pos: Pos) -> tuple[list[o.Op], list[str]]:
    """The ops that add what `text` holds with its top-left corner at `pos`, and the new ids. TextError when it is no network."""
    return merge_in(snapshot, load(text), pos)
