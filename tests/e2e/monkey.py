"""A monkey at the window: seeded random mouse, keys and commands. It knows where things are, and means nothing by what it does."""

from __future__ import annotations

import random
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

LEFT, RIGHT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
CTRL, SHIFT, ALT, PLAIN = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip
KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Space,
    Qt.Key.Key_Tab, Qt.Key.Key_A, Qt.Key.Key_B, Qt.Key.Key_C, Qt.Key.Key_D,
)  # fmt: skip
WORDS = ("conv", "linear", "relu", "add", "concat", "max", "flatten", "drop", "mnist", "cross", "block", "reroute", "identity", "zzz")
COMMANDS = (  # what opens no dialog and needs no engine
    "undo", "undo", "undo", "redo", "redo", "cut", "copy", "paste", "duplicate", "delete", "dissolve", "select-all", "bypass", "freeze",
    "auto-layout", "add-frame", "group-block", "expand-block", "frame-all", "frame-selection", "zoom-in", "zoom-out", "zoom-reset", "minimap",
    "grid", "thumbnails", "connect", "connect-into", "u-shape", "strips", "straighten", "align-left", "align-top", "align-middle",
    "distribute-across", "distribute-down", "heat-parameters", "heat-off",
)  # fmt: skip


class Monkey:
    """Acts on one window; the same seed does the same."""

    def __init__(self, window: object, seed: int) -> None:
        self.window = window
        self.canvas = window.canvas
        self.chance = random.Random(seed)
        self.log: list[str] = []
        self.tricks: list[tuple[Callable[[], None], int]] = [
            (self.click, 10), (self.drag, 14), (self.wire, 14), (self.wheel, 4), (self.double_click, 6), (self.key, 14), (self.command, 24), (self.search, 8),
            (self.wander, 6), (self.stroke, 2),
        ]  # fmt: skip

    def act(self) -> None:
        trick = self.chance.choices([trick for trick, _ in self.tricks], [weight for _, weight in self.tricks])[0]
        self.log.append(trick.__name__)
        trick()

    # -- where -------------------------------------------------------------------------------------------------------
    def anywhere(self) -> QPointF:
        port = self.canvas.viewport()
        return QPointF(self.chance.uniform(2, port.width() - 2), self.chance.uniform(2, port.height() - 2))

    def somewhere(self) -> QPointF:
        """Mostly a node or a wire, else anywhere."""
        scene, kind = self.canvas.network, self.chance.random()
        if kind < 0.6 and scene.nodes:
            rect = scene.nodes[self.chance.choice(sorted(scene.nodes))].rect()
            return self.inside(QPointF(self.chance.uniform(rect.left(), rect.right()), self.chance.uniform(rect.top(), rect.bottom())))
        if kind < 0.75 and scene.wires:
            wire = self.chance.choice(sorted(scene.wires, key=repr))
            start, end = scene.nodes[wire.source].spot(wire.source_port, True), scene.nodes[wire.target].spot(wire.target_port, False)
            return self.inside((start + end) / 2)
        return self.anywhere()

    def port(self) -> QPointF:
        scene = self.canvas.network
        ports = scene.atlas.ports
        if not ports:
            return self.anywhere()
        ref = self.chance.choice(ports)
        return self.inside(scene.nodes[ref.node].spot(ref.port, ref.is_output))

    def inside(self, point: QPointF) -> QPointF:
        """A scene point in the viewport, or the nearest that is."""
        at, port = self.canvas.camera.view_point(point), self.canvas.viewport()
        return QPointF(min(max(at.x(), 2), port.width() - 2), min(max(at.y(), 2), port.height() - 2))

    # -- mouse -------------------------------------------------------------------------------------------------------
    def send(self, kind: QEvent.Type, at: QPointF, *, button: Qt.MouseButton, buttons: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
        port = self.canvas.viewport()
        QApplication.sendEvent(port, QMouseEvent(kind, at, QPointF(port.mapToGlobal(at.toPoint())), button, buttons, keys))

    def sweep(self, start: QPointF, end: QPointF, *, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.send(QEvent.Type.MouseButtonPress, start, button=button, buttons=button, keys=keys)
        for share in (0.4, 1.0):
            self.send(QEvent.Type.MouseMove, start + (end - start) * share, button=NONE, buttons=button, keys=keys)
        if self.chance.random() < 0.06:
            QTest.keyClick(self.canvas, Qt.Key.Key_Escape)
        self.send(QEvent.Type.MouseButtonRelease, end, button=button, buttons=NONE, keys=keys)

    def click(self) -> None:
        at = self.somewhere()
        self.sweep(at, at, keys=self.chance.choice((PLAIN, PLAIN, PLAIN, SHIFT, CTRL)))

    def drag(self) -> None:
        keys = self.chance.choice((PLAIN, PLAIN, PLAIN, SHIFT, CTRL, ALT))
        self.sweep(self.somewhere(), self.anywhere(), button=self.chance.choice((LEFT, LEFT, LEFT, MIDDLE)), keys=keys)

    def wire(self) -> None:
        self.sweep(self.port(), self.port() if self.chance.random() < 0.8 else self.anywhere(), keys=self.chance.choice((PLAIN, PLAIN, CTRL)))

    def stroke(self) -> None:
        self.sweep(self.anywhere(), self.anywhere(), button=RIGHT, keys=CTRL)

    def wander(self) -> None:
        self.send(QEvent.Type.MouseMove, self.somewhere(), button=NONE, buttons=NONE, keys=PLAIN)

    def double_click(self) -> None:
        QTest.mouseDClick(self.canvas.viewport(), LEFT, PLAIN, self.somewhere().toPoint())

    def wheel(self) -> None:
        at, turns = self.somewhere(), self.chance.choice((-2, -1, 1, 2))
        event = QWheelEvent(
            at, QPointF(self.canvas.viewport().mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * turns), NONE, PLAIN, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(self.canvas.viewport(), event)

    # -- keys and commands -------------------------------------------------------------------------------------------
    def key(self) -> None:
        goal = self.canvas.chooser.field if self.canvas.chooser.isVisible() else self.canvas
        QTest.keyClick(goal, self.chance.choice(KEYS), self.chance.choice((PLAIN, PLAIN, PLAIN, PLAIN, SHIFT)))

    def command(self) -> None:
        name = self.chance.choice(COMMANDS)
        self.log[-1] = name
        self.window.acts[name].trigger()

    def search(self) -> None:
        """Adds a layer by name, or gives up."""
        if not self.canvas.chooser.isVisible():
            self.canvas.quick_add(self.chance.choice((None, self.anywhere())))
        QTest.keyClicks(self.canvas.chooser.field, self.chance.choice(WORDS))
        QTest.keyClick(self.canvas.chooser.field, self.chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Escape)))
