"""Dragging while the network is far away: only what moves is painted anew, and what is seen is what a full repaint shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from engine.events import Analysis, NodeFacts, Source
from engine.graph.model import Frame, Node, Snapshot, Wire
from engine.graph.problem import ERROR, Problem
from gui import theme
from gui.editor import overview
from gui.editor.detail import LOW
from gui.editor.view import Canvas

WIDE, HIGH = 12, 6
FAR = "n71"  # the last one, at the lower right


def grid(*frames: Frame) -> Snapshot:
    nodes = tuple(Node(f"n{i}", ("conv2d", "relu", "dropout")[i % 3], {}, (i % WIDE * 320.0, i // WIDE * 240.0)) for i in range(WIDE * HIGH))
    wires = tuple(Wire(f"n{i}", "out", f"n{i + 1}", "x") for i in range(WIDE * HIGH - 1) if (i + 1) % WIDE)
    return Snapshot(nodes=nodes, wires=wires, frames=frames)


@pytest.fixture
def far(make_canvas) -> Canvas:
    return watched(make_canvas(grid()))


def watched(canvas: Canvas) -> Canvas:
    canvas.camera.place(QPointF(-100, -100), QPointF(0, 0), 0.2)
    QApplication.processEvents()
    assert canvas.network.detail == LOW
    return canvas


def seen(canvas: Canvas) -> QImage:
    """What the screen has got of all repaints so far, asking for none."""
    QApplication.processEvents()
    window = canvas.window()
    whole = window.screen().grabWindow(window.winId()).toImage()
    port = canvas.viewport()
    return whole.copy(port.rect().translated(port.mapTo(window, QPoint(0, 0)))).convertToFormat(QImage.Format.Format_RGB32)


def repainted(canvas: Canvas) -> QImage:
    return canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def steps(hand, start: tuple[float, float], count: int) -> None:
    for index in range(count):
        hand.move(start[0] + 90 * (index + 1), start[1] + 60 * (index % 3))
        QApplication.processEvents()


@pytest.fixture
def painted(monkeypatch) -> Iterator[list[int]]:
    """How many nodes each painting painted."""
    counts: list[int] = []
    paint = overview.paint_nodes

    def count(painter, scene, rows, view) -> None:
        counts.append(len(rows))
        paint(painter, scene, rows, view)

    monkeypatch.setattr(overview, "paint_nodes", count)
    yield counts


def test_a_step_paints_what_moves_and_leaves_the_rest_as_it_was(far, hand_of, painted):
    hand, start = hand_of(far), hand_of(far).title(FAR)
    hand.press(*start)
    steps(hand, start, 2)
    painted.clear()
    steps(hand, start, 6)
    assert len(painted) >= 6 and set(painted) == {1}
    assert seen(far) == repainted(far)
    hand.release(start[0] + 540, start[1] + 120)
    assert seen(far) == repainted(far)
    assert far.network.nodes[FAR].x() > 11 * 320


def test_what_changes_meanwhile_is_seen(far, hand_of):
    hand, start = hand_of(far), hand_of(far).title(FAR)
    hand.press(*start)
    steps(hand, start, 3)
    facts = {name: NodeFacts({}, {"out": (1, 2)}, {"out": "N C"}, 10 + index, 5, 5) for index, name in enumerate(far.network.nodes)}
    before = seen(far)
    far.set_analysis(Analysis(1, facts, (Problem(ERROR, "shape", "This does not fit.", node="n30"),), Source()))
    steps(hand, start, 3)
    assert seen(far) == repainted(far) != before
    before = seen(far)
    far.heat.show_quantity("parameters")
    far.heat.legend.hide()  # which lies over the viewport
    steps(hand, start, 3)
    assert seen(far) == repainted(far) != before
    try:
        theme.use("light")
        steps(hand, start, 3)
        assert seen(far) == repainted(far)
    finally:
        theme.use("dark")
    far.camera.pan(-40, -30)
    steps(hand, start, 3)
    assert seen(far) == repainted(far)
    hand.release(start[0] + 300, start[1])


def test_giving_up_brings_it_back(far, hand_of):
    before, hand, start = seen(far), hand_of(far), hand_of(far).title(FAR)
    hand.press(*start)
    steps(hand, start, 4)
    assert seen(far) != before
    far.stop_tool()
    far.select([])
    assert seen(far) == repainted(far) == before
    hand.release(*start)


@pytest.mark.parametrize(("corner", "expected"), [((-20, -40), {FAR}), ((229, 169), set())], ids=["by its title", "by its corner"])
def test_a_frame_that_is_dragged_leaves_no_trail(make_canvas, hand_of, corner: tuple[int, int], expected: set[str]):
    last = (WIDE - 1) * 320.0, (HIGH - 1) * 240.0
    far = watched(make_canvas(grid(Frame("frame1", "Head", (last[0] - 30, last[1] - 50, 260, 220)))))
    hand, start, area = hand_of(far), (last[0] + corner[0], last[1] + corner[1]), QRectF(far.network.frames["frame1"].area)
    hand.press(*start)
    steps(hand, start, 4)
    assert seen(far) == repainted(far)
    assert far.network.previewed == expected and far.network.frames["frame1"].area != area
    far.stop_tool()
    assert seen(far) == repainted(far) and far.network.frames["frame1"].area == area
    hand.release(*start)
