"""Nodes that use the weights of others: one module in the source, one set of weights, and problems where that cannot be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.compile.source import generate
from engine.graph import edits, text
from engine.graph.document import Document, EditError
from engine.graph.model import Node, Snapshot, Wire


def siamese(**shares: str) -> Snapshot:
    """Three equal convolutions in a row; `shares` says who uses whose weights."""
    conv = {"out_channels": 4, "kernel_size": 3, "padding": 1}
    nodes = [Node("mnist1", "mnist5k"), *(Node(f"conv{n}", "conv2d", {**conv}) for n in (1, 2, 3, 4)), Node("flatten1", "flatten")]
    nodes += [Node("fc1", "linear", {"out_features": 10})]
    wires = [Wire(a.id, "image" if a.id == "mnist1" else "out", b.id, "x") for a, b in pairwise(nodes)]
    wires += [Wire("fc1", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    nodes += [Node("loss1", "cross_entropy")]
    return Snapshot(nodes=tuple(replace(node, shares=shares.get(node.id, "")) for node in nodes), wires=tuple(wires))


def test_a_shared_layer_is_one_module_that_is_called_twice():
    analysis = analyse(siamese(conv3="conv2", conv4="conv3"))
    text_ = analysis.source.text
    assert analysis.errors == () and text_.count("self.conv2(") == 3 and "conv3" not in text_
    assert analysis.source.modules["conv3"] == analysis.source.modules["conv4"] == "conv2"
    net = build(analysis.source).net
    assert sum(w.numel() for w in net.parameters()) == analysis.parameters == analyse(siamese()).parameters - 2 * (4 * 4 * 9 + 4)
    assert [name for name in net.state_dict() if "conv" in name] == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]
    assert analysis.nodes["conv3"].parameters == 0 and analysis.nodes["conv2"].parameters == 148


def test_gradients_of_all_uses_add_up():
    net = build(analyse(siamese(conv3="conv2")).source, seed=2).net.double()
    x = torch.randn(2, 1, 28, 28, dtype=torch.float64)
    net(x).square().sum().backward()
    weight = net.conv2.weight
    change, step = torch.randn_like(weight), 1e-6
    losses = []
    for sign in (1, -1):
        with torch.no_grad():
            weight.add_(sign * step * change)
            losses.append(net(x).square().sum().item())
            weight.sub_(sign * step * change)
    assert (losses[0] - losses[1]) / (2 * step) == pytest.approx((weight.grad * change).sum().item(), rel=1e-5)


def test_taps_see_both_uses():
    snapshot = siamese(conv3="conv2")
    source = generate(snapshot, facts=analyse(snapshot).nodes, taps=True)
    assert 'tap("conv2", self.conv2(x))' in source.text and 'tap("conv3", self.conv2(' in source.text


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"conv2": "conv1"}, "conv2 cannot use the weights of conv1: it would be nn.Conv2d(4, 4, 3, padding=1), and conv1 is nn.Conv2d(1, 4, 3, padding=1)"),
        ({"conv2": "fc1"}, "it is a Conv2d, fc1 a Linear"),
        ({"conv2": "lost"}, "there is no node lost"),
        ({"conv2": "conv3", "conv3": "conv2"}, "in a circle"),
        ({"conv2": "conv2"}, "in a circle"),
        ({"flatten1": "flatten1"}, "in a circle"),
    ],
)
def test_sharing_that_cannot_be_is_named(shares: dict[str, str], words: str):
    analysis = analyse(siamese(**shares))
    assert words in analysis.errors[0].message and analysis.errors[0].code == "shared-weights"
    build(analysis.source).net(torch.zeros(1, 1, 28, 28))  # it keeps weights of its own, so everything else still shows


def test_layers_without_weights_and_loose_owners_are_refused():
    snapshot = siamese(conv3="spare")
    snapshot = replace(snapshot, nodes=(*snapshot.nodes, Node("spare", "conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1})))
    assert "spare is no working part of the network" in analyse(snapshot).errors[0].message
    twice = replace(snapshot, nodes=(*(replace(n, shares="") for n in snapshot.nodes), Node("flatten2", "flatten")))
    assert not analyse(twice).errors


def test_repairs_take_over_parameters_or_end_the_sharing():
    snapshot = siamese(conv3="conv2")
    snapshot = replace(snapshot, nodes=tuple(replace(n, params={**n.params, "kernel_size": 5, "padding": 2}) if n.id == "conv3" else n for n in snapshot.nodes))
    (problem,) = analyse(snapshot).errors
    assert [remedy.title for remedy in problem.remedies] == ["Take over the parameters of conv2", "Give it weights of its own"]
    for index in (0, 1):
        document = Document(snapshot)
        document.apply(edits.remedy(snapshot, problem, index))
        assert not analyse(document.snapshot()).errors
        assert document.node("conv3").shares == ("conv2" if index == 0 else "")


def test_sharing_survives_files_renames_copies_and_deletions():
    snapshot = siamese(conv3="conv2", conv4="conv2")
    assert text.load(text.dump(snapshot)).node("conv3").shares == "conv2"
    document = Document(snapshot)
    before = document.snapshot()
    undo = document.apply(edits.rename(before, "conv2", "stem"))
    assert document.node("conv3").shares == document.node("conv4").shares == "stem"
    document.apply(undo)
    assert document.snapshot() == before
    ops, names = edits.duplicate(before, ["conv3", "conv2"])
    document.apply(ops)
    assert sorted(document.node(name).shares for name in names) == ["", next(n for n in names if not document.node(n).shares)]
    document = Document(snapshot)
    undo = document.apply(edits.delete(before, ["conv2"]))
    assert (document.node("conv3").shares, document.node("conv4").shares) == ("", "conv3")
    document.apply(undo)
    assert document.snapshot() == before


def test_a_chain_is_handed_on_when_its_middle_is_deleted():
    document = Document(siamese(conv3="conv2", conv4="conv3"))
    document.apply(edits.delete(document.snapshot(), ["conv3"]))
    assert document.node("conv4").shares == "conv2"


@pytest.mark.parametrize(("node", "other", "words"), [("conv2", "conv3", "uses those of conv2"), ("conv2", "fc1", "same type"), ("conv2", "lost", "same type")])
def test_sharing_is_refused_while_editing(node: str, other: str, words: str):
    with pytest.raises(EditError, match=words):
        edits.share_weights(siamese(conv3="conv2"), node, other)
