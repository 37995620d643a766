"""Exchanging the wires into a node, and one more input for a merge."""

from __future__ import annotations

import pytest

from engine.graph import inputs
from engine.graph.document import Document, EditError
from engine.graph.model import Node, Snapshot, Wire


def net(*wires: Wire, into: str = "concat", **params: int) -> Snapshot:
    nodes = [Node(name, "relu") for name in ("a1", "b1", "c1")]
    return Snapshot(nodes=(*nodes, Node("join1", into, params), Node("mnist1", "mnist5k"), Node("ce1", "cross_entropy")), wires=wires)


def ports(document: Document) -> dict[str, str]:
    return {wire.target_port: wire.source for wire in document.wires if wire.target == "join1"}


def test_two_wires_are_exchanged_and_the_inverse_gives_them_back():
    document = Document(net(Wire("a1", "out", "join1", "a"), Wire("b1", "out", "join1", "b")))
    before = document.snapshot()
    inverse = document.apply(inputs.swap(before, "join1"))
    assert ports(document) == {"a": "b1", "b": "a1"}
    document.apply(inverse)
    assert document.snapshot() == before


def test_three_wires_go_round_and_a_lone_one_goes_to_the_free_input():
    wires = [Wire(name, "out", "join1", port) for name, port in zip(("a1", "b1", "c1"), "abc", strict=True)]
    document = Document(net(*wires, inputs=3))
    document.apply(inputs.swap(document.snapshot(), "join1"))
    assert ports(document) == {"a": "c1", "b": "a1", "c": "b1"}
    document = Document(net(wires[0]))
    document.apply(inputs.swap(document.snapshot(), "join1"))
    assert ports(document) == {"b": "a1"}


@pytest.mark.parametrize(("name", "words"), [("a1", "one input"), ("mnist1", "no input"), ("join1", "Nothing is wired"), ("ce1", "Labels")])
def test_what_cannot_be_exchanged_is_said(name: str, words: str):
    snapshot = net(Wire("a1", "out", "ce1", "prediction"), Wire("mnist1", "label", "ce1", "target"))
    with pytest.raises(EditError, match=words):
        inputs.swap(snapshot, name)


def test_a_merge_gets_a_further_input_only_when_all_are_wired_and_it_may_have_more():
    two = net(Wire("a1", "out", "join1", "a"), Wire("b1", "out", "join1", "b"))
    port, growth = inputs.further(two, "join1")
    document = Document(two)
    document.apply(inputs.connect_further(two, Wire("c1", "out", "join1", port), growth))
    assert ports(document) == {"a": "a1", "b": "b1", "c": "c1"} and document.node("join1").params["inputs"] == 3
    assert inputs.further(net(Wire("a1", "out", "join1", "a")), "join1") is None
    assert inputs.further(two, "a1") is None and inputs.further(two, "mnist1") is None
    eight = net(*(Wire("a1", "out", "join1", port) for port in "abcdefgh"), inputs=8)
    assert inputs.further(eight, "join1") is None


def test_a_wire_that_does_not_fit_is_refused():
    two = net(Wire("a1", "out", "join1", "a"), Wire("b1", "out", "join1", "b"))
    port, growth = inputs.further(two, "join1")
    with pytest.raises(EditError, match="Labels"):
        inputs.connect_further(two, Wire("mnist1", "label", "join1", port), growth)
