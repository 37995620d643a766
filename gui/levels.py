"""What the window does about levels: the trail over the canvas, ways from panels into blocks, and where an undone step is shown. Edits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from engine.graph.model import block_of, plain_path, steps
from engine.graph.ops import AddNode, AddWire, InBlock, MoveNodes, Op, RemoveWire, RenameNode, SetNode, SetParams
from gui.level import Level, bare, ways

if TYPE_CHECKING:
    from gui.project import Edit
    from gui.window import Window


class Levels(QObject):
    """Knows the window; the project says which level is open."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.project = window.project
        self.canvas = window.canvas
        self.project.levelChanging.connect(self.end_typing)
        self.project.levelChanged.connect(self.follow)
        self.project.changed.connect(lambda _: self.show_trail())
        self.project.stepped.connect(self.show_step)
        window.breadcrumbs.wanted.connect(self.go_back)
        window.breadcrumbs.copyWanted.connect(self.go_to_copy)

    @property
    def level(self) -> Level:
        """The level that is open."""
        return self.project.level

    def facts(self) -> dict[str, bool]:
        """What commands depend on: whether one is inside a block, and whether exactly one block is selected."""
        names = self.canvas.selected()
        block = len(names) == 1 and names[0] in self.level and bool(block_of(self.level.node(names[0]).type))
        return {"inside": bool(self.level.path), "block": block, "copies": self.level.times > 1}

    def end_typing(self) -> None:
        """What is half typed in the inspector goes to the node that it was typed for."""
        panel = self.window.panel("inspector")
        if panel is not None and (field := panel.focusWidget()) is not None and panel.isAncestorOf(field):
            field.clearFocus()

    # -- showing -----------------------------------------------------------------------------------------------------
    def follow(self) -> None:
        """Another level is open."""
        self.show_trail()
        self.window.refresh_actions()

    def show_trail(self) -> None:
        """The names over the canvas."""
        level = self.level
        names = [self.project.title, *(name for _, name in level.trail())]
        copy = steps(level.path)[-1][1] if level.path else 0
        self.window.breadcrumbs.set_names(names, copy=copy, copies=level.times)

    def show_step(self, step: Edit) -> None:
        """Brings what a step changed into view, after it was undone or redone."""
        nodes = self.canvas.network.nodes
        names = [name for name in touched(step.ops, self.level.inside) if name in nodes]
        area = QRectF()
        for name in names:
            area = area.united(nodes[name].rect())
        if names and not area.intersects(self.canvas.camera.shown()):
            self.canvas.camera.look_at(area.center(), self.canvas.camera.zoom)

    # -- going -------------------------------------------------------------------------------------------------------
    def go_back(self, index: int) -> None:
        """To a name of the trail: 0 is the document."""
        trail = self.level.trail()
        self.project.go(trail[index - 1][0] if index else "")
        self.canvas.setFocus()

    def go_to_copy(self, index: int) -> None:
        """To another copy of the repeated block that is shown."""
        outer, _, last = self.level.path.rpartition("/")
        part = f"{last.partition('.')[0]}.{index}"
        self.project.go(plain_path(f"{outer}/{part}" if outer else part))

    def next_copy(self) -> None:
        self.step_copy(1)

    def previous_copy(self) -> None:
        self.step_copy(-1)

    def step_copy(self, by: int) -> None:
        """To the copy after or before this one, round the end."""
        times = self.level.times
        if times > 1:
            self.go_to_copy((steps(self.level.path)[-1][1] + by) % times)

    def select_paths(self, paths: list[str]) -> None:
        """Selects nodes chosen by their paths, on the level of the last one; those of other levels are left out."""
        if not paths:
            self.canvas.select([])
            return
        outer = paths[-1].rpartition("/")[0]
        if bare(self.level.path) != outer:
            self.project.go(outer)
        self.canvas.select([path.rpartition("/")[2] for path in paths if path.rpartition("/")[0] == outer])

    def open_definition(self, block_id: str, node_id: str) -> None:
        """Shows a node inside a definition: in the instance that is open, or the nearest one."""
        way = self.level.path if self.level.inside == block_id else ways(self.project.snapshot(), self.level.path).get(block_id)
        if way is not None:
            self.canvas.open_path(f"{way}/{node_id}" if way else node_id)


def touched(ops: list[Op], inside: str) -> list[str]:
    """The nodes of a level ("" or a definition) that these ops speak of."""
    names: list[str] = []
    for each in ops:
        op = each.op if isinstance(each, InBlock) and each.block == inside else each if not inside else None
        if isinstance(op, AddNode):
            names.append(op.node.id)
        elif isinstance(op, SetParams | SetNode):
            names.append(op.id)
        elif isinstance(op, RenameNode):
            names += [op.old, op.new]
        elif isinstance(op, MoveNodes):
            names += list(op.positions)
        elif isinstance(op, AddWire | RemoveWire):
            names += [op.wire.source, op.wire.target]
    return names
