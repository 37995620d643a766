"""The filters panel: requests, tiles, scales in words, input channels, changes since the first look."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.events import ProbeRequest, ProbeResult
from engine.layers import registry
from gui.panels.filters import LIMIT, FiltersPanel
from gui.plots.colormap import Scale

CONV, LINEAR, RELU = registry.find("conv2d"), registry.find("linear"), registry.find("relu")


def answer(weight: np.ndarray, step: int, node: str = "conv1", **info: object) -> ProbeResult:
    known = {"total": len(weight), "channels": weight.shape[1], "min": float(weight.min()), "max": float(weight.max()), "every": (1, 1)}
    return ProbeResult("filters", ProbeRequest("filters", node, limit=LIMIT), step, {"weight": weight.astype(np.float32)}, known | info)


def weights(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.2, shape)


@pytest.fixture
def panel(show) -> FiltersPanel:
    return show(FiltersPanel(), 431, 250)


def test_nothing_chosen_asks_for_nothing(panel: FiltersPanel):
    assert panel.request() is None and "Select a convolution" in panel.empty.sentence.text()
    panel.set_node("relu1", RELU)
    assert panel.request() is None


def test_a_layer_without_weights_leaves_the_last_in_place(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    panel.set_node("relu1", RELU)
    assert panel.request() == ProbeRequest("filters", "conv1", limit=LIMIT)
    panel.set_node("", None)
    assert panel.request() is None


def test_shows_all_filters_on_one_scale(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    weight = weights(16, 1, 5, 5)
    panel.show_result(answer(weight, 662))
    assert panel.heading.text() == "conv1 · 16 of 16 · 5×5"
    assert panel.words.text() == "One scale for all 16 filters, symmetric about 0 · step 662"
    np.testing.assert_array_equal(panel.grid.tiles, weight[:, 0].astype(np.float32))
    assert panel.grid.scale.high == pytest.approx(np.abs(weight).max()) and not panel.channel.isVisible()
    assert panel.grab().toImage().width() == 431


def test_each_on_its_own_scale(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    panel.show_result(answer(weights(16, 1, 5, 5), 3))
    QTest.mouseClick(panel.sharing, Qt.MouseButton.LeftButton, pos=panel.sharing.segment_rect(1).center().toPoint())
    assert panel.grid.scale is None and panel.words.text().startswith("Each of 16 filters on its own scale")


def test_change_since_initialisation_is_the_ratio_of_lengths(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    panel.show_result(answer(np.ones((4, 1, 3, 3)), 0))
    assert (panel.change_words.text(), panel.change.text()) == ("", "")
    panel.show_result(answer(np.full((4, 1, 3, 3), 3.0), 10, moved=2.0))
    assert (panel.change_words.text(), panel.change.text()) == ("Change since initialisation", "|Δw| / |w₀| = 2.00")


def test_input_channels_share_the_scale_of_the_whole_parameter(panel: FiltersPanel):
    panel.set_node("conv2", CONV)
    weight = weights(32, 16, 5, 5)
    panel.show_result(answer(weight, 5, "conv2"))
    assert panel.channel.isVisible() and panel.channel.count() == 17
    panel.channel.setCurrentIndex(3)
    panel.channel.activated.emit(3)
    np.testing.assert_array_equal(panel.grid.tiles, weight[:, 3].astype(np.float32))
    end = float(np.abs(weight).max())
    assert panel.grid.scale == Scale(-end, end)


def test_all_pairs_name_filter_and_input(panel: FiltersPanel):
    panel.set_node("conv2", CONV)
    panel.show_result(answer(weights(4, 2, 3, 3), 5, "conv2"))
    last = panel.channel.count() - 1
    panel.channel.setCurrentIndex(last)
    panel.channel.activated.emit(last)
    assert len(panel.grid.tiles) == 8 and panel.grid.names[3] == "filter 1 · input 1" and "8 kernels" in panel.words.text()


def test_three_channels_are_shown_in_colour(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    panel.show_result(answer(weights(8, 3, 3, 3), 5))
    assert panel.grid.tiles.shape == (8, 3, 3, 3) and "mid-grey is 0" in panel.words.text()


def test_a_linear_layer_is_a_matrix(panel: FiltersPanel):
    panel.set_node("fc1", LINEAR)
    panel.show_result(answer(weights(120, 400), 5, "fc1", every=(1, 2), channels=800))
    assert panel.heading.text() == "fc1 · weight matrix · 120 outputs × 800 inputs"
    again = panel.grid.layout_now().every
    assert again > 1 and f"1 in {again} rows and 1 in {2 * again} columns" in panel.words.text(), "what the panel leaves out is told as well"
    assert not panel.sharing.isVisible()
    panel.grab()


def test_answers_for_another_node_are_ignored_and_problems_told(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    panel.show_result(answer(weights(4, 1, 3, 3), 1, "conv9"))
    assert panel.result is None
    panel.show_result(ProbeResult("filters", ProbeRequest("filters", "conv1"), 0, problem="conv1 is bypassed, so the network does not use it."))
    assert panel.empty.isVisible() and "bypassed" in panel.empty.sentence.text()


def test_rows_of_a_linear_layer_can_be_images(panel: FiltersPanel):
    panel.set_node("fc1", LINEAR)
    panel.show_result(answer(weights(8, 1, 28, 28), 9, node="fc1", what="rows as images", total=12))
    assert panel.heading.text() == "fc1 · 8 of 12 rows as images · 28×28"
    assert panel.words.text() == "One scale for all 8 rows, symmetric about 0 · step 9"
    panel.grid.walk(0, 0)
    assert panel.grid.readout()[0] == "output 0 · row 0, col 0"


def test_one_filter_is_not_all_filters(panel: FiltersPanel):
    panel.set_node("conv1", CONV)
    panel.show_result(answer(weights(1, 1, 3, 3), 0))
    assert panel.words.text() == "One scale for the whole filter, symmetric about 0 · initial weights"
    assert panel.grid.layout_now().cell[0] == panel.grid.layout_now().cell[1], "a filter is a picture: its values are square"


def test_a_narrow_weight_matrix_fills_the_panel(panel: FiltersPanel):
    panel.set_node("fc1", LINEAR)
    panel.show_result(answer(weights(32, 2), 0, "fc1"))
    layout = panel.grid.layout_now()
    assert layout.cell[0] >= 4 * layout.cell[1] and panel.words.text().startswith("One scale for the whole matrix")
    panel.set_node("conv1", CONV)
    panel.show_result(answer(weights(1, 1, 32, 2), 0))
    assert panel.grid.layout_now().cell[0] == panel.grid.layout_now().cell[1]
