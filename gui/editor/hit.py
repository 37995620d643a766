"""What lies under a point: port, node, wire or frame, in this order. Reads the scene; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from engine.graph.model import Wire
from engine.graph.rules import PortRef
from gui.editor import node_paint, route
from gui.editor.detail import FULL_FROM, MID_FROM

if TYPE_CHECKING:
    from gui.editor.scene import Scene

PORT_REACH = 12.0  # px: a port's hit area is 24 x 24
INNER_REACH = 9.0  # over the node's own body a little less, so that small nodes can be grabbed
WIRE_REACH = 6.0
SIGN_REACH = 14.0


@dataclass(frozen=True, slots=True)
class Hit:
    """The first thing found; `part` tells the frame's title from its grip, and a node's or wire's problem sign from the rest ("sign")."""

    port: PortRef | None = None
    node: str = ""
    wire: Wire | None = None
    frame: str = ""
    part: str = ""


def at(scene: Scene, point: QPointF, *, zoom: float) -> Hit:
    """What is at a scene point. Ports can be grabbed from 35 % on; below that they are too small to mean one."""
    x, y = point.x(), point.y()
    node = scene.atlas.node_at(x, y)
    if zoom >= MID_FROM:
        reach = PORT_REACH / max(zoom, FULL_FROM)
        port = scene.atlas.port_at(x, y, reach=min(reach, INNER_REACH / max(zoom, FULL_FROM)) if node else reach)
        if port and (node is None or port.node == node or scene.nodes[port.node].zValue() >= scene.nodes[node].zValue()):
            return Hit(port=port)
    if node:
        item = scene.nodes[node]
        sign = zoom >= MID_FROM and node_paint.badge_rect(item.body, item.mood).contains(point - item.pos())
        return Hit(node=node, part="sign" if sign else "")
    wire = wire_at(scene, x, y, reach=WIRE_REACH / zoom)
    for name, item in reversed(scene.frames.items()):
        part = item.part_at(x, y)
        if part == "grip" or (part and wire is None):
            return Hit(frame=name, part=part)
    if wire is None:
        return Hit()
    item = scene.wires[wire]
    near = item.mood.error and (item.sign() - point).manhattanLength() < SIGN_REACH
    return Hit(wire=wire, part="sign" if near else "")


def wire_at(scene: Scene, x: float, y: float, *, reach: float) -> Wire | None:
    """The nearest wire within `reach` of a point."""
    best, least = None, reach
    for wire in scene.atlas.courses.near((x - reach, y - reach, 2 * reach, 2 * reach)):
        away = route.distance(scene.wires[wire].course.points, x, y)
        if away <= least:
            best, least = wire, away
    return best


def wire_under(scene: Scene, area: QRectF, pointer: QPointF) -> Wire | None:
    """The wire that a node lying at `area` would be spliced into: one that runs through its upper half or under the pointer."""
    middle = QPointF(area.center().x(), area.top() + min(area.height() / 2, 24))
    best, least = None, 26.0
    for wire in scene.atlas.courses.near(area.getRect()):
        item = scene.wires[wire]
        if not item.thin:
            away = min(route.distance(item.course.points, p.x(), p.y()) for p in (middle, pointer))
            if away < least:
                best, least = wire, away
    return best
