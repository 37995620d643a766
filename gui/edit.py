"""Edits that come from panels and the command palette: each becomes ops and one undo step. Knows no widget but the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.model import INPUT, OUTPUT, Value
from engine.graph.ops import Op, SetNode
from engine.graph.problem import Problem
from gui.editor.tools.letters import open_letters

if TYPE_CHECKING:
    from gui.window import Window


class Edit(QObject):
    """What panels ask for; the canvas pushes its own edits."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.project = window.project
        self.canvas = window.canvas

    def attempt(self, label: str, make: Callable[[], Iterable[Op]], merge: str = "") -> bool:
        """Pushes the ops that `make` returns for the level that is open; a refusal is said in the status bar."""
        try:
            self.project.edit(label, make(), merge=merge)
        except EditError as error:
            self.window.say(str(error), "warning")
            return False
        return True

    # -- from panels -------------------------------------------------------------------------------------------------
    def add_type(self, type_id: str) -> None:
        """A layer chosen in the palette: behind the selected node, or into the middle of the view."""
        self.canvas.add_layer(type_id)

    def set_param(self, node: str, name: str, value: Value) -> None:
        """One parameter of the inspector; a scrub is one undo step."""
        snapshot = self.project.level.snapshot()
        self.attempt(f"Set {name} of {node}", lambda: edits.set_param(snapshot, node, name, value=value), merge=f"param {node} {name}")

    def set_node(self, node: str, changes: dict[str, Value]) -> None:
        """Fields of a node itself: title, bypassed, frozen, the factor on its learning rate, whose weights it shares, or a new id."""
        changes = dict(changes)
        if "title" in changes and node in self.project.level and self.project.level.node(node).type in (INPUT, OUTPUT):
            changes["id"] = str(changes.pop("title")) or node  # a port is called by its id
        new = str(changes.pop("id", node))
        if new != node:
            self.attempt(f"Rename {node}", lambda: edits.rename(self.project.level.snapshot(), node, new))
            node = new if new in self.project.level else node
        if "shares" in changes:
            other = str(changes.pop("shares"))
            label = f"Share weights of {other}" if other else f"Give {node} its own weights"
            self.attempt(label, lambda: edits.share_weights(self.project.level.snapshot(), node, other))
        if "lr_factor" in changes:
            factor = {"lr_factor": changes.pop("lr_factor")}
            self.attempt(f"Set rate factor of {node}", lambda: [SetNode(node, factor)], merge=f"rate factor {node}")
        if changes:
            self.set_nodes([node], changes)

    def set_nodes(self, nodes: list[str], changes: dict[str, Value]) -> None:
        """The same fields of several nodes as one step."""
        name = ", ".join(changes)
        present = [node for node in nodes if node in self.project.level]
        self.attempt(f"Set {name} of {present[0] if len(present) == 1 else f'{len(present)} nodes'}", lambda: [SetNode(node, changes) for node in present])

    def delete_nodes(self, nodes: list[str]) -> None:
        snapshot = self.project.level.snapshot()
        self.attempt(f"Delete {nodes[0] if len(nodes) == 1 else f'{len(nodes)} nodes'}", lambda: edits.delete(snapshot, nodes))

    def fix(self, problem: Problem, index: int) -> None:
        """One repair of a problem of the whole document."""
        try:
            place = problem.path.rpartition("/")[0]
            self.project.push(problem.remedies[index].title, edits.remedy(self.project.snapshot(), problem, index), place=place)
        except EditError as error:
            self.window.say(str(error), "warning")

    def fix_here(self, problem: Problem, index: int) -> None:
        """One repair of a problem as the level that is open sees it."""
        self.attempt(problem.remedies[index].title, lambda: edits.remedy(self.project.level.snapshot(), problem, index))

    def focus_inspector(self) -> None:
        """Enter on a node: its first field."""
        self.window.raise_panel("inspector")
        if (panel := self.window.panel("inspector")) is not None:
            panel.focus_first_field()

    def connect_by_letter(self) -> None:
        """From the current node's output to the input whose letter is typed."""
        open_letters(self.canvas)

    def connect_into_by_letter(self) -> None:
        """Into the current node, from the output whose letter is typed."""
        open_letters(self.canvas, backwards=True)

    def typing(self) -> bool:
        """Whether a popup or an inline editor is open, so that undo would pull the document from under it."""
        lettering = self.canvas.tool is not None and self.canvas.tool.typing
        return QApplication.activePopupWidget() is not None or self.canvas.chooser.isVisible() or self.canvas.fixing() or lettering
