"""The Arrange menu through the window: one undo step each, frames go on holding their nodes, and words where there is nothing to do."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from engine.events import Analysis, NodeFacts, Source


def places(window) -> dict[str, tuple[float, float]]:
    return {name: node.pos for name, node in window.project.document.nodes.items()}


def contents(window) -> dict[str, set[str]]:
    """The nodes that lie in each frame, by the document."""
    document, items = window.project.document, window.canvas.network.nodes
    boxes = {name: QRectF(*node.pos, items[name].body.width, items[name].body.height) for name, node in document.nodes.items()}
    return {name: {node for node, box in boxes.items() if QRectF(*frame.rect).contains(box)} for name, frame in document.frames.items()}


def test_alignment_is_one_step_and_needs_two_nodes(window):
    window.files.open_lesson("lenet-mnist")
    said: list[str] = []
    window.canvas.hint.connect(said.append)
    window.canvas.select(["conv1"])
    window.acts["align-left"].trigger()
    assert said == ["Select two or more nodes first."] and window.project.stack.count() == 0
    before = places(window)
    window.canvas.select(["conv1", "pool1", "fc2"])
    window.acts["align-left"].trigger()
    after = places(window)
    assert len({after[name][0] for name in ("conv1", "pool1", "fc2")}) == 1 and window.project.stack.count() == 1
    assert {name: pos for name, pos in after.items() if name not in ("pool1", "fc2")} == {
        name: pos for name, pos in before.items() if name not in ("pool1", "fc2")
    }
    window.undo()
    assert places(window) == before


def test_strips_take_the_frames_along(window):
    window.files.open_lesson("lenet-mnist")
    held = contents(window)
    window.acts["strips"].trigger()
    after = contents(window)
    assert any(held.values()) and all(held[name] <= after[name] for name in held)
    ys = [places(window)[name][1] for name in ("mnist1", "conv1", "relu1", "pool1", "conv2", "fc2", "cross_entropy1")]
    assert ys == sorted(ys) and len(set(ys)) == 7
    window.undo()
    assert window.project.stack.index() == 0


def test_a_u_follows_the_resolutions_or_says_that_it_knows_none(window):
    window.files.open_lesson("lenet-mnist")
    said: list[str] = []
    window.canvas.hint.connect(said.append)
    window.acts["u-shape"].trigger()
    assert "sizes" in said[0] and window.project.stack.count() == 0
    facts = {"mnist1": (28, 1), "conv1": (28, 16), "pool1": (14, 16), "conv2": (10, 32), "pool2": (5, 32)}
    nodes = {name: NodeFacts(outputs={"image" if name == "mnist1" else "out": (64, maps, side, side)}) for name, (side, maps) in facts.items()}
    window.canvas.set_analysis(Analysis(1, nodes, (), Source()))
    window.acts["u-shape"].trigger()
    ys = {name: places(window)[name][1] for name in facts}
    assert ys["mnist1"] == ys["conv1"] < ys["pool1"] < ys["conv2"] < ys["pool2"]
