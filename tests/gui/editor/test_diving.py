"""Into blocks and out of them: the trail, the stepper, remembered views, and undo from elsewhere. By real mouse and key events."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given, settings
from nested import ALT, CTRL, LEFT, NET, SHIFT, body, crumb, double_click, path, steps
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph import blocks
from engine.graph.document import Document, EditError
from engine.graph.expression import Expression
from engine.graph.model import Node, Snapshot
from engine.graph.ops import RenameNode
from gui.level import Level, called, everywhere, level_at, ways, whereabouts

# -- going -----------------------------------------------------------------------------------------------------------


def test_enter_opens_the_selected_block_and_backspace_leaves(net, user):
    net.canvas.select(["wide1"])
    user.key(Qt.Key.Key_Return)
    assert path(net) == "wide1" and set(net.canvas.network.nodes) == {"x", "fc", "act", "inner1", "y"}
    assert {(w.source, w.target) for w in net.canvas.network.wires} == {("x", "fc"), ("fc", "act"), ("act", "inner1"), ("inner1", "y")}
    assert steps(net) == 0
    user.key(Qt.Key.Key_Backspace)
    assert path(net) == "" and net.canvas.selected() == []
    user.key(Qt.Key.Key_Backspace)  # once too often
    assert net.project.snapshot() == NET and steps(net) == 0
    user.key(Qt.Key.Key_Return)
    assert path(net) == "wide1"


def test_backspace_deletes_what_is_selected_inside(inside, user):
    inside.canvas.select(["act"])
    user.key(Qt.Key.Key_Backspace)
    assert path(inside) == "wide1" and "act" not in body(inside).by_id() and steps(inside) == 1


def test_a_double_click_opens_and_alt_up_leaves(net, user):
    double_click(user, user.title("wide2"))
    assert path(net) == "wide2"
    double_click(user, user.title("inner1"))
    assert path(net) == "wide2/inner1"
    user.key(Qt.Key.Key_Up, ALT)
    assert path(net) == "wide2" and net.canvas.selected() == ["inner1"]
    user.key(Qt.Key.Key_Down, ALT)
    assert path(net) == "wide2/inner1"


def test_enter_on_a_layer_goes_to_its_first_field(net, user):
    net.canvas.select(["fc"])
    user.key(Qt.Key.Key_Return)
    assert path(net) == "" and net.panel("inspector").isAncestorOf(QApplication.focusWidget())


def test_the_trail_names_the_way_and_leads_back(net, user):
    for name in ("wide2", "inner1"):
        net.canvas.select([name])
        user.key(Qt.Key.Key_Return)
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


def test_the_trail_is_laid_out_without_overlap(net, user):
    for name in ("wide2", "inner1"):
        net.canvas.select([name])
        user.key(Qt.Key.Key_Return)
    QApplication.processEvents()
    trail = net.breadcrumbs.trail
    boxes = [widget.geometry() for widget in (*trail.crumbs, *trail.signs, trail.stepper)]
    assert trail.stepper.isVisible()
    assert not any(one.intersects(two) for i, one in enumerate(boxes) for two in boxes[i + 1 :])


def test_the_stepper_chooses_the_copy(net, user):
    net.canvas.select(["wide2"])
    user.key(Qt.Key.Key_Return)
    stepper = net.breadcrumbs.trail.stepper
    assert stepper.isVisible() and stepper.words.text() == "1 of 6" and not stepper.back.isEnabled()
    before = net.canvas.camera.shown()
    net.canvas.select(["act"])
    QTest.mouseClick(stepper.on, LEFT)
    QTest.mouseClick(stepper.on, LEFT)
    assert path(net) == "wide2.2" and stepper.words.text() == "3 of 6"
    assert net.canvas.selected() == ["act"] and net.canvas.camera.shown() == before
    net.canvas.select(["inner1"])
    user.key(Qt.Key.Key_Return)
    assert path(net) == "wide2.2/inner1" and stepper.words.text() == "1 of 3"
    user.key(Qt.Key.Key_Backspace)
    assert path(net) == "wide2.2" and stepper.words.text() == "3 of 6"


def test_keys_go_round_the_copies(net, user):
    net.project.go("wide2")
    user.key(Qt.Key.Key_PageDown, CTRL)
    assert path(net) == "wide2.1"
    for _ in range(2):
        user.key(Qt.Key.Key_PageUp, CTRL)
    assert path(net) == "wide2.5"
    net.project.go("wide1")
    assert not net.acts["next-copy"].isEnabled()


def test_each_level_remembers_its_view(net, user):
    camera = net.canvas.camera
    camera.place(QPointF(100, -100), QPointF(0, 0), 0.8)
    outer = camera.shown()
    net.canvas.select(["wide1"])
    user.key(Qt.Key.Key_Return)
    assert camera.shown().contains(net.canvas.network.content())
    camera.place(QPointF(180, -40), QPointF(0, 0), 1.5)
    inner = camera.shown()
    user.key(Qt.Key.Key_Up, ALT)
    assert (camera.shown().topLeft() - outer.topLeft()).manhattanLength() < 3 and camera.zoom == 0.8
    user.key(Qt.Key.Key_Return)
    assert (camera.shown().topLeft() - inner.topLeft()).manhattanLength() < 3 and camera.zoom == 1.5


def test_the_passage_moves_only_with_motion_and_never_takes_the_mouse(net, user, wait):
    passage = net.canvas.passage
    net.canvas.select(["wide1"])
    user.key(Qt.Key.Key_Return)
    assert not passage.isVisible()
    net.canvas.motion = True
    user.key(Qt.Key.Key_Backspace)
    assert passage.isVisible() and passage.motion.duration() == 150
    assert path(net) == "" and "wide1" in net.canvas.network.nodes  # nothing waits for it
    user.click(*user.title("fc"))
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


# -- undo from elsewhere ---------------------------------------------------------------------------------------------


def test_undo_from_outside_goes_where_it_happened(inside, user):
    user.drag(user.title("act"), (620, 200))
    user.key(Qt.Key.Key_Up, ALT)
    inside.canvas.select(["fc"])
    user.key(Qt.Key.Key_Delete)
    user.key(Qt.Key.Key_Z, CTRL)
    assert path(inside) == "" and "fc" in inside.project.document
    user.key(Qt.Key.Key_Z, CTRL)
    assert path(inside) == "wide1" and inside.project.snapshot() == NET
    shown = inside.canvas.camera.shown()
    assert shown.intersects(inside.canvas.network.nodes["act"].rect())
    user.key(Qt.Key.Key_Z, CTRL | SHIFT)
    user.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert path(inside) == "" and "fc" not in inside.project.document


def test_undo_of_what_lies_out_of_view_brings_it_into_view(inside, user):
    user.drag(user.title("act"), (620, 200))
    inside.canvas.camera.place(QPointF(5000, 5000), QPointF(0, 0), 1.0)
    user.key(Qt.Key.Key_Z, CTRL)
    assert inside.canvas.camera.shown().intersects(inside.canvas.network.nodes["act"].rect())


def test_when_the_block_is_gone_one_is_outside(inside, user):
    user.key(Qt.Key.Key_Up, ALT)
    user.key(Qt.Key.Key_D, CTRL)
    copy = inside.canvas.selected()[0]
    user.key(Qt.Key.Key_Return)
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


def test_what_is_half_typed_goes_to_the_node_it_was_typed_for(net, user):
    net.canvas.select(["fc"])
    number = net.panel("inspector").page.fields["out_features"].number
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "77")
    net.project.go("wide1")
    assert net.project.document.node("fc").params["out_features"] == 77
    assert body(net).node("fc").params["out_features"] == Expression("width * 2")


def test_a_level_whose_definition_is_gone_reads_as_empty():
    document = Document(NET)
    level = level_at(document, "wide1/inner1")
    gone = Level(document, "wide9", "Gone")
    assert not gone.nodes and not gone.wires and not gone.snapshot().nodes and gone.snapshot().inside == "Gone"
    assert level.nodes


def test_an_empty_block_shows_no_lessons(inside, user):
    user.key(Qt.Key.Key_A, CTRL)
    user.key(Qt.Key.Key_Delete)
    assert not inside.canvas.network.nodes and not inside.canvas.empty.isVisible()
    inside.undo()
    assert inside.project.snapshot() == NET


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(["fc", "act", "inner1"]), min_size=1))
def test_grouping_and_expanding_inside_are_exact_inverses(chosen):
    document = Document(NET)
    level = level_at(document, "wide2")
    try:
        ops, name = blocks.group(level.snapshot(), chosen)
    except EditError as error:
        assert "lies between" in str(error) and chosen == {"fc", "inner1"}
        return
    undo = document.apply(level.ops(ops))
    grouped = document.snapshot()
    assert level_at(document, f"wide2/{name}").path == f"wide2/{name}"
    document.apply(level.ops(blocks.expand(level.snapshot(), name)[0]))
    assert document.snapshot() == NET
    again = Document(grouped)
    again.apply(undo)
    assert again.snapshot() == NET


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
    assert ways(NET) == {"": "", "Wide": "wide1", "Inner": "wide1/inner1"}
    assert ways(NET, "wide2/inner1.1") == {"": "", "Wide": "wide2", "Inner": "wide2/inner1.1"}
    assert [path for path, _, _ in everywhere(NET, "wide2") if path.endswith("fc")] == ["wide2/fc", "fc", "wide2/inner1/fc"]


def test_a_level_reads_like_a_document():
    document = Document(NET)
    level = level_at(document, "wide1.0")
    assert level.path == "wide1" and level.snapshot() is level.snapshot() and level.snapshot().inside == "Wide"
    assert set(level.nodes) == {"x", "fc", "act", "inner1", "y"} and "act" in level and level.node("act").type == "relu"
    assert level.block("Inner") is document.block("Inner")
    assert level.path_of("act") == "wide1/act" and level.name_in("wide1/inner1.2/fc") == "inner1" and level.name_in("wide2/fc") == ""


def test_the_pointer_opens_what_it_is_over_not_what_is_selected(net, user):
    net.canvas.select(["wide1"])
    double_click(user, user.title("wide2"))
    assert path(net) == "wide2"
