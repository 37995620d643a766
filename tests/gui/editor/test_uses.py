"""Quick add offers what is used most first, among what matches alike; counts are kept in the user's settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.editor.uses import Uses
from gui.settings import Settings


def offered(canvas) -> list[str]:
    return [canvas.chooser.list.item(row).data(Qt.ItemDataRole.UserRole).id for row in range(canvas.chooser.list.count())]


def ask(canvas, hand, text: str = "") -> list[str]:
    hand.key(Qt.Key.Key_Tab)
    hand.type(text)
    found = offered(canvas)
    QTest.keyClick(canvas.chooser.field, Qt.Key.Key_Escape)
    return found


def add(canvas, hand, text: str) -> None:
    canvas.network.selection.clear()
    hand.move(700, 460, button=Qt.MouseButton.NoButton)
    hand.key(Qt.Key.Key_Tab)
    hand.type(text)
    hand.enter()


def test_what_was_added_most_comes_first(canvas, hand):
    before = ask(canvas, hand)
    add(canvas, hand, "gelu")
    add(canvas, hand, "flatten")
    add(canvas, hand, "flatten")
    assert ask(canvas, hand)[:2] == ["flatten", "gelu"]
    assert [each for each in ask(canvas, hand) if each not in ("flatten", "gelu")] == [each for each in before if each not in ("flatten", "gelu")]


def test_a_better_match_is_not_pushed_aside_and_a_full_title_wins(canvas, hand):
    for _ in range(3):
        add(canvas, hand, "leakyrelu")
    assert ask(canvas, hand, "relu")[0] == "relu"
    assert ask(canvas, hand, "flat")[0] == "flatten"


def test_a_wire_dropped_on_empty_canvas_knows_it_too(canvas, hand):
    for _ in range(2):
        add(canvas, hand, "dropout")
    hand.drag(hand.port("relu1", "out", True), (800, 420))
    assert offered(canvas)[0] == "dropout" and offered(canvas)[-1] == "reroute"
    hand.enter()
    assert canvas.uses["dropout"] == 3


def test_the_next_session_remembers(chained, hand_of):
    hand = hand_of(chained.canvas)
    add(chained.canvas, hand, "gelu")
    chained.settings.sync()
    again = Uses(Settings(chained.settings.path))
    assert again["gelu"] == 1 and again["relu"] == 0


@pytest.mark.parametrize("rubbish", ["", "-3", "1e9", "x", "9" * 40])
def test_damaged_counts_are_left_out(home, rubbish):
    settings = Settings(home / "settings.ini")
    settings.set("used/relu", rubbish)
    settings.set("used/gelu", "2")
    assert Uses(settings)["relu"] == 0 and Uses(settings)["gelu"] == 2


def test_blocks_of_a_document_are_not_remembered_elsewhere(home):
    settings = Settings(home / "settings.ini")
    uses = Uses(settings)
    uses.add("block:Wide")
    assert uses["block:Wide"] == 1 and Uses(settings)["block:Wide"] == 0
