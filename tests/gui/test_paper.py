"""Figures for print: drawn in the light theme on white while the window stays as it is, whatever theme that has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage

from engine import library
from gui import theme
from gui.editor import strip_figure
from gui.editor.view import Canvas
from gui.project import Project

WHITE = QColor("white")


@pytest.fixture(params=theme.NAMES)
def canvas(app, request):
    """The first lesson with maps on its nodes, in each theme."""
    theme.use(request.param)
    project = Project()
    project.replace(library.read("lenet-mnist"))
    canvas = Canvas(project, motion=False)
    canvas.resize(900, 600)
    canvas.show()
    canvas.set_thumbnails({"conv1": np.linspace(-1, 1, 400, dtype=np.float32).reshape(16, 5, 5)})
    canvas.network.gallery.draw()
    app.processEvents()
    yield canvas
    canvas.close()
    canvas.deleteLater()
    project.deleteLater()
    theme.use("dark")
    app.processEvents()


def test_a_figure_on_paper_is_white_and_the_same_in_both_themes(canvas):
    figure = canvas.render_image(1.0, paper=True)
    assert figure.pixelColor(2, 2) == WHITE
    shown = theme.current().name
    theme.use("light" if shown == "dark" else "dark")
    assert canvas.render_image(1.0, paper=True) == figure


def test_the_window_stays_as_it_was(canvas):
    before, look = canvas.grab().toImage(), theme.current()
    picture = canvas.network.nodes["conv1"].mood.picture.toImage()
    canvas.render_image(1.0, paper=True)
    assert theme.current() is look
    assert canvas.network.nodes["conv1"].mood.picture.toImage() == picture
    assert canvas.grab().toImage() == before


def test_a_figure_as_on_the_screen_has_its_colour(canvas):
    assert canvas.render_image(1.0).pixelColor(2, 2) == theme.current().color("canvas") != WHITE


def test_a_failed_figure_gives_the_theme_back(canvas, tmp_path: Path):
    look = theme.current()
    with pytest.raises(OSError, match="nowhere"):
        canvas.render_svg(tmp_path / "nowhere" / "net.svg", paper=True)
    assert theme.current() is look


def test_the_strip_of_layers_has_white_ground(canvas, tmp_path: Path):
    stages = [strip_figure.Stage((1, 28, 28), ["Input"]), strip_figure.Stage((16, 24, 24), ["Conv2d"]), strip_figure.Stage((10,), ["Linear"])]
    for paper in (True, False):
        strip_figure.write(stages, tmp_path / "layers.png", 1.0, paper=paper)
        ground = QImage(str(tmp_path / "layers.png")).pixelColor(QPoint(2, 2))
        assert ground == (WHITE if paper else theme.current().color("canvas"))
