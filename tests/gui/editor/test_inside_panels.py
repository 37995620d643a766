"""What the panels show of blocks: shapes of the open instance, problems and their places, outline, search, code, pictures. By real events."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from nested import LEFT, NET, body, path, steps
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.compile.analyse import analyse
from engine.events import ProbeRequest, ProbeResult
from engine.graph import edits
from engine.graph.model import Wire
from engine.graph.ops import InBlock, RemoveWire, SetParams
from engine.graph.problem import Problem, Remedy


def tell(window) -> None:
    """What the analyst would say of the document now."""
    window.bridge.take_analysis(analyse(window.project.snapshot(), generation=window.bridge.generation))


def chip(window, source: str, target: str) -> str:
    """The words of the chip on a wire."""
    item = next(item for wire, item in window.canvas.network.wires.items() if (wire.source, wire.target) == (source, target))
    return "".join(words for words, _ in item.chip.words)


@pytest.fixture
def told(net):
    tell(net)
    return net


def test_shapes_are_those_of_the_open_instance(told):
    told.project.go("wide1")
    assert chip(told, "fc", "act") == "F128" and told.canvas.network.nodes["fc"].facts.parameters == 784 * 128 + 128
    told.project.go("wide2")
    assert chip(told, "fc", "act") == "F64" and told.canvas.network.nodes["fc"].facts.parameters == 64 * 64 + 64
    told.project.go("wide2.1")
    assert told.canvas.network.nodes["fc"].facts.parameters == 32 * 64 + 64  # the second copy reads what the first one gives
    told.project.go("wide2.1/inner1.2")
    assert chip(told, "x", "fc") == "F32"
    told.project.go("")
    assert chip(told, "wide1", "wide2") == "F64"


def test_a_problem_inside_marks_the_block_and_says_where(net):
    net.project.push("Cut", [InBlock("Inner", RemoveWire(Wire("x", "out", "fc", "x")))])
    tell(net)
    nodes = net.canvas.network.nodes
    assert nodes["wide1"].mood.errors == 1 and nodes["fc"].mood.errors == 0
    local = next(p for p in net.canvas.network.analysis.problems if p.node == "wide1")
    assert local.message.startswith("In fc of Inner block: Linear has no input")
    row = net.panel("problems").rows[0]
    assert row.accessibleName().startswith("error, fc of Inner block of Wide block 1")
    net.raise_panel("problems")
    QApplication.processEvents()
    QTest.mouseClick(row, LEFT, pos=row.rect().center())
    assert path(net) == "wide1/inner1" and net.canvas.selected() == ["fc"]
    assert net.canvas.network.nodes["fc"].mood.errors == 1 and ("x", False) in net.canvas.network.nodes["fc"].mood.wrong
    net.project.go("wide1")
    assert net.canvas.network.nodes["inner1"].mood.errors == 1


def test_the_card_at_a_block_leads_to_what_is_wrong_inside(net):
    net.project.push("Cut", [InBlock("Inner", RemoveWire(Wire("x", "out", "fc", "x")))])
    tell(net)
    net.canvas.show_fixes("wide1")
    card = net.canvas.fix_card
    assert card.isVisible() and card.inside.isVisible()
    QTest.mouseClick(card.inside, LEFT)
    assert path(net) == "wide1/inner1" and net.canvas.selected() == ["fc"] and not card.isVisible()
    net.canvas.show_fixes("fc")
    assert card.isVisible() and not card.inside.isVisible() and card.problem.node == "fc"
    net.canvas.close_fixes()


def test_the_same_problem_in_another_instance_is_marked_there_too(net):
    net.project.push("Wide", [InBlock("Wide", SetParams("fc", {"out_features": 0}))])
    tell(net)
    told = net.bridge.analysis.problems
    assert len([p for p in told if p.path]) == 1
    for way in ("wide1", "wide2", "wide2.3"):
        net.project.go(way)
        assert net.canvas.network.nodes["fc"].mood.errors == 1
    problem = Problem("error", "x", "Wrong.", "wide1", path="wide1/fc", also=("wide2/fc", "wide2.1/fc"))
    net.project.go("")
    assert [(p.node, p.path) for p in net.project.level.near(problem)] == [("wide1", "wide1/fc"), ("wide2", "wide2/fc")]


def test_a_repair_inside_is_one_step_for_all_and_undone_there(net):
    net.project.push("Tiny", [InBlock("Inner", SetParams("fc", {"out_features": 0}))])
    tell(net)
    problem = next(p for p in net.bridge.analysis.problems if p.path)
    if not problem.remedies:
        pytest.skip("this problem has no repair by a click")
    before = steps(net)
    net.edit.fix(problem, 0)
    assert steps(net) == before + 1
    net.undo()
    assert path(net) == problem.path.rpartition("/")[0]


def test_a_repair_of_the_recipe_works_from_inside_a_block(net):
    net.project.go("wide1")
    problem = Problem("warning", "batch-of-one", "One sample.", "fc", remedies=(Remedy("Take 32", "recipe", params={"batch_size": 32}),))
    before = steps(net)
    net.edit.fix_here(problem, 0)
    assert steps(net) == before + 1 and net.project.snapshot().recipe.batch_size == 32
    net.undo()
    assert net.project.snapshot().recipe.batch_size != 32


def test_the_outline_shows_the_inside_and_leads_into_it(told):
    told.raise_panel("outline")
    QApplication.processEvents()
    outline = told.panel("outline")
    assert "wide1/fc" not in outline.items
    outline.tree.setCurrentItem(outline.items["wide1"])
    QTest.keyClick(outline.tree, Qt.Key.Key_Right)
    assert {"wide1/x", "wide1/fc", "wide1/act", "wide1/inner1", "wide1/y"} <= set(outline.items) and "wide1/inner1/fc" not in outline.items
    fc = outline.items["wide1/fc"]
    assert fc.parent() is outline.items["wide1"] and fc.child(1).text(1) == "F128"
    outline.tree.scrollToItem(fc)
    QTest.mouseClick(outline.tree.viewport(), LEFT, pos=outline.tree.visualItemRect(fc).center())
    assert path(told) == "wide1" and told.canvas.selected() == ["fc"]
    QTest.keyClick(outline.tree, Qt.Key.Key_Delete)
    assert "fc" not in body(told).by_id() and "fc" in told.project.document and steps(told) == 1
    told.undo()
    assert told.project.snapshot() == NET


def test_the_outline_opens_to_the_level_that_is_open(told):
    told.raise_panel("outline")
    QApplication.processEvents()
    told.project.go("wide2.3/inner1")
    told.canvas.select(["fc"])
    outline = told.panel("outline")
    assert outline.selected == ["wide2/inner1/fc"] and outline.items["wide2/inner1/fc"].isSelected()
    assert outline.items["wide2"].isExpanded() and outline.items["wide2/inner1"].isExpanded()
    item = outline.items["wide2/act"]
    outline.tree.setCurrentItem(item)
    assert path(told) == "wide2" and told.canvas.selected() == ["act"]


def test_find_jumps_into_blocks(told):
    canvas = told.canvas
    QTest.keyClick(canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(canvas.chooser.field, "size")
    entry = canvas.chooser.list.item(0).data(Qt.ItemDataRole.UserRole)
    assert entry.id == "wide1/inner1" or entry.id == "wide1/inner1/fc"
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(canvas.chooser.field, "linear size")
    entry = canvas.chooser.list.item(0).data(Qt.ItemDataRole.UserRole)
    assert (entry.id, entry.note) == ("wide1/inner1/fc", "in Inner block of Wide block 1")
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Return)
    assert path(told) == "wide1/inner1" and canvas.selected() == ["fc"] and canvas.hasFocus()


def test_the_command_palette_jumps_into_blocks(told):
    told.open_palette()
    popup = told.palette_popup
    QTest.keyClicks(popup.field, "act ·")
    assert popup.model.shown[0].kind == "in Wide block 1"
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert path(told) == "wide1" and told.canvas.selected() == ["act"]
    QApplication.processEvents()


def test_code_follows_inner_nodes_both_ways(told):
    told.raise_panel("code")
    QApplication.processEvents()
    code = told.panel("code")
    told.project.go("wide2")
    told.canvas.select(["fc"])
    source = told.bridge.analysis.source
    lines = {line for line, owner in source.block_lines.items() if owner == ("Wide", "fc")}
    assert lines and code.view.marked == lines
    line = min(line for line, owner in source.block_lines.items() if owner == ("Inner", "fc"))
    code.on_line(line)
    assert path(told) == "wide2/inner1" and told.canvas.selected() == ["fc"]
    line = min(line for line, owner in source.lines.items() if owner == "fc")
    code.on_line(line)
    assert path(told) == "" and told.canvas.selected() == ["fc"]


def test_pictures_are_asked_for_by_path_and_shown_on_the_open_level(told):
    told.project.go("wide2.1")
    told.thumbnails.looked = 0.0
    wish = told.thumbnails.request()
    assert "wide2.1/fc" in wish.nodes and all(name.startswith("wide2.1/") for name in wish.nodes)
    picture = np.ones((8, 8), np.float32)
    told.thumbnails.show_result(ProbeResult("canvas", wish, 0, arrays={"wide2.1/fc": picture}, info={"wide2.1/fc": "weight matrix"}))
    assert told.canvas.network.nodes["fc"].array is picture and told.canvas.network.gallery.words["fc"] == "weight matrix"
    late = ProbeRequest("thumbnails", nodes=("fc", "wide1/act"))
    told.thumbnails.show_result(ProbeResult("canvas", late, 0, arrays={"fc": picture * 2, "wide1/act": picture}))
    assert told.canvas.network.nodes["fc"].array is picture and told.canvas.network.nodes["act"].array is None


def test_panels_that_look_into_one_node_go_by_its_path(told):
    told.project.go("wide2.1/inner1.2")
    told.canvas.select(["fc"])
    assert told.panel("filters").node == told.panel("activations").node == "wide2.1/inner1.2/fc"
    assert told.panel("activations").before == "wide2.1/inner1.2/x"
    told.project.go("")
    assert told.panel("filters").node == "wide2.1/inner1.2/fc"  # kept while it exists


def test_a_loss_tells_its_whole_course_when_it_is_seen_again(told):
    class Numbers:
        count = 40

        def steps(self, name):
            return np.linspace(2.0, 1.0, 40)

    class Run:
        metrics = Numbers()

    told.bridge.run = Run()
    told.bridge.pace.grant = lambda *_, **__: True
    told.thumbnails.follow_loss()
    assert told.canvas.network.nodes["ce1"].live
    told.project.go("wide1")
    told.thumbnails.follow_loss()
    told.project.go("")
    told.thumbnails.follow_loss()
    assert len(told.canvas.network.nodes["ce1"].history) == 40
    told.bridge.run = None


def test_the_palette_offers_ports_and_what_fits_inside(told):
    model = told.panel("palette").model
    model.show_blocks()
    own = lambda: [row.id for row in model.families()[-1][1] if not row.id.startswith("library:")]  # noqa: E731 - asked three times
    assert own() == ["block:Inner", "block:Wide"]
    told.project.go("wide1")
    assert own() == ["block_input", "block_output", "block:Inner"]
    told.edit.add_type("block_output")
    assert [node.type for node in body(told).nodes].count("block_output") == 2 and steps(told) == 1
    told.project.go("wide1/inner1")
    assert own() == ["block_input", "block_output"]


def test_the_strip_shows_the_level_around_and_leads_beside(told, user):
    strip = told.canvas.strip
    assert not strip.isVisible()
    told.project.go("wide2.1")
    QApplication.processEvents()
    assert strip.isVisible() and [box.name for box in strip.boxes] == ["flat1", "Wide block 1", "Wide block 2", "fc"]
    assert [box.open for box in strip.boxes] == [False, False, True, False] and [box.pill for box in strip.boxes] == ["", "", "×6", ""]
    assert [box.shape for box in strip.boxes] == ["F784", "F64", "F32", "F10"]
    areas = strip.areas()
    assert all(strip.rect().toRectF().contains(area) for area in areas) and not any(a.intersects(b) for a, b in itertools.pairwise(areas))
    content = told.canvas.network.content()
    assert told.canvas.camera.view_point(content.topLeft()).y() >= strip.geometry().bottom()
    QTest.mouseClick(strip, LEFT, pos=areas[1].center().toPoint())
    assert path(told) == "wide1" and told.canvas.hasFocus()
    QTest.mouseClick(strip, LEFT, pos=strip.areas()[3].center().toPoint())
    assert path(told) == "" and told.canvas.selected() == ["fc"] and not strip.isVisible()
    told.project.go("wide1/inner1")
    assert strip.name == "Wide block 1" and [box.name for box in strip.boxes] == ["fc", "Inner block"]
    user.key(Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert not strip.isVisible() and not told.settings.flag("view/strip", True)


def test_a_box_of_the_strip_whose_node_has_just_gone_leads_nowhere(told):
    told.project.go("wide2")
    QApplication.processEvents()
    strip = told.canvas.strip
    area = strip.areas()[[box.path for box in strip.boxes].index("wide1")]
    told.project.push("Delete wide1", edits.delete(told.project.snapshot(), ["wide1"]))
    assert "wide1" in [box.path for box in strip.boxes]  # the next analysis draws the strip anew
    QTest.mouseClick(strip, LEFT, pos=area.center().toPoint())
    assert path(told) == "wide2"


@pytest.mark.parametrize("chosen", [[], ["fc"]])
def test_an_open_block_that_goes_leaves_the_inspector_at_the_document(net, chosen: list[str]):
    net.panel("inspector")
    net.project.go("wide2")
    net.canvas.select(chosen)
    net.project.push("Delete", edits.delete(net.project.snapshot(), ["wide2"]))  # from outside, as by the outline
    assert net.project.level.path == ""
    assert net.panel("inspector").level.path == "" and net.panel("inspector").isVisible()
