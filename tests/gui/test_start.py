"""What the window does at its start so that others need not wait: imports that read no sources, and no file that nobody asked for."""

from __future__ import annotations

import builtins
import linecache
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph.model import Snapshot
from gui import start
from gui.app import finish, open_first
from gui.settings import Settings
from gui.window import Window


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that nobody has imported yet."""
    (tmp_path / "just_made.py").write_text("value = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "just_made"
    sys.modules.pop("just_made", None)


def read(name: str) -> bool:
    return any(Path(path).stem == name for path in linecache.cache)


def test_imports_read_no_source_for_pyside(app: object, module: str):
    start.spare_imports()
    assert __import__(module).value == 1 and not read(module)


@pytest.mark.skipif(not hasattr(builtins, "__feature_import__"), reason="PySide6 has no import of its own")
def test_without_it_they_would(app: object, module: str):
    """Where this fails, PySide6 has learned better, and `spare_imports` can go."""
    assert builtins.__feature_import__(module).value == 1 and read(module)


def test_the_first_lesson_is_found_without_reading_the_others(monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    entry = library.entry
    monkeypatch.setattr(library, "entry", lambda path, kind: opened.append(path.stem) or entry(path, kind))
    found = library.find(library.FIRST_LESSON)
    assert found is not None and (found.id, found.kind) == (library.FIRST_LESSON, "lesson") and opened == [library.FIRST_LESSON]
    assert library.find("resnet18").kind == "template"
    assert [library.find(name) for name in ("", "nothing", "../lessons/lenet-mnist", "x" * 5000, "LENET-mnist")] == [None] * 5


def test_a_window_that_opens_with_a_lesson_makes_no_cards_for_an_empty_canvas(app: object, home: Path):
    window = Window(Settings(home / "settings.ini"))
    window.after_first_paint = lambda: None
    window.furnish()
    open_first(window, "")
    window.show()
    QApplication.processEvents()
    assert window.canvas.network.nodes and not window.canvas.empty.rows
    window.project.replace(Snapshot())
    assert len(window.canvas.empty.rows) == 2 and window.canvas.empty.isVisible()
    finish(window)
