"""Traps of Qt for Python that bit others: each is looked for where it would come back."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from PySide6.QtGui import QPainterPath
from PySide6.QtTest import QTest

from gui.window import Window

ROOT = Path(__file__).resolve().parents[2]


def test_void_calls_keep_their_references_to_none(app):
    """PySide6 6.12.0 loses one with each on Python before 3.12, and aborts when none is left."""
    path = QPainterPath()
    before = sys.getrefcount(None)
    for step in range(1000):
        path.lineTo(step, step)
    assert abs(sys.getrefcount(None) - before) < 100


def test_a_step_of_the_history_has_no_children(window: Window):
    """QUndoCommand children without a Python reference crash on push: a step holds a list of ops."""
    for type_id in ("linear", "relu"):
        window.edit.add_type(type_id)
    window.canvas.select_all()
    window.canvas.delete_selection()
    assert [window.project.stack.command(index).childCount() for index in range(3)] == [0, 0, 0]


def names_in(path: Path) -> set[str]:
    """Every name and attribute that a module speaks of."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_no_module_uses_what_is_known_to_break():
    """Graphic effects and item caches while zooming, hooks on modules, pyqtgraph's SVG export, colour schemes that do nothing offscreen, pickles."""
    forbidden = {
        "QGraphicsDropShadowEffect", "setGraphicsEffect", "DeviceCoordinateCache", "ItemCoordinateCache", "SVGExporter", "setColorScheme",
        "register_forward_hook", "register_full_backward_hook", "register_backward_hook", "pickle",
    }  # fmt: skip
    modules = [*(ROOT / "gui").rglob("*.py"), *(ROOT / "engine").rglob("*.py")]
    assert {str(path): found for path in modules if (found := names_in(path) & forbidden)} == {}


def test_items_announce_every_change_of_their_bounds(window: Window):
    """Without prepareGeometryChange the scene looks for an item where it was: what moved far is found at its new place, and not at its old one."""
    window.canvas.motion = window.canvas.camera.motion = False
    window.files.open_lesson("lenet-mnist")
    scene = window.canvas.network
    item = scene.nodes["conv1"]
    wires = [wire for wire in scene.wires if "conv1" in (wire.source, wire.target)]
    old = item.rect().center()
    window.canvas.camera.frame(scene.content())
    scene.preview({"conv1": (item.x() + 4000, item.y() + 3000)})
    QTest.qWait(0)
    new = item.rect().center()
    assert item in scene.items(new) and item not in scene.items(old)
    for wire in wires:
        shown = scene.wires[wire]
        assert shown.sceneBoundingRect().united(item.rect()).contains(new) and shown in scene.items(shown.sceneBoundingRect())
