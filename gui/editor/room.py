"""Making room for a node that is put into a wire: what lies right of it moves on. Pure arithmetic over the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph.model import Wire
from gui.editor.detail import snap

if TYPE_CHECKING:
    from gui.editor.scene import Scene

GAP = 60.0  # px left and right of the new node at least
LINE = 60.0  # px within which nodes count as on the same line


def positions(scene: Scene, name: str, wire: Wire, *, corner: tuple[float, float], width: float) -> dict[str, tuple[float, float]]:
    """Where `name` (top-left `corner` so far) and the nodes behind `wire` go, so that none overlap; empty for a wire that runs back."""
    source, target = scene.nodes[wire.source], scene.nodes[wire.target]
    left = source.x() + source.body.width
    if target.x() < left or abs(target.y() - corner[1]) > LINE or abs(source.y() - corner[1]) > LINE:
        return {}
    x = corner[0] if corner[0] >= left + GAP else snap(left + GAP + 9)
    if x + width + GAP > target.x() and corner[0] > left + GAP:
        x = max(snap(left + GAP + 9), min(x, snap(target.x() - GAP - width)))
    places = {name: (x, target.y())}
    push = snap(x + width + GAP - target.x() + 9)
    if push > 0:
        for other, item in scene.nodes.items():
            if other != name and item.x() >= target.x() and abs(item.y() - target.y()) < LINE:
                places[other] = (item.x() + push, item.y())
    return places
