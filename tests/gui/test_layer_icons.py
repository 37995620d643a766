"""Every layer type has a drawing of its own: in the language of the others, unlike all of them, and shown where the type appears."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from engine.graph.model import Node
from engine.layers import registry
from gui import shelf, theme
from gui.editor import ink, node_paint, quick_add
from gui.editor.anatomy import measure, measure_type
from gui.editor.node_paint import Mood
from gui.editor.plates import Plates
from gui.panels.palette import Palette

TYPES = sorted(registry.TYPES)
BLACK = QColor("black")
UNLIKE = 8.0  # mean difference of two drawings' opacity, in steps of 255; the nearest pair lies above


def alphas(source: str, size: int, *, margin: float = 0.0) -> np.ndarray:
    """The opacity of a drawing, `size` px square; `margin` shows that much more of the plane around its 16 x 16, in units of the grid."""
    image = QImage(size, size, QImage.Format.Format_Alpha8)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    drawing = QSvgRenderer(QByteArray(source.encode()))
    drawing.setViewBox(QRectF(-margin, -margin, 16 + 2 * margin, 16 + 2 * margin))
    drawing.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(size, image.bytesPerLine())[:, :size].astype(float)


def pixels(image: QImage) -> bytes:
    return bytes(image.convertToFormat(QImage.Format.Format_ARGB32).constBits())


def test_each_type_has_a_drawing_and_each_drawing_a_type():
    drawn = {name.removeprefix("layers/") for name in theme.drawings() if name.startswith("layers/")}
    assert drawn == set(TYPES)


def speaks_the_language(source: str) -> bool:
    """One colour, which the theme writes in; one width, which tiles make a little bolder; round ends."""
    colours = set(re.findall(r'\b(?:fill|stroke|color)="([^"]*)"', source))
    widths, ends = re.findall(r'stroke-width="([^"]*)"', source), re.findall(r'stroke-line(?:cap|join)="([^"]*)"', source)
    plain = "style" not in source and "class" not in source and 'viewBox="0 0 16 16"' in source
    return plain and colours <= {"none", "currentColor"} and "currentColor" in colours and widths == ["1.5"] and ends == ["round", "round"]


def test_all_drawings_speak_the_language_of_the_others(app):
    assert [name for name in TYPES if not speaks_the_language(theme.svg_source(f"layers/{name}"))] == []


def test_all_drawings_keep_their_margin(app):
    inner = slice(round(4.75 * 8), round(19.25 * 8))
    empty, outside = [], []
    for name in TYPES:
        around = alphas(theme.svg(f"layers/{name}", BLACK, theme.TILE_STROKE), 192, margin=4.0)  # 8 px to a unit of the grid
        empty += [name] if around[inner, inner].max() < 100 else []
        around[inner, inner] = 0
        outside += [name] if around.any() else []
    assert (empty, outside) == ([], [])


def test_no_two_drawings_look_alike(app):
    """Compared as on tiles, at 13 px."""
    pictures = np.stack([alphas(theme.svg(f"layers/{name}", BLACK, theme.TILE_STROKE), 13) for name in TYPES])
    apart = np.abs(pictures[:, None] - pictures[None]).mean(axis=(2, 3)) + 255 * np.eye(len(TYPES))
    first, second = np.unravel_index(apart.argmin(), apart.shape)
    assert apart.min() > UNLIKE, f"{TYPES[first]} and {TYPES[second]} differ by {apart.min():.1f} only"


def test_blocks_show_the_drawing_of_a_block_and_placeholders_a_question_mark(app):
    assert {theme.drawing_of(row.family, row.id) for row in shelf.rows()} == {"block"}
    assert theme.drawing_of("block", "block:anything") == "block"
    unknown = measure(Node("new", "from_tomorrow"), None)
    assert theme.drawing_of(unknown.family, unknown.icon) == "help"
    assert theme.drawing_of("no such family") == "help"


def test_nodes_that_differ_in_their_type_only_are_painted_apart(app):
    """Plates are shared by nodes that look alike, and these do not."""
    body, plates, tools = measure_type("tanh"), Plates(), ink.get()
    pictures = {}
    for name in ("tanh", "sigmoid"):
        image = QImage(200, 80, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(tools.color("canvas"))
        painter = QPainter(image)
        node_paint.paint(painter, replace(body, icon=name), Mood(), ink=tools, full=True, ratio=1.0, plates=plates)
        painter.end()
        pictures[name] = pixels(image)
    assert body.icon == "tanh" and pictures["tanh"] != pictures["sigmoid"]


def test_lists_show_the_type(app):
    assert all(entry.icon == entry.id for entry in quick_add.layer_entries("pool"))


def test_a_row_of_the_palette_begins_with_its_drawing(show):
    palette = show(Palette(), 210, 900)
    seen = {}
    for title in ("Conv2d", "Conv1d", "Conv3d"):
        line = next(at for at, entry in enumerate(palette.model.entries) if entry.row and entry.row.title == title)
        rect = palette.list.visualRect(palette.model.index(line))
        rect.setLeft(rect.left() + 26)
        rect.setWidth(18)
        seen[title] = pixels(palette.list.viewport().grab(rect).toImage())
    assert len(set(seen.values())) == 3
