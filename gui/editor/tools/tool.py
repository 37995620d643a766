"""What every gesture has in common: start, move, finish, cancel. A tool asks the canvas and pushes ops; it owns no state of the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from gui.editor.view import Canvas

THRESHOLD = 4.0  # px that the pointer may shake before a click becomes a drag


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the mouse is: scene point, viewport pixel, and what else is held."""

    scene: QPointF
    view: QPointF
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    button: Qt.MouseButton = Qt.MouseButton.NoButton

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def ctrl(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)

    @property
    def alt(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)


class Tool:
    """One gesture. `sticky` tools go on after the button was released, until the next click."""

    cursor = Qt.CursorShape.ArrowCursor
    auto_pan = True
    typing = False  # whether letters belong to it, so that shortcuts and undo wait

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.scene = canvas.network
        self.press = Pointer(QPointF(), QPointF())
        self.sticky = False
        self.dragging = False

    def start(self, pointer: Pointer) -> None:
        """The button went down."""
        self.press = pointer

    def passed(self, pointer: Pointer) -> bool:
        """Whether the pointer has left the threshold once; from then on it is a drag."""
        if not self.dragging and (pointer.view - self.press.view).manhattanLength() >= THRESHOLD:
            self.dragging = True
        return self.dragging

    def move(self, pointer: Pointer) -> None:
        """The pointer moved."""

    def finish(self, pointer: Pointer) -> None:
        """The button was released: push what was done."""

    def key(self, event: QKeyEvent) -> bool:
        """A key was pressed; whether it was for the tool."""
        return False

    def cancel(self) -> None:
        """Escape or lost focus: as if nothing had happened."""
