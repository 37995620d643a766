"""The code pane: colours by meaning, lines of the selection, clicks back to the canvas."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.events import Source
from gui.panels.code import GUTTER, CodePanel, spans

TEXT = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)  # "not a string"
        self.fc1 = nn.Linear(800, 120)

    def forward(self, x):
        x = self.conv1(x)   # C16 H28 W28
        return self.fc1(x)
"""
SOURCE = Source(TEXT, {7: "conv1", 8: "fc1", 11: "conv1", 12: "fc1"})


@pytest.fixture
def panel(show) -> CodePanel:
    widget = CodePanel()
    widget.set_source(SOURCE)
    return show(widget, 500, 200)


def colors(line: int) -> dict[str, str]:
    """Piece of text -> token, in the 1-based line."""
    text = TEXT.split("\n")[line - 1]
    return {text[start : start + length].strip(): name.rstrip("?") for start, length, name in spans(TEXT)[line - 1]}


def test_spans_cover_the_meaning():
    assert colors(1)["from"] == "keyword"
    assert colors(4)["class"] == "keyword" and colors(4)["Net"] == "name"
    seven = colors(7)
    assert seven["Conv2d"] == "name" and seven["16"] == "number" and seven["self"] == "keyword" and seven["conv1"] == "t1"
    assert seven['# "not a string"'] == "comment"
    assert colors(12)["return"] == "keyword"


def test_spans_stay_inside_their_lines():
    for text in (TEXT, 'x = """a\nb"""\ny = 1', "", "\n\n", "x = 'ä→'\n"):
        lines = text.split("\n")
        for line, found in zip(lines, spans(text), strict=True):
            assert all(start >= 0 and start + length <= len(line) for start, length, _ in found)


def test_lines_are_19_px(panel: CodePanel):
    layout = panel.view.document().documentLayout()
    tops = []
    block = panel.view.document().begin()
    while block.isValid():
        tops.append(layout.blockBoundingRect(block).top())
        block = block.next()
    assert {round(b - a) for a, b in itertools.pairwise(tops)} == {19}
    assert panel.view.line_rect(1).top() == round(tops[0]) == 6


def test_selection_is_marked_and_revealed(panel: CodePanel):
    panel.set_selection(["fc1"])
    assert panel.view.marked == {8, 12}
    first, last = panel.view.line_rect(8), panel.view.line_rect(12)
    assert first.top() >= 0 and last.bottom() <= panel.view.viewport().height() + 19
    panel.set_selection([])
    assert panel.view.marked == set()


def test_marked_lines_are_washed(panel: CodePanel):
    def pixel(line: int) -> object:
        rect = panel.view.line_rect(line)
        return panel.view.viewport().grab().toImage().pixelColor(2, rect.center().y())

    plain = pixel(7)
    panel.set_selection(["conv1"])
    assert pixel(7) != plain
    assert pixel(8) == plain


def test_a_click_on_a_line_tells_its_node(panel: CodePanel):
    clicked: list[str] = []
    panel.nodeClicked.connect(clicked.append)
    for line in (7, 5, 8):
        QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=panel.view.line_rect(line).center())
    assert clicked == ["conv1", "fc1"]


def test_another_source_keeps_the_scroll_position(panel: CodePanel):
    bar = panel.view.verticalScrollBar()
    bar.setValue(60)
    panel.set_source(Source(TEXT.replace("16", "24"), SOURCE.lines))
    QApplication.processEvents()
    assert bar.value() == 60 and "24" in panel.view.toPlainText()


def test_a_hidden_panel_lays_nothing_out(app):
    panel = CodePanel()
    panel.set_source(SOURCE)
    panel.set_selection(["fc1"])
    assert panel.view.toPlainText() == ""
    panel.show()
    QApplication.processEvents()
    assert panel.view.toPlainText() == TEXT and panel.view.marked == {8, 12}
    panel.close()
    panel.deleteLater()


def test_copy_export_and_empty(panel: CodePanel):
    heard: list[bool] = []
    panel.exportRequested.connect(lambda: heard.append(True))
    QTest.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.export, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == TEXT and heard == [True]
    panel.copied.stop()
    panel.set_source(Source())
    assert panel.stack.currentWidget() is panel.empty and not panel.copy.isEnabled()


def test_the_text_is_read_only_and_numbered(panel: CodePanel):
    QTest.keyClicks(panel.view, "x")
    assert panel.view.toPlainText() == TEXT
    assert panel.view.gutter.width() == GUTTER
