"""What stands still while a few nodes are dragged far away, as one pixmap. Draws only.

A step of a drag then paints the nodes that move and their wires, however many others there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPixmap, QTransform

if TYPE_CHECKING:
    from gui.editor.scene import Scene

SHARE = 8  # at most one in so many nodes may move: more of them cost more than they save


class Standing:
    """Kept from one step to the next; `forget` when anything else than the nodes that move has changed."""

    def __init__(self) -> None:
        self.key: tuple[object, ...] = ()
        self.pixmap = QPixmap()
        self.kept = False  # nothing else has changed now
        self.carried = False  # frames move as well

    def forget(self) -> None:
        if not self.kept:
            self.key, self.pixmap = (), QPixmap()

    def prepare(self, scene: Scene, *, view: QTransform, size: QSize, ratio: float, paint: Callable[[QPainter, np.ndarray, np.ndarray], None]) -> None:
        """Lets `paint` draw the wires and nodes with these rows that stand still, unless it did so at the last step."""
        key = (frozenset(scene.previewed), view.m11(), view.dx(), view.dy(), size.toTuple(), ratio)
        if key == self.key:
            return
        self.key, self.pixmap = key, QPixmap(size * ratio)
        self.pixmap.setDevicePixelRatio(ratio)
        wires, nodes = moving(scene)
        painter = QPainter(self.pixmap)
        paint(painter, others(len(scene.atlas.courses.wires), wires), others(len(scene.atlas.ids), nodes))
        painter.end()


def few_move(scene: Scene) -> bool:
    """Whether a few nodes of many are being dragged, and no frame with them."""
    return 0 < len(scene.previewed) * SHARE <= len(scene.nodes) and not scene.standing.carried


def moving(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the wires and of the nodes that are dragged."""
    wires = [scene.atlas.courses.index[wire] for wire in scene.wires_at(scene.previewed)]
    return np.array(sorted(wires), int), np.array(sorted(scene.atlas.index[name] for name in scene.previewed), int)


def others(count: int, rows: np.ndarray) -> np.ndarray:
    """All rows but these."""
    return np.delete(np.arange(count), rows)
