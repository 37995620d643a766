"""Copy and paste as JSON text, between windows and into a text editor. Pure functions; no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.graph import ops as o
from engine.graph.edits import Pos, merge_in, selected
from engine.graph.model import Snapshot
from engine.graph.text import dump, load


def copy_text(snapshot: Snapshot, node_ids: Iterable[str], frame_ids: Iterable[str] = ()) -> str:
    """The chosen nodes, the wires between them and the chosen frames as a project text. Weights are shared within the text only."""
    part = selected(snapshot, node_ids, frame_ids)
    inside = {node.id for node in part.nodes}
    return dump(replace(part, nodes=tuple(replace(node, shares=node.shares if node.shares in inside else "") for node in part.nodes)))


def paste(snapshot: Snapshot, text: str, pos: Pos) -> tuple[list[o.Op], list[str]]:
    """The ops that add what `text` holds with its top-left corner at `pos`, and the new ids. TextError when it is no network."""
    return merge_in(snapshot, load(text), pos)
