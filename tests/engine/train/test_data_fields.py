"""Training on data of every form: points, masks, mirror images, views, tables; and augmentation that a pause does not change."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from train_tools import Notes, linear, only_run, same_bits, trained, weights

from engine.compile.analyse import analyse
from engine.events import ProbeRequest
from engine.graph.model import Node, Recipe, Snapshot, Wire
from engine.probe.request import KINDS, answer
from engine.probe.subject import Subject


def chain(data: Node, ports: tuple[str, str], *nodes: Node, loss: str = "cross_entropy", **recipe) -> Snapshot:
    """dataset -> the nodes in a row -> loss, by the ports of the dataset."""
    wires = [Wire(a.id, "out", b.id, "x") for a, b in pairwise(nodes)]
    wires += [Wire(data.id, ports[0], nodes[0].id, "x"), Wire(nodes[-1].id, "out", "loss1", "prediction"), Wire(data.id, ports[1], "loss1", "target")]
    settings = Recipe(**{"device": "cpu", "epochs": 3, "batch_size": 32, "learning_rate": 0.1} | recipe)
    return Snapshot(nodes=(data, *nodes, Node("loss1", loss)), wires=tuple(wires), recipe=settings)


def conv(node_id: str, out: int, size: int = 3) -> Node:
    return Node(node_id, "conv2d", {"out_channels": out, "kernel_size": size, "padding": size // 2})


def table(tmp_path: Path) -> Node:
    (tmp_path / "line.csv").write_text("x,y\n" + "\n".join(f"{i / 50},{3 * i / 50 - 1}" for i in range(200)))
    return Node("data1", "table", {"file": str(tmp_path / "line.csv"), "task": "number"})


FORMS = {
    "points": lambda t: chain(Node("data1", "moons", {"count": 200}), ("point", "label"), linear("fc1", 8), Node("relu1", "relu"), linear("fc2", 2)),
    "masks": lambda t: chain(Node("data1", "scenes", {"count": 64, "size": 24}), ("image", "mask"), conv("conv1", 8), Node("relu1", "relu"), conv("conv2", 4)),
    "mirror": lambda t: chain(Node("data1", "mirror", {"count": 300}), ("image", "mirror"), conv("conv1", 2, 15)),
    "numbers": lambda t: chain(Node("data1", "mirror", {"count": 300, "wanted": "numbers"}), ("image", "mirror"), conv("conv1", 1, 15), loss="bce_with_logits"),
    "views": lambda t: chain(
        Node("data1", "shapes3d", {"count": 4, "size": 8, "views": 3}), ("views", "label"), Node("flatten1", "flatten"), linear("fc1", 10)
    ),
    "regression": lambda t: chain(table(t), ("features", "label"), linear("fc1", 1), loss="mse"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_data_trains_and_shows_itself(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    snapshot = FORMS[form](tmp_path)
    analysis = analyse(snapshot)
    assert not analysis.errors
    result, notes = trained(snapshot)
    assert result.reason == "finished", result.message
    losses = notes.run.metrics.steps("loss")
    assert losses[-3:].mean() < 0.97 * losses[:2].mean()
    subject = Subject(notes.run.net, snapshot, facts=analysis.nodes, source=notes.run.source, data=notes.run.dataset, step=1)
    for kind in KINDS:
        for node in (node.id for node in snapshot.nodes):
            shown = answer(subject, "panel", ProbeRequest(kind=kind, node=node, nodes=(node,), limit=4))  # a picture or a sentence, never an exception
            assert all(array.ndim <= 4 for array in shown.arrays.values())


def augmented() -> Snapshot:
    data = Node("data1", "mnist5k", {"flip": True, "crop": 2, "noise": 0.1})
    return chain(data, ("image", "label"), Node("flatten1", "flatten"), Node("drop1", "dropout"), linear("fc1", 10), batch_size=500, epochs=3)


def test_augmented_training_goes_on_bit_for_bit(tmp_path: Path):
    _, whole = trained(augmented())
    trained(augmented(), Notes(stop_at=11), folder=tmp_path)
    _, resumed = trained(augmented(), resume=only_run(tmp_path))
    assert same_bits(weights(whole), weights(resumed))


def test_augmented_training_depends_on_the_seed():
    from dataclasses import replace

    first = augmented()
    other = replace(first, recipe=replace(first.recipe, shuffle=False))
    plain = replace(other, nodes=(Node("data1", "mnist5k"), *other.nodes[1:]))
    assert not same_bits(weights(trained(other)[1]), weights(trained(plain)[1]))
