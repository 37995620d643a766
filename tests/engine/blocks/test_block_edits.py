"""Gestures on blocks: grouping and expanding are exact inverses, undo is exact inside and outside alike, networks stay what they were."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
import torch
from block_networks import CHANNELS, around, basic, ex, node, port, resnet, use, wires, with_params
from hypothesis import HealthCheck, given, settings

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph import blocks, clipboard, edits, inside, text
from engine.graph import ops as o
from engine.graph.document import Document, EditError
from engine.graph.expression import Expression
from engine.graph.model import BLOCK, INPUT, OUTPUT, Block, BlockParam, Node, Recipe, Snapshot, Wire, block_of

slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def residual() -> Snapshot:
    """Two residual blocks drawn by hand, with places as on a canvas."""
    nodes, chain, last = [node("input1", "input", shape=(3, 16, 16), classes=10)], [], "input1.image"
    for k, channels in enumerate((8, 16), 1):
        x = 600.0 * k
        nodes += [
            node(f"conv{k}1", "conv2d", x, 0.0, out_channels=channels, padding=1, bias=False), node(f"bn{k}1", "batch_norm", x + 100, 0.0),
            node(f"relu{k}1", "relu", x + 200, 0.0), node(f"conv{k}2", "conv2d", x + 300, 0.0, out_channels=channels, padding=1, bias=False),
            node(f"proj{k}", "conv2d", x + 100, 200.0, out_channels=channels, kernel_size=1), node(f"add{k}", "add", x + 400, 100.0),
            node(f"relu{k}2", "relu", x + 500, 100.0),
        ]  # fmt: skip
        chain.append(f"{last} > conv{k}1, conv{k}1 > bn{k}1, bn{k}1 > relu{k}1, relu{k}1 > conv{k}2, conv{k}2 > add{k}.a, {last} > proj{k}")
        chain.append(f"proj{k} > add{k}.b, add{k} > relu{k}2")
        last = f"relu{k}2"
    nodes += [node("mean1", "global_avg_pool", 2000.0), node("fc1", "linear", 2100.0, out_features=10), node("ce1", "cross_entropy", 2200.0)]
    chain.append(f"{last} > mean1, mean1 > fc1, fc1 > ce1.prediction, input1.label > ce1.target")
    return Document(Snapshot(tuple(nodes), wires(", ".join(chain)), recipe=Recipe(batch_size=2))).snapshot()


INNER = sorted(n.id for n in residual().nodes if n.type not in ("input", "cross_entropy"))


def applied(snapshot: Snapshot, ops: list[o.Op]) -> Snapshot:
    """`snapshot` after `ops`; undoing them must give it back."""
    document = Document(snapshot)
    inverse = document.apply(ops)
    after = document.snapshot()
    redo = document.apply(inverse)
    assert document.snapshot() == snapshot
    document.apply(redo)
    assert document.snapshot() == after and text.load(text.dump(after)) == after
    return after


@slow
@given(st.sets(st.sampled_from(INNER), min_size=1), st.sampled_from(["Residual block", "conv", "1 class", ""]))
def test_expand_is_the_exact_inverse_of_group(chosen: set[str], title: str) -> None:
    before = residual()
    try:
        ops, name = blocks.group(before, chosen, title)
    except EditError as error:
        assert "lies between" in str(error)
        return
    grouped = applied(before, ops)
    assert block_of(grouped.node(name).type) and not chosen & {n.id for n in grouped.nodes} - {name}
    assert applied(grouped, blocks.expand(grouped, name)[0]) == before
    whole, parts = analyse(before), analyse(grouped)
    assert parts.errors == () and (parts.parameters, parts.macs) == (whole.parameters, whole.macs)
    seen, path = whole.nodes, [n for n in sorted(chosen) if whole.nodes[n].outputs]
    assert all(parts.facts(f"{name}/{n}").outputs == seen[n].outputs and parts.facts(f"{name}/{n}").receptive == seen[n].receptive for n in path)


def test_a_grouped_network_computes_the_same() -> None:
    before = residual()
    grouped = applied(before, blocks.group(before, [n for n in INNER if "1" in n[-2:] and n not in ("mean1", "fc1")], "First")[0])
    nets = [build(analyse(s).source).net.eval() for s in (before, grouped)]
    flat = dict(nets[0].named_parameters()) | dict(nets[0].named_buffers())
    nets[1].load_state_dict({name: flat[name.removeprefix("first1.").removeprefix("first.")] for name in nets[1].state_dict()})
    image = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(nets[0](image), nets[1](image))


def test_ports_are_named_in_order_and_shared_by_what_one_output_feeds() -> None:
    before = residual()
    start = applied(before, blocks.group(before, ["conv11", "proj1"], "Odd one")[0])
    block = start.blocks[0]
    assert (block.id, block.title, block.ports(INPUT), block.ports(OUTPUT)) == ("OddOne", "Odd one", ("x",), ("y", "y2"))
    assert {Wire("oddone1", "y", "bn11", "x"), Wire("oddone1", "y2", "add1", "b"), Wire("input1", "image", "oddone1", "x")} <= set(start.wires)
    end = applied(before, blocks.group(before, ["conv12", "add1"], "End")[0])
    assert end.blocks[0].ports(INPUT) == ("x", "x2") and {Wire("relu11", "out", "end1", "x"), Wire("proj1", "out", "end1", "x2")} <= set(end.wires)


def test_ports_of_a_hole_are_refused_in_words() -> None:
    with pytest.raises(EditError, match=r"relu11 lies between|bn11 lies between|conv12 lies between"):
        blocks.group(residual(), ["conv11", "add1"], "Hole")
    for names, words in ((["input1"], "data and losses"), (["ce1", "fc1"], "data and losses"), ([], "Select")):
        with pytest.raises(EditError, match=words):
            blocks.group(residual(), names, "No")


def inner_edit(snapshot: Snapshot, draw: st.DrawFn) -> list[o.Op]:
    """One random gesture in the document or in one of its definitions."""
    kind = draw(st.sampled_from(["group", "group", "expand", "unique", "copy", "param", "expose", "unexpose", "rename", "delete", "move", "dive", "dive"]))
    names = [n.id for n in snapshot.nodes if n.type not in ("input", "cross_entropy")]
    if not names:
        return []
    name = draw(st.sampled_from(names))
    instances = [n.id for n in snapshot.nodes if block_of(n.type)]
    if kind == "group":
        return blocks.group(snapshot, draw(st.sets(st.sampled_from(names), min_size=1, max_size=5)), draw(st.sampled_from(["A", "Block"])))[0]
    if kind in ("expand", "unique", "copy") and instances:
        one = draw(st.sampled_from(instances))
        gestures = {
            "expand": lambda: blocks.expand(snapshot, one)[0],
            "unique": lambda: blocks.make_unique(snapshot, one)[0],
            "copy": lambda: clipboard.paste(snapshot, clipboard.copy_text(snapshot, [one]), (50, 50))[0],
        }
        return gestures[kind]()
    if kind in ("expose", "unexpose", "dive") and snapshot.blocks:
        return definition_edit(snapshot, draw, kind=kind)
    simple = {
        "param": lambda: edits.set_param(snapshot, name, draw(st.sampled_from(["out_channels", "repeat", "bias"])), value=draw(st.sampled_from([2, 5, True]))),
        "rename": lambda: edits.rename(snapshot, name, draw(st.sampled_from(["alpha", "beta", "x", "y9"]))),
        "delete": lambda: edits.delete(snapshot, [name]),
        "move": lambda: [o.MoveNodes({name: (draw(st.integers(-99, 99)), draw(st.integers(-99, 99)))})],
    }
    return simple[kind]() if kind in simple else []


def definition_edit(snapshot: Snapshot, draw: st.DrawFn, *, kind: str) -> list[o.Op]:
    block = draw(st.sampled_from(snapshot.blocks))
    whole = snapshot.outer or snapshot
    if kind == "dive":
        return inside.in_block(whole, block.id, inner_edit(whole.body(block.id), draw))
    if kind == "expose" and block.nodes:
        return blocks.expose(whole, block.id, draw(st.sampled_from(block.nodes)).id, draw(st.sampled_from(["out_channels", "bias", "channels", "padding"])))
    return blocks.unexpose(whole, block.id, draw(st.sampled_from(block.params)).name) if kind == "unexpose" and block.params else []


@slow
@given(st.data())
def test_undo_and_redo_are_exact_inside_and_outside(data: st.DataObject) -> None:
    document = Document(residual())
    history, undo = [document.snapshot()], []
    for _ in range(data.draw(st.integers(3, 25))):
        before = document.snapshot()
        try:
            undo.append(document.apply(inner_edit(before, data.draw)))
        except EditError:
            assert document.snapshot() == before, "a refused edit must change nothing"
            continue
        history.append(document.snapshot())
        assert all(w.source in document and w.target in document for w in document.wires)
    last = document.snapshot()
    assert text.load(text.dump(last)) == last
    analyse(last)
    redo = []
    for inverse, expected in zip(reversed(undo), reversed(history[:-1]), strict=True):
        redo.append(document.apply(inverse))
        assert document.snapshot() == expected
    for ops, expected in zip(reversed(redo), history[1:], strict=True):
        document.apply(ops)
        assert document.snapshot() == expected


def test_editing_a_definition_once_changes_every_instance_in_one_step() -> None:
    before = Document(resnet(size=32)).snapshot()
    ops = inside.in_block(before, "BasicBlock", edits.set_param(before.body("BasicBlock"), "conv2", "kernel_size", value=1))
    ops += inside.in_block(before, "BasicBlock", edits.set_param(before.body("BasicBlock"), "conv2", "padding", value=0))
    after = applied(before, ops)
    lost = sum(8 * c * c * n for c, n in ((64, 2), (128, 1), (256, 1), (512, 1)))
    assert analyse(before).parameters - analyse(after).parameters == lost


def test_make_unique_leaves_the_others_alone() -> None:
    before = Document(resnet(size=32)).snapshot()
    ops, name = blocks.make_unique(before, "stage2")
    after = applied(before, ops)
    assert name == "BasicBlock1" and after.node("stage2").type == BLOCK + name and after.node("stage3").type == BLOCK + "BasicBlock"
    assert after.wires == before.wires and analyse(after).parameters == analyse(before).parameters


def test_a_repeated_instance_expands_into_a_chain() -> None:
    before = Document(around(basic(), shape=(4, 8, 8), channels=4, repeat=3)).snapshot()
    ops, names = blocks.expand(before, "b1")
    after = applied(before, ops)
    assert after.blocks == () and len(names) == 21 and analyse(after).parameters == analyse(before).parameters and analyse(after).errors == ()
    assert all(not isinstance(v, Expression) for n in after.nodes for v in n.params.values())


def test_exposing_changes_nothing_but_who_decides() -> None:
    before = Document(around(basic(), shape=(64, 8, 8))).snapshot()
    opened = applied(before, blocks.expose(before, "BasicBlock", "conv2", "bias"))
    block = opened.block("BasicBlock")
    assert block.params[-1] == BlockParam("bias", "bool", False, help=block.params[-1].help)
    assert analyse(opened).parameters == analyse(before).parameters
    biased = applied(opened, edits.set_param(opened, "b1", "bias", value=True))
    assert analyse(biased).parameters == analyse(before).parameters + 64
    assert "bias=bias" in analyse(biased).source.text
    closed = applied(biased, blocks.unexpose(biased, "BasicBlock", "bias"))
    assert analyse(closed).parameters == analyse(biased).parameters and "bias" not in closed.node("b1").params
    with pytest.raises(EditError, match="follows channels already"):
        blocks.expose(before, "BasicBlock", "conv1", "out_channels")
    with pytest.raises(EditError, match="stays inside"):
        blocks.expose(before, "BasicBlock", "add1", "inputs")


def test_a_second_parameter_of_the_same_name_gets_another_word() -> None:
    before = Document(around(basic(), shape=(64, 8, 8))).snapshot()
    once = applied(before, blocks.expose(before, "BasicBlock", "conv1", "bias"))
    twice = applied(once, blocks.expose(once, "BasicBlock", "conv2", "bias"))
    assert [p.name for p in twice.blocks[0].params] == ["channels", "bias", "conv2_bias"]


def test_unexposing_what_differs_is_refused() -> None:
    before = Document(resnet(size=32)).snapshot()
    with pytest.raises(EditError, match="differs between the instances: 64, 128"):
        blocks.unexpose(before, "BasicBlock", "channels")


def test_grouping_inside_a_block_hands_its_parameters_down() -> None:
    before = Document(around(basic(), shape=(64, 8, 8))).snapshot()
    body = before.body("BasicBlock")
    ops, name = blocks.group(body, ["conv1", "bn1", "relu1"], "Conv unit")
    after = applied(before, inside.in_block(before, "BasicBlock", ops))
    inner = after.block("ConvUnit")
    assert [p.name for p in inner.params] == ["channels"] and after.body("BasicBlock").node(name).params == {"channels": Expression("channels")}
    assert analyse(after).errors == () and analyse(after).parameters == analyse(before).parameters
    back = applied(after, inside.in_block(after, "BasicBlock", blocks.expand(after.body("BasicBlock"), name)[0]))
    assert back == before


def test_expressions_are_set_and_checked_by_the_same_edit() -> None:
    body = Document(around(basic(), shape=(64, 8, 8))).snapshot().body("BasicBlock")
    assert edits.set_param(body, "conv2", "out_channels", value=Expression("channels*2")) == [
        o.SetParams("conv2", {"out_channels": Expression("channels * 2")})
    ]
    for bad, words in (("depth", "no parameter 'depth'"), ("channels / 0", "division"), ("-channels", "whole number"), ("channels / 2", "whole number")):
        with pytest.raises(EditError, match=words):
            edits.set_param(body, "conv2", "out_channels", value=Expression(bad))
    with pytest.raises(EditError, match="only inside a block"):
        edits.set_param(residual(), "conv11", "out_channels", value=Expression("channels"))
    with pytest.raises(EditError, match="how many ports"):
        edits.set_param(body, "add1", "inputs", value=Expression("channels"))


def test_ports_that_are_renamed_or_deleted_take_their_wires_along() -> None:
    before = Document(resnet(size=32)).snapshot()
    renamed = applied(before, inside.in_block(before, "BasicBlock", edits.rename(before.body("BasicBlock"), "x", "image")))
    assert analyse(renamed).errors == () and Wire("pool1", "out", "stage1", "image") in renamed.wires
    gone = applied(before, inside.in_block(before, "BasicBlock", edits.delete(before.body("BasicBlock"), ["y"])))
    assert not [w for w in gone.wires if w.source.startswith("stage")] and {p.code for p in analyse(gone).errors} >= {"no-port", "missing-input"}


def test_circles_are_refused_wherever_they_come_from() -> None:
    document = Document(resnet(size=32))
    before = document.snapshot()
    with pytest.raises(EditError, match="contain itself"):
        document.apply([o.InBlock("BasicBlock", o.AddNode(use("again", "BasicBlock")))])
    with pytest.raises(EditError, match="contain itself"):
        document.apply([o.InBlock("BasicBlock", o.AddNode(use("a", "DownBlock"))), o.InBlock("DownBlock", o.AddNode(use("b", "BasicBlock")))])
    with pytest.raises(EditError, match="contain itself"):
        document.apply([o.AddBlock(Block("Loop", nodes=(use("a", "Loop"),)))])
    assert document.snapshot() == before
    looped = text.dump(before).replace('"type": "relu", "pos": [0, 0]', '"type": "block:BasicBlock", "pos": [0, 0]')
    with pytest.raises(text.TextError, match="contain itself"):
        text.load(looped)


def test_only_unused_definitions_can_go() -> None:
    document = Document(resnet(size=32))
    with pytest.raises(EditError, match="still in use"):
        document.apply([o.RemoveBlock("BasicBlock")])
    document.apply([o.AddBlock(replace(basic(), id="Spare"))])
    document.apply([o.RemoveBlock("Spare")])


@pytest.mark.parametrize(
    "op",
    [
        o.InBlock("Nothing", o.RemoveNode("a")), o.InBlock("BasicBlock", o.RemoveNode("zzz")), o.InBlock("BasicBlock", o.SetRecipe({"epochs": 3})),
        o.InBlock("BasicBlock", o.InBlock("BasicBlock", o.RemoveNode("x"))), o.SetBlock("BasicBlock", {"nodes": ()}), o.SetBlock("BasicBlock", {"title": 3}),
        o.SetBlock("BasicBlock", {"params": (CHANNELS, CHANNELS)}), o.SetBlock("BasicBlock", {"params": (BlockParam("repeat"),)}),
        o.SetBlock("BasicBlock", {"params": (BlockParam("a", "int", "much"),)}), o.SetBlock("BasicBlock", {"params": (BlockParam("a", "colour"),)}),
        o.AddBlock(Block("class")), o.AddBlock(Block("BasicBlock")), o.AddBlock(Block("B", nodes=(node("a", "relu"), node("a", "relu")))),
    ],
)  # fmt: skip
def test_ops_that_cannot_be_are_refused_and_change_nothing(op: o.Op) -> None:
    document = Document(resnet(size=32))
    before = document.snapshot()
    with pytest.raises(EditError):
        document.apply([o.MoveNodes({"conv1": (5.0, 5.0)}), op])
    assert document.snapshot() == before


def test_instances_carry_their_definitions_to_another_document() -> None:
    source = Document(resnet(size=32)).snapshot()
    copied = clipboard.copy_text(source, ["down2", "stage2"])
    target = applied(Document(residual()).snapshot(), clipboard.paste(residual(), copied, (0, 0))[0])
    assert {b.id for b in target.blocks} == {"BasicBlock", "DownBlock"}
    again = applied(target, clipboard.paste(target, copied, (0, 500))[0])
    assert again.blocks == target.blocks, "equal definitions are used again"
    ops = inside.in_block(again, "BasicBlock", edits.set_param(again.body("BasicBlock"), "conv1", "kernel_size", value=5))
    other = applied(again, ops)
    third = applied(other, clipboard.paste(other, copied, (0, 900))[0])
    assert {b.id for b in third.blocks} == {"BasicBlock", "DownBlock", "BasicBlock1"} and third.block("BasicBlock") == other.block("BasicBlock")


def test_what_does_not_belong_inside_a_block_stays_outside() -> None:
    snapshot = Document(resnet(size=32)).snapshot()
    body = snapshot.body("BasicBlock")
    for type_id in ("mnist5k", "cross_entropy"):
        with pytest.raises(EditError, match="stays outside"):
            edits.add_node(body, type_id, (0, 0))
        with pytest.raises(EditError, match="stays outside"):
            clipboard.paste(body, text.dump(Snapshot((node("a", type_id),))), (0, 0))
    with pytest.raises(EditError, match="inside a block"):
        edits.add_node(snapshot, INPUT, (0, 0))
    strayed = analyse(replace(snapshot, nodes=(*snapshot.nodes, Node("stray", OUTPUT))))
    assert [p.code for p in strayed.problems if p.node == "stray"] == ["out-of-place"]
    filled = replace(basic(), nodes=(*basic().nodes, node("data", "mnist5k"), node("ce", "cross_entropy")))
    held = analyse(replace(snapshot, blocks=(filled, snapshot.block("DownBlock"))))
    assert {p.path for p in held.problems if p.code == "out-of-place"} == {"stage1/data", "stage1/ce"}


def test_problems_inside_are_pinned_and_repaired_for_all_instances() -> None:
    snapshot = with_params(Document(resnet(size=32)).snapshot(), "stage3", {"channels": 100})
    found = list(analyse(snapshot).errors)
    assert [(p.node, p.path, p.code) for p in found] == [("stage3", "stage3/add1", "shapes-differ")]
    biased = applied(Document(resnet(size=32)).snapshot(), [o.InBlock("BasicBlock", o.SetParams("conv1", {"bias": True}))])
    problem = next(p for p in analyse(biased).problems if p.code == "idle-bias")
    assert (problem.node, problem.path) == ("stage1", "stage1/conv1") and len([p for p in analyse(biased).problems if p.code == "idle-bias"]) == 1
    assert applied(biased, edits.remedy(biased, problem)) == Document(resnet(size=32)).snapshot()


def test_what_cannot_be_worked_out_is_a_problem_in_words() -> None:
    block = basic()
    for bad, words in (("channels // 0", "division"), ("depth", "no parameter 'depth'"), ("channels ** 16", "too large")):
        nodes = tuple(replace(n, params={**n.params, "out_channels": ex(bad)}) if n.id == "conv2" else n for n in block.nodes)
        (problem,) = analyse(around(replace(block, nodes=nodes), shape=(64, 8, 8))).errors
        assert problem.path == "b1/conv2" and words in problem.message
    twice = Block("Two", nodes=(port("a", "in"), port("b", "in", 50), node("add1", "add"), port("y", "out")), wires=wires("a > add1.a, b > add1.b, add1 > y"))
    both = around(twice, repeat=2)
    analysis = analyse(replace(both, wires=(*both.wires, *wires("input1.image > b1.b"))))
    (problem,) = (p for p in analysis.errors if p.code == "repeat-ports")
    assert problem.remedies[0].params == {"repeat": 1}
    assert [p.code for p in analyse(around(basic(), shape=(64, 8, 8), channels="many")).errors] == ["parameter"]
    (missing,) = (p for p in analyse(replace(around(basic()), blocks=())).errors if p.code == "unknown-type")
    assert "BasicBlock" in missing.message


def test_networks_that_no_machine_holds_are_refused_at_once() -> None:
    inner = basic("L0")
    levels = [inner]
    for k in range(1, 6):
        nodes = (port("x", "in"), use("inner", f"L{k - 1}", channels=ex("channels"), repeat=1000), port("y", "out"))
        levels.append(Block(f"L{k}", params=(CHANNELS,), nodes=nodes, wires=wires("x > inner.x, inner.y > y")))
    analysis = analyse(around(levels[-1], others=tuple(levels[:-1]), shape=(64, 8, 8)))
    assert [p.code for p in analysis.errors] == ["too-many-layers"]
    deep = [inner]
    for k in range(1, 200):
        deep.append(
            Block(f"L{k}", params=(CHANNELS,), nodes=(port("x", "in"), use("inner", f"L{k - 1}"), port("y", "out")), wires=wires("x > inner.x, inner.y > y"))
        )
    analysis = analyse(around(deep[-1], others=tuple(deep[:-1]), shape=(64, 8, 8)))
    assert [p.code for p in analysis.errors] == ["too-deep"]


def test_ports_at_both_ends_of_one_wire_are_renamed_and_deleted_together() -> None:
    """Two instances behind each other: the wire between them hangs on an output and on an input of the same definition."""
    block = Block("Pass", nodes=(Node("x", INPUT), Node("act", "relu"), Node("y", OUTPUT)), wires=(Wire("x", "out", "act", "x"), Wire("act", "out", "y", "x")))
    start = Document(Snapshot((Node("a", "block:Pass"), Node("b", "block:Pass")), (Wire("a", "y", "b", "x"),), blocks=(block,))).snapshot()
    body = start.body("Pass")
    renamed = applied(start, inside.in_block(start, "Pass", [*edits.rename(body, "x", "left"), *edits.rename(body, "y", "right")]))
    assert renamed.wires == (Wire("a", "right", "b", "left"),)
    bare = applied(start, inside.in_block(start, "Pass", edits.delete(body, ["x", "y", "act"])))
    assert not bare.wires and not bare.block("Pass").nodes
