"""Commands of the Arrange menu: alignment, equal gaps, straight wires, and layouts that teach. Each is one undo step of moves; nothing else changes."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.graph import align, layouts
from gui.editor import command

if TYPE_CHECKING:
    from gui.window import Window

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
            command.move(self.canvas, f"Align {edge}", align.aligned(self.canvas.snapshot(), names, edge, sizes=command.sizes(self.canvas, names)))

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
            command.move(self.canvas, f"Distribute {way}", align.distributed(self.canvas.snapshot(), names, axis, sizes=command.sizes(self.canvas, names)))

    distribute_across = partialmethod(distribute, 0)
    distribute_down = partialmethod(distribute, 1)

    def straighten(self) -> None:
        """Puts nodes on the line of what feeds them."""
        names = command.several(self.canvas)
        command.move(self.canvas, "Straighten wires", align.straightened(self.canvas.snapshot(), names))

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
        names = command.several(self.canvas)
        resolutions = self.resolutions(names)
        if len(set(resolutions.values())) < 2:
            self.canvas.hint.emit("A U needs maps of several sizes: the shapes here are all alike or not known yet.")
            return
        command.move(self.canvas, "U-shape", layouts.u_shape(self.canvas.snapshot(), names, resolutions=resolutions, sizes=command.sizes(self.canvas, names)))

    def strips(self) -> None:
        """From top to bottom in one column."""
        names = command.several(self.canvas)
        command.move(self.canvas, "Vertical strips", layouts.strips(self.canvas.snapshot(), names, sizes=command.sizes(self.canvas, names)))

    def resolutions(self, names: set[str]) -> dict[str, int]:
        """The greatest height in pixels of the maps that each node gives, where it gives maps."""
        found = {}
        for name in names:
            facts = self.canvas.network.nodes[name].facts
            heights = [shape[2] for shape in (facts.outputs.values() if facts else ()) if len(shape) == 4]
            if heights:
                found[name] = max(heights)  # of a step that also halves them, what goes across
        return found
