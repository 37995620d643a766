"""A shown canvas over a real project, and a mouse and keyboard that send real events to its viewport."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.model import Frame, Node, Snapshot, Wire
from gui.editor.view import Canvas
from gui.project import Project

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hand:
    """Drives a canvas as a user does: scene coordinates in, real events out."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def at(self, x: float, y: float) -> QPointF:
        return self.canvas.camera.view_point(QPointF(x, y))

    def port(self, node: str, port: str, is_output: bool) -> tuple[float, float]:
        return self.canvas.network.nodes[node].spot(port, is_output).toTuple()

    def title(self, node: str) -> tuple[float, float]:
        item = self.canvas.network.nodes[node]
        return item.x() + item.body.width / 2, item.y() + 14

    def send(self, kind: QEvent.Type, at: QPointF, *, button: Qt.MouseButton, buttons: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
        port = self.canvas.viewport()
        event = QMouseEvent(kind, at, QPointF(port.mapToGlobal(at.toPoint())), button, buttons, keys)
        QApplication.sendEvent(port, event)

    def press(self, x: float, y: float, *, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        self.send(QEvent.Type.MouseButtonPress, self.at(x, y), button=button, buttons=button, keys=keys)

    def move(self, x: float, y: float, *, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        """A nudge and then the place itself."""
        for offset in (QPointF(1, 1), QPointF(0, 0)):
            self.send(QEvent.Type.MouseMove, self.at(x, y) + offset, button=Qt.MouseButton.NoButton, buttons=button, keys=keys)

    def release(self, x: float, y: float, *, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        self.send(QEvent.Type.MouseButtonRelease, self.at(x, y), button=button, buttons=Qt.MouseButton.NoButton, keys=keys)

    def click(self, x: float, y: float, *, keys: Qt.KeyboardModifier = NONE) -> None:
        self.press(x, y, keys=keys)
        self.release(x, y, keys=keys)

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE, drop: bool = True
    ) -> None:
        self.press(*start, button=button, keys=keys)
        for share in (0.3, 0.7, 1.0):
            self.move(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share, button=button, keys=keys)
        if drop:
            self.release(*end, button=button, keys=keys)

    def wheel(self, at: QPointF, steps: int) -> None:
        port = self.canvas.viewport()
        event = QWheelEvent(
            at, QPointF(port.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(port, event)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas, key, keys)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.canvas.chooser.field, text)

    def enter(self) -> None:
        QTest.keyClick(self.canvas.chooser.field, Qt.Key.Key_Return)


def chain() -> Snapshot:
    """A dataset, two layers, a loss, and some loose layers with room between them."""
    return Snapshot(
        nodes=(
            Node("mnist1", "mnist5k", {}, (0.0, 0.0)),
            Node("conv1", "conv2d", {"out_channels": 16}, (300.0, 0.0)),
            Node("relu1", "relu", {}, (600.0, 0.0)),
            Node("drop1", "dropout", {}, (300.0, 200.0)),
            Node("fc1", "linear", {}, (600.0, 200.0)),
            Node("ce1", "cross_entropy", {}, (900.0, 200.0)),
        ),
        wires=(Wire("mnist1", "image", "conv1", "x"), Wire("conv1", "out", "relu1", "x")),
    )


@pytest.fixture
def make_canvas(app: object) -> Iterator[Callable[..., Canvas]]:
    """Builds shown canvases over a snapshot; closes them afterwards."""
    made: list[Canvas] = []

    def make(snapshot: Snapshot | None = None) -> Canvas:
        canvas = Canvas(Project(snapshot if snapshot is not None else chain()), motion=False)
        canvas.resize(1200, 700)
        canvas.show()
        QApplication.processEvents()
        canvas.setFocus()
        canvas.show_minimap(False)
        canvas.camera.place(QPointF(-50, -100), QPointF(0, 0), 1.0)
        made.append(canvas)
        return canvas

    yield make
    for canvas in made:
        canvas.hide()
        canvas.close_canvas()
        canvas.project.close()
        canvas.deleteLater()


@pytest.fixture
def canvas(make_canvas: Callable[..., Canvas]) -> Canvas:
    """A canvas at 100 % over `chain`."""
    return make_canvas()


@pytest.fixture
def hand(canvas: Canvas) -> Hand:
    return Hand(canvas)


@pytest.fixture
def hand_of() -> type[Hand]:
    """A hand for a canvas that the test made itself."""
    return Hand


@pytest.fixture
def framed() -> Snapshot:
    """Two nodes in a frame and one outside."""
    return Snapshot(
        nodes=(Node("a1", "relu", {}, (40.0, 40.0)), Node("b1", "relu", {}, (160.0, 40.0)), Node("c1", "relu", {}, (600.0, 40.0))),
        frames=(Frame("frame1", "Stem", (0.0, 0.0, 300.0, 120.0), "convolution"),),
    )


@pytest.fixture
def chained(window):
    """The window over `chain`, at 100 %; no motion."""
    window.canvas.motion = window.canvas.camera.motion = False
    window.project.replace(chain())
    QApplication.processEvents()
    window.canvas.setFocus()
    window.canvas.camera.place(QPointF(-50, -150), QPointF(0, 0), 1.0)
    return window


@pytest.fixture
def net(window):
    """The window over a network with a block in a block; no motion, so that all is where it goes at once."""
    window.canvas.motion = window.canvas.camera.motion = False
    from nested import NET

    window.project.replace(NET)
    QApplication.processEvents()
    window.canvas.setFocus()
    return window


@pytest.fixture
def user(net, hand_of):
    """A hand for the canvas of that window."""
    return hand_of(net.canvas)


@pytest.fixture
def inside(net, user):
    """The window inside the first block, at 100 %."""
    net.canvas.select(["wide1"])
    user.key(Qt.Key.Key_Return)
    net.canvas.camera.place(QPointF(-50, -150), QPointF(0, 0), 1.0)
    return net
