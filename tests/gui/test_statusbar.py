"""What the status bar says is seen, goes again, and costs the window no new layout."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow

from gui.statusbar import StatusHolder


class Layouts(QObject):
    """Counts how often a widget is laid out anew."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.fixture
def window(show: Callable[..., object]) -> QMainWindow:
    window = QMainWindow()
    window.setStatusBar(StatusHolder(window))
    window.statusBar().facts.set_counts(12, 44_426, "281.6k")
    return show(window, 700, 200)


def test_a_message_is_seen_in_place_of_the_facts_and_goes_again(window: QMainWindow, app: QApplication):
    bar = window.statusBar().facts
    assert bar.nodes.isVisible() and not bar.message.isVisible()
    bar.say("Softmax before cross-entropy: the loss already has one.", "warning")
    app.processEvents()
    assert bar.message.isVisible() and bar.message.width() >= bar.message.sizeHint().width() > 200
    assert bar.rect().contains(bar.message.geometry()) and not bar.nodes.isVisible()
    bar.timer.timeout.emit()
    app.processEvents()
    assert bar.nodes.isVisible() and not bar.message.isVisible()


def test_a_message_longer_than_the_bar_is_cut_and_whole_in_the_tooltip(window: QMainWindow, app: QApplication):
    bar, sentence = window.statusBar().facts, "This sentence is a good deal longer than the bar. " * 4
    bar.say(sentence)
    app.processEvents()
    assert bar.message.isVisible() and bar.rect().contains(bar.message.geometry()) and bar.message.toolTip() == sentence


def test_other_words_do_not_lay_out_the_window(window: QMainWindow, app: QApplication):
    bar, layouts = window.statusBar().facts, Layouts()
    window.installEventFilter(layouts)
    bar.say("A message.")
    app.processEvents()
    bar.clear_message()
    bar.set_counts(1_200, 11_689_512, "1.8G")
    bar.set_saved([("Saved ", False), ("12:40", True)])
    app.processEvents()
    assert layouts.count == 0
    for fact in (bar.nodes, bar.parameters, bar.saved):
        assert fact.isVisible() and fact.width() == fact.sizeHint().width()
