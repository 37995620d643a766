"""The views panel with real events: the ring, the bars, what is said of a view, and live in the window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Node, Recipe, Snapshot, Wire
from gui import theme
from gui.panels import views_values as values
from gui.panels.views import NOTHING, ViewsPanel
from gui.plots.view_ring import ring, rows

RANDOM = np.random.default_rng(3)
CLASSES = ("bottle", "chair", "cup")


def answer(count: int = 12, *, how: str = "max", apart: bool = False, truth: int = 1, predicted: int = 1, index: int = 4, **more: object) -> ProbeResult:
    alone = np.full((count, 3), 0.1, np.float32)
    alone[:, 1] = 0.8
    alone[2] = (0.7, 0.2, 0.1)
    arrays = {"views": RANDOM.random((count, 1, 8, 8)).astype(np.float32), "alone": alone, "scores": np.array([0.1, 0.84, 0.06], np.float32)}
    if how == "max":
        arrays["won"] = np.arange(count, dtype=np.float32) * 2
    info = {
        "views": count, "apart": apart, "first": 0 if apart else -1, "pools": () if apart else ("pool1",), "pool": "" if apart else "pool1", "how": how,
        "angles": tuple(k * 360 / count for k in range(count)), "elevation": 30.0, "features": 140, "ties": 8, "index": index, "label": truth,
        "label_name": CLASSES[truth], "samples": 100, "predicted": predicted, "predicted_name": CLASSES[predicted], "class_names": CLASSES,
        "classes": 3, "probabilities": True, "origin": "softmax of the output",
    }  # fmt: skip
    return ProbeResult("views", ProbeRequest("views", sample=index), 24, arrays, info | more)


@pytest.fixture
def panel(show) -> ViewsPanel:
    panel = show(ViewsPanel(), 900, 330)
    panel.set_wanted(True)
    panel.show_result(answer())
    QApplication.processEvents()
    return panel


def test_the_ring_begins_in_front_and_goes_round(panel: ViewsPanel):
    boxes = panel.ring.boxes()
    middles = [box.center() for box in boxes]
    assert len(boxes) == 12 and middles[0].y() == max(point.y() for point in middles) and middles[6].y() == min(point.y() for point in middles)
    assert middles[3].x() == max(point.x() for point in middles) and middles[9].x() == min(point.x() for point in middles)
    assert not panel.ring.middle().isEmpty() and not any(panel.ring.middle().intersects(box) for box in boxes)


@pytest.mark.parametrize("count", [1, 2, 3, 12, 20, 80])
@pytest.mark.parametrize("room", [(300, 170), (800, 360), (200, 500)])
def test_any_number_of_views_has_room(count: int, room: tuple[int, int]):
    boxes = (ring if count <= 20 else rows)(count, *room)
    assert len(boxes) == count and all(box.width() == box.height() >= 8 for box in boxes)
    assert all(box.left() >= 0 and box.top() >= 0 and box.right() <= room[0] and box.bottom() <= room[1] for box in boxes)
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_a_click_shows_a_view_large_and_tells_about_it(panel: ViewsPanel):
    assert panel.view_words.text() == "view 1 · turned by 0°\nwon 0 (0.0 %) · alone: chair 80 %"
    QTest.mouseClick(panel.ring.viewport(), Qt.MouseButton.LeftButton, pos=panel.ring.boxes()[2].center().toPoint())
    assert panel.ring.chosen == 2 == panel.bars.chosen and panel.view_words.text() == "view 3 · turned by 60°\nwon 4 (2.9 %) · alone: bottle 70 %"
    QTest.keyClick(panel.ring, Qt.Key.Key_Right)
    assert panel.ring.chosen == 3
    image = panel.ring.grab().toImage()
    middle, side = panel.ring.middle(), panel.ring.middle().width() / 8
    spot = QPoint(round(middle.left() + 2.5 * side), round(middle.top() + 5.5 * side))
    assert abs(image.pixelColor(spot).red() - round(255 * float(panel.result.arrays["views"][3, 0, 5, 2]))) <= 1


def test_the_pointer_lights_up_ring_and_bars(panel: ViewsPanel):
    QTest.mouseMove(panel.bars, panel.bars.column(0, 7).center().toPoint() + QPoint(1, 0))
    QTest.mouseMove(panel.bars, panel.bars.column(0, 7).center().toPoint())
    assert panel.ring.pointed == 7 == panel.bars.pointed and panel.view_words.text().startswith("view 8 · turned by 210°\nwon 14 ")
    point = panel.ring.boxes()[5].center().toPoint()
    QTest.mouseMove(panel.ring.viewport(), point + QPoint(1, 1))
    QTest.mouseMove(panel.ring.viewport(), point)
    assert panel.bars.pointed == 5
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=panel.bars.column(1, 9).center().toPoint())
    assert panel.ring.chosen == 9


def test_bars_count_features_and_tell_right_from_wrong(panel: ViewsPanel):
    won, alone = panel.bars.charts
    assert won.values == tuple(range(0, 24, 2)) and won.note == "of 140 · most: view 12" and panel.ring.shares[11] == 1 and panel.ring.shares[0] == 0
    assert alone.note == "11 of 12 right · P of chair" and alone.values[2] == pytest.approx(0.2) and alone.hatched[2] and sum(alone.hatched) == 1
    assert panel.words.text() == "pool1 keeps the highest of 12 views in each of 140 features. In 8 several views are equal, such as 0 after ReLU."
    assert panel.guess.text() == "predicts chair · 84 %" and panel.heading.text() == "truly chair · 12 views · 30° up · step 24"
    panel.show_result(answer(truth=2))
    assert panel.guess.text() == "predicts chair · 84 %" and panel.heading.text().startswith("truly cup")


def test_a_mean_has_no_winner(panel: ViewsPanel):
    panel.show_result(answer(how="mean"))
    assert panel.words.text() == "pool1 takes the mean: all 12 views count equally in each of 140 features."
    assert [chart.title for chart in panel.bars.charts] == ["Each view alone"] and set(panel.ring.shares) == {1.0}


def test_views_behind_each_other_and_networks_without_a_pool(panel: ViewsPanel):
    panel.show_result(answer(how="concat"))
    assert "keeps all views behind each other" in panel.words.text() and panel.ring.shares == ()
    panel.show_result(answer(how="", pool="", pools=()))
    assert panel.words.text() == values.NO_POOL


def test_single_views_vote_and_the_pinned_one_is_marked(panel: ViewsPanel):
    told: list[int] = []
    panel.sampleChanged.connect(told.append)
    panel.show_result(answer(how="", apart=True, index=4))
    assert panel.ring.chosen == 4 and panel.guess.text() == "12 views vote: chair · 84 %" and "vote is the mean" in panel.words.text()
    QTest.mouseClick(panel.ring.viewport(), Qt.MouseButton.LeftButton, pos=panel.ring.boxes()[6].center().toPoint())
    assert told == [6] and panel.request().sample == 6


def test_what_is_missing_is_said(show):
    panel = show(ViewsPanel(), 533, 250)
    assert panel.empty.isVisible() and panel.empty.sentence.text() == NOTHING and panel.request() is None
    panel.set_wanted(True)
    panel.show_result(ProbeResult("views", panel.request(), 0, problem="This dataset has no views of shapes."))
    assert panel.empty.sentence.text() == "This dataset has no views of shapes."


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (533, 250), (1560, 420)])
def test_nothing_overlaps(panel: ViewsPanel, width: int, height: int, name: str):
    theme.use(name)
    try:
        panel.resize(width, height)
        QApplication.processEvents()
        assert not panel.ring.geometry().intersects(panel.side.geometry()) and panel.bars.height() >= 60
        assert panel.words.geometry().top() >= panel.bars.geometry().bottom() and not panel.grab().isNull()
    finally:
        theme.use("dark")


def shapes() -> Snapshot:
    nodes = (
        Node("shapes1", "shapes3d", {"count": 2, "views": 4, "size": 12}), Node("fold1", "fold_views"),
        Node("conv1", "conv2d", {"out_channels": 3, "kernel_size": 4, "stride": 4}), Node("unfold1", "unfold_views", {"views": 4}),
        Node("pool1", "view_pool"), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}), Node("loss1", "cross_entropy"),
    )  # fmt: skip
    chain = [node.id for node in nodes[:-1]]
    wires = [Wire(a, "views" if a == "shapes1" else "out", b, "x") for a, b in zip(chain, chain[1:], strict=False)]  # noqa: RUF007
    wires += [Wire("fc1", "out", "loss1", "prediction"), Wire("shapes1", "label", "loss1", "target")]
    return Snapshot(nodes, tuple(wires), recipe=Recipe(batch_size=5, epochs=2, device="cpu"))


def test_the_panel_in_the_window_is_live(window, wait):
    panel = window.panel("views")
    window.project.replace(shapes(), lesson="shapes-test")
    window.fresh_document()
    assert window.docks["views"].in_view and panel.wanted
    window.bridge.start()
    wait(lambda: panel.result is not None, 60, "the first views")
    assert panel.result.arrays["views"].shape == (4, 1, 12, 12) and panel.result.info["how"] == "max"
    before = panel.result.arrays["alone"].copy()
    window.acts["step"].trigger()
    wait(lambda: panel.result.step > 0, 60, "the views after a step")
    assert np.abs(panel.result.arrays["alone"] - before).max() > 0
    window.canvas.select(["pool1"])
    assert panel.request().node == "pool1"
    panel.picker.choose(2)
    assert window.panel("activations").picker.sample == 2
