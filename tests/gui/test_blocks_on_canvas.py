"""Blocks in the window: how an instance looks, how it comes from the palette, grouping and expanding, its form. By real events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph import blocks
from engine.graph.document import Document
from engine.graph.expression import Expression
from engine.graph.model import Block, BlockParam, Node, Snapshot, Wire, frozen
from engine.graph.ops import SetBlock, SetParams
from engine.graph.rules import PortRef
from engine.layers import params, registry
from gui import shelf, theme
from gui.editor import anatomy, ink, node_paint
from gui.editor.events import MIME
from gui.inspector.fields import field_for
from gui.inspector.node_page import NodePage

SHIFT, CTRL, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
BLOCK = Block(
    "Wide",
    "Wide block",
    "Two layers.",
    (BlockParam("width", default=32, low=1, high=512),),
    (
        Node("x", "block_input"),
        Node("fc", "linear", frozen({"out_features": Expression("width")})),
        Node("act", "relu"),
        Node("y", "block_output"),
    ),
    (Wire("x", "out", "fc", "x"), Wire("fc", "out", "act", "x"), Wire("act", "out", "y", "x")),
)
BEFORE, AFTER = Wire("flat1", "out", "wide1", "x"), Wire("wide1", "y", "fc9", "x")
DRAWN = Snapshot(
    nodes=(
        Node("mnist1", "mnist5k", pos=(0, 0)),
        Node("flat1", "flatten", pos=(260, 0)),
        Node("wide1", "block:Wide", frozen({"width": 64, "repeat": 6}), (480, 0)),
        Node("fc9", "linear", frozen({"out_features": 10}), (760, 0)),
        Node("ce1", "cross_entropy", pos=(1040, 0)),
    ),
    wires=(Wire("mnist1", "image", "flat1", "x"), BEFORE, AFTER, Wire("fc9", "out", "ce1", "prediction"), Wire("mnist1", "label", "ce1", "target")),
    blocks=(BLOCK,),
)
NET = Document(DRAWN).snapshot()


@pytest.fixture
def net(window):
    """The window over a network with a block that is repeated six times."""
    window.project.replace(NET)
    QApplication.processEvents()
    window.canvas.setFocus()
    return window


def item(window, name: str):
    return window.canvas.network.nodes[name]


def steps(window) -> int:
    return window.project.stack.count()


def drop(window, type_id: str, at: QPointF) -> None:
    data = QMimeData()
    data.setData(MIME, type_id.encode())
    action, port = Qt.DropAction.CopyAction, window.canvas.viewport()
    QApplication.sendEvent(port, QDragEnterEvent(at.toPoint(), action, data, LEFT, NONE))
    QApplication.sendEvent(port, QDragMoveEvent(at.toPoint(), action, data, LEFT, NONE))
    QApplication.sendEvent(port, QDropEvent(at, action, data, LEFT, NONE))


def test_an_instance_is_drawn_with_what_its_definition_says(net):
    body = item(net, "wide1").body
    assert (body.title, body.family, body.known) == ("Wide block", "block", True)
    assert (body.key, body.pill, body.sheets) == ("64", "×6", True)
    assert [(spot.name, spot.is_output) for spot in body.spots] == [("x", False), ("y", True)]
    assert body.width >= anatomy.NAME_X + anatomy.pill_width("×6")
    assert not item(net, "flat1").body.sheets and not item(net, "flat1").body.pill


def test_the_sheets_and_the_pill_are_painted(net):
    net.canvas.zoom_to(100)
    net.canvas.reveal("wide1", glide=False)
    net.canvas.select([])
    QApplication.processEvents()
    shown, image = item(net, "wide1"), net.canvas.grab().toImage()
    ratio = image.devicePixelRatio()

    def color(dx: float, dy: float):
        at = net.canvas.camera.view_point(shown.pos() + QPointF(dx, dy)) * ratio
        return image.pixelColor(at.toPoint())

    width = shown.body.width
    canvas = theme.current().color("canvas")
    assert color(30, -6) != canvas and color(30, -2) != canvas
    assert color(7, -6) == color(7, -7)  # the upper sheet ends before the lower one
    pill = theme.current().family("block")
    assert color(width - 8 - 3, 9) == pill
    net.project.push("Once", [SetParams("wide1", {"repeat": 1})])
    assert item(net, "wide1").body.pill == ""


def test_the_pill_keeps_clear_of_the_title_and_of_a_problem(net):
    shown = item(net, "wide1")
    plain = shown.body.width
    shown.tell(errors=1)
    shown.measure()
    title = anatomy.NAME_X + ink.get().width("Wide block", "title")
    badge = node_paint.badge_rect(shown.body, shown.mood)
    pill = anatomy.pill_width("×6") - anatomy.PILL_GAP
    left = shown.body.width - 14 - node_paint.badge_room(shown.mood) - pill
    assert left >= title + 4 and left + pill <= badge.left()
    assert shown.body.width > plain - 1


def test_another_definition_changes_the_instances_that_show_it(net):
    net.project.push("Rename", [SetBlock("Wide", {"title": "Broad block"})])
    assert item(net, "wide1").body.title == "Broad block"
    net.undo()
    assert item(net, "wide1").body.title == "Wide block"


def test_the_inspector_shows_the_exposed_parameters_and_sets_them(net):
    net.canvas.select(["wide1"])
    page = net.panel("inspector").page
    assert isinstance(page, NodePage) and list(page.fields) == ["width", "repeat"]
    assert page.fields["width"].number.value() == 64
    assert page.cells.value("Parameters") == "unknown"
    number = page.fields["repeat"].number
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "3")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert net.project.document.node("wide1").params["repeat"] == 3
    assert item(net, "wide1").body.pill == "×3" and steps(net) == 1
    net.project.push("Grow", [SetBlock("Wide", {"params": (*BLOCK.params, BlockParam("depth", default=2, low=1, high=9))})])
    page = net.panel("inspector").page
    assert list(page.fields) == ["width", "depth", "repeat"]


@pytest.mark.parametrize(
    "param",
    [
        params.Int("a", 1),
        params.Float("a", 1.0),
        params.Bool("a", True),
        params.Choice("a", ["b", "c"]),
        params.Pair("a", 3, words=("same",)),
        params.Sizes("a", (1, 2)),
        params.Folder("a"),
    ],
    ids=lambda param: type(param).__name__,
)
def test_every_field_shows_an_expression_as_text(show, param):
    field = show(field_for(param), 200, 30)
    field.show_value(Expression("dim * 4"))
    assert field.formula.text() == "dim * 4" and field.formula.isVisible()
    assert [w for i in range(field.row.count()) if (w := field.row.itemAt(i).widget()) and w.isVisible()] == [field.formula]
    field.show_value(param.default)
    assert not field.formula.isVisible() and field.row.itemAt(0).widget().isVisible()


def test_a_node_that_follows_expressions_has_a_body_and_a_page(show):
    node = Node("a1", "block:Wide", frozen({"width": Expression("dim * 2"), "repeat": Expression("depth")}))
    body = anatomy.measure(node, registry.of(node, NET))
    assert body.pill == "×depth" and body.known
    page = show(NodePage(node, owner=NET), 300, 500)
    assert page.fields["width"].formula.text() == "dim * 2"


def test_the_palette_lists_shipped_blocks_after_its_first_paint(net):
    palette = net.panel("palette")
    QApplication.processEvents()
    line = palette.model.line_of("block")
    assert palette.model.data(palette.model.index(line)) == "Blocks"
    palette.list.scrollTo(palette.model.index(line))
    QTest.mouseClick(palette.list.viewport(), LEFT, pos=palette.list.visualRect(palette.model.index(line)).center())
    found = [palette.model.data(palette.model.index(line + 1 + n)) for n in range(len(library.blocks()) + 1)]
    assert found == ["Wide block", *(entry.title for entry in library.blocks())]  # the document's own one first


def test_a_double_click_puts_a_block_behind_the_selected_node(net):
    palette = net.panel("palette")
    palette.field.setFocus()
    QTest.keyClicks(palette.field, "residual")
    net.canvas.select(["flat1"])
    index = palette.model.index(0)
    assert palette.model.data(index) == "Residual block"
    at = palette.list.visualRect(index).center()
    QTest.mouseClick(palette.list.viewport(), LEFT, pos=at)
    QTest.mouseDClick(palette.list.viewport(), LEFT, pos=at)
    new = net.canvas.selected()
    assert len(new) == 1 and net.project.document.node(new[0]).type == "block:ResidualBlock"
    assert any(wire.source == "flat1" and wire.target == new[0] for wire in net.project.document.wires)
    assert steps(net) == 1 and item(net, new[0]).body.title == "Residual block"
    net.undo()
    assert net.project.snapshot() == NET


def test_a_dropped_block_lands_under_the_pointer_and_a_second_one_uses_the_definition_again(net):
    for y in (300, 420):
        drop(net, "library:mlp", net.canvas.camera.view_point(QPointF(300, y)))
    placed = [node for node in net.project.document.nodes.values() if node.type == "block:Mlp"]
    assert len(placed) == 2 and steps(net) == 2
    assert [block.id for block in net.project.snapshot().blocks].count("Mlp") == 1
    net.undo()
    net.undo()
    assert net.project.snapshot() == NET


def test_a_block_dropped_on_a_wire_is_spliced_in(net):
    net.canvas.camera.place(QPointF(0, -200), QPointF(0, 0), 1.0)
    wire = next(shown for shown in net.canvas.network.wires.values() if shown.wire == AFTER)
    drop(net, "library:mlp", net.canvas.camera.view_point(wire.course.path.pointAtPercent(0.5)))
    new = net.canvas.selected()[0]
    assert {(w.source, w.target) for w in net.project.document.wires if new in (w.source, w.target)} == {("wide1", new), (new, "fc9")}
    assert steps(net) == 1


def test_unknown_blocks_are_not_taken(net):
    drop(net, "library:no_such_block", QPointF(300, 300))
    assert net.project.snapshot() == NET and net.canvas.tool is None


def test_quick_add_finds_shipped_blocks_and_those_of_the_document(net):
    canvas = net.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    QTest.keyClicks(canvas.chooser.field, "wide block")
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Return)
    assert net.project.document.node(canvas.selected()[0]).type == "block:Wide"
    canvas.select([])
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    QTest.keyClicks(canvas.chooser.field, "patch embedding")
    entry = canvas.chooser.list.item(0).data(Qt.ItemDataRole.UserRole)
    assert entry.family == "block"
    assert steps(net) == 1


def test_only_what_fits_is_offered_at_a_wires_end(net):
    snapshot = net.project.snapshot()
    assert {row.id for row in shelf.rows()} < shelf.fitting(snapshot, PortRef("flat1", "out", True))
    assert not {row.id for row in shelf.rows()} & shelf.fitting(snapshot, PortRef("mnist1", "label", True))


def test_group_and_expand_are_each_one_step_and_undo(net):
    canvas = net.canvas
    canvas.select(["wide1", "fc9"])
    QTest.keyClick(canvas, Qt.Key.Key_G, CTRL)
    chosen = canvas.selected()
    assert len(chosen) == 1 and net.project.document.node(chosen[0]).type == "block:Block"
    assert not {"wide1", "fc9"} & set(net.project.document.nodes) and steps(net) == 1
    assert item(net, chosen[0]).body.title == "Block" and item(net, chosen[0]).body.sheets
    QTest.keyClick(canvas, Qt.Key.Key_G, CTRL | SHIFT)
    assert net.project.snapshot() == NET and canvas.selected() == ["fc9", "wide1"] and steps(net) == 2
    net.undo()
    net.undo()
    assert net.project.snapshot() == NET


def test_several_blocks_expand_in_one_step(net):
    ops, second = shelf.add(net.project.snapshot(), "library:mlp", (300, 400))
    net.project.push("Add", ops)
    before = net.project.snapshot()
    net.canvas.setFocus()
    net.canvas.select(["wide1", second, "fc9"])
    QTest.keyClick(net.canvas, Qt.Key.Key_G, CTRL | SHIFT)
    after = net.project.snapshot()
    assert [block.id for block in after.blocks] == ["DenseLayer"]  # what the second one contains
    assert sum(node.type == "linear" for node in after.nodes) >= 7 and steps(net) == 2
    net.undo()
    assert net.project.snapshot() == before


@pytest.mark.parametrize(
    ("chosen", "key", "words"),
    [
        (["mnist1", "flat1"], CTRL, "data and losses stay"),
        (["flat1", "fc9"], CTRL, "wide1 lies between"),
        (["flat1"], CTRL | SHIFT, "Select a block"),
    ],
)
def test_a_refusal_is_said(net, chosen, key, words):
    said: list[str] = []
    net.canvas.hint.connect(said.append)
    net.canvas.select(chosen)
    QTest.keyClick(net.canvas, Qt.Key.Key_G, key)
    assert len(said) == 1 and words in said[0]
    assert net.project.snapshot() == NET and steps(net) == 0


def test_shipped_blocks_have_rows_and_nothing_is_read_before_they_are_placed():
    library.block.cache_clear()
    assert shelf.search("separable")[0].title.startswith("Separable")
    assert library.block.cache_info().currsize == 0
    for row in shelf.rows():
        whole = shelf.row(row.id)
        assert whole is not None and whole.inputs and whole.outputs and whole.title == row.title
    shipped, name = library.block("mlp")
    assert shelf.add(NET, "library:mlp", (0, 0)) == blocks.add_instance(NET, shipped, name, pos=(0.0, 0.0))
