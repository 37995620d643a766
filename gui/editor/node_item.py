"""A node on the canvas: geometry and state for the scene, painting by node_paint. Never writes the document."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from engine.events import NodeFacts
from engine.graph.model import Node
from engine.layers import registry
from engine.layers.registry import HasBlocks
from gui.editor import anatomy, ink, node_paint, pictures
from gui.editor.detail import FULL, MID

MARGIN = 16.0  # rings, glow and shadow outside the body


class NodeItem(QGraphicsRectItem):
    """Shows one node. The scene calls `show_node`, `tell` and `set_picture`; tools read `spot_at` and `body`.

    Qt keeps its outer rectangle, so that no Python is called for each of thousands of items that Qt looks at.
    """

    def __init__(self, node: Node, owner: HasBlocks | None = None, plain: Node | None = None) -> None:
        super().__init__()
        self.node, self.plain = node, plain or node
        self.row = registry.of(node, owner)
        self.facts: NodeFacts | None = None
        self.mood = node_paint.Mood(bypassed=node.bypassed, frozen=node.frozen)
        self.live = ""
        self.history: list[float] = []
        self.array: np.ndarray | None = None
        self.loose: tuple[list[str], list[str]] = ([], [])
        self.dim = False
        self.look: tuple[object, ...] = ()  # of the body, once it was painted
        self.body = anatomy.measure_bare(self.plain, self.row, badges=node_paint.badge_room(self.mood))
        self.setPen(Qt.PenStyle.NoPen)
        self.setRect(self.outer())
        self.setPos(*node.pos)
        self.setZValue(10)

    def show_node(self, node: Node, owner: HasBlocks | None = None, plain: Node | None = None) -> None:
        """Takes over another record of the same node, or another definition that `owner` has for it. `plain` has values in place of its expressions."""
        before = (self.plain, self.row)
        self.node, self.plain = node, plain or node
        self.row = registry.of(node, owner)
        self.mood.bypassed, self.mood.frozen = node.bypassed, node.frozen
        if before != (self.plain, self.row):
            self.measure()

    def measure(self) -> bool:
        """Lays the node out anew; True when its size or its ports changed."""
        pixmap = self.mood.picture
        size = (pixmap.deviceIndependentSize().width(), pixmap.deviceIndependentSize().height()) if pixmap else None
        room = node_paint.badge_room(self.mood)
        fresh = anatomy.measure(self.plain, self.row, facts=self.facts, live=self.live, picture=size, badges=room, loose=self.loose)
        changed = (fresh.width, fresh.height, fresh.spots) != (self.body.width, self.body.height, self.body.spots)
        self.body, self.look = fresh, ()
        if changed:
            self.setRect(self.outer())
        self.update()
        return changed

    def tell(self, **mood: object) -> None:
        """Changes parts of the mood and repaints when one differs."""
        stale = False
        for name, value in mood.items():
            if getattr(self.mood, name) != value:
                setattr(self.mood, name, value)
                stale = True
        if stale:
            self.update()

    def set_picture(self, array: np.ndarray | None) -> bool:
        """Shows `array` as the node's picture (None: none); True when the node's size changed."""
        self.array = array
        return self.redraw_picture()

    def redraw_picture(self) -> bool:
        look = ink.get().look
        image = pictures.picture(self.array, self.picture_kind(), look) if self.array is not None else None
        if image is None and self.row is not None and self.row.role == "loss":
            image = pictures.sparkline(self.history, look)
        before, self.mood.picture = self.mood.picture, QPixmap.fromImage(image) if image is not None else None
        if before is not None and image is not None and before.size() == self.mood.picture.size() and not self.live:
            self.update(self.picture_rect())  # only what the picture covers is stale
            return False
        return self.measure()

    def picture_rect(self) -> QRectF:
        """Where the picture is, relative to the corner; empty without one."""
        corner, pixmap = self.body.picture, self.mood.picture
        return QRectF(QPointF(*corner), pixmap.deviceIndependentSize()) if corner and pixmap else QRectF()

    def picture_kind(self) -> str:
        """What an array for this node is: samples of a dataset, filters of a layer that has them, else maps."""
        if self.row is None or self.row.role == "data":
            return "samples"
        return "filters" if "filters" in self.row.probes else "maps"

    def spot(self, name: str, is_output: bool) -> QPointF:
        """A port's place in the scene; the node's edge when it has no such port."""
        spot = self.body.spot(name, is_output)
        if spot is None:
            return self.pos() + QPointF(self.body.width if is_output else 0.0, anatomy.FIRST_PORT)
        return self.pos() + QPointF(spot.x, spot.y)

    def rect(self) -> QRectF:
        """The body in the scene."""
        return QRectF(self.x(), self.y(), self.body.width, self.body.height)

    def outer(self) -> QRectF:
        """The body with its rings, from its own corner."""
        return QRectF(-MARGIN, -MARGIN, self.body.width + 2 * MARGIN, self.body.height + 2 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scene = self.scene()
        if scene is None or scene.detail < MID:
            return
        if self.dim:
            painter.setOpacity(0.45)
        full = scene.detail >= FULL
        look = self.look = self.look or node_paint.look_of(self.body)
        node_paint.paint(painter, self.body, self.mood, ink=ink.get(), full=full, ratio=scene.ratio, plates=scene.plates, screen=scene.screen, look=look)
        if self.dim:
            painter.setOpacity(1.0)
