"""Alignment while nodes are dragged: which edges meet others, how far to snap, and the lines to show. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF

from gui.editor.atlas import Atlas
from gui.editor.overlay import Guides

REACH = 1200.0  # px within which other nodes count


def neighbours(corner: QPointF, atlas: Atlas, moving: Iterable[str]) -> np.ndarray:
    """The boxes of the nodes that count for a node at `corner`, shape (n, 4): those that stay where they are, not too far away."""
    near = (np.abs(atlas.boxes[:, 0] - corner.x()) < REACH) & (np.abs(atlas.boxes[:, 1] - corner.y()) < REACH)
    near[[atlas.index[name] for name in moving if name in atlas.index]] = False
    return atlas.boxes[near]


def align(area: QRectF, boxes: np.ndarray, *, tolerance: float) -> tuple[float | None, float | None]:
    """Shift in x and y that aligns `area` (the dragged node) with its neighbours' boxes; None where nothing is near enough.

    Tops align with tops (so that wires get straight), left, middle and right edges with each other's.
    """
    if not len(boxes):
        return None, None
    lefts, widths = boxes[:, 0], boxes[:, 2]
    columns = np.concatenate([lefts - area.left(), lefts + widths - area.right(), lefts + widths / 2 - area.center().x()])
    return nearest(columns, tolerance), nearest(boxes[:, 1] - area.top(), tolerance)


def lines_at(area: QRectF, boxes: np.ndarray) -> Guides:
    """The guides for a node that lies at `area` now."""
    guides = Guides()
    row = boxes[np.abs(boxes[:, 1] - area.top()) < 0.5]
    if len(row):
        add_row(guides, area, row)
    add_column(guides, area, boxes)
    return guides


def nearest(offsets: np.ndarray, tolerance: float) -> float | None:
    """The smallest offset within `tolerance`."""
    best = float(offsets[np.abs(offsets).argmin()])
    return best if abs(best) <= tolerance else None


def add_row(guides: Guides, area: QRectF, boxes: np.ndarray) -> None:
    """A line through the tops of a row, and the gaps to the nearest nodes left and right."""
    left, right = min(area.left(), float(boxes[:, 0].min())), max(area.right(), float((boxes[:, 0] + boxes[:, 2]).max()))
    guides.lines.append(QLineF(left, area.top(), right, area.top()))
    ends = boxes[:, 0] + boxes[:, 2]
    before, after = ends[ends <= area.left()], boxes[boxes[:, 0] >= area.right(), 0]
    if len(before):
        edge = float(before.max())
        guides.gaps.append((f"{area.left() - edge:.0f}", QPointF((edge + area.left()) / 2, area.top() - 9)))
    if len(after):
        edge = float(after.min())
        guides.gaps.append((f"{edge - area.right():.0f}", QPointF((edge + area.right()) / 2, area.top() - 9)))


def add_column(guides: Guides, area: QRectF, boxes: np.ndarray) -> None:
    """Vertical lines where left edges, middles or right edges meet."""
    for own, others in ((area.left(), boxes[:, 0]), (area.center().x(), boxes[:, 0] + boxes[:, 2] / 2), (area.right(), boxes[:, 0] + boxes[:, 2])):
        same = boxes[np.abs(others - own) < 0.5]
        if len(same):
            top, bottom = min(area.top(), float(same[:, 1].min())), max(area.bottom(), float((same[:, 1] + same[:, 3]).max()))
            guides.lines.append(QLineF(own, top, own, bottom))
