"""The actions table: complete, free of clashes, and every record reaches a method of the window."""

from __future__ import annotations

from functools import reduce

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel

from gui import theme
from gui.actions import ACTIONS, MENUS, REASONS
from gui.dialogs.pages import Shortcuts


def test_ids_and_titles_are_unique():
    assert len({record.id for record in ACTIONS}) == len(ACTIONS)
    assert len({(record.menu, record.title) for record in ACTIONS}) == len(ACTIONS)


def test_no_two_commands_share_keys():
    keys = [key for record in ACTIONS for key in record.keys]
    assert len(set(keys)) == len(keys)
    assert all(not QKeySequence(key).isEmpty() for key in keys)


def test_menus_conditions_and_icons_exist(app):
    for record in ACTIONS:
        assert record.menu.partition("/")[0] in MENUS
        assert not record.when or record.when in REASONS
        assert record.scope in ("window", "canvas")
        if record.icon:
            assert not theme.current().icon(record.icon).isNull()


def test_plain_letters_belong_to_the_canvas():
    """A letter as a shortcut of the whole window would swallow typing elsewhere."""
    for record in ACTIONS:
        if any(len(key) == 1 or key in ("Tab", "Home", "Del", "Backspace") for key in record.keys):
            assert record.scope == "canvas", record.id


@pytest.mark.parametrize(
    "keys", ["Ctrl+N", "Ctrl+O", "Ctrl+S", "Ctrl+Shift+S", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+F", "Home", "F", "M", "Tab", "B", "Ctrl+L", "Ctrl+R"]
)
def test_the_promised_shortcuts_are_there(keys: str):
    assert any(keys in record.keys for record in ACTIONS)


def test_every_record_reaches_a_method(window):
    for record in ACTIONS:
        method = reduce(getattr, record.call.split("."), window)
        assert callable(method), record.id


def test_menus_show_titles_and_shortcuts(window):
    texts = {action.text() for action in window.menus["File"].actions()}
    assert {"New", "Open…", "Save", "Save as…"} <= texts
    assert window.acts["save"].shortcut().toString() == "Ctrl+S"


def test_undo_is_named_and_grey_without_history(window):
    undo = window.acts["undo"]
    assert not undo.isEnabled()
    assert undo.toolTip() == "Nothing to undo."
    window.edit.add_type("linear")
    assert undo.isEnabled()
    assert undo.text().startswith("Undo add")
    undo.trigger()
    assert not undo.isEnabled()


def test_the_page_of_shortcuts_has_one_line_for_the_nine_views(show, window):
    page = show(Shortcuts(ACTIONS, window))
    words = [label.text() for label in page.findChildren(QLabel)]
    assert "View 1 … 9" in words and "Keep as view 1 … 9" in words and "View 2" not in words
    assert all(record.title.rstrip("…") in words for record in ACTIONS if record.keys and not record.id[-1].isdigit())
