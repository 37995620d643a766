"""Views of shapes: which view wins which feature, what the network says of one view alone, and of the views of a network for single ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data import meshes, render
from engine.data.load import load
from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Block, Node, Snapshot, Wire
from engine.probe.multi_view import winners
from engine.probe.request import answer
from engine.probe.subject import Subject

SHAPES = {"count": 2, "views": 4, "size": 16}
MADE = Node("shapes1", "shapes3d", SHAPES)


def mvcnn(pool: str = "max", *, relu: bool = True, data: Node = MADE) -> Snapshot:
    """CNN1 for every view, view pooling, CNN2."""
    nodes = [
        data, Node("fold1", "fold_views"), Node("conv1", "conv2d", {"out_channels": 5, "kernel_size": 4, "stride": 4}),
        Node("relu1", "relu"), Node("unfold1", "unfold_views", {"views": 4}), Node("pool1", "view_pool", {"pool": pool}), Node("flatten1", "flatten"),
        Node("fc1", "linear", {"out_features": 10}), Node("loss1", "cross_entropy"),
    ]  # fmt: skip
    names = [node.id for node in nodes if relu or node.id != "relu1"][:-1]
    wires = [Wire(a, "views" if a == "shapes1" else "out", b, "x") for a, b in zip(names, names[1:], strict=False)]  # noqa: RUF007
    wires += [Wire("fc1", "out", "loss1", "prediction"), Wire("shapes1", "label", "loss1", "target")]
    return Snapshot(tuple(node for node in nodes if relu or node.id != "relu1"), tuple(wires))


def subject_of(snapshot: Snapshot) -> Subject:
    analysis = analyse(snapshot)
    assert not analysis.errors, analysis.errors
    node = snapshot.nodes[0]
    data = load(node.type, node.params)
    return Subject(build(analysis.source, seed=1).net, snapshot, facts=analysis.nodes, source=analysis.source, data=data, step=3)


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of(mvcnn())


def ask(subject: Subject, sample: int = 1, node: str = "") -> ProbeResult:
    result = answer(subject, "panel", ProbeRequest("views", node, sample=sample))
    assert not result.problem, result.problem
    return result


def features(subject: Subject, sample: int) -> torch.Tensor:
    """What arrives at the view pooling (V, features), worked out by hand."""
    net = subject.net.eval()
    with torch.no_grad():
        maps = net.conv1(subject.image(sample)[0])
        return (maps.relu() if any(node.id == "relu1" for node in subject.snapshot.nodes) else maps).flatten(1)


def test_winners_are_counted_and_draws_told_apart(subject: Subject) -> None:
    result = ask(subject)
    flat = features(subject, 1).numpy()
    best = flat == flat.max(0)
    alone = best.sum(0) == 1
    assert np.array_equal(result.arrays["won"], (best & alone).sum(1)) and result.info["ties"] == int((~alone).sum())
    assert result.info["features"] == flat.shape[1] == 80 == result.arrays["won"].sum() + result.info["ties"]
    assert (result.info["how"], result.info["pool"], result.info["pools"]) == ("max", "pool1", ("pool1",))
    assert winners(torch.tensor([[1.0, 0, 3], [0, 0, 2]]))[0].tolist() == [2, 0] and winners(torch.tensor([[1.0, 0, 3], [0, 0, 2]]))[1] == 1


def test_only_the_winner_gets_the_gradient() -> None:
    subject = subject_of(mvcnn(relu=False))
    subject.net.zero_grad()
    x = subject.net.conv1(subject.image(1)[0].clone()).detach()[None].requires_grad_()  # 1, V, C, H, W
    subject.net.fc1(x.max(1).values.flatten(1))[0, 3].backward()
    learning = (x.grad[0].flatten(1) != 0).sum(1)
    result = ask(subject)
    assert (result.arrays["won"] <= learning.numpy()).all() and result.arrays["won"].max() > 0
    assert learning.sum() - result.arrays["won"].sum() == result.info["ties"]  # of equals, one gets it: the empty corners of all views


@pytest.mark.parametrize("pool", ["max", "mean"])
def test_a_view_alone_is_what_the_network_says_of_that_view_repeated(pool: str) -> None:
    subject = subject_of(mvcnn(pool))
    result = ask(subject)
    repeated = subject.image(1)[0][:, None].expand(-1, 4, -1, -1, -1)  # V samples, each one view four times
    with torch.no_grad():
        expected = subject.net.eval()(repeated).softmax(1)
        whole = subject.net(subject.image(1)).softmax(1)[0]
    assert np.abs(result.arrays["alone"] - expected.numpy()).max() < 1e-5
    assert np.abs(result.arrays["scores"] - whole.numpy()).max() < 1e-5 and result.info["predicted"] == int(whole.argmax())
    assert ("won" in result.arrays) == (pool == "max") and result.info["how"] == pool


def test_a_pooling_inside_a_block() -> None:
    plain = mvcnn()
    inner = ("flatten1", "fc1")
    body = (Node("x", "block_input"), Node("pool", "view_pool"), *(node for node in plain.nodes if node.id in inner), Node("y", "block_output"))
    ways = [("x", "pool"), ("pool", "flatten1"), ("flatten1", "fc1"), ("fc1", "y")]
    block = Block("Head", "Head", nodes=body, wires=tuple(Wire(a, "out", b, "x") for a, b in ways))
    nodes = (*(node for node in plain.nodes if node.id not in (*inner, "pool1")), Node("head1", "block:Head"))
    gone = (*inner, "pool1")
    wires = [wire for wire in plain.wires if wire.source not in gone and wire.target not in gone]
    wires += [Wire("unfold1", "out", "head1", "x"), Wire("head1", "y", "loss1", "prediction")]
    subject = subject_of(Snapshot(nodes, tuple(wires), blocks=(block,)))
    result = ask(subject)
    repeated = subject.image(1)[0][:, None].expand(-1, 4, -1, -1, -1)
    with torch.no_grad():
        expected = subject.net.eval()(repeated).softmax(1)
    assert result.info["pools"] == ("head1/pool",) and np.abs(result.arrays["alone"] - expected.numpy()).max() < 1e-5
    assert result.arrays["won"].sum() + result.info["ties"] == 80


def test_the_pictures_and_their_angles(subject: Subject) -> None:
    result = ask(subject, 2)
    split = subject.data.validation
    expected = (split.images(2, 3)[0] * split.std + split.mean).numpy()
    assert result.arrays["views"].shape == (4, 1, 16, 16) and np.allclose(result.arrays["views"], expected.clip(0, 1), atol=1e-6)
    assert result.info["angles"] == (0, 90, 180, 270) and result.info["elevation"] == 30
    assert result.info["label_name"] == subject.data.class_names[int(split.y[2])] and result.info["apart"] is False


def test_concatenated_views_cannot_stand_alone() -> None:
    result = ask(subject_of(mvcnn("concat")))
    assert "alone" not in result.arrays and "won" not in result.arrays and result.arrays["scores"].shape == (10,)


def test_single_views_vote() -> None:
    nodes = (Node("shapes1", "shapes3d", SHAPES | {"samples": "single views"}), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}),
             Node("loss1", "cross_entropy"))  # fmt: skip
    wires = (Wire("shapes1", "views", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "loss1", "prediction"),
             Wire("shapes1", "label", "loss1", "target"))  # fmt: skip
    subject = subject_of(Snapshot(nodes, wires))
    result = ask(subject, 9)
    with torch.no_grad():
        each = subject.net.eval()(subject.data.validation.images(8, 12)).softmax(1)
    assert (result.info["apart"], result.info["first"], result.info["views"]) == (True, 8, 4)
    assert np.abs(result.arrays["alone"] - each.numpy()).max() < 1e-6 and np.allclose(result.arrays["scores"], each.mean(0).numpy(), atol=1e-6)
    assert result.info["predicted"] == int(each.mean(0).argmax()) and len(set(subject.data.validation.y[8:12].tolist())) == 1


def test_a_picture_of_the_sample_is_its_first_view(subject: Subject) -> None:
    page = answer(subject, "panel", ProbeRequest("samples", limit=3))
    assert page.arrays["images"].shape == (3, 1, 16, 16)
    maps = answer(subject, "panel", ProbeRequest("activations", "conv1", sample=1))
    assert maps.arrays["input"].shape == (1, 16, 16) and np.array_equal(maps.arrays["input"], page.arrays["images"][1])


def test_the_extra_pass_changes_nothing(subject: Subject) -> None:
    before = {name: value.clone() for name, value in subject.net.state_dict().items()}
    first = {name: value.clone() for name, value in subject.values(1).items()}
    random = torch.get_rng_state()
    ask(subject)
    assert torch.equal(random, torch.get_rng_state()) and all(torch.equal(before[name], value) for name, value in subject.net.state_dict().items())
    assert all(torch.equal(first[name], value) for name, value in subject.values(1).items())


@pytest.mark.parametrize("kind", ["mesh_folder", "view_folder"])
def test_ones_own_meshes_and_pictures_of_views(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "home"))
    for name in ("cup", "chair"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for seed in range(4):
            vertices, faces = meshes.build(name, np.random.RandomState(seed))
            text = "".join(f"v {x} {y} {z}\n" for x, y, z in vertices) + "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in faces)
            (tmp_path / "set" / name / f"{seed}.obj").write_text(text)
            for view, picture in enumerate(render.render((vertices, faces), render.ring(4, 30.0), (16, 16)), 1):
                Image.fromarray(picture).save(tmp_path / "set" / name / f"{name}{seed}_{view:02}.png")
    params = {"folder": str(tmp_path / "set"), "views": 4, "size": 16, "validation": 0.5} | ({"colour": "grey"} if kind == "view_folder" else {})
    subject = subject_of(mvcnn(data=Node("shapes1", kind, params)))
    result = ask(subject, 2)
    assert result.arrays["views"].shape == (4, 1, 16, 16) and result.arrays["views"].max() > 0.2 and result.arrays["alone"].shape == (4, 10)
    assert result.info["label_name"] in ("cup", "chair") and result.info["samples"] == 4
    assert (result.info["angles"], result.info["elevation"]) == (((0, 90, 180, 270), 30) if kind == "mesh_folder" else ((), None))


def test_what_has_no_views_is_said() -> None:
    digits = Snapshot(
        (Node("mnist1", "mnist5k"), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}), Node("loss1", "cross_entropy")),
        (Wire("mnist1", "image", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "loss1", "prediction"),
         Wire("mnist1", "label", "loss1", "target")),
    )  # fmt: skip
    said = answer(subject_of(digits), "panel", ProbeRequest("views"))
    assert said.problem == "This dataset has no views of shapes. Wire one that has: Shapes 3D, a mesh folder or a view folder."
