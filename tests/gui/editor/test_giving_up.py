"""Every gesture can be given up in the middle, in every way, at every zoom, and nothing is left of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.ops import MoveNodes

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton


def gestures(hand) -> dict[str, tuple]:
    """Name -> from, to, button, keys."""
    return {
        "move": (hand.title("fc1"), (650, 260), LEFT, NONE),
        "connect": (hand.port("relu1", "out", True), (760, 150), LEFT, NONE),
        "detach": (hand.port("relu1", "x", False), (560, 120), LEFT, NONE),
        "all wires of an output": (hand.port("conv1", "out", True), (560, 120), LEFT, CTRL),
        "box": ((520, 60), (700, 230), LEFT, NONE),
        "cut": ((540, -30), (540, 60), RIGHT, CTRL),
        "pan": ((520, 60), (560, 90), MIDDLE, NONE),
    }


def escape(canvas, hand, at):
    hand.key(Qt.Key.Key_Escape)


def other_button(canvas, hand, at):
    """A right press in a drag is no wish for the menu."""
    asked = []
    canvas.menuRequested.connect(asked.append)
    hand.press(*at, button=RIGHT)
    ask_for_menu(hand, at)
    canvas.menuRequested.disconnect(asked.append)
    assert not asked


def focus_gone(canvas, hand, at):
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason))


def something_else_focused(canvas, hand, at):
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.OtherFocusReason))


def ask_for_menu(hand, at, keys=NONE):
    """What follows a right press on most systems, a right release on some."""
    point, port = hand.at(*at).toPoint(), hand.canvas.viewport()
    QApplication.sendEvent(port, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, port.mapToGlobal(point), keys))


def assert_nothing_left(canvas, label):
    layer = canvas.overlay
    assert canvas.tool is None, label
    assert not (layer.box or layer.ghost or layer.wires or layer.cut or layer.guides.lines or layer.tags), label
    assert not canvas.chooser.isVisible() and not canvas.reason.text, label
    assert not any(item.dim or item.mood.candidates or item.mood.magnet for item in canvas.network.nodes.values()), label
    assert not any(item.mood.hidden or item.mood.splice for item in canvas.network.wires.values()), label
    assert all(item.pos().toTuple() == canvas.project.document.nodes[name].pos for name, item in canvas.network.nodes.items()), label


@pytest.mark.parametrize("percent", [40, 100, 200])
@pytest.mark.parametrize("give_up", [escape, other_button, focus_gone, something_else_focused], ids=lambda call: call.__name__)
def test_nothing_is_left_of_a_gesture_that_was_given_up(canvas, hand, give_up, percent):
    canvas.zoom_to(percent)
    canvas.camera.look_at(QPointF(600, 100), canvas.zoom)
    before = canvas.project.snapshot()
    for name, (start, end, button, keys) in gestures(hand).items():
        hand.drag(start, end, button=button, keys=keys, drop=False)
        assert canvas.tool is not None and (canvas.tool.dragging or button == MIDDLE), name
        give_up(canvas, hand, end)
        assert_nothing_left(canvas, name)
        hand.move(end[0] + 12, end[1] + 12, button=button, keys=keys)  # the button is still down
        hand.release(end[0] + 12, end[1] + 12, button=button, keys=keys)
        assert_nothing_left(canvas, name)
        assert canvas.project.snapshot() is before, name


def test_undo_in_a_gesture_takes_back_the_gesture_alone(chained, hand_of):
    window, hand = chained, hand_of(chained.canvas)
    window.project.push("Move ce1", [MoveNodes({"ce1": (920.0, 200.0)})])
    for name, (start, end, button, keys) in gestures(hand).items():
        hand.drag(start, end, button=button, keys=keys, drop=False)
        QTest.keyClick(window.canvas, Qt.Key.Key_Z, CTRL)
        assert_nothing_left(window.canvas, name)
        hand.release(*end, button=button, keys=keys)
        assert window.project.stack.index() == 1 and window.project.document.nodes["ce1"].pos == (920.0, 200.0), name
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, CTRL)
    assert window.project.stack.index() == 0


def test_a_popup_in_the_middle_of_a_drag_ends_it(chained, hand_of):
    window, hand = chained, hand_of(chained.canvas)
    hand.drag(hand.title("fc1"), (650, 260), drop=False)
    window.open_palette()
    assert_nothing_left(window.canvas, "palette")
    assert window.project.stack.count() == 0
    window.palette_popup.close()


def test_the_menu_comes_for_a_plain_right_click_and_not_after_a_cut(canvas, hand):
    asked = []
    canvas.menuRequested.connect(asked.append)
    hand.drag((540, -60), (540, 100), button=RIGHT, keys=CTRL)
    ask_for_menu(hand, (540, 100))  # Ctrl was let go before the button
    assert not asked and canvas.project.stack.undoText() == "Cut wire"
    hand.press(*hand.title("fc1"), button=RIGHT)
    ask_for_menu(hand, hand.title("fc1"))
    hand.release(*hand.title("fc1"), button=RIGHT)
    assert len(asked) == 1 and canvas.selected() == ["fc1"]


def test_space_in_the_middle_of_a_drag_opens_no_search(canvas, hand):
    x, y = hand.title("fc1")
    hand.drag((x, y), (x + 100, y + 100), drop=False)
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    hand.release(x + 100, y + 100)
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert not canvas.chooser.isVisible() and canvas.project.stack.count() == 1
