"""The boundary between two stages of a training on its curves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from run_stores import rows, started

from engine.events import Metrics, Stage
from gui.panels.curves import CurvesPanel
from gui.plots.run_data import RunData

STAGES = (Stage(0, "weights of first"), Stage(80, "all layers train"))


def staged() -> Metrics:
    """100 steps of an earlier run, whose best validation is better than all that follow, and 120 of this one."""
    metrics = Metrics(500, 10, first_step=-100)
    table = rows(0, 220)
    metrics.write_steps(table | {"seconds": table["seconds"] - 50.0})
    for step, loss in ((-40, 0.01), (0, 0.9), (40, 0.5), (80, 0.6)):
        metrics.write_validation(step=step, loss=loss, accuracy=1 - loss, seconds=step * 0.5)
    return metrics


@pytest.fixture
def panel(show) -> CurvesPanel:
    panel = show(CurvesPanel(), 760, 250)
    panel.set_run(replace(started(staged()), stages=STAGES))
    QApplication.processEvents()
    return panel


def test_lines_and_words_stand_at_the_boundaries(panel: CurvesPanel):
    picture, stages = panel.loss.picture(), panel.loss.figure.stages
    assert picture.x.low == -100 and picture.x.high == 400
    for (line, label), stage in zip(stages.lines, STAGES, strict=True):
        assert line.isVisible() and label.isVisible() and label.text == stage.words
        assert picture.x.value(line.box.center().x()) == pytest.approx(stage.step, abs=3)
    assert not stages.lines[0][1].box.intersects(stages.lines[1][1].box)
    assert len(panel.accuracy.figure.stages.lines) == 2


def test_the_best_mark_is_of_this_run():
    data = RunData(started(staged()))
    data.update()
    assert (data.columns["loss"].best().step, data.columns["loss"].best().value) == (40, 0.5)


@pytest.mark.parametrize(("mode", "low", "boundary"), [("step", -100, 80), ("epoch", -2.5, 2.0), ("sec", -49.5, 40.0)])
def test_every_axis_begins_with_the_earlier_stage(panel: CurvesPanel, mode: str, low: float, boundary: float):
    panel.set_mode(mode)
    assert panel.data.extent(mode)[0] == low
    assert panel.data.x_of_step(80, mode) == pytest.approx(boundary)
    assert panel.data.x_of_step(400, mode) != panel.data.x_of_step(400, mode) or mode != "sec", "that moment is still to come"


def test_the_next_run_has_none(panel: CurvesPanel):
    panel.set_run(started(Metrics(400, 10)))
    QApplication.processEvents()
    assert not any(item.isVisible() for pair in panel.loss.figure.stages.lines for item in pair)
