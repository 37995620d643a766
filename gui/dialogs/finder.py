"""What the command palette offers for this window: its actions, the document's nodes, layers to add, lessons. Changes nothing itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence

from engine import library
from engine.layers import registry
from gui import shelf
from gui.actions import ACTIONS, REASONS
from gui.dialogs.command_palette import CommandPalette, Hit
from gui.level import everywhere, whereabouts

if TYPE_CHECKING:
    from gui.window import Window


def open_palette(window: Window, corner: QPoint) -> CommandPalette:
    """Shows the palette below the title bar; it deletes itself when it goes away."""
    popup = CommandPalette(window)
    popup.closed.connect(popup.deleteLater)
    popup.closed.connect(window.refresh_actions)
    popup.open_at(corner + QPoint(0, 26), [*actions(window), *nodes(window), *layers(window), *lessons(window)])
    return popup


def actions(window: Window) -> list[Hit]:
    """Every command, grey ones with their reason."""
    found = []
    for record in ACTIONS:
        action = window.acts[record.id]
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        title = action.text().rstrip("…")
        why = "" if action.isEnabled() else REASONS.get(record.when, "Not possible now.")
        found.append(Hit(title, record.menu.replace("/", " · "), action.trigger, icon=record.icon, keys=keys, words=record.id, why=why))
    for dock in window.docks.values():
        call = partial(window.raise_panel, dock.panel.id)
        found.append(Hit(f"Show {dock.panel.title.lower()}", "Window", call, icon=dock.panel.icon))
    return found


def nodes(window: Window) -> list[Hit]:
    """Every node of the document and of its blocks; also found by its type and its parameters."""
    found = []
    snapshot = window.project.snapshot()
    for path, body, node in everywhere(snapshot, window.project.level.path):
        row = registry.of(node, body)
        title = node.title or (row.title if row else node.type)
        details = " ".join(f"{name} {value}" for name, value in node.params.items())
        call = partial(window.view.frame_node, path)
        family, icon = (row.family, row.id) if row else ("merge", "help")
        outer = path.rpartition("/")[0]
        kind = f"in {whereabouts(snapshot, outer)}" if outer else "Node"
        found.append(Hit(f"{node.id} · {title}", kind, call, icon=icon, family=family, words=f"{node.type} {title} {details}"))
    return found


def layers(window: Window) -> list[Hit]:
    """Every layer type and every shipped block, to be added."""
    kinds = {shelf.FAMILY: "Block"}
    return [
        Hit(
            f"Add {row.title}",
            kinds.get(row.family, "Layer"),
            partial(window.edit.add_type, row.id),
            icon=row.id,
            family=row.family,
            words=f"{row.title} {row.aliases}",
        )
        for row in (*registry.ROWS, *shelf.rows())
    ]


def lessons(window: Window) -> list[Hit]:
    """Every lesson and template, to be opened."""
    return [Hit(f"Open {entry.title}", entry.kind.capitalize(), partial(window.files.open_lesson, entry.id), icon="lesson") for entry in library.entries()]
