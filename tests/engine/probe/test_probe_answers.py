"""Pictures equal what torch says directly, leave no trace in the network, and refuse in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import Dataset, load
from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Node, Snapshot, Wire
from engine.probe.arrays import affordable
from engine.probe.filters import thinned
from engine.probe.request import KINDS, answer
from engine.probe.subject import Subject

PATH = ("conv1", "bn1", "relu1", "drop1", "pool1", "flatten1", "fc1")


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load("mnist5k", {})


def document() -> Snapshot:
    """mnist5k -> conv -> batch norm -> relu -> dropout -> pool -> flatten -> linear -> cross-entropy, and a ReLU beside it."""
    nodes = (
        Node("mnist1", "mnist5k"),
        Node("conv1", "conv2d", {"out_channels": 20, "kernel_size": 5}),
        Node("bn1", "batch_norm"),
        Node("relu1", "relu"),
        Node("drop1", "dropout"),
        Node("pool1", "max_pool2d"),
        Node("flatten1", "flatten"),
        Node("fc1", "linear", {"out_features": 10}),
        Node("loss1", "cross_entropy"),
        Node("relu9", "relu"),
    )
    wires = [Wire("mnist1", "image", "conv1", "x"), Wire("conv1", "out", "relu9", "x"), Wire("mnist1", "label", "loss1", "target")]
    wires += [Wire(a, "out", b, "x") for a, b in zip(PATH, PATH[1:], strict=False)]  # noqa: RUF007 - reads as pairs
    return Snapshot(nodes, (*wires, Wire("fc1", "out", "loss1", "prediction")))


@pytest.fixture
def subject(data: Dataset) -> Subject:
    """The network in training mode, as a training leaves it between two steps."""
    snapshot = document()
    analysis = analyse(snapshot)
    built = build(analysis.source, seed=0)
    net = built.net.train()
    net(data.train.images(0, 64))  # moves the running statistics of the batch norm
    return Subject(net, snapshot, facts=analysis.nodes, source=analysis.source, data=data, step=662)


def ask(subject: Subject, kind: str, node: str = "", **more: object) -> ProbeResult:
    return answer(subject, "panel", ProbeRequest(kind, node, **more))


def hooked(subject: Subject, index: int) -> dict[str, torch.Tensor]:
    """Outputs of all modules in evaluation mode, taken the other way: by hooks."""
    seen: dict[str, torch.Tensor] = {}
    handles = [
        module.register_forward_hook(lambda m, i, output, name=name: seen.__setitem__(name, output.clone())) for name, module in subject.net.named_children()
    ]
    subject.net.eval()
    with torch.no_grad():
        seen["output"] = subject.net(subject.data.validation.x[index : index + 1])
    subject.net.train()
    for handle in handles:
        handle.remove()
    return seen


def test_filters_are_the_parameter_and_a_copy_of_it(subject: Subject) -> None:
    result = ask(subject, "filters", "conv1")
    weight = subject.net.conv1.weight
    assert result.arrays["weight"].shape == (20, 1, 5, 5) and result.arrays["weight"].dtype == np.float32
    assert np.array_equal(result.arrays["weight"], weight.detach().numpy())
    assert (result.info["total"], result.info["what"], result.info["step"], result.info["weights"]) == (20, "filters", 662, "step 662")
    assert result.info["min"] == weight.min().item() and result.info["max"] == weight.max().item()
    with torch.no_grad():
        weight.add_(1)
    assert np.allclose(result.arrays["weight"] + 1, weight.detach().numpy())


def test_all_tiles_are_shown_but_where_they_are_too_many_pixels() -> None:
    assert affordable(1024, 5, 5) == 1024 and affordable(1024, 28, 28) == 255
    assert affordable(1024, 224, 224) == 64 and affordable(6, 224, 224) == 6


def test_filters_tell_how_far_the_whole_weight_is_from_where_it_began(subject: Subject) -> None:
    drawn = torch.get_rng_state()
    weight = subject.net.conv1.weight
    first = weight.detach().clone()  # seed 0, and no step has changed it
    assert ask(subject, "filters", "conv1", limit=2).info["moved"] == 0
    with torch.no_grad():
        weight.mul_(1.5)
    assert ask(subject, "filters", "conv1", limit=2).info["moved"] == pytest.approx(0.5, rel=1e-6)
    with torch.no_grad():
        weight.copy_(first).view(-1)[0] = float("nan")
    assert "moved" not in ask(subject, "filters", "conv1").info
    subject.step = 0
    assert "moved" not in ask(subject, "filters", "conv1").info
    assert torch.equal(drawn, torch.get_rng_state()), "building the first weights drew from the training's numbers"


def test_a_layer_added_during_a_run_is_told_apart_from_one_outside(subject: Subject) -> None:
    assert "not part of this network" in ask(subject, "filters", "conv7").problem
    subject.live = True
    assert "conv7 was added after this run began" in ask(subject, "filters", "conv7").problem


def test_a_dataset_that_feeds_nothing_shows_no_foreign_samples(subject: Subject) -> None:
    stray = replace(subject.snapshot, nodes=(*subject.snapshot.nodes, Node("animals1", "animal_shapes")))
    subject.snapshot = stray
    assert "animals1 feeds nothing" in ask(subject, "activations", "animals1").problem
    assert set(ask(subject, "thumbnails", nodes=("mnist1", "animals1")).arrays) == {"mnist1"}


def test_the_limit_caps_the_tiles_not_the_scale(subject: Subject) -> None:
    result = ask(subject, "filters", "conv1", limit=6)
    assert result.arrays["weight"].shape == (6, 1, 5, 5)
    assert (result.info["total"], result.info["shown"]) == (20, 6)
    assert result.info["max"] == subject.net.conv1.weight.max().item()
    maps = ask(subject, "activations", "conv1", limit=3)
    assert maps.arrays["output"].shape == (3, 24, 24) and (maps.info["total"], maps.info["shown"]) == (20, 3)


def test_a_linear_layer_shows_its_matrix_thinned_when_it_is_large(subject: Subject) -> None:
    result = ask(subject, "filters", "fc1")
    weight = subject.net.fc1.weight.detach().numpy()  # (10, 2880)
    assert result.info["what"] == "weight matrix" and result.info["every"] == (1, 6)
    assert np.array_equal(result.arrays["weight"], weight[:, ::6])
    matrix, every = thinned(torch.arange(12.0).view(3, 4), 3, 4)
    assert matrix.shape == (3, 4) and every == (1, 1)


def test_rows_of_a_linear_layer_on_the_pixels_are_images(data: Dataset) -> None:
    nodes = (Node("mnist1", "mnist5k"), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 12}), Node("fc2", "linear", {"out_features": 10}))
    wires = [Wire("mnist1", "image", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "fc2", "x")]
    snapshot = Snapshot(
        (*nodes, Node("loss1", "cross_entropy")), (*wires, Wire("fc2", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target"))
    )
    analysis = analyse(snapshot)
    net = build(analysis.source, seed=0).net
    subject = Subject(net, snapshot, facts=analysis.nodes, source=analysis.source, data=data)
    result = ask(subject, "filters", "fc1", limit=8)
    weight = subject.module("fc1").weight.detach().numpy()  # (12, 784)
    assert (result.info["what"], result.info["total"], result.info["shown"]) == ("rows as images", 12, 8)
    assert np.array_equal(result.arrays["weight"], weight[:8].reshape(8, 1, 28, 28))
    assert ask(subject, "filters", "fc2").info["what"] == "weight matrix"


@pytest.mark.parametrize("node", ["conv1", "bn1", "pool1", "flatten1", "fc1"])
def test_activations_equal_those_of_a_forward_hook(subject: Subject, node: str) -> None:
    result = ask(subject, "activations", node, sample=7)
    by_hook = hooked(subject, 7)
    by_hook["pool1"] = torch.nn.functional.max_pool2d(torch.relu(by_hook["bn1"]), 2)
    by_hook["flatten1"] = by_hook["pool1"].flatten(1)
    expected = by_hook[node][0].numpy()
    assert result.arrays["output"].shape == expected.shape
    assert np.array_equal(result.arrays["output"], expected)
    assert result.info["index"] == 7 and result.info["label"] == int(subject.data.validation.y[7])
    assert result.info["min"] == expected.min() and result.info["max"] == expected.max()


def test_a_picture_leaves_no_trace(subject: Subject) -> None:
    before = {name: value.clone() for name, value in subject.net.state_dict().items()}
    random, calls = torch.get_rng_state(), []
    subject.net.register_forward_hook(lambda *_: calls.append(1))
    for kind, node in (("activations", "drop1"), ("prediction", ""), ("filters", "conv1"), ("samples", "")):
        assert not ask(subject, kind, node).problem
    ask(subject, "thumbnails", nodes=("conv1", "relu1", "mnist1"))
    assert torch.equal(torch.get_rng_state(), random)
    assert all(module.training for module in subject.net.modules())
    assert all(torch.equal(before[name], value) for name, value in subject.net.state_dict().items())
    assert not calls and all(weight.grad is None for weight in subject.net.parameters())


def test_the_next_picture_shows_the_weights_of_its_step(subject: Subject) -> None:
    first = ask(subject, "activations", "conv1")
    with torch.no_grad():
        subject.net.conv1.bias.add_(1)
    assert np.array_equal(ask(subject, "activations", "conv1").arrays["output"], first.arrays["output"])  # the same step: remembered
    subject.step += 1
    assert np.allclose(ask(subject, "activations", "conv1").arrays["output"], first.arrays["output"] + 1, atol=1e-5)


def test_a_prediction_is_the_softmax_of_the_output(subject: Subject) -> None:
    result = ask(subject, "prediction", sample=11)
    expected = hooked(subject, 11)["output"][0].softmax(0).numpy()
    assert np.allclose(result.arrays["scores"], expected, atol=1e-7)
    assert abs(result.arrays["scores"].sum() - 1) < 1e-6
    info = result.info
    assert info["probabilities"] is True and info["predicted"] == expected.argmax() and info["classes"] == 10
    assert info["label_name"] == str(int(subject.data.validation.y[11])) and info["class_names"] == tuple("0123456789")


def test_raw_scores_are_not_called_probabilities(data: Dataset) -> None:
    snapshot = document()
    snapshot = replace(
        snapshot, nodes=tuple(node for node in snapshot.nodes if node.id != "loss1"), wires=tuple(w for w in snapshot.wires if w.target != "loss1")
    )
    snapshot = replace(snapshot, nodes=tuple(n for n in snapshot.nodes if n.id != "relu9"), wires=tuple(w for w in snapshot.wires if w.target != "relu9"))
    analysis = analyse(snapshot)
    subject = Subject(build(analysis.source, seed=0).net, snapshot, facts=analysis.nodes, source=analysis.source, data=data)
    result = ask(subject, "prediction")
    assert result.info["probabilities"] is False and result.info["weights"] == "initial"
    assert np.allclose(result.arrays["scores"], hooked(subject, 0)["output"][0].numpy())


def test_images_come_as_a_person_sees_them(subject: Subject) -> None:
    result = ask(subject, "samples", sample=5, limit=8)
    split = subject.data.validation
    raw = split.x[5:13] * split.std + split.mean
    assert result.arrays["images"].shape == (8, 1, 28, 28)
    assert result.arrays["images"].min() == 0 and 0.9 < result.arrays["images"].max() <= 1
    levels = result.arrays["images"] * 255
    assert np.abs(levels - levels.round()).max() < 1e-3  # the original bytes
    assert np.allclose(result.arrays["images"], raw.numpy(), atol=1e-6)
    assert result.arrays["labels"].tolist() == split.y[5:13].tolist() and result.info["total"] == 1000
    assert np.array_equal(ask(subject, "activations", "conv1", sample=5).arrays["input"], result.arrays["images"][0])
    assert ask(subject, "samples", sample=996, limit=50).arrays["images"].shape[0] == 4


def test_thumbnails_of_several_nodes_at_once(subject: Subject) -> None:
    nodes = ("mnist1", "conv1", "bn1", "pool1", "fc1", "flatten1", "loss1", "relu9", "gone")
    result = ask(subject, "thumbnails", nodes=nodes, sample=2)
    shapes = {name: array.shape for name, array in result.arrays.items()}
    assert shapes == {
        "mnist1": (10, 1, 28, 28), "conv1": (16, 5, 5), "bn1": (8, 24, 24), "pool1": (8, 12, 12), "fc1": (10, 126), "flatten1": (1, 128),
    }  # fmt: skip
    assert np.array_equal(result.arrays["conv1"], subject.net.conv1.weight.detach().numpy()[:16, 0])
    assert result.info["conv1"] == "first 16 of 20 filters"
    by_class = [int(label) for label in subject.data.validation.y]
    first = [by_class.index(label) for label in range(10)]
    assert np.array_equal(result.arrays["mnist1"][3], ask(subject, "samples", sample=first[3], limit=1).arrays["images"][0])


def test_several_input_channels_are_named_not_averaged(data: Dataset) -> None:
    snapshot = document()
    extra = Node("conv2", "conv2d", {"out_channels": 4, "kernel_size": 3})
    wires = tuple(wire for wire in snapshot.wires if wire.source != "drop1")
    snapshot = replace(snapshot, nodes=(*snapshot.nodes, extra), wires=(*wires, Wire("drop1", "out", "conv2", "x"), Wire("conv2", "out", "pool1", "x")))
    analysis = analyse(snapshot)
    subject = Subject(build(analysis.source, seed=0).net, snapshot, facts=analysis.nodes, source=analysis.source, data=data)
    result = ask(subject, "thumbnails", nodes=("conv2",))
    assert np.array_equal(result.arrays["conv2"], subject.net.conv2.weight.detach().numpy()[:, 0])
    assert "first of 20 input channels" in result.info["conv2"]


@pytest.mark.parametrize(
    ("kind", "node", "words"),
    [
        ("filters", "relu1", "relu1 has no weights to show as filters. Pick a convolution"),
        ("filters", "bn1", "bn1 has no weights to show as filters"),
        ("filters", "", "Select a layer"),
        ("filters", "gone", "gone is not part of this network"),
        ("activations", "loss1", "loss1 gives one number"),
        ("activations", "relu9", "relu9 is not part of the network"),
        ("sculpture", "conv1", "no picture called 'sculpture'"),
    ],
)
def test_what_cannot_be_shown_is_said(subject: Subject, kind: str, node: str, words: str) -> None:
    result = ask(subject, kind, node)
    assert words in result.problem and not result.arrays
    assert result.info["weights"] == "step 662"


def test_dead_maps_are_counted(subject: Subject) -> None:
    with torch.no_grad():
        subject.net.bn1.weight[4] = 0
        subject.net.bn1.bias[4] = -1
    assert 4 in ask(subject, "activations", "relu1").info["dead"]


def test_timing_names_every_node_and_leaves_no_trace(subject: Subject):
    before = {name: value.clone() for name, value in subject.net.state_dict().items()}
    result = ask(subject, "timing")
    assert result.problem == "" and set(PATH) <= set(result.info["nodes"]) and result.info["samples"] == 64
    spent = dict(zip(result.info["nodes"], result.arrays["milliseconds"], strict=True))
    assert all(value >= 0 for value in spent.values()) and spent["conv1"] > 0
    assert subject.net.training and all(torch.equal(value, before[name]) for name, value in subject.net.state_dict().items())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "filters"])
def test_without_validation_samples_there_are_filters_and_words(subject: Subject, kind: str) -> None:
    none = replace(subject.data.validation, x=subject.data.validation.x[:0], y=subject.data.validation.y[:0])
    subject.data = replace(subject.data, validation=none)
    assert ask(subject, kind, "conv1").problem.startswith("There are no validation samples")
    assert not ask(subject, "filters", "conv1").problem
