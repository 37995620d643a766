"""Which gesture a press begins: looks at what is under the pointer and which keys are held. Starts nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from engine.graph.rules import PortRef
from gui.editor import hit
from gui.editor.tools.box import Box
from gui.editor.tools.connect import Connect
from gui.editor.tools.cut import Cut
from gui.editor.tools.move import Move
from gui.editor.tools.pan import Pan
from gui.editor.tools.pick import Pick
from gui.editor.tools.resize import Resize
from gui.editor.tools.tool import Pointer, Tool

if TYPE_CHECKING:
    from gui.editor.view import Canvas


def tool_for(canvas: Canvas, pointer: Pointer) -> Tool | None:
    """The tool for this press, or None when it means nothing."""
    if pointer.button == Qt.MouseButton.MiddleButton or (pointer.button == Qt.MouseButton.LeftButton and canvas.space_held):
        return Pan(canvas)
    if pointer.button == Qt.MouseButton.RightButton and pointer.ctrl:
        return Cut(canvas)
    if pointer.button != Qt.MouseButton.LeftButton:
        return None
    scene = canvas.network
    found = hit.at(scene, pointer.scene, zoom=canvas.camera.zoom)
    if found.port:
        return for_port(canvas, found.port, pointer)
    if found.node:
        return Move(canvas, grabbed=found.node)
    if found.frame and found.part == "grip":
        return Resize(canvas, found.frame)
    if found.wire:
        return Pick(canvas, found.wire)
    if found.frame:
        return Move(canvas, frame=found.frame)
    return Box(canvas)


def for_port(canvas: Canvas, port: PortRef, pointer: Pointer) -> Connect:
    """From an output or a free input a new wire; an occupied input gives its wire away; Ctrl on an output moves all its wires."""
    scene = canvas.network
    if port.is_output:
        own = [wire for wire in scene.out[port.node] if wire.source_port == port.port]
        if pointer.ctrl and own:
            return Connect(canvas, [PortRef(w.target, w.target_port, False) for w in own], old=own)
        return Connect(canvas, [port])
    own = [wire for wire in scene.into[port.node] if wire.target_port == port.port]
    if own:
        return Connect(canvas, [PortRef(own[0].source, own[0].source_port, True)], old=own)
    return Connect(canvas, [port])
