"""Resizing a frame by its lower right corner; one undo step."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt

from engine.graph.ops import SetFrame
from gui.editor.detail import snap
from gui.editor.tools.tool import Pointer, Tool

LEAST = 60.0


class Resize(Tool):
    """The corner follows the pointer on the grid."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, canvas: object, frame: str) -> None:
        super().__init__(canvas)
        self.frame = frame

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self.home = QRectF(self.scene.frames[self.frame].area)
        self.scene.selection.set((), (), [self.frame])

    def move(self, pointer: Pointer) -> None:
        if self.passed(pointer):
            way = pointer.scene - self.press.scene
            width = max(LEAST, snap(self.home.right() + way.x()) - self.home.x())
            height = max(LEAST, snap(self.home.bottom() + way.y()) - self.home.y())
            self.scene.preview({}, {self.frame: QRectF(self.home.x(), self.home.y(), width, height)})

    def finish(self, pointer: Pointer) -> None:
        area = self.scene.frames[self.frame].area
        if area != self.home:
            self.canvas.push("Resize frame", [SetFrame(self.frame, {"rect": area.getRect()})])

    def cancel(self) -> None:
        self.scene.preview({}, {self.frame: self.home})
