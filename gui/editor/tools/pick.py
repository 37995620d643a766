"""Selecting a wire by a click; dragging from it selects a box like on empty canvas."""

from __future__ import annotations

from engine.graph.model import Wire
from gui.editor.tools.box import Box
from gui.editor.tools.tool import Pointer


class Pick(Box):
    """A click selects the wire: Shift adds, Ctrl toggles."""

    def __init__(self, canvas: object, wire: Wire) -> None:
        super().__init__(canvas)
        self.wire = wire

    def finish(self, pointer: Pointer) -> None:
        if self.dragging:
            super().finish(pointer)
            return
        chosen = self.scene.selection
        if pointer.ctrl:
            chosen.toggle(wire=self.wire)
        elif pointer.shift:
            chosen.add(wire=self.wire)
        else:
            chosen.set((), [self.wire])
