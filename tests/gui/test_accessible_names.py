"""What a screen reader meets: every widget that takes keys or clicks has a name, and messages are read out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QSlider,
    QTabBar,
    QWidget,
)

from engine import library
from gui import announce
from gui.window import Window

USABLE = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QSlider, QAbstractItemView, QTabBar)


def spoken(widget: QWidget) -> str:
    """What a screen reader calls the widget."""
    found = QAccessible.queryAccessibleInterface(widget)
    return (widget.accessibleName() or (found.text(QAccessible.Text.Name) if found else "")).strip()


def part_of_another(widget: QWidget) -> bool:
    """Qt's own insides: the viewport of a scroll area, the list that a combo box drops, the menu bar's overflow."""
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget:
        return True
    while parent is not None and not isinstance(parent, QComboBox):
        parent = parent.parentWidget()
    return parent is not None or widget.objectName().startswith("qt_")


def nameless(root: QWidget) -> list[str]:
    """Widgets that can be used and have no name, each with the widgets that it lies in."""
    found = []
    for widget in root.findChildren(QWidget):
        usable = isinstance(widget, USABLE) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if usable and not part_of_another(widget) and not spoken(widget):
            parents, parent = [], widget
            while parent is not None and len(parents) < 4:
                parents.append(parent.objectName() or type(parent).__name__)
                parent = parent.parentWidget()
            found.append(" in ".join(parents))
    return found


@pytest.mark.parametrize("lesson", ["lenet-mnist", "vit-mnist", "segmentation-scenes"])
def test_everything_that_can_be_used_has_a_name(window: Window, lesson: str):
    window.project.replace(library.read(lesson), lesson=lesson)
    window.fresh_document()
    for name in ("conv1", "linear1", "fc1"):
        window.canvas.select([name])
    QApplication.processEvents()
    assert len(window.findChildren(QWidget)) > 200
    assert nameless(window) == []


def test_a_widget_without_a_name_is_found(window: Window):
    field = QLineEdit(window.panel("palette"))
    assert len(nameless(window)) == 1
    field.setAccessibleName("A name")
    assert nameless(window) == []


def test_messages_refusals_and_notices_are_read_out(window: Window, monkeypatch: pytest.MonkeyPatch):
    heard: list[tuple[str, object]] = []

    def hear(event: object) -> None:
        assert isinstance(event, QAccessibleAnnouncementEvent)
        heard.append((event.message(), event.politeness()))

    monkeypatch.setattr(announce.QAccessible, "updateAccessibility", hear)
    polite = QAccessible.AnnouncementPoliteness
    window.say("Saved.", "ok")
    window.canvas.hint.emit("No loop is possible.")
    window.notices.show_notice("x", "The file was changed outside.", icon="warning")
    window.run_bar.progress.set_heading("Finished after 12 epochs")
    assert heard == [
        ("Saved.", polite.Polite), ("No loop is possible.", polite.Assertive),
        ("The file was changed outside.", polite.Assertive), ("Finished after 12 epochs", polite.Polite),
    ]  # fmt: skip


def test_reduced_motion_jumps_and_is_remembered(window: Window):
    canvas = window.canvas
    window.project.replace(library.read("lenet-mnist"))
    QApplication.processEvents()
    canvas.zoom_to(200)
    window.acts["motion-reduced"].trigger()
    assert window.settings.text("view/motion") == "reduced"
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.camera.glide.state() == canvas.camera.glide.State.Stopped
    assert canvas.camera.shown().contains(canvas.network.content())
    window.acts["motion-full"].trigger()
    canvas.zoom_to(200)
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.camera.glide.state() == canvas.camera.glide.State.Running
    canvas.camera.glide.stop()
