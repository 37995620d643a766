"""Attention equals its definition and torch's own, and the grid of the tokens is read off the wires."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from attention_subject import subject_of
from torch import nn

from engine import library
from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import Dataset, load
from engine.events import ProbeRequest, ProbeResult
from engine.graph.model import Node, Snapshot, Wire
from engine.probe import attention as probe
from engine.probe.request import answer
from engine.probe.subject import Subject


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load("mnist5k", {})


@pytest.fixture(scope="module")
def lesson() -> Snapshot:
    return library.read("vit-mnist")


@pytest.fixture(scope="module")
def vit(lesson: Snapshot, data: Dataset) -> Subject:
    return subject_of(lesson, data)[0]


def ask(subject: Subject, node: str, kind: str = "attention", **more: object) -> ProbeResult:
    result = answer(subject, "panel", ProbeRequest(kind, node, **more))
    assert not result.problem, result.problem
    return result


def torch_weights(subject: Subject, node: str, x: torch.Tensor, context: torch.Tensor | None = None) -> np.ndarray:
    """What nn.MultiheadAttention says with the same parameters, per head."""
    mine = subject.module(node)
    theirs = nn.MultiheadAttention(mine.out_proj.in_features, mine.num_heads, batch_first=True).eval()
    theirs.load_state_dict(mine.state_dict())
    other = x if context is None else context
    with torch.no_grad():
        return theirs(x, other, other, need_weights=True, average_attn_weights=False)[1][0].numpy()


@pytest.mark.parametrize("node", ["attention1", "attention2"])
def test_weights_equal_those_of_torch(vit: Subject, node: str) -> None:
    result = ask(vit, node, sample=7)
    x = vit.values(7)["norm1" if node == "attention1" else "norm3"]
    expected = torch_weights(vit, node, x.clone())
    assert result.arrays["weights"].shape == expected.shape == (4, 17, 17)
    assert np.abs(result.arrays["weights"] - expected).max() < 1e-5
    assert np.abs(expected - 1 / 17).max() > 0.05  # not the flat attention that any formula gives


def test_weights_are_the_softmax_of_the_scores_and_give_what_the_fused_pass_gives(vit: Subject) -> None:
    result = ask(vit, "attention2", sample=2)
    module, x = vit.module("attention2"), vit.values(2)["norm3"].clone()
    q, k, v = split(module, x)
    scores = torch.einsum("htd,hsd->hts", q, k)
    assert np.abs(result.arrays["scores"] - scores.detach().numpy()).max() < 1e-4
    weights = torch.from_numpy(result.arrays["weights"])
    assert torch.allclose(weights, (scores / math.sqrt(16)).softmax(-1), atol=1e-5)
    mixed = module.out_proj((weights @ v).transpose(0, 1).flatten(1))
    assert torch.allclose(mixed, vit.values(2)["attention2"][0].clone(), atol=1e-4)  # the network's own, fused


def split(module: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """Queries, keys and values (H, T, d), by hand."""
    flat = (x[0] @ module.in_proj_weight.T + module.in_proj_bias).view(x.shape[1], 3, 4, 16)
    return [flat[:, part].transpose(0, 1) for part in range(3)]


def test_entropy_layout_and_prediction_of_the_lesson(vit: Subject) -> None:
    result = ask(vit, "attention1", sample=5)
    weights, info = result.arrays["weights"], result.info
    entropy = -(weights * np.log(weights)).sum(-1).mean(-1)
    assert np.allclose(result.arrays["entropy"], entropy, atol=1e-5)
    assert [row[0] for row in info["entropies"]] == ["attention1", "attention2"] == list(info["nodes"])
    assert np.allclose(info["entropies"][0][2], entropy, atol=1e-5) and info["entropies"][0][1] == pytest.approx(math.log(17))
    assert info["query_grid"] == info["key_grid"] == (1, 4, 4) and info["query_exact"] is True
    assert info["query_what"] == "Each token is a patch of 7 × 7 pixels of the image."
    assert (info["heads"], info["tokens"], info["features"], info["factor"], info["whole"]) == (4, 17, 16, 0.25, True)
    best = ask(vit, "", kind="prediction", sample=5)
    assert info["predicted"] == best.info["predicted"] and info["score"] == pytest.approx(float(best.arrays["scores"].max()))


def test_rollout_and_places(vit: Subject) -> None:
    result = ask(vit, "attention2", sample=1)
    first = ask(vit, "attention1", sample=1).arrays["weights"].mean(0)
    second = result.arrays["weights"].mean(0)
    eye = np.eye(17, dtype=np.float32)
    assert np.allclose(result.arrays["rollout"], (second + eye) / 2 @ (first + eye) / 2, atol=1e-5)
    table = vit.net.get_parameter("positions1.table").detach()[0].clone()
    expected = torch.nn.functional.cosine_similarity(table[:, None], table[None], dim=-1)
    assert np.allclose(result.arrays["positions"], expected.numpy(), atol=1e-5)


def test_a_picture_of_attention_leaves_no_trace(vit: Subject) -> None:
    before = {name: value.clone() for name, value in vit.net.state_dict().items()}
    calls: list[int] = []
    handle = vit.net.get_submodule("attention1").register_forward_hook(lambda *_: calls.append(1))
    random = torch.get_rng_state()
    vit.step += 1
    ask(vit, "attention1")
    ask(vit, "", kind="thumbnails", nodes=("attention1",))
    handle.remove()
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in vit.net.state_dict().items())
    assert all(weight.grad is None for weight in vit.net.parameters())


def test_very_many_tokens_send_the_query_alone(vit: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ask(vit, "attention1", sample=4)
    monkeypatch.setattr(probe, "MOST", 100)
    monkeypatch.setattr(probe, "WIDEST", 6)
    part = ask(vit, "attention1", sample=4, query=11)
    assert part.info["whole"] is False and part.info["query"] == 11
    assert np.array_equal(part.arrays["weights"], whole.arrays["weights"][:, 11:12])
    assert part.arrays["mean"].shape == (6, 6) and part.info["every"] == (3, 3)
    assert np.allclose(part.arrays["mean"], whole.arrays["weights"].mean(0)[::3, ::3], atol=1e-6)


def test_a_node_shows_where_its_class_token_looks(vit: Subject) -> None:
    tiles = ask(vit, "", kind="thumbnails", nodes=("attention2", "norm1"), sample=4)
    expected = ask(vit, "attention2", sample=4).arrays["weights"][:, 0, 1:].reshape(4, 4, 4)
    assert np.array_equal(tiles.arrays["attention2"], expected)
    assert tiles.info["attention2"] == "4 heads: where the class token looks" and "norm1" in tiles.arrays


# -- other attention, other tokens -----------------------------------------------------------------------------------------
def tail(source: str) -> tuple[tuple[Node, ...], tuple[Wire, ...]]:
    """What turns tokens into scores, and a loss."""
    nodes = (Node("mean1", "mean_tokens"), Node("fc9", "linear", {"out_features": 10}), Node("loss1", "cross_entropy"))
    wires = (Wire(source, "out", "mean1", "x"), Wire("mean1", "out", "fc9", "x"), Wire("fc9", "out", "loss1", "prediction"))
    return nodes, (*wires, Wire("mnist1", "label", "loss1", "target"))


def drawn(params: dict[str, object]) -> Snapshot:
    """Pixels of strided maps ask the patches of the image, with query, key and value as plain Linear nodes."""
    nodes = (
        Node("mnist1", "mnist5k"), Node("conv1", "conv2d", {"out_channels": 12, "kernel_size": 4, "stride": 4}), Node("tokens1", "map_to_tokens"),
        Node("patches1", "patchify", {"patch": [14, 7]}), Node("q1", "linear", {"out_features": 9}), Node("k1", "linear", {"out_features": 9}),
        Node("v1", "linear", {"out_features": 6}), Node("attend1", "scaled_dot_product", params),
    )  # fmt: skip
    chain = [("mnist1", "image", "conv1"), ("conv1", "out", "tokens1"), ("mnist1", "image", "patches1"), ("tokens1", "out", "q1")]
    chain += [("patches1", "out", "k1"), ("patches1", "out", "v1")]
    wires = [Wire(a, port, b, "x") for a, port, b in chain] + [Wire(f"{p}1", "out", "attend1", p) for p in "qkv"]
    more = tail("attend1")
    return Snapshot((*nodes, *more[0]), (*wires, *more[1]))


@pytest.mark.parametrize(("params", "factor"), [({}, 1 / 3), ({"scaled": False}, 1.0)])
def test_attention_without_weights(data: Dataset, params: dict[str, object], factor: float) -> None:
    subject, _ = subject_of(drawn(params), data)
    result = ask(subject, "attend1", sample=3)
    values = subject.values(3)
    scores = values["q1"][0].clone() @ values["k1"][0].clone().T
    assert result.arrays["weights"].shape == (1, 49, 8)
    assert np.abs(result.arrays["weights"][0] - (scores * factor).softmax(-1).detach().numpy()).max() < 1e-5
    assert result.info["query_grid"] == (0, 7, 7) and result.info["key_grid"] == (0, 2, 4)
    assert result.info["query_exact"] is False and "a pixel of conv1" in result.info["query_what"]
    assert result.info["key_exact"] is True and result.info["key_what"] == "Each token is a patch of 14 × 7 pixels of the image."
    assert "rollout" not in result.arrays and "positions" not in result.arrays


def test_looking_back_only(lesson: Snapshot, data: Dataset) -> None:
    nodes = tuple(replace(node, params={"num_heads": 2, "causal": True}) if node.id == "attention1" else node for node in lesson.nodes)
    subject, _ = subject_of(replace(lesson, nodes=nodes), data)
    result = ask(subject, "attention1")
    future = np.triu(np.ones((17, 17), bool), 1)
    assert (result.arrays["weights"][:, future] == 0).all() and np.isneginf(result.arrays["scores"][:, future]).all()
    assert np.allclose(result.arrays["weights"].sum(-1), 1, atol=1e-5) and result.arrays["weights"][0, 0, 0] == 1
    module = subject.module("attention1")
    with torch.no_grad():
        expected = module.weights(subject.values(0)["norm1"].clone())[0].numpy()
    assert np.allclose(result.arrays["weights"], expected, atol=1e-6)
    assert np.isfinite(result.arrays["entropy"]).all()


def test_where_nobody_knows_the_places_it_says_so(lesson: Snapshot, data: Dataset) -> None:
    nodes = (*(node for node in lesson.nodes if node.id != "patches1"), Node("rows1", "reshape", {"shape": [28, 28]}))
    wires = [wire for wire in lesson.wires if "patches1" not in (wire.source, wire.target)]
    wires += [Wire("mnist1", "image", "rows1", "x"), Wire("rows1", "out", "embed1", "x")]
    snapshot = replace(lesson, nodes=nodes, wires=tuple(wires))
    subject, _ = subject_of(snapshot, data)
    result = ask(subject, "attention1")
    assert result.info["query_grid"][1:] == (0, 0)
    assert "nobody knows which patch of the image each token of rows1 is" in result.info["query_what"]


def test_what_has_no_attention_is_said(vit: Subject) -> None:
    result = answer(vit, "panel", ProbeRequest("attention", "fc1"))
    assert result.problem.startswith("fc1 is no attention. Select a MultiHeadAttention") and not result.arrays
    assert "not part of this network" in answer(vit, "panel", ProbeRequest("attention", "gone")).problem


def test_the_lesson_has_the_parameters_of_the_table_and_learns(lesson: Snapshot, data: Dataset) -> None:
    analysis = analyse(lesson)
    assert analysis.parameters == 72_074 and not analysis.problems
    built = build(analysis.source, seed=0)
    assert sum(weight.numel() for weight in built.net.parameters()) == 72_074
    recipe = lesson.recipe
    assert recipe.optimizer == "adamw"
    optimizer = torch.optim.AdamW(built.net.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    for index in range(0, 2 * 4000, recipe.batch_size):
        begin = index % 4000
        images, labels = data.train.images(begin, min(begin + recipe.batch_size, 4000)), data.train.y[begin : begin + recipe.batch_size]
        optimizer.zero_grad()
        built.loss(built.net(images), labels).backward()
        optimizer.step()
    with torch.no_grad():
        right = (built.net.eval()(data.validation.images(0, 1000)).argmax(1) == data.validation.y).float().mean()
    assert right > 0.6  # after 2 of 24 epochs; chance is 0.1
