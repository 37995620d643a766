"""The problems, outline and lesson panels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.events import Analysis, NodeFacts, Source
from engine.graph.model import About, Node, Snapshot, Wire
from engine.graph.problem import Problem, Remedy
from gui.panels.lesson import LessonPanel
from gui.panels.outline import OutlinePanel, flow_order
from gui.panels.problems import HEIGHT, ProblemRow, ProblemsPanel, runs

INSERT = Remedy("Insert 1×1 convolution", "insert", "conv2d", "b", note="b C16 H14 W14 → C32 H14 W14")
WIDEN = Remedy("Give conv2 16 output channels", "set", node="conv2", params={"out_channels": 16})
ERROR = Problem(
    "error", "shapes-differ", "Add needs inputs of the same shape: a brings C32 H14 W14, b brings C16 H14 W14.", "add1", "b", remedies=(INSERT, WIDEN)
)
WARNING = Problem("warning", "bias", "The bias has no effect.", "bn1")
HINT = Problem("hint", "no-loss", "There is no loss yet.")
SNAPSHOT = Snapshot(
    nodes=(Node("add1", "add", pos=(400, 0)), Node("bn1", "batch_norm", pos=(200, 0)), Node("mnist1", "mnist5k")),
    wires=(Wire("mnist1", "image", "bn1", "x"), Wire("bn1", "out", "add1", "a")),
)


@pytest.fixture
def panel(show) -> ProblemsPanel:
    widget = ProblemsPanel()
    widget.set_snapshot(SNAPSHOT)
    widget.set_problems((HINT, WARNING, ERROR))
    return show(widget, 1200, 250)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.rect().center())


def test_worst_first_with_counts(panel: ProblemsPanel):
    assert [row.problem for row in panel.rows] == [ERROR, WARNING, HINT]
    assert [pill.text() for pill in panel.pills.values()] == ["Errors 1", "Warnings 1", "Hints 1"]
    assert [(row.family, row.height()) for row in panel.rows] == [("merge", 40), ("normalisation", 40), ("", 40)]


def test_filters_hide_and_say_so(panel: ProblemsPanel):
    for kind in ("error", "warning"):
        click(panel.pills[kind])
    assert [row.problem for row in panel.rows] == [HINT]
    click(panel.pills["hint"])
    assert panel.stack.currentWidget() is panel.empty and "3 hidden" in panel.empty.sentence.text()
    click(panel.pills["error"])
    assert [row.problem for row in panel.rows] == [ERROR]


def test_rows_frame_their_node_and_buttons_repair(panel: ProblemsPanel):
    nodes: list[str] = []
    fixes: list[tuple[Problem, int]] = []
    panel.nodeActivated.connect(nodes.append)
    panel.remedyChosen.connect(lambda problem, index: fixes.append((problem, index)))
    QTest.mouseClick(panel.rows[0], Qt.MouseButton.LeftButton, pos=panel.rows[0].rect().center() / 4)
    assert nodes == ["add1"]
    click(panel.rows[0].buttons[1])
    assert fixes == [(ERROR, 1)] and nodes == ["add1"]
    QTest.keyClick(panel.rows[1], Qt.Key.Key_Return)
    QTest.mouseClick(panel.rows[2], Qt.MouseButton.LeftButton)
    assert nodes == ["add1", "bn1"]


def test_a_narrow_row_keeps_its_first_repair(panel: ProblemsPanel):
    assert all(button.isVisible() for button in panel.rows[0].buttons)
    panel.resize(600, 250)
    QApplication.processEvents()
    assert [button.isVisible() for button in panel.rows[0].buttons] == [True, False]


def test_the_same_problems_change_nothing(panel: ProblemsPanel):
    rows = list(panel.rows)
    panel.set_problems((ERROR, WARNING, HINT))
    assert panel.rows == rows
    panel.set_problems(())
    assert panel.stack.currentWidget() is panel.empty and panel.empty.sentence.text() == "No problems."


def test_shapes_are_told_from_words():
    pieces = runs(ERROR.message)
    assert "".join(text for text, _ in pieces) == ERROR.message
    assert [text for text, mono in pieces if mono] == ["C32 H14 W14", "C16 H14 W14"]
    assert runs("The 5×5 kernel of Conv2d") == [("The ", False), ("5×5", True), (" kernel of Conv2d", False)]


def test_every_word_of_a_sentence_is_laid_out(panel: ProblemsPanel):
    sentence = panel.rows[0].sentence
    assert " ".join(word for word, *_ in sentence.words()).replace(" ,", ",").replace(" .", ".") == ERROR.message
    sentence.resize(120, 40)
    assert " ".join(word for word, *_ in sentence.words()).replace(" ,", ",").replace(" .", ".") == ERROR.message, "nothing is cut"
    lines = sentence.words()[-1][3] + 1
    assert lines > 2 and sentence.height_for(120) == 40 + 16 * (lines - 2)
    panel.resize(420, 300)
    QApplication.processEvents()
    row = panel.rows[0]
    assert row.height() == row.sentence.height_for(row.sentence.width()), "the row is as high as its sentence needs"


# -- outline -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def outline(show) -> OutlinePanel:
    widget = OutlinePanel()
    widget.set_snapshot(SNAPSHOT)
    facts = {"bn1": NodeFacts({"x": (64, 1, 28, 28)}, {"out": (64, 1, 28, 28)})}
    widget.set_analysis(Analysis(1, facts, (WARNING,), Source()))
    return show(widget, 260, 300)


def test_outline_follows_the_flow(outline: OutlinePanel):
    assert [node.id for node in flow_order(SNAPSHOT)] == ["mnist1", "bn1", "add1"]
    assert list(outline.items) == ["mnist1", "bn1", "add1"]
    item = outline.items["bn1"]
    assert [item.child(i).text(0) for i in range(2)] == ["x ← mnist1.image", "out →"]
    assert item.child(1).text(1) == "C1 H28 W28" and not item.icon(1).isNull()
    assert outline.items["add1"].child(1).text(0) == "b ← nothing"


def test_outline_by_keyboard(outline: OutlinePanel):
    selected: list[list[str]] = []
    entered: list[str] = []
    deleted: list[list[str]] = []
    outline.selectionMade.connect(selected.append)
    outline.nodeActivated.connect(entered.append)
    outline.deleteWanted.connect(deleted.append)
    outline.show_nodes(["mnist1"])
    assert selected == []
    QTest.keyClick(outline.tree, Qt.Key.Key_Down)
    QTest.keyClick(outline.tree, Qt.Key.Key_Return)
    QTest.keyClick(outline.tree, Qt.Key.Key_Delete)
    assert selected == [["bn1"]] and entered == ["bn1"] and deleted == [["bn1"]]


def test_outline_keeps_open_items(outline: OutlinePanel):
    outline.items["bn1"].setExpanded(True)
    outline.set_snapshot(Snapshot(nodes=SNAPSHOT.nodes, wires=SNAPSHOT.wires[:1]))
    assert outline.items["bn1"].isExpanded() and outline.items["add1"].child(0).text(0) == "a ← nothing"


# -- lesson ------------------------------------------------------------------------------------------------------------
TEXT = """# Title

Some **bold** text with `code` and a [link](help:conv2d).

![a picture](https://example.com/x.png) <img src="file:///etc/passwd"> <b>not bold</b>

- one
- two
"""


def test_an_outline_of_nothing_says_how_to_begin(show):
    panel = show(OutlinePanel(), 260, 300)
    panel.set_snapshot(Snapshot())
    assert panel.stack.currentWidget() is panel.empty
    panel.set_snapshot(SNAPSHOT)
    assert panel.stack.currentWidget() is panel.tree


def test_lessons_load_nothing(show, monkeypatch):
    panel = LessonPanel()
    asked: list[object] = []
    monkeypatch.setattr(type(panel.page), "loadResource", lambda self, kind, name: asked.append(name))
    panel.set_about(About(text=TEXT))
    show(panel, 300, 300)
    assert panel.stack.currentWidget() is panel.page
    plain = panel.page.toPlainText()
    assert plain.startswith("Title") and "<b>" in plain  # raw HTML is shown, never interpreted
    panel.page.setSource(QUrl("file:///etc/passwd"))
    assert panel.page.toPlainText() == plain


def test_the_real_browser_refuses_resources(app):
    panel = LessonPanel()
    assert panel.page.loadResource(2, QUrl("https://example.com/x.png")) is None
    panel.deleteLater()


def test_links_are_told_and_not_followed(show):
    panel = show(LessonPanel(), 300, 300)
    heard: list[str] = []
    panel.linkClicked.connect(heard.append)
    panel.set_about(About(text=TEXT))
    panel.page.anchorClicked.emit(QUrl("help:conv2d"))
    assert heard == ["help:conv2d"] and panel.page.toPlainText().startswith("Title")


def test_a_text_that_was_drawn_again_unseen_opens_at_its_beginning(show):
    panel = LessonPanel()
    panel.set_about(About(text="# Title\n\n" + "\n\n".join(f"Paragraph {number}" for number in range(60))))
    panel.redraw()  # as another theme does while the panel's tab is behind others
    show(panel, 300, 200)
    assert panel.page.verticalScrollBar().maximum() > 0 and panel.page.verticalScrollBar().value() == 0


def test_a_document_without_text_says_so(show):
    panel = show(LessonPanel(), 300, 300)
    panel.set_about(About(text="x"))
    panel.set_about(About(text=""))
    assert panel.stack.currentWidget() is panel.empty


def test_a_narrow_panel_gives_the_sentence_more_room(show):
    row = ProblemRow(Problem("error", "x", "Add needs inputs of the same shape.", "add1"))
    show(row, 900, HEIGHT)
    wide = row.sentence.x()
    row.resize(520, HEIGHT)
    QApplication.processEvents()
    assert row.sentence.x() < wide
