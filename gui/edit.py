"""Edits that come from panels and the command palette: each becomes ops and one undo step. Knows no widget but the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from engine.graph import edits, inputs, inside, surgery
from engine.graph.document import Document, EditError
from engine.graph.model import INPUT, OUTPUT, Value
from engine.graph.ops import Op, SetNode
from engine.graph.problem import WHOLE, Problem
from gui.dialogs import ask
from gui.editor.painting import TitleField
from gui.editor.tools.letters import open_letters
from gui.level import Level, level_at
from gui.phrases import plural

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
        """One repair of a problem as the level that is open sees it; the recipe is the whole document's."""
        if problem.remedies[index].action in WHOLE:
            self.fix(problem, index)
            return
        self.attempt(problem.remedies[index].title, lambda: edits.remedy(self.project.level.snapshot(), problem, index))

    # -- operations on a network that has learned ---------------------------------------------------------------------
    def insert_identity(self) -> None:
        """Layers that change nothing behind the selected node; the next run begins with the weights of the last one, if there is any."""
        level, chosen = self.project.level, self.window.selected_nodes()
        analysis = self.window.bridge.analysis
        facts = analysis.facts(level.path_of(chosen[0])) if analysis and len(chosen) == 1 else None
        if facts is None or not facts.outputs:
            self.window.say("Select one layer that has a shape: they go behind it.", "warning")
            return
        number = ask.count(self.window, f"How many identity layers behind {chosen[0]}?", 1, surgery.MOST)
        if number is None:
            return
        made: list[str] = []

        def ops() -> list[Op]:
            found, names = surgery.insert_identity(level.snapshot(), chosen[0], next(iter(facts.outputs.values())), count=number)
            made.extend(names)
            whole = self.project.snapshot()
            begin = edits.set_recipe(whole, weights_from=folder, hold_epochs=0) if (folder := self.last_weights()) else []
            return [*(inside.in_block(whole, level.inside, found) if level.inside else found), *begin]

        if self.attempt_whole(f"Insert {plural(number, 'identity layer')} behind {chosen[0]}", ops, place=level.path):
            self.canvas.select(made)
            kept = self.project.snapshot().recipe.weights_from
            self.window.say(
                f"The next run begins with the weights of {kept}." if kept else "Train first to see that they change nothing: no run has weights yet."
            )

    def last_weights(self) -> str:
        """The folder of this document's last run, as the recipe names it: relative to the project where it lies below; nothing without a run."""
        run, training = self.window.bridge.run, self.window.training
        if run is None or training.last is None or not run.folder or not Path(run.folder).is_dir():
            return ""
        return self.window.bridge.named(Path(run.folder))

    def to_separable(self) -> None:
        """Each selected convolution as a depthwise and a pointwise one, as one step."""
        level, made = self.project.level, []
        chosen = [name for name in self.window.selected_nodes() if level.node(name).type == "conv2d"]
        if not chosen:
            self.window.say("Select one or more Conv2d layers first.", "warning")
            return

        def ops() -> list[Op]:
            result: list[Op] = []
            here = Document(level.snapshot())
            for name in chosen:
                found, names = surgery.to_separable(here.snapshot(), name)
                here.apply(found)
                result += found
                made.extend(names)
            return result

        what = chosen[0] if len(chosen) == 1 else f"{len(chosen)} convolutions"
        if self.attempt(f"Convert {what} to separable", ops):
            self.canvas.select(made)

    def focus_inspector(self) -> None:
        """Enter on a node: its first field."""
        self.window.raise_panel("inspector")
        if (panel := self.window.panel("inspector")) is not None:
            panel.focus_first_field()

    def swap_inputs(self) -> None:
        """The wires into the selected nodes, each one input on."""
        names, here = self.window.selected_nodes(), self.project.level.snapshot()
        what = f"inputs of {names[0]}" if len(names) == 1 else f"inputs of {len(names)} nodes"
        self.attempt(f"Swap {what}", lambda: [op for name in names for op in inputs.swap(here, name)])

    def connect_by_letter(self) -> None:
        """From the current node's output to the input whose letter is typed."""
        open_letters(self.canvas)

    def connect_into_by_letter(self) -> None:
        """Into the current node, from the output whose letter is typed."""
        open_letters(self.canvas, backwards=True)

    def typing(self) -> bool:
        """Whether a popup or an inline editor is open, so that undo would pull the document from under it."""
        lettering = self.canvas.tool is not None and self.canvas.tool.typing
        inline = isinstance(QApplication.focusWidget(), TitleField)
        return QApplication.activePopupWidget() is not None or self.canvas.chooser.isVisible() or self.canvas.fixing() or lettering or inline
