"""Weights inside blocks: how they begin, who shares them, and how fast they learn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from block_networks import CHANNELS, around, ex, node, port, use, wires

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph import blocks, edits, text
from engine.graph import ops as o
from engine.graph.document import Document, EditError
from engine.graph.model import Block, BlockParam, Node, Recipe, Snapshot, Value
from engine.probe.tap import Twin
from engine.train.setup import factors_of


def conv(node_id: str, **params: Value) -> Node:
    return node(node_id, "conv2d", out_channels=ex("channels"), kernel_size=3, padding=1, **params)


def pair(*, shares: str = "", **params: Value) -> Block:
    """Three convolutions in a row; the last may use the weights of another."""
    nodes = (port("x", "in"), conv("conv1", **params), conv("conv2"), replace(conv("conv3"), shares=shares), port("y", "out"))
    return Block("Pair", params=(CHANNELS,), nodes=nodes, wires=wires("x > conv1, conv1 > conv2, conv2 > conv3, conv3 > y"))


def two(block: Block, first: dict[str, Value], second: dict[str, Value], **recipe: Value) -> Snapshot:
    """Two instances of a block, one behind the other."""
    nodes = (node("input1", "input", shape=(3, 8, 8), classes=10), use("b1", block.id, **first), use("b2", block.id, **second),
             node("mean1", "global_avg_pool"), node("fc1", "linear", out_features=10), node("ce1", "cross_entropy"))  # fmt: skip
    chain = "input1.image > b1, b1.y > b2, b2.y > mean1, mean1 > fc1, fc1 > ce1.prediction, input1.label > ce1.target"
    return Snapshot(nodes, wires(chain), recipe=replace(Recipe(batch_size=2), **recipe), blocks=(block,))


def test_the_recipe_says_how_weights_inside_begin() -> None:
    plain, asked = two(pair(), {"channels": 4}, {"channels": 6}), two(pair(), {"channels": 4}, {"channels": 6}, init="he_normal", bias_init="0")
    assert "nn.init" not in analyse(plain).source.text
    source = analyse(asked).source
    assert source.text.count("class Pair") == 1 and source.text.count("nn.init.kaiming_normal_(self.conv1.weight)") == 1
    lines = source.text.splitlines()
    assert {source.block_lines[number][1] for number, line in enumerate(lines, 1) if "nn.init.zeros_(self.conv" in line} == {"conv1", "conv2", "conv3"}
    net = build(source, seed=1).net
    assert (net.b1.conv2.bias == 0).all() and (net.b2.conv1.bias == 0).all()
    assert "nn.init" not in analyse(plain).source.text, "what is remembered of a body holds for any recipe"


def test_only_bodies_whose_weights_begin_alike_share_a_class() -> None:
    value = BlockParam("value", "float", 0.5, -10, 10)
    block = pair(init="constant", init_value=ex("value"))
    block = replace(block, params=(*block.params, value))
    one = analyse(two(block, {"channels": 4}, {"channels": 6})).source.text
    assert one.count("(nn.Module)") == 2 and "value" not in one
    source = analyse(two(block, {"channels": 4, "value": 0.25}, {"channels": 6})).source
    assert source.text.count("(nn.Module)") == 3
    net = build(source).net
    assert (net.b1.conv1.weight == 0.25).all() and (net.b2.conv1.weight == 0.5).all()


def test_fans_that_stand_in_the_line_part_the_classes() -> None:
    net = build(analyse(two(pair(init="xavier_normal", init_fan="fan_in"), {"channels": 32}, {"channels": 64})).source, seed=1).net
    assert net.b1.conv1.weight.std().item() == pytest.approx((1 / 27) ** 0.5, rel=0.1)
    assert net.b2.conv1.weight.std().item() == pytest.approx((1 / (32 * 9)) ** 0.5, rel=0.1)


def test_layers_of_a_block_share_weights() -> None:
    snapshot = two(pair(shares="conv2"), {"channels": 4, "repeat": 2}, {"channels": 6})
    analysis = analyse(snapshot)
    assert not analysis.errors and "conv3 = nn" not in analysis.source.text and analysis.source.text.count("self.conv2(") == 2
    net = build(analysis.source, seed=1).net
    assert sum(weight.numel() for weight in net.parameters()) == analysis.parameters
    assert analysis.facts("b1/conv3").parameters == 0 and analysis.facts("b1/conv2").parameters == 4 * 4 * 9 + 4
    assert analysis.source.block_modules["Pair"]["conv3"] == "conv2"
    seen = Twin(net, snapshot, analysis.nodes).values((torch.randn(2, 3, 8, 8),))
    with torch.inference_mode():
        assert torch.equal(seen["b1.1/conv3"], net.b1[1].conv2(seen["b1.1/conv2"]))


def test_sharing_inside_that_cannot_be_is_a_problem_with_a_repair() -> None:
    snapshot = two(pair(shares="conv1"), {"channels": 4}, {"channels": 4})
    (problem,) = [found for found in analyse(snapshot).errors if found.code == "shared-weights"]
    assert "conv3 cannot use the weights of conv1" in problem.message and (problem.node, problem.path) == ("b1", "b1/conv3")
    document = Document(snapshot)
    document.apply(edits.remedy(snapshot, problem, 0))
    assert not analyse(document.snapshot()).errors


def test_whole_blocks_do_not_share() -> None:
    snapshot = two(pair(), {"channels": 3}, {"channels": 3})
    with pytest.raises(EditError, match="whole blocks"):
        edits.share_weights(snapshot, "b2", "b1")
    snapshot = replace(snapshot, nodes=tuple(replace(n, shares="b1") if n.id == "b2" else n for n in snapshot.nodes))
    analysis = analyse(snapshot)
    assert "whole blocks have weights of their own" in analysis.errors[0].message and analysis.errors[0].node == "b2"
    build(analysis.source).net(torch.zeros(2, 3, 8, 8))


def test_factors_of_an_instance_and_of_its_inside_multiply() -> None:
    block = pair(shares="conv2")
    block = replace(block, nodes=tuple(replace(n, lr_factor={"conv1": 0.5, "conv3": 9.0}.get(n.id, 1.0)) for n in block.nodes))
    snapshot = two(block, {"channels": 4, "repeat": 2}, {"channels": 4})
    snapshot = replace(snapshot, nodes=tuple(replace(n, lr_factor=2.0) if n.id == "b1" else n for n in snapshot.nodes))
    built = build(analyse(snapshot).source)
    factors = factors_of(snapshot, built)
    told = {name: factors.get(id(weight), 1.0) for name, weight in built.net.named_parameters() if name.endswith("weight")}
    assert told == {"b1.0.conv1.weight": 1, "b1.0.conv2.weight": 2, "b1.1.conv1.weight": 1, "b1.1.conv2.weight": 2,
                    "b2.conv1.weight": 0.5, "b2.conv2.weight": 1, "fc1.weight": 1}  # fmt: skip


def test_expanding_keeps_sharing_and_factors_and_grouping_is_its_inverse() -> None:
    block = pair(shares="conv2")
    snapshot = around(replace(block, nodes=tuple(replace(n, lr_factor=0.5) if n.id == "conv1" else n for n in block.nodes)), channels=4, repeat=2)
    snapshot = replace(snapshot, nodes=tuple(replace(n, lr_factor=4.0) if n.id == "b1" else n for n in snapshot.nodes))
    document = Document(snapshot)
    ops, names = blocks.expand(snapshot, "b1")
    document.apply(ops)
    sharing = {name: document.node(name).shares for name in names}
    assert [owner for owner in sharing.values() if owner] == [names[1], names[4]]
    assert document.node("conv1").lr_factor == 2.0 and document.node("conv2").lr_factor == 4.0
    flat = document.snapshot()
    assert not analyse(flat).errors and analyse(flat).parameters == analyse(snapshot).parameters
    document.apply(blocks.group(flat, names)[0])
    assert not analyse(document.snapshot()).errors and analyse(document.snapshot()).parameters == analyse(snapshot).parameters


def test_a_group_cuts_no_shared_weights() -> None:
    snapshot = around(pair(shares="conv2"), channels=4)
    document = Document(snapshot)
    document.apply(blocks.expand(snapshot, "b1")[0])
    for chosen in (["conv3"], ["conv1", "conv2"]):
        with pytest.raises(EditError, match="conv3 uses the weights of conv2"):
            blocks.group(document.snapshot(), chosen)


def test_inner_fields_survive_files_and_renames() -> None:
    snapshot = around(pair(shares="conv2"), channels=4)
    document = Document(snapshot)
    before = document.snapshot()
    undo = document.apply([o.InBlock("Pair", o.RenameNode("conv2", "stem")), o.InBlock("Pair", o.SetNode("conv1", {"lr_factor": 0.25}))])
    body = document.snapshot().body("Pair")
    assert body.node("conv3").shares == "stem" and body.node("conv1").lr_factor == 0.25
    assert text.load(text.dump(document.snapshot())) == document.snapshot()
    document.apply(undo)
    assert document.snapshot() == before


def test_a_new_default_reaches_instances_that_leave_it_open() -> None:
    snapshot = around(pair())
    document = Document(snapshot)
    assert analyse(document.snapshot()).nodes["b1"].outputs["y"][1] == 64
    document.apply([o.SetBlock("Pair", {"params": (replace(CHANNELS, default=5),)})])
    assert analyse(document.snapshot()).nodes["b1"].outputs["y"][1] == 5
