"""Problems: each mistake is found once, on the right node, in words, with a repair that repairs; nothing makes the analyst raise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from compile_networks import deep, lenet, network, node, residual, wires, with_node, without_wire
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compile import problems
from engine.compile.analyse import analyse
from engine.compile.order import wiring
from engine.events import Analysis
from engine.graph import edits
from engine.graph.document import Document
from engine.graph.model import Node, Recipe, Snapshot, Wire, frozen
from engine.graph.problem import Problem
from engine.graph.text import open_file
from engine.layers import registry

LESSONS, TEMPLATES = (sorted((Path(__file__).resolve().parents[3] / "resources" / kind).glob("*.chainrule")) for kind in ("lessons", "templates"))


def found(snapshot: Snapshot) -> list[tuple[str, str, str, str]]:
    return [(p.severity, p.code, p.node, p.port) for p in analyse(snapshot).problems]


def only(snapshot: Snapshot) -> Problem:
    (problem,) = analyse(snapshot).problems
    return problem


def repaired(snapshot: Snapshot, problem: Problem, index: int = 0) -> Analysis:
    """The analysis after the problem's one-click repair, applied as the editor does it."""
    document = Document(snapshot)
    document.apply(edits.remedy(snapshot, problem, index))
    return analyse(document.snapshot())


def without(snapshot: Snapshot, *ids: str) -> Snapshot:
    kept = tuple(n for n in snapshot.nodes if n.id not in ids)
    return replace(snapshot, nodes=kept, wires=tuple(w for w in snapshot.wires if w.source not in ids and w.target not in ids))


def joined(snapshot: Snapshot, nodes: list[Node], wiring: str) -> Snapshot:
    return replace(snapshot, nodes=(*snapshot.nodes, *nodes), wires=(*snapshot.wires, *wires(wiring)))


@pytest.mark.parametrize("snapshot", [lenet(), residual(), deep(3), *map(open_file, LESSONS)])
def test_good_networks_have_no_problems(snapshot: Snapshot) -> None:
    assert analyse(snapshot).problems == ()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_only_wait_for_data(path: Path) -> None:
    """The SETR decoders have, as published, biases before batch norm: a hint says so, and nothing else is said of any template."""
    expected = {"dataset-note", "idle-bias"} if path.stem in ("setr-naive", "setr-pup") else {"dataset-note"}
    assert {p.code for p in analyse(open_file(path)).problems if p.severity != "hint" or p.code not in expected} == set()


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (Snapshot(), ("error", "no-data", "", "")),
        (network([node("mnist1", "mnist5k"), node("relu1", "relu")], "mnist1.image > relu1"), ("error", "no-loss", "relu1", "")),
        (without_wire(lenet(), "conv2"), ("error", "missing-input", "conv2", "x")),
        (without_wire(lenet(), "cross_entropy1", "target"), ("error", "missing-target", "cross_entropy1", "target")),
        (without_wire(lenet(), "cross_entropy1", "prediction"), ("error", "missing-input", "cross_entropy1", "prediction")),
        (with_node(lenet(), "conv2", type="from_the_future"), ("error", "unknown-type", "conv2", "")),
        (with_node(lenet(), "conv2", params={"out_channels": 0}), ("error", "parameter", "conv2", "")),
        (with_node(lenet(), "conv2", params={"colour": 3}), ("error", "parameter", "conv2", "")),
        (with_node(lenet(), "conv2", params={"kernel_size": 15}), ("error", "small-image", "conv2", "x")),
        (with_node(lenet(), "fc2", params={"out_features": 9}), ("error", "class-count", "cross_entropy1", "prediction")),
        (with_node(lenet(), "fc2", params={"out_features": 11}), ("warning", "class-count", "cross_entropy1", "prediction")),
        (lenet(batch_size=0), ("error", "batch-size", "", "")),
        (with_node(lenet(), "cross_entropy1", type="mse"), ("error", "target-shape", "cross_entropy1", "prediction")),
        (with_node(lenet(), "fc1", params={"out_features": 1_000_000}), None),
        (joined(lenet(), [node("drop1", "dropout")], "relu1 > drop1"), ("hint", "unread", "drop1", "out")),
        (replace(lenet(), nodes=(*lenet().nodes, node("mnist2", "mnist5k"))), ("hint", "unread", "mnist2", "")),
        (joined(lenet(), [], "relu1 > pool1.ghost"), ("warning", "impossible-wire", "pool1", "")),
        (joined(lenet(), [], "relu1 > nobody"), ("warning", "impossible-wire", "relu1", "")),
        (joined(without_wire(lenet(), "conv2"), [], "relu1.ghost > conv2"), ("error", "impossible-wire", "conv2", "x")),
    ],
)
def test_one_mistake_is_one_problem(snapshot: Snapshot, expected: tuple[str, str, str, str] | None) -> None:
    assert found(snapshot) == ([expected] if expected else [])
    for problem in analyse(snapshot).problems:
        assert problem.message.endswith(".") and problem.fix.endswith(".")


def test_errors_do_not_cascade() -> None:
    analysis = analyse(with_node(lenet(), "conv1", params={"kernel_size": 50}))
    assert [(p.code, p.node) for p in analysis.problems] == [("small-image", "conv1")]
    assert analysis.nodes["conv1"].inputs == {"x": (64, 1, 28, 28)}
    assert not any(analysis.nodes[name].outputs for name in ("conv1", "relu1", "fc2", "cross_entropy1"))


def test_two_mistakes_are_two_problems() -> None:
    broken = without_wire(with_node(lenet(), "conv1", params={"kernel_size": 50}), "fc1")
    assert [(p.code, p.node) for p in analyse(broken).errors] == [("small-image", "conv1"), ("missing-input", "fc1")]


def test_a_gap_leaves_the_code_in_front_of_it() -> None:
    analysis = analyse(without_wire(lenet(), "pool2"))
    assert "x = self.conv2(x)" in analysis.source.text and "# pool2 is left out" in analysis.source.text and "fc1" not in analysis.source.text


def test_what_training_does_not_need_cannot_keep_it() -> None:
    stray = joined(lenet(), [node("conv9", "conv2d"), node("conv8", "conv2d", kernel_size=99)], "relu1 > conv8")
    analysis = analyse(stray)
    assert analysis.errors == () and ("warning", "missing-input", "conv9", "x") in found(stray) and ("warning", "small-image", "conv8", "x") in found(stray)
    assert analysis.parameters == 110_578 and "conv9" not in analysis.source.text


def test_wrong_widths_at_an_add_say_both_and_offer_both_ways() -> None:
    snapshot = with_node(residual(), "shortcut", params={"out_channels": 12, "kernel_size": 1, "stride": 2, "bias": False})
    problem = only(snapshot)
    assert (problem.node, problem.port) == ("add1", "b")
    assert "a brings C16 H14 W14, b brings C12 H14 W14" in problem.message
    assert [r.title for r in problem.remedies] == ["Insert 1×1 convolution", "Give conv3 12 output channels", "Give shortcut 16 output channels"]
    for index in range(3):
        assert repaired(snapshot, problem, index).errors == ()


def test_a_missing_flatten_is_inserted() -> None:
    snapshot = without(lenet(), "flatten1")
    snapshot = replace(snapshot, wires=(*snapshot.wires, *wires("pool2 > fc1")))
    problem = only(snapshot)
    assert (problem.code, problem.node, problem.port) == ("needs-flatten", "fc1", "x") and "C32 H5 W5" in problem.message
    assert repaired(snapshot, problem).problems == ()


def test_class_counts_are_repaired_through_what_lies_between() -> None:
    narrow = without(with_node(lenet(), "fc2", params={"out_features": 7}), "cross_entropy1")
    nodes = [node("scale1", "scale"), node("loss1", "cross_entropy")]
    snapshot = joined(narrow, nodes, "fc2 > scale1, scale1 > loss1.prediction, mnist1.label > loss1.target")
    problem = only(snapshot)
    assert problem.message == "mnist1 has 10 classes, so CrossEntropy needs 10 scores per sample, got F7."
    assert repaired(snapshot, problem).problems == ()


@pytest.mark.parametrize(
    ("squash", "loss", "hit"), [("softmax", "cross_entropy", True), ("sigmoid", "bce_with_logits", True), ("sigmoid", "cross_entropy", False)]
)
def test_functions_that_the_loss_applies_itself(squash: str, loss: str, hit: bool) -> None:
    nodes = [node("mnist1", "mnist5k"), node("flatten1", "flatten"), node("fc1", "linear", out_features=10), node("s1", squash), node("loss1", loss)]
    target = "mnist1.label" if loss == "cross_entropy" else "fc1"
    snapshot = network(nodes, f"mnist1.image > flatten1, flatten1 > fc1, fc1 > s1, s1 > loss1.prediction, {target} > loss1.target")
    hits = [p for p in analyse(snapshot).problems if p.code == "squashed-twice"]
    assert [(p.severity, p.node) for p in hits] == ([("warning", "s1")] if hit else [])
    if hit:
        assert "squashed-twice" not in [p.code for p in repaired(snapshot, hits[0]).problems]


def test_a_bias_before_batch_norm_is_idle() -> None:
    snapshot = with_node(residual(), "conv3", params={"out_channels": 16, "padding": 1})
    problem = only(snapshot)
    assert (problem.severity, problem.node, problem.remedies[0].note) == ("hint", "conv3", "−16 parameters")
    assert repaired(snapshot, problem).problems == ()
    # Somebody else reads the convolution as well: then its bias does something.
    assert "idle-bias" not in [p.code for p in analyse(joined(snapshot, [node("drop1", "dropout")], "conv3 > drop1")).problems]


def test_batch_norm_needs_a_batch() -> None:
    snapshot = residual(batch_size=1)
    assert {(p.severity, p.code) for p in analyse(snapshot).problems} == {("warning", "batch-of-one")}
    nodes = [
        node("mnist1", "mnist5k"),
        node("flatten1", "flatten"),
        node("fc1", "linear", out_features=10, bias=False),
        node("bn1", "batch_norm"),
        node("loss1", "cross_entropy"),
    ]
    chain = "mnist1.image > flatten1, flatten1 > fc1, fc1 > bn1, bn1 > loss1.prediction, mnist1.label > loss1.target"
    assert found(network(nodes, chain, batch_size=1)) == [("error", "batch-of-one", "bn1", "")]
    assert found(network(nodes, chain)) == []


@pytest.mark.parametrize("count", [1, 2])
def test_batch_norm_needs_more_than_one_sample_in_the_dataset(count: int) -> None:
    data = node("data1", "numbers", shape=(2,), values=(1.0, 2.0) * count, task="classes", classes=2, answers=(0, 1)[:count])
    nodes = [data, node("fc1", "linear", out_features=2, bias=False), node("bn1", "batch_norm"), node("loss1", "cross_entropy")]
    wiring = "data1.features > fc1, fc1 > bn1, bn1 > loss1.prediction, data1.label > loss1.target"
    problems = [problem for problem in analyse(network(nodes, wiring, batch_size=4)).errors if problem.code == "batch-of-one"]
    assert len(problems) == (count == 1)
    assert all("one training sample" in problem.message and problem.fix.startswith("Add samples") for problem in problems)


def test_no_loss_offers_one() -> None:
    snapshot = without(lenet(), "cross_entropy1")
    problem = analyse(snapshot).errors[0]
    assert (problem.code, problem.node) == ("no-loss", "fc2")
    assert repaired(snapshot, problem).problems == ()
    unlabelled = without(snapshot, "mnist1")
    assert "missing-target" in [p.code for p in repaired(unlabelled, next(p for p in analyse(unlabelled).problems if p.code == "no-loss")).errors]


def test_bad_parameters_go_back_to_their_default() -> None:
    snapshot = with_node(lenet(), "fc2", params={"out_features": 10, "bias": "yes"})
    problem = only(snapshot)
    assert problem.message == "Linear: Bias must be true or false, got 'yes'."
    assert repaired(snapshot, problem).problems == ()


def test_datasets_report_what_they_lack() -> None:
    folder = with_node(lenet(), "mnist1", type="image_folder", params={"folder": "", "colour": "grey", "size": 28})
    problem = next(p for p in analyse(folder).problems if p.node == "mnist1")
    assert problem.severity == "error" and problem.message and problem.fix
    assert analyse(folder).nodes["fc2"].outputs  # shapes are known all the same


def test_a_second_dataset_in_use_is_an_error() -> None:
    snapshot = joined(lenet(), [node("mnist2", "mnist5k"), node("add1", "add")], "relu1 > add1.a, mnist2.image > add1.b")
    assert "several-data" not in [p.code for p in analyse(snapshot).problems]  # nobody reads add1
    nodes = [
        node("mnist1", "mnist5k"),
        node("mnist2", "mnist5k"),
        node("add1", "add"),
        node("flatten1", "flatten"),
        node("fc1", "linear", out_features=10),
        node("loss1", "cross_entropy"),
    ]
    both = network(nodes, "mnist1.image > add1.a, mnist2.image > add1.b, add1 > flatten1, flatten1 > fc1, fc1 > loss1.prediction, mnist1.label > loss1.target")
    assert ("error", "several-data", "mnist2", "") in found(both)


def test_an_autoencoder_needs_no_label() -> None:
    nodes = [
        node("mnist1", "mnist5k"),
        node("flatten1", "flatten"),
        node("fc1", "linear", out_features=784),
        node("reshape1", "reshape", shape=(1, 28, 28)),
        node("mse1", "mse"),
    ]
    snapshot = network(nodes, "mnist1.image > flatten1, flatten1 > fc1, fc1 > reshape1, reshape1 > mse1.prediction, mnist1.image > mse1.target")
    assert found(snapshot) == []


def test_a_network_beyond_the_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "machine_memory", lambda: 10**9)
    snapshot = with_node(lenet(), "fc1", params={"out_features": 500_000})
    problem = only(snapshot)
    assert (problem.code, problem.node) == ("memory", "fc1") and "400,500,000 parameters" in problem.message and "1 GB" in problem.message


def test_cycles_are_an_error_not_a_hang() -> None:
    snapshot = lenet()
    looped = replace(snapshot, wires=(*(w for w in snapshot.wires if (w.target, w.target_port) != ("conv1", "x")), *wires("pool2 > conv1")))
    problem = analyse(looped).errors[0]
    assert problem.code == "loop" and "conv1, conv2, pool1, pool2, relu1, relu2" in problem.message


def test_each_cycle_is_reported_where_it_is() -> None:
    two = replace(without_wire(without_wire(lenet(), "conv1"), "pool2"), nodes=lenet().nodes)
    two = replace(two, wires=(*two.wires, *wires("conv1 > conv1, pool2 > pool2")))
    assert [(p.severity, p.node, p.message) for p in analyse(two).problems if p.code == "loop"] == [
        ("error", "pool2", "pool2 feeds itself."),
        ("warning", "conv1", "conv1 feeds itself."),
    ]


def test_bypassing_without_an_input() -> None:
    snapshot = with_node(without_wire(lenet(), "relu1"), "relu1", bypassed=True)
    assert [(p.severity, p.code, p.node) for p in analyse(snapshot).errors] == [("error", "missing-input", "relu1")]


def test_labels_cannot_be_computed_with_even_in_a_file_written_by_hand() -> None:
    snapshot = joined(without_wire(lenet(), "fc1"), [], "mnist1.label > fc1")
    problem = only(snapshot)
    assert (problem.severity, problem.code, problem.node, problem.port) == ("error", "impossible-wire", "fc1", "x") and "Labels are not data" in problem.message
    assert [p.code for p in repaired(snapshot, problem).errors] == ["missing-input"]


def test_every_message_is_for_people() -> None:
    snapshot = with_node(lenet(), "conv2", type="x" * 500)
    assert len(only(snapshot).message) < 200


TYPES = [*registry.TYPES, "no_such_layer", "class", ""]
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 40), st.floats(allow_nan=True), st.text(max_size=5), st.lists(st.integers(-3, 9), max_size=3))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Anything that has the form of a snapshot, sensible or not."""
    ids = draw(st.lists(st.text("abcx1_;'\n", max_size=4), unique=True, max_size=7))
    placed = []
    for node_id in ids:
        type_id = draw(st.sampled_from(TYPES))
        row = registry.find(type_id)
        names = [param.name for param in row.params] if row else ["a"]
        params = draw(st.dictionaries(st.sampled_from([*names, "ghost"]), VALUES, max_size=2)) if names and draw(st.integers(0, 2)) == 0 else {}
        placed.append(Node(node_id, type_id, frozen(params), bypassed=draw(st.booleans()), frozen=draw(st.booleans())))
    ports = st.sampled_from(["out", "image", "label", "x", "a", "b", "prediction", "target", "ghost"])
    ends = st.sampled_from([*ids, "nobody"])
    drawn = draw(st.lists(st.builds(Wire, ends, ports, ends, ports), max_size=14))
    return Snapshot(nodes=tuple(placed), wires=tuple(drawn), recipe=Recipe(batch_size=draw(st.sampled_from([64, 1, 0, -3]))))


@settings(max_examples=150, deadline=None)
@given(snapshots())
def test_any_snapshot_gets_an_answer(snapshot: Snapshot) -> None:
    analysis = analyse(snapshot, generation=7)
    assert analysis.generation == 7
    compile(analysis.source.text, "net", "exec")
    known = {n.id for n in snapshot.nodes}
    assert all(p.node in known or not p.node for p in analysis.problems) and set(analysis.source.lines.values()) <= known
    assert analysis == analyse(snapshot, generation=7)
    if not analysis.errors:  # what is said to train has shapes all the way
        assert all(analysis.nodes[n].outputs for n in wiring(snapshot).relevant)
