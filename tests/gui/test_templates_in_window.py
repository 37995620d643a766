"""A template in the window: a dataset dropped on its Input, wired to where it went, added with it selected, or taken from its problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QStyle, QStyleOptionSlider

from engine.compile.analyse import analyse
from gui.panels.palette import MIME
from gui.window import Window

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def template(window: Window) -> Callable[[str], Window]:
    """Opens a template in the window."""

    def open_it(entry_id: str) -> Window:
        window.files.open_lesson(entry_id)
        QApplication.processEvents()
        window.canvas.setFocus()
        return window

    return open_it


def types(window: Window) -> dict[str, str]:
    return {name: node.type for name, node in window.project.document.nodes.items()}


def middle(window: Window, name: str) -> QPointF:
    return window.canvas.camera.view_point(window.canvas.network.nodes[name].rect().center())


def drag_over(window: Window, type_id: str, at: QPointF) -> QMimeData:
    data = QMimeData()
    data.setData(MIME, type_id.encode())
    port = window.canvas.viewport()
    QApplication.sendEvent(port, QDragEnterEvent(at.toPoint(), Qt.DropAction.CopyAction, data, LEFT, NONE))
    QApplication.sendEvent(port, QDragMoveEvent(at.toPoint(), Qt.DropAction.CopyAction, data, LEFT, NONE))
    return data


def drop(window: Window, data: QMimeData, at: QPointF) -> None:
    QApplication.sendEvent(window.canvas.viewport(), QDropEvent(at, Qt.DropAction.CopyAction, data, LEFT, NONE))


def test_a_dataset_dropped_on_the_input_takes_its_place_in_one_step(template):
    window = template("resnet18")
    before = window.project.snapshot()
    at = middle(window, "input1")
    data = drag_over(window, "mnist5k", at)
    preview = window.canvas.overlay.preview
    assert [ghost.title for ghost in preview.ghosts] == ["MNIST 5k", ""] and len(preview.wires) == 2  # the dataset, and a ring round the last layer
    drop(window, data, at)
    assert types(window)["mnist1"] == "mnist5k" and "input1" not in types(window)
    assert window.project.document.node("fc1").params["out_features"] == 10
    assert window.canvas.selected() == ["mnist1"] and window.canvas.overlay.preview is None
    assert window.project.stack.count() == 1
    window.undo()
    assert window.project.snapshot() == before


def test_beside_the_input_it_is_a_node_of_its_own(template):
    window = template("resnet18")
    at = middle(window, "input1") + QPointF(0, 150)
    drop(window, drag_over(window, "mnist5k", at), at)
    assert {"input1", "mnist1"} <= set(types(window)) and window.project.document.node("fc1").params["out_features"] == 1000


def test_what_does_not_fit_says_why(template):
    window = template("lenet5")
    said: list[str] = []
    window.canvas.hint.connect(said.append)
    at = middle(window, "input1")
    data = drag_over(window, "scenes", at)
    assert window.canvas.reason.isVisible()
    drop(window, data, at)
    assert said == ["Scenes has a class for each pixel, and this network answers with one for each sample."]
    assert window.project.stack.count() == 0 and not window.canvas.reason.isVisible()


def test_wiring_a_dataset_to_where_the_input_went_takes_its_place(template):
    window = template("lenet5")
    window.canvas.select([])
    window.canvas.add_layer("animal_shapes")
    window.canvas.frame_all(glide=False)
    QApplication.processEvents()
    steps, canvas = window.project.stack.count(), window.canvas
    start = canvas.camera.view_point(canvas.network.nodes["animals1"].spot("image", True)).toPoint()
    end = canvas.camera.view_point(canvas.network.nodes["conv1"].spot("x", False)).toPoint()
    port = canvas.viewport()
    QTest.mousePress(port, LEFT, NONE, start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(port, start + (end - start) * share)
    QTest.mouseRelease(port, LEFT, NONE, end)
    assert "input1" not in types(window) and window.project.stack.count() == steps + 1
    assert {w.target for w in window.project.document.wires if w.source == "animals1"} == {"conv1", "cross_entropy1"}


def test_adding_a_dataset_with_the_input_selected_takes_its_place(template):
    window = template("unet-small")
    window.canvas.select(["input1"])
    window.edit.add_type("scenes")
    assert "input1" not in types(window) and window.project.document.node("scores1").params["out_channels"] == 4


def test_a_folder_dropped_on_the_input_takes_its_place(template, tmp_path: Path):
    for name in ("cats", "dogs", "owls"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "one.png").write_bytes(b"not opened")
    window = template("alexnet")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "pets"))])
    window.files.drops.drop(data, window.canvas.network.nodes["input1"].rect().center().toTuple())
    node = window.project.document.node("images1")
    assert node.params["size"] == 224 and node.params["folder"] == str(tmp_path / "pets")
    assert window.project.document.node("fc3").params["out_features"] == 3 and window.project.stack.count() == 1


def test_train_shows_the_problem_once_with_its_fixes_and_a_fix_makes_it_trainable(template, wait):
    window = template("lenet-slide")
    window.bridge.start()
    wait(lambda: window.bridge.analysis is not None and window.problems())
    assert window.run_bar.progress.heading == "No data yet · drop a dataset onto input1"
    window.acts["train"].trigger()
    wait(lambda: any(problem.severity == "error" for problem in window.problems()))
    panel = window.panel("problems")
    assert panel.isVisible() and [problem.code for problem in window.problems()] == ["data"]
    (row,) = panel.rows
    assert row.buttons[0].text() == "Use MNIST 5k"
    QTest.mouseClick(row.buttons[0], LEFT)
    assert types(window)["mnist1"] == "mnist5k" and window.project.stack.count() == 1
    wait(lambda: not window.problems())
    assert window.run_bar.progress.heading.startswith("Ready to train")


def take_apart(window: Window) -> None:
    """The four stages as nodes of the document."""
    window.canvas.select(["stages1"])
    QTest.keyClick(window.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


def slide(slider: QSlider, share: float) -> None:
    """Drags a slider's handle with the mouse, in steps."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider)
    start = handle.center()
    goal = QPoint(round(4 + (slider.width() - 8) * share), start.y())
    QTest.mousePress(slider, LEFT, pos=start)
    for part in (0.25, 0.5, 0.75, 1.0):
        spot = QPointF(start + (goal - start) * part)
        place = QPointF(slider.mapToGlobal(spot.toPoint()))
        QApplication.sendEvent(slider, QMouseEvent(QEvent.Type.MouseMove, spot, place, Qt.MouseButton.NoButton, LEFT, NONE))
    QTest.mouseRelease(slider, LEFT, pos=goal)


def test_one_slider_turns_plain_18_into_resnet_18_and_another_18_into_34(template):
    """With the mouse on the inspector of the template as it is shipped; every drag is one step, and undo leads back to the start."""
    window = template("plain18")
    start = window.project.snapshot()
    hand = window.canvas.camera.view_point(window.canvas.network.nodes["stages1"].rect().center() - QPointF(0, 8)).toPoint()
    QTest.mouseClick(window.canvas.viewport(), LEFT, pos=hand)
    assert window.canvas.selected() == ["stages1"]
    window.raise_panel("inspector")
    QApplication.processEvents()
    fields = window.panel("inspector").page.fields
    assert analyse(window.project.snapshot()).parameters == 11_515_688
    slide(fields["shortcuts"].slider, 1.0)
    assert analyse(window.project.snapshot()).parameters == 11_689_512 and window.project.stack.count() == 1
    slide(fields["depth"].slider, 1.0)
    found = analyse(window.project.snapshot())
    assert found.parameters == 21_797_672 and not found.errors and window.project.stack.count() == 2
    slide(fields["shortcuts"].slider, 0.0)
    slide(fields["depth"].slider, 0.0)
    assert window.project.snapshot().node("stages1") == start.node("stages1") and window.project.stack.count() == 4
    for _ in range(4):
        window.undo()
    assert window.project.snapshot() == start


def test_one_switch_makes_all_stages_plain_and_one_step_takes_it_back(template):
    window = template("resnet18")
    stages = ["stage1", "stage2", "stage3", "stage4"]
    take_apart(window)
    window.raise_panel("inspector")
    window.canvas.select(stages)
    QApplication.processEvents()
    form = window.panel("inspector").page.form
    assert {"channels", "blocks", "residual"} <= set(form.fields)
    assert form.rows["channels"].help.text() == "Now 64, 128, 256, 512." and form.rows["blocks"].help is None
    QTest.mouseClick(form.fields["residual"].toggle, LEFT)
    nodes = window.project.document.nodes
    assert [nodes[name].params.get("residual") for name in stages] == [False] * 4 and window.project.stack.count() == 2
    window.undo()
    assert "residual" not in window.project.document.nodes["stage3"].params
    window.canvas.select(["conv1", "fc1"])
    QApplication.processEvents()
    assert {"bias", "init"} <= set(form.fields) and not {"out_channels", "residual"} & set(form.fields)


def test_a_half_typed_value_goes_to_the_nodes_that_were_selected(template):
    window = template("resnet34")
    take_apart(window)
    window.raise_panel("inspector")
    window.canvas.select(["stage1", "stage2"])
    QApplication.processEvents()
    number = window.panel("inspector").page.form.fields["blocks"].number
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "9")
    window.canvas.select(["stage3", "stage4"])
    nodes = window.project.document.nodes
    assert [nodes[f"stage{k}"].params.get("blocks") for k in (1, 2, 3, 4)] == [9, 9, 6, 3]
