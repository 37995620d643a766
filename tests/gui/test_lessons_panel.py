"""The lessons panel: sections, search by words and by lecture item, and opening."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine import library
from gui.panels.lessons import ENTRY, LessonsPanel


@pytest.fixture
def panel(app: object) -> Iterator[LessonsPanel]:
    made = LessonsPanel()
    made.resize(260, 700)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def ids(panel: LessonsPanel) -> list[str]:
    return [item.data(ENTRY).id for item in panel.shown()]


def heads(panel: LessonsPanel) -> list[str]:
    items = [panel.list.item(row) for row in range(panel.list.count())]
    return [item.text() for item in items if item.data(ENTRY) is None and not item.isHidden()]


def test_lessons_come_first_then_templates_in_the_order_of_the_lecture(panel: LessonsPanel):
    assert heads(panel) == ["Lessons", "Templates"]
    assert ids(panel) == [entry.id for entry in library.entries()]
    templates = [entry for entry in library.entries() if entry.kind == "template"]
    assert [min(entry.lecture_items) for entry in templates] == sorted(min(entry.lecture_items) for entry in templates)
    names = ids(panel)
    assert names.index("resnet18") < names.index("resnet101") and names[0] == library.FIRST_LESSON


def test_the_search_finds_words_and_lecture_items(panel: LessonsPanel):
    QTest.keyClicks(panel.field, "resnet-18")
    assert ids(panel) == ["plain18", "resnet18"] and heads(panel) == ["Templates"]  # the plain one speaks of it
    panel.field.setText("59")
    assert {"unet", "unet-small"} <= set(ids(panel)) and all(
        59 in library.find(name).lecture_items or "59" in library.find(name).summary for name in ids(panel)
    )
    panel.field.setText("qqq zzz")
    assert not ids(panel) and not heads(panel)
    QTest.keyClick(panel.field, Qt.Key.Key_Escape)
    assert len(ids(panel)) == len(library.entries())


def test_enter_and_a_click_open_what_is_shown(panel: LessonsPanel):
    chosen: list[str] = []
    panel.lessonChosen.connect(chosen.append)
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    assert chosen == []  # nothing was asked for
    QTest.keyClicks(panel.field, "resnet-18")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    first = panel.shown()[1]
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.visualItemRect(first).center())
    assert chosen == ["resnet18"] * 2
    head = panel.list.item(next(row for row in range(panel.list.count()) if panel.list.item(row).data(ENTRY) is None and not panel.list.item(row).isHidden()))
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.visualItemRect(head).center())
    assert len(chosen) == 2
