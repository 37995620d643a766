"""Layers inserted into a network that change nothing, and a convolution taken apart."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.compile.analyse import analyse
from engine.graph import surgery
from engine.graph.document import Document, EditError
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.ops import AddNode, AddWire


def chain(*nodes: Node) -> Document:
    """mnist -> the nodes in a row -> cross-entropy, at 240 px apart."""
    placed = [Node(n.id, n.type, n.params, (240.0 * (i + 1), 0.0), n.title, n.bypassed) for i, n in enumerate(nodes)]
    wires = [Wire(a.id, "out", b.id, "x") for a, b in pairwise(placed)]
    wires += [Wire("mnist1", "image", placed[0].id, "x"), Wire(placed[-1].id, "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    ends = (Node("mnist1", "mnist5k"), Node("loss1", "cross_entropy", pos=(240.0 * (len(nodes) + 1), 0.0)))
    return Document(Snapshot((*ends, *placed), tuple(wires)))


def network() -> Document:
    conv = Node("conv1", "conv2d", {"out_channels": 6, "kernel_size": 5, "stride": 2})
    return chain(conv, Node("relu1", "relu"), Node("pool1", "max_pool2d"), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}))


def shape_of(document: Document, node: str) -> tuple[int, ...]:
    return next(iter(analyse(document.snapshot()).nodes[node].outputs.values()))


def insert(document: Document, node: str, count: int = 1) -> list[str]:
    ops, made = surgery.insert_identity(document.snapshot(), node, shape_of(document, node), count=count)
    inverse = document.apply(ops)
    before = document.snapshot()
    document.apply(document.apply(inverse))  # back, and here again
    assert document.snapshot() == before
    return made


@pytest.mark.parametrize(
    ("node", "types"), [("relu1", ["conv2d", "relu"]), ("pool1", ["conv2d", "relu"]), ("conv1", ["conv2d"]), ("flatten1", ["linear", "relu"])]
)
def test_the_layer_fits_what_arrives(node: str, types: list[str]):
    document = network()
    parameters = analyse(document.snapshot()).parameters
    made = insert(document, node)
    assert [document.node(name).type for name in made] == types
    analysis = analyse(document.snapshot())
    assert not analysis.errors and analysis.parameters > parameters
    assert shape_of(document, made[-1]) == shape_of(document, node)
    assert document.node(made[0]).params["init"] == "identity" and document.node(made[0]).params["bias_init"] == "0"


def test_many_layers_stand_in_a_row_and_all_readers_follow():
    document = network()
    document.apply([AddNode(Node("head2", "linear", {"out_features": 3})), AddWire(Wire("flatten1", "out", "head2", "x"))])
    made = insert(document, "flatten1", 3)
    assert len(made) == 6 and [wire.source for wire in document.wires if wire.target in ("fc1", "head2")] == [made[-1]] * 2
    places = [document.node(name).pos[0] for name in ["flatten1", *made, "fc1", "loss1"]]
    assert places == sorted(places) and min(b - a for a, b in pairwise(places)) >= 200
    assert not analyse(document.snapshot()).errors


@pytest.mark.parametrize("node", ["mnist1", "loss1"])
def test_only_behind_layers(node: str):
    with pytest.raises(EditError, match=node):
        surgery.insert_identity(network().snapshot(), node, (64, 10))


@pytest.mark.parametrize("count", [0, 1000])
def test_a_sensible_number_at_a_time(count: int):
    with pytest.raises(EditError, match="1 to 200"):
        surgery.insert_identity(network().snapshot(), "fc1", (64, 10), count=count)


@pytest.mark.parametrize("node", ["fc1", "conv1"])
def test_negative_numbers_get_no_relu(node: str):
    assert not surgery.never_negative(network().snapshot(), node)


def test_a_bypassed_relu_keeps_no_promise():
    document = chain(Node("relu1", "relu", bypassed=True), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}))
    assert not surgery.never_negative(document.snapshot(), "flatten1")


@pytest.mark.parametrize(
    "params", [{}, {"kernel_size": 5, "stride": 2, "padding": 2, "bias": False}, {"kernel_size": (3, 5), "padding": "same", "dilation": 2}]
)
def test_a_separable_pair_takes_the_place_of_a_convolution(params: dict[str, object]):
    document = chain(
        Node("a", "conv2d", {"out_channels": 8, "kernel_size": 3}), Node("b", "conv2d", {"out_channels": 12, **params}), Node("flatten1", "flatten")
    )
    before = analyse(document.snapshot())
    shape, parameters = next(iter(before.nodes["b"].outputs.values())), before.nodes["b"].parameters
    ops, (deep, point) = surgery.to_separable(document.snapshot(), "b")
    inverse = document.apply(ops)
    after = analyse(document.snapshot())
    assert not [problem for problem in after.errors if problem.node in (deep, point)] and "b" not in document.nodes
    assert next(iter(after.nodes[point].outputs.values())) == shape
    height, width = (params.get("kernel_size", 3),) * 2 if isinstance(params.get("kernel_size", 3), int) else params["kernel_size"]
    bias = 12 * params.get("bias", True)
    assert after.nodes[deep].parameters + after.nodes[point].parameters == 8 * height * width + 8 * 12 + bias < parameters
    document.apply(inverse)
    assert analyse(document.snapshot()).nodes["b"].parameters == parameters


@pytest.mark.parametrize(
    ("params", "words"), [({"groups": 2}, "2 groups"), ({"padding_mode": "reflect"}, "reflect"), ({"padding": "same", "kernel_size": 4}, "even window")]
)
def test_what_cannot_be_taken_apart_says_why(params: dict[str, object], words: str):
    document = chain(Node("a", "conv2d", {"out_channels": 8}), Node("b", "conv2d", {"out_channels": 12, **params}), Node("flatten1", "flatten"))
    with pytest.raises(EditError, match=words):
        surgery.to_separable(document.snapshot(), "b")
    with pytest.raises(EditError, match="Only a Conv2d"):
        surgery.to_separable(document.snapshot(), "flatten1")
