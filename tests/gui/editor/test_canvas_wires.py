"""Drawing, refusing, replacing, detaching and cutting wires with the mouse; each gesture is one undo step."""

from __future__ import annotations

import itertools

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from engine import library
from engine.compile.analyse import analyse
from engine.graph.model import Wire
from gui.editor import chip_room, route
from gui.editor.quick_add import Entry

CTRL = Qt.KeyboardModifier.ControlModifier


def wires(canvas):
    return set(canvas.project.document.wires)


def steps(canvas):
    return canvas.project.stack.count()


def test_connect_from_output_to_input(canvas, hand):
    hand.drag(hand.port("relu1", "out", True), hand.port("drop1", "x", False))
    assert Wire("relu1", "out", "drop1", "x") in wires(canvas)
    assert steps(canvas) == 1
    assert Wire("relu1", "out", "drop1", "x") in canvas.network.wires


def test_connect_from_input_to_output(canvas, hand):
    hand.drag(hand.port("fc1", "x", False), hand.port("drop1", "out", True))
    assert Wire("drop1", "out", "fc1", "x") in wires(canvas)


def test_magnet_reaches_24_screen_pixels_at_half_size(canvas, hand):
    canvas.zoom_to(50)
    x, y = hand.port("drop1", "x", False)
    hand.drag(hand.port("relu1", "out", True), (x - 40, y))  # 20 px on the screen
    assert Wire("relu1", "out", "drop1", "x") in wires(canvas)


def test_click_and_click_connects(canvas, hand):
    hand.click(*hand.port("relu1", "out", True))
    assert canvas.tool is not None and canvas.tool.sticky
    target = hand.port("drop1", "x", False)
    hand.move(*target, button=Qt.MouseButton.NoButton)
    hand.click(*target)
    assert Wire("relu1", "out", "drop1", "x") in wires(canvas)
    assert canvas.tool is None


def test_a_loop_is_refused_with_the_reason_at_the_cursor(canvas, hand):
    said = []
    canvas.hint.connect(said.append)
    goal = hand.port("conv1", "x", False)
    hand.drag(hand.port("relu1", "out", True), goal, drop=False)
    assert "loop" in canvas.reason.text
    hand.release(*goal)
    assert steps(canvas) == 0 and wires(canvas) == {Wire("mnist1", "image", "conv1", "x"), Wire("conv1", "out", "relu1", "x")}
    assert canvas.reason.text == "" and said and "loop" in said[0]


def test_labels_are_refused_where_data_is_expected(canvas, hand):
    hand.drag(hand.port("mnist1", "label", True), hand.port("fc1", "x", False), drop=False)
    assert "Labels" in canvas.reason.text
    hand.release(*hand.port("fc1", "x", False))
    assert steps(canvas) == 0


def test_candidates_light_up_and_the_rest_dims(canvas, hand):
    hand.drag(hand.port("mnist1", "label", True), (500, 400), drop=False)
    nodes = canvas.network.nodes
    assert nodes["ce1"].mood.candidates == {("target", False), ("prediction", False)} or nodes["ce1"].mood.candidates == {("target", False)}
    assert nodes["conv1"].dim and not nodes["ce1"].dim
    hand.key(Qt.Key.Key_Escape)
    assert not any(item.dim or item.mood.candidates for item in nodes.values())
    assert canvas.tool is None and steps(canvas) == 0


def test_an_occupied_input_is_replaced_in_one_step(canvas, hand):
    before = wires(canvas)
    hand.drag(hand.port("drop1", "out", True), hand.port("relu1", "x", False))
    assert wires(canvas) == {Wire("mnist1", "image", "conv1", "x"), Wire("drop1", "out", "relu1", "x")}
    assert steps(canvas) == 1
    canvas.project.undo()
    assert wires(canvas) == before == set(canvas.network.wires)


def test_detaching_an_end_onto_empty_canvas_deletes_the_wire(canvas, hand):
    hand.drag(hand.port("relu1", "x", False), (500, 400))
    assert wires(canvas) == {Wire("mnist1", "image", "conv1", "x")}
    assert steps(canvas) == 1 and not canvas.chooser.isVisible()


def test_detached_end_reconnects_elsewhere_in_one_step(canvas, hand):
    hand.drag(hand.port("relu1", "x", False), hand.port("drop1", "x", False))
    assert wires(canvas) == {Wire("mnist1", "image", "conv1", "x"), Wire("conv1", "out", "drop1", "x")}
    assert steps(canvas) == 1


def test_detached_end_put_back_changes_nothing(canvas, hand):
    x, y = hand.port("relu1", "x", False)
    hand.press(x, y)
    hand.move(x - 60, y + 50)
    hand.move(x, y)
    hand.release(x, y)
    assert steps(canvas) == 0
    assert not canvas.network.wires[Wire("conv1", "out", "relu1", "x")].mood.hidden


def test_escape_puts_a_detached_wire_back(canvas, hand):
    hand.drag(hand.port("relu1", "x", False), (500, 400), drop=False)
    assert canvas.network.wires[Wire("conv1", "out", "relu1", "x")].mood.hidden
    hand.key(Qt.Key.Key_Escape)
    assert not canvas.network.wires[Wire("conv1", "out", "relu1", "x")].mood.hidden
    assert steps(canvas) == 0


def test_ctrl_drag_moves_all_wires_of_an_output(canvas, hand):
    hand.drag(hand.port("conv1", "out", True), hand.port("fc1", "x", False))
    hand.drag(hand.port("conv1", "out", True), hand.port("drop1", "out", True), keys=CTRL)
    assert wires(canvas) == {Wire("mnist1", "image", "conv1", "x"), Wire("drop1", "out", "relu1", "x"), Wire("drop1", "out", "fc1", "x")}
    assert steps(canvas) == 2


def test_a_wire_dropped_on_empty_canvas_offers_only_what_fits(canvas, hand):
    hand.drag(hand.port("mnist1", "label", True), (300, 420))
    assert canvas.chooser.isVisible()
    offered: list[Entry] = [canvas.chooser.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(canvas.chooser.list.count())]
    assert offered[0].family == "loss" and {entry.id for entry in offered if entry.family != "loss"} == {"reroute"}
    hand.enter()
    made = next(name for name in canvas.project.document.nodes if name not in ("mnist1", "conv1", "relu1", "drop1", "fc1", "ce1"))
    assert Wire("mnist1", "label", made, "target") in wires(canvas)
    assert steps(canvas) == 1 and canvas.selected() == [made]
    assert not canvas.overlay.wires


def test_a_wire_dropped_from_an_input_adds_a_feeding_layer(canvas, hand):
    hand.drag(hand.port("drop1", "x", False), (100, 300))
    hand.type("linear")
    hand.enter()
    made = next(name for name in canvas.project.document.nodes if name.startswith("fc") and name != "fc1")
    assert Wire(made, "out", "drop1", "x") in wires(canvas)


def test_escape_in_the_popup_adds_nothing_and_gives_the_focus_back(canvas, hand):
    hand.drag(hand.port("relu1", "out", True), (800, 100))
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Escape)
    assert not canvas.chooser.isVisible() and canvas.hasFocus()
    assert steps(canvas) == 0 and not canvas.overlay.wires


def test_ctrl_right_stroke_cuts_wires(canvas, hand):
    hand.drag((540, -60), (540, 100), button=Qt.MouseButton.RightButton, keys=CTRL)
    assert wires(canvas) == {Wire("mnist1", "image", "conv1", "x")}
    assert steps(canvas) == 1


def test_a_click_selects_a_wire_and_delete_removes_it(canvas, hand):
    middle = canvas.network.wires[Wire("conv1", "out", "relu1", "x")].course.chip.toTuple()
    hand.click(*middle)
    assert canvas.network.selection.wires == {Wire("conv1", "out", "relu1", "x")}
    canvas.delete_selection()
    assert wires(canvas) == {Wire("mnist1", "image", "conv1", "x")}


# -- room for chips, and clear courses ---------------------------------------------------------------------------------
def shown(canvas):
    """The wires whose chips are seen."""
    return [item for item in canvas.network.wires.values() if item.chip.isVisible()]


def test_chips_on_long_wires_lie_over_no_other_chip(make_canvas, monkeypatch):
    snapshot = library.read("unet-scenes")
    shapes = analyse(snapshot)

    def crowded() -> int:
        canvas = make_canvas(snapshot)
        canvas.set_analysis(shapes)
        canvas.frame_all(glide=False)
        canvas.set_thumbnails({node.id: np.ones((8, 6, 6)) for node in snapshot.nodes})  # as high as nodes are while they show maps
        long = {index for index, item in enumerate(shown(canvas)) if item.course.bent}
        boxes = [item.chip.boundingRect().translated(item.chip.pos()) for item in shown(canvas)]
        assert len(long) > 5
        return sum(one in long or two in long for one, two in itertools.combinations(range(len(boxes)), 2) if boxes[one].intersects(boxes[two]))

    assert crowded() == 0
    monkeypatch.setattr(chip_room, "spread", lambda scene: None)
    assert crowded() > 0, "this network does not need what is tested"


def test_a_chip_without_a_free_place_hides_until_its_wire_is_pointed_at(canvas):
    item = canvas.network.wires[Wire("conv1", "out", "relu1", "x")]
    item.chip.say((("C", "t3"), ("16", "t1")), keep=True)
    assert item.chip.isVisible()
    item.chip.step_aside(None)
    assert not item.chip.isVisible()
    item.tell(hovered=True)
    assert item.chip.isVisible()
    item.tell(hovered=False)
    item.chip.step_aside(QPointF(0, 30))
    assert item.chip.isVisible() and item.chip.pos().y() > item.course.chip.y()


def test_no_upright_leg_runs_on_the_border_of_a_frame():
    boxes = np.array([[0.0, 0.0, 160.0, 100.0], [0.0, 200.0, 160.0, 100.0]])
    start, end = QPointF(160, 14), QPointF(0, 214)
    plain = route.route(start, end, boxes)
    upright = sorted({x for (x, y), (other, below) in itertools.pairwise(plain.points.tolist()) if x == other and y != below})
    frames = np.array([[upright[0], -40.0, 240.0, 400.0], [upright[0] - 500, 500.0, 20.0, 20.0]])
    moved = route.route(start, end, boxes, soft=frames)
    legs = {x for (x, y), (other, below) in itertools.pairwise(moved.points.tolist()) if x == other and y != below}
    assert all(abs(x - border) >= 4 for x in legs for border in (frames[0, 0], frames[0, 0] + 240)), legs


def test_a_plain_wire_keeps_a_little_distance_from_the_nodes_it_passes():
    start, end, node = QPointF(0, 58), QPointF(600, 58), np.array([[200.0, 0.0, 160.0, 50.0]])
    assert route.route(start, end, node).bent
    node[0, 3] = 40.0
    assert not route.route(start, end, node).bent


def test_a_label_has_a_lane_of_its_own_where_another_wire_goes_the_same_way(make_canvas):
    """In this lesson both targets are reached from the left, under all other nodes."""
    wires = make_canvas(library.read("two-heads")).network.wires
    (label,) = [item for item in wires.values() if item.thin]
    (pixels,) = [item for item in wires.values() if item.course.bent and not item.thin]
    for axis in (0, 1):  # upright legs and lanes
        own, other = ({point[axis] for point in item.course.points[1:-1].round().tolist()} for item in (label, pixels))
        assert min(abs(a - b) for a in own for b in other) >= 8
