"""Walking over the network with the arrow keys: along wires left and right, to the neighbour up and down. Pure look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from gui.editor.scene import Scene


def step(scene: Scene, key: Qt.Key) -> str | None:
    """The node that an arrow key leads to from the current one; the leftmost when nothing is selected."""
    name = scene.selection.current
    if name not in scene.nodes:
        names = sorted(scene.nodes, key=lambda n: (scene.nodes[n].x(), scene.nodes[n].y()))
        return names[0] if names else None
    if key == Qt.Key.Key_Right:
        return nearest(scene, name, [wire.target for wire in scene.out[name]])
    if key == Qt.Key.Key_Left:
        first = [wire.source for wire in sorted(scene.into[name], key=lambda w: port_rank(scene, name, w.target_port))]
        return first[0] if first else None
    return beside(scene, name, -1 if key == Qt.Key.Key_Up else 1)


def port_rank(scene: Scene, name: str, port: str) -> float:
    spot = scene.nodes[name].body.spot(port, False)
    return spot.y if spot else 1e9


def nearest(scene: Scene, name: str, others: list[str]) -> str | None:
    """The one of `others` that lies closest."""
    here = scene.nodes[name].pos()
    return min(others, key=lambda other: (scene.nodes[other].pos() - here).manhattanLength(), default=None)


def beside(scene: Scene, name: str, direction: int) -> str | None:
    """The closest node above (-1) or below (1), sideways distance counting double."""
    here = scene.nodes[name].rect().center()
    best, least = None, 1e18
    for other, item in scene.nodes.items():
        way = item.rect().center() - here
        if other == name or way.y() * direction <= 10:
            continue
        cost = abs(way.y()) + 2 * abs(way.x())
        if cost < least:
            best, least = other, cost
    return best
