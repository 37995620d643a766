"""Gestures at their edges: the magnet's reach at any zoom, drops outside the canvas, wires without length, panning in the middle of wiring, touchpads."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.model import Node, Snapshot, Wire
from gui.editor.painting import TitleField

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LEFT, MIDDLE, RIGHT, NO = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
JOINED = Wire("relu1", "out", "drop1", "x")


def wires(canvas) -> set[Wire]:
    return set(canvas.project.document.wires)


# -- connecting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [36, 50, 100, 200])
@pytest.mark.parametrize(("away", "caught"), [(23, True), (27, False)])
def test_the_magnet_reaches_24_pixels_at_every_zoom(canvas, hand, percent, away, caught):
    canvas.zoom_to(percent)
    canvas.camera.look_at(QPointF(500, 100), canvas.zoom)
    x, y = hand.port("drop1", "x", False)
    hand.drag(hand.port("relu1", "out", True), (x - away / canvas.zoom, y))
    assert (JOINED in wires(canvas)) is caught and canvas.chooser.isVisible() is not caught


def let_go_outside(hand, start: tuple[float, float], keys=NONE) -> None:
    """Drags over the left border and on; the window goes on getting the mouse while the button is down."""
    hand.press(*start, keys=keys)
    hand.move(start[0] - 30, start[1] + 30, keys=keys)
    for x in (-40, -300):
        hand.send(QEvent.Type.MouseMove, QPointF(x, 300), button=NO, buttons=LEFT, keys=keys)
    hand.send(QEvent.Type.MouseButtonRelease, QPointF(-300, 300), button=LEFT, buttons=NO, keys=keys)


def test_a_wire_let_go_outside_the_canvas_is_given_up(canvas, hand):
    before = canvas.project.snapshot()
    for start, keys in ((("relu1", "out", True), NONE), (("relu1", "x", False), NONE), (("conv1", "out", True), CTRL)):
        let_go_outside(hand, hand.port(*start), keys)
        assert canvas.project.snapshot() is before and not canvas.chooser.isVisible()
        assert canvas.tool is None and not canvas.overlay.wires and not canvas.border_timer.isActive()
        assert not any(item.mood.hidden for item in canvas.network.wires.values())


def test_a_node_let_go_outside_the_canvas_lies_there(canvas, hand):
    x, y = hand.title("fc1")
    let_go_outside(hand, (x, y))
    assert canvas.project.document.nodes["fc1"].pos[0] < -200 and canvas.project.stack.count() == 1 and not canvas.border_timer.isActive()


def test_the_view_pans_and_zooms_while_a_wire_waits_for_its_second_click(canvas, hand):
    hand.click(*hand.port("relu1", "out", True))
    before = canvas.camera.shown().topLeft()
    hand.drag((700, 300), (650, 260), button=MIDDLE)
    assert canvas.camera.shown().topLeft() != before and canvas.tool is not None and canvas.tool.sticky
    hand.wheel(QPointF(500, 300), -2)
    target = hand.port("drop1", "x", False)
    hand.move(*target, button=NO)
    hand.click(*target)
    assert JOINED in wires(canvas) and canvas.tool is None and canvas.project.stack.count() == 1


def test_escape_ends_it_in_the_middle_of_panning_too(canvas, hand):
    hand.click(*hand.port("relu1", "out", True))
    hand.drag((700, 300), (650, 260), button=MIDDLE, drop=False)
    hand.key(Qt.Key.Key_Escape)
    before = canvas.camera.shown()
    hand.move(500, 200, button=MIDDLE)
    hand.release(500, 200, button=MIDDLE)
    assert canvas.tool is None and canvas.panning is None and canvas.camera.shown() == before and not canvas.overlay.wires


# -- wires without length, nodes on top of each other ----------------------------------------------------------------


@pytest.fixture
def touching(make_canvas):
    """Two nodes whose wire has no length, and one that lies under another."""
    first = make_canvas(Snapshot(nodes=(Node("conv1", "conv2d", {}, (300.0, 0.0)),)))
    width = first.network.nodes["conv1"].body.width
    nodes = (Node("conv1", "conv2d", {}, (300.0, 0.0)), Node("relu1", "relu", {}, (300.0 + width, 0.0)), Node("under1", "dropout", {}, (300.0, 4.0)))
    return make_canvas(Snapshot(nodes=nodes, wires=(Wire("conv1", "out", "relu1", "x"),)))


def test_a_wire_without_length_is_painted_hovered_cut_and_stretched(touching, hand_of):
    hand, wire = hand_of(touching), Wire("conv1", "out", "relu1", "x")
    x, y = hand.port("relu1", "x", False)
    assert hand.port("conv1", "out", True) == pytest.approx((x, y), abs=1)
    hand.move(x, y, button=NO)
    touching.show_tip()
    assert not touching.grab().isNull()
    hand.drag((x, y - 60), (x, y + 60), button=RIGHT, keys=CTRL)
    assert wires(touching) == set()
    touching.project.undo()
    hand.drag(hand.title("relu1"), (700, 200))
    path = touching.network.wires[wire].course.path
    assert path.pointAtPercent(1).toTuple() == pytest.approx(hand.port("relu1", "x", False)) and path.length() > 100


def test_of_two_nodes_the_one_on_top_is_grabbed(touching, hand_of):
    hand = hand_of(touching)
    hand.click(340, 16)
    first = touching.selected()
    hand.drag((340, 16), (340, 216))
    hand.click(340, 16)
    assert len(first) == 1 and touching.selected() != first and len(touching.selected()) == 1


# -- undo while something is typed -----------------------------------------------------------------------------------


def test_undo_is_off_while_a_title_is_edited_and_belongs_to_the_text(chained, hand_of):
    canvas, hand = chained.canvas, hand_of(chained.canvas)
    canvas.select(["fc1"])
    canvas.add_frame()
    area = next(iter(canvas.network.frames.values())).area
    QTest.mouseDClick(canvas.viewport(), LEFT, pos=hand.at(area.x() + 30, area.y() + 14).toPoint())
    field = canvas.findChild(TitleField)
    QTest.keyClicks(field, "Head")
    assert not chained.acts["undo"].isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Z, CTRL)
    assert field.text() != "Head" and chained.project.stack.index() == 1
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert chained.acts["undo"].isEnabled()


@pytest.mark.parametrize("opened", ["quick add", "wire end", "find"])
def test_undo_is_off_while_the_search_is_open(chained, hand_of, opened):
    canvas, hand = chained.canvas, hand_of(chained.canvas)
    hand.drag(hand.title("fc1"), (640, 320))
    if opened == "quick add":
        hand.key(Qt.Key.Key_Tab)
    elif opened == "wire end":
        hand.drag(hand.port("relu1", "out", True), (800, 420))
    else:
        QTest.keyClick(canvas, Qt.Key.Key_F, CTRL)
    assert canvas.chooser.isVisible() and not chained.acts["undo"].isEnabled()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_B):
        QTest.keyClick(canvas.chooser.field, key)
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Escape)
    assert chained.project.stack.count() == chained.project.stack.index() == 1 and chained.acts["undo"].isEnabled()


# -- touchpads -------------------------------------------------------------------------------------------------------


def pad() -> QPointingDevice:
    return QPointingDevice(
        "pad", 7, QInputDevice.DeviceType.TouchPad, QPointingDevice.PointerType.Finger, QInputDevice.Capability.Scroll | QInputDevice.Capability.Position, 2, 1
    )


def scroll(canvas, device: QPointingDevice, *, keys=NONE) -> None:
    at = QPointF(400, 300)
    event = QWheelEvent(
        at, at, QPoint(-30, 40), QPoint(-60, 80), NO, keys, Qt.ScrollPhase.ScrollUpdate, False, Qt.MouseEventSource.MouseEventNotSynthesized, device
    )
    QApplication.sendEvent(canvas.viewport(), event)


def test_two_fingers_pan_and_with_ctrl_they_zoom(canvas):
    device = pad()
    before = canvas.camera.scene_point(QPointF(0, 0))
    scroll(canvas, device)
    assert (canvas.camera.scene_point(QPointF(0, 0)) - before).toTuple() == (30.0, -40.0) and canvas.zoom == 1.0
    scroll(canvas, device, keys=CTRL)
    assert canvas.zoom > 1.0


def test_a_pinch_zooms_at_the_fingers(canvas):
    device, at = pad(), QPointF(400, 300)
    held = canvas.camera.scene_point(at)
    for value in (0.1, 0.1):
        event = QNativeGestureEvent(Qt.NativeGestureType.ZoomNativeGesture, device, 2, at, at, at, value, QPointF())
        QApplication.sendEvent(canvas.viewport(), event)
    assert canvas.zoom == pytest.approx(1.21)
    assert canvas.camera.scene_point(at).toTuple() == pytest.approx(held.toTuple(), abs=1.0)


def test_zoom_stays_between_10_and_300_percent(canvas, hand):
    hand.wheel(QPointF(400, 300), 40)
    assert canvas.zoom == pytest.approx(3.0)
    hand.wheel(QPointF(400, 300), -80)
    assert canvas.zoom == pytest.approx(0.1)
