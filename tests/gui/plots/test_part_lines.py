"""What a loss is made of, drawn beside it: several losses, or the members of an ensemble."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from run_stores import rows, started, store

from engine.events import Metrics, part
from gui import theme
from gui.panels.curves import CurvesPanel
from gui.plots import curve_export
from gui.plots.part_lines import part_color
from gui.plots.run_data import RunData

NAMES = ("loss1", "mse1")


def parted(count: int = 200) -> Metrics:
    """Two losses: three quarters and one quarter of the whole."""
    metrics = Metrics(400, 10, parts=NAMES)
    table = rows(0, count)
    metrics.write_steps({**table, part("loss1"): 0.75 * table["loss"], part("mse1"): 0.25 * table["loss"]})
    for step in (40, 80):
        metrics.write_validation(step=step, loss=1.0, accuracy=0.5, seconds=step * 0.5, **{part("loss1"): 0.75, part("mse1"): 0.25})
    return metrics


@pytest.fixture
def panel(show) -> CurvesPanel:
    return show(CurvesPanel(), 760, 250)


def test_each_loss_has_a_line_a_name_and_a_number(panel: CurvesPanel):
    panel.set_run(started(parted()), loss_name="sum of 2 losses", part_names=["cross entropy", "mse"])
    QApplication.processEvents()
    lines = panel.loss.figure.parts.lines
    assert len(lines) == 4 and all(line.isVisible() for line in lines)
    picture = panel.loss.picture()
    x, y = lines[2].getData()  # of mse1: log axis, so a quarter is a constant distance below the whole
    whole = np.interp(x, *panel.loss.figure.smooth.getData())
    assert 10 ** (y - whole) == pytest.approx(np.full(len(x), 0.25), rel=1e-3)
    assert lines[0].opts["pen"].color() == part_color(0) and lines[2].opts["pen"].color() == part_color(1) != part_color(0)
    assert [text.rsplit(" ", 1)[0] for text, _ in panel.loss.values] == ["cross entropy", "mse"]
    latest = panel.data.columns["loss"].latest()[0]
    assert float(panel.loss.values[1][0].rsplit(" ", 1)[1]) == pytest.approx(latest / 4, rel=1e-2)
    assert picture.y.low < 0.25 * latest, "the smaller part is in view"


def test_one_loss_looks_as_before(panel: CurvesPanel):
    panel.set_run(started(parted()), part_names=["a", "b"])
    panel.set_run(started(store(200)), loss_name="cross-entropy")
    QApplication.processEvents()
    assert not any(line.isVisible() for line in panel.loss.figure.parts.lines)
    assert panel.loss.values == [] and panel.loss.title == "Loss · cross-entropy"
    assert panel.accuracy.figure.parts.lines == []


def test_members_are_thin_and_the_ensemble_is_thick(panel: CurvesPanel):
    panel.set_run(replace(started(parted()), copies=2), loss_name="cross-entropy")
    QApplication.processEvents()
    figure = panel.loss.figure
    assert figure.smooth.opts["pen"].widthF() == figure.validation.opts["pen"].widthF() == 2
    assert {line.opts["pen"].widthF() for line in figure.parts.lines} == {1.0}
    assert figure.parts.lines[1].opts["pen"].color().alphaF() < 0.6
    assert [word for word, _, _ in panel.legend.entries()] == ["members, mean", "ensemble"]
    theme.use("light")
    QApplication.processEvents()
    assert figure.smooth.opts["pen"].widthF() == 2
    panel.set_run(started(store(200)))
    assert panel.loss.figure.smooth.opts["pen"].widthF() == 1
    theme.use("dark")


def test_the_table_has_a_column_for_each():
    data = RunData(started(parted()))
    data.update()
    table = list(csv.DictReader(curve_export.csv_text(data).splitlines()))
    for row in (table[0], table[79]):
        assert float(row["loss mse1"]) == pytest.approx(0.25 * float(row["loss"]))
    assert table[79]["validation_loss loss1"] == "0.75" and table[80]["validation_loss loss1"] == ""
