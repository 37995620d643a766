"""Wires into merges by mouse and key: one more input for a wire dropped on a full one, and Shift+R exchanges what goes into a node."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from engine.graph.model import Node, Snapshot, Wire

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def merging(chained):
    """The window over three layers and a Concat."""
    names = ("a1", "b1", "c1")
    nodes = [Node(name, "relu", {}, (0.0, 140.0 * row)) for row, name in enumerate(names)]
    chained.project.replace(Snapshot(nodes=(*nodes, Node("cat1", "concat", {}, (400.0, 100.0)))))
    return chained


def wires(window) -> dict[str, str]:
    return {wire.target_port: wire.source for wire in window.project.document.wires}


def test_each_wire_dropped_on_the_body_finds_an_input_of_its_own(merging, hand_of):
    hand = hand_of(merging.canvas)
    for name in ("a1", "b1"):
        hand.drag(hand.port(name, "out", True), hand.title("cat1"))
    assert wires(merging) == {"a": "a1", "b": "b1"}
    hand.drag(hand.port("c1", "out", True), hand.title("cat1"), drop=False)
    assert "One more input" in merging.canvas.reason.text
    hand.release(*hand.title("cat1"))
    assert wires(merging) == {"a": "a1", "b": "b1", "c": "c1"} and merging.project.document.node("cat1").params["inputs"] == 3
    assert merging.project.stack.count() == 3 and not merging.canvas.reason.text
    merging.undo()
    assert wires(merging) == {"a": "a1", "b": "b1"} and "inputs" not in merging.project.document.node("cat1").params


def test_an_occupied_input_itself_is_still_replaced(merging, hand_of):
    hand = hand_of(merging.canvas)
    for name, port in (("a1", "a"), ("b1", "b"), ("c1", "b")):
        hand.drag(hand.port(name, "out", True), hand.port("cat1", port, False))
    assert wires(merging) == {"a": "a1", "b": "c1"} and merging.project.stack.count() == 3


def test_shift_r_exchanges_two_inputs_in_one_step(merging, hand_of):
    hand = hand_of(merging.canvas)
    for name, port in (("a1", "a"), ("b1", "b")):
        hand.drag(hand.port(name, "out", True), hand.port("cat1", port, False))
    hand.click(*hand.title("cat1"))
    hand.key(Qt.Key.Key_R, SHIFT)
    assert wires(merging) == {"a": "b1", "b": "a1"} and merging.project.stack.undoText() == "Swap inputs of cat1"
    assert Wire("b1", "out", "cat1", "a") in merging.canvas.network.wires
    merging.undo()
    assert wires(merging) == {"a": "a1", "b": "b1"}


def test_what_has_nothing_to_exchange_says_so(merging, hand_of):
    hand = hand_of(merging.canvas)
    hand.click(*hand.title("a1"))
    hand.key(Qt.Key.Key_R, SHIFT)
    assert "one input" in merging.status.message.words[0][0] and merging.project.stack.count() == 0


def test_inside_a_block_it_is_the_definition_that_changes(inside, user):
    edit = inside.project.edit
    from engine.graph import edits

    ops, name = edits.add_node(inside.project.level.snapshot(), "add", (480.0, 200.0))
    edit("Add", ops)
    user.drag(user.port("fc", "out", True), user.port(name, "a", False))
    user.click(*user.title(name))
    user.key(Qt.Key.Key_R, SHIFT)
    assert Wire("fc", "out", name, "b") in inside.project.document.blocks["Wide"].body.wires
