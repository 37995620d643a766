"""Every command of the canvas by its own keys, in the whole window: what it does, and that it is one undo step with a name."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from engine.graph.model import Wire
from gui.editor.view import Canvas
from gui.project import Project

CTRL, SHIFT, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
NO, Key = Qt.MouseButton.NoButton, Qt.Key
FIRST, SECOND = Wire("mnist1", "image", "conv1", "x"), Wire("conv1", "out", "relu1", "x")


def wires(window) -> set[Wire]:
    return set(window.project.document.wires)


def press(window, key: Qt.Key, keys=NONE) -> None:
    QTest.keyClick(window.canvas, key, keys)


@pytest.fixture
def hand(chained, hand_of):
    return hand_of(chained.canvas)


@pytest.mark.parametrize(
    ("key", "keys", "step"),
    [
        (Key.Key_B, NONE, "Bypass conv1"),
        (Key.Key_B, SHIFT, "Freeze conv1"),
        (Key.Key_Delete, NONE, "Delete conv1"),
        (Key.Key_Backspace, NONE, "Delete conv1"),
        (Key.Key_Backspace, CTRL, "Dissolve conv1"),
        (Key.Key_X, CTRL, "Cut conv1"),
        (Key.Key_D, CTRL, "Duplicate conv1"),
        (Key.Key_J, CTRL, "Add frame"),
        (Key.Key_G, CTRL, "Group into a block"),
        (Key.Key_L, CTRL, "Auto-layout"),
    ],
)
def test_each_key_is_one_named_step_that_undo_takes_back_exactly(chained, hand, key, keys, step):
    before = chained.project.snapshot()
    hand.click(*hand.title("conv1"))
    press(chained, key, keys)
    assert chained.project.stack.count() == 1 and chained.project.stack.undoText() == step
    after = chained.project.snapshot()
    assert after != before
    press(chained, Key.Key_Z, CTRL)
    assert chained.project.snapshot() == before
    press(chained, Key.Key_Z, CTRL | SHIFT)
    assert chained.project.snapshot() == after and chained.project.stack.index() == 1


def test_dissolve_heals_for_every_consumer_and_delete_does_not(chained, hand):
    hand.drag(hand.port("conv1", "out", True), hand.port("drop1", "x", False))
    hand.click(*hand.title("conv1"))
    press(chained, Key.Key_Backspace, CTRL)
    assert wires(chained) == {Wire("mnist1", "image", "relu1", "x"), Wire("mnist1", "image", "drop1", "x")}
    press(chained, Key.Key_Z, CTRL)
    hand.click(*hand.title("conv1"))
    press(chained, Key.Key_Delete)
    assert wires(chained) == set()


def test_a_selected_wire_is_deleted_by_key_and_escape_deselects(chained, hand):
    middle = chained.canvas.network.wires[SECOND].course.chip.toTuple()
    hand.click(*middle)
    press(chained, Key.Key_Escape)
    press(chained, Key.Key_Delete)
    assert chained.project.stack.count() == 0
    hand.click(*middle)
    press(chained, Key.Key_Delete)
    assert wires(chained) == {FIRST} and chained.project.stack.undoText() == "Delete wire"


def test_copy_and_paste_by_key_lands_at_the_pointer_with_inner_wires(chained, hand):
    hand.click(*hand.title("conv1"))
    hand.click(*hand.title("relu1"), keys=SHIFT)
    press(chained, Key.Key_C, CTRL)
    assert chained.project.stack.count() == 0
    hand.move(260, 400, button=NO)
    press(chained, Key.Key_V, CTRL)
    made = chained.canvas.selected()
    assert len(made) == 2 and min(chained.project.document.node(name).pos for name in made) == (260.0, 400.0)
    assert {wire for wire in wires(chained) if wire.source in made or wire.target in made} == {Wire("conv2", "out", "relu2", "x")}


def test_what_is_copied_pastes_into_a_text_editor_and_into_another_window(chained, hand, show):
    hand.click(*hand.title("conv1"))
    press(chained, Key.Key_C, CTRL)
    editor = show(QPlainTextEdit())
    editor.paste()
    assert [node["id"] for node in json.loads(editor.toPlainText())["nodes"]] == ["conv1"]
    project = Project()
    other = show(Canvas(project, motion=False), 600, 400)
    other.paste()
    assert [node.params["out_channels"] for node in project.document.nodes.values()] == [16]
    other.close_canvas()
    project.close()


def test_looking_and_selecting_are_no_steps(chained, hand):
    press(chained, Key.Key_A, CTRL)
    assert len(chained.canvas.selected()) == 6 and chained.canvas.network.selection.wires == {FIRST, SECOND}
    press(chained, Key.Key_Home)
    zoom = chained.canvas.zoom
    hand.click(*hand.title("fc1"))
    press(chained, Key.Key_F)
    assert chained.canvas.zoom > zoom and chained.canvas.camera.shown().contains(chained.canvas.network.nodes["fc1"].rect())
    for key in (Key.Key_M, Key.Key_G, Key.Key_T):
        press(chained, key)
    hand.wheel(QPointF(300, 300), 1)
    press(chained, Key.Key_Escape)
    assert chained.canvas.selected() == [] and chained.project.stack.count() == 0 and not chained.project.dirty


def test_m_shows_and_hides_the_minimap(chained):
    before = chained.canvas.minimap.isVisible()
    press(chained, Key.Key_M)
    assert chained.canvas.minimap.isVisible() is not before
    press(chained, Key.Key_M)
    assert chained.canvas.minimap.isVisible() is before


def test_find_by_title_type_id_and_parameter_value(chained):
    for words, wanted in (("cross", "ce1"), ("max dropout", None), ("linear", "fc1"), ("conv1", "conv1"), ("16", "conv1")):
        press(chained, Key.Key_F, CTRL)
        QTest.keyClicks(chained.canvas.chooser.field, words)
        if wanted is None:
            assert chained.canvas.chooser.nothing.isVisible()
            QTest.keyClick(chained.canvas.chooser.field, Key.Key_Escape)
            continue
        QTest.keyClick(chained.canvas.chooser.field, Key.Key_Return)
        assert chained.canvas.selected() == [wanted]


def test_a_block_is_bypassed_and_dissolved_like_a_layer(net, user):
    user.click(*user.title("wide1"))
    press(net, Key.Key_B)
    assert net.project.document.node("wide1").bypassed and net.canvas.network.nodes["wide1"].mood.bypassed
    press(net, Key.Key_B)
    press(net, Key.Key_Backspace, CTRL)
    assert Wire("flat1", "out", "wide2", "x") in net.project.document.wires and "wide1" not in net.project.document


def test_bypass_says_why_where_nothing_passes_through(chained, hand):
    hand.click(*hand.title("ce1"))
    press(chained, Key.Key_B)
    assert "ce1" in chained.status.message.words[0][0] and chained.project.stack.count() == 0
    QApplication.processEvents()
