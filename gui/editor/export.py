"""The whole network as a picture: a QImage at any scale, or an SVG file. Reads the scene; the view stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from gui import theme
from gui.editor import ink
from gui.editor.detail import FULL

if TYPE_CHECKING:
    from gui.editor.scene import Scene

MARGIN = 24.0
Draw = Callable[[QPainter, QRectF, float], None]
MOST = 16_000  # px a side: beyond that the scale is reduced
PRINT = 3.125  # the scale at which a picture has 300 dots for each inch of 96 px
INCH = 0.0254  # m


def image(scene: Scene, scale: float, *, paper: bool = False) -> QImage:
    """All of the network with full detail, on the canvas colour or, for print, as on white paper."""
    area = extent(scene)
    with dressed(scene, paper=paper):
        return raster(area.size(), scale, lambda painter, target, ratio: render(scene, painter, target, area=area, ratio=max(1.0, ratio)))


def svg(scene: Scene, path: Path | str, *, paper: bool = False) -> None:
    """Writes an SVG file; OSError when it cannot be written."""
    area = extent(scene)
    with dressed(scene, paper=paper):
        vector(area.size(), Path(path), lambda painter, target, _: render(scene, painter, target, area=area, ratio=2.0), title="Network")


@contextmanager
def dressed(scene: Scene, *, paper: bool) -> Iterator[None]:
    """Inside, the pictures on the nodes have the colours in which the figure is drawn."""
    if not paper:
        yield
        return
    try:
        with theme.paper(True):
            redraw_pictures(scene)
            yield
    finally:
        redraw_pictures(scene)


def redraw_pictures(scene: Scene) -> None:
    for item in scene.nodes.values():
        item.redraw_picture()


def raster(size: QSizeF, scale: float, draw: Draw) -> QImage:
    """A picture of `size` px at `scale`, or less where it would be too large: what `draw(painter, target, scale)` paints on the canvas colour."""
    scale = min(scale, MOST / max(size.width(), size.height()))
    result = QImage(round(size.width() * scale), round(size.height() * scale), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(ink.get().color("canvas"))
    painter = QPainter(result)
    draw(painter, QRectF(result.rect()), scale)
    painter.end()
    result.setDotsPerMeterX(round(scale * 96 / INCH))  # so that it has the size of the canvas on a page
    result.setDotsPerMeterY(round(scale * 96 / INCH))
    return result


def save(picture: QImage, path: Path) -> None:
    """Writes a PNG; OSError when it cannot be written."""
    if not picture.save(str(path)):
        raise OSError(f"{path.name} was not written. Choose a folder in which you may write.")


def vector(size: QSizeF, path: Path, draw: Draw, *, title: str) -> None:
    """Writes what `draw` paints on the canvas colour into an SVG file; OSError when it cannot be written."""
    path.open("wb").close()
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(QSize(round(size.width()), round(size.height())))
    generator.setViewBox(QRectF(0, 0, round(size.width()), round(size.height())))
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), ink.get().brush("canvas"))
    draw(painter, QRectF(0, 0, size.width(), size.height()), 1.0)
    painter.end()


def whole(scene: Scene) -> QRectF:
    """The rectangle round nodes and frames, and round the wires that run outside of them."""
    area = scene.content()
    for item in scene.wires.values():
        if item.course.bent:  # a plain one lies between its nodes
            area = area.united(item.bounds)
    return area


def extent(scene: Scene) -> QRectF:
    area = whole(scene)
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
