"""The inspector's form: what it shows, what it emits, and that it never pulls a field out of the user's hand."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.events import Analysis, NodeFacts, Source
from engine.graph import edits
from engine.graph.document import Document
from engine.graph.model import Node, Snapshot, Wire, frozen
from engine.graph.problem import Problem, Remedy
from engine.layers import params, registry
from engine.layers.spec import Formula, Part
from gui.inspector import facts as say
from gui.inspector.fields import FIELDS, NUMBER, WIDEST, DerivedField, IntField, PairField, SizesField, field_for
from gui.inspector.formula_card import FormulaCard
from gui.inspector.inspector import Inspector
from gui.inspector.node_page import NodePage
from gui.inspector.overview import OverviewPage, SeveralPage

CONV = Node("conv1", "conv2d", frozen({"out_channels": 16, "kernel_size": 5, "padding": 2}), (300, 0))
SNAPSHOT = Snapshot(
    nodes=(Node("mnist1", "mnist5k"), CONV, Node("relu1", "relu"), Node("x1", "from.the.future", frozen({"alpha": (1, 2)}))),
    wires=(Wire("mnist1", "image", "conv1", "x"), Wire("conv1", "out", "relu1", "x")),
)
IMAGE, MAPS = (64, 1, 28, 28), (64, 16, 28, 28)
FACTS = {
    "mnist1": NodeFacts(outputs={"image": IMAGE, "label": (64,)}, axes={"image": "N C H W"}, derived={"train": 4000, "validation": 1000, "classes": 10}),
    "conv1": NodeFacts({"x": IMAGE}, {"out": MAPS}, parameters=416, macs=313_600, memory=50_176, receptive=(5, 5), derived={"in_channels": 1}),
    "relu1": NodeFacts({"x": MAPS}, {"out": MAPS}, memory=50_176, receptive=(5, 5)),
}
REMEDY = Remedy("Set stride to 1", "set", params={"stride": 1})
ERROR = Problem("error", "same-stride", "Padding “same” works only with stride 1.", "conv1", remedies=(REMEDY,))


def analysis(*problems: Problem) -> Analysis:
    return Analysis(1, FACTS, problems, Source(), parameters=416, macs=313_600)


class Heard:
    """Everything the inspector says."""

    def __init__(self, inspector: Inspector) -> None:
        self.edited: list[tuple[Any, ...]] = []
        self.committed = 0
        self.node: list[tuple[Any, ...]] = []
        self.nodes: list[tuple[Any, ...]] = []
        self.fixes: list[tuple[Any, ...]] = []
        inspector.paramEdited.connect(lambda *what: self.edited.append(what))
        inspector.paramsCommitted.connect(self.count)
        inspector.nodeEdited.connect(lambda *what: self.node.append(what))
        inspector.nodesEdited.connect(lambda *what: self.nodes.append(what))
        inspector.remedyChosen.connect(lambda *what: self.fixes.append(what))

    def count(self) -> None:
        self.committed += 1


@pytest.fixture
def inspector(show) -> Inspector:
    widget = Inspector()
    widget.set_snapshot(SNAPSHOT)
    widget.set_analysis(analysis())
    show(widget, 300, 620)
    widget.activateWindow()
    return widget


def page_of(inspector: Inspector, *node_ids: str) -> Any:
    inspector.show_nodes(node_ids)
    QApplication.processEvents()
    return inspector.page


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_a_convolution_says_what_it_is(inspector: Inspector):
    page: NodePage = page_of(inspector, "conv1")
    assert page.head.title.text() == "Conv2d"
    assert page.head.subtitle.text() == "conv1 · Convolution"
    assert page.card.formula is not None and page.card.formula.text.endswith("+ 1 = 28")
    assert page.sections["Parameters"].head.remark == "3 changed"
    assert "groups" in page.sections["Advanced"].head.remark and not page.sections["Advanced"].head.open
    assert page.derived["in_channels"].text() == "1"
    costs = {name: page.cells.value(name) for name in ("Parameters", "MACs", "Output", "Receptive field")}
    assert costs == {"Parameters": "416", "MACs": "313.6 k", "Output": "49.0 KiB", "Receptive field": "5 × 5"}
    assert page.sections["Cost"].head.title == "Cost per image"


@pytest.mark.parametrize("row", registry.ROWS, ids=lambda row: row.id)
def test_every_layer_type_has_a_form(show, row):
    snapshot = Snapshot(nodes=(Node("n1", row.id),))
    widget = Inspector()
    widget.set_snapshot(snapshot)
    widget.show_nodes(["n1"])
    show(widget, 300, 500)
    page = widget.page
    assert isinstance(page, NodePage)
    assert list(page.fields) == [p.name for p in (*[p for p in row.params if not p.advanced], *[p for p in row.params if p.advanced])]
    assert all(not form_row.changed_from_default for form_row in page.rows.values())
    overhang = [name for name, form_row in page.rows.items() if form_row.isVisible() and form_row.minimumSizeHint().width() > 300]
    assert not overhang


def test_every_kind_of_parameter_has_a_field():
    kinds = {thing for thing in vars(params).values() if isinstance(thing, type) and issubclass(thing, params.Param)}
    assert kinds - {params.Param} == set(FIELDS)


def test_typing_a_number_is_one_edit(inspector: Inspector):
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    field: IntField = page.fields["out_channels"]
    QTest.mouseClick(field.number, Qt.MouseButton.LeftButton, pos=QPoint(47, 11))
    QTest.keyClicks(field.number, "32")
    QTest.keyClick(field.number, Qt.Key.Key_Return)
    assert heard.edited == [("conv1", "out_channels", 32)] and heard.committed == 1


def test_linked_pair_changes_both_axes_and_unlinked_one(inspector: Inspector):
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    field: PairField = page.fields["kernel_size"]
    field.first.setFocus()
    QTest.keyClick(field.first, Qt.Key.Key_Up)
    assert heard.edited[-1] == ("conv1", "kernel_size", 6) and field.second.text() == "6"
    click(field.link)
    field.second.setFocus()
    QTest.keyClick(field.second, Qt.Key.Key_Down)
    assert heard.edited[-1] == ("conv1", "kernel_size", (6, 5)) and field.first.text() == "6"
    click(field.link)
    assert heard.edited[-1] == ("conv1", "kernel_size", 6)


def test_words_of_a_pair(inspector: Inspector):
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    field: PairField = page.fields["padding"]
    assert field.menu is not None and field.first.isVisible()
    field.menu.setFocus()
    QTest.keyClick(field.menu, Qt.Key.Key_Down)
    assert heard.edited[-1] == ("conv1", "padding", "same") and not field.first.isVisible()
    QTest.keyClick(field.menu, Qt.Key.Key_Up)
    assert heard.edited[-1] == ("conv1", "padding", 2) and field.first.isVisible()


def test_sizes_and_choices_and_switches(show):
    sizes = show(field_for(registry.find("reshape").param("shape")))
    assert isinstance(sizes, SizesField)
    got: list[Any] = []
    sizes.edited.connect(got.append)
    sizes.line.setFocus()
    sizes.line.selectAll()
    QTest.keyClicks(sizes.line, "16×7×7")
    QTest.keyClick(sizes.line, Qt.Key.Key_Return)
    assert got == [(16, 7, 7)] and sizes.line.text() == "16, 7, 7"
    sizes.line.selectAll()
    QTest.keyClicks(sizes.line, "-1, -1")
    assert sizes.line.property("refused") and "at most one" in sizes.line.toolTip()
    QTest.keyClick(sizes.line, Qt.Key.Key_Return)
    assert got == [(16, 7, 7)] and sizes.line.text() == "16, 7, 7" and not sizes.line.property("refused")
    numbers = show(field_for(registry.find("numbers").param("values")))
    numbers.edited.connect(got.append)
    numbers.line.setFocus()
    numbers.line.selectAll()
    QTest.keyClicks(numbers.line, "0.5 -1, 2")
    QTest.keyClick(numbers.line, Qt.Key.Key_Return)
    assert got[-1] == (0.5, -1.0, 2.0) and numbers.line.text() == "0.5, −1, 2"
    numbers.line.selectAll()
    QTest.keyClicks(numbers.line, "0 1 2 / 2 2 0 / [0 1 2.5]")
    QTest.keyClick(numbers.line, Qt.Key.Key_Return)
    assert got[-1] == (0, 1, 2, 2, 2, 0, 0, 1, 2.5) and numbers.line.text() == "0 1 2 / 2 2 0 / 0 1 2.5" and numbers.line.toolTip() == "0 1 2\n2 2 0\n0 1 2.5"
    bias = show(field_for(registry.find("conv2d").param("bias")))
    bias.edited.connect(got.append)
    click(bias.toggle)
    assert got[-1] is False


def test_reset_takes_a_value_back(inspector: Inspector):
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    form_row = page.rows["padding"]
    assert form_row.changed_from_default and not form_row.reset.isVisible()
    page.fields["padding"].first.setFocus()
    QApplication.processEvents()
    assert form_row.reset.isVisible()
    click(form_row.reset)
    assert heard.edited == [("conv1", "padding", 0)] and heard.committed == 1
    assert not page.rows["stride"].changed_from_default


def test_focus_explains_the_row_and_underlines_its_factor(inspector: Inspector):
    page = page_of(inspector, "conv1")
    page.fields["padding"].first.setFocus()
    QApplication.processEvents()
    assert page.rows["padding"].active and page.rows["padding"].help.isVisible() and page.card.focused == "padding"
    page.fields["stride"].first.setFocus()
    QApplication.processEvents()
    assert not page.rows["padding"].active and not page.rows["padding"].help.isVisible() and page.card.focused == "stride"


def test_updates_are_in_place(inspector: Inspector):
    page = page_of(inspector, "conv1")
    field: IntField = page.fields["out_channels"]
    field.number.setFocus()
    field.number.selectAll()
    QTest.keyClicks(field.number, "3")
    document = Document(SNAPSHOT)
    document.apply(edits.set_param(document.snapshot(), "conv1", "stride", value=2))
    inspector.set_snapshot(document.snapshot())
    inspector.set_analysis(analysis(ERROR))
    QApplication.processEvents()
    assert inspector.page is page and field.number.hasFocus() and field.number.text() == "3"
    assert page.fields["stride"].first.text() == "2" and page.rows["stride"].changed_from_default
    assert page.sections["Parameters"].head.remark == "4 changed"


def test_problems_stand_on_top_with_their_fixes(inspector: Inspector):
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    inspector.set_analysis(analysis(ERROR, Problem("hint", "other", "Elsewhere.", "relu1")))
    QApplication.processEvents()
    assert [card.problem for card in page.problems.cards] == [ERROR]
    click(page.problems.cards[0].buttons[0])
    assert heard.fixes == [(ERROR, 0)]
    inspector.set_analysis(analysis())
    assert not page.problems.isVisible()


def test_frozen_bypassed_and_title(inspector: Inspector):
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    assert page.bypassed.isEnabled()
    click(page.frozen)
    page.head.title.setFocus()
    page.head.title.selectAll()
    QTest.keyClicks(page.head.title, "Edges")
    QTest.keyClick(page.head.title, Qt.Key.Key_Return)
    assert heard.node == [("conv1", {"frozen": True}), ("conv1", {"title": "Edges"})]
    relu = page_of(inspector, "relu1")
    assert relu.bypassed.isEnabled() and not relu.frozen_row.isVisible()
    click(relu.bypassed)
    assert heard.node[-1] == ("relu1", {"bypassed": True})


def test_dataset_facts(inspector: Inspector):
    page = page_of(inspector, "mnist1")
    assert {name: field.text() for name, field in page.derived.items()} == {"train": "4,000", "validation": "1,000", "classes": "10"}
    assert {name: label.text() for name, label in page.port_labels.items()} == {"image": "C1 H28 W28", "label": "class index"}
    assert page.doc.isVisible()


def test_unknown_types_show_what_is_kept(inspector: Inspector):
    page = page_of(inspector, "x1")
    assert page.kept.isReadOnly() and '"alpha"' in page.kept.toPlainText() and "from.the.future" in page.kept.toPlainText()


def test_nothing_and_several(inspector: Inspector):
    heard = Heard(inspector)
    page = page_of(inspector)
    assert isinstance(page, OverviewPage)
    assert page.cells.value("Nodes") == "4" and page.cells.value("Problems") == "0"
    page = page_of(inspector, "conv1", "relu1", "mnist1", "gone")
    assert isinstance(page, SeveralPage) and page.title.text() == "3 nodes selected"
    assert page.cells.value("Parameters") == "416"
    click(page.bypassed)
    click(page.frozen)
    assert heard.nodes == [(["conv1", "relu1"], {"bypassed": True}), (["conv1", "relu1"], {"frozen": True})]


def test_a_broken_shape_shows_no_invented_number():
    row = registry.find("add")
    node = Node("add1", "add")
    bad = NodeFacts(inputs={"a": (2, 32, 14, 14), "b": (2, 16, 14, 14)})
    formula, broken = say.formula_of(node, row, bad)
    assert broken and formula is not None and formula.text.endswith("no shape")
    assert say.formula_of(node, row, NodeFacts(inputs={"a": (2, 32, 14, 14)})) == (None, False)
    assert {value for _, value, _ in say.cost_cells(row, bad)} == {"0", "unknown"}


def test_weights_are_not_counted_for_an_input_that_does_not_fit():
    node, row = Node("fc1", "linear", {"out_features": 120}), registry.find("linear")
    assert say.formula_of(node, row, NodeFacts(inputs={"x": (2, 32, 5, 5)})) == (None, False)
    formula, broken = say.formula_of(node, row, NodeFacts(inputs={"x": (2, 800)}, outputs={"out": (2, 120)}))
    assert formula is not None and formula.text == "800 · 120 + 120 = 96,120" and not broken


def test_a_half_typed_value_goes_to_its_own_node(inspector: Inspector):
    other = Node("conv2", "conv2d", frozen({"kernel_size": (3, 5)}))
    inspector.set_snapshot(Snapshot(nodes=(*SNAPSHOT.nodes, other), wires=SNAPSHOT.wires))
    heard, page = Heard(inspector), page_of(inspector, "conv1")
    page.fields["out_channels"].number.setFocus()
    page.fields["out_channels"].number.selectAll()
    QTest.keyClicks(page.fields["out_channels"].number, "8")
    assert page_of(inspector, "conv2") is page  # one page per layer type
    assert heard.edited == [("conv1", "out_channels", 8)]
    assert page.head.subtitle.text() == "conv2 · Convolution" and page.fields["out_channels"].number.text() == "64"
    pair = page.fields["kernel_size"]
    assert not pair.linked and pair.second.text() == "5" and page.card.formula is None
    page_of(inspector, "conv1")
    assert pair.linked and pair.second.text() == "5" and page.card.formula is not None
    QTest.mouseClick(page.fields["out_channels"].number, Qt.MouseButton.LeftButton, pos=QPoint(90, 11))
    assert heard.edited[-1] == ("conv1", "out_channels", 17)


def test_the_book_explains_the_layer(inspector: Inspector):
    page = page_of(inspector, "conv1")
    assert not page.doc.isVisible()
    click(page.head.book)
    assert page.doc.isVisible() and "Slides learned filters" in page.doc.text() and "How many filters" in page.doc.text()
    click(page.head.book)
    assert not page.doc.isVisible()


def test_folded_sections_stay_folded(inspector: Inspector):
    page = page_of(inspector, "conv1")
    click(page.sections["Learning"].head)
    assert not page.sections["Learning"].body.isVisible()
    assert not page_of(inspector, "relu1").sections["Learning"].head.open


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (480, "480 B"), (50_176, "49.0 KiB"), (3 * 1024**2, "3.0 MiB"), (5 * 1024**3, "5.0 GiB")])
def test_sizes_in_words(count: int, text: str):
    assert say.size_text(count) == text


def test_a_long_derived_value_stays_inside_the_inspector(show):
    field = show(DerivedField(((1, 2, 1), (2, 4, 2), (1, 2, 1))))
    assert field.text() == "1 2 1 / 2 4 2 / 1 2 1"
    assert field.width() <= WIDEST and field.text() in field.toolTip()
    field.set_value(16)
    assert (field.text(), field.width()) == ("16", NUMBER)
    assert not field.toolTip().startswith("16")


def test_a_note_that_does_not_fit_beside_the_caption_goes_below_it(show):
    card = show(FormulaCard(), 260, 60)
    card.set_formula(Formula("Output size", (Part("28"),), "H and W"))
    low, top = card.height(), card.top()
    card.set_formula(Formula("Attention weights", (Part("28"),), "a sample, grows with the square of the tokens"))
    assert card.top() > top and card.height() > low


@pytest.mark.parametrize(("type_id", "title"), [("class_token", "Parameters"), ("image_folder", "Dataset")])
def test_a_section_without_rows_is_not_shown(show, type_id: str, title: str):
    page = show(NodePage(Node("x1", type_id)))
    assert not page.sections[title].isVisible()
    page.show_analysis(Analysis(1, {"x1": NodeFacts(derived={"classes": 2})}, (), Source()))
    assert page.sections[title].isVisible()
