"""The curves panel through real events: what is drawn, read out, zoomed, moved and exported."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from run_stores import rows, started, store

from engine.events import Metrics
from gui import theme
from gui.dialogs import ask
from gui.panels import curves
from gui.panels.curves import CurvesPanel
from gui.plots import crosshair, curve_export
from gui.plots.curve_plot import CurvePlot


@pytest.fixture
def panel(show) -> CurvesPanel:
    return show(CurvesPanel(), 636, 250)


@pytest.fixture
def running(panel: CurvesPanel) -> CurvesPanel:
    panel.set_run(started(store(200)), loss_name="cross-entropy")
    QApplication.processEvents()
    return panel


def wheel(plot: CurvePlot, at: QPointF, turns: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    place = plot.viewport().mapToGlobal(at)
    event = QWheelEvent(at, place, QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(plot.viewport(), event)


def has_colour(image: QImage, color: QColor) -> bool:
    """Whether a pixel has very nearly this colour."""
    pixels = np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8).reshape(-1, 4)[:, :3].astype(int)
    wanted = np.array([color.blue(), color.green(), color.red()])
    return bool((np.abs(pixels - wanted).max(axis=1) <= 6).any())


def test_without_a_run_one_sentence_and_a_button(panel: CurvesPanel):
    asked = []
    panel.trainWanted.connect(lambda: asked.append(1))
    assert panel.empty.isVisible() and panel.empty.sentence.text() == "No run yet. Train to see curves."
    QTest.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    assert asked == [1]


def test_titles_legend_and_colours(running: CurvesPanel):
    assert running.loss.title == "Loss · cross-entropy" and running.loss.chance.text == "chance ln 10 = 2.303"
    assert [word for word, _, _ in running.legend.entries()] == ["train", "validation"]
    assert running.legend.entries()[1][1] == "0.3000"
    image = running.grab().toImage()
    for token in ("train", "val", "field"):
        assert has_colour(image, theme.current().color(token)), token


@pytest.mark.parametrize("name", ["dark", "light"])
def test_both_themes_redraw(running: CurvesPanel, name: str):
    old = theme.current().name
    try:
        theme.use(name)
        QApplication.processEvents()
        assert has_colour(running.grab().toImage(), theme.current().color("train"))
    finally:
        theme.use(old)


def test_refresh_draws_only_what_is_new_and_visible(running: CurvesPanel, monkeypatch: pytest.MonkeyPatch):
    drawn = []
    monkeypatch.setattr(running, "draw", lambda: drawn.append(1))
    running.refresh()
    assert not drawn
    running.data.metrics.write_steps(rows(200, 5))
    running.refresh()
    assert drawn == [1]
    running.hide()
    running.data.metrics.write_steps(rows(205, 5))
    running.refresh()
    assert drawn == [1]


def test_turns_draw_one_plot_each_and_only_once_a_curve_has_grown(running: CurvesPanel, monkeypatch: pytest.MonkeyPatch):
    drawn = []
    for plot in running.plots:
        monkeypatch.setattr(plot, "redraw", lambda name=plot.name: drawn.append(name))
    running.take_turn(lambda view: True)
    assert not drawn
    running.data.metrics.write_steps(rows(200, 5))
    held = []
    for _ in range(5):
        running.take_turn(lambda view: True)
        held.append([plot.updatesEnabled() for plot in running.plots])
    assert drawn == ["loss", "accuracy"]
    assert held == [[False, True], [True, True], [True, False], [True, True], [True, True]]  # each is painted a tick after it was worked out
    running.data.run = replace(running.data.run, steps=1_000_000)  # so long a run that five steps are far less than a pixel
    running.data.metrics.write_steps(rows(205, 5))
    running.take_turn(lambda view: True)
    assert drawn == ["loss", "accuracy"] and running.waiting
    monkeypatch.setattr(curves, "PATIENCE", 0.0)
    running.take_turn(lambda view: True)
    assert drawn == ["loss", "accuracy", "loss"] and not running.loss.updatesEnabled()
    running.draw()
    assert running.loss.updatesEnabled()


def test_new_steps_and_epochs_arrive(running: CurvesPanel):
    metrics = running.data.metrics
    metrics.write_steps(rows(200, 40))
    metrics.write_validation(step=240, loss=0.05, accuracy=0.99, seconds=120.0)
    assert running.waiting
    running.refresh()
    assert not running.waiting
    assert running.data.count == 240 and running.legend.entries()[1][1] == "0.0500"
    assert running.data.columns["loss"].best().step == 240
    assert running.accuracy.values[1] == ("99.0 %", "val")


def test_pointer_reads_out_both_plots(running: CurvesPanel):
    picture = running.loss.picture()
    row = 119
    spot = QPoint(round(picture.x.at(row + 1)), 90)
    QTest.mouseMove(running.loss.viewport(), spot + QPoint(3, 0))
    QTest.mouseMove(running.loss.viewport(), spot)
    assert running.accuracy.pointer == running.loss.pointer
    at = running.data.row_at(running.loss.pointer, "step")
    assert abs(at - row) <= 2
    words = {name: value for name, value, _ in crosshair.readout(picture, running.loss.pointer)}
    assert words["train"] == picture.value_text(float(running.data.columns["loss"].smooth.values[at]))
    known = [name for name in words if name.startswith("validation")]  # says of which step it is, unless of this one
    assert known in (["validation"], ["validation · step 120"]) and words[known[0]] == "0.4000" and words["rate"] == "0.0100"
    assert ("step 120" in known[0]) == (at + 1 != 120)
    figure = running.loss.figure
    covered = figure.crosshair.card.box.intersects(figure.chip.box)
    assert (figure.chip.opacity() == 0) == covered
    QTest.mouseMove(running.loss.viewport(), QPoint(2, 2))
    assert math.isnan(running.accuracy.pointer) and figure.chip.opacity() == 1


def test_wheel_zooms_at_the_pointer_and_double_click_resets(running: CurvesPanel):
    plot = running.loss
    at = QPointF(150, 100)
    before = plot.picture().x.value(150)
    wheel(plot, at, 3)
    assert plot.view_x is not None and plot.view_x == running.accuracy.view_x
    assert plot.picture().x.value(150) == pytest.approx(before)
    assert plot.view_x[1] - plot.view_x[0] == pytest.approx(400 * 0.8**3)
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert plot.view_x is None and running.accuracy.view_x is None


def test_ctrl_wheel_zooms_the_values(running: CurvesPanel):
    low, high = running.loss.picture().y.low, running.loss.picture().y.high
    wheel(running.loss, QPointF(150, 100), 2, Qt.KeyboardModifier.ControlModifier)
    y = running.loss.picture().y
    assert low < y.low < y.high < high and running.loss.view_x is None


def test_drag_pans(running: CurvesPanel):
    plot = running.accuracy
    wheel(plot, QPointF(150, 100), 4)
    low = plot.view_x[0]
    width = plot.view_x[1] - low
    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    for x in (190, 170, 150):
        QTest.mouseMove(plot.viewport(), QPoint(x, 101))
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(150, 101))
    assert plot.view_x[0] == pytest.approx(low + 50 * width / plot.area().width(), rel=0.02)
    assert plot.view_y is None  # a level drag leaves the automatic y range in place


def test_zoom_stops_at_a_few_steps(running: CurvesPanel):
    for _ in range(60):
        wheel(running.loss, QPointF(150, 100), 1)
    low, high = running.loss.view_x
    assert 1 < high - low < 10
    running.grab()


def test_keyboard_moves_the_crosshair_and_zooms(running: CurvesPanel):
    plot = running.loss
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    first = plot.pointer
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.pointer < first < 200
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.view_x is not None
    QTest.keyClick(plot, Qt.Key.Key_0)
    assert plot.view_x is None


@pytest.mark.parametrize(("segment", "end"), [(0, 400), (1, 10), (2, 102)])
def test_x_axis_switch(running: CurvesPanel, segment: int, end: float):
    running.axis.choose(1)
    QTest.mouseClick(running.axis, Qt.MouseButton.LeftButton, pos=running.axis.segment_rect(segment).center().toPoint())
    assert running.loss.picture().x.high == pytest.approx(end) and running.accuracy.mode == running.loss.mode
    running.grab()


def test_scale_switch_leaves_accuracy_linear(running: CurvesPanel):
    assert running.loss.picture().y.log and not running.accuracy.picture().y.log
    QTest.mouseClick(running.scale, Qt.MouseButton.LeftButton, pos=running.scale.segment_rect(0).center().toPoint())
    assert not running.loss.picture().y.log and running.loss.picture().y.low == 0
    QTest.mouseClick(running.scale, Qt.MouseButton.LeftButton, pos=running.scale.segment_rect(1).center().toPoint())
    assert running.loss.picture().y.log and not running.accuracy.log


def test_a_run_of_zeros_and_nans_is_drawn(panel: CurvesPanel):
    metrics = Metrics(100, 4)
    loss = np.zeros(100)
    loss[::3], loss[50], loss[51] = np.nan, np.inf, -1.0
    metrics.write_steps({"loss": loss, "accuracy": np.full(100, np.nan), "learning_rate": np.full(100, 0.1), "seconds": np.arange(100.0)})
    metrics.write_validation(step=50, loss=math.nan, accuracy=math.nan, seconds=50.0)
    panel.set_run(started(metrics, steps=100, classes=0), loss_name="mean squared error")
    for mode in ("step", "epoch", "sec"):
        for log in (True, False):
            panel.set_mode(mode)
            panel.set_log(log)
            panel.grab()
    assert not panel.accuracy.isVisible() and panel.loss.chance is None


def test_a_new_run_starts_clean_and_clear_empties(running: CurvesPanel):
    wheel(running.loss, QPointF(150, 100), 3)
    running.set_run(started(store(40)))
    assert running.loss.view_x is None and running.data.count == 40
    running.clear()
    assert running.empty.isVisible() and running.data is None


def test_csv_holds_every_step(running: CurvesPanel, tmp_path: Path):
    assert running.export.write(tmp_path / "a.csv", "csv")
    table = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    metrics = running.data.metrics
    assert len(table) == 200 and [int(row["step"]) for row in table] == list(range(1, 201))
    assert [float(row["loss"]) for row in table] == metrics.steps("loss").tolist()
    assert {int(row["step"]): float(row["validation_loss"]) for row in table if row["validation_loss"]} == {40: 1.5, 80: 0.8, 120: 0.4, 160: 0.2, 200: 0.3}


def test_svg_and_png_show_both_plots(running: CurvesPanel, tmp_path: Path):
    assert running.export.write(tmp_path / "a.svg", "svg") and running.export.write(tmp_path / "a.png", "png")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert "Accuracy" in text and "<path" in text and "best" in text and "<image" not in text
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() > 2000 and has_colour(image, theme.current().color("train"))


def test_curves_on_paper_have_a_white_ground_and_leave_the_window_alone(running: CurvesPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = running.grab().toImage()
    monkeypatch.setattr(ask, "figure_path", lambda *_: (tmp_path / "a.png", True))
    running.export.ask("png")
    image = QImage(str(tmp_path / "a.png"))
    assert image.pixelColor(2, 2) == QColor("white") and not has_colour(image, theme.current().color("train"))
    assert running.grab().toImage() == before


def test_an_export_that_fails_is_told(running: CurvesPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told = []
    monkeypatch.setattr(ask, "tell", lambda _, sentence: told.append(sentence))
    assert not running.export.write(tmp_path / "no" / "such" / "folder.csv", "csv")
    assert "could not be written" in told[0]


def test_the_menu_offers_three_formats(running: CurvesPanel):
    assert [action.text() for action in running.export.menu().actions()] == ["PNG image…", "SVG drawing…", "CSV table…"]


def test_curves_stay_inside_their_axes_in_the_svg(running: CurvesPanel):
    """Whatever lies outside the axes must not be drawn over labels and neighbours."""
    size = QSize(672, 432)
    running.loss.view_x, running.loss.view_y = (60.0, 140.0), (0.3, 0.6)
    svg = curve_export.svg_bytes([running.loss], size)
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(theme.current().color("panel"))
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg)).render(painter)
    painter.end()
    outside = (image.copy(0, 396, 672, 36), image.copy(0, 0, 672, 20))
    for token in ("train", "val"):
        assert any(f'stroke="{theme.current().color(token).name()}"' in line for line in svg.decode().splitlines())
        assert not any(has_colour(part, theme.current().color(token)) for part in outside)
