"""Property tests of the document: undo and redo are exact, JSON round trips are exact, failed edits change nothing."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from engine.graph import blocks, clipboard, edits, inside, text
from engine.graph import ops as o
from engine.graph.document import Document, EditError
from engine.graph.model import BLOCK, Frame, Snapshot, Wire, block_of
from engine.graph.rules import refusal
from engine.layers import registry

RECIPES = [{"batch_size": 7}, {"accumulate": 3}, {"optimizer": "adagrad", "eps": 1e-10}, {"schedule": "one_cycle", "rise": 0.1}, {"init": "he_normal"}]
TYPES = ["mnist5k", "conv2d", "relu", "linear", "add", "concat", "flatten", "batch_norm", "cross_entropy", "max_pool2d"]


KINDS = ["add", "wire", "delete", "dissolve", "param", "move", "bypass", "rename", "frame", "recipe", "insert", "duplicate", "paste", "share", "factor"]
BLOCK_KINDS = ["group", "expand", "unique", "instance", "expose", "unexpose", "inside", "inside"]


def random_edit(document: Document, draw: st.DrawFn, body: Snapshot | None = None) -> list[o.Op]:
    """The ops of one random gesture on `document`, or on the body of a block."""
    snapshot = body or document.snapshot()
    names = [node.id for node in snapshot.nodes]
    kind = draw(st.sampled_from([*KINDS, *BLOCK_KINDS]))
    place = (draw(st.integers(-500, 500)), draw(st.integers(-500, 500)))
    if kind == "add" or not names:
        return edits.add_node(snapshot, draw(st.sampled_from(TYPES)), place)[0]
    name = draw(st.sampled_from(names))
    if kind in BLOCK_KINDS:
        return block_edit(snapshot, draw, kind=kind, name=name)
    row = registry.of(snapshot.node(name), snapshot)
    if kind == "wire":
        target = draw(st.sampled_from(names))
        ports = registry.of(snapshot.node(target), snapshot).input_ports(snapshot.node(target).params)
        if not ports or not row.outputs:
            return []
        return edits.connect(snapshot, Wire(name, draw(st.sampled_from(row.outputs)).name, target, draw(st.sampled_from(ports)).name))
    if kind == "param" and row.params:
        if row.id in ("add", "concat"):
            return edits.set_param(snapshot, name, "inputs", value=draw(st.integers(2, 4)))
        if row.id == "conv2d":
            return edits.set_param(snapshot, name, "out_channels", value=draw(st.integers(1, 64)))
        return []
    if kind == "insert" and snapshot.wires:
        return edits.insert_on_wire(snapshot, draw(st.sampled_from(TYPES)), draw(st.sampled_from(snapshot.wires)), pos=place)[0]
    simple = {
        "delete": lambda: edits.delete(snapshot, [name]),
        "dissolve": lambda: edits.dissolve(snapshot, [name]),
        "move": lambda: [o.MoveNodes({name: place})],
        "bypass": lambda: edits.toggle_bypass(snapshot, [name]),
        "rename": lambda: edits.rename(snapshot, name, draw(st.sampled_from(["alpha", "beta", "class", "conv1"]))),
        "frame": lambda: [o.AddFrame(Frame(edits.fresh_id({f.id for f in snapshot.frames}, "frame"), "F", (0.0, 0.0, 10.0, 10.0)))],
        "recipe": lambda: edits.set_recipe(snapshot, **draw(st.sampled_from(RECIPES))),
        "share": lambda: edits.share_weights(snapshot, name, draw(st.sampled_from(["", *names]))),
        "factor": lambda: [o.SetNode(name, {"lr_factor": draw(st.sampled_from([0.0, 0.1, 1.0, 2.5]))})],
        "duplicate": lambda: edits.duplicate(snapshot, [name])[0],
        "paste": lambda: clipboard.paste(snapshot, clipboard.copy_text(snapshot, names[:3]), place)[0],
    }
    return simple[kind]() if kind in simple else []


def block_edit(snapshot: Snapshot, draw: st.DrawFn, *, kind: str, name: str) -> list[o.Op]:
    """The ops of one random gesture on blocks, in the document or inside one of its definitions."""
    if kind == "group":
        chosen = draw(st.sets(st.sampled_from([node.id for node in snapshot.nodes]), min_size=1, max_size=4))
        return blocks.group(snapshot, chosen, draw(st.sampled_from(["Block", "Residual block", "3 ×", "class"])))[0]
    instances = [node.id for node in snapshot.nodes if block_of(node.type)]
    if kind in ("expand", "unique") and instances:
        return {"expand": blocks.expand, "unique": blocks.make_unique}[kind](snapshot, draw(st.sampled_from(instances)))[0]
    if not snapshot.blocks:
        return []
    block = draw(st.sampled_from(snapshot.blocks))
    body = snapshot.body(block.id)
    if kind == "instance":
        return edits.add_node(snapshot, BLOCK + block.id, (0, 0))[0]
    if kind == "expose" and body.nodes:
        return blocks.expose(snapshot, block.id, draw(st.sampled_from(body.nodes)).id, draw(st.sampled_from(["out_channels", "bias", "kernel_size", "inputs"])))
    if kind == "unexpose" and block.params:
        return blocks.unexpose(snapshot, block.id, draw(st.sampled_from(block.params)).name)
    return inside.in_block(snapshot, block.id, random_edit(Document(body), draw, body)) if kind == "inside" else []


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_undo_and_redo_are_exact_and_files_round_trip(data: st.DataObject) -> None:
    document = Document()
    history = [document.snapshot()]
    undo: list[list[o.Op]] = []
    for _ in range(data.draw(st.integers(1, 30))):
        before = document.snapshot()
        try:
            ops = random_edit(document, data.draw)
            inverse = document.apply(ops)
        except EditError:
            assert document.snapshot() == before, "a refused edit must change nothing"
            continue
        undo.append(inverse)
        history.append(document.snapshot())
        for wire in document.wires:
            others = [w for w in document.wires if (w.target, w.target_port) == (wire.target, wire.target_port)]
            assert others == [wire], "an input takes one wire"
    assert text.load(text.dump(document.snapshot())) == document.snapshot()
    redo = []
    for inverse, expected in zip(reversed(undo), reversed(history[:-1]), strict=True):
        redo.append(document.apply(inverse))
        assert document.snapshot() == expected
    for ops, expected in zip(reversed(redo), history[1:], strict=True):
        document.apply(ops)
        assert document.snapshot() == expected


def built(*types: str) -> Document:
    """A chain of nodes of these types."""
    document = Document()
    last = ""
    for type_id in types:
        snapshot = document.snapshot()
        ops, name = edits.add_after(snapshot, type_id, last) if last else edits.add_node(snapshot, type_id, (0, 0))
        document.apply(ops)
        last = name
    return document


def test_a_failing_op_in_the_middle_takes_the_whole_edit_back() -> None:
    document = built("mnist5k", "conv2d")
    before = document.snapshot()
    with pytest.raises(EditError, match="already"):
        document.apply([o.SetParams("conv1", {"out_channels": 3}), o.AddNode(before.node("conv1"))])
    assert document.snapshot() == before


def test_dissolve_heals_and_delete_does_not() -> None:
    document = built("mnist5k", "conv2d", "relu", "max_pool2d")
    healed = Document(document.snapshot())
    healed.apply(edits.dissolve(healed.snapshot(), ["relu1"]))
    assert Wire("conv1", "out", "pool1", "x") in healed.wires
    document.apply(edits.delete(document.snapshot(), ["relu1"]))
    assert all("pool1" not in (w.source, w.target) for w in document.wires)


def test_dissolving_a_row_of_nodes_bridges_all_of_them() -> None:
    document = built("mnist5k", "conv2d", "relu", "dropout", "max_pool2d")
    document.apply(edits.dissolve(document.snapshot(), ["relu1", "drop1"]))
    assert Wire("conv1", "out", "pool1", "x") in document.wires


def test_connect_replaces_what_occupied_the_input_in_one_step() -> None:
    document = built("mnist5k", "conv2d", "relu")
    document.apply(edits.add_node(document.snapshot(), "conv2d", (0, 100))[0])
    ops = edits.connect(document.snapshot(), Wire("conv2", "out", "relu1", "x"))
    document.apply(ops)
    assert [w.source for w in document.wires if w.target == "relu1"] == ["conv2"]


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (Wire("relu1", "out", "conv1", "x"), "loop"),
        (Wire("relu1", "out", "relu1", "x"), "itself"),
        (Wire("mnist1", "label", "conv1", "x"), "target of a loss"),
        (Wire("mnist1", "nothing", "conv1", "x"), "no output"),
        (Wire("conv1", "out", "relu1", "y"), "no input"),
    ],
)
def test_refusals_say_why(wire: Wire, reason: str) -> None:
    snapshot = built("mnist5k", "conv2d", "relu").snapshot()
    assert reason in refusal(snapshot, wire)
    with pytest.raises(EditError, match=reason):
        edits.connect(snapshot, wire)


def test_fewer_inputs_cut_the_wires_into_the_ports_that_vanish() -> None:
    document = built("mnist5k", "conv2d", "add")
    document.apply(edits.set_param(document.snapshot(), "add1", "inputs", value=3))
    document.apply(edits.connect(document.snapshot(), Wire("conv1", "out", "add1", "c")))
    document.apply(edits.set_param(document.snapshot(), "add1", "inputs", value=2))
    assert [w.target_port for w in document.wires if w.target == "add1"] == ["a"]


def test_a_parameter_back_at_its_default_leaves_no_trace() -> None:
    document = built("conv2d")
    document.apply(edits.set_param(document.snapshot(), "conv1", "kernel_size", value=5))
    document.apply(edits.set_param(document.snapshot(), "conv1", "kernel_size", value=(3, 3)))
    assert dict(document.node("conv1").params) == {}


def test_pasting_keeps_inner_wires_and_renames() -> None:
    document = built("mnist5k", "conv2d", "relu")
    copied = clipboard.copy_text(document.snapshot(), ["conv1", "relu1"])
    ops, names = clipboard.paste(document.snapshot(), copied, (500, 500))
    document.apply(ops)
    assert names == ["conv2", "relu2"]
    assert Wire("conv2", "out", "relu2", "x") in document.wires
    assert document.node("conv2").pos == (500, 500)
