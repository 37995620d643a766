"""The card at a problem: opened by its badge or by key, shows before and after, leaves one undo step, and a ghost that goes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import Analysis, NodeFacts, Source
from engine.graph import edits
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.problem import Problem, Remedy
from gui.editor import fix_preview, node_paint

LEFT, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier
INSERT = Remedy("Insert Flatten", "insert", "flatten", "x", note="C16 H28 W28 → F12544")
FEWER = Remedy("Give conv1 8 output channels", "set", node="conv1", params={"out_channels": 8})
FLATTEN = Problem("error", "needs-flatten", "Linear needs one row of features, got C16 H28 W28.", "fc1", "x", "Put a Flatten before it.", (INSERT, FEWER))
LOOSE = Problem("hint", "unread", "Nothing reads the output of fc1.", "fc1", fix="Drag from its port to go on.")


@pytest.fixture
def broken(make_canvas):
    """A convolution wired into a linear layer, with two problems and a repair's signal tied to the document."""
    nodes = (Node("conv1", "conv2d", {"out_channels": 16}, (0.0, 0.0)), Node("fc1", "linear", {}, (400.0, 0.0)))
    canvas = make_canvas(Snapshot(nodes=nodes, wires=(Wire("conv1", "out", "fc1", "x"),)))
    canvas.set_analysis(Analysis(1, dict.fromkeys(("conv1", "fc1"), NodeFacts()), (LOOSE, FLATTEN), Source("")))
    canvas.remedyChosen.connect(lambda problem, index: canvas.push(problem.remedies[index].title, edits.remedy(canvas.snapshot(), problem, index)))
    return canvas


def badge(canvas, name):
    item = canvas.network.nodes[name]
    return canvas.camera.view_point(item.pos() + node_paint.badge_rect(item.body, item.mood).center()).toPoint()


def press_badge(canvas):
    QTest.mouseClick(canvas.viewport(), LEFT, pos=badge(canvas, "fc1"))
    assert canvas.fixing()
    return canvas.fix_card


def test_a_click_on_the_badge_opens_the_card_with_the_worst_problem(broken):
    card = press_badge(broken)
    assert card.problem is FLATTEN
    assert card.count.text() == "1 of 2"
    assert [row.note for row in card.rows] == ["C16 H28 W28 → F12544", "out channels 16 → 8"]
    assert QApplication.focusWidget() is card
    assert broken.rect().contains(card.geometry().adjusted(8, 8, -8, -8))
    item = broken.network.nodes["fc1"].rect()
    assert not card.geometry().adjusted(8, 8, -8, -8).contains(broken.camera.view_point(item.center()).toPoint())
    QTest.keyClick(card, Qt.Key.Key_Right)
    assert card.problem is LOOSE and not card.rows


def test_a_click_beside_the_badge_opens_nothing(broken, hand_of):
    hand = hand_of(broken)
    hand.click(*hand.title("conv1"))
    assert not broken.fixing()


def test_the_sign_on_the_wire_opens_it_too(broken):
    at = broken.camera.view_point(broken.network.wires[Wire("conv1", "out", "fc1", "x")].sign())
    QTest.mouseClick(broken.viewport(), LEFT, pos=at.toPoint())
    assert broken.fixing() and broken.fix_card.problem is FLATTEN


def test_the_ghost_shows_what_the_picked_repair_would_do_and_goes(broken):
    card = press_badge(broken)
    shown = broken.overlay.preview
    assert [ghost.title for ghost in shown.ghosts] == ["Flatten"] and len(shown.wires) == 2
    assert broken.network.wires[Wire("conv1", "out", "fc1", "x")].mood.hidden
    kept = broken.snapshot()
    QTest.keyClick(card, Qt.Key.Key_Tab)
    assert card.pick == 1 and broken.overlay.preview.ghosts[0].rect.contains(broken.network.nodes["conv1"].rect())
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert broken.overlay.preview is None and not broken.fixing() and broken.hasFocus()
    assert not broken.network.wires[Wire("conv1", "out", "fc1", "x")].mood.hidden
    assert broken.snapshot() == kept and broken.network.nodes["fc1"].pos() == QPointF(400, 0)


@pytest.mark.parametrize("way", ["enter", "button"])
def test_applying_is_one_undo_step(broken, way):
    card, kept = press_badge(broken), broken.snapshot()
    if way == "enter":
        QTest.keyClick(card, Qt.Key.Key_Return)
    else:
        QTest.mouseClick(card.rows[0].button, LEFT)
    assert not broken.fixing()
    assert "flatten1" in broken.project.document and broken.project.stack.count() == 1
    assert broken.project.stack.undoText() == "Insert Flatten"
    broken.project.undo()
    assert broken.snapshot() == kept


def test_the_card_closes_when_its_problem_is_gone(broken):
    press_badge(broken)
    broken.set_analysis(Analysis(2, dict.fromkeys(("conv1", "fc1"), NodeFacts()), (LOOSE,), Source("")))
    assert not broken.fixing()


def test_one_letter_shortcuts_wait_while_the_card_is_open(window):
    window.files.open_lesson("lenet-mnist")
    problem = Problem("error", "x", "The 50×50 kernel is larger than the image.", "conv1", remedies=(Remedy("Make it 5×5", "set", params={"kernel_size": 5}),))
    window.canvas.set_analysis(Analysis(1, {}, (problem,), Source("")))
    window.bridge.analysis = window.canvas.network.analysis
    window.refresh_actions()
    QTest.keyClick(window.canvas, Qt.Key.Key_Return, ALT)
    assert window.canvas.fixing() and not window.acts["undo"].isEnabled()
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_M, Qt.Key.Key_Delete):
        QTest.keyClick(window.canvas.fix_card, key)
    assert not window.canvas.chooser.isVisible() and window.canvas.minimap.isVisible() and "conv1" in window.project.document
    QTest.keyClick(window.canvas.fix_card, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()


def test_alt_enter_without_a_problem_says_so(canvas):
    said = []
    canvas.hint.connect(said.append)
    canvas.show_fixes()
    assert said == ["There is no problem here."] and not canvas.fixing()


def test_a_repair_that_no_longer_fits_has_no_ops():
    assert fix_preview.ops_of(Snapshot(), FLATTEN, 0) == []


def test_by_key_the_node_comes_into_view_with_its_card(broken):
    broken.motion = broken.camera.motion = True
    broken.camera.place(QPointF(3000, 3000), QPointF(0, 0), 1.0)
    broken.show_fixes()
    item = broken.network.nodes["fc1"].rect()
    assert broken.camera.shown().contains(item)
    body = broken.fix_card.geometry().adjusted(8, 8, -8, -8)
    assert broken.rect().contains(body) and not body.contains(broken.camera.view_point(item.center()).toPoint())
