"""Kept views: Ctrl+Shift and a digit keeps, Ctrl and the digit goes there, also into blocks; remembered for each project."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph import edits, text
from gui.bookmarks import read
from gui.window import Window

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def lenet(window: Window) -> Window:
    window.canvas.motion = window.canvas.camera.motion = False
    window.files.open_lesson("lenet-mnist")
    QApplication.processEvents()
    window.canvas.setFocus()
    return window


def press(window: Window, digit: int, keys: Qt.KeyboardModifier = CTRL) -> None:
    QTest.keyClick(window.canvas, Qt.Key(Qt.Key.Key_0.value + digit), keys)


def place(window: Window) -> tuple[float, float, float]:
    camera = window.canvas.camera
    return (*camera.scene_point(camera.middle()).toTuple(), camera.zoom)


def test_a_kept_view_is_found_again_and_is_no_undo_step(lenet: Window):
    lenet.canvas.camera.look_at(QPointF(300, 120), 1.5)
    seen = place(lenet)
    press(lenet, 3, CTRL | SHIFT)
    lenet.canvas.frame_all()
    press(lenet, 3)
    assert place(lenet) == pytest.approx(seen, abs=1.0) and lenet.project.stack.count() == 0
    press(lenet, 4)
    assert place(lenet) == pytest.approx(seen, abs=1.0)  # nothing is kept there


def test_the_menu_says_what_is_kept_and_the_palette_finds_it(lenet: Window):
    assert not lenet.acts["view-2"].isEnabled() and "Ctrl+Shift+2" in lenet.acts["view-2"].toolTip()
    lenet.canvas.camera.look_at(QPointF(300, 120), 1.5)
    seen = place(lenet)
    press(lenet, 2, CTRL | SHIFT)
    assert lenet.acts["view-2"].isEnabled() and "150 %" in lenet.acts["view-2"].text()
    lenet.canvas.frame_all()
    QTest.keyClick(lenet.canvas, Qt.Key.Key_P, CTRL | SHIFT)
    field = lenet.palette_popup.field
    QTest.keyClicks(field, "view 2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert place(lenet) == pytest.approx(seen, abs=1.0)


def test_a_view_inside_a_block_opens_it(window: Window):
    window.canvas.motion = window.canvas.camera.motion = False
    window.files.open_lesson("resnet18")
    block = next(name for name, node in window.project.document.nodes.items() if node.type.startswith("block:"))
    window.canvas.select([block])
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert window.project.level.path == block
    press(window, 1, CTRL | SHIFT)
    window.canvas.leave()
    press(window, 1)
    assert window.project.level.path == block
    window.canvas.leave()
    window.project.push("Delete", edits.delete(window.project.snapshot(), [block]))
    press(window, 1)
    assert window.project.level.path == ""


def test_each_project_has_its_own_and_the_next_session_knows_them(lenet: Window, tmp_path: Path):
    lenet.canvas.camera.look_at(QPointF(300, 120), 1.5)
    press(lenet, 5, CTRL | SHIFT)
    lenet.files.open_lesson("vit-mnist")
    assert not lenet.acts["view-5"].isEnabled()
    lenet.files.open_lesson("lenet-mnist")
    assert lenet.acts["view-5"].isEnabled()
    path = tmp_path / "mine.chainrule"
    lenet.project.save(path)  # it has a file now: its views go along
    assert lenet.acts["view-5"].isEnabled()
    lenet.files.new()
    lenet.files.open_path(path)
    assert lenet.acts["view-5"].isEnabled() and "views" not in path.read_text()
    assert text.open_file(path)


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "{", '{"1": 3}', '{"1": ["", 0, 0]}', '{"12": ["", 0, 0, 1]}', '{"1": ["", NaN, 0, 1]}', '{"1": ["", 0, 1e300, 1]}', '{"1": [7, 0, 0, 1]}'],
)
def test_damaged_settings_hold_no_view(damage: str):
    assert read(damage) == {}
    assert read('{"1": ["block1.2", 5, 6.5, 1]}') == {1: ("block1.2", 5.0, 6.5, 1.0)}
