"""Reading order, bypasses, and what belongs to Net."""

from __future__ import annotations

import random
from dataclasses import replace

from compile_networks import deep, lenet, network, node, residual, wires, with_node

from engine.compile.order import wiring
from engine.graph.model import Snapshot, Wire


def test_the_main_branch_comes_before_the_shortcut() -> None:
    order = wiring(residual()).order
    assert order.index("bn3") < order.index("shortcut") < order.index("add1")
    assert order == (
        "mnist1", "conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3", "shortcut", "add1", "relu3", "mean1", "fc1", "cross_entropy1",
    )  # fmt: skip


def test_the_order_depends_on_ids_and_ports_only() -> None:
    snapshot = deep(6)
    dice = random.Random(0)
    for _ in range(5):
        nodes, lines = list(snapshot.nodes), list(snapshot.wires)
        dice.shuffle(nodes)
        dice.shuffle(lines)
        assert wiring(Snapshot(nodes=tuple(nodes), wires=tuple(lines))).order == wiring(snapshot).order


def test_every_source_comes_before_its_readers() -> None:
    snapshot = deep()
    place = {node_id: index for index, node_id in enumerate(wiring(snapshot).order)}
    assert len(place) == len(snapshot.nodes) and all(place[w.source] < place[w.target] for w in snapshot.wires)


def test_a_very_long_chain_needs_no_deep_stack() -> None:
    nodes = [node("mnist1", "mnist5k"), *(node(f"relu{i}", "relu") for i in range(5000))]
    chain = tuple(Wire(f"relu{i}", "out", f"relu{i + 1}", "x") for i in range(4999))
    assert len(wiring(Snapshot(nodes=tuple(nodes), wires=(*wires("mnist1.image > relu0"), *chain))).order) == 5001


def test_bypassed_nodes_are_looked_through() -> None:
    snapshot = with_node(with_node(lenet(), "relu1", bypassed=True), "pool1", bypassed=True)
    wired = wiring(snapshot)
    assert wired.feeds("conv2") == [("conv1", "out")]
    assert {"relu1", "pool1"} <= wired.relevant and not {"relu1", "pool1"} & wired.members
    # A loss declares nothing to pass through, so its bypass flag has no effect.
    assert wiring(with_node(lenet(), "cross_entropy1", bypassed=True)).losses == ["cross_entropy1"]


def test_net_holds_what_the_losses_depend_on() -> None:
    snapshot = lenet()
    more = replace(snapshot, nodes=(*snapshot.nodes, node("drop1", "dropout"), node("mse1", "mse")), wires=(*snapshot.wires, *wires("relu2 > drop1")))
    wired = wiring(more)
    assert wired.losses == ["cross_entropy1"] and wired.sinks == ["drop1"]
    assert "drop1" not in wired.members and "mse1" not in wired.relevant and "mnist1" in wired.relevant and "mnist1" not in wired.members


def test_without_a_loss_everything_belongs_to_net() -> None:
    snapshot = lenet()
    open_end = replace(snapshot, nodes=snapshot.nodes[:-1], wires=tuple(w for w in snapshot.wires if w.target != "cross_entropy1"))
    assert wiring(open_end).members == {n.id for n in snapshot.nodes} - {"mnist1", "cross_entropy1"}


def test_cycles_and_wires_to_nothing_are_survived() -> None:
    four = [node(name, "relu") for name in "abcd"]
    wired = wiring(network(four, "a > b, b > c, c > a, c > d, a > ghost, ghost > a.y, d > d.x"))
    assert sorted(wired.order) == ["a", "b", "c", "d"] and wired.looped == {"a", "b", "c", "d"}
    loop = network(four[:3], "a > b, b > a, b > c")
    assert wiring(with_node(with_node(loop, "a", bypassed=True), "b", bypassed=True)).feeds("c") == [None]


def test_other_parameters_leave_the_wires_as_they_are() -> None:
    """The tables are made once; what decides over wires is looked at each time: ports, bypasses, choices, rows of blocks."""
    snapshot = lenet()
    first = wiring(snapshot)
    assert "conv1" in first.members and first.names["fc1"] == "fc1"
    wider = wiring(with_node(snapshot, "conv1", params={"out_channels": 3}))
    assert wider.sources is first.sources and wider.members is first.members and wider.nodes["conv1"].params["out_channels"] == 3
    assert wiring(with_node(snapshot, "relu1", bypassed=True)).feeds("pool1") == [("conv1", "out")]
    assert wiring(replace(snapshot, wires=snapshot.wires[:-1])).sources["cross_entropy1"] == {"prediction": ("fc2", "out")}
    assert wiring(replace(snapshot, recipe=replace(snapshot.recipe, batch_size=7))).recipe.batch_size == 7
    choice = network(
        [node("a", "identity"), node("b", "identity"), node("pick", "choose", take="a"), node("end", "relu")], "a > pick.a, b > pick.b, pick > end"
    )
    taken = [wiring(with_node(choice, "pick", params={"take": take})).feeds("end") for take in ("a", "b", "a")]
    assert taken == [[("a", "out")], [("b", "out")], [("a", "out")]]
