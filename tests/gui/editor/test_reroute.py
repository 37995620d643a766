"""Knots in wires: a double-click makes one, it moves like a node, carries whatever it gets, and leaves no trace in the code."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.compile.analyse import analyse
from engine.graph import rules
from engine.graph.model import Node, Snapshot, Wire
from gui.editor.tools.letters import open_letters


def double_click(hand, x: float, y: float) -> None:
    QTest.mouseDClick(hand.canvas.viewport(), Qt.MouseButton.LeftButton, pos=hand.at(x, y).toPoint())


def between(canvas, wire: Wire) -> tuple[float, float]:
    start = canvas.network.nodes[wire.source].spot(wire.source_port, True)
    end = canvas.network.nodes[wire.target].spot(wire.target_port, False)
    return (start.x() * 0.8 + end.x() * 0.2, (start.y() + end.y()) / 2)


@pytest.fixture
def knotted(canvas, hand):
    double_click(hand, *between(canvas, Wire("conv1", "out", "relu1", "x")))
    return canvas


def test_a_double_click_on_a_wire_puts_a_knot_there_in_one_step(knotted):
    document = knotted.project.document
    assert {Wire("conv1", "out", "reroute1", "x"), Wire("reroute1", "out", "relu1", "x")} <= set(document.wires)
    assert knotted.selected() == ["reroute1"] and knotted.project.stack.index() == 1 and not knotted.chooser.isVisible()
    x, y = document.node("reroute1").pos
    assert x % 20 == 0 and y % 20 == 0 and 300 < x < 600
    knotted.project.stack.undo()
    assert Wire("conv1", "out", "relu1", "x") in document.wires and "reroute1" not in document


def test_a_knot_moves_with_its_wires_and_dissolves(knotted, hand):
    item = knotted.network.nodes["reroute1"]
    middle = (item.x() + item.body.width / 2, item.y() + 14)
    hand.drag(middle, (middle[0], middle[1] + 60))
    assert knotted.project.document.node("reroute1").pos[1] == 60
    knotted.dissolve_selection()
    assert Wire("conv1", "out", "relu1", "x") in knotted.project.document.wires


def test_the_code_is_the_same_with_and_without_it(knotted):
    facts = analyse(knotted.project.snapshot())
    with_knot = facts.source.text
    assert "nn.Conv2d" in with_knot and facts.nodes["reroute1"].outputs == {"out": facts.nodes["conv1"].outputs["out"]}
    knotted.project.stack.undo()
    assert analyse(knotted.project.snapshot()).source.text == with_knot


def test_labels_pass_through_but_go_to_no_layer():
    nodes = (Node("mnist1", "mnist5k"), Node("reroute1", "reroute"), Node("reroute2", "reroute"), Node("fc1", "linear"), Node("ce1", "cross_entropy"))
    labels = Snapshot(nodes, (Wire("mnist1", "label", "reroute1", "x"), Wire("reroute1", "out", "reroute2", "x")))
    assert rules.refusal(labels, Wire("reroute2", "out", "ce1", "target")) is None
    assert "Labels" in rules.refusal(labels, Wire("reroute2", "out", "fc1", "x"))
    waiting = Snapshot(nodes, (Wire("reroute1", "out", "reroute2", "x"), Wire("reroute2", "out", "fc1", "x")))
    assert rules.refusal(waiting, Wire("mnist1", "image", "reroute1", "x")) is None
    assert "Labels" in rules.refusal(waiting, Wire("mnist1", "label", "reroute1", "x"))


def test_it_is_connected_by_letter_like_any_node(canvas, hand):
    canvas.add_layer("reroute")
    canvas.select(["relu1"])
    open_letters(canvas)
    assert "reroute1" in {ref.node for ref in canvas.tool.codes.values()}
    canvas.stop_tool()
