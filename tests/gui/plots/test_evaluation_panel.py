"""The evaluation panel: the matrix with its counts, the bars beside it, several tasks, and what the pointer is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import Ensemble, EpochDone, Evaluation
from gui import theme
from gui.panels.evaluation import EvaluationPanel
from gui.plots.confusion_plot import row_shares, short

CONFUSION = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]])
CLASSES = ("cat", "dog", "elephant")


def classified(node: str = "loss1") -> Evaluation:
    found = np.array([0.8, 0.9, np.nan])
    return Evaluation(node, "classification", {"accuracy": 0.85, "top2": 1.0}, CLASSES, CONFUSION, {"accuracy": found})


def event(*evaluations: Evaluation, epoch: int = 3) -> EpochDone:
    return EpochDone("made-up", epoch, 60, {"loss": 0.5}, True, evaluations)


@pytest.fixture
def panel(show) -> EvaluationPanel:
    return show(EvaluationPanel(), 431, 230)


def fill(panel: EvaluationPanel, *evaluations: Evaluation) -> None:
    panel.take(event(*evaluations))
    panel.refresh()
    QApplication.processEvents()


def cell(panel: EvaluationPanel, row: float, column: float) -> QPointF:
    """The middle of a cell in viewport pixels."""
    plot = panel.plot
    return QPointF(plot.mapFromScene(plot.matrix.vb.mapViewToScene(QPointF(column + 0.5, row + 0.5))))


def test_numbers_and_bars(panel: EvaluationPanel):
    fill(panel, classified())
    assert panel.heading.text() == "accuracy 85.0 % · top-2 100.0 % · classification · epoch 3"
    assert panel.words.text() == "20 answers, all of the validation set"
    assert panel.plot.strips.keys() == {"accuracy"} and panel.plot.strips["accuracy"].opts["width"].tolist() == [0.8, 0.9, 0.0]


def test_the_counts_stand_in_their_cells(panel: EvaluationPanel):
    fill(panel, classified())
    corner = panel.plot.matrix.vb.mapViewToScene(QPointF(1, 1)) - panel.plot.matrix.vb.mapViewToScene(QPointF(0, 0))
    assert corner.x() > 30 and corner.y() > 20, "rows from the top"
    grabbed = panel.plot.grab().toImage()
    brightest = {spot: max(grabbed.pixelColor(at).lightness() for at in around(cell(panel, *spot))) for spot in ((0, 1), (0, 2))}
    assert brightest[0, 1] > 200 > 60 > brightest[0, 2], "a 2 is written, a 0 is not"


def around(middle: QPointF) -> list[QPoint]:
    return [middle.toPoint() + QPoint(x, y) for x in range(-6, 7) for y in range(-6, 7)]


def test_the_pointer_is_told_in_words(panel: EvaluationPanel):
    fill(panel, classified())
    assert panel.plot.words_at(cell(panel, 0, 1)) == "cat answered as dog: 2 of 10 (20.0 %)"
    assert panel.plot.words_at(cell(panel, 2, 2)) == "elephant answered as elephant: 0 of 0"
    bar = panel.plot.mapFromScene(panel.plot.bars.vb.mapViewToScene(QPointF(0.5, 1.5)))
    assert panel.plot.words_at(QPointF(bar)) == "dog: found 90.0 %"
    assert panel.plot.words_at(QPointF(1, 1)) == ""


def test_masks_have_two_bars_and_pixels(panel: EvaluationPanel):
    per_class = {"accuracy": np.array([0.8, 0.9, np.nan]), "iou": np.array([0.7, 0.6, np.nan])}
    fill(panel, Evaluation("loss1", "segmentation", {"accuracy": 0.85, "miou": 0.65}, CLASSES, CONFUSION * 100_000, per_class))
    assert "mean IoU 65.0 %" in panel.heading.text() and panel.words.text().startswith("2,000,000 pixels")
    assert set(panel.plot.strips) == {"accuracy", "iou"}
    fill(panel, classified())
    assert set(panel.plot.strips) == {"accuracy"}


def test_numbers_alone_stand_large(panel: EvaluationPanel):
    fill(panel, Evaluation("mse1", "regression", {"mae": 0.1234}))
    assert panel.large.isVisible() and panel.large.text() == "mean absolute error 0.1234" and not panel.plot.isVisible()


def test_several_losses_can_be_chosen(panel: EvaluationPanel):
    fill(panel, classified(), Evaluation("mse1", "regression", {"mae": 0.1234}))
    assert panel.tasks.isVisible() and panel.plot.isVisible()
    panel.tasks.setCurrentIndex(1)
    panel.tasks.activated.emit(1)
    assert panel.large.isVisible()
    fill(panel, classified(), Evaluation("mse1", "regression", {"mae": 0.1}))
    assert panel.large.text() == "mean absolute error 0.1000", "the choice stays from epoch to epoch"


def test_an_ensemble_tells_of_its_members(panel: EvaluationPanel):
    rows = ({"loss": 0.4, "accuracy": 0.91}, {"loss": 0.5, "accuracy": 0.89})
    squares = {"members": 0.2, "ambiguity": 0.05, "whole": 0.15, "optimal": 0.14}
    team = Ensemble(2, "average", True, "2 copies train stacked.", (0.6, 0.4), rows, {"loss": 0.3, "accuracy": 0.93}, squares)
    panel.take(replace(event(classified()), ensemble=team))
    panel.refresh()
    assert panel.team.isVisible() and panel.team.text() == "2 members 89.0 % to 91.0 %, their average 93.0 %"
    told = panel.team.toolTip().splitlines()
    assert told[0] == team.how and "optimal weight 0.600" in told[1] and "0.1500 = of the members 0.2000" in told[3]
    fill(panel, classified())
    assert not panel.team.isVisible()


def test_a_hidden_panel_draws_nothing_until_it_is_seen(show):
    panel = EvaluationPanel()
    panel.take(event(classified()))
    panel.refresh()
    assert panel.waiting and panel.plot.evaluation is None
    show(panel, 431, 230)
    QTest.qWait(1)
    assert not panel.waiting and panel.plot.evaluation is not None


def test_clear_and_both_themes(panel: EvaluationPanel):
    fill(panel, classified())
    theme.use("light")
    assert panel.plot.grab().toImage().pixelColor(1, 1) == theme.current().color("panel")
    theme.use("dark")
    panel.clear()
    assert panel.empty.isVisible() and panel.plot.evaluation is None


@pytest.mark.parametrize(("count", "text"), [(7, "7"), (9999, "9999"), (12_345, "12k"), (1_234_567, "1.2M"), (23_000_000, "23M")])
def test_large_counts_are_short(count: int, text: str):
    assert short(count) == text


def test_shares_of_a_class_that_does_not_occur():
    shares = row_shares(CONFUSION)
    assert shares[0].tolist() == pytest.approx([0.8, 0.2, 0]) and np.isnan(shares[2]).all()
