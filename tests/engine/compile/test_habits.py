"""What is likely a mistake is said once, and what may well be meant is left alone; repairs that need the whole network carry the right numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from compile_networks import lenet, network, node, residual, wires, with_node, without_wire

from engine.compile.analyse import analyse
from engine.graph.model import Node, Recipe, Snapshot
from engine.layers.loss import enlargement
from engine.layers.merge import stride_between
from engine.layers.shape import corrected


def codes(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(p.code, p.node) for p in analyse(snapshot).problems]


def dense(*layers: Node) -> Snapshot:
    """Layers in a row between the digits and cross-entropy."""
    nodes = [node("mnist1", "mnist5k"), node("flatten1", "flatten"), *layers, node("loss1", "cross_entropy")]
    names = [n.id for n in nodes[1:-1]]
    chain = ", ".join(f"{one} > {two}" for one, two in pairwise(names))
    return network(nodes, f"mnist1.image > flatten1, {chain}, {names[-1]} > loss1.prediction, mnist1.label > loss1.target")


def fc(name: str, width: int, **params: object) -> Node:
    return node(name, "linear", out_features=width, **params)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((fc("fc1", 100), fc("fc2", 10)), [("no-activation", "fc2")]),
        ((fc("fc1", 100), node("drop1", "dropout"), fc("fc2", 10)), [("no-activation", "fc2")]),
        ((fc("fc1", 100), fc("fc2", 50), fc("fc3", 10)), [("no-activation", "fc2"), ("no-activation", "fc3")]),
        ((fc("fc1", 100), node("tanh1", "tanh"), fc("fc2", 10)), []),
        ((fc("fc1", 5), fc("fc2", 10)), []),  # narrower than both ends: fewer weights, which may be meant
        ((fc("fc1", 784, init="identity"), fc("fc2", 10)), []),  # a layer that begins as nothing
        ((fc("fc1", 100), node("norm1", "batch_norm"), fc("fc2", 10)), []),
    ],
)
def test_two_linear_layers_in_a_row(layers: tuple[Node, ...], said: list[tuple[str, str]]) -> None:
    assert [pair for pair in codes(dense(*layers)) if pair[0] == "no-activation"] == said


def test_two_readers_make_the_middle_a_thing_of_its_own() -> None:
    snapshot = dense(fc("fc1", 100), fc("fc2", 10))
    second = replace(snapshot, nodes=(*snapshot.nodes, node("watch1", "watch")), wires=(*snapshot.wires, *wires("fc1 > watch1.x")))
    assert ("no-activation", "fc2") not in codes(second)


@pytest.mark.parametrize(("loss", "function", "code"), [("cross_entropy", "tanh", "cut-scores"), ("hinge", "relu", "cut-scores"), ("hinge", "softmax", "")])
def test_functions_before_a_loss_that_wants_scores(loss: str, function: str, code: str) -> None:
    snapshot = with_node(dense(fc("fc1", 10), node("f1", function)), "loss1", type=loss)
    assert codes(snapshot) == ([(code, "f1")] if code else [])


@pytest.mark.parametrize(
    ("optimizer", "rate", "odd"),
    [("sgd", 0.05, False), ("sgd", 10.0, False), ("sgd", 30.0, True), ("sgd", 1e-5, False), ("sgd", 1e-7, True), ("adam", 0.3, False), ("adam", 1.0, True)],
)
def test_rates_far_from_what_is_usual(optimizer: str, rate: float, odd: bool) -> None:
    found = analyse(lenet(optimizer=optimizer, learning_rate=rate)).problems
    assert [p.code for p in found] == (["odd-rate"] if odd else [])
    if odd:
        assert f"{rate:g}" in found[0].message and found[0].remedies[0].params == {"learning_rate": 0.05 if optimizer == "sgd" else 0.001}


def test_the_whole_dataset_is_a_fair_batch_and_more_is_not() -> None:
    assert analyse(lenet(batch_size=4000)).problems == ()
    (problem,) = analyse(lenet(batch_size=4001)).problems
    assert [r.params["batch_size"] for r in problem.remedies] == [64, 4000] and "4,000 training samples" in problem.message


def test_one_layer_that_learns_is_enough() -> None:
    frozen = replace(lenet(), nodes=tuple(replace(n, frozen=True) for n in lenet().nodes))
    assert codes(frozen) == [("all-frozen", "fc2")]
    assert codes(with_node(frozen, "conv1", frozen=False)) == []
    assert codes(with_node(frozen, "fc2", frozen=False, lr_factor=0.0)) == [("all-frozen", "fc2")]


def test_a_wire_is_offered_from_the_nearest_loose_end() -> None:
    (problem,) = analyse(without_wire(lenet(), "conv2")).problems
    assert [(r.title, r.note) for r in problem.remedies] == [("Wire pool1", "C16 H14 W14 arrives")]
    (first,) = analyse(without_wire(lenet(), "conv1")).problems
    assert first.remedies[0].title == "Wire image of mnist1" and first.remedies[0].params == {"output": "image"}
    # A circle is never offered: what comes after the node cannot feed it.
    short = without_wire(without_wire(lenet(), "conv2"), "pool1")
    assert [r.title for p in analyse(short).problems if p.node == "pool1" for r in p.remedies if r.action == "connect"] == ["Wire relu1"]


def test_the_layer_that_sets_the_size_of_a_branch_is_offered_another_stride() -> None:
    snapshot = with_node(residual(), "shortcut", params={"out_channels": 16, "kernel_size": 1, "bias": False})
    (problem,) = analyse(snapshot).problems
    assert ("Give shortcut stride 2", {"stride": 2}) in [(r.title, r.params) for r in problem.remedies]


def test_cross_entropy_is_offered_for_class_labels_only() -> None:
    (problem,) = analyse(with_node(lenet(), "cross_entropy1", type="mse")).problems
    assert "Use CrossEntropy instead" in [r.title for r in problem.remedies]
    picture = replace(lenet(), wires=(*(w for w in lenet().wires if w.target_port != "target"), *wires("mnist1.image > cross_entropy1.target")))
    (other,) = analyse(with_node(picture, "cross_entropy1", type="mse")).problems
    assert "Use CrossEntropy instead" not in [r.title for r in other.remedies]


def test_an_empty_canvas_is_offered_the_shipped_digits() -> None:
    (problem,) = analyse(Snapshot(recipe=Recipe())).problems
    assert [r.title for r in problem.remedies] == ["Add MNIST 5k"]


@pytest.mark.parametrize(
    ("large", "small", "stride"),
    [((14, 14), (7, 7), 2), ((7, 7), (4, 4), 2), ((28, 28), (7, 7), 4), ((14, 28), (7, 7), 0), ((7, 7), (14, 14), 0), ((9, 9), (9, 9), 1), ((5, 5), (0, 0), 0)],
)
def test_strides_between_sizes(large: tuple[int, int], small: tuple[int, int], stride: int) -> None:
    assert stride_between((64, 8, *large), (64, 8, *small)) == stride


@pytest.mark.parametrize(
    ("prediction", "target", "factor"),
    [
        ((2, 4, 24, 24), (2, 48, 48), 2),
        ((2, 4, 20, 24), (2, 48, 48), 0),
        ((2, 4, 48, 24), (2, 48, 48), 0),
        ((2, 4), (2, 48, 48), 0),
        ((2, 4, 16, 12), (2, 48, 36), 3),
    ],
)
def test_how_much_maps_lack_of_a_mask(prediction: tuple[int, ...], target: tuple[int, ...], factor: int) -> None:
    assert enlargement(prediction, target) == factor


@pytest.mark.parametrize(
    ("shape", "total", "better"), [((1, 28, 27), 784, (1, 28, 28)), ((10, 10), 120, (10, 12)), ((7, 11), 13, ()), ((4, 5), 30, (6, 5)), ((-1, 7), 16, ())]
)
def test_the_one_size_that_makes_a_reshape_fit(shape: tuple[int, ...], total: int, better: tuple[int, ...]) -> None:
    assert [remedy.params["shape"] for remedy in corrected(shape, total)] == ([better] if better else [])
