"""Modules that are loaded ahead: in a thread of their own, whatever one of them does, and no panel is styled twice."""

from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import QObject
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QMainWindow, QWidget

from gui.docks import Dock
from gui.panels.registry import PANELS
from gui.preload import Preload


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of modules: `module(name, text)` writes one."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def module(name: str, text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        names.append(name)
        return name

    yield module
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def load(app):
    """Loads the modules and waits for `done`."""
    owner = QObject()

    def run(*names: str) -> Preload:
        preload = Preload(list(names), owner)
        done = QSignalSpy(preload.done)
        preload.start()
        assert done.wait(5000), "the thread never said that it is done"
        assert done.count() == 1
        return preload

    return run


def test_modules_are_executed_in_a_thread_of_their_own(shelf, load):
    load(shelf("ahead_a", "import threading\nWHERE = threading.current_thread().name"))
    assert sys.modules["ahead_a"].WHERE == "chainrule-preload" != threading.current_thread().name


def test_a_module_that_cannot_be_imported_is_logged_and_the_next_one_loaded(shelf, load, caplog):
    load(shelf("ahead_b", "import there_is_no_such_module"), shelf("ahead_c", "HERE = True"))
    assert sys.modules["ahead_c"].HERE
    assert "ahead_b could not be loaded ahead" in caplog.text


def test_the_switch_interval_comes_back_whatever_a_module_does(shelf, load):
    before = sys.getswitchinterval()
    load(shelf("ahead_d", "import sys\nsys.setswitchinterval(0.5)\nimport there_is_no_such_module"))
    assert sys.getswitchinterval() == before


def test_closing_waits_for_the_thread_and_says_nothing_any_more(app, shelf):
    owner = QObject()
    preload = Preload([shelf("ahead_e", "import time\ntime.sleep(0.2)\nHERE = True")], owner)
    done = QSignalSpy(preload.done)
    preload.look()
    preload.close()
    assert not preload.thread_.is_alive()
    assert sys.modules["ahead_e"].HERE
    app.processEvents()
    assert done.count() == 0


def test_a_panel_is_made_where_it_stays(app):
    """Made elsewhere and moved there, each widget in it would be styled a second time: half of what a long form takes."""
    window = QMainWindow()
    dock = Dock(PANELS[0], window)
    seen = []

    def make(_panel, place):
        seen.append(place)
        return QWidget(place)

    content = dock.fill(make)
    assert content.parentWidget() is seen[0] is dock.holder
    window.deleteLater()
