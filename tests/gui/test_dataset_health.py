"""The health of a dataset in the inspector: every state of the card, and how it comes and goes with the selection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph import edits
from engine.graph.model import Node, Recipe, Snapshot, Wire
from gui import theme
from gui.inspector.node_page import NodePage


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((9, 9), value, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, one of them rare; a validation picture that is also in the training set; a file that is no picture."""
    for index in range(30):
        picture(tmp_path / "set" / "train" / "many" / f"{index}.png", index)
    picture(tmp_path / "set" / "train" / "few" / "0.png", 100)
    picture(tmp_path / "set" / "test" / "many" / "0.png", 7)
    picture(tmp_path / "set" / "test" / "few" / "1.png", 200)
    (tmp_path / "set" / "train" / "few" / "bad.png").write_text("no image")
    return tmp_path / "set"


def network(node: Node) -> Snapshot:
    nodes = (node, Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}), Node("loss1", "cross_entropy"))
    wires = (Wire(node.id, "image", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "loss1", "prediction"),
             Wire(node.id, "label", "loss1", "target"))  # fmt: skip
    return Snapshot(nodes, wires, recipe=Recipe(epochs=1, device="cpu", batch_size=500))


def card_of(window) -> object:
    page = window.panel("inspector").page
    return page.health if isinstance(page, NodePage) else None


def look_at(window, node: Node) -> object:
    window.project.replace(network(node))
    window.fresh_document()
    window.canvas.select([node.id])
    return card_of(window)


@pytest.fixture
def live(window, wait):
    window.bridge.start()
    wait(lambda: window.bridge.ready is not None, 60, "the engine")
    return window


def shown_lines(card) -> dict[str, str]:
    return {caption: value.text() for caption, (row, value) in card.rows.items() if row.isVisibleTo(card)}


def test_a_selected_dataset_is_examined(live, wait, folder: Path):
    card = look_at(live, Node("folder1", "image_folder", {"folder": str(folder), "size": 8, "colour": "grey"}))
    wait(lambda: card.state == "report", 30, "the report")
    assert live.panel("inspector").page.upshot.words.text() == "Health: 3 things to look at"
    told = [finding.words.text() for finding in card.findings if finding.isVisibleTo(card)]
    assert told[0].startswith("1 of 2 validation samples are also in the training set") and any("few (1)" in text for text in told)
    assert told[-1] == "1 file could not be used: train/few/bad.png." or "bad.png" in told[-1]
    assert card.bars.names == ("few", "many") and card.bars.counts == ((1, 30), (1, 1)) and card.bars.isVisibleTo(card)
    lines = shown_lines(card)
    assert lines["Sample"] == "C1 H8 W8" and lines["Values"] == "0 to 100 | 7 to 200" and lines["Unreadable"] == "bad.png"
    assert lines["In both"].startswith("1 (training = validation: ") and lines["Files"] == "9 × 9"


def test_a_healthy_set_says_so_and_is_read_once(live, wait, monkeypatch: pytest.MonkeyPatch):
    card = look_at(live, Node("mnist1", "mnist5k"))
    wait(lambda: card.state == "report", 30)
    page = live.panel("inspector").page
    assert page.upshot.isVisible() and page.upshot.words.text() == "Health: nothing stands out"
    QTest.mouseClick(page.upshot, Qt.MouseButton.LeftButton)
    assert not card.visibleRegion().isEmpty()  # brought into view
    assert card.findings[0].words.text() == "Nothing stands out." and card.findings[0].icon == "ok"
    assert card.bars.counts == ((400,) * 10, (100,) * 10) and shown_lines(card)["Values"] == "0 to 255"
    asked: list[str] = []
    monkeypatch.setattr(live.bridge.session, "examine", lambda type_id, params, base="": asked.append(type_id) or 99)
    live.canvas.select(["fc1"])
    live.canvas.select(["mnist1"])
    QApplication.processEvents()
    assert card_of(live).state == "report" and not asked
    QTest.mouseClick(card.button, Qt.MouseButton.LeftButton)
    assert asked == ["mnist5k"] and card.state == "working"


def test_a_problem_is_told_with_the_way_out(live, wait):
    card = look_at(live, Node("folder1", "image_folder", {"folder": "nowhere"}))
    wait(lambda: card.state == "problem", 30)
    assert "does not exist" in card.findings[0].words.text() and card.note.text() and card.button.text() == "Try again"
    assert not card.bars.isVisibleTo(card) and not shown_lines(card)
    assert not live.panel("inspector").page.upshot.isVisible()  # the node's problem says it


def test_it_stops_when_nobody_looks_and_by_the_button(live, wait, monkeypatch: pytest.MonkeyPatch):
    stopped: list[bool] = []
    monkeypatch.setattr(live.bridge.session, "examine", lambda type_id, params, base="": 7)
    monkeypatch.setattr(live.bridge.session, "stop_examining", lambda: stopped.append(True))
    card = look_at(live, Node("mnist1", "mnist5k"))
    assert card.state == "waiting" and card.button.isVisibleTo(card)
    wait(lambda: card.state == "working", 5)
    QTest.mouseClick(card.cancel, Qt.MouseButton.LeftButton)
    assert card.state == "waiting" and card.note.text() == "Stopped." and stopped == [True]
    QTest.mouseClick(card.button, Qt.MouseButton.LeftButton)
    live.canvas.select(["fc1"])
    assert stopped == [True, True]


def test_another_parameter_is_another_dataset(live, wait):
    card = look_at(live, Node("scenes1", "scenes", {"count": 8, "size": 24}))
    wait(lambda: card.state == "report", 30)
    assert sum(card.bars.counts[0]) == 8 * 24 * 24 and card.bars.unit == "pixels"
    live.project.push("Change count", edits.set_param(live.project.snapshot(), "scenes1", "count", value=4))
    assert card_of(live).state == "waiting"
    wait(lambda: card_of(live).state == "report", 30)
    assert sum(card_of(live).bars.counts[0]) == 4 * 24 * 24


def test_nothing_begins_by_itself_while_a_training_runs(live, wait, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live.training, "state", "running")
    asked: list[str] = []
    monkeypatch.setattr(live.bridge.session, "examine", lambda type_id, params, base="": asked.append(type_id) or 3)
    card = look_at(live, Node("mnist1", "mnist5k"))
    assert card.note.text() == "Not examined while a training runs: it would slow it down."
    QTest.mouseClick(card.button, Qt.MouseButton.LeftButton)
    assert asked == ["mnist5k"] and card.state == "working"
    monkeypatch.undo()


def test_without_an_engine_nothing_is_read(window):
    card = look_at(window, Node("mnist1", "mnist5k"))
    assert card.state == "waiting" and not window.bridge.session.threads
    assert look_at(window, Node("input1", "input")) is None  # a shape is no dataset


@pytest.mark.parametrize("name", ["dark", "light"])
def test_numbers_stay_inside_the_card(show, name: str):
    from gui.inspector.class_bars import ClassBars

    theme.use(name)
    try:
        bars = show(ClassBars(), 250, 100)
        bars.set_counts(tuple(f"a class with a long name {i}" for i in range(40)), (1_234_567,) * 40, (0,) + (99,) * 39, unit="pixels")
        assert bars.height() == 18 + 31 * 18 and "1.23 M" not in bars.accessibleName() and not bars.grab().isNull()
    finally:
        theme.use("dark")
