"""The segmentation panel with real events: pixels, classes, words in the picture, what it says without masks, and live in the window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Node, Recipe, Snapshot, Wire
from gui import theme
from gui.panels import segmentation_values as values
from gui.panels.segmentation import NOTHING, SegmentationPanel
from gui.plots.class_legend import ClassLegend, share
from gui.plots.pixel_pictures import fit

NAMES = ("background", "digit", "animal", "line")


def answer(*, whole: bool = True, picked: int = 0, names: tuple[str, ...] = NAMES, ignored: int = 8, step: int = 40) -> ProbeResult:
    """8 x 12 pixels: a square of class 1 that is predicted one column too far to the right; the first row does not count."""
    truth, said = np.zeros((8, 12), np.float32), np.zeros((8, 12), np.float32)
    truth[2:6, 3:7], said[2:6, 4:8] = 1, 1
    if ignored:
        truth[0] = np.nan
    scores = np.full((len(names), 8, 12), 0.1 / (len(names) - 1), np.float32)
    for index in range(len(names)):
        scores[index][said == index] = 0.9
    image = np.linspace(0, 1, 96, dtype=np.float32).reshape(1, 8, 12)
    arrays = {"truth": truth, "prediction": said, "probability": scores if whole else scores[picked : picked + 1], "input": image}
    info = {
        "classes": len(names), "class_names": names, "picked": picked, "whole": whole, "every": 1, "probabilities": True, "origin": "softmax of the output",
        "height": 8, "width": 12, "finite": True, "ignored": ignored, "accuracy": 0.9, "iou": (0.9, 0.6, math.nan, math.nan), "mean_iou": 0.75,
        "index": 3, "label": -1, "label_name": "", "samples": 25, "output": "conv2",
    }  # fmt: skip
    return ProbeResult("segmentation", ProbeRequest("segmentation", sample=3, query=picked), step, arrays, info)


@pytest.fixture
def panel(show) -> SegmentationPanel:
    panel = show(SegmentationPanel(), 1000, 300)
    panel.set_wanted(True)
    panel.show_result(answer())
    QApplication.processEvents()
    return panel


def bytes_at(panel: SegmentationPanel, place: int, spot: tuple[int, int]) -> tuple[int, ...]:
    """The colour on the screen at the middle of a pixel."""
    point = panel.pictures.pixel_rect(place, spot).center().toPoint()
    return panel.pictures.grab().toImage().pixelColor(point).getRgb()[:3]


def test_five_pictures_show_the_pixels_as_they_are(panel: SegmentationPanel):
    assert [picture.title for picture in panel.pictures.pictures] == ["Image", "Truth", "Prediction", "Errors", "P of digit"]
    colors = [tuple(map(int, row)) for row in theme.current().class_colors(4)]
    assert bytes_at(panel, 1, (3, 3)) == colors[1] == bytes_at(panel, 2, (3, 7)) and bytes_at(panel, 2, (3, 3)) == colors[0]
    assert bytes_at(panel, 3, (3, 3)) == theme.current().color("err").getRgb()[:3] == bytes_at(panel, 3, (4, 7))
    assert bytes_at(panel, 3, (4, 5)) != theme.current().color("err").getRgb()[:3]
    assert bytes_at(panel, 0, (7, 11)) == (255, 255, 255) and panel.pictures.pictures[3].note == "9.5 %"  # 8 of 84 pixels that count
    ember = theme.current().lut("ember")
    assert bytes_at(panel, 4, (3, 7)) == tuple(map(int, ember[round(0.9 * 255)][:3]))
    assert panel.heading.text() == "conv2 · 90.0 % right · mean IoU 0.75 · step 40 · 8×12 · 4 classes"


def test_pixels_that_do_not_count_are_hatched(panel: SegmentationPanel):
    for place in (1, 3):
        box = panel.pictures.pixel_rect(place, (0, 5)).toAlignedRect()
        image = panel.pictures.grab().toImage()
        seen = {image.pixelColor(x, y).name() for x in range(box.left() + 1, box.right()) for y in range(box.top() + 1, box.bottom())}
        assert theme.current().color("t3").name() in seen and len(seen) > 1
    assert panel.legend.ignored
    panel.show_result(answer(ignored=0))
    assert panel.pictures.pictures[1].hatched is None and not panel.legend.ignored


def test_the_pointer_reads_the_probabilities_of_a_pixel(panel: SegmentationPanel):
    assert panel.caption.text() == "IoU in this sample" and panel.legend.number(1) == "0.60" and panel.legend.number(2) == "–"
    point = panel.pictures.pixel_rect(2, (3, 7)).center().toPoint()
    QTest.mouseMove(panel.pictures.viewport(), point + QPoint(1, 1))
    QTest.mouseMove(panel.pictures.viewport(), point)
    assert panel.pictures.spot == (3, 7) and panel.caption.text() == "row 3, col 7 · truly background"
    readout = panel.pictures._readout
    assert readout.isVisible() and readout.number.startswith("digit 0.90 · ")
    assert panel.legend.values == pytest.approx([0.1 / 3, 0.9, 0.1 / 3, 0.1 / 3]) and panel.legend.true == 0
    QTest.keyClick(panel.pictures, Qt.Key.Key_Up)
    QTest.keyClick(panel.pictures, Qt.Key.Key_Up)
    QTest.keyClick(panel.pictures, Qt.Key.Key_Up)
    assert panel.pictures.spot == (0, 7) and panel.caption.text().endswith("does not count") and panel.legend.true == -1
    QTest.keyClick(panel.pictures, Qt.Key.Key_Escape)
    assert panel.pictures.spot is None and not readout.isVisible() and panel.caption.text() == "IoU in this sample"


def test_a_class_is_picked_by_click_and_by_key(panel: SegmentationPanel):
    legend = panel.legend
    QTest.mouseClick(legend, Qt.MouseButton.LeftButton, pos=legend.row_rect(3).center().toPoint())
    assert panel.picked == 3 and panel.pictures.pictures[4].title == "P of line"
    QTest.keyClick(legend, Qt.Key.Key_Up)
    assert panel.picked == 2 and np.array_equal(values.probability(panel.result, 2), panel.result.arrays["probability"][2])


def test_of_very_many_classes_the_picked_one_is_asked_for(panel: SegmentationPanel):
    panel.show_result(answer(whole=False, picked=0))
    assert len(panel.pictures.pictures) == 4  # the probability that was sent is not that of the picked class
    assert panel.request() == ProbeRequest("segmentation", sample=0, query=1)
    panel.show_result(answer(whole=False, picked=1))
    assert panel.pictures.pictures[4].title == "P of digit"
    assert values.words_at(panel.result, (3, 7), picked=1)[1] == "predicts digit · digit 0.90"


def test_words_in_the_picture_help_where_colours_do_not(panel: SegmentationPanel):
    assert not panel.names.isChecked() and panel.pictures.pictures[1].marks == ()
    QTest.mouseClick(panel.names, Qt.MouseButton.LeftButton)
    row, column, word = panel.pictures.pictures[1].marks[0]
    assert word == "digit" and panel.result.arrays["truth"][row, column] == 1 and len(panel.pictures.pictures[1].marks) == 1
    panel.set_wanted(False)
    panel.set_wanted(True)
    panel.show_result(answer(names=tuple(map(str, range(9)))))
    assert panel.names.isChecked()  # nine classes: more than colours tell apart at a glance


def test_several_outputs_stand_side_by_side(panel: SegmentationPanel):
    result = answer()
    result.arrays["others"] = np.stack([result.arrays["truth"] * 0 + 2] * 2)
    panel.show_result(ProbeResult("segmentation", result.request, 41, result.arrays,
                                  result.info | {"outputs": ("naive1", "conv2", "mla1"), "others": (("naive1", 0.5), ("mla1", math.nan))}))  # fmt: skip
    assert [picture.title for picture in panel.pictures.pictures] == ["Image", "Truth", "conv2", "naive1", "mla1", "Errors", "P of digit"]
    assert panel.pictures.pictures[3].note == "50 %" and panel.pictures.pictures[4].note == ""
    assert bytes_at(panel, 3, (4, 4)) == tuple(map(int, theme.current().class_colors(4)[2]))
    assert panel.outputs.isVisible() and panel.outputs.currentText() == "conv2"
    panel.outputs.textActivated.emit("mla1")
    assert panel.request().node == "mla1"
    panel.show_result(answer())
    assert not panel.outputs.isVisible()


def test_a_double_click_shows_one_picture_alone(panel: SegmentationPanel):
    wide = panel.pictures.box(2).width()
    QTest.mouseDClick(panel.pictures.viewport(), Qt.MouseButton.LeftButton, pos=panel.pictures.box(2).center().toPoint())
    assert panel.pictures.shown() == (2,) and panel.pictures.box(0).width() > wide
    panel.show_result(answer(step=41))
    assert panel.pictures.shown() == (2,)
    QTest.mouseDClick(panel.pictures.viewport(), Qt.MouseButton.LeftButton, pos=panel.pictures.box(0).center().toPoint())
    assert len(panel.pictures.shown()) == 5


def test_what_is_missing_is_said(show):
    panel = show(SegmentationPanel(), 533, 250)
    assert panel.empty.isVisible() and panel.empty.sentence.text() == NOTHING and panel.request() is None
    panel.set_wanted(True)
    assert panel.request() == ProbeRequest("segmentation", sample=0, query=0)
    panel.show_result(ProbeResult("segmentation", panel.request(), 0, problem="fc1 does not give scores for each pixel."))
    assert panel.empty.isVisible() and panel.empty.sentence.text() == "fc1 does not give scores for each pixel."


def test_small_shares_are_not_written_as_nothing():
    assert [share(value) for value in (0.0, 0.001, 0.014, 0.996, 1.0)] == ["0", "<0.01", "0.01", "1.00", "1.00"]
    assert ClassLegend.__doc__


@pytest.mark.parametrize(("room", "across", "width"), [((1000, 250), 5, 160), ((400, 700), 2, 160), ((360, 216), 3, 85)])
def test_pictures_fill_the_room_at_half_and_whole_factors(room: tuple[int, int], across: int, width: int):
    plan = fit(5, (64, 64), room=room, ratio=1.0)
    assert (plan.across, plan.width) == (across, width) and plan.height == plan.width


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (533, 250), (1560, 420), (420, 700)])
def test_everything_stays_inside(panel: SegmentationPanel, width: int, height: int, name: str):
    theme.use(name)
    try:
        panel.resize(width, height)
        QApplication.processEvents()
        boxes = [panel.pictures.box(place) for place in range(5)]
        assert all(panel.pictures.rect().contains(box.toAlignedRect().adjusted(1, 1, -1, -1)) for box in boxes)
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
        assert not panel.side.isVisible() or not panel.pictures.geometry().intersects(panel.side.geometry())
    finally:
        theme.use("dark")


def scenes() -> Snapshot:
    conv = {"out_channels": 4, "kernel_size": 3, "padding": 1}
    nodes = (Node("scenes1", "scenes", {"count": 20, "size": 24}), Node("conv1", "conv2d", conv), Node("loss1", "cross_entropy"))
    wires = (Wire("scenes1", "image", "conv1", "x"), Wire("conv1", "out", "loss1", "prediction"), Wire("scenes1", "mask", "loss1", "target"))
    return Snapshot(nodes, wires, recipe=Recipe(batch_size=10, epochs=2, device="cpu"))


def test_the_panel_in_the_window_is_live_and_shares_the_sample(window, wait):
    panel = window.panel("segmentation")
    assert panel.request() is None
    window.project.replace(scenes(), lesson="scenes-test")
    window.fresh_document()
    assert window.docks["segmentation"].in_view and panel.wanted  # opened for the first time: its panel comes to the front
    window.raise_panel("activations")
    window.fresh_document()
    assert not window.docks["segmentation"].in_view  # not again
    window.raise_panel("segmentation")
    window.panel("activations").set_sample(3)
    assert panel.request() == ProbeRequest("segmentation", sample=3)
    window.bridge.start()
    wait(lambda: panel.result is not None, 60, "the first pixels")
    before = panel.result.arrays["probability"].copy()
    assert panel.result.info["class_names"] == NAMES and panel.result.info["index"] == 3
    window.acts["step"].trigger()
    wait(lambda: panel.result.step > 0, 60, "the pixels after a step")
    assert np.abs(panel.result.arrays["probability"] - before).max() > 0
    panel.picker.choose(1)
    assert window.panel("activations").picker.sample == 1
