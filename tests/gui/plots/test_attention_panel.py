"""The attention panel with real events: queries by mouse and keys, heads, switches, empty states, and its place in the window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import ProbeRequest, ProbeResult
from engine.layers import registry
from gui import theme
from gui.controls import Segments
from gui.panels import attention_values as looks
from gui.panels.attention import AttentionPanel
from gui.panels.attention_body import AttentionBody, plan
from gui.plots.token_grid import screened, token_grid

ATTENTION, LINEAR = registry.find("multi_head_attention"), registry.find("linear")
RANDOM = np.random.default_rng(4)
IMAGE = RANDOM.random((1, 28, 28)).astype(np.float32)


def answer(node: str = "attention1", *, heads: int = 4, grid: tuple[int, int, int] = (1, 4, 4), step: int = 882, **more: object) -> ProbeResult:
    tokens = grid[0] + grid[1] * grid[2] or 11
    scores = RANDOM.normal(size=(heads, tokens, tokens)).astype(np.float32) * 4
    weights = looks.softmax(scores / 4)
    entropy = -(weights * np.log(weights)).sum(-1).mean(-1)
    arrays = {"weights": weights, "scores": scores, "entropy": entropy, "mean": weights.mean(0), "input": IMAGE, "rollout": weights.mean(0)}
    arrays["positions"] = np.eye(tokens, dtype=np.float32)
    words = "Each token is a patch of 7 × 7 pixels of the image." if grid[1] else "There is no grid: nobody knows which patch each token of rows1 is."
    info = {
        "heads": heads, "tokens": tokens, "keys": tokens, "features": 16, "factor": 0.25, "whole": True, "query": 0, "every": (1, 1), "max": 1.0,
        "nodes": ("attention1", "attention2"), "query_grid": grid, "key_grid": grid, "query_what": words, "key_what": words,
        "entropies": tuple((name, math.log(tokens), tuple(float(v) for v in entropy)) for name in ("attention1", "attention2")),
        "index": 517, "label": 5, "label_name": "5", "samples": 1000, "predicted": 5, "predicted_name": "5", "probabilities": True, "score": 0.69,
    }  # fmt: skip
    return ProbeResult("attention", ProbeRequest("attention", node, sample=517), step, arrays, info | more)


@pytest.fixture
def panel(show) -> AttentionPanel:
    panel = show(AttentionPanel(), 1100, 420)
    panel.set_sample(517)
    panel.set_node("attention1", ATTENTION)
    panel.show_result(answer())
    QApplication.processEvents()
    return panel


def press(switch: Segments, option: str) -> None:
    index = [name for name, _ in switch._options].index(option)
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.segment_rect(index).center().toPoint())


def pixel(view, point: QPoint) -> str:
    return view.grab().toImage().pixelColor(point).name()


def test_it_asks_for_its_node_and_sample_and_keeps_it(show):
    panel = show(AttentionPanel(), 533, 250)
    assert panel.request() is None and panel.empty.isVisible() and "Select an attention node" in panel.empty.sentence.text()
    panel.set_node("fc1", LINEAR)
    assert panel.request() is None
    panel.set_node("attention1", ATTENTION)
    assert panel.request() == ProbeRequest("attention", "attention1") and "Waiting for the attention of attention1" in panel.empty.sentence.text()
    panel.set_node("fc1", LINEAR)
    assert panel.request().node == "attention1"
    panel.show_result(ProbeResult("attention", panel.request(), 0, problem="attention1 is bypassed, so the network does not use it."))
    assert panel.empty.sentence.text().startswith("attention1 is bypassed")
    panel.set_node("", None)
    assert panel.request() is None


def test_a_click_on_a_patch_is_a_query(panel: AttentionPanel):
    image = panel.body.image
    assert panel.query == 6  # the patch in the middle: row 2, column 2
    QTest.mouseClick(image.viewport(), Qt.MouseButton.LeftButton, pos=image.cell_rect(12).center().toPoint())
    assert panel.query == image.query == panel.body.matrix.query == panel.body.heads.query == 12
    assert np.array_equal(panel.body.heads.weights, panel.result.arrays["weights"][:, 12])
    assert panel.body.query.text() == "Query: patch 12, row 3, column 4"
    edge = image.cell_rect(12).topLeft().toPoint() + QPoint(1, 20)
    assert pixel(image, edge) == theme.current().color("sel").name() != pixel(image, image.cell_rect(7).topLeft().toPoint() + QPoint(4, 20))


def test_arrow_keys_move_the_query_down_to_the_class_token(panel: AttentionPanel):
    image = panel.body.image
    image.setFocus()
    for key, expected in ((Qt.Key.Key_Right, 7), (Qt.Key.Key_Down, 11), (Qt.Key.Key_Left, 10), (Qt.Key.Key_Up, 6), (Qt.Key.Key_Up, 2), (Qt.Key.Key_Up, 2)):
        QTest.keyClick(image, key)
        assert panel.query == expected
    QTest.keyClick(image, Qt.Key.Key_Home)
    assert panel.query == 0 and panel.body.query.text() == "Query: class token"
    QTest.keyClick(image, Qt.Key.Key_Up)
    assert panel.query == 13
    QTest.keyClick(image, Qt.Key.Key_Down)
    assert panel.query == 0
    QTest.mouseClick(image.viewport(), Qt.MouseButton.LeftButton, pos=image.cell_rect(1).center().toPoint())
    QTest.mouseClick(image.viewport(), Qt.MouseButton.LeftButton, pos=image.cell_rect(0).center().toPoint())
    assert panel.query == 0 and np.array_equal(panel.body.heads.weights, panel.result.arrays["weights"][:, 0])


def test_the_matrix_chooses_queries_and_reads_out(panel: AttentionPanel):
    matrix = panel.body.matrix
    row = matrix.row_rect(9)
    QTest.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=row.center().toPoint())
    assert panel.query == 9
    matrix.setFocus()
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    assert panel.query == 10
    QTest.mouseMove(matrix.viewport(), matrix.row_rect(3).center().toPoint() + QPoint(3, 0))
    QTest.mouseMove(matrix.viewport(), matrix.row_rect(3).center().toPoint())
    mean = panel.result.arrays["weights"].mean(0)[3, 8]
    assert matrix._readout.words == "patch 3 looks at patch 8" and float(matrix._readout.number) == pytest.approx(mean, abs=1e-4)
    assert panel.body.rows.text() == "Rows sum to 1. Scale ends at the 99th percentile."
    assert matrix.scale.high == pytest.approx(np.percentile(panel.result.arrays["weights"].mean(0), 99))


def test_a_head_is_read_out_and_chosen_for_the_matrix(panel: AttentionPanel):
    heads = panel.body.heads
    assert heads.label(2) in ("Head 3", "3") and heads.number(heads.weights[2], wide=True) == f"max {heads.weights[2].max():.3f}"
    center = heads.map_rect(2).center().toPoint()
    QTest.mouseMove(heads.viewport(), center + QPoint(2, 2))
    QTest.mouseMove(heads.viewport(), center)
    assert heads._readout.words.startswith("Head 3 · patch ")
    QTest.mouseClick(heads.viewport(), Qt.MouseButton.LeftButton, pos=center)
    assert np.array_equal(panel.body.matrix.values, panel.result.arrays["weights"][2]) and panel.body.notes[2].text() == "head 3"
    QTest.mouseClick(heads.viewport(), Qt.MouseButton.LeftButton, pos=center)
    assert np.allclose(panel.body.matrix.values, panel.result.arrays["weights"].mean(0))


def test_the_brightest_cell_is_where_the_weight_is(panel: AttentionPanel):
    weights = np.zeros((4, 17, 17), np.float32)
    weights[:, :, 1 + 4 * 2 + 3] = 1  # row 3, column 4
    result = answer()
    result.arrays.update(weights=weights, input=np.zeros((1, 28, 28), np.float32))
    panel.show_result(result)
    heads = panel.body.heads
    rect = heads.map_rect(1)
    side = rect.width() / 4
    top = "#{:02x}{:02x}{:02x}".format(*theme.current().lut("ember")[255][:3])
    low = "#{:02x}{:02x}{:02x}".format(*theme.current().lut("ember")[0][:3])
    assert pixel(heads, QPoint(round(rect.left() + 3.5 * side), round(rect.top() + 2.5 * side))) == top
    assert pixel(heads, QPoint(round(rect.left() + 2.5 * side), round(rect.top() + 3.5 * side))) == low


def test_switches_show_scores_means_rollout_and_places(panel: AttentionPanel):
    weights, scores = panel.result.arrays["weights"], panel.result.arrays["scores"]
    press(panel.show_values, "scores")
    assert np.allclose(panel.body.heads.weights, scores[:, 6] / 4) and panel.body.heads.map == "tide"
    QTest.mouseClick(panel.scaled, Qt.MouseButton.LeftButton)
    assert np.allclose(panel.body.heads.weights, scores[:, 6]) and "Not what the network computes" in panel.body.rows.text()
    press(panel.show_values, "softmax")
    expected = np.exp(scores[:, 6]) / np.exp(scores[:, 6]).sum(-1, keepdims=True)
    assert np.allclose(panel.body.heads.weights, expected, atol=1e-5) and panel.body.card.text() == "softmax( q·Kᵀ )\nN² = 17² = 289 per head"
    QTest.mouseClick(panel.scaled, Qt.MouseButton.LeftButton)
    assert np.array_equal(panel.body.heads.weights, weights[:, 6]) and "/ √16" in panel.body.card.text()
    press(panel.show_what, "mean")
    assert np.allclose(panel.body.heads.weights, weights[:, 6].mean(0)[None])
    press(panel.show_what, "rollout")
    assert np.array_equal(panel.body.matrix.values, panel.result.arrays["rollout"]) and not panel.scaled.isEnabled()
    press(panel.show_what, "positions")
    assert panel.body.matrix.map == "tide" and (panel.body.matrix.scale.low, panel.body.matrix.scale.high) == (-1, 1)
    assert np.array_equal(panel.body.heads.weights, np.eye(17, dtype=np.float32)[6:7])


def test_another_node_is_a_click_away(panel: AttentionPanel):
    told: list[str] = []
    panel.nodeChosen.connect(told.append)
    choice = panel.switch.choice
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton, pos=choice.segment_rect(1).center().toPoint())
    bars = panel.body.entropy
    assert bars.isVisible() and panel.body.notes[3].text() == "0 … ln 17 = 2.83"
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.boxes()["attention2"].center().toPoint())
    assert told == ["attention2", "attention2"]
    panel.set_node("attention2", ATTENTION)
    assert panel.body.isVisible() and panel.request().node == "attention2"  # the old pictures stay until the new ones come
    panel.show_result(answer("attention1", step=1))
    assert panel.result.step == 882


def test_a_network_that_does_not_divide_starts_that_way(panel: AttentionPanel):
    panel.set_node("attend1", registry.find("scaled_dot_product"))
    panel.show_result(answer("attend1", factor=1.0))
    assert not panel.scaled.isChecked() and np.array_equal(panel.body.heads.weights, panel.result.arrays["weights"][:, 6])


def test_without_a_grid_tokens_are_told_by_number(panel: AttentionPanel):
    panel.show_result(answer(grid=(0, 0, 0)))
    assert panel.body.titles[0].text() == "11 tokens" and panel.body.query.text() == "Query: token 0"
    assert panel.body.key.toolTip().startswith("There is no grid") and panel.body.notes[0].text() == "no grid"
    assert panel.body.key.text().startswith(("There is no grid", "No grid"))
    QTest.keyClick(panel.body.image, Qt.Key.Key_Right)
    assert panel.query == 1 and panel.body.heads.image is None
    QTest.keyClick(panel.body.image, Qt.Key.Key_Down)
    assert panel.query == 5


def test_very_many_tokens_ask_again_for_each_query(panel: AttentionPanel):
    part = answer(whole=False, every=(3, 3), query=6)
    part.arrays.update({name: part.arrays[name][:, 6:7] for name in ("weights", "scores")}, mean=part.arrays["mean"][::3, ::3])
    panel.show_result(part)
    assert panel.body.matrix.values.shape == (6, 6) and panel.request().query == 6
    QTest.mouseClick(panel.body.image.viewport(), Qt.MouseButton.LeftButton, pos=panel.body.image.cell_rect(13).center().toPoint())
    assert panel.request() == ProbeRequest("attention", "attention1", sample=517, query=13)


def test_right_and_wrong_are_told_in_words(panel: AttentionPanel):
    assert panel.body.guess.text() == "predicts 5 · 69 %"
    panel.show_result(answer(predicted=3, predicted_name="3"))
    assert panel.body.guess.text() == "predicts 3 · 69 % · truly 5"


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (533, 250), (900, 330), (1590, 520), (520, 700)])
def test_nothing_overlaps_or_leaves_the_panel(panel: AttentionPanel, width: int, height: int, name: str):
    theme.use(name)
    panel.resize(width, height)
    QApplication.processEvents()
    try:
        body = panel.body
        shown = [w for w in (body.image, body.heads, body.matrix, body.scale, body.entropy, body.card) if w.isVisible()]
        assert {body.image, body.heads} <= set(shown) and all(body.rect().contains(w.geometry()) for w in shown)
        assert not any(a.geometry().intersects(b.geometry()) for i, a in enumerate(shown) for b in shown[i + 1 :])
        assert body.heads.map_rect(3).bottom() <= body.heads.height() and body.heads.map_rect(3).right() <= body.heads.width()
        assert not body.grab().isNull()
    finally:
        theme.use("dark")


def test_the_plan_gives_entropy_a_column_where_there_is_room():
    assert plan(533, 220).side == QRect() and plan(1590, 480).side.width() >= 170 and plan(520, 700).side.top() > 300
    assert plan(300, 180).matrix == QRect()


def test_the_image_lies_over_the_map_as_light():
    colours = np.full((2, 2, 3), 100, np.uint8)
    light = np.zeros((2, 2, 3), np.uint8)
    light[0, 0] = 255
    over = screened(colours, light)
    assert over[1, 1].tolist() == [100] * 3 and over[0, 0].tolist() == [int(255 - 155 * 0.74)] * 3


def test_tokens_and_cells_are_inverse():
    grid = token_grid(17, (1, 4, 4))
    assert all(grid.token(*grid.cell(token)) == token for token in range(1, 17)) and grid.cell(0) is None
    loose = token_grid(11, (0, 0, 0))
    assert not loose.placed and loose.token(2, 3) == -1 and np.isnan(loose.spread(np.arange(11.0))[2, 3])
    assert not token_grid(18, (1, 4, 4)).placed  # one token too many: nobody knows where


def test_the_panel_in_the_window_follows_lesson_selection_and_sample(window, wait):
    from engine import library

    window.project.replace(library.read("vit-mnist"), lesson="vit-mnist")
    window.fresh_document()
    panel = window.panel("attention")
    assert isinstance(panel.body, AttentionBody) and panel.node == "attention1"
    window.canvas.select(["attention2"])
    assert panel.node == "attention2"
    window.canvas.select(["fc1"])
    assert panel.node == "attention2"
    window.panel("activations").set_sample(12)
    assert panel.request().sample == 12
    panel.set_sample(15)
    assert window.panel("activations").request() is None or window.panel("activations").request().sample == 15
    window.bridge.start()
    window.raise_panel("attention")
    wait(lambda: panel.result is not None, 60, "the attention of the first weights")
    assert panel.result.info["query_grid"] == (1, 4, 4) and panel.result.arrays["weights"].shape == (4, 17, 17)
    window.acts["step"].trigger()
    wait(lambda: panel.result.step > 0, 60, "the attention after a step")
    choice = panel.switch.choice
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton, pos=choice.segment_rect(0).center().toPoint())
    assert window.selected_nodes() == ["attention1"] == [panel.node]
    wait(lambda: panel.result.request.node == "attention1", 60)


def test_names_of_the_axes_of_tokens_give_way_to_their_numbers(app):
    from PySide6.QtGui import QImage, QPainter

    from gui.plots.token_matrix import fitting

    picture = QImage(10, 10, QImage.Format.Format_ARGB32)
    painter = QPainter(picture)
    whole, short = (painter.fontMetrics().horizontalAdvance(words) for words in ("key token", "key"))
    assert [fitting(painter, "key", room) for room in (whole, whole - 1, short, short - 1)] == ["key token", "key", "key", ""]
    painter.end()
