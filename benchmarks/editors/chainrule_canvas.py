"""Our own canvas in the common workload. Run by benchmarks/editor.py, with the number of nodes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6 import QtCore
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from workload import SIZE, Editor, pairs, places, run, watching

from engine.graph import text
from engine.graph.model import Node, Wire
from engine.graph.ops import AddNode, AddWire
from gui import theme
from gui.editor.view import Canvas
from gui.project import Project

KINDS = ("conv2d", "batch_norm", "relu", "max_pool2d", "dropout")


class Ours(Editor):
    def __init__(self) -> None:
        self.app = QApplication([])
        theme.use("dark")
        self.project = Project()
        self.canvas = Canvas(self.project, motion=False)
        self.canvas.resize(*SIZE)
        self.canvas.show()
        self.watch = watching(QtCore, self.canvas.viewport())

    def build(self, count: int) -> None:
        ops = [AddNode(Node(f"n{i}", KINDS[i % 5], {}, place)) for i, place in enumerate(places(count))]
        self.project.edit("Add all", [*ops, *(AddWire(Wire(f"n{a}", "out", f"n{b}", "x")) for a, b in pairs(count))])
        self.middle = f"n{count // 2}"

    def settle(self) -> None:
        self.app.processEvents()

    def fit(self) -> None:
        self.canvas.frame_all(glide=False)

    def at_full_size(self) -> None:
        self.canvas.camera.look_at(self.canvas.network.nodes[self.middle].rect().center(), 1.0)

    def repaint(self) -> None:
        self.canvas.viewport().repaint()

    def pan(self, pixels: int) -> None:
        self.canvas.camera.pan(pixels, 0)

    def press(self) -> None:
        self.home = self.canvas.camera.view_point(self.canvas.network.nodes[self.middle].rect().topLeft() + QPointF(60, 10))
        self.send(QEvent.Type.MouseButtonPress, self.home, Qt.MouseButton.LeftButton)

    def drag(self, right: int, down: int) -> None:
        self.send(QEvent.Type.MouseMove, self.home + QPointF(right, down), Qt.MouseButton.NoButton)

    def release(self) -> None:
        self.send(QEvent.Type.MouseButtonRelease, self.home, Qt.MouseButton.LeftButton)

    def send(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        QApplication.sendEvent(self.canvas.viewport(), QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier))

    def place(self) -> tuple[float, float]:
        return self.canvas.network.nodes[self.middle].pos().toTuple()

    def delete(self, index: int) -> None:
        self.canvas.select([f"n{index}"])
        self.canvas.delete_selection()

    def undo(self) -> None:
        self.project.undo()

    def count(self) -> int:
        return len(self.canvas.network.nodes)

    def wires(self) -> int:
        return len(self.canvas.network.wires)

    def save(self, path: Path) -> None:
        text.save(path, self.project.snapshot())

    def load(self, path: Path) -> None:
        self.project.replace(text.open_file(path), path=path)


if __name__ == "__main__":
    run(Ours)
