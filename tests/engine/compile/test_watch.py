"""A Watch keeps a value in the network and adds nothing to the loss."""

from __future__ import annotations

import torch

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph.model import Node, Snapshot, Wire, frozen

NODES = (
    Node("mnist1", "mnist5k"),
    Node("flatten1", "flatten"),
    Node("fc1", "linear", frozen({"out_features": 10})),
    Node("tanh1", "tanh"),
    Node("cross_entropy1", "cross_entropy"),
    Node("watch1", "watch"),
)
WIRES = (
    Wire("mnist1", "image", "flatten1", "x"),
    Wire("flatten1", "out", "fc1", "x"),
    Wire("flatten1", "out", "tanh1", "x"),
    Wire("fc1", "out", "cross_entropy1", "prediction"),
    Wire("mnist1", "label", "cross_entropy1", "target"),
    Wire("tanh1", "out", "watch1", "x"),
)


def test_what_is_watched_is_computed_and_costs_nothing() -> None:
    analysis = analyse(Snapshot(nodes=NODES, wires=WIRES))
    assert analysis.problems == () and analysis.source.losses == ("cross_entropy1",) and ("tanh1", "out") in analysis.source.outputs
    made = build(analysis.source)
    x, y = torch.randn(4, 1, 28, 28), torch.tensor([1, 2, 3, 4])
    scores, watched = made.net(x)
    assert torch.equal(watched, x.flatten(1).tanh()) and "watch" not in analysis.source.text
    assert torch.equal(made.loss((scores, watched), y), torch.nn.functional.cross_entropy(scores, y))


def test_without_a_watch_it_is_left_out() -> None:
    source = analyse(Snapshot(nodes=NODES[:-1], wires=WIRES[:-1])).source
    assert "tanh" not in source.text
