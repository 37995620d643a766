"""Commands of the Arrange menu: alignment, equal gaps, straight wires, and layouts that teach. Each is one undo step of moves; nothing else changes."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.graph import align, layouts
from engine.graph.ops import MoveNodes
from gui.editor.anatomy import TITLE
from gui.editor.frame_fit import frames_after

if TYPE_CHECKING:
    from gui.window import Window

ROOM = 20.0  # px that a layout leaves beside each node for wires that turn
FEW = "Select {} or more nodes first."


class Arrangement(QObject):
    """Works on the level that is open: on the selected nodes, and where that means something on all of them."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.canvas = window.canvas

    # -- the selection -----------------------------------------------------------------------------------------------
    def align(self, edge: str) -> None:
        """Brings one edge, or the middle, of the selected nodes onto one line."""
        if names := self.chosen(2):
            self.move(f"Align {edge}", align.aligned(self.canvas.snapshot(), names, edge, sizes=self.sizes(names)))

    align_left = partialmethod(align, "left")
    align_center = partialmethod(align, "center")
    align_right = partialmethod(align, "right")
    align_top = partialmethod(align, "top")
    align_middle = partialmethod(align, "middle")
    align_bottom = partialmethod(align, "bottom")

    def distribute(self, axis: int) -> None:
        """Equal gaps between the selected nodes."""
        if names := self.chosen(3):
            way = ("horizontally", "vertically")[axis]
            self.move(f"Distribute {way}", align.distributed(self.canvas.snapshot(), names, axis, sizes=self.sizes(names)))

    distribute_across = partialmethod(distribute, 0)
    distribute_down = partialmethod(distribute, 1)

    def straighten(self) -> None:
        """Puts nodes on the line of what feeds them."""
        names = self.some()
        self.move("Straighten wires", align.straightened(self.canvas.snapshot(), names))

    def chosen(self, least: int) -> set[str]:
        """The selected nodes, or nothing and a word where they are too few."""
        names = set(self.canvas.network.selection.nodes)
        if len(names) < least:
            self.canvas.hint.emit(FEW.format({2: "two", 3: "three"}[least]))
            return set()
        return names

    # -- the selection, or everything --------------------------------------------------------------------------------
    def u_shape(self) -> None:
        """Encoder down, decoder up: each node as low as its maps are small."""
        names = self.some()
        resolutions = self.resolutions(names)
        if len(set(resolutions.values())) < 2:
            self.canvas.hint.emit("A U needs maps of several sizes: the shapes here are all alike or not known yet.")
            return
        self.move("U-shape", layouts.u_shape(self.canvas.snapshot(), names, resolutions=resolutions, sizes=self.sizes(names)))

    def strips(self) -> None:
        """From top to bottom in one column."""
        names = self.some()
        self.move("Vertical strips", layouts.strips(self.canvas.snapshot(), names, sizes=self.sizes(names)))

    def some(self) -> set[str]:
        """The selected nodes when they are several, else all of this level."""
        nodes = self.canvas.network.selection.nodes
        return set(nodes) if len(nodes) > 1 else set(self.canvas.network.nodes)

    def resolutions(self, names: set[str]) -> dict[str, int]:
        """The greatest height in pixels of the maps that each node gives, where it gives maps."""
        found = {}
        for name in names:
            facts = self.canvas.network.nodes[name].facts
            heights = [shape[2] for shape in (facts.outputs.values() if facts else ()) if len(shape) == 4]
            if heights:
                found[name] = max(heights)  # of a step that also halves them, what goes across
        return found

    def sizes(self, names: set[str]) -> dict[str, tuple[float, float]]:
        bodies = {name: self.canvas.network.nodes[name].body for name in names}
        return {name: (body.width + ROOM, max(body.height, TITLE)) for name, body in bodies.items()}

    def move(self, label: str, op: MoveNodes) -> None:
        """Pushes what really moves, and lets it glide there."""
        items = self.canvas.network.nodes
        goals = {name: pos for name, pos in op.positions.items() if items[name].node.pos != pos}
        homes = {name: items[name].pos().toTuple() for name in goals}
        if goals and self.canvas.push(label, [MoveNodes(goals), *frames_after(self.canvas.network, goals)]):
            self.canvas.glide_nodes(homes)
