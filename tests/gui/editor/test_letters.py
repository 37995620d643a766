"""Connecting by keys alone: C, then the letter of a port."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from engine.graph.model import Node, Snapshot, Wire
from gui.editor.tools.letters import Letters, codes, open_letters


def code_of(canvas, node: str, port: str = "x") -> str:
    return next(code for code, ref in canvas.tool.codes.items() if (ref.node, ref.port) == (node, port))


def press(hand, text: str) -> None:
    for letter in text:
        hand.key(Qt.Key(ord(letter)))


def test_a_letter_connects_in_one_step(canvas, hand):
    canvas.select(["relu1"])
    open_letters(canvas)
    assert isinstance(canvas.tool, Letters) and {ref.node for ref in canvas.tool.codes.values()} == {"drop1", "fc1", "ce1"}
    steps = canvas.project.stack.index()
    press(hand, code_of(canvas, "fc1"))
    assert Wire("relu1", "out", "fc1", "x") in canvas.project.document.wires
    assert canvas.tool is None and canvas.project.stack.index() == steps + 1 and not canvas.overlay.tags
    canvas.project.stack.undo()
    assert Wire("relu1", "out", "fc1", "x") not in canvas.project.document.wires


def test_the_nearest_port_has_the_first_letter_and_ports_out_of_view_none(canvas, hand):
    canvas.select(["conv1"])
    open_letters(canvas)
    here = canvas.tool.place_of(canvas.tool.fixed[0])
    lengths = [(canvas.tool.place_of(ref) - here).manhattanLength() for ref in canvas.tool.codes.values()]
    assert lengths == sorted(lengths)
    canvas.stop_tool()
    canvas.camera.place(QPointF(-50, -100), QPointF(0, 0), 2.0)
    open_letters(canvas)
    assert "ce1" not in {ref.node for ref in canvas.tool.codes.values()}
    canvas.stop_tool()


def test_escape_leaves_everything_as_it_was(canvas, hand):
    before = canvas.grab().toImage()
    canvas.select(["relu1"])
    chosen = canvas.grab().toImage()
    open_letters(canvas)
    assert canvas.grab().toImage() != chosen
    hand.key(Qt.Key.Key_Escape)
    assert canvas.tool is None and canvas.grab().toImage() == chosen and canvas.project.stack.index() == 0
    canvas.select([])
    assert canvas.grab().toImage() == before


def test_from_an_input_backwards(canvas, hand):
    canvas.select(["fc1"])
    open_letters(canvas, backwards=True)
    press(hand, code_of(canvas, "relu1", "out"))
    assert Wire("relu1", "out", "fc1", "x") in canvas.project.document.wires


def test_tab_takes_the_next_port(canvas, hand):
    canvas.select(["mnist1"])
    open_letters(canvas)
    assert canvas.tool.fixed[0].port == "image"
    hand.key(Qt.Key.Key_Tab)
    assert canvas.tool.fixed[0].port == "label"
    press(hand, code_of(canvas, "ce1", "target"))
    assert Wire("mnist1", "label", "ce1", "target") in canvas.project.document.wires


def test_many_ports_have_codes_of_two_letters(make_canvas, hand_of):
    nodes = [Node("first1", "relu", {}, (0.0, 0.0))]
    nodes += [Node(f"relu{i + 2}", "relu", {}, (200.0 + 140 * (i % 6), 60.0 * (i // 6))) for i in range(30)]
    canvas = make_canvas(Snapshot(tuple(nodes)))
    canvas.select(["first1"])
    open_letters(canvas)
    assert len(canvas.tool.codes) == 30 and set(map(len, canvas.tool.codes)) == {2}
    hand = hand_of(canvas)
    press(hand, "A")
    assert canvas.tool.typed == "A" and len(canvas.overlay.tags) == 26
    hand.key(Qt.Key.Key_Backspace)
    assert len(canvas.overlay.tags) == 30
    press(hand, "BC")
    assert len(canvas.project.document.wires) == 1


def test_shortcuts_of_one_letter_wait_meanwhile(window):
    window.files.open_lesson("lenet-mnist")
    canvas = window.canvas
    canvas.setFocus()
    canvas.select(["conv1"])
    QTest.keyClick(canvas, Qt.Key.Key_C)
    assert isinstance(canvas.tool, Letters) and "B" in canvas.tool.codes
    goal = canvas.tool.codes["B"]
    QTest.keyClick(canvas, Qt.Key.Key_M)  # no letter of a port: it hides no minimap
    assert canvas.minimap.isVisible() and canvas.tool is not None
    QTest.keyClick(canvas, Qt.Key.Key_B)
    assert canvas.tool is None and not canvas.project.document.node("conv1").bypassed
    assert Wire("conv1", "out", goal.node, goal.port) in canvas.project.document.wires


@pytest.mark.parametrize(("count", "last"), [(1, "A"), (26, "Z"), (27, "BA"), (53, "CA")])
def test_codes_are_all_different(count: int, last: str):
    found = codes(count)
    assert len(set(found)) == count and found[-1] == last


def test_without_a_node_it_says_what_to_do(canvas):
    said: list[str] = []
    canvas.hint.connect(said.append)
    open_letters(canvas)
    assert canvas.tool is None and "Select one node" in said[0]
