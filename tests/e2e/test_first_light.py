"""The one path through the house, driven as a user does: real keys and mouse events on the real window, the real engine behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.graph.model import Wire
from gui.controls import NumberField
from gui.dialogs import ask
from gui.window import Window

NOTHING, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


@pytest.fixture
def live(window: Window, wait):
    """The window with its engine running and nothing on the canvas."""
    window.bridge.start()
    wait(lambda: window.bridge.ready is not None and window.bridge.analysis is not None, 60, "the engine")
    return window


def send(widget: QWidget, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, buttons: Qt.MouseButton) -> None:
    event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at.toPoint())), button, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, start: QPointF, end: QPointF) -> None:
    """Press, move in steps with the button held, release."""
    send(widget, QEvent.Type.MouseMove, start, NOTHING, NOTHING)
    send(widget, QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    for share in (0.1, 0.3, 0.6, 0.9, 1.0):
        send(widget, QEvent.Type.MouseMove, start + (end - start) * share, NOTHING, LEFT)
    send(widget, QEvent.Type.MouseButtonRelease, end, LEFT, NOTHING)
    QApplication.processEvents()


def click(window: Window, node: str) -> None:
    """A click into the middle of a node's title."""
    item = window.canvas.network.nodes[node]
    at = window.canvas.camera.view_point(item.rect().topLeft() + QPointF(60, 14))
    QTest.mouseClick(window.canvas.viewport(), LEFT, pos=at.toPoint())
    assert window.canvas.selected() == [node]


def port(window: Window, node: str, name: str, *, output: bool) -> QPointF:
    return window.canvas.camera.view_point(window.canvas.network.nodes[node].spot(name, output))


def quick_add(window: Window, words: str) -> str:
    """Tab, the words, Enter; the id of what came."""
    before = set(window.project.document.nodes)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Tab)
    QTest.keyClicks(window.canvas.chooser.field, words)
    QTest.keyClick(window.canvas.chooser.field, Qt.Key.Key_Return)
    new = set(window.project.document.nodes) - before
    assert len(new) == 1, f"{words!r} added {new}"
    return new.pop()


def set_number(field: NumberField, value: object) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, str(value))
    QTest.keyClick(field, Qt.Key.Key_Return)


def build_mlp(window: Window) -> dict[str, str]:
    """MNIST 5k, Flatten, Linear, ReLU, Linear, CrossEntropy: each behind the one before."""
    ids = {}
    for words in ("mnist 5k", "flatten", "linear", "relu", "linear", "crossentropy"):
        ids[words if words not in ids else "head"] = quick_add(window, words)
    return ids


def draw_label_wire(window: Window, ids: dict[str, str]) -> None:
    """From the dataset's label to the loss's target by mouse, unless the context has drawn it already."""
    window.canvas.frame_all(glide=False)
    label = Wire(ids["mnist 5k"], "label", ids["crossentropy"], "target")
    if not window.project.document.has_wire(label):
        start, end = port(window, label.source, "label", output=True), port(window, label.target, "target", output=False)
        drag(window.canvas.viewport(), start, end)
    assert window.project.document.has_wire(label)


def undo_and_redo_everything(window: Window) -> None:
    kept = window.project.snapshot()
    while window.project.stack.canUndo():
        window.undo()
    assert not window.project.document.nodes
    while window.project.stack.canRedo():
        window.project.redo()
    assert window.project.snapshot() == kept


def test_build_train_save_reopen(live: Window, wait, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    window = live
    ids = build_mlp(window)
    draw_label_wire(window, ids)

    # The head gets ten outputs in the inspector.
    click(window, ids["head"])
    set_number(window.panel("inspector").page.rows["out_features"].findChild(NumberField), 10)
    assert window.project.document.node(ids["head"]).params["out_features"] == 10
    wait(lambda: window.bridge.current and not window.errors(), 10, "no problems, and its source")
    assert window.bridge.analysis.source.text.count("nn.Linear") == 2

    # Train one epoch and see points on the curve.
    set_number(window.run_bar.epochs, 1)
    QTest.mouseClick(window.run_bar.train, LEFT)
    wait(lambda: window.bridge.run is not None and window.bridge.run.metrics.count > 10, 60, "points")
    wait(lambda: window.training.state == "ended", 60, "the end")
    assert window.panel("curves").data.columns["loss"].latest()[0] < 2.0
    assert window.bridge.run.metrics.validations("accuracy")[-1] > 0.6
    undo_and_redo_everything(window)

    # Save, open, equal.
    kept = window.project.snapshot()
    monkeypatch.setattr(ask, "save_path", lambda *_: tmp_path / "mine.chainrule")
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert not window.project.dirty
    window.files.new()
    assert window.files.open_path(tmp_path / "mine.chainrule")
    assert window.project.snapshot() == kept


def stop_and_resume_from_the_folder(window: Window, wait, monkeypatch: pytest.MonkeyPatch) -> None:
    before = window.bridge.run.metrics.count
    QTest.mouseClick(window.run_bar.train, LEFT)
    wait(lambda: window.bridge.run.metrics.count > before, 30, "going on")
    QTest.mouseClick(window.run_bar.stop, LEFT)
    wait(lambda: window.training.state == "ended", 30, "the end")
    assert window.run_bar.train.text() == "Train"
    assert window.run_bar.batch.isEnabled()
    first = window.bridge.run
    assert (Path(first.folder) / "steps.csv").exists()
    done = first.metrics.count

    monkeypatch.setattr(ask, "folder", lambda *_: Path(first.folder))
    window.acts["resume-run"].trigger()
    wait(lambda: window.bridge.run is not first and window.training.state == "running", 30, "the resumed run")
    wait(lambda: window.bridge.progress is not None and window.bridge.progress.step > done, 30, "going on where it stopped")
    assert not window.training.problems
    window.acts["stop"].trigger()
    wait(lambda: window.training.state == "ended", 30, "the end")


def test_lenet_train_pause_step_change_resume_stop(live: Window, wait, monkeypatch: pytest.MonkeyPatch):
    window = live
    assert window.files.open_lesson("lenet-mnist")
    wait(lambda: window.bridge.current and window.bridge.analysis.parameters == 110_578, 10, "the analysis")
    click(window, "conv1")

    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: window.training.state == "running" and window.bridge.progress is not None and window.bridge.progress.step >= 3, 90, "steps")
    assert window.run_bar.train.text() == "Pause"
    assert not window.run_bar.batch.isEnabled()
    assert "Stop the run" in window.run_bar.batch.toolTip()
    assert window.run_bar.rate.isEnabled()

    QTest.mouseClick(window.run_bar.train, LEFT)
    wait(lambda: window.training.state == "paused", 20, "the pause")
    assert window.run_bar.train.text() == "Resume"
    before = window.bridge.run.metrics.count
    QTest.mouseClick(window.run_bar.step, LEFT)
    wait(lambda: window.bridge.run.metrics.count == before + 1, 20, "one more step")
    assert window.training.state == "paused"

    set_number(window.run_bar.rate, "0.01")
    QTest.mouseClick(window.run_bar.step, LEFT)
    wait(lambda: window.bridge.run.metrics.count == before + 2, 20, "one more step")
    assert window.bridge.run.metrics.steps("learning_rate")[-1] == pytest.approx(0.01)

    wait(lambda: window.panel("filters").result is not None, 20, "filters")
    wait(lambda: window.panel("activations").result is not None, 20, "activation maps")

    stop_and_resume_from_the_folder(window, wait, monkeypatch)


def test_a_problem_is_shown_fixed_and_trainable_again(live: Window, wait):
    window = live
    window.files.open_lesson("lenet-mnist")
    wait(lambda: window.bridge.current and window.bridge.analysis.parameters == 110_578, 10, "the analysis")
    click(window, "flatten1")
    QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert "flatten1" not in window.project.document
    wait(lambda: bool(window.errors()), 10, "a problem")
    assert not window.run_bar.train.isEnabled()
    assert window.run_bar.progress.tone == "err"
    assert window.docks["problems"].count >= 1
    window.undo()
    wait(lambda: not window.errors(), 10, "no problem")
    assert window.run_bar.train.isEnabled()


def test_a_run_that_diverges_says_so_and_the_window_lives(live: Window, wait):
    window = live
    window.files.open_lesson("mlp-mnist")
    window.training.edit_recipe({"learning_rate": 1e9}, "")
    wait(lambda: window.bridge.current, 10, "the analysis")
    window.acts["train"].trigger()
    wait(lambda: window.training.state == "ended", 60, "the end")
    assert window.training.problems
    assert window.run_bar.progress.tone == "err"
    assert window.run_bar.train.isEnabled()
    window.edit.add_type("relu")
    assert "relu2" in window.project.document
