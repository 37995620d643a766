"""The colour of a frame: by the menu, by a right click, one undo step; every colour has a name and differs from the others."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from gui import theme
from gui.actions import FRAME_COLORS
from gui.editor.frame_item import Heading


@pytest.fixture
def one_frame(chained, framed):
    chained.project.replace(framed)
    return chained


def color(window) -> str:
    return window.project.document.frames["frame1"].family


def test_a_right_click_on_a_frame_offers_its_colours(one_frame, hand_of):
    hand = hand_of(one_frame.canvas)
    point, port = hand.at(150, 10).toPoint(), one_frame.canvas.viewport()
    hand.press(150, 10, button=Qt.MouseButton.RightButton)
    QApplication.sendEvent(port, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, port.mapToGlobal(point)))
    assert one_frame.canvas.network.selection.frames == {"frame1"}
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    colors = next(action.menu() for action in menu.actions() if action.menu() and action.text() == "Frame colour")
    assert [action.text() for action in colors.actions()] == list(FRAME_COLORS.values())
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    one_frame.acts["frame-attention"].trigger()
    assert color(one_frame) == "attention" == one_frame.canvas.network.frames["frame1"].frame.family
    assert one_frame.project.stack.undoText() == "Colour frame"
    one_frame.undo()
    assert color(one_frame) == "convolution"


def test_the_title_lies_over_wires_and_under_nodes_and_goes_with_its_frame(one_frame):
    canvas = one_frame.canvas
    scene, frame = canvas.network, canvas.network.frames["frame1"]
    depth = frame.heading.zValue()
    assert all(wire.zValue() < depth for wire in scene.wires.values()) and all(node.zValue() > depth for node in scene.nodes.values())
    assert frame.area.contains(frame.title_area())
    frame.place(frame.area.translated(40, 20))
    assert frame.heading in scene.items(frame.title_area().center())
    canvas.select_all()
    one_frame.acts["delete"].trigger()
    assert not any(isinstance(item, Heading) for item in scene.items())


def test_the_colours_are_grey_without_a_frame_and_one_that_it_has_is_no_step(one_frame, hand_of):
    hand = hand_of(one_frame.canvas)
    assert not one_frame.acts["frame-loss"].isEnabled() and "frame" in one_frame.acts["frame-loss"].toolTip()
    hand.click(150, 10)
    assert one_frame.acts["frame-loss"].isEnabled()
    one_frame.acts["frame-convolution"].trigger()
    assert one_frame.project.stack.count() == 0


@pytest.mark.parametrize("look", ["dark", "light"])
def test_each_name_has_a_colour_and_a_swatch_of_its_own(one_frame, look):
    theme.use(look)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    shades = {theme.current().family(family).name() for family in FRAME_COLORS}
    assert len(shades) == len(FRAME_COLORS)
    pictures = {one_frame.acts[f"frame-{family}"].icon().pixmap(14, 14).toImage().pixelColor(4, 7).name() for family in FRAME_COLORS}
    theme.use("dark")
    assert len(pictures) == len(FRAME_COLORS)
