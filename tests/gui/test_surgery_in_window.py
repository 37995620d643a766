"""Identity layers and separable convolutions through the window: one undo step each, and words where there is nothing to do."""

from __future__ import annotations

import pytest

from engine.events import Metrics, RunStarted, RunState
from gui.dialogs import ask


@pytest.fixture
def lenet(window, wait):
    window.files.open_lesson("lenet-mnist")
    window.bridge.start()
    wait(lambda: window.bridge.analysis is not None and "conv1" in window.bridge.analysis.nodes, what="the shapes are known")
    return window


def test_identity_layers_come_with_the_weights_of_the_last_run(lenet, tmp_path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(ask, "count", lambda parent, sentence, usual, most: asked.append(sentence) or 2)
    lenet.bridge.take_start(RunStarted("first", str(tmp_path), Metrics(10, 1), 10, 10, 1, "cpu", classes=10))
    lenet.bridge.take_state(RunState("first", "ended", "finished"))
    before = lenet.project.snapshot()
    lenet.canvas.select(["relu1"])
    lenet.acts["insert-identity"].trigger()
    after = lenet.project.snapshot()
    made = [node for node in after.nodes if node.id not in before.by_id()]
    assert sorted(node.type for node in made) == ["conv2d", "conv2d", "relu", "relu"] and "relu1" in asked[0]
    assert after.recipe.weights_from == str(tmp_path) and set(lenet.selected_nodes()) == {node.id for node in made}
    assert lenet.project.stack.count() == 1 and lenet.project.stack.undoText() == "Insert 2 identity layers behind relu1"
    lenet.undo()
    assert lenet.project.snapshot() == before


def test_without_a_run_it_says_what_is_missing(lenet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ask, "count", lambda *more: 1)
    said = []
    monkeypatch.setattr(lenet, "say", lambda words, *more: said.append(words))
    lenet.canvas.select(["fc1"])
    lenet.acts["insert-identity"].trigger()
    assert lenet.project.snapshot().recipe.weights_from == "" and "Train first" in said[0]
    lenet.undo()
    lenet.canvas.select(["fc1", "fc2"])
    lenet.acts["insert-identity"].trigger()
    assert "one layer" in said[1] and lenet.project.stack.index() == 0


def test_convolutions_become_separable_as_one_step(lenet):
    lenet.canvas.select(["conv1", "conv2", "relu1"])
    lenet.acts["to-separable"].trigger()
    nodes = lenet.project.document.nodes
    assert "conv1" not in nodes and "conv2" not in nodes
    assert sorted(node.type for node in nodes.values() if "wise" in node.type) == ["depthwise_conv2d"] * 2 + ["pointwise_conv2d"] * 2
    assert lenet.project.stack.count() == 1
    lenet.undo()
    assert {"conv1", "conv2"} <= lenet.project.document.nodes.keys()
    lenet.canvas.select(["fc1"])
    lenet.acts["to-separable"].trigger()
    assert lenet.project.stack.index() == 0
