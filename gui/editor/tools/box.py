"""Selecting by dragging a box over empty canvas; a click on nothing deselects. Shift adds, Ctrl toggles."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from engine.graph.model import Wire
from gui.editor.tools.tool import Pointer, Tool


class Box(Tool):
    """Nodes that the box touches, wires that lie wholly inside, frames wholly inside."""

    def move(self, pointer: Pointer) -> None:
        if not self.passed(pointer):
            return
        box = QRectF(self.press.scene, pointer.scene).normalized()
        self.canvas.overlay.show_box(box)
        nodes, wires, frames = self.chosen(box, pointer)
        self.scene.show_chosen(nodes, wires, frames)

    def finish(self, pointer: Pointer) -> None:
        self.canvas.overlay.clear()
        if not self.dragging:
            if not (pointer.shift or pointer.ctrl):
                self.scene.selection.clear()
            return
        nodes, wires, frames = self.chosen(QRectF(self.press.scene, pointer.scene).normalized(), pointer)
        self.scene.selection.set(sorted(nodes), wires, frames)
        self.scene.show_selection()

    def chosen(self, box: QRectF, pointer: Pointer) -> tuple[set[str], set[Wire], set[str]]:
        """What would be selected now."""
        nodes = set(self.scene.atlas.nodes_in(box.getRect()))
        wires = {wire for wire, item in self.scene.wires.items() if box.contains(item.course.path.controlPointRect().adjusted(-0.5, -0.5, 0.5, 0.5))}
        frames = {name for name, item in self.scene.frames.items() if box.contains(item.area)}
        old = self.scene.selection
        if pointer.ctrl:
            return old.nodes ^ nodes, old.wires ^ wires, old.frames ^ frames
        if pointer.shift:
            return old.nodes | nodes, old.wires | wires, old.frames | frames
        return nodes, wires, frames

    def cancel(self) -> None:
        self.canvas.overlay.clear()
        self.scene.show_selection()
