"""The activations panel: maps, bars, the pinned sample, the page of samples and the prediction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import ProbeRequest, ProbeResult
from engine.layers import registry
from gui import theme
from gui.panels.activations import LIMIT, ActivationsPanel
from gui.panels.prediction import PredictionBars

IMAGE = np.random.default_rng(1).random((1, 28, 28)).astype(np.float32)
RELU, LOSS = registry.find("relu"), registry.find("cross_entropy")


def maps(count: int = 16, side: int = 28) -> np.ndarray:
    return np.maximum(np.random.default_rng(0).normal(size=(count, side, side)), 0).astype(np.float32)


def answer(output: np.ndarray, node: str = "relu1", **info: object) -> ProbeResult:
    known = {"what": "activation maps", "total": len(output), "min": float(output.min()), "max": float(output.max())}
    known |= {"index": 517, "label": 5, "label_name": "5", "samples": 1000}
    return ProbeResult("activations", ProbeRequest("activations", node, sample=517, limit=LIMIT), 662, {"output": output, "input": IMAGE}, known | info)


def scores(*values: float, label: int = 5, **info: object) -> ProbeResult:
    array = np.array(values, np.float32)
    known = {"predicted": int(array.argmax()), "label": label, "class_names": tuple(str(i) for i in range(len(values))), "probabilities": True}
    return ProbeResult("prediction", ProbeRequest("prediction", sample=517), 662, {"scores": array}, known | info)


@pytest.fixture
def panel(show) -> ActivationsPanel:
    panel = show(ActivationsPanel(), 533, 250)
    panel.set_sample(517)
    panel.set_node("relu1", RELU, "conv1")
    return panel


def test_requests_follow_node_and_sample(panel: ActivationsPanel):
    assert panel.request() == ProbeRequest("activations", "relu1", sample=517, limit=LIMIT)
    assert panel.prediction.request() == ProbeRequest("prediction", sample=517)
    assert panel.lanes() == {"activations": panel, "prediction": panel.prediction, "samples": panel.picker.page}
    panel.set_node("loss", LOSS)
    assert panel.request().node == "relu1"
    panel.set_node("", None)
    assert panel.request() is None


def test_maps_fit_the_panel_of_the_design(panel: ActivationsPanel):
    panel.show_result(answer(maps()))
    QApplication.processEvents()
    assert panel.height() == 250 and panel.grid.layout_now().factor == 2
    assert panel.grid.verticalScrollBar().maximum() == 0
    assert panel.heading.text().startswith("conv1 → relu1 · 16 maps · 28×28 · highest ")
    assert panel.words.text() == "Each on its own scale, 0 to its highest"


def test_shared_scale_and_signed_maps(panel: ActivationsPanel):
    panel.show_result(answer(maps() - 0.5))
    assert panel.grid.map == "tide" and panel.grid.scale is None
    QTest.mouseClick(panel.sharing, Qt.MouseButton.LeftButton, pos=panel.sharing.segment_rect(1).center().toPoint())
    assert panel.grid.scale is not None and panel.words.text() == "One scale for all, symmetric about\u00a00"


@pytest.mark.parametrize("height", [250, 236, 225, 210, 190, 170])
def test_how_colours_stand_for_values_is_never_cut_off(panel: ActivationsPanel, height: int):
    panel.show_result(answer(maps()))
    panel.resize(533, height)
    QApplication.processEvents()
    words = panel.words
    assert words.text() in ("Each on its own scale, 0 to its highest", "Each on its own scale", "") and words.toolTip() == words.sentence
    needed = words.fontMetrics().boundingRect(0, 0, words.width(), 999, Qt.TextFlag.TextWordWrap, words.text()).height() if words.text() else 0
    assert needed <= words.height() and bool(words.text()) == (height >= 236)


def test_vectors_are_bars(panel: ActivationsPanel):
    values = np.array([0.0, 2.0, -1.0, 5.0], np.float32)
    panel.set_node("fc1", registry.find("linear"))
    panel.show_result(answer(values, "fc1", what="values"))
    QApplication.processEvents()
    assert panel.vector.isVisible() and not panel.sharing.isVisible()
    at = panel.vector.column(1).center().toPoint()
    QTest.mouseMove(panel.vector, at + QPoint(1, 1))
    QTest.mouseMove(panel.vector, at)
    assert panel.vector.index == 1 and panel.vector._readout.text() == "value 1 · 2.00"
    image = panel.vector.grab().toImage()
    field = theme.current().color("field")
    tall = panel.vector.column(3).center().toPoint()
    assert image.pixelColor(tall.x(), 12) != field and image.pixelColor(at.x(), 12) == field


def test_the_arrows_of_the_field_pin_another_sample(panel: ActivationsPanel):
    panel.show_result(answer(maps()))
    told = []
    panel.sampleChanged.connect(told.append)
    field = panel.picker.field
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(field.width() - 6, 10))
    assert told == [518] and panel.request().sample == panel.prediction.request().sample == 518
    panel.set_sample(99_999)
    assert panel.picker.sample == 999


def test_a_page_of_samples_to_pick_from(panel: ActivationsPanel):
    panel.show_result(answer(maps()))
    page = panel.picker.page
    QTest.mouseClick(panel.image, Qt.MouseButton.LeftButton)
    assert page.isVisible() and page.request() == ProbeRequest("samples", sample=480, limit=60)
    images = np.random.default_rng(0).random((60, 1, 28, 28)).astype(np.float32)
    info = {"first": 480, "total": 1000, "class_names": tuple("abcdefghij")}
    page.show_result(ProbeResult("samples", page.request(), 0, {"images": images, "labels": np.arange(60) % 10}, info))
    assert page.words.text() == "Validation samples 480 to 539 of 1,000"
    assert page.grid.names[2] == "sample 482 · c"
    QTest.mouseClick(page.onward, Qt.MouseButton.LeftButton)
    assert page.request().sample == 540
    page.turn(-1)
    QTest.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=page.grid.tile_rect(7).center().toPoint())
    assert not page.isVisible() and panel.request().sample == 487


def test_problems_are_told(panel: ActivationsPanel):
    panel.show_result(ProbeResult("activations", ProbeRequest("activations", "relu1"), 0, problem="relu1 is not part of the network."))
    assert panel.empty.isVisible() and panel.empty.sentence.text() == "relu1 is not part of the network."


def colours(bars: PredictionBars, index: int) -> set[str]:
    """The colours in the lower half of a class's box, its border aside."""
    box = bars.boxes()[index].adjusted(3, 3, -3, -3).toRect()
    image = bars.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(box.left(), box.right()) for y in range(box.center().y(), box.bottom())}


@pytest.fixture
def bars(show) -> PredictionBars:
    return show(PredictionBars(), 500, 44)


def test_a_right_prediction_is_ok_and_ticked(bars: PredictionBars):
    bars.show_result(scores(*[0.0] * 5, 1.0, *[0.0] * 4))
    assert theme.current().color("ok").name() in colours(bars, 5)
    assert theme.current().color("ok").name() not in colours(bars, 3)
    assert bars.sentence() == "predicted 5 (100%), truly 5: right"


def test_a_wrong_prediction_is_err_and_the_truth_outlined(bars: PredictionBars):
    bars.show_result(scores(0, 0, 0, 0.9, 0, 0.1, 0, 0, 0, 0))
    assert theme.current().color("err").name() in colours(bars, 3)
    assert bars.sentence() == "predicted 3 (90%), truly 5: wrong"
    box = bars.boxes()[5]
    border = bars.grab().toImage().pixelColor(int(box.center().x()), int(box.top()))
    plain = bars.grab().toImage().pixelColor(int(bars.boxes()[6].center().x()), int(box.top()))
    assert border != plain


def test_scores_that_are_no_probabilities_show_their_value(bars: PredictionBars):
    bars.show_result(scores(-2.0, 4.0, 1.0, label=1, probabilities=False))
    assert bars.score_text(1) == "4" and bars.shares().tolist() == [0, 1, 0.25]


def test_many_classes_show_the_likeliest_and_the_truth(bars: PredictionBars):
    values = np.full(200, 0.001)
    values[150] = 0.8
    bars.show_result(scores(*values, label=7))
    shown = bars.shown()
    assert len(shown) == 33 and 150 in shown and 7 in shown
    bars.grab()


def test_of_many_long_names_the_answer_and_the_truth_are_written_in_full_and_apart(bars: PredictionBars):
    names = [f"an animal {index}" for index in range(30)]
    for label in (0, 14, 16, 29):
        result = scores(*[0.7 if index == 15 else 0.01 for index in range(30)], label=label)
        bars.show_result(replace(result, info={**result.info, "class_names": names}))
        assert bars.crowded(bars.boxes())
        metrics = QFontMetricsF(theme.mono(10.5, 600))
        found = bars.verdict(bars.boxes(), metrics)
        assert [found[index][1] for index in (15, label)] == ["an animal 15 70%", f"an animal {label} 1%"]
        (first, end), (second, last) = sorted((left, left + metrics.horizontalAdvance(text)) for left, text in found.values())
        assert first >= 0 and end + 5 <= second and last <= bars.width() + 0.01
    bars.show_result(scores(*[0.1] * 10, label=3))
    assert not bars.crowded(bars.boxes())


def test_why_there_is_no_prediction(bars: PredictionBars):
    bars.show_result(ProbeResult("prediction", ProbeRequest("prediction"), 0, problem="The network has no output yet. Wire its last layer to a loss."))
    assert bars.sentence().startswith("The network has no output yet")
    bars.grab()


def test_scores_that_are_no_numbers_predict_nothing(show):
    bars = show(PredictionBars(), 320, 50)
    lost = {"scores": np.full(10, np.nan, np.float32)}
    bars.show_result(ProbeResult("prediction", bars.request(), 3, lost, {"predicted": 0, "label": 2, "class_names": tuple("0123456789")}))
    assert bars.predicted == -1 and "not numbers" in bars.sentence()
    bars.grab()


def test_an_image_has_channels_and_black_ones_are_not_dead(panel: ActivationsPanel):
    image = np.stack([np.zeros((32, 32)), IMAGE[0, :1].repeat(32, 0)[:, :1].repeat(32, 1)]).astype(np.float32)
    panel.show_result(answer(image, what="image"))
    QApplication.processEvents()
    assert " · 2 channels · 32×32 · " in panel.heading.text()
    assert panel.grid.flat_tiles()[0] == "black"
    panel.show_result(answer(image[:1], what="image"))
    assert " · 1 channel · " in panel.heading.text()
    panel.show_result(answer(np.zeros((2, 8, 8), np.float32)))
    assert panel.grid.flat_tiles() == {0: "dead", 1: "dead"}
