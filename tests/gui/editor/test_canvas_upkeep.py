"""What the canvas keeps up by itself: pictures that tell the truth, and new layers in view."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt

from engine.events import Analysis, NodeFacts, Source


def test_pictures_and_counts_vanish_where_the_shape_is_unknown(canvas):
    known = NodeFacts(outputs={"out": (64, 16, 28, 28)}, axes={"out": "N C H W"}, parameters=416)
    nodes = dict.fromkeys(canvas.project.document.nodes, known)
    canvas.set_analysis(Analysis(1, nodes, (), Source("")))
    canvas.set_thumbnails({"conv1": np.zeros((16, 5, 5), np.float32), "fc1": np.zeros((8, 8), np.float32)})
    assert canvas.network.nodes["fc1"].mood.picture is not None
    canvas.set_analysis(Analysis(2, {**nodes, "fc1": NodeFacts()}, (), Source("")))
    assert canvas.network.nodes["fc1"].mood.picture is None
    assert canvas.network.nodes["fc1"].body.count == ""
    assert canvas.network.nodes["conv1"].mood.picture is not None


def test_a_layer_added_behind_the_last_one_comes_into_view(canvas, hand):
    hand.click(*hand.title("ce1"))
    for _ in range(4):
        hand.key(Qt.Key.Key_Tab)
        hand.type("relu")
        hand.enter()
        name = canvas.selected()[0]
        assert canvas.camera.shown().contains(canvas.network.nodes[name].rect().center())
