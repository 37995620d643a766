"""The window as a whole: what it shows, remembers, asks and survives. The engine runs only where a test starts it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar

from engine.graph.problem import ERROR, Problem
from engine.layers.optimizers import OPTIMIZERS
from gui import theme
from gui.docks import CountPill
from gui.panels.registry import PANELS
from gui.settings import Settings
from gui.window import Window


def add(window: Window, type_id: str = "linear") -> None:
    window.edit.add_type(type_id)


# -- what it shows ---------------------------------------------------------------------------------------------------


def test_bars_have_their_heights(window: Window):
    assert (window.title_bar.height(), window.run_bar.height(), window.breadcrumbs.height(), window.statusBar().height()) == (30, 48, 30, 24)
    assert window.status.size() == window.statusBar().size()


def test_every_panel_is_there_and_one_per_strip_is_in_view(window: Window):
    in_view = [name for name, dock in window.docks.items() if dock.in_view]
    assert in_view == ["palette", "inspector", "curves", "filters", "activations"]
    assert all(dock.content is not None for dock in window.docks.values())
    assert [dock.content.isVisible() for dock in window.docks.values()] == [name in in_view for name in window.docks]
    assert {panel.id for panel in PANELS} == set(window.docks)


def test_making_panels_shows_no_window_of_their_own(window: Window):
    """Such a flash takes the focus away from what the user is doing."""
    assert window.isActiveWindow()


def test_a_tab_behind_others_is_not_visible_until_it_is_raised(window: Window):
    code, curves = window.docks["code"], window.docks["curves"]
    window.raise_panel("code")
    QApplication.processEvents()
    assert (code.content.isVisible(), curves.content.isVisible()) == (True, False)


def test_the_title_shows_name_and_dirt(window: Window):
    window.files.open_lesson("lenet-mnist")
    assert (window.title_bar.title.text, window.title_bar.title.dirty) == ("lenet-mnist", False)
    add(window)
    assert window.title_bar.title.dirty
    assert window.isWindowModified()
    window.undo()
    assert not window.title_bar.title.dirty


def test_run_bar_shows_and_edits_the_recipe(window: Window):
    window.files.open_lesson("lenet-mnist")
    recipe = window.project.document.recipe
    assert window.run_bar.batch.value() == recipe.batch_size
    assert window.run_bar.optimizer.currentText() == "SGD · momentum .9"
    field = window.run_bar.batch
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "128")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.project.document.recipe.batch_size == 128
    assert window.project.stack.undoText() == "Change batch size"
    window.undo()
    assert window.run_bar.batch.value() == recipe.batch_size


def test_choosing_another_optimizer_is_one_step(window: Window):
    window.run_bar.optimizer.activated.emit([row.id for row in OPTIMIZERS].index("adam"))
    assert window.project.document.recipe.optimizer == "adam"
    assert window.project.document.recipe.learning_rate == 0.001
    assert window.project.stack.count() == 1


def test_the_learning_rate_slider_is_one_step_per_drag(window: Window):
    slider = window.run_bar.slider
    for notch in (500, 520, 540):
        slider.setValue(notch)
    slider.sliderReleased.emit()
    assert window.project.stack.count() == 1
    assert window.run_bar.rate.value() == window.project.document.recipe.learning_rate
    slider.setValue(600)
    assert window.project.stack.count() == 2


def test_a_seam_of_one_pixel_can_be_dragged(window: Window):
    window.strip_keeper.order()
    grip = next(grip for grip in window.strip_keeper.grips if grip.upright and abs(grip.seam.x() - 210) < 3)
    assert grip.width() == 7
    before = window.docks["palette"].width()
    start = QPoint(grip.width() - 1, 200)
    QTest.mousePress(grip, Qt.MouseButton.LeftButton, pos=start)
    for dx in (10, 30, 60):
        at = QPointF(start.x() + dx, start.y())
        move = QMouseEvent(QEvent.Type.MouseMove, at, grip.mapToGlobal(at), Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(grip, move)
        QApplication.processEvents()  # Qt moves its separators by a timer
    QTest.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 0))
    QApplication.processEvents()
    assert window.docks["palette"].width() > before + 30


def test_problems_are_counted_on_their_tab(window: Window):
    window.incidents.append(Problem(ERROR, "incident", "x"))
    window.show_problems()
    window.strip_keeper.order()
    pills = window.findChildren(CountPill)
    assert [(pill.text, pill.alarm) for pill in pills] == [("1", True)]
    window.incidents.clear()
    window.show_problems()
    window.strip_keeper.order()
    assert not any(bar.tabButton(index, bar.ButtonPosition.RightSide) for bar in window.findChildren(QTabBar) for index in range(bar.count()))


def test_no_tab_bar_lies_over_the_title(window: Window):
    window.reset_layout()
    QApplication.processEvents()
    assert window.title_bar.isAncestorOf(window.childAt(20, 15)) or window.childAt(20, 15) is window.title_bar


def test_panels_look_at_a_convolution_before_anything_is_selected(window: Window):
    window.files.open_lesson("lenet-mnist")
    assert not window.selected_nodes()
    assert (window.panel("filters").node, window.panel("activations").node) == ("conv1", "conv1")
    window.files.new()
    assert window.panel("filters").request() is None


# -- what it remembers -----------------------------------------------------------------------------------------------


def test_layout_is_remembered(window: Window, app):
    window.docks["filters"].close()
    window.settings.save_layout(window.saveGeometry(), window.saveState(1))
    geometry, state = window.settings.layout()
    window.reset_layout()
    assert window.docks["filters"].isVisible()
    window.restoreState(state, 1)
    assert not window.docks["filters"].isVisible()
    window.reset_layout()
    QApplication.processEvents()
    assert window.docks["filters"].isVisible()
    assert geometry == window.saveGeometry() or not geometry.isEmpty()


def test_a_layout_of_other_panels_is_forgotten(home: Path, monkeypatch: pytest.MonkeyPatch, app):
    settings = Settings(home / "s.ini")
    with monkeypatch.context() as older:
        older.setattr("gui.settings.SALT", b"chainrule layout ['palette', 'curves']")  # before a panel came
        settings.save_layout(QByteArray(b"geometry"), QByteArray(b"state"))
        assert settings.layout() is not None
    assert settings.layout() is None


@pytest.mark.parametrize("damage", ["not hex", "00ff", ""])
def test_a_damaged_layout_is_never_handed_to_qt(home: Path, damage: str, app):
    settings = Settings(home / "s.ini")
    settings.save_layout(QByteArray(b"geometry"), QByteArray(b"state"))
    assert settings.layout() is not None
    settings.store.setValue("layout/state", damage)
    assert settings.layout() is None


def test_a_layout_that_killed_the_last_start_is_forgotten(home: Path, app):
    settings = Settings(home / "s.ini")
    settings.save_layout(QByteArray(b"geometry"), QByteArray(b"state"))
    settings.begin_start()
    assert Settings(home / "s.ini").layout() is None
    assert settings.layout() is None
    settings.save_layout(QByteArray(b"geometry"), QByteArray(b"state"))
    settings.begin_start()
    settings.end_start()
    assert settings.layout() is not None


def test_recent_files_are_those_that_exist(home: Path, tmp_path: Path, app):
    settings = Settings(home / "s.ini")
    paths = [tmp_path / f"{number}.chainrule" for number in range(12)]
    for path in paths:
        path.touch()
        settings.add_recent(path)
    settings.add_recent(paths[3])
    assert settings.recent()[:2] == [paths[3], paths[11]]
    assert len(settings.recent()) == 10
    paths[3].unlink()
    assert paths[3] not in settings.recent()


def test_theme_is_switched_and_remembered(window: Window):
    window.acts["theme-light"].trigger()
    try:
        assert theme.current().name == "light"
        assert window.settings.text("theme") == "light"
        assert window.acts["theme-light"].isChecked()
        assert not window.acts["theme-dark"].isChecked()
    finally:
        theme.use("dark")


# -- what it survives ------------------------------------------------------------------------------------------------


def test_an_incident_becomes_a_problem_and_the_window_lives(window: Window):
    for _ in range(2):
        window.incoming.append(Problem(ERROR, "incident", "Chainrule made a mistake: ValueError: x."))
    window.bridge.tick()
    assert window.status.problems.words[0][0] == "1 error"
    assert window.docks["problems"].in_view
    add(window)
    assert window.project.document.nodes


def test_hooks_log_and_tell(home: Path, app):
    import sys

    from gui import incidents, places

    told: list[Problem] = []
    hooks = incidents.Incidents(told.append)
    before = sys.excepthook
    hooks.install()
    try:
        raise ValueError("something odd")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    hooks.remove()
    assert sys.excepthook is before
    assert "something odd" in told[0].message
    assert str(places.log_file()) in told[0].fix


def test_a_failing_paint_is_told_and_leaves_no_painter_behind(app, show):
    import sys

    from PySide6.QtGui import QPainter, QPaintEvent
    from PySide6.QtWidgets import QWidget

    from gui.incidents import Incidents

    class Broken(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:
            painter = QPainter(self)
            painter.drawPoint(1, 1)
            raise ValueError("cannot paint")

    told: list[Problem] = []
    hooks = Incidents(told.append)
    hooks.install()
    try:
        show(Broken(), 40, 30)
    finally:
        hooks.remove()
    assert "cannot paint" in told[0].message
    assert not hasattr(sys, "last_traceback"), "its frame would hold the painter until after the widget has gone, and then crash"


def test_the_timer_rests_while_nobody_looks(window: Window):
    window.bridge.started = True
    window.bridge.visible = True
    window.bridge.wake()
    assert window.bridge.timer.isActive()
    window.hide()
    window.bridge.tick()
    assert not window.bridge.timer.isActive()
    window.show()
    window.bridge.set_visible(True)
    assert window.bridge.timer.isActive()


def test_a_refused_edit_is_said_in_the_status_bar(window: Window):
    add(window, "linear")
    window.edit.set_param(next(iter(window.project.document.nodes)), "out_features", -3)
    assert "must be" in window.status.message.words[0][0]
    assert window.project.stack.count() == 1


# -- the command palette ---------------------------------------------------------------------------------------------


def type_into_palette(window: Window, words: str):
    window.acts["command-palette"].trigger()
    popup = window.palette_popup
    QTest.keyClicks(popup.field, words)
    return popup


def test_palette_runs_actions(window: Window):
    popup = type_into_palette(window, "reset lay")
    assert popup.model.shown[0].title == "Reset layout"
    window.docks["curves"].close()
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert window.docks["curves"].isVisible()
    assert not popup.isVisible()


def test_palette_finds_nodes_layers_and_lessons(window: Window):
    window.files.open_lesson("lenet-mnist")
    popup = type_into_palette(window, "conv2 ")
    assert any(hit.title.startswith("conv2") and hit.kind == "Node" for hit in popup.model.shown)
    assert any(hit.title == "Add Conv2d" for hit in popup.model.shown)
    popup.close()
    popup = type_into_palette(window, "open fully")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert window.project.lesson == "mlp-mnist"


def test_palette_shows_grey_commands_but_does_not_run_them(window: Window):
    popup = type_into_palette(window, "undo")
    assert popup.model.shown[0].why == "Nothing to undo."
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert popup.isVisible()
    popup.close()


def test_undo_is_off_while_a_popup_is_open(window: Window):
    add(window)
    assert window.acts["undo"].isEnabled()
    window.canvas.quick_add()
    QApplication.processEvents()
    window.refresh_actions()
    assert not window.acts["undo"].isEnabled()
    QApplication.sendEvent(window.canvas.chooser, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier))
    window.canvas.chooser.hide()
    window.refresh_actions()
    assert window.acts["undo"].isEnabled()


def test_scene_place_maps_window_points(window: Window):
    middle = window.canvas.viewport().mapTo(window, window.canvas.viewport().rect().center())
    assert window.scene_place(middle) is not None
    assert window.scene_place(QPoint(5, 5)) is None


def test_what_a_panel_says_does_not_move_the_seams(window: Window):
    window.files.open_lesson("lenet-mnist")
    names = ("curves", "filters", "activations")
    before = [window.docks[name].width() for name in names]
    for name in ("filters", "activations"):
        window.panel(name).empty.set_sentence("There is no picture while the network has a problem: " + "Add needs inputs of the same shape. " * 4)
    QApplication.processEvents()
    assert [window.docks[name].width() for name in names] == before
    assert all(window.docks[name].content.minimumWidth() <= 200 for name in names)
