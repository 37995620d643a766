"""The whole network as a picture: a QImage at any scale, or an SVG file. Reads the scene; the view stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from gui.editor import ink
from gui.editor.detail import FULL

if TYPE_CHECKING:
    from gui.editor.scene import Scene

MARGIN = 24.0
MOST = 16_000  # px a side: beyond that the scale is reduced


def image(scene: Scene, scale: float) -> QImage:
    """All of the network with full detail; background in the canvas colour."""
    area = extent(scene)
    scale = min(scale, MOST / max(area.width(), area.height()))
    result = QImage(round(area.width() * scale), round(area.height() * scale), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(ink.get().color("canvas"))
    painter = QPainter(result)
    render(scene, painter, QRectF(result.rect()), area=area, ratio=max(1.0, scale))
    painter.end()
    return result


def svg(scene: Scene, path: Path | str) -> None:
    """Writes an SVG file; OSError when it cannot be written."""
    area = extent(scene)
    target = Path(path)
    target.open("wb").close()
    generator = QSvgGenerator()
    generator.setFileName(str(target))
    generator.setSize(QSize(round(area.width()), round(area.height())))
    generator.setViewBox(QRectF(0, 0, round(area.width()), round(area.height())))
    generator.setTitle("Network")
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, area.width(), area.height()), ink.get().brush("canvas"))
    render(scene, painter, QRectF(0, 0, area.width(), area.height()), area=area, ratio=2.0)
    painter.end()


def extent(scene: Scene) -> QRectF:
    area = scene.content()
    for item in scene.wires.values():
        area = area.united(item.bounds)
    return area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN) if not area.isEmpty() else QRectF(0, 0, 400, 200)


def render(scene: Scene, painter: QPainter, target: QRectF, *, area: QRectF, ratio: float) -> None:
    """Paints with full detail, whatever the view shows now, and without selection."""
    before = (scene.detail, scene.ratio)
    scene.plates.on = False
    scene.detail, scene.ratio = FULL, float(min(3, round(ratio)))
    scene.show_chosen(set(), set(), set())
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        scene.render(painter, target, area)
    finally:
        scene.detail, scene.ratio = before
        scene.plates.on = True
        scene.show_selection()
