"""Files, folders and texts dropped on the window with real drag events: opened, inserted, taken as weights, or pasted."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.graph import clipboard, text
from engine.graph.model import Node, Snapshot, Wire
from gui.window import Window

PAIR = Snapshot(nodes=(Node("conv1", "conv2d", {}, (0.0, 0.0)), Node("relu1", "relu", {}, (300.0, 0.0))), wires=(Wire("conv1", "out", "relu1", "x"),))


def of_file(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def of_text(words: str) -> QMimeData:
    data = QMimeData()
    data.setText(words)
    return data


def drop(window: Window, data: QMimeData, at: QPoint) -> bool:
    """Drags over the canvas, which hands on what it does not know, and lets go at a point of the window; whether it was taken."""
    port = window.canvas.viewport()
    at = port.mapFrom(window, at)
    action, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, action, data, left, none)
    enter.setAccepted(False)
    QApplication.sendEvent(port, enter)
    if enter.isAccepted():
        QApplication.sendEvent(port, QDropEvent(QPointF(at), action, data, left, none))
    return enter.isAccepted()


def on_canvas(window: Window, x: float, y: float) -> QPoint:
    """The point of the window over a place of the scene."""
    return window.canvas.viewport().mapTo(window, window.canvas.camera.view_point(QPointF(x, y)).toPoint())


@pytest.fixture
def net(window: Window) -> Window:
    window.canvas.motion = window.canvas.camera.motion = False
    window.project.replace(PAIR)
    window.canvas.camera.place(QPointF(-100, -100), QPointF(0, 0), 1.0)
    return window


def test_a_project_on_an_empty_canvas_opens(window: Window, tmp_path: Path):
    text.save(tmp_path / "net.chainrule", PAIR)
    assert drop(window, of_file(tmp_path / "net.chainrule"), on_canvas(window, 0, 0))
    assert window.project.path == tmp_path / "net.chainrule"


def test_a_project_on_a_network_opens_or_is_inserted_there(net: Window, tmp_path: Path):
    text.save(tmp_path / "net.chainrule", PAIR)
    assert drop(net, of_file(tmp_path / "net.chainrule"), on_canvas(net, 100, 240))
    menu = QApplication.activePopupWidget()
    assert [action.text() for action in menu.actions()] == ["Open net", "Insert its network here"]
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[1]).center())
    document = net.project.document
    assert net.project.path is None and len(document.nodes) == 4 and len(list(document.wires)) == 2
    assert document.node("conv2").pos == pytest.approx((100.0, 240.0), abs=1.5) and net.canvas.selected() == ["conv2", "relu2"]
    assert net.project.stack.count() == 1 and net.project.stack.undoText() == "Insert net"


def test_a_network_with_data_is_not_inserted_into_a_block(net: Window, tmp_path: Path):
    net.files.open_lesson("resnet18")
    block = next(name for name, node in net.project.document.nodes.items() if node.type.startswith("block:"))
    net.project.go(block)
    text.save(tmp_path / "net.chainrule", Snapshot(nodes=(Node("mnist1", "mnist5k"),)))
    before = net.project.snapshot()
    net.files.drops.insert(tmp_path / "net.chainrule", (0.0, 0.0))
    assert net.project.snapshot() is before and "block" in net.status.message.words[0][0]


def test_a_file_that_cannot_be_read_is_told(net: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    monkeypatch.setattr("gui.dialogs.ask.tell", lambda parent, sentence: told.append(sentence))
    (tmp_path / "net.chainrule").write_text("{")
    net.files.drops.insert(tmp_path / "net.chainrule", (0.0, 0.0))
    assert told and net.project.stack.count() == 0


def test_weights_are_where_the_next_run_begins(net: Window, tmp_path: Path):
    net.project.save(tmp_path / "net.chainrule")
    (tmp_path / "old.safetensors").touch()
    assert drop(net, of_file(tmp_path / "old.safetensors"), on_canvas(net, 100, 240))
    assert net.project.document.recipe.weights_from == "old.safetensors"
    assert net.project.stack.undoText() == "Take weights from old.safetensors"
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    drop(net, of_file(tmp_path / "run"), on_canvas(net, 100, 240))
    assert net.project.document.recipe.weights_from == "run"


def test_pickled_weights_are_refused_with_the_reason(net: Window, tmp_path: Path):
    (tmp_path / "old.pt").touch()
    drop(net, of_file(tmp_path / "old.pt"), on_canvas(net, 100, 240))
    assert "run code" in net.status.message.words[0][0] and net.project.stack.count() == 0


def test_the_text_of_a_network_is_pasted_where_it_is_dropped(net: Window):
    words = clipboard.copy_text(PAIR, ["conv1", "relu1"])
    assert drop(net, of_text(words), on_canvas(net, 120, 240))
    assert net.project.document.node("conv2").pos == (120.0, 240.0) and net.project.stack.undoText() == "Paste 2 nodes"
    assert not drop(net, of_text("a shopping list"), on_canvas(net, 120, 240))
    drop(net, of_text('{"no": "network"}'), on_canvas(net, 120, 240))
    assert net.project.stack.count() == 1 and "no network" in net.status.message.words[0][0]


def test_what_was_copied_in_another_window_is_pasted_with_its_wires(net: Window):
    QApplication.clipboard().setText(clipboard.copy_text(PAIR, ["conv1", "relu1"]))
    net.canvas.setFocus()
    QTest.keyClick(net.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert len(net.project.document.nodes) == 4 and len(list(net.project.document.wires)) == 2
