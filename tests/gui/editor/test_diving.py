"""Inside blocks: diving and leaving, the trail, and every gesture of the canvas one level deeper. By real mouse and key events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.document import Document
from engine.graph.expression import Expression
from engine.graph.model import Block, BlockParam, Node, Snapshot, Wire, frozen
from engine.graph.ops import RenameNode
from gui.level import Level, called, level_at, way_to, whereabouts

CTRL, SHIFT, ALT, NONE = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton
INNER = Block(
    "Inner",
    "Inner block",
    params=(BlockParam("size", default=8, low=1, high=512),),
    nodes=(
        Node("x", "block_input", pos=(0, 0)),
        Node("fc", "linear", frozen({"out_features": Expression("size")}), (200, 0)),
        Node("y", "block_output", pos=(480, 0)),
    ),
    wires=(Wire("x", "out", "fc", "x"), Wire("fc", "out", "y", "x")),
)
WIDE = Block(
    "Wide",
    "Wide block",
    params=(BlockParam("width", default=32, low=1, high=512),),
    nodes=(
        Node("x", "block_input", pos=(0, 0)),
        Node("fc", "linear", frozen({"out_features": Expression("width * 2")}), (200, 0)),
        Node("act", "relu", pos=(480, 0)),
        Node("inner1", "block:Inner", frozen({"size": Expression("width"), "repeat": 3}), (700, 0)),
        Node("y", "block_output", pos=(980, 0)),
    ),
    wires=(Wire("x", "out", "fc", "x"), Wire("fc", "out", "act", "x"), Wire("act", "out", "inner1", "x"), Wire("inner1", "y", "y", "x")),
)
DRAWN = Snapshot(
    nodes=(
        Node("mnist1", "mnist5k", pos=(0, 0)),
        Node("flat1", "flatten", pos=(260, 0)),
        Node("wide1", "block:Wide", frozen({"width": 64}), (480, 0)),
        Node("wide2", "block:Wide", frozen({"repeat": 6}), (720, 0)),
        Node("fc", "linear", frozen({"out_features": 10}), (980, 0)),
        Node("ce1", "cross_entropy", pos=(1240, 0)),
    ),
    wires=(
        Wire("mnist1", "image", "flat1", "x"),
        Wire("flat1", "out", "wide1", "x"),
        Wire("wide1", "y", "wide2", "x"),
        Wire("wide2", "y", "fc", "x"),
        Wire("fc", "out", "ce1", "prediction"),
        Wire("mnist1", "label", "ce1", "target"),
    ),
    blocks=(INNER, WIDE),
)
NET = Document(DRAWN).snapshot()


@pytest.fixture
def net(window):
    """The window over a network with a block in a block; no motion, so that all is where it goes at once."""
    window.canvas.motion = window.canvas.camera.motion = False
    window.project.replace(NET)
    QApplication.processEvents()
    window.canvas.setFocus()
    return window


@pytest.fixture
def hand(net, hand_of):
    return hand_of(net.canvas)


@pytest.fixture
def inside(net, hand):
    """The window inside the first block, at 100 %."""
    net.canvas.select(["wide1"])
    hand.key(Qt.Key.Key_Return)
    net.canvas.camera.place(QPointF(-50, -150), QPointF(0, 0), 1.0)
    return net


def path(window) -> str:
    return window.project.level.path


def body(window, block: str = "Wide") -> Snapshot:
    return window.project.snapshot().body(block)


def steps(window) -> int:
    return window.project.stack.count()


def crumb(window, index: int):
    return window.breadcrumbs.trail.crumbs[index]


def double_click(hand, at) -> None:
    """As a mouse does it: a click, then the second press as a double-click."""
    hand.click(*at)
    QTest.mouseDClick(hand.canvas.viewport(), LEFT, NONE, hand.at(*at).toPoint())


# -- going -----------------------------------------------------------------------------------------------------------


def test_enter_opens_the_selected_block_and_backspace_leaves(net, hand):
    net.canvas.select(["wide1"])
    hand.key(Qt.Key.Key_Return)
    assert path(net) == "wide1" and set(net.canvas.network.nodes) == {"x", "fc", "act", "inner1", "y"}
    assert {(w.source, w.target) for w in net.canvas.network.wires} == {("x", "fc"), ("fc", "act"), ("act", "inner1"), ("inner1", "y")}
    assert steps(net) == 0
    hand.key(Qt.Key.Key_Backspace)
    assert path(net) == "" and net.canvas.selected() == []
    hand.key(Qt.Key.Key_Backspace)  # once too often
    assert net.project.snapshot() == NET and steps(net) == 0
    hand.key(Qt.Key.Key_Return)
    assert path(net) == "wide1"


def test_backspace_deletes_what_is_selected_inside(inside, hand):
    inside.canvas.select(["act"])
    hand.key(Qt.Key.Key_Backspace)
    assert path(inside) == "wide1" and "act" not in body(inside).by_id() and steps(inside) == 1


def test_a_double_click_opens_and_alt_up_leaves(net, hand):
    double_click(hand, hand.title("wide2"))
    assert path(net) == "wide2"
    double_click(hand, hand.title("inner1"))
    assert path(net) == "wide2/inner1"
    hand.key(Qt.Key.Key_Up, ALT)
    assert path(net) == "wide2" and net.canvas.selected() == ["inner1"]
    hand.key(Qt.Key.Key_Down, ALT)
    assert path(net) == "wide2/inner1"


def test_enter_on_a_layer_goes_to_its_first_field(net, hand):
    net.canvas.select(["fc"])
    hand.key(Qt.Key.Key_Return)
    assert path(net) == "" and net.panel("inspector").isAncestorOf(QApplication.focusWidget())


def test_the_trail_names_the_way_and_leads_back(net, hand):
    for name in ("wide2", "inner1"):
        net.canvas.select([name])
        hand.key(Qt.Key.Key_Return)
    trail = net.breadcrumbs.trail
    assert [each.name for each in trail.crumbs] == ["untitled", "Wide block 2", "Inner block"]
    QTest.mouseClick(crumb(net, 1), LEFT)
    assert path(net) == "wide2" and net.canvas.selected() == ["inner1"] and net.canvas.hasFocus()
    assert [each.name for each in trail.crumbs] == ["untitled", "Wide block 2"]
    QTest.mouseClick(crumb(net, 1), LEFT)
    assert path(net) == "wide2"
    crumb(net, 0).setFocus()
    QTest.keyClick(crumb(net, 0), Qt.Key.Key_Return)
    assert path(net) == "" and net.canvas.selected() == ["wide2"]


def test_the_trail_is_laid_out_without_overlap(net, hand):
    for name in ("wide2", "inner1"):
        net.canvas.select([name])
        hand.key(Qt.Key.Key_Return)
    QApplication.processEvents()
    trail = net.breadcrumbs.trail
    boxes = [widget.geometry() for widget in (*trail.crumbs, *trail.signs, trail.stepper)]
    assert trail.stepper.isVisible()
    assert not any(one.intersects(two) for i, one in enumerate(boxes) for two in boxes[i + 1 :])


def test_the_stepper_chooses_the_copy(net, hand):
    net.canvas.select(["wide2"])
    hand.key(Qt.Key.Key_Return)
    stepper = net.breadcrumbs.trail.stepper
    assert stepper.isVisible() and stepper.words.text() == "1 of 6" and not stepper.back.isEnabled()
    before = net.canvas.camera.shown()
    net.canvas.select(["act"])
    QTest.mouseClick(stepper.on, LEFT)
    QTest.mouseClick(stepper.on, LEFT)
    assert path(net) == "wide2.2" and stepper.words.text() == "3 of 6"
    assert net.canvas.selected() == ["act"] and net.canvas.camera.shown() == before
    net.canvas.select(["inner1"])
    hand.key(Qt.Key.Key_Return)
    assert path(net) == "wide2.2/inner1" and stepper.words.text() == "1 of 3"
    hand.key(Qt.Key.Key_Backspace)
    assert path(net) == "wide2.2" and stepper.words.text() == "3 of 6"


def test_each_level_remembers_its_view(net, hand):
    camera = net.canvas.camera
    camera.place(QPointF(100, -100), QPointF(0, 0), 0.8)
    outer = camera.shown()
    net.canvas.select(["wide1"])
    hand.key(Qt.Key.Key_Return)
    assert camera.shown().contains(net.canvas.network.content())
    camera.place(QPointF(180, -40), QPointF(0, 0), 1.5)
    inner = camera.shown()
    hand.key(Qt.Key.Key_Up, ALT)
    assert (camera.shown().topLeft() - outer.topLeft()).manhattanLength() < 3 and camera.zoom == 0.8
    hand.key(Qt.Key.Key_Return)
    assert (camera.shown().topLeft() - inner.topLeft()).manhattanLength() < 3 and camera.zoom == 1.5


def test_the_passage_moves_only_with_motion_and_never_takes_the_mouse(net, hand, wait):
    passage = net.canvas.passage
    net.canvas.select(["wide1"])
    hand.key(Qt.Key.Key_Return)
    assert not passage.isVisible()
    net.canvas.motion = True
    hand.key(Qt.Key.Key_Backspace)
    assert passage.isVisible() and passage.motion.duration() == 150
    assert path(net) == "" and "wide1" in net.canvas.network.nodes  # nothing waits for it
    hand.click(*hand.title("fc"))
    assert net.canvas.selected() == ["fc"]
    wait(lambda: not passage.isVisible(), 3)


def test_another_document_opens_on_its_own_level(inside):
    inside.project.replace(Snapshot(nodes=(Node("relu1", "relu"),)))
    assert path(inside) == "" and list(inside.canvas.network.nodes) == ["relu1"]
    assert [each.name for each in inside.breadcrumbs.trail.crumbs] == [inside.project.title]


def test_commands_say_when_they_are_not_possible(net):
    acts = net.acts
    net.canvas.select(["fc"])
    net.refresh_actions()
    assert not acts["open-block"].isEnabled() and not acts["leave-block"].isEnabled()
    assert "Select one block" in acts["open-block"].toolTip()
    net.canvas.select(["wide1"])
    assert acts["open-block"].isEnabled()
    acts["open-block"].trigger()
    assert acts["leave-block"].isEnabled() and path(net) == "wide1"


# -- editing inside --------------------------------------------------------------------------------------------------


def test_moving_inside_is_one_step_for_all_instances(inside, hand):
    at = hand.title("act")
    hand.drag(at, (at[0] + 100, at[1] + 80))
    assert body(inside).node("act").pos != (480, 0) and steps(inside) == 1
    assert inside.canvas.network.nodes["act"].pos().toTuple() == body(inside).node("act").pos
    inside.project.go("wide2")
    assert inside.canvas.network.nodes["act"].pos().toTuple() == body(inside).node("act").pos
    inside.undo()
    assert inside.project.snapshot() == NET


def test_connecting_and_adding_by_a_dropped_wire(inside, hand):
    start = hand.port("fc", "out", True)
    hand.drag(start, (560, 260))
    assert inside.canvas.chooser.isVisible()
    hand.type("sigmoid")
    hand.enter()
    new = inside.canvas.selected()[0]
    assert body(inside).node(new).type == "sigmoid" and Wire("fc", "out", new, "x") in body(inside).wires and steps(inside) == 1
    hand.drag(hand.port(new, "out", True), hand.port("inner1", "x", False))
    assert Wire(new, "out", "inner1", "x") in body(inside).wires and Wire("act", "out", "inner1", "x") not in body(inside).wires
    assert steps(inside) == 2
    inside.undo()
    inside.undo()
    assert inside.project.snapshot() == NET


def test_delete_dissolve_and_bypass(inside, hand):
    inside.canvas.select(["act"])
    hand.key(Qt.Key.Key_B)
    assert body(inside).node("act").bypassed
    hand.key(Qt.Key.Key_Backspace, CTRL)
    assert Wire("fc", "out", "inner1", "x") in body(inside).wires and steps(inside) == 2
    inside.canvas.select(["inner1"])
    hand.key(Qt.Key.Key_Delete)
    assert "inner1" not in body(inside).by_id() and steps(inside) == 3 and path(inside) == "wide1"
    for _ in range(3):
        inside.undo()
    assert inside.project.snapshot() == NET


def test_copy_paste_and_duplicate(inside, hand):
    inside.canvas.select(["fc", "act"])
    hand.key(Qt.Key.Key_D, CTRL)
    assert len(inside.canvas.selected()) == 2 and len(body(inside).nodes) == 7
    assert [node.params.get("out_features") for node in body(inside).nodes if node.type == "linear"] == [Expression("width * 2")] * 2
    inside.canvas.select(["fc", "act"])
    hand.key(Qt.Key.Key_C, CTRL)
    hand.key(Qt.Key.Key_V, CTRL)
    assert len(body(inside).nodes) == 9 and steps(inside) == 2
    inside.undo()
    inside.undo()
    assert inside.project.snapshot() == NET


def test_what_was_copied_inside_has_its_values_outside(inside, hand):
    inside.canvas.select(["fc"])
    hand.key(Qt.Key.Key_C, CTRL)
    assert '"out_features": 128' in QGuiApplication.clipboard().text()
    hand.key(Qt.Key.Key_Up, ALT)
    hand.key(Qt.Key.Key_V, CTRL)
    new = inside.canvas.selected()
    assert len(new) == 1 and inside.project.document.node(new[0]).params["out_features"] == 128


def test_quick_add_offers_ports_and_no_data(inside, hand):
    inside.canvas.select([])
    hand.key(Qt.Key.Key_Tab)
    hand.type("input port")
    hand.enter()
    assert [node.type for node in body(inside).nodes].count("block_input") == 2 and steps(inside) == 1
    assert inside.canvas.selected()[0] in inside.project.snapshot().block("Wide").ports("block_input")
    hand.key(Qt.Key.Key_Tab)
    hand.type("cross entropy")
    shown = [inside.canvas.chooser.list.item(i).data(Qt.ItemDataRole.UserRole).id for i in range(inside.canvas.chooser.list.count())]
    assert "cross_entropy" not in shown and "mnist5k" not in shown
    QTest.keyClick(inside.canvas.chooser.field, Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Up, ALT)
    assert [spot.name for spot in inside.canvas.network.nodes["wide1"].body.spots if not spot.is_output] == list(
        inside.project.snapshot().block("Wide").ports("block_input")
    )


def test_a_block_is_not_offered_inside_itself(inside, hand):
    inside.canvas.select([])
    hand.key(Qt.Key.Key_Tab)
    hand.type("block")
    shown = [inside.canvas.chooser.list.item(i).data(Qt.ItemDataRole.UserRole).id for i in range(inside.canvas.chooser.list.count())]
    assert "block:Inner" in shown and "block:Wide" not in shown
    QTest.keyClick(inside.canvas.chooser.field, Qt.Key.Key_Escape)


def test_moving_a_port_reorders_the_ports_of_every_instance(inside, hand):
    inside.canvas.select([])
    hand.key(Qt.Key.Key_Tab)
    hand.type("output port")
    hand.enter()
    new = inside.canvas.selected()[0]
    hand.drag(hand.title(new), (1060, 120))
    assert inside.project.snapshot().block("Wide").ports("block_output") == ("y", new)
    hand.drag(hand.title(new), (1060, -100))
    assert inside.project.snapshot().block("Wide").ports("block_output") == (new, "y")
    inside.project.go("")
    for name in ("wide1", "wide2"):
        assert [spot.name for spot in inside.canvas.network.nodes[name].body.spots if spot.is_output] == [new, "y"]
    assert Wire("wide1", "y", "wide2", "x") in inside.project.document.wires


def test_renaming_a_port_keeps_the_wires_outside(inside):
    inside.canvas.select(["x"])
    title = inside.panel("inspector").page.head.title
    title.setFocus()
    title.selectAll()
    QTest.keyClicks(title, "features")
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert "features" in body(inside).by_id() and steps(inside) == 1
    assert Wire("flat1", "out", "wide1", "features") in inside.project.document.wires
    assert inside.canvas.selected() == ["features"]
    inside.undo()
    assert inside.project.snapshot() == NET


def test_grouping_inside_nests_and_expanding_restores(inside, hand):
    inside.canvas.select(["fc", "act"])
    hand.key(Qt.Key.Key_G, CTRL)
    made = inside.canvas.selected()
    assert len(made) == 1 and body(inside).node(made[0]).type == "block:Block" and steps(inside) == 1
    assert body(inside).node(made[0]).params == {"width": Expression("width")}
    hand.key(Qt.Key.Key_Return)
    assert path(inside) == f"wide1/{made[0]}" and {"fc", "act"} <= set(inside.canvas.network.nodes)
    hand.key(Qt.Key.Key_Up, ALT)
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert inside.project.snapshot() == NET and steps(inside) == 2


def test_auto_layout_frames_and_select_all(inside, hand):
    hand.key(Qt.Key.Key_A, CTRL)
    assert set(inside.canvas.selected()) == {"x", "fc", "act", "inner1", "y"}
    hand.key(Qt.Key.Key_J, CTRL)
    assert len(body(inside).frames) == 1 and not inside.project.document.frames
    inside.canvas.select([])
    hand.key(Qt.Key.Key_L, CTRL)
    assert steps(inside) in (1, 2)
    while inside.project.stack.canUndo():
        inside.undo()
    assert inside.project.snapshot() == NET


# -- undo from elsewhere ---------------------------------------------------------------------------------------------


def test_undo_from_outside_goes_where_it_happened(inside, hand):
    hand.drag(hand.title("act"), (620, 200))
    hand.key(Qt.Key.Key_Up, ALT)
    inside.canvas.select(["fc"])
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_Z, CTRL)
    assert path(inside) == "" and "fc" in inside.project.document
    hand.key(Qt.Key.Key_Z, CTRL)
    assert path(inside) == "wide1" and inside.project.snapshot() == NET
    shown = inside.canvas.camera.shown()
    assert shown.intersects(inside.canvas.network.nodes["act"].rect())
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert path(inside) == "" and "fc" not in inside.project.document


def test_undo_of_what_lies_out_of_view_brings_it_into_view(inside, hand):
    hand.drag(hand.title("act"), (620, 200))
    inside.canvas.camera.place(QPointF(5000, 5000), QPointF(0, 0), 1.0)
    hand.key(Qt.Key.Key_Z, CTRL)
    assert inside.canvas.camera.shown().intersects(inside.canvas.network.nodes["act"].rect())


def test_when_the_block_is_gone_one_is_outside(inside, hand):
    hand.key(Qt.Key.Key_Up, ALT)
    hand.key(Qt.Key.Key_D, CTRL)
    copy = inside.canvas.selected()[0]
    hand.key(Qt.Key.Key_Return)
    assert path(inside) == copy
    inside.project.stack.undo()  # straight on the stack, as a history panel may do
    assert path(inside) == "" and set(inside.canvas.network.nodes) == set(inside.project.document.nodes)


def test_a_renamed_instance_keeps_the_level_open(inside):
    inside.project.push("Rename", [RenameNode("wide1", "stage1")])
    assert path(inside) == "stage1" and "act" in inside.canvas.network.nodes


def test_a_recipe_step_is_undone_where_one_is(inside):
    inside.training.edit_recipe({"epochs": 3}, "")
    inside.undo()
    assert path(inside) == "wide1"


def test_what_is_half_typed_goes_to_the_node_it_was_typed_for(net, hand):
    net.canvas.select(["fc"])
    number = net.panel("inspector").page.fields["out_features"].number
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "77")
    net.project.go("wide1")
    assert net.project.document.node("fc").params["out_features"] == 77
    assert body(net).node("fc").params["out_features"] == Expression("width * 2")


# -- what a level knows ----------------------------------------------------------------------------------------------


def test_values_and_copies_of_an_instance():
    document = Document(NET)
    assert level_at(document, "wide1").values() == {"width": 64}
    assert level_at(document, "wide2/inner1").values() == {"size": 32}
    assert level_at(document, "wide2").times == 6 and level_at(document, "wide1/inner1").times == 3
    assert level_at(document, "wide2.9").path == "wide2.5"  # there are six of them
    assert level_at(document, "wide1/gone/inner1").path == "wide1"
    assert level_at(document, "nothing").path == "" and isinstance(level_at(document, ""), Level)


def test_places_in_words_and_ways():
    assert called(NET, NET.node("wide2")) == "Wide block 2"
    assert whereabouts(NET, "wide2.3/inner1/fc") == "fc of Inner block of Wide block 2 (copy 4)"
    assert whereabouts(NET, "fc") == "fc"
    assert way_to(NET, "Inner") == "wide1/inner1" and way_to(NET, "Inner", "wide2/inner1.1") == "wide2/inner1.1"
    assert way_to(NET, "Nobody") is None


def test_a_level_reads_like_a_document():
    document = Document(NET)
    level = level_at(document, "wide1.0")
    assert level.path == "wide1" and level.snapshot() is level.snapshot() and level.snapshot().inside == "Wide"
    assert set(level.nodes) == {"x", "fc", "act", "inner1", "y"} and "act" in level and level.node("act").type == "relu"
    assert level.block("Inner") is document.block("Inner")
    assert level.path_of("act") == "wide1/act" and level.name_in("wide1/inner1.2/fc") == "inner1" and level.name_in("wide2/fc") == ""


def test_the_pointer_opens_what_it_is_over_not_what_is_selected(net, hand):
    net.canvas.select(["wide1"])
    double_click(hand, hand.title("wide2"))
    assert path(net) == "wide2"
