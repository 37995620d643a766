"""The palette: families, search, drag data, keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import library
from engine.layers import registry
from gui import theme
from gui.panels.palette import MIME, Palette, drag_picture, tooltip


@pytest.fixture
def palette(show) -> Palette:
    return show(Palette(), 210, 500)


def titles(palette: Palette) -> list[str]:
    return [str(palette.model.data(palette.model.index(line))) for line in range(palette.model.rowCount())]


def click(palette: Palette, line: int, *, double: bool = False) -> None:
    at = palette.list.visualRect(palette.model.index(line)).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    if double:
        QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_families_in_order_with_counts(palette: Palette):
    heads = [(entry.family, entry.count) for entry in palette.model.entries if entry.row is None]
    assert heads == [*((family, len(rows)) for family, rows in registry.families()), ("block", len(library.blocks()))]
    assert palette.field.placeholderText() == f"Search {len(registry.ROWS)} layers"


def test_a_click_folds_a_family(palette: Palette):
    before = titles(palette)
    line = palette.model.line_of("pooling")
    click(palette, line)
    poolings = [row.title for row in dict(registry.families())["pooling"]]
    assert poolings == titles(palette)[line + 1 : line + 1 + len(poolings)]
    click(palette, palette.model.line_of("pooling"))
    assert titles(palette) == before


def test_double_click_and_enter_choose(palette: Palette):
    chosen: list[str] = []
    palette.layerChosen.connect(chosen.append)
    click(palette, palette.model.line_of("convolution") + 1, double=True)
    assert chosen == ["conv2d"]
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert chosen == ["conv2d", "conv2d"]


def test_search_and_keyboard(palette: Palette):
    chosen: list[str] = []
    palette.layerChosen.connect(chosen.append)
    palette.field.setFocus()
    QTest.keyClicks(palette.field, "max")
    assert titles(palette)[0] == "MaxPool2d" and not palette.field.cap.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QApplication.processEvents()
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert chosen == ["max_pool2d", "max_pool2d"]
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert palette.field.text() == "" and titles(palette)[0] == "Data"
    QTest.keyClicks(palette.field, "zzzz")
    assert titles(palette) == []
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert len(chosen) == 2


def test_arrows_open_and_close_families(palette: Palette):
    palette.list.setFocus()
    palette.list.setCurrentIndex(palette.model.index(palette.model.line_of("merge")))
    QTest.keyClick(palette.list, Qt.Key.Key_Right)
    assert "Concat" in titles(palette)
    QTest.keyClick(palette.list, Qt.Key.Key_Left)
    assert "Concat" not in titles(palette)
    assert palette.list.currentIndex().row() == palette.model.line_of("merge")


def test_drag_data_carries_the_type(palette: Palette):
    line = palette.model.line_of("convolution")
    head, row = palette.model.index(line), palette.model.index(line + 1)
    assert bytes(palette.model.mimeData([row]).data(MIME)) == b"conv2d"
    assert not palette.model.mimeData([head]).hasFormat(MIME)
    assert palette.model.flags(row) & Qt.ItemFlag.ItemIsDragEnabled and not palette.model.flags(head) & Qt.ItemFlag.ItemIsDragEnabled
    picture = drag_picture(registry.find("conv2d"), 2.0)
    assert picture.height() == 56 and picture.devicePixelRatio() == 2.0


def test_tooltips_explain_with_a_formula():
    text = tooltip(registry.find("conv2d"))
    assert "Slides learned filters" in text and "+ 1 = " in text
    for row in registry.ROWS:
        assert row.doc[:10] in tooltip(row).replace("&#x27;", "'").replace("&quot;", '"')


def test_hover_shows_the_drag_hint(palette: Palette):
    rect = palette.list.visualRect(palette.model.index(palette.model.line_of("convolution") + 1))
    right = rect.adjusted(rect.width() - 40, 0, 0, 0)
    plain = palette.list.viewport().grab(right).toImage()
    QTest.mouseMove(palette.list.viewport(), rect.center() + QPoint(1, 0))
    QTest.mouseMove(palette.list.viewport(), rect.center())
    QApplication.processEvents()
    assert palette.list.viewport().grab(right).toImage() != plain


def test_open_families_are_remembered(palette: Palette):
    palette.set_opened(["loss", "nonsense"])
    assert palette.opened() == ["loss"] and "CrossEntropy" in titles(palette)


def test_both_themes_paint(palette: Palette):
    dark = palette.grab().toImage()
    theme.use("light")
    try:
        assert palette.grab().toImage().pixelColor(100, 490) == theme.current().color("panel")
    finally:
        theme.use("dark")
    assert palette.grab().toImage() == dark
