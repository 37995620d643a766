"""Commands that colour the selected frames, each with its swatch: the colours are those of the layer families. One undo step; paints no frame itself."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon

from engine.graph.ops import Op, SetFrame
from gui import theme
from gui.actions import FRAME_COLORS

if TYPE_CHECKING:
    from gui.window import Window


class FrameColors(QObject):
    """Works on the frames that are selected on the level that is open."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        theme.notifier().changed.connect(self.draw)
        self.draw()

    def draw(self) -> None:
        """The swatches, in the colours of the theme."""
        for family in FRAME_COLORS:
            self.window.acts[f"frame-{family}"].setIcon(QIcon(theme.current().tile(family, 14)))

    def apply(self, family: str) -> None:
        canvas = self.window.canvas
        frames = canvas.network.frames
        ops: list[Op] = [SetFrame(name, {"family": family}) for name in sorted(canvas.network.selection.frames) if frames[name].frame.family != family]
        canvas.push("Colour frame" if len(ops) == 1 else f"Colour {len(ops)} frames", ops)


for color in FRAME_COLORS:
    setattr(FrameColors, f"apply_{color.replace('-', '_')}", partialmethod(FrameColors.apply, color))
