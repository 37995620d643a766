"""A network built, wired and trained for a step without a mouse: only keys, on the real window with the real engine."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph.model import Wire
from gui.window import Window

KEY = Qt.Key


def add(window: Window, words: str) -> str:
    """Escape, so that nothing is wired by itself; Tab, the words, Enter; the id of what came."""
    QTest.keyClick(window.canvas, KEY.Key_Escape)
    before = set(window.project.document.nodes)
    QTest.keyClick(window.canvas, KEY.Key_Tab)
    QTest.keyClicks(window.canvas.chooser.field, words)
    QTest.keyClick(window.canvas.chooser.field, KEY.Key_Return)
    new = set(window.project.document.nodes) - before
    assert len(new) == 1, f"{words!r} added {new}"
    return new.pop()


def go_to(window: Window, node: str) -> None:
    """Ctrl+F, the id, Enter."""
    QTest.keyClick(window.canvas, KEY.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.canvas.chooser.field, node)
    QTest.keyClick(window.canvas.chooser.field, KEY.Key_Return)
    QApplication.processEvents()
    assert window.canvas.selected() == [node]


def connect(window: Window, wire: Wire) -> None:
    """C, Tab to the right output, then the letter that stands at the input."""
    canvas = window.canvas
    canvas.frame_all(glide=False)
    go_to(window, wire.source)
    QTest.keyClick(canvas, KEY.Key_Home)
    QApplication.processEvents()
    QTest.keyClick(canvas, KEY.Key_C)
    for _ in canvas.tool.ends:
        if canvas.tool.fixed[0].port == wire.source_port:
            break
        QTest.keyClick(canvas, KEY.Key_Tab)
    code = next(code for code, ref in canvas.tool.codes.items() if (ref.node, ref.port) == (wire.target, wire.target_port))
    QTest.keyClicks(canvas, code.lower())
    QApplication.processEvents()
    assert window.project.document.has_wire(wire)


def test_a_network_is_built_wired_and_trained_by_keys(window: Window, wait):
    window.acts["motion-reduced"].trigger()  # a key press then has its whole effect at once
    window.bridge.start()
    wait(lambda: window.bridge.ready is not None and window.bridge.analysis is not None, 60, "the engine")
    window.canvas.setFocus()
    ids = [add(window, words) for words in ("mnist 5k", "flatten", "linear", "crossentropy")]
    data, flatten, head, loss = ids

    assert not window.project.document.wires
    chain = [Wire(data, "image", flatten, "x"), Wire(flatten, "out", head, "x"), Wire(head, "out", loss, "prediction")]
    for wire in (*chain, Wire(data, "label", loss, "target")):
        connect(window, wire)

    # Enter goes from the node into its first field; the head gets ten outputs.
    go_to(window, head)
    QTest.keyClick(window.canvas, KEY.Key_Return)
    field = QApplication.focusWidget()
    QTest.keyClick(field, KEY.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "10")
    QTest.keyClick(field, KEY.Key_Return)
    assert window.project.document.node(head).params["out_features"] == 10
    wait(lambda: window.bridge.current and not window.errors(), 20, "no problems")

    # The command palette trains one step.
    QTest.keyClick(window, KEY.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    popup = QApplication.focusWidget()
    QTest.keyClicks(popup, "step")
    QTest.keyClick(popup, KEY.Key_Return)
    wait(lambda: window.training.state == "paused" and window.bridge.session.progress is not None, 60, "one step")
    assert window.bridge.session.progress.step == 1
