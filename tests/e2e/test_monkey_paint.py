"""Random actions on a large network, near and far: what is seen after each of them is what a full repaint shows. Finds trails and forgotten places."""

from __future__ import annotations

import monkey as monkeys
import numpy as np
import pytest
from monkey import Monkey
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.model import Frame, Node, Snapshot, Wire

ACTIONS, MANY = 130, 600
CLEARLY, FEW = 24, 24  # of 255; px: a line that is cut by the edge of a repaint may take another pixel
KINDS = ("conv2d", "relu", "dropout", "batch_norm", "max_pool2d")
DASHED = ("bypass", "freeze", "minimap")  # dashes begin where a repaint begins, and the map follows when it has time


def grid(wide: int, high: int) -> Snapshot:
    nodes = tuple(Node(f"n{i}", KINDS[i % 5], {}, (i % wide * 320.0, i // wide * 240.0)) for i in range(wide * high))
    wires = tuple(Wire(f"n{i}", "out", f"n{i + 1}", "x") for i in range(wide * high - 1) if (i + 1) % wide)
    return Snapshot(nodes=nodes, wires=wires, frames=(Frame("frame1", "Head", (-40.0, -60.0, 900.0, 500.0)),))


def pixels(image: QImage) -> np.ndarray:
    """(h, w, 3)"""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), :3].astype(int)


def differing(canvas: object) -> np.ndarray:
    """(k, 2): row and column of the pixels that a full repaint would change."""
    window = canvas.window()
    screen = window.screen().grabWindow(window.winId()).toImage()
    seen = screen.copy(canvas.rect().translated(canvas.mapTo(window, QPoint(0, 0))))
    return np.argwhere((np.abs(pixels(seen) - pixels(canvas.grab().toImage())) > CLEARLY).any(axis=2))


@pytest.mark.parametrize(("seed", "size"), [(0, (14, 8)), (1, (6, 4)), (2, (20, 14))])
def test_the_screen_shows_what_a_full_repaint_would(window, monkeypatch, seed, size):
    monkeypatch.setattr(monkeys, "COMMANDS", tuple(name for name in monkeys.COMMANDS if name not in DASHED))
    canvas = window.canvas
    canvas.motion = canvas.camera.motion = False
    window.resize(1400, 900)
    window.project.replace(grid(*size))
    canvas.show_minimap(False)
    monkey = Monkey(window, seed)
    for _ in range(ACTIONS):
        monkey.act()
        if canvas.chooser.isVisible():
            QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Escape)
        canvas.stop_tool()
        if len(window.project.document.nodes) > MANY:
            window.project.replace(grid(*size))
        for _ in range(3):  # what is painted may ask for more
            QApplication.processEvents()
        found = differing(canvas)
        area = [*found.min(axis=0).tolist(), *found.max(axis=0).tolist()] if len(found) else []
        assert len(found) <= FEW, f"after {monkey.log[-5:]}, {len(found)} px in rows and columns {area} at {100 * canvas.zoom:.0f} %"
