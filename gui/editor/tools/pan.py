"""Dragging the view: middle button, or Space with the left one. Changes no document."""

from __future__ import annotations

from PySide6.QtCore import Qt

from gui.editor.tools.tool import Pointer, Tool


class Pan(Tool):
    """The scene sticks to the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor
    auto_pan = False

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self.last = pointer.view

    def move(self, pointer: Pointer) -> None:
        step = pointer.view - self.last
        self.canvas.camera.pan(step.x(), step.y())
        self.last = pointer.view
