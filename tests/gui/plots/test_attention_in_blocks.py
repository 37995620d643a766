"""Attention in blocks and repeats: what there is, what it is called, choosing an instance, shuffled patches, and the window's selection."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import library
from engine.events import ProbeRequest, ProbeResult
from engine.graph import blocks
from engine.graph.document import Document
from engine.graph.model import Block, Node, Recipe, Snapshot, Wire
from engine.layers import registry
from gui.controls import Caption, Combo
from gui.panels import attention_paths as paths
from gui.panels.attention import AttentionPanel
from gui.panels.attention_paths import Look
from gui.panels.attention_switch import NodeSwitch
from gui.panels.tool_row import ToolRow

RANDOM = np.random.default_rng(7)


def shipped(name: str) -> tuple[Block, ...]:
    found, block_id = library.block(name)
    document = Document(Snapshot())
    document.apply(blocks.add_library_block(document.snapshot(), found, block_id)[0])
    return document.snapshot().blocks


def network(repeat: int = 3) -> Snapshot:
    """A small vision transformer whose encoder is a repeated block, with a head of drawn attention behind it."""
    nodes = (
        Node("mnist1", "mnist5k"), Node("patches1", "patchify", {"patch": 7}), Node("embed1", "linear", {"out_features": 8}),
        Node("encoder1", "block:EncoderBlock", {"dim": 8, "heads": 2, "ratio": 1, "repeat": repeat}), Node("head1", "block:AttentionHead", {"dim": 8}),
        Node("mean1", "mean_tokens"), Node("fc1", "linear", {"out_features": 10}), Node("loss1", "cross_entropy"),
    )  # fmt: skip
    chain = [node.id for node in nodes[:-1]]
    ports = {"mnist1": "image", "encoder1": "y", "head1": "y"}
    wires = [Wire(a, ports.get(a, "out"), b, "x") for a, b in zip(chain, chain[1:], strict=False)]  # noqa: RUF007
    wires += [Wire("fc1", "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    definitions = (*shipped("transformer_encoder_block"), *shipped("attention_head"))
    return Snapshot(nodes, tuple(wires), blocks=definitions, recipe=Recipe(batch_size=200, epochs=1, device="cpu"))


ENCODERS = ("encoder1/attention", "encoder1.1/attention", "encoder1.2/attention")
LOOKS = (*(Look(path, ("EncoderBlock", "attention"), "Encoder") for path in ENCODERS), Look("head1/softmax", ("AttentionHead", "softmax"), "Head"))


def test_blocks_repeats_and_drawn_attention_are_found():
    snapshot = network()
    assert [look.path for look in paths.listing(snapshot, None)] == ["encoder1/attention", "head1/softmax"]  # repeats are known with the analysis
    bypassed = replace(snapshot, nodes=tuple(replace(node, bypassed=node.id == "head1") for node in snapshot.nodes))
    assert all("head1" not in look.path for look in paths.listing(bypassed, None))
    plain = Snapshot((Node("soft1", "softmax"), Node("fc1", "linear")), (Wire("fc1", "out", "soft1", "x"),))
    assert paths.listing(plain, None) == ()


def test_blocks_of_one_title_go_by_their_ids_too():
    inside = (Node("x", "block_input"), Node("attention", "multi_head_attention"), Node("y", "block_output"))
    wires = (Wire("x", "out", "attention", "x"), Wire("attention", "out", "y", "x"))
    definitions = tuple(Block(name, "Encoder", nodes=inside, wires=wires) for name in ("First", "Second"))
    nodes = tuple(Node(name, f"block:{kind}") for name, kind in (("a", "First"), ("b", "Second"), ("c", "Second")))
    found = paths.listing(Snapshot(nodes, blocks=definitions), None)
    assert [paths.name_of(found, look.path) for look in found] == ["Encoder (First)", "Encoder (Second) · 1 of 2", "Encoder (Second) · 2 of 2"]


def test_what_is_chosen_on_the_canvas_leads_to_a_path():
    def choice(chosen: str = "", kept: str = "", inside: str = "") -> str:
        return paths.choice(LOOKS, chosen=chosen, kept=kept, inside=inside)

    assert choice() == ENCODERS[0] and choice("head1/softmax", ENCODERS[1]) == "head1/softmax"
    assert choice("encoder1", "head1/softmax") == ENCODERS[0] and choice("encoder1", ENCODERS[2]) == ENCODERS[2] and choice("head1") == "head1/softmax"
    assert choice("fc1", ENCODERS[1]) == ENCODERS[1] and choice("", "gone", "encoder1.2") == ENCODERS[2]
    assert choice("", ENCODERS[0], "encoder1.2") == ENCODERS[2] and choice("ln1", ENCODERS[1], "other1") == ENCODERS[1]
    assert paths.choice((), chosen="fc1", kept="", inside="") == ""


@pytest.fixture
def switch(show) -> NodeSwitch:
    made = show(NodeSwitch(), 400, 30)
    made.set_looks(LOOKS, ENCODERS[1])
    QApplication.processEvents()
    return made


def test_an_instance_is_chosen_by_number_and_a_block_by_name(switch: NodeSwitch):
    told: list[str] = []
    switch.nodeChosen.connect(told.append)
    assert isinstance(switch.choice, Combo) and switch.choice.currentText() == "Encoder" and switch.number.value() == 2 and switch.count.text() == "of 3"
    switch.number.setFocus()
    QTest.keyClick(switch.number, Qt.Key.Key_Up)
    assert told == [ENCODERS[2]]
    switch.set_looks(LOOKS, ENCODERS[2])
    switch.choice.textActivated.emit("Head")
    assert told[-1] == "head1/softmax"
    switch.set_looks(LOOKS, "head1/softmax")
    assert not switch.number.isVisible() and switch.choice.currentText() == "Head"
    switch.choice.textActivated.emit("Encoder")
    assert told[-1] == ENCODERS[0]
    switch.set_looks(LOOKS[:3], ENCODERS[0])
    assert isinstance(switch.choice, Caption) and switch.choice.text() == "Encoder" and switch.count.text() == "of 3"
    switch.set_looks(LOOKS[:1], ENCODERS[0])
    assert not switch.isVisible()


def answer(path: str, nodes: tuple[str, ...], **more: object) -> ProbeResult:
    weights = RANDOM.dirichlet(np.ones(16), size=(2, 16)).astype(np.float32)
    arrays = {"weights": weights, "scores": np.log(weights), "entropy": np.full(2, 2.0, np.float32), "mean": weights.mean(0)}
    arrays["input"] = RANDOM.random((1, 28, 28)).astype(np.float32)
    words = "Each token is a patch of 7 × 7 pixels of the image."
    info = {
        "heads": 2, "tokens": 16, "keys": 16, "features": 4, "factor": 0.5, "whole": True, "query": 0, "every": (1, 1), "max": 1.0, "nodes": nodes,
        "query_grid": (0, 4, 4), "key_grid": (0, 4, 4), "query_what": words, "key_what": words, "node": path,
        "entropies": tuple((name, math.log(16), (2.0, 2.5)) for name in nodes), "index": 5, "label": 5, "label_name": "5", "samples": 1000,
        "predicted": 5, "predicted_name": "5", "probabilities": True, "score": 0.69,
    }  # fmt: skip
    return ProbeResult("attention", ProbeRequest("attention", path, sample=5), 40, arrays, info | more)


@pytest.fixture
def panel(show) -> AttentionPanel:
    panel = show(AttentionPanel(), 1100, 420)
    panel.set_looks(LOOKS)
    panel.set_node(ENCODERS[1], registry.find("multi_head_attention"))
    panel.show_result(answer(ENCODERS[1], tuple(look.path for look in LOOKS)))
    QApplication.processEvents()
    return panel


def test_the_panel_names_the_instance(panel: AttentionPanel):
    assert panel.switch.number.value() == 2 and panel.heading.text() == "sample 5 · step 40" and panel.heading.toolTip().startswith("encoder1.1/attention")
    assert panel.body.entropy.labels == {ENCODERS[0]: "Encoder · 1/3", ENCODERS[1]: "Encoder · 2/3", ENCODERS[2]: "Encoder · 3/3", "head1/softmax": "Head"}
    panel.show_result(answer(ENCODERS[1], ENCODERS))
    assert list(panel.body.entropy.labels.values()) == ["1", "2", "3"]
    told: list[str] = []
    panel.nodeChosen.connect(told.append)
    bars = panel.body.entropy
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.boxes()[ENCODERS[2]].center().toPoint())
    assert told == [ENCODERS[2]]


def test_drawn_attention_is_taken(panel: AttentionPanel):
    panel.set_node("head1/softmax", registry.find("softmax"))
    assert panel.request().node == "head1/softmax"
    panel.set_node("fc1", registry.find("linear"))
    assert panel.request().node == "head1/softmax"


def test_of_very_many_heads_each_node_keeps_one_bar(panel: AttentionPanel):
    many = tuple((f"encoder1.{index}/attention", 3.0, tuple(np.linspace(0.5, 2.5, 16))) for index in range(32))
    bars = panel.body.entropy
    bars.set_rows(many, many[3][0], {})
    assert bars.crowded() and bars.bars_of(many[0][2]) == (pytest.approx(1.5),)
    assert max(box.bottom() for box in bars.boxes().values()) <= bars.height() + 1 and not bars.grab().isNull()


def test_patches_are_shuffled_anew_each_time(panel: AttentionPanel):
    assert panel.request().shuffle == 0 and panel.shuffle.isEnabled()
    QTest.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    first = panel.request().shuffle
    more = {"order": tuple(range(16))[::-1], "predicted": 3, "predicted_name": "3", "predicted_before": 5, "predicted_name_before": "5", "score_before": 0.71}
    panel.show_result(answer(ENCODERS[1], ENCODERS, **more))
    assert panel.body.guess.text().startswith(("predicts 3 · 69 %, before shuffling 5 · 71 %", "3 · 69 %")) and "5" in panel.body.guess.text()
    assert panel.body.titles[0].text() == "Shuffled, 4 × 4 patches"
    QTest.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    assert panel.request().shuffle == 0
    QTest.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    assert panel.request().shuffle not in (0, first)
    panel.show_result(answer(ENCODERS[1], ENCODERS, query_grid=(0, 0, 0)))
    assert not panel.shuffle.isEnabled() and panel.request().shuffle == 0


@pytest.mark.parametrize("width", [300, 533, 700, 1500])
def test_the_controls_stay_inside_and_apart(panel: AttentionPanel, width: int):
    panel.resize(width, 300)
    QApplication.processEvents()
    row = panel.tools
    shown = [tool for tool in (*row.tools, row.heading) if tool.isVisible()]
    assert isinstance(row, ToolRow) and len(shown) >= 5 and all(row.rect().contains(tool.geometry()) for tool in shown)
    assert not any(a.geometry().intersects(b.geometry()) for i, a in enumerate(shown) for b in shown[i + 1 :])
    assert row.geometry().bottom() < panel.body.geometry().top()


def test_the_window_picks_instances_and_is_live(window, wait):
    window.project.replace(network(2), lesson="")
    window.fresh_document()
    panel = window.panel("attention")
    assert panel.node == "encoder1/attention"
    window.bridge.start()
    window.raise_panel("attention")
    wait(lambda: panel.result is not None, 60, "the first attention")
    known = paths.listing(window.project.snapshot(), window.bridge.analysis)
    assert tuple(look.path for look in known) == panel.result.info["nodes"] == ("encoder1/attention", "encoder1.1/attention", "head1/softmax")
    names = [paths.name_of(known, look.path) for look in known]
    assert names == ["Transformer encoder block · 1 of 2", "Transformer encoder block · 2 of 2", "Attention head"]
    assert panel.result.arrays["weights"].shape == (2, 16, 16)
    window.canvas.select(["head1"])
    assert panel.node == "head1/softmax"
    wait(lambda: panel.result is not None and panel.result.request.node == "head1/softmax", 60)
    assert panel.result.arrays["weights"].shape == (1, 16, 16)
    panel.nodeChosen.emit("encoder1.1/attention")
    assert panel.node == "encoder1.1/attention" and window.selected_nodes() == ["encoder1"]
    wait(lambda: panel.result.request.node == "encoder1.1/attention", 60)
    assert panel.switch.choice.currentText() == "Transformer encoder block" and panel.switch.number.value() == 2
    window.project.go("encoder1")
    assert panel.node == "encoder1/attention"  # the block that is open
    window.project.go("")
    panel.nodeChosen.emit("encoder1.1/attention")
    wait(lambda: panel.result.request.node == "encoder1.1/attention", 60)
    QTest.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    wait(lambda: "order" in panel.result.info, 60, "the shuffled picture")
    assert abs(panel.result.info["score_before"] - panel.result.info["score"]) < 1e-5  # this network knows no places
    window.acts["step"].trigger()
    wait(lambda: panel.result.step > 0, 60, "the attention after a step")
