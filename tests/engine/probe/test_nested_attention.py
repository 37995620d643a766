"""Attention inside blocks, in repeats, in blocks of blocks, and drawn from MatMul, Scale and Softmax: its numbers equal softmax(QKᵀ / √d)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from attention_subject import subject_of

from engine import library
from engine.data.load import Dataset, load
from engine.events import ProbeRequest, ProbeResult
from engine.graph import blocks
from engine.graph.document import Document
from engine.graph.model import Block, Node, Snapshot, Wire
from engine.probe.attention import attentive
from engine.probe.levels import leads
from engine.probe.request import answer
from engine.probe.subject import Subject


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load("mnist5k", {})


def between(middle: tuple[Node, ...], definitions: tuple[Block, ...], *, dim: int = 16, port: str = "y") -> Snapshot:
    """Patches, class token and places before a chain of instances; the class token decides."""
    first = (
        Node("mnist1", "mnist5k"), Node("patches1", "patchify", {"patch": 7}), Node("embed1", "linear", {"out_features": dim}),
        Node("token1", "class_token"), Node("places1", "positional_embedding"),
    )  # fmt: skip
    last = (Node("cls1", "take_token"), Node("head1", "linear", {"out_features": 10}))
    chain = [*first, *middle, *last]
    wires = []
    for a, b in zip(chain, chain[1:], strict=False):  # noqa: RUF007 - reads as pairs
        wires.append(Wire(a.id, "image" if a.id == "mnist1" else port if a in middle and a.type.startswith("block:") else "out", b.id, "x"))
    wires += [Wire("head1", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    return Snapshot((*chain, Node("loss1", "cross_entropy")), tuple(wires), blocks=definitions)


def shipped(name: str) -> tuple[Block, ...]:
    """The definitions of a shipped block."""
    found, block_id = library.block(name)
    document = Document(Snapshot())
    document.apply(blocks.add_library_block(document.snapshot(), found, block_id)[0])
    return document.snapshot().blocks


def encoders(repeat: int = 3) -> Snapshot:
    node = Node("encoder1", "block:EncoderBlock", {"dim": 16, "heads": 2, "ratio": 2, "repeat": repeat})
    return between((node, Node("encoder2", "block:EncoderBlock", {"dim": 16, "heads": 4, "ratio": 2})), shipped("transformer_encoder_block"))


@pytest.fixture(scope="module")
def nested(data: Dataset) -> Subject:
    return subject_of(encoders(), data)[0]


def ask(subject: Subject, node: str, kind: str = "attention", **more: object) -> ProbeResult:
    result = answer(subject, "panel", ProbeRequest(kind, node, **more))
    assert not result.problem, result.problem
    return result


def by_hand(module: torch.nn.Module, x: torch.Tensor, heads: int) -> np.ndarray:
    """softmax(QKᵀ / √d) of every head, from the parameters alone."""
    dim = x.shape[-1]
    flat = (x[0] @ module.in_proj_weight.T + module.in_proj_bias).view(x.shape[1], 3, heads, dim // heads)
    q, k = flat[:, 0].transpose(0, 1), flat[:, 1].transpose(0, 1)
    return (q @ k.transpose(1, 2) / math.sqrt(dim // heads)).softmax(-1).detach().numpy()


PATHS = ("encoder1/attention", "encoder1.1/attention", "encoder1.2/attention", "encoder2/attention")


@pytest.mark.parametrize(("path", "heads"), [(PATHS[0], 2), (PATHS[1], 2), (PATHS[2], 2), (PATHS[3], 4)])
def test_each_repeat_has_its_own_attention(nested: Subject, path: str, heads: int) -> None:
    result = ask(nested, path, sample=7)
    x = nested.value(path.replace("attention", "ln1"), 7).clone()
    expected = by_hand(nested.module(path), x, heads)
    assert result.arrays["weights"].shape == expected.shape == (heads, 17, 17)
    assert np.abs(result.arrays["weights"] - expected).max() < 1e-5 and np.abs(expected - 1 / 17).max() > 0.02
    assert result.info["nodes"] == PATHS and [row[0] for row in result.info["entropies"]] == list(PATHS)
    assert result.info["query_grid"] == result.info["key_grid"] == (1, 4, 4) and result.info["node"] == path


def test_repeats_differ_and_the_first_one_is_the_default(nested: Subject) -> None:
    pictures = [ask(nested, path).arrays["weights"] for path in PATHS[:3]]
    assert all(np.abs(a - b).max() > 1e-3 for a, b in [(pictures[0], pictures[1]), (pictures[1], pictures[2])])
    assert np.array_equal(ask(nested, "").arrays["weights"], pictures[0]) and np.array_equal(ask(nested, "encoder1.0/attention").arrays["weights"], pictures[0])


def test_rollout_goes_through_all_repeats_and_places_are_found_outside(nested: Subject) -> None:
    total = np.eye(17, dtype=np.float32)
    for path in PATHS:
        total = (ask(nested, path, sample=2).arrays["weights"].mean(0) + np.eye(17, dtype=np.float32)) / 2 @ total
    result = ask(nested, PATHS[-1], sample=2)
    assert np.allclose(result.arrays["rollout"], total, atol=1e-5) and result.info["rollout_nodes"] == PATHS
    assert ask(nested, PATHS[1], sample=2).info["rollout_nodes"] == PATHS[:2]
    table = nested.net.get_parameter("places1.table").detach()[0].clone()
    assert np.allclose(result.arrays["positions"], torch.cosine_similarity(table[:, None], table[None], dim=-1).numpy(), atol=1e-5)


def test_a_picture_inside_a_block_for_the_node(nested: Subject) -> None:
    tiles = ask(nested, "", kind="thumbnails", nodes=("encoder1.1/attention",), sample=4)
    expected = ask(nested, "encoder1.1/attention", sample=4).arrays["weights"][:, 0, 1:].reshape(2, 4, 4)
    assert np.array_equal(tiles.arrays["encoder1.1/attention"], expected)


def test_what_is_no_path_of_the_network_is_said(nested: Subject) -> None:
    for path in ("encoder1.3/attention", "encoder1/gone", "encoder9/attention", "encoder1/ln1", "encoder1"):
        result = answer(nested, "panel", ProbeRequest("attention", path))
        assert result.problem and not result.arrays, path


def test_blocks_inside_blocks(data: Dataset) -> None:
    inner = shipped("transformer_encoder_block")
    stage = Block(
        "Stage", "Stage",
        nodes=(Node("x", "block_input"), Node("turn", "block:EncoderBlock", {"dim": 16, "heads": 2, "ratio": 1, "repeat": 2}), Node("y", "block_output")),
        wires=(Wire("x", "out", "turn", "x"), Wire("turn", "y", "y", "x")),
    )  # fmt: skip
    subject = subject_of(between((Node("stage1", "block:Stage", {"repeat": 2}),), (*inner, stage)), data)[0]
    paths = ("stage1/turn/attention", "stage1/turn.1/attention", "stage1.1/turn/attention", "stage1.1/turn.1/attention")
    assert tuple(attentive(subject.root)) == paths
    for path in paths:
        result = ask(subject, path, sample=3)
        expected = by_hand(subject.module(path), subject.value(path.replace("attention", "ln1"), 3).clone(), 2)
        assert np.abs(result.arrays["weights"] - expected).max() < 1e-5 and result.info["key_grid"] == (1, 4, 4)
    assert ask(subject, paths[3]).info["rollout_nodes"] == paths
    assert leads(subject.root, paths[1], paths[2]) and not leads(subject.root, paths[2], paths[1]) and not leads(subject.root, paths[0], paths[0])


# -- drawn -------------------------------------------------------------------------------------------------------------
def head(style: str) -> tuple[Node, ...]:
    """The softmax of the scores, scaled in one of three ways."""
    return {
        "by the product": (Node("scores", "matmul", {"transpose": True, "scaled": True}),),
        "by a Scale after it": (Node("scores", "matmul", {"transpose": True}), Node("scale1", "scale", {"factor": 0.25})),
        "by a Scale of the queries": (Node("scale1", "scale", {"by": "1 / √D"}), Node("scores", "matmul", {"transpose": True})),
        "with keys turned by a node": (Node("turned", "permute", {"order": [2, 1]}), Node("scores", "matmul", {"scaled": True})),
        "not at all": (Node("scores", "matmul", {"transpose": True}),),
    }[style]


def drawn(style: str) -> Snapshot:
    plain = between((Node("mix1", "matmul"),), (), dim=8, port="out")
    nodes = {node.id: node for node in head(style)}
    more = [Node(name, "linear", {"out_features": 16}) for name in ("q1", "k1", "v1")] + [*nodes.values(), Node("soft1", "softmax", {"dim": -1})]
    wires = [wire for wire in plain.wires if wire.target != "mix1"] + [Wire("places1", "out", name, "x") for name in ("q1", "k1", "v1")]
    queries, keys, scores = "q1", "k1", "scores"
    if style == "by a Scale of the queries":
        wires.append(Wire("q1", "out", "scale1", "x"))
        queries = "scale1"
    elif style == "by a Scale after it":
        wires.append(Wire("scores", "out", "scale1", "x"))
        scores = "scale1"
    elif style == "with keys turned by a node":
        wires.append(Wire("k1", "out", "turned", "x"))
        keys = "turned"
    wires += [Wire(queries, "out", "scores", "a"), Wire(keys, "out", "scores", "b"), Wire(scores, "out", "soft1", "x")]
    wires += [Wire("soft1", "out", "mix1", "a"), Wire("v1", "out", "mix1", "b")]
    return Snapshot((*plain.nodes, *more), tuple(wires))


@pytest.mark.parametrize("style", ["by the product", "by a Scale after it", "by a Scale of the queries", "with keys turned by a node", "not at all"])
def test_drawn_attention_is_shown_the_same_way(data: Dataset, style: str) -> None:
    subject = subject_of(drawn(style), data)[0]
    result = ask(subject, "soft1", sample=5)
    values = subject.values(5)
    products = values["q1"][0].clone() @ values["k1"][0].clone().T
    factor = 1.0 if style == "not at all" else 1 / math.sqrt(16)
    assert np.abs(result.arrays["weights"][0] - (products * factor).softmax(-1).numpy()).max() < 1e-5
    assert np.abs(result.arrays["scores"][0] - products.numpy()).max() < 1e-4 and result.info["factor"] == pytest.approx(factor)
    assert (result.info["heads"], result.info["features"], result.info["nodes"]) == (1, 16, ("soft1",))
    assert result.info["query_grid"] == result.info["key_grid"] == (1, 4, 4) and "rollout" not in result.arrays


def test_the_shipped_head_shows_its_attention(data: Dataset) -> None:
    subject = subject_of(between((Node("head", "block:AttentionHead", {"dim": 16}),), shipped("attention_head")), data)[0]
    result = ask(subject, "", sample=1)
    q, k = (subject.value(f"head/{name}", 1)[0].clone() for name in ("query", "key"))
    assert result.info["node"] == "head/softmax" and np.abs(result.arrays["weights"][0] - (q @ k.T / 4).softmax(-1).numpy()).max() < 1e-5


def test_a_softmax_of_classes_is_no_attention(data: Dataset) -> None:
    fc1, soft1 = Node("fc1", "linear", {"out_features": 10}), Node("soft1", "softmax")
    wires = (Wire("mnist1", "image", "flatten1", "x"), Wire("flatten1", "out", "fc1", "x"), Wire("fc1", "out", "soft1", "x"),
             Wire("soft1", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target"))  # fmt: skip
    snapshot = Snapshot((Node("mnist1", "mnist5k"), Node("flatten1", "flatten"), fc1, soft1, Node("loss1", "cross_entropy")), wires)
    subject = subject_of(snapshot, data)[0]
    assert answer(subject, "panel", ProbeRequest("attention")).problem.startswith("This network has no attention.")
    assert answer(subject, "panel", ProbeRequest("attention", "soft1")).problem.startswith("soft1 is no attention.")


# -- shuffled patches ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("placed", [True, False])
def test_without_places_the_order_of_patches_makes_no_difference(data: Dataset, placed: bool) -> None:
    plain = encoders()
    nodes = tuple(node if placed or node.id != "places1" else replace(node, bypassed=True) for node in plain.nodes)
    subject = subject_of(replace(plain, nodes=nodes), data)[0]
    before = ask(subject, PATHS[1], sample=6)
    after = ask(subject, PATHS[1], sample=6, shuffle=5)
    assert after.info["predicted_before"] == before.info["predicted"] and after.info["score_before"] == before.info["score"]
    assert (abs(after.info["score"] - before.info["score"]) < 1e-5) != placed
    order = [0, *(1 + patch for patch in after.info["order"])]  # the class token stays
    moved = before.arrays["weights"][:, order][:, :, order]
    assert (np.abs(after.arrays["weights"] - moved).max() < 1e-5) != placed


def test_shuffled_patches_are_those_of_the_image(nested: Subject) -> None:
    before, after = ask(nested, "", sample=3), ask(nested, "", sample=3, shuffle=8)
    image, mixed, order = before.arrays["input"][0], after.arrays["input"][0], after.info["order"]
    assert sorted(order) == list(range(16)) and order != tuple(range(16))
    for place, patch in enumerate(order):
        (row, column), (old_row, old_column) = divmod(place, 4), divmod(patch, 4)
        new = mixed[row * 7 : row * 7 + 7, column * 7 : column * 7 + 7]
        assert np.allclose(new, image[old_row * 7 : old_row * 7 + 7, old_column * 7 : old_column * 7 + 7], atol=1e-6)
    again = ask(nested, "", sample=3, shuffle=8)
    assert again.info["order"] == order and np.array_equal(ask(nested, "", sample=3).arrays["weights"], before.arrays["weights"])
    assert ask(nested, "", sample=3, shuffle=9).info["order"] != order
