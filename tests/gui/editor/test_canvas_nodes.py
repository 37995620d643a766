"""Selecting, moving, splicing, box selection, frames, adding and the clipboard, all through real events."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.model import Node, Snapshot, Wire
from engine.graph.ops import AddNode, MoveNodes
from gui.editor.events import MIME
from gui.editor.painting import TitleField

SHIFT, CTRL, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def nodes(canvas):
    return canvas.project.document.nodes


def steps(canvas):
    return canvas.project.stack.count()


def nothing_overlaps(canvas):
    boxes = [item.rect() for item in canvas.network.nodes.values()]
    return not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def new_nodes(canvas):
    return sorted(set(nodes(canvas)) - {"mnist1", "conv1", "relu1", "drop1", "fc1", "ce1"})


def test_a_move_is_one_undo_step_on_the_grid(canvas, hand):
    x, y = hand.title("fc1")
    hand.drag((x, y), (x + 93, y + 128))
    assert nodes(canvas)["fc1"].pos == (700.0, 320.0)
    assert steps(canvas) == 1
    canvas.project.undo()
    assert nodes(canvas)["fc1"].pos == (600.0, 200.0) == canvas.network.nodes["fc1"].pos().toTuple()


def test_less_than_four_pixels_is_a_click(canvas, hand):
    x, y = hand.title("fc1")
    hand.press(x, y)
    hand.move(x + 1, y + 1)
    hand.release(x + 1, y + 1)
    assert steps(canvas) == 0 and canvas.selected() == ["fc1"]


def test_the_document_does_not_change_while_dragging(canvas, hand):
    x, y = hand.title("fc1")
    hand.drag((x, y), (x + 100, y), drop=False)
    assert nodes(canvas)["fc1"].pos == (600.0, 200.0)
    assert canvas.network.nodes["fc1"].x() == 700.0
    hand.key(Qt.Key.Key_Escape)
    assert canvas.network.nodes["fc1"].x() == 600.0 and steps(canvas) == 0


def test_a_selection_moves_together_and_wires_follow(canvas, hand):
    canvas.select(["conv1", "relu1"])
    x, y = hand.title("conv1")
    hand.drag((x, y), (x, y + 60))
    assert nodes(canvas)["conv1"].pos == (300.0, 60.0) and nodes(canvas)["relu1"].pos == (600.0, 60.0)
    path = canvas.network.wires[Wire("conv1", "out", "relu1", "x")].course.path
    assert path.pointAtPercent(0).toTuple() == hand.port("conv1", "out", True)
    assert path.pointAtPercent(1).toTuple() == pytest.approx(hand.port("relu1", "x", False))


def test_guides_align_a_dragged_node_with_its_neighbours(canvas, hand):
    x, y = hand.title("drop1")
    hand.drag((x, y), (x + 4, y + 4), drop=False)
    hand.move(x + 150, y + 3)
    assert canvas.network.nodes["drop1"].y() == 200.0
    assert canvas.overlay.guides.lines
    hand.key(Qt.Key.Key_Escape)
    assert not canvas.overlay.guides.lines


def test_a_loose_node_dropped_on_a_wire_is_spliced_in_one_step(canvas, hand):
    middle = canvas.network.wires[Wire("conv1", "out", "relu1", "x")].course.chip
    hand.drag(hand.title("drop1"), middle.toTuple(), drop=False)
    assert canvas.network.wires[Wire("conv1", "out", "relu1", "x")].mood.splice
    hand.release(*middle.toTuple())
    found = set(canvas.project.document.wires)
    assert {Wire("conv1", "out", "drop1", "x"), Wire("drop1", "out", "relu1", "x")} <= found
    assert steps(canvas) == 1 and nothing_overlaps(canvas)


def test_alt_does_not_splice(canvas, hand):
    middle = canvas.network.wires[Wire("conv1", "out", "relu1", "x")].course.chip.toTuple()
    hand.drag(hand.title("drop1"), middle, keys=ALT)
    assert Wire("conv1", "out", "relu1", "x") in set(canvas.project.document.wires)


def test_a_wired_node_is_never_rewired_by_a_stray_drag(canvas, hand):
    hand.drag(hand.port("drop1", "out", True), hand.port("fc1", "x", False))
    hand.drag(hand.title("drop1"), canvas.network.wires[Wire("conv1", "out", "relu1", "x")].course.chip.toTuple())
    assert Wire("conv1", "out", "relu1", "x") in set(canvas.project.document.wires)


def test_box_selection_with_shift_and_ctrl(canvas, hand):
    hand.drag((280, -60), (780, 60))
    assert canvas.selected() == ["conv1", "relu1"]
    assert Wire("conv1", "out", "relu1", "x") in canvas.network.selection.wires
    hand.drag((280, 180), (480, 300), keys=SHIFT)
    assert canvas.selected() == ["conv1", "drop1", "relu1"]
    hand.drag((280, -60), (480, 60), keys=CTRL)
    assert canvas.selected() == ["drop1", "relu1"]
    hand.click(0, 450)
    assert canvas.selected() == []
    assert steps(canvas) == 0


def test_the_signal_tells_the_selection(canvas, hand):
    told = []
    canvas.selectionChanged.connect(told.append)
    hand.click(*hand.title("conv1"))
    hand.click(*hand.title("fc1"), keys=CTRL)
    assert told == [["conv1"], ["conv1", "fc1"]]


def test_a_frame_moves_what_it_holds_and_alt_moves_it_alone(make_canvas, hand_of, framed):
    canvas = make_canvas(framed)
    hand = hand_of(canvas)
    hand.drag((150, 10), (190, 90))
    assert nodes(canvas)["a1"].pos == (80.0, 120.0) and nodes(canvas)["c1"].pos == (600.0, 40.0)
    assert canvas.project.document.frames["frame1"].rect[:2] == (40.0, 80.0) and steps(canvas) == 1
    hand.drag((190, 90), (190, 30), keys=ALT)
    assert nodes(canvas)["a1"].pos == (80.0, 120.0)
    assert canvas.project.document.frames["frame1"].rect[:2] == (40.0, 20.0)


def test_a_frame_is_resized_at_its_corner(make_canvas, hand_of, framed):
    canvas = make_canvas(framed)
    hand_of(canvas).drag((296, 116), (396, 216))
    assert canvas.project.document.frames["frame1"].rect == (0.0, 0.0, 400.0, 220.0)


def test_tab_opens_an_empty_focused_search_and_enter_adds_at_the_pointer(canvas, hand):
    hand.move(700, 420, button=Qt.MouseButton.NoButton)
    hand.key(Qt.Key.Key_Tab)
    assert canvas.chooser.isVisible() and canvas.chooser.field.hasFocus() and canvas.chooser.field.text() == ""
    hand.type("maxp")
    hand.enter()
    (name,) = new_nodes(canvas)
    item = canvas.network.nodes[name]
    assert nodes(canvas)[name].type == "max_pool2d"
    assert abs(item.x() + item.body.width / 2 - 700) <= 20 and abs(item.y() + 14 - 420) <= 20
    assert steps(canvas) == 1 and canvas.hasFocus() and canvas.selected() == [name]


def test_space_opens_the_search_and_space_drag_pans(canvas, hand):
    hand.key(Qt.Key.Key_Space)
    assert canvas.chooser.isVisible()
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Escape)
    before = canvas.camera.scene_point(QPointF(0, 0))
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    start = hand.at(200, 420)
    hand.send(QEvent.Type.MouseButtonPress, start, button=Qt.MouseButton.LeftButton, buttons=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier)
    hand.send(
        QEvent.Type.MouseMove, start + QPointF(50, 30), button=Qt.MouseButton.NoButton, buttons=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier
    )
    hand.send(
        QEvent.Type.MouseButtonRelease,
        start + QPointF(50, 30),
        button=Qt.MouseButton.LeftButton,
        buttons=Qt.MouseButton.NoButton,
        keys=Qt.KeyboardModifier.NoModifier,
    )
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert not canvas.chooser.isVisible()
    assert (before - canvas.camera.scene_point(QPointF(0, 0))).toTuple() == (50, 30)


def test_double_click_on_empty_opens_the_search_there(canvas, hand):
    spot = hand.at(300, 260)
    hand.send(QEvent.Type.MouseButtonDblClick, spot, button=Qt.MouseButton.LeftButton, buttons=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier)
    assert canvas.chooser.isVisible() and canvas.chooser.pos() == spot.toPoint()
    hand.type("gelu")
    hand.enter()
    assert [nodes(canvas)[name].type for name in new_nodes(canvas)] == ["gelu"]


def test_quick_add_with_a_selected_node_wires_behind_it(canvas, hand):
    hand.click(*hand.title("relu1"))
    hand.key(Qt.Key.Key_Tab)
    hand.type("flatten")
    hand.enter()
    (name,) = new_nodes(canvas)
    assert Wire("relu1", "out", name, "x") in set(canvas.project.document.wires)
    assert nodes(canvas)[name].pos[0] > canvas.network.nodes["relu1"].rect().right() and nodes(canvas)[name].pos[1] == 0.0
    assert steps(canvas) == 1


def test_quick_add_with_a_selected_wire_inserts(canvas, hand):
    hand.click(*canvas.network.wires[Wire("conv1", "out", "relu1", "x")].course.chip.toTuple())
    hand.key(Qt.Key.Key_Tab)
    hand.type("batchn")
    hand.enter()
    (name,) = new_nodes(canvas)
    assert {Wire("conv1", "out", name, "x"), Wire(name, "out", "relu1", "x")} <= set(canvas.project.document.wires)
    assert steps(canvas) == 1
    assert nothing_overlaps(canvas)


@pytest.mark.parametrize("percent", [20, 50, 100, 170])
def test_a_layer_from_the_palette_lands_under_the_cursor(canvas, percent):
    canvas.zoom_to(percent)
    at = QPointF(640, 520)
    drop_layer(canvas, "linear", at)
    (name,) = new_nodes(canvas)
    item = canvas.network.nodes[name]
    place = canvas.camera.scene_point(at)
    assert abs(item.x() + item.body.width / 2 - place.x()) <= 10 and abs(item.y() + 14 - place.y()) <= 10
    assert steps(canvas) == 1 and canvas.overlay.ghost is None


def test_a_layer_from_the_palette_is_spliced_into_a_wire(canvas):
    wire = Wire("conv1", "out", "relu1", "x")
    drop_layer(canvas, "batch_norm", canvas.camera.view_point(canvas.network.wires[wire].course.chip))
    (name,) = new_nodes(canvas)
    assert {Wire("conv1", "out", name, "x"), Wire(name, "out", "relu1", "x")} <= set(canvas.project.document.wires)
    assert steps(canvas) == 1 and nothing_overlaps(canvas)


def test_an_unknown_layer_is_not_taken(canvas):
    drop_layer(canvas, "no_such_layer", QPointF(300, 300))
    assert new_nodes(canvas) == []


def drop_layer(canvas, type_id: str, at: QPointF) -> None:
    data = QMimeData()
    data.setData(MIME, type_id.encode())
    action, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    port = canvas.viewport()
    QApplication.sendEvent(port, QDragEnterEvent(at.toPoint(), action, data, left, none))
    QApplication.sendEvent(port, QDragMoveEvent(at.toPoint(), action, data, left, none))
    QApplication.sendEvent(port, QDropEvent(at, action, data, left, none))


def test_copy_is_json_text_and_paste_keeps_inner_wires(canvas, hand):
    canvas.select(["conv1", "relu1"])
    canvas.copy()
    text = QGuiApplication.clipboard().text()
    assert len(json.loads(text)["nodes"]) == 2
    hand.move(400, 420, button=Qt.MouseButton.NoButton)
    canvas.paste()
    made = new_nodes(canvas)
    assert len(made) == 2 and canvas.selected() == made and steps(canvas) == 1
    assert any(w.source in made and w.target in made for w in canvas.project.document.wires)
    assert min(nodes(canvas)[name].pos[0] for name in made) == 400.0


def test_cut_and_paste_of_other_text_is_a_hint(canvas):
    said = []
    canvas.hint.connect(said.append)
    canvas.select(["drop1"])
    canvas.cut()
    assert "drop1" not in nodes(canvas)
    canvas.paste("hello")
    assert said and steps(canvas) == 1


def test_duplicate_delete_and_dissolve(canvas, hand):
    canvas.select(["drop1"])
    canvas.duplicate()
    (name,) = new_nodes(canvas)
    assert nodes(canvas)[name].pos == (340.0, 240.0)
    canvas.delete_selection()
    assert new_nodes(canvas) == []
    hand.drag(hand.port("relu1", "out", True), hand.port("drop1", "x", False))
    canvas.select(["relu1"])
    canvas.dissolve_selection()
    assert Wire("conv1", "out", "drop1", "x") in set(canvas.project.document.wires)
    assert "relu1" not in canvas.network.nodes


def test_plain_delete_does_not_heal(canvas):
    canvas.select(["conv1"])
    canvas.delete_selection()
    assert list(canvas.project.document.wires) == []


def test_bypass_marks_node_and_wires_or_says_why_not(canvas):
    said = []
    canvas.hint.connect(said.append)
    canvas.select(["relu1"])
    canvas.bypass_selection()
    assert nodes(canvas)["relu1"].bypassed and canvas.network.nodes["relu1"].mood.bypassed
    assert canvas.network.wires[Wire("conv1", "out", "relu1", "x")].mood.bypassed
    canvas.select(["ce1"])
    canvas.bypass_selection()
    assert said and "ce1" in said[0]


def test_arrows_walk_along_wires(canvas, hand):
    hand.click(*hand.title("conv1"))
    hand.key(Qt.Key.Key_Right)
    assert canvas.selected() == ["relu1"]
    hand.key(Qt.Key.Key_Left)
    hand.key(Qt.Key.Key_Left)
    assert canvas.selected() == ["mnist1"]
    hand.click(*hand.title("conv1"))
    hand.key(Qt.Key.Key_Down)
    assert canvas.selected() == ["drop1"]


def test_enter_and_double_click_activate_a_node(canvas, hand):
    told = []
    canvas.nodeActivated.connect(told.append)
    hand.click(*hand.title("conv1"))
    hand.key(Qt.Key.Key_Return)
    spot = hand.at(*hand.title("fc1"))
    hand.send(QEvent.Type.MouseButtonDblClick, spot, button=Qt.MouseButton.LeftButton, buttons=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier)
    assert told == ["conv1", "fc1"]


def test_auto_layout_is_one_step_without_overlaps(canvas):
    canvas.project.push("Pile up", [move_all(canvas)])
    canvas.auto_layout()
    assert nothing_overlaps(canvas)
    assert steps(canvas) == 2


def move_all(canvas):
    return MoveNodes(dict.fromkeys(nodes(canvas), (10.0, 10.0)))


def test_find_jumps_to_a_node(canvas, hand):
    canvas.camera.place(QPointF(5000, 5000), QPointF(0, 0), 1.0)
    canvas.find()
    hand.type("cross")
    hand.enter()
    assert canvas.selected() == ["ce1"]
    assert canvas.camera.shown().contains(canvas.network.nodes["ce1"].rect())


def test_dragging_at_the_border_pans(canvas, hand):
    before = canvas.camera.shown().left()
    edge = canvas.camera.shown().right() - 4
    hand.drag(hand.title("fc1"), (edge, 220), drop=False)
    assert canvas.border_timer.isActive()
    for _ in range(3):
        canvas.pan_at_border()
    assert canvas.camera.shown().left() > before
    hand.key(Qt.Key.Key_Escape)
    assert not canvas.border_timer.isActive()


def test_an_empty_canvas_tells_its_gestures(make_canvas):
    canvas = make_canvas(Snapshot())
    assert canvas.empty.isVisible()
    canvas.project.push("Add", [add_one()])
    assert not canvas.empty.isVisible()


def add_one():
    return AddNode(Node("relu1", "relu"))


@pytest.mark.parametrize(("way", "title"), [("enter", "Head"), ("escape", "Frame"), ("elsewhere", "Head")])
def test_a_frame_title_is_edited_in_place(canvas, hand, way, title):
    canvas.select(["fc1"])
    canvas.add_frame()
    area = next(iter(canvas.network.frames.values())).area
    before = steps(canvas)
    QTest.mouseDClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=hand.at(area.x() + 30, area.y() + 14).toPoint())
    field = next(field for field in canvas.findChildren(TitleField))
    field.selectAll()
    QTest.keyClicks(field, "Head")
    if way == "elsewhere":
        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=hand.at(*hand.title("drop1")).toPoint())
    else:
        QTest.keyClick(field, Qt.Key.Key_Return if way == "enter" else Qt.Key.Key_Escape)
    assert not field.isVisible() and canvas.hasFocus()
    assert next(iter(canvas.project.document.frames.values())).title == title
    assert steps(canvas) == before + (title == "Head")
