"""A network with a block inside a block, and words to ask a window about its levels: shared by the tests of diving. Tests nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.graph.document import Document
from engine.graph.expression import Expression
from engine.graph.model import Block, BlockParam, Node, Snapshot, Wire, frozen

CTRL, SHIFT, ALT, NONE = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton
INNER = Block(
    "Inner",
    "Inner block",
    params=(BlockParam("size", default=8, low=1, high=512),),
    nodes=(
        Node("x", "block_input", pos=(0, 0)),
        Node("fc", "linear", frozen({"out_features": Expression("size")}), (200, 0)),
        Node("y", "block_output", pos=(480, 0)),
    ),
    wires=(Wire("x", "out", "fc", "x"), Wire("fc", "out", "y", "x")),
)
WIDE = Block(
    "Wide",
    "Wide block",
    params=(BlockParam("width", default=32, low=1, high=512),),
    nodes=(
        Node("x", "block_input", pos=(0, 0)),
        Node("fc", "linear", frozen({"out_features": Expression("width * 2")}), (200, 0)),
        Node("act", "relu", pos=(480, 0)),
        Node("inner1", "block:Inner", frozen({"size": Expression("width"), "repeat": 3}), (700, 0)),
        Node("y", "block_output", pos=(980, 0)),
    ),
    wires=(Wire("x", "out", "fc", "x"), Wire("fc", "out", "act", "x"), Wire("act", "out", "inner1", "x"), Wire("inner1", "y", "y", "x")),
)
DRAWN = Snapshot(
    nodes=(
        Node("mnist1", "mnist5k", pos=(0, 0)),
        Node("flat1", "flatten", pos=(260, 0)),
        Node("wide1", "block:Wide", frozen({"width": 64}), (480, 0)),
        Node("wide2", "block:Wide", frozen({"repeat": 6}), (720, 0)),
        Node("fc", "linear", frozen({"out_features": 10}), (980, 0)),
        Node("ce1", "cross_entropy", pos=(1240, 0)),
    ),
    wires=(
        Wire("mnist1", "image", "flat1", "x"),
        Wire("flat1", "out", "wide1", "x"),
        Wire("wide1", "y", "wide2", "x"),
        Wire("wide2", "y", "fc", "x"),
        Wire("fc", "out", "ce1", "prediction"),
        Wire("mnist1", "label", "ce1", "target"),
    ),
    blocks=(INNER, WIDE),
)
NET = Document(DRAWN).snapshot()


def path(window) -> str:
    return window.project.level.path


def body(window, block: str = "Wide") -> Snapshot:
    return window.project.snapshot().body(block)


def steps(window) -> int:
    return window.project.stack.count()


def crumb(window, index: int):
    return window.breadcrumbs.trail.crumbs[index]


def double_click(user, at) -> None:
    """As a mouse does it: a click, then the second press as a double-click."""
    user.click(*at)
    QTest.mouseDClick(user.canvas.viewport(), LEFT, NONE, user.at(*at).toPoint())
