"""Every gesture of the canvas one level deeper: each is one undo step for all instances of the block. By real mouse and key events."""

from __future__ import annotations

from nested import ALT, CTRL, NET, SHIFT, body, path, steps
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.graph.expression import Expression
from engine.graph.model import Wire


def test_moving_inside_is_one_step_for_all_instances(inside, user):
    at = user.title("act")
    user.drag(at, (at[0] + 100, at[1] + 80))
    assert body(inside).node("act").pos != (480, 0) and steps(inside) == 1
    assert inside.canvas.network.nodes["act"].pos().toTuple() == body(inside).node("act").pos
    inside.project.go("wide2")
    assert inside.canvas.network.nodes["act"].pos().toTuple() == body(inside).node("act").pos
    inside.undo()
    assert inside.project.snapshot() == NET


def test_connecting_and_adding_by_a_dropped_wire(inside, user):
    start = user.port("fc", "out", True)
    user.drag(start, (560, 260))
    assert inside.canvas.chooser.isVisible()
    user.type("sigmoid")
    user.enter()
    new = inside.canvas.selected()[0]
    assert body(inside).node(new).type == "sigmoid" and Wire("fc", "out", new, "x") in body(inside).wires and steps(inside) == 1
    user.drag(user.port(new, "out", True), user.port("inner1", "x", False))
    assert Wire(new, "out", "inner1", "x") in body(inside).wires and Wire("act", "out", "inner1", "x") not in body(inside).wires
    assert steps(inside) == 2
    inside.undo()
    inside.undo()
    assert inside.project.snapshot() == NET


def test_delete_dissolve_and_bypass(inside, user):
    inside.canvas.select(["act"])
    user.key(Qt.Key.Key_B)
    assert body(inside).node("act").bypassed
    user.key(Qt.Key.Key_Backspace, CTRL)
    assert Wire("fc", "out", "inner1", "x") in body(inside).wires and steps(inside) == 2
    inside.canvas.select(["inner1"])
    user.key(Qt.Key.Key_Delete)
    assert "inner1" not in body(inside).by_id() and steps(inside) == 3 and path(inside) == "wide1"
    for _ in range(3):
        inside.undo()
    assert inside.project.snapshot() == NET


def test_copy_paste_and_duplicate(inside, user):
    inside.canvas.select(["fc", "act"])
    user.key(Qt.Key.Key_D, CTRL)
    assert len(inside.canvas.selected()) == 2 and len(body(inside).nodes) == 7
    assert [node.params.get("out_features") for node in body(inside).nodes if node.type == "linear"] == [Expression("width * 2")] * 2
    inside.canvas.select(["fc", "act"])
    user.key(Qt.Key.Key_C, CTRL)
    user.key(Qt.Key.Key_V, CTRL)
    assert len(body(inside).nodes) == 9 and steps(inside) == 2
    inside.undo()
    inside.undo()
    assert inside.project.snapshot() == NET


def test_what_was_copied_inside_has_its_values_outside(inside, user):
    inside.canvas.select(["fc"])
    user.key(Qt.Key.Key_C, CTRL)
    assert '"out_features": 128' in QGuiApplication.clipboard().text()
    user.key(Qt.Key.Key_Up, ALT)
    user.key(Qt.Key.Key_V, CTRL)
    new = inside.canvas.selected()
    assert len(new) == 1 and inside.project.document.node(new[0]).params["out_features"] == 128


def test_quick_add_offers_ports_and_no_data(inside, user):
    inside.canvas.select([])
    user.key(Qt.Key.Key_Tab)
    user.type("input port")
    user.enter()
    assert [node.type for node in body(inside).nodes].count("block_input") == 2 and steps(inside) == 1
    assert inside.canvas.selected()[0] in inside.project.snapshot().block("Wide").ports("block_input")
    user.key(Qt.Key.Key_Tab)
    user.type("cross entropy")
    shown = [inside.canvas.chooser.list.item(i).data(Qt.ItemDataRole.UserRole).id for i in range(inside.canvas.chooser.list.count())]
    assert "cross_entropy" not in shown and "mnist5k" not in shown
    QTest.keyClick(inside.canvas.chooser.field, Qt.Key.Key_Escape)
    user.key(Qt.Key.Key_Up, ALT)
    assert [spot.name for spot in inside.canvas.network.nodes["wide1"].body.spots if not spot.is_output] == list(
        inside.project.snapshot().block("Wide").ports("block_input")
    )


def test_a_block_is_not_offered_inside_itself(inside, user):
    inside.canvas.select([])
    user.key(Qt.Key.Key_Tab)
    user.type("block")
    shown = [inside.canvas.chooser.list.item(i).data(Qt.ItemDataRole.UserRole).id for i in range(inside.canvas.chooser.list.count())]
    assert "block:Inner" in shown and "block:Wide" not in shown
    QTest.keyClick(inside.canvas.chooser.field, Qt.Key.Key_Escape)


def test_moving_a_port_reorders_the_ports_of_every_instance(inside, user):
    inside.canvas.select([])
    user.key(Qt.Key.Key_Tab)
    user.type("output port")
    user.enter()
    new = inside.canvas.selected()[0]
    user.drag(user.title(new), (1060, 120))
    assert inside.project.snapshot().block("Wide").ports("block_output") == ("y", new)
    user.drag(user.title(new), (1060, -100))
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


def test_grouping_inside_nests_and_expanding_restores(inside, user):
    inside.canvas.select(["fc", "act"])
    user.key(Qt.Key.Key_G, CTRL)
    made = inside.canvas.selected()
    assert len(made) == 1 and body(inside).node(made[0]).type == "block:Block" and steps(inside) == 1
    assert body(inside).node(made[0]).params == {"width": Expression("width")}
    user.key(Qt.Key.Key_Return)
    assert path(inside) == f"wide1/{made[0]}" and {"fc", "act"} <= set(inside.canvas.network.nodes)
    user.key(Qt.Key.Key_Up, ALT)
    user.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert inside.project.snapshot() == NET and steps(inside) == 2


def test_auto_layout_frames_and_select_all(inside, user):
    user.key(Qt.Key.Key_A, CTRL)
    assert set(inside.canvas.selected()) == {"x", "fc", "act", "inner1", "y"}
    user.key(Qt.Key.Key_J, CTRL)
    assert len(body(inside).frames) == 1 and not inside.project.document.frames
    inside.canvas.select([])
    user.key(Qt.Key.Key_L, CTRL)
    assert steps(inside) in (1, 2)
    while inside.project.stack.canUndo():
        inside.undo()
    assert inside.project.snapshot() == NET
