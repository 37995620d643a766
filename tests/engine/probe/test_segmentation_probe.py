"""Classes and probabilities of pixels: from the network's own output, on composed scenes and on mask folders with an ignored border."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import load
from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Node, Snapshot, Wire
from engine.probe import segmentation as probe
from engine.probe.request import answer
from engine.probe.segmentation import agreement, pixel_scores
from engine.probe.subject import Subject


def network(data: Node, classes: int, loss: Node | None = None, *, field: str = "mask") -> Snapshot:
    """Two convolutions that keep the size."""
    loss = loss or Node("loss1", "cross_entropy")
    nodes = (
        data,
        Node("conv1", "conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1}),
        Node("conv2", "conv2d", {"out_channels": classes, "kernel_size": 1}),
    )
    wires = (Wire(data.id, "image", "conv1", "x"), Wire("conv1", "out", "conv2", "x"), Wire("conv2", "out", loss.id, "prediction"))
    return Snapshot((*nodes, loss), (*wires, Wire(data.id, field, loss.id, "target")))


def subject_of(snapshot: Snapshot, base: str = "") -> Subject:
    analysis = analyse(snapshot, base=base)
    assert not analysis.errors, analysis.errors
    data = load(snapshot.nodes[0].type, snapshot.nodes[0].params, base=base)
    return Subject(build(analysis.source, seed=1).net, snapshot, facts=analysis.nodes, source=analysis.source, data=data, step=3)


def ask(subject: Subject, sample: int = 0, query: int = 0) -> ProbeResult:
    result = answer(subject, "panel", ProbeRequest("segmentation", sample=sample, query=query))
    assert not result.problem, result.problem
    return result


SCENES = Node("scenes1", "scenes", {"count": 12, "size": [24, 40]})


@pytest.fixture(scope="module")
def scenes() -> Subject:
    return subject_of(network(SCENES, 4))


def test_it_is_the_softmax_of_the_networks_output(scenes: Subject) -> None:
    result = ask(scenes, 2)
    with torch.no_grad():
        output = scenes.net.eval()(scenes.image(2))[0]
    assert np.abs(result.arrays["probability"] - output.softmax(0).numpy()).max() < 1e-6
    assert np.array_equal(result.arrays["prediction"], output.argmax(0).float().numpy())
    truth = scenes.data.validation.y[2]
    assert truth.dtype is torch.uint8 and np.array_equal(result.arrays["truth"], truth.float().numpy())
    assert result.arrays["input"].shape == (1, 24, 40) and 0 <= result.arrays["input"].min() < result.arrays["input"].max() <= 1
    info = result.info
    assert (info["classes"], info["class_names"]) == (4, ("background", "digit", "animal", "line")) and info["origin"] == "softmax of the output"
    assert info["accuracy"] == pytest.approx(float((output.argmax(0) == truth).float().mean()))
    assert info["samples"] == 3 and info["index"] == 2 and info["ignored"] == 0


def test_overlaps_by_hand() -> None:
    predicted, true = torch.tensor([[0, 0, 1], [1, 1, 0]]), torch.tensor([[0, 1, 1], [1, 0, 0]])
    counted = torch.ones(2, 3, dtype=torch.bool)
    found = agreement(predicted, true, counted, 3)
    assert found["iou"][:2] == (0.5, 0.5) and math.isnan(found["iou"][2]) and found["mean_iou"] == 0.5  # 2 of 4 pixels each; class 2 is nowhere
    counted[0, 1] = False
    found = agreement(predicted, true, counted, 3)
    assert found["iou"][:2] == pytest.approx((2 / 3, 2 / 3)) and found["accuracy"] == 0.8


def test_many_classes_send_the_picked_one_alone_and_large_pictures_every_few_pixels(scenes: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ask(scenes, 1)
    monkeypatch.setattr(probe, "MOST", 100)
    monkeypatch.setattr(probe, "WIDEST", 20)
    part = ask(scenes, 1, query=3)
    assert part.info["whole"] is False and part.info["picked"] == 3 and part.info["every"] == 2
    assert np.array_equal(part.arrays["probability"], whole.arrays["probability"][3:4, ::2, ::2])
    assert part.arrays["input"].shape == (1, 12, 20) and part.info["iou"] == whole.info["iou"]  # overlaps count every pixel


def masks(folder: Path) -> Path:
    """Pictures 16 x 12 with masks of the classes 0 and 1 and a border of 255."""
    rng = np.random.default_rng(2)
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for index in range(8):
        mask = np.zeros((12, 16), np.uint8)
        mask[3:9, 2 + index : 6 + index] = 1
        mask[0] = 255
        picture = (mask == 1) * 150 + rng.integers(0, 60, mask.shape)
        Image.fromarray(picture.astype(np.uint8)).save(folder / "images" / f"{index}.png")
        Image.fromarray(mask).save(folder / "masks" / f"{index}.png")
    return folder


def test_ignored_pixels_of_a_mask_folder_count_for_nothing(tmp_path: Path) -> None:
    folder = masks(tmp_path / "cells")
    node = Node("masks1", "mask_folder", {"folder": str(folder), "size": [12, 16], "classes": 2, "colour": "grey"})
    result = ask(subject_of(network(node, 2)))
    assert np.isnan(result.arrays["truth"][0]).all() and np.isfinite(result.arrays["truth"][1:]).all() and result.info["ignored"] == 16
    right = result.arrays["prediction"][1:] == result.arrays["truth"][1:]
    assert result.info["accuracy"] == pytest.approx(right.mean())


def test_a_class_that_the_loss_ignores_counts_for_nothing() -> None:
    result = ask(subject_of(network(SCENES, 4, Node("loss1", "cross_entropy", {"ignore_index": 0}))))
    truth = result.arrays["truth"]
    assert np.isnan(truth).sum() == result.info["ignored"] > 0 and not (truth == 0).any() and (truth[np.isfinite(truth)] > 0).all()
    assert result.info["iou"][0] == 0 or math.isnan(result.info["iou"][0])  # nothing that counts is truly of this class


@pytest.mark.parametrize(("loss", "classes", "origin"), [("dice", 4, "softmax"), ("nll", 4, "e to the power"), ("cross_entropy", 4, "softmax")])
def test_scores_are_read_as_their_loss_takes_them(loss: str, classes: int, origin: str) -> None:
    result = ask(subject_of(network(SCENES, classes, Node("loss1", loss))))
    assert result.info["origin"].startswith(origin) and result.arrays["probability"].shape == (classes, 24, 40)


def test_several_outputs_come_together_and_one_is_chosen() -> None:
    plain = network(SCENES, 4)
    nodes = (*plain.nodes, Node("conv3", "conv2d", {"out_channels": 4, "kernel_size": 1}), Node("loss2", "cross_entropy"))
    wires = (*plain.wires, Wire("conv1", "out", "conv3", "x"), Wire("conv3", "out", "loss2", "prediction"), Wire("scenes1", "mask", "loss2", "target"))
    subject = subject_of(Snapshot(nodes, wires))
    first, second = ask(subject), answer(subject, "panel", ProbeRequest("segmentation", "conv3"))
    assert first.info["outputs"] == second.info["outputs"] == ("conv2", "conv3") and (first.info["output"], second.info["output"]) == ("conv2", "conv3")
    assert np.array_equal(first.arrays["others"], second.arrays["prediction"][None]) and first.info["others"] == (("conv3", second.info["accuracy"]),)
    assert np.array_equal(second.arrays["others"][0], first.arrays["prediction"]) and not np.array_equal(*(r.arrays["probability"] for r in (first, second)))


def test_one_score_a_pixel_is_a_yes() -> None:
    output = torch.tensor([[[[0.0, 2.0], [-2.0, 1.0]]]])
    scores, probable, _ = pixel_scores(output, "bce_with_logits")
    assert probable and scores.shape == (2, 2, 2) and torch.allclose(scores.sum(0), torch.ones(2, 2))
    assert scores.argmax(0).tolist() == [[0, 1], [0, 1]]


def test_what_has_no_pixels_is_said(scenes: Subject) -> None:
    digits = Snapshot(
        (Node("mnist1", "mnist5k"), Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 10}), Node("loss1", "cross_entropy")),
        (Wire("mnist1", "image", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "loss1", "prediction"),
         Wire("mnist1", "label", "loss1", "target")),
    )  # fmt: skip
    said = answer(subject_of(digits), "panel", ProbeRequest("segmentation"))
    assert said.problem == "This dataset has no masks. Wire one with a class for each pixel: Scenes, or a mask folder." and not said.arrays


def test_a_network_that_gives_no_number_is_shown_as_such(scenes: Subject) -> None:
    scenes.step += 1
    with torch.no_grad():
        kept = scenes.net.conv2.bias.clone()
        scenes.net.conv2.bias[0] = math.nan
    result = ask(scenes)
    with torch.no_grad():
        scenes.net.conv2.bias.copy_(kept)
    scenes.step += 1
    assert np.isnan(result.arrays["prediction"]).all() and result.info["finite"] is False
