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
from gui.level import Level, level_at

if TYPE_CHECKING:
    from gui.window import Window


class Edit(QObject):
    """What panels ask for; the canvas pushes its own edits."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.project = window.project
        self.canvas = window.canvas

    def attempt(self, label: str, make: Callable[[], Iterable[Op]], *, merge: str = "", level: Level | None = None) -> bool:
        """Pushes the ops that `make` returns for a level (default: the one that is open); a refusal is said in the status bar."""
        try:
            self.project.edit(label, make(), merge=merge, level=level)
        except EditError as error:
            self.window.say(str(error), "warning")
            return False
        return True

    def attempt_whole(self, label: str, make: Callable[[], Iterable[Op]], *, place: str) -> bool:
        """The same for ops of the whole document; `place` is the level where undoing them leads."""
        try:
            self.project.push(label, make(), place=place)
        except EditError as error:
            self.window.say(str(error), "warning")
            return False
        return True

    def at(self, path: str) -> tuple[Level, str]:
        """The level on which the node at `path` lies, and the node's id."""
        outer, _, name = path.rpartition("/")
        here = self.project.level
        return (here if here.path == outer else level_at(self.project.document, outer)), name.partition(".")[0]

    # -- from panels -------------------------------------------------------------------------------------------------
    def add_type(self, type_id: str) -> None:
        """A layer chosen in the palette: behind the selected node, or into the middle of the view."""
        self.canvas.add_layer(type_id)

    def set_param(self, path: str, name: str, value: Value) -> None:
        """One parameter of the inspector; a scrub is one undo step."""
        level, node = self.at(path)
        self.attempt(
            f"Set {name} of {node}", lambda: edits.set_param(level.snapshot(), node, name, value=value), merge=f"param {path} {name}", level=level
        )  # fmt: skip

    def set_params(self, paths: list[str], name: str, value: Value) -> None:
        """One parameter of several nodes of one level, as one step."""
        level = self.at(paths[0])[0] if paths else self.project.level
        nodes = [node for node in (self.at(path)[1] for path in paths) if node in level]
        self.attempt(
            f"Set {name} of {len(nodes)} nodes", lambda: [op for node in nodes for op in edits.set_param(level.snapshot(), node, name, value=value)],
            merge=f"param {' '.join(paths)} {name}", level=level,
        )  # fmt: skip

    def set_node(self, path: str, changes: dict[str, Value]) -> None:
        """Fields of a node itself: title, bypassed, frozen, the factor on its learning rate, whose weights it shares, or a new id."""
        changes = dict(changes)
        level, node = self.at(path)
        if "title" in changes and node in level and level.node(node).type in (INPUT, OUTPUT):
            changes["id"] = str(changes.pop("title")) or node  # a port is called by its id
        new = str(changes.pop("id", node))
        if new != node:
            self.attempt(f"Rename {node}", lambda: edits.rename(level.snapshot(), node, new), level=level)
            node = new if new in level else node
        if "shares" in changes:
            other = str(changes.pop("shares"))
            label = f"Share weights of {other}" if other else f"Give {node} its own weights"
            self.attempt(label, lambda: edits.share_weights(level.snapshot(), node, other), level=level)
        if "lr_factor" in changes:
            factor = {"lr_factor": changes.pop("lr_factor")}
            self.attempt(f"Set rate factor of {node}", lambda: [SetNode(node, factor)], merge=f"rate factor {path}", level=level)
        if changes:
            self.set_nodes([level.path_of(node)], changes)

    def set_nodes(self, paths: list[str], changes: dict[str, Value]) -> None:
        """The same fields of several nodes of one level as one step."""
        level = self.at(paths[0])[0] if paths else self.project.level
        present = [node for node in (self.at(path)[1] for path in paths) if node in level]
        name = ", ".join(changes)
        what = present[0] if len(present) == 1 else f"{len(present)} nodes"
        self.attempt(f"Set {name} of {what}", lambda: [SetNode(node, changes) for node in present], level=level)

    def delete_nodes(self, paths: list[str]) -> None:
        """Nodes of one level."""
        level = self.at(paths[0])[0] if paths else self.project.level
        nodes = [node for node in (self.at(path)[1] for path in paths if self.at(path)[0].path == level.path) if node in level]
        what = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
        self.attempt(f"Delete {what}", lambda: edits.delete(level.snapshot(), nodes), level=level)

    def fix(self, problem: Problem, index: int) -> None:
        """One repair of a problem of the whole document."""
        place = problem.path.rpartition("/")[0]
        self.attempt_whole(problem.remedies[index].title, lambda: edits.remedy(self.project.snapshot(), problem, index), place=place)

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
