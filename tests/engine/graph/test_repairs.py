"""Repairs as ops: what each kind of them does to a document, exactly undone by its inverse, and refused in words when its node is gone."""

from __future__ import annotations

import pytest

from engine.graph import edits
from engine.graph.document import Document, EditError
from engine.graph.model import Node, Recipe, Snapshot, Wire
from engine.graph.problem import ERROR, WHOLE, Problem, Remedy
from engine.graph.repairs import REPAIRS

NODES = (
    Node("mnist1", "mnist5k", {}, (0.0, 0.0)),
    Node("flatten1", "flatten", {}, (250.0, 0.0)),
    Node("fc1", "linear", {"out_features": 32}, (500.0, 0.0), frozen=True),
    Node("relu1", "relu", {}, (750.0, 0.0)),
    Node("fc2", "linear", {"out_features": 10}, (1000.0, 0.0), lr_factor=0.0),
    Node("loss1", "mse", {}, (1250.0, 0.0)),
)
WIRES = (
    Wire("mnist1", "image", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "relu1", "x"), Wire("relu1", "out", "fc2", "x"),
    Wire("fc2", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target"),
)  # fmt: skip
CHAIN = Snapshot(nodes=NODES, wires=WIRES, recipe=Recipe(batch_size=1))


def after(remedy: Remedy, node: str = "fc1", snapshot: Snapshot = CHAIN) -> Snapshot:
    """The document after the repair, which one step back is exactly what it was."""
    document = Document(snapshot)
    before = document.snapshot()
    inverse = document.apply(edits.remedy(before, Problem(ERROR, "some", "Something is wrong.", node, remedies=(remedy,))))
    mended = document.snapshot()
    document.apply(inverse)
    assert document.snapshot() == before and mended != before
    return mended


def chain(snapshot: Snapshot, end: str = "loss1", port: str = "prediction") -> list[str]:
    """The types along the first inputs, from the data on."""
    wire, found = snapshot.incoming()[end].get(port), [snapshot.node(end).type]
    while wire is not None:
        found.append(snapshot.node(wire.source).type)
        wire = next(iter(snapshot.incoming()[wire.source].values()), None)
    return found[::-1]


def test_behind_goes_between_a_node_and_all_that_read_it() -> None:
    shared = Snapshot(nodes=(*NODES, Node("drop1", "dropout", {}, (750.0, 200.0))), wires=(*WIRES, Wire("fc1", "out", "drop1", "x")))
    mended = after(Remedy("", "behind", "tanh", "out"), snapshot=shared)
    assert {wire.target for wire in mended.wires if wire.source == "fc1"} == {"tanh1"}
    assert {wire.target for wire in mended.wires if wire.source == "tanh1"} == {"relu1", "drop1"}
    assert mended.node("relu1").pos[0] >= mended.node("tanh1").pos[0] + 160  # there is room
    assert mended.node("drop1").pos == (750.0, 200.0)  # and other rows stay


def test_replace_keeps_the_wires_of_ports_that_both_have() -> None:
    mended = after(Remedy("", "replace", "cross_entropy"), "loss1")
    assert "loss1" not in mended.by_id() and mended.node("cross_entropy1").pos == (1250.0, 0.0)
    assert {(w.source, w.target_port) for w in mended.wires if w.target == "cross_entropy1"} == {("fc2", "prediction"), ("mnist1", "target")}
    other = after(Remedy("", "replace", "sigmoid"), "relu1")
    assert chain(other)[-4:] == ["linear", "sigmoid", "linear", "mse"]


def test_recipe_needs_no_node() -> None:
    assert after(Remedy("", "recipe", params={"batch_size": 32}), "").recipe.batch_size == 32


def test_data_goes_in_front_of_what_waits_for_it() -> None:
    bare = Snapshot(nodes=NODES[1:], wires=tuple(w for w in WIRES if w.source != "mnist1"))
    mended = after(Remedy("", "data", "mnist5k"), "", bare)
    assert set(mended.wires) == set(WIRES) and mended.node("mnist1").pos == (30.0, 0.0)
    assert [node.type for node in after(Remedy("", "data", "scenes"), "", Snapshot()).nodes] == ["scenes"]


def test_a_loss_is_added_with_its_target() -> None:
    open_end = Snapshot(nodes=NODES[:-1], wires=WIRES[:-2])
    mended = after(Remedy("", "add", "cross_entropy", node="fc2", params={"data": "mnist1", "output": "label"}), "fc2", open_end)
    assert {(w.source, w.source_port, w.target_port) for w in mended.wires if w.target == "cross_entropy1"} == {
        ("fc2", "out", "prediction"),
        ("mnist1", "label", "target"),
    }
    alone = after(Remedy("", "add", "cross_entropy", params={"data": "gone", "output": "label"}), "fc2", open_end)
    assert [w.target_port for w in alone.wires if w.target == "cross_entropy1"] == ["prediction"]


def test_several_nodes_are_switched_off_or_let_learn_in_one_step() -> None:
    off = after(Remedy("", "bypass", params={"nodes": ("relu1", "flatten1", "gone")}))
    assert [node.id for node in off.nodes if node.bypassed] == ["flatten1", "relu1"]
    awake = after(Remedy("", "unfreeze", params={"nodes": ("fc1", "fc2")}))
    assert [(node.frozen, node.lr_factor) for node in (awake.node("fc1"), awake.node("fc2"))] == [(False, 1.0), (False, 1.0)]
    assert after(Remedy("", "unfreeze"), "fc2").node("fc1").frozen


def test_take_over_leaves_one_dataset() -> None:
    second = Snapshot(
        nodes=(*NODES, Node("mnist2", "mnist5k", {}, (0.0, 300.0))), wires=(*WIRES[:-1], Wire("mnist2", "label", "loss1", "target")), recipe=CHAIN.recipe
    )
    assert after(Remedy("", "take-over", node="mnist1"), "mnist2", second) == Document(CHAIN).snapshot()


@pytest.mark.parametrize("action", sorted(REPAIRS.keys() - set(WHOLE)))
def test_a_repair_of_what_is_gone_is_refused_in_words(action: str) -> None:
    remedy = Remedy("", action, "relu", "ghost", params={"output": "out"})
    problem = Problem(ERROR, "some", "Something is wrong.", "nobody", remedies=(remedy,))
    with pytest.raises(EditError, match="nobody is gone"):
        edits.remedy(CHAIN, problem)


def test_a_repair_from_a_later_version_is_refused() -> None:
    with pytest.raises(EditError, match="no repair that this version knows"):
        edits.remedy(CHAIN, Problem(ERROR, "some", "Something is wrong.", "fc1", remedies=(Remedy("", "pray"),)))
