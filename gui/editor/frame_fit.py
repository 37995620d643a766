"""Frames after a layout: each goes on holding the nodes that it held. Gives ops; moves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from engine.graph.ops import Op, SetFrame

if TYPE_CHECKING:
    from gui.editor.scene import Scene

PAD, HEAD = 30.0, 50.0  # px between a frame and what it holds; its top has the title


def around(bounds: QRectF) -> QRectF:
    """The frame of what lies within `bounds`."""
    return bounds.adjusted(-PAD, -HEAD, PAD, PAD)


def frames_after(scene: Scene, positions: Mapping[str, tuple[float, float]]) -> list[Op]:
    """What brings the frames round their nodes once these are at `positions`; a frame that holds none of them stays as it is."""
    ops: list[Op] = []
    for name, item in scene.frames.items():
        held = [node for node, body in scene.nodes.items() if item.area.contains(body.rect().center())]
        if any(node in positions for node in held):
            area = QRectF()
            for node in held:
                body = scene.nodes[node].body
                x, y = positions.get(node, scene.nodes[node].node.pos)
                area = area.united(QRectF(x, y, body.width, body.height))
            rect = around(area).getRect()
            if rect != tuple(item.frame.rect):
                ops.append(SetFrame(name, {"rect": rect}))
    return ops
