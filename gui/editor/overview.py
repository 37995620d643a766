"""Paints the whole network in bulk when it is far away (below 35 %): filled rects per family and straight wires. Draws only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPolygon, QRegion, QTransform

from engine.layers.spec import FAMILIES
from gui.editor import bulk, ink, standing

if TYPE_CHECKING:
    from gui.editor.scene import Scene

REACH = 8  # px by which rings and signs may leave their node
MOST = 12  # areas that are looked at one by one
FEW = 10  # nodes that are sooner painted one by one than sorted by family


def paint(painter: QPainter, scene: Scene, *, view: QTransform, region: QRegion) -> None:
    """Paints what `region` (view px) shows of `scene`, and clips nothing; `view` maps scene to view px and only scales and moves."""
    atlas, whole = scene.atlas, region.boundingRect()
    paint_ground(painter, scene, view=view, area=whole)
    back = view.inverted()[0]
    areas = list(region) if region.rectCount() <= MOST else [whole]
    near = np.array([back.mapRect(QRectF(area).adjusted(-REACH, -REACH, REACH, REACH)).getCoords() for area in areas])
    paint_wires(painter, scene, atlas.courses.rows_in(near), view)
    paint_nodes(painter, scene, atlas.rows_in(near), view)


def paint_dragged(painter: QPainter, scene: Scene, *, view: QTransform, size: QSize, ratio: float) -> None:
    """As `paint` while a few nodes are dragged: they and their wires, over a pixmap of all that stands still."""

    def paint_still(brush: QPainter, wires: np.ndarray, nodes: np.ndarray) -> None:
        paint_ground(brush, scene, view=view, area=QRect(QPoint(), size))
        paint_wires(brush, scene, wires, view)
        paint_nodes(brush, scene, nodes, view)

    scene.standing.prepare(scene, view=view, size=size, ratio=ratio, paint=paint_still)
    painter.drawPixmap(0, 0, scene.standing.pixmap)  # the painter cuts it to what is stale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    wires, nodes = standing.moving(scene)
    paint_wires(painter, scene, wires, view)
    paint_nodes(painter, scene, nodes, view)


def paint_ground(painter: QPainter, scene: Scene, *, view: QTransform, area: QRect) -> None:
    """The canvas with its frames."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(area, ink.get().brush("canvas"))
    if scene.frames:
        paint_frames(painter, scene, view)


def paint_frames(painter: QPainter, scene: Scene, view: QTransform) -> None:
    tools = ink.get()
    for item in scene.frames.values():
        painter.setPen(tools.pen("sel", 1) if item.selected else tools.tint(item.frame.family, 0.38))
        painter.setBrush(tools.tint(item.frame.family, 0.06))
        painter.drawRect(view.mapRect(item.area))


def paint_wires(painter: QPainter, scene: Scene, rows: np.ndarray, view: QTransform) -> None:
    """Straight 1 px lines for the wires at `rows`; those that do not fit in the error colour."""
    if not len(rows):
        return
    tools = ink.get()
    pieces, wrongs = scene.atlas.courses.segments(rows)
    lines = np.rint(pieces.reshape(-1, 2, 2) * view.m11() + (view.dx(), view.dy())).reshape(-1, 4)
    some = wrongs.any()
    painter.setPen(tools.pen("wire", 1))
    bulk.draw_lines(painter, lines[~wrongs] if some else lines)
    if some:
        painter.setPen(tools.pen("err", 2))
        bulk.draw_lines(painter, lines[wrongs])


def paint_nodes(painter: QPainter, scene: Scene, rows: np.ndarray, view: QTransform) -> None:
    """The nodes at `rows` with their signs."""
    if not len(rows):
        return
    tools, atlas = ink.get(), scene.atlas
    boxes = atlas.boxes[rows] * view.m11()
    boxes[:, :2] += (view.dx(), view.dy())
    boxes[:, 2:] = np.maximum(boxes[:, 2:], 2)
    paint_boxes(painter, boxes, atlas.family[rows], tools)
    if scene.heated:
        paint_heat(painter, scene, rows=rows, boxes=boxes, tools=tools)
    paint_signs(painter, scene, rows=rows, boxes=boxes, tools=tools)


def paint_boxes(painter: QPainter, boxes: np.ndarray, family: np.ndarray, tools: ink.Ink) -> None:
    """One filled rect and a 2 px strip per node, family by family where there are many."""
    whole = np.rint(boxes).astype(int)
    if len(whole) < FEW:
        for (x, y, width, height), index in zip(whole.tolist(), family.tolist(), strict=True):
            painter.fillRect(x, y, width, height, tools.block(FAMILIES[index]))
            painter.fillRect(x, y, 2, height, tools.family(FAMILIES[index]))
        return
    order, groups = bulk.by_kind(family)
    corners = bulk.corners_of(whole[order])
    strips = corners.copy()
    strips[:, 2] = corners[:, 0] + 1
    painter.setPen(Qt.PenStyle.NoPen)
    for index, first, end in groups:
        painter.setBrush(tools.block(FAMILIES[index]))
        bulk.draw_corners(painter, corners[first:end])
        painter.setBrush(tools.family(FAMILIES[index]))
        bulk.draw_corners(painter, strips[first:end])


def paint_heat(painter: QPainter, scene: Scene, *, rows: np.ndarray, boxes: np.ndarray, tools: ink.Ink) -> None:
    """The colours of the heat overlay, over those of the families."""
    ids = scene.atlas.ids
    for row, box in zip(rows.tolist(), boxes.tolist(), strict=True):
        if (warmth := scene.nodes[ids[row]].mood.warmth) is not None:
            painter.fillRect(QRectF(*box), tools.heat(warmth.level))


def paint_signs(painter: QPainter, scene: Scene, *, rows: np.ndarray, boxes: np.ndarray, tools: ink.Ink) -> None:
    """Selection rings and problem octagons of the nodes at `rows`, at a constant size on the screen."""
    atlas, chosen = scene.atlas, scene.selection.nodes
    if chosen:
        ringed = np.zeros(len(atlas.ids), bool)
        ringed[[atlas.index[name] for name in chosen if name in atlas.index]] = True
        rings = [QRectF(*box).adjusted(-2, -2, 2, 2) for box in boxes[ringed[rows]].tolist()]
        if rings:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(tools.pen("sel", 2))
            painter.drawRects(rings)
    wrong = boxes[atlas.trouble[rows]]
    if len(wrong):
        painter.setPen(tools.pen("canvas", 1))
        painter.setBrush(tools.brush("err"))
        for x, y, width, _ in wrong.tolist():
            painter.drawPolygon(octagon(round(x + width), round(y)))


def octagon(x: int, y: int) -> QPolygon:
    """Eight corners of a sign of 6 px radius."""
    corners: Iterable[tuple[int, int]] = ((-2, -5), (2, -5), (5, -2), (5, 2), (2, 5), (-2, 5), (-5, 2), (-5, -2))
    return QPolygon([QPoint(x + dx, y + dy) for dx, dy in corners])
