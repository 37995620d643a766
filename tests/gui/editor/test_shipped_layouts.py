"""How the lessons and templates lie on the canvas when their shapes are known: no node on another one, none across the border of a frame."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from engine import library
from engine.compile.analyse import analyse
from gui.editor.view import Canvas


@pytest.mark.parametrize("entry_id", [item.id for item in library.entries()])
def test_nodes_keep_off_each_other_and_inside_their_frames(make_canvas: Callable[..., Canvas], entry_id: str):
    snapshot = library.read(entry_id)
    canvas = make_canvas(snapshot)
    canvas.set_analysis(analyse(snapshot))
    boxes = {name: item.rect() for name, item in canvas.network.nodes.items()}
    assert not [pair for pair in combinations(boxes, 2) if boxes[pair[0]].adjusted(1, 1, -1, -1).intersects(boxes[pair[1]])]
    frames = canvas.network.frames.values()
    assert not [(item.frame.title, name) for item in frames for name, box in boxes.items() if item.area.intersects(box) and not item.area.contains(box)]
