"""Paints the whole network in bulk when it is far away (below 35 %): filled rects per family and straight wires. Draws only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygon, QTransform

from engine.layers.spec import FAMILIES
from gui.editor import bulk, ink

if TYPE_CHECKING:
    from gui.editor.atlas import Atlas
    from gui.editor.scene import Scene


def paint(painter: QPainter, scene: Scene, *, view: QTransform, area: QRect) -> None:
    """Paints what `area` (view px) shows of `scene`; `view` maps scene to view px and only scales and moves."""
    tools, atlas = ink.get(), scene.atlas
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(area, tools.brush("canvas"))
    scale, shift = view.m11(), np.array([view.dx(), view.dy()])
    if scene.frames:
        paint_frames(painter, scene, view)
    if not len(atlas.boxes):
        return
    clip = (area.x() - 4, area.y() - 4, area.right() + 4, area.bottom() + 4)
    paint_wires(painter, atlas, scale=scale, shift=shift, clip=clip)
    boxes = np.empty((len(atlas.boxes), 4))
    boxes[:, :2] = atlas.boxes[:, :2] * scale + shift
    boxes[:, 2:] = np.maximum(atlas.boxes[:, 2:] * scale, 2)
    seen = (boxes[:, 0] < clip[2]) & (boxes[:, 0] + boxes[:, 2] > clip[0]) & (boxes[:, 1] < clip[3]) & (boxes[:, 1] + boxes[:, 3] > clip[1])
    paint_boxes(painter, boxes[seen], atlas.family[seen], tools)
    if scene.heated:
        paint_heat(painter, scene, boxes=boxes, tools=tools)
    paint_signs(painter, scene, boxes=boxes, tools=tools)


def paint_frames(painter: QPainter, scene: Scene, view: QTransform) -> None:
    tools = ink.get()
    for item in scene.frames.values():
        painter.setPen(tools.pen("sel", 1) if item.selected else tools.tint(item.frame.family, 0.38))
        painter.setBrush(tools.tint(item.frame.family, 0.06))
        painter.drawRect(view.mapRect(item.area))


def paint_wires(painter: QPainter, atlas: Atlas, *, scale: float, shift: np.ndarray, clip: tuple[float, float, float, float]) -> None:
    """Straight 1 px lines; those that do not fit in the error colour."""
    if not atlas.wires:
        return
    tools = ink.get()
    pieces, wrongs = atlas.wire_segments()
    lines = pieces.reshape(-1, 2, 2) * scale + shift
    low, high = lines.min(axis=1), lines.max(axis=1)
    seen = (low[:, 0] < clip[2]) & (high[:, 0] > clip[0]) & (low[:, 1] < clip[3]) & (high[:, 1] > clip[1])
    for wrong, pen in ((False, tools.pen("wire", 1)), (True, tools.pen("err", 2))):
        some = lines[seen & (wrongs == wrong)]
        if len(some):
            painter.setPen(pen)
            bulk.draw_lines(painter, some.reshape(-1, 4).round())


def paint_boxes(painter: QPainter, boxes: np.ndarray, family: np.ndarray, tools: ink.Ink) -> None:
    """One filled rect and a 2 px strip per node, family by family."""
    painter.setPen(Qt.PenStyle.NoPen)
    whole = boxes.round().astype(int)
    for index in sorted(set(family.tolist())):
        some = whole[family == index]
        painter.setBrush(tools.block(FAMILIES[index]))
        bulk.draw_rects(painter, some)
        some[:, 2] = 2
        painter.setBrush(tools.family(FAMILIES[index]))
        bulk.draw_rects(painter, some)


def paint_heat(painter: QPainter, scene: Scene, *, boxes: np.ndarray, tools: ink.Ink) -> None:
    """The colours of the heat overlay, over those of the families."""
    for name, index in scene.atlas.index.items():
        if (warmth := scene.nodes[name].mood.warmth) is not None:
            painter.fillRect(QRectF(*boxes[index].tolist()), tools.heat(warmth.level))


def paint_signs(painter: QPainter, scene: Scene, *, boxes: np.ndarray, tools: ink.Ink) -> None:
    """Selection rings and problem octagons, at a constant size on the screen."""
    atlas = scene.atlas
    chosen = [atlas.index[name] for name in scene.selection.nodes if name in atlas.index]
    if chosen:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(tools.pen("sel", 2))
        painter.drawRects([QRectF(*box).adjusted(-2, -2, 2, 2) for box in boxes[chosen].tolist()])
    wrong = np.flatnonzero(atlas.trouble)
    if len(wrong):
        painter.setPen(tools.pen("canvas", 1))
        painter.setBrush(tools.brush("err"))
        for x, y, width, _ in boxes[wrong].tolist():
            painter.drawPolygon(octagon(round(x + width), round(y)))


def octagon(x: int, y: int) -> QPolygon:
    """Eight corners of a sign of 6 px radius."""
    corners: Iterable[tuple[int, int]] = ((-2, -5), (2, -5), (5, -2), (5, 2), (2, 5), (-2, 5), (-5, 2), (-5, -2))
    return QPolygon([QPoint(x + dx, y + dy) for dx, dy in corners])
