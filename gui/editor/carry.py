"""The clipboard: nodes go as project text with plain values; from inside a block also as they are, for blocks with the same parameters. Edits nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from engine.graph import clipboard
from engine.graph.definitions import names_in
from engine.graph.expression import Expression
from engine.graph.model import Node, frozen
from engine.graph.text import TextError, load
from gui.level import Level

MIME = "application/x-chainrule-inside"  # project text whose values may be expressions


def put(level: Level, node_ids: Iterable[str], frame_ids: Iterable[str]) -> None:
    """Copies nodes and frames of a level."""
    here, chosen, frames = level.snapshot(), list(node_ids), list(frame_ids)
    plain = replace(here, nodes=tuple(settled(node, level) for node in here.nodes))
    data = QMimeData()
    data.setText(clipboard.copy_text(plain, chosen, frames))
    if any(names_in(node) for node in here.nodes if node.id in chosen):
        data.setData(MIME, clipboard.copy_text(here, chosen, frames).encode())
    QGuiApplication.clipboard().setMimeData(data)


def settled(node: Node, level: Level) -> Node:
    """The node with the values of the instance that is shown in place of its expressions; without those that have none."""
    plain = level.plain(node)
    return replace(plain, params=frozen({name: value for name, value in plain.params.items() if not isinstance(value, Expression)}))


def text_for(level: Level) -> str:
    """The text on the clipboard that fits this level: with expressions where the block has all the parameters that they speak of."""
    data = QGuiApplication.clipboard().mimeData()
    if data is None:
        return ""  # the clipboard is empty, or another program does not give it
    block = level.block(level.inside) if level.inside else None
    if block is None or not data.hasFormat(MIME):
        return data.text()
    raw = bytes(data.data(MIME).data()).decode("utf-8", "replace")
    try:
        spoken = set().union(*(names_in(node) for node in load(raw).nodes))
    except TextError:
        return data.text()
    return raw if spoken <= {param.name for param in block.params} else data.text()
