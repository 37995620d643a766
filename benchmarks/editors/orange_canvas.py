"""orange-canvas-core with PyQt6 in the common workload. Run by benchmarks/editor.py, with the number of nodes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyqt6"
sys.path.insert(0, str(Path(__file__).resolve().parent))

from orangecanvas.document.schemeedit import SchemeEditWidget
from orangecanvas.registry import CategoryDescription, WidgetDescription, WidgetRegistry
from orangecanvas.registry.description import InputSignal, OutputSignal
from orangecanvas.scheme import Scheme
from PyQt6 import QtCore
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication
from workload import SIZE, Editor, pairs, places, run, watching

LAYER = WidgetDescription(
    "Conv2d", "conv2d", qualified_name="workload.conv2d", package="", project_name="bench", category="Bench",
    inputs=[InputSignal("x", "builtins.int", "x")], outputs=[OutputSignal("out", "builtins.int")],
)  # fmt: skip


class OrangeCanvas(Editor):
    def __init__(self) -> None:
        self.app = QApplication([])
        self.registry = WidgetRegistry()
        self.registry.register_category(CategoryDescription("Bench"))
        self.registry.register_widget(LAYER)
        self.editor = SchemeEditWidget()
        self.editor.setRegistry(self.registry)
        self.editor.setScheme(Scheme())
        self.editor.resize(*SIZE)
        self.editor.show()
        self.view = self.editor.view()
        self.watch = watching(QtCore, self.view.viewport())

    def build(self, count: int) -> None:
        scheme = self.editor.scheme()
        self.nodes = [scheme.new_node(LAYER, title=f"n{i}", position=place) for i, place in enumerate(places(count))]
        for a, b in pairs(count):
            scheme.new_link(self.nodes[a], "out", self.nodes[b], "x")

    def settle(self) -> None:
        self.app.processEvents()

    def middle(self) -> object:
        scheme = self.editor.scheme()
        return self.editor.scene().item_for_node(scheme.nodes[len(scheme.nodes) // 2])

    def fit(self) -> None:
        self.view.resetTransform()
        self.view.fitInView(self.editor.scene().itemsBoundingRect(), Qt.AspectRatioMode.KeepAspectRatio)

    def at_full_size(self) -> None:
        self.view.resetTransform()
        self.view.centerOn(self.middle())

    def repaint(self) -> None:
        self.view.viewport().repaint()

    def pan(self, pixels: int) -> None:
        bar = self.view.horizontalScrollBar()
        bar.setValue(bar.value() - pixels)

    def press(self) -> None:
        item = self.middle()
        self.home = QPointF(self.view.mapFromScene(item.shapeItem.sceneBoundingRect().center()))
        self.send(QEvent.Type.MouseButtonPress, self.home, Qt.MouseButton.LeftButton)

    def drag(self, right: int, down: int) -> None:
        self.send(QEvent.Type.MouseMove, self.home + QPointF(right, down), Qt.MouseButton.NoButton)

    def release(self) -> None:
        self.send(QEvent.Type.MouseButtonRelease, self.home, Qt.MouseButton.LeftButton)

    def send(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        QApplication.sendEvent(self.view.viewport(), QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier))

    def place(self) -> tuple[float, float]:
        at = self.middle().pos()
        return at.x(), at.y()

    def delete(self, index: int) -> None:
        self.editor.removeNode(self.nodes[index])

    def undo(self) -> None:
        self.editor.undoStack().undo()

    def count(self) -> int:
        return len(self.editor.scheme().nodes)

    def wires(self) -> int:
        return len(self.editor.scheme().links)

    def save(self, path: Path) -> None:
        with path.open("wb") as stream:
            self.editor.scheme().save_to(stream, pretty=True)

    def load(self, path: Path) -> None:
        scheme = Scheme()
        with path.open("rb") as stream:
            scheme.load_from(stream, registry=self.registry)
        self.editor.setScheme(scheme)


if __name__ == "__main__":
    run(OrangeCanvas)
