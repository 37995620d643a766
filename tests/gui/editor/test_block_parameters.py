"""Parameters of blocks in the inspector: exposing, expressions, the instance's page, unique definitions, the user's own palette. By real events."""

from __future__ import annotations

import json

from nested import LEFT, NET, body, path, steps
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.compile.analyse import analyse
from engine.graph import text
from engine.graph.document import Document
from engine.graph.expression import Expression
from engine.graph.model import INPUT, Snapshot
from gui import own_blocks, shelf


def page(window):
    return window.panel("inspector").page


def row(window, name: str):
    return page(window).rows[name]


def click_control(window, name: str) -> None:
    """Moves the pointer over a row and clicks the control that appears beside its label."""
    shown = row(window, name)
    shown.enterEvent(None)
    assert shown.expose.isVisible()
    QTest.mouseClick(shown.expose, LEFT)


def number(window, name: str):
    field = page(window).fields[name].number
    field.setFocus()
    field.selectAll()
    return field


def value(window, node: str, name: str, block: str = "Wide"):
    return body(window, block).node(node).params.get(name)


def steps_back(window) -> None:
    while window.project.stack.canUndo():
        window.undo()
    assert window.project.snapshot() == NET


# -- exposing --------------------------------------------------------------------------------------------------------


def test_a_click_exposes_and_another_takes_back(inside):
    inside.project.go("wide1/inner1")
    inside.canvas.select(["fc"])
    assert row(inside, "bias").exposure == "plain" and not row(inside, "bias").expose.isVisible()
    click_control(inside, "bias")
    assert value(inside, "fc", "bias", "Inner") == Expression("bias") and steps(inside) == 1
    assert [param.name for param in inside.project.snapshot().block("Inner").params] == ["size", "bias"]
    assert row(inside, "bias").exposure == "follows" and row(inside, "bias").expose.isVisible()
    assert page(inside).fields["bias"].formula.text() == "bias" and page(inside).fields["bias"].formula.result == "= on"
    click_control(inside, "bias")
    assert inside.project.snapshot() == NET and steps(inside) == 2
    steps_back(inside)


def test_nothing_changes_by_exposing(inside):
    before = analyse(inside.project.snapshot())
    inside.canvas.select(["fc"])
    click_control(inside, "bias")
    after = analyse(inside.project.snapshot())
    assert (before.parameters, before.macs) == (after.parameters, after.macs) and not after.problems


def test_what_differs_between_instances_is_not_taken_back(inside):
    inside.project.go("wide1/inner1")
    inside.canvas.select(["fc"])
    said: list[str] = []
    inside.say = lambda sentence, icon="info": said.append(sentence)
    click_control(inside, "out_features")
    assert steps(inside) == 0 and len(said) == 1 and "size differs between the instances" in said[0]


def test_outside_there_is_nothing_to_expose(net):
    net.canvas.select(["fc"])
    assert row(net, "out_features").exposure == "" and row(net, "out_features").expose is None
    field = number(net, "out_features")
    QTest.keyClicks(field, "=")
    assert page(net).fields["out_features"].formula is None


# -- expressions -----------------------------------------------------------------------------------------------------


def test_an_expression_shows_the_value_of_the_open_instance(inside):
    inside.canvas.select(["fc"])
    formula = page(inside).fields["out_features"].formula
    assert (formula.text(), formula.result) == ("width * 2", "= 128")
    inside.project.go("wide2")
    assert page(inside).fields["out_features"].formula.result == "= 64"
    assert inside.canvas.network.nodes["fc"].body.key.startswith("64")


def test_typing_a_letter_into_a_number_begins_an_expression(inside):
    inside.project.go("wide1")
    inside.canvas.select(["inner1"])
    field = number(inside, "repeat")
    QTest.keyClick(field, Qt.Key.Key_W)
    formula = page(inside).fields["repeat"].formula
    assert formula.hasFocus() and formula.text() == "w" and "no parameter 'w'" in formula.reason
    QTest.keyClicks(formula, "idth // 32")
    assert formula.result == "= 2" and not formula.reason and steps(inside) == 0
    QTest.keyClick(formula, Qt.Key.Key_Return)
    assert value(inside, "inner1", "repeat") == Expression("width // 32") and steps(inside) == 1
    assert inside.canvas.network.nodes["inner1"].body.pill == "×2"
    inside.project.go("wide2")
    assert inside.canvas.network.nodes["inner1"].body.pill == ""
    steps_back(inside)


def test_an_equals_sign_begins_one_anywhere_and_escape_gives_it_up(inside):
    inside.canvas.select(["fc"])
    toggle = page(inside).fields["bias"].toggle
    toggle.setFocus()
    QTest.keyClicks(toggle, "=")
    formula = page(inside).fields["bias"].formula
    assert formula.hasFocus() and formula.text() == "True" and not toggle.isVisible()
    QTest.keyClick(formula, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(formula, "width > 40")
    assert formula.result == "= on"
    QTest.keyClick(formula, Qt.Key.Key_Escape)
    assert toggle.isVisible() and not formula.isVisible() and steps(inside) == 0
    assert page(inside).fields["bias"].formula.typed is False


NONSENSE = {
    "depth * 2": "no parameter 'depth'",
    "width *": "no expression",
    "width / 3": "whole number",
    "width * 100000": "from",
    "__import__('os')": "not allowed",
}


def test_what_means_nothing_is_said_in_words_and_not_taken(inside):
    inside.canvas.select(["fc"])
    formula = page(inside).fields["out_features"].formula
    for words, reason in NONSENSE.items():
        formula.setFocus()
        formula.selectAll()
        QTest.keyClicks(formula, words)
        QTest.keyClick(formula, Qt.Key.Key_Return)
        complaint = row(inside, "out_features").complaint
        assert complaint.isVisible() and reason in complaint.text() and complaint.text().endswith(".")
        assert formula.property("refused") and steps(inside) == 0
        inside.canvas.setFocus()
        assert formula.text() == "width * 2" and not complaint.isVisible()


def test_a_plain_number_in_place_of_an_expression(inside):
    inside.canvas.select(["fc"])
    formula = page(inside).fields["out_features"].formula
    formula.setFocus()
    formula.selectAll()
    QTest.keyClicks(formula, "48")
    QTest.keyClick(formula, Qt.Key.Key_Return)
    assert value(inside, "fc", "out_features") == 48 and page(inside).fields["out_features"].number.isVisible()
    assert not page(inside).fields["out_features"].formula.isVisible() and steps(inside) == 1
    inside.undo()
    click_control(inside, "out_features")
    assert value(inside, "fc", "out_features") == 128  # the control puts the value in the place of an expression


def test_the_formula_card_counts_with_the_values_here(inside):
    inside.canvas.set_analysis(analyse(inside.project.snapshot()))
    inside.panel("inspector").set_analysis(analyse(inside.project.snapshot()))
    inside.canvas.select(["fc"])
    assert page(inside).card.isVisible() and "128" in page(inside).card.formula.text
    assert page(inside).cells.value("Parameters") == f"{784 * 128 + 128:,}"


# -- the instance ----------------------------------------------------------------------------------------------------


def test_inside_with_nothing_selected_the_instance_is_shown_and_edited(inside):
    assert page(inside).node.id == "wide1" and list(page(inside).fields) == ["width", "repeat"]
    assert row(inside, "width").exposure == ""
    field = number(inside, "width")
    QTest.keyClicks(field, "40")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert inside.project.document.node("wide1").params["width"] == 40 and path(inside) == "wide1"
    assert inside.canvas.network.nodes["fc"].body.key.startswith("80")
    inside.undo()
    assert path(inside) == "wide1" and inside.project.snapshot() == NET


def test_the_page_says_how_often_it_is_used_and_what_follows_its_parameters(net):
    net.canvas.select(["wide2"])
    part = page(net).block_part
    assert part.section.head.remark.startswith("2 uses")
    assert part.lines.text().splitlines() == ["fc.out_features = width * 2", "inner1.size = width"]
    assert part.buttons["unique"].isEnabled()


def test_the_definitions_title_is_changed_once_for_all(net):
    net.canvas.select(["wide2"])
    title = page(net).block_part.title
    title.setFocus()
    title.selectAll()
    QTest.keyClicks(title, "Stage")
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert [net.canvas.network.nodes[name].body.title for name in ("wide1", "wide2")] == ["Stage", "Stage"] and steps(net) == 1
    net.undo()
    assert net.project.snapshot() == NET


def test_buttons_open_expand_and_make_unique(net):
    net.canvas.select(["wide2"])
    QTest.mouseClick(page(net).block_part.buttons["unique"], LEFT)
    made = net.project.document.node("wide2").type
    assert made != "block:Wide" and steps(net) == 1
    net.canvas.select(["wide2"])
    assert not page(net).block_part.buttons["unique"].isEnabled()
    QTest.mouseClick(page(net).block_part.buttons["open"], LEFT)
    assert path(net) == "wide2" and not page(net).block_part.buttons["open"].isEnabled()
    net.canvas.select(["act"])
    QTest.keyClick(net.canvas, Qt.Key.Key_Delete)
    assert "act" in body(net).by_id() and "act" not in net.canvas.network.nodes  # the other one stays as it was
    net.project.go("")
    net.canvas.select(["wide1"])
    QTest.mouseClick(page(net).block_part.buttons["expand"], LEFT)
    assert "wide1" not in net.project.document and "act" in net.project.document
    steps_back(net)


def test_one_edit_inside_changes_all_instances(inside):
    before = analyse(inside.project.snapshot())
    inside.canvas.select(["fc"])
    formula = page(inside).fields["out_features"].formula
    formula.setFocus()
    formula.selectAll()
    QTest.keyClicks(formula, "width * 3")
    QTest.keyClick(formula, Qt.Key.Key_Return)
    after = analyse(inside.project.snapshot())
    for name, width in (("wide1", 64), ("wide2", 32)):
        assert before.facts(f"{name}/fc").outputs["out"][-1] == 2 * width
        assert after.facts(f"{name}/fc").outputs["out"][-1] == 3 * width
    assert steps(inside) == 1
    steps_back(inside)


# -- the user's own palette ------------------------------------------------------------------------------------------


def test_a_block_is_kept_in_the_palette_and_used_in_another_document(net):
    net.canvas.select(["wide1"])
    QTest.mouseClick(page(net).block_part.buttons["save"], LEFT)
    assert [entry.title for entry in own_blocks.entries()] == ["Wide block"] and steps(net) == 0
    palette = net.panel("palette")
    QApplication.processEvents()
    palette.field.setFocus()
    QTest.keyClicks(palette.field, "wide block")
    assert [entry.row.id for entry in palette.model.entries[:2]] == ["block:Wide", "own:wide_block"]
    net.project.replace(Snapshot())
    assert palette.model.entries[0].row.id == "own:wide_block"
    index = palette.model.index(0)
    at = palette.list.visualRect(index).center()
    QTest.mouseClick(palette.list.viewport(), LEFT, pos=at)
    QTest.mouseDClick(palette.list.viewport(), LEFT, pos=at)
    placed = net.canvas.selected()
    assert len(placed) == 1 and net.project.document.node(placed[0]).type == "block:Wide" and steps(net) == 1
    assert net.project.document.block("Wide") == Document(NET).block("Wide") and net.project.document.block("Inner") is not None


def test_keeping_again_writes_nothing_over(net):
    assert own_blocks.keep(net.project.snapshot(), "Wide") == own_blocks.keep(net.project.snapshot(), "Wide") == "Wide block"
    net.project.go("wide1")
    net.canvas.select(["act"])
    QTest.keyClick(net.canvas, Qt.Key.Key_Delete)
    assert own_blocks.keep(net.project.snapshot(), "Wide") == "Wide block 2"
    kept = {entry.id: own_blocks.block(entry.id)[0] for entry in own_blocks.entries()}
    assert {name: len(each.block("Wide").nodes) for name, each in kept.items()} == {"wide_block": 5, "wide_block_2": 4}
    assert all(each.about.kind == "block" for each in kept.values())


def test_broken_files_among_the_users_blocks_are_left_alone(net):
    own_blocks.keep(net.project.snapshot(), "Inner")
    folder = own_blocks.folder()
    (folder / f"broken{text.SUFFIX}").write_text("{", encoding="utf-8")
    (folder / f"list{text.SUFFIX}").write_text("[]", encoding="utf-8")
    (folder / f"empty{text.SUFFIX}").write_text(json.dumps({"chainrule": 1, "about": {"title": "Empty"}}), encoding="utf-8")
    assert [entry.id for entry in own_blocks.entries()] == ["empty", "inner_block"]
    assert shelf.row("own:empty") is None and shelf.row("own:inner_block").title == "Inner block"
    net.canvas.add_layer("own:empty")
    assert net.project.snapshot() == NET


def test_the_control_fits_beside_the_label(inside):
    inside.canvas.select(["fc"])
    shown = row(inside, "out_features")
    QApplication.processEvents()
    label, control, field = shown.label.geometry(), shown.expose.geometry(), shown.field.geometry()
    assert label.right() < control.left() and control.right() < field.left()
    assert shown.mapTo(page(inside), QPoint(shown.reset.geometry().right(), 0)).x() <= page(inside).width()
    assert body(inside).node("x").type == INPUT
