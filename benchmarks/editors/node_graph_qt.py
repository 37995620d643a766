"""NodeGraphQt in the common workload, on the same Qt binding as ours. Run by benchmarks/editor.py, with the number of nodes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_PREFERRED_BINDING"] = "PySide6"
sys.path.insert(0, str(Path(__file__).resolve().parent))

from NodeGraphQt import BaseNode, NodeGraph
from Qt import QtCore, QtGui, QtWidgets
from workload import SIZE, Editor, pairs, places, run, watching


class Layer(BaseNode):
    __identifier__ = "bench"
    NODE_NAME = "Conv2d"

    def __init__(self) -> None:
        super().__init__()
        self.add_input("x")
        self.add_output("out")


class NodeGraphQt(Editor):
    def __init__(self) -> None:
        self.app = QtWidgets.QApplication([])
        self.graph = NodeGraph()
        self.graph.register_node(Layer)
        self.view = self.graph.viewer()
        self.view.resize(*SIZE)
        self.view.show()
        self.watch = watching(QtCore, self.view.viewport())

    def build(self, count: int) -> None:
        self.graph.begin_undo("add all")
        nodes = [self.graph.create_node("bench.Layer", name=f"n{i}", pos=place, selected=False) for i, place in enumerate(places(count))]
        for a, b in pairs(count):
            nodes[a].set_output(0, nodes[b].input(0))
        self.graph.end_undo()
        self.graph.clear_selection()

    def settle(self) -> None:
        self.app.processEvents()

    def middle(self) -> object:
        return self.graph.get_node_by_name(f"n{self.count() // 2}")

    def fit(self) -> None:
        self.view.zoom_to_nodes(self.view.all_nodes())

    def at_full_size(self) -> None:
        self.view.reset_zoom(self.middle().view.sceneBoundingRect().center())

    def repaint(self) -> None:
        self.view.viewport().repaint()

    def pan(self, pixels: int) -> None:
        self.view._set_viewer_pan(pixels, 0)  # what its mouseMoveEvent calls

    def press(self) -> None:
        item = self.middle().view
        self.home = QtCore.QPointF(self.view.mapFromScene(item.sceneBoundingRect().center()))
        self.send(QtCore.QEvent.Type.MouseButtonPress, self.home, QtCore.Qt.MouseButton.LeftButton)

    def drag(self, right: int, down: int) -> None:
        self.send(QtCore.QEvent.Type.MouseMove, self.home + QtCore.QPointF(right, down), QtCore.Qt.MouseButton.NoButton)

    def release(self) -> None:
        self.send(QtCore.QEvent.Type.MouseButtonRelease, self.home, QtCore.Qt.MouseButton.LeftButton)

    def send(self, kind: object, at: object, button: object) -> None:
        held = QtCore.Qt.MouseButton.NoButton if kind == QtCore.QEvent.Type.MouseButtonRelease else QtCore.Qt.MouseButton.LeftButton
        event = QtGui.QMouseEvent(kind, at, at, button, held, QtCore.Qt.KeyboardModifier.NoModifier)
        QtWidgets.QApplication.sendEvent(self.view.viewport(), event)

    def place(self) -> tuple[float, float]:
        return self.middle().view.scenePos().toTuple()

    def delete(self, index: int) -> None:
        self.graph.delete_node(self.graph.get_node_by_name(f"n{index}"))

    def undo(self) -> None:
        self.graph.undo_stack().undo()

    def count(self) -> int:
        return len(self.graph.all_nodes())

    def wires(self) -> int:
        return len(self.view.all_pipes())

    def save(self, path: Path) -> None:
        self.graph.save_session(str(path))

    def load(self, path: Path) -> None:
        self.graph.load_session(str(path))


if __name__ == "__main__":
    run(NodeGraphQt)
