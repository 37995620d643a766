"""The first moments: a window that is painted before anything long is loaded, is furnished once, and loses nothing that was asked meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gui import app as app_module
from gui import theme
from gui.app import finish, open_first
from gui.settings import Settings
from gui.shell import Ground
from gui.window import Window

ROOT = Path(__file__).resolve().parents[2]
LONG = ("numpy", "networkx", "pydantic", "pyqtgraph", "torch", "engine.graph.document", "engine.layers.registry", "gui.editor.view", "gui.furnish")
PAINTED = """
import sys
from gui import start
from gui.settings import Settings
application = start.make_application("dark")
from gui import app
window = app.Window(Settings())
window.after_first_paint = lambda: (print([name for name in {long!r} if name in sys.modules], window.furnished), application.quit())
window.show()
application.exec()
app.finish(window)
"""
WHOLE = """
import sys
from gui import app, start
from gui.window import Window
Window.furnish = {furnish}
sys.exit(start.run({x!r}))
"""


@pytest.fixture
def shell(app: object, home: Path) -> Iterator[Window]:
    """A window that is shown and not furnished."""
    made = Window(Settings(home / "settings.ini"))
    made.after_first_paint = lambda: None
    made.show()
    QApplication.processEvents()
    assert made.painted and not made.furnished
    yield made
    finish(made)


def in_process(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"QT_QPA_PLATFORM": "offscreen", "CHAINRULE_HOME": str(home), "PATH": ""}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_the_window_is_painted_before_anything_long_is_loaded(home: Path):
    done = in_process(PAINTED.format(long=LONG), home)
    assert done.stdout.strip() == "[] False", done.stderr


def test_the_shell_shows_no_value_of_a_document_that_is_not_there(shell: Window):
    bar = shell.run_bar
    assert not bar.isEnabled() and not bar.train.isEnabled()
    assert [field.text() for field in (bar.batch, bar.epochs, bar.rate)] == ["", "", ""]
    assert bar.optimizer.currentText() == bar.device.currentText() == "" == shell.status.nodes.accessibleName()
    assert all(dock.content is None for dock in shell.docks.values()) and shell.ground.isVisible()


def test_it_is_furnished_in_place(shell: Window):
    area, docks = shell.ground.geometry(), {name: dock.geometry() for name, dock in shell.docks.items()}
    shell.furnish()
    open_first(shell, "")
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert shell.canvas.geometry() == area and {name: dock.geometry() for name, dock in shell.docks.items()} == docks
    assert shell.findChildren(Ground) == [] and shell.focusWidget() is shell.canvas
    assert shell.run_bar.isEnabled() and shell.run_bar.train.isEnabled() and shell.run_bar.rate.text() == "0.0200"
    canvas = shell.canvas
    shell.furnish()
    assert shell.canvas is canvas, "only once"


def test_what_is_asked_before_waits_in_order_and_is_done_then(shell: Window, monkeypatch: pytest.MonkeyPatch, wait):
    done: list[str] = []
    monkeypatch.setattr(Window, "open_palette", lambda self: done.append(f"palette over {len(self.project.document.nodes)} nodes"))
    shell.movedIn.connect(lambda: open_first(shell, ""))
    shell.load_ahead = lambda *_args, **_options: None
    dark = theme.current().dark
    try:
        QTest.mouseClick(shell.title_bar.theme_button, Qt.MouseButton.LeftButton)
        QTest.mouseClick(shell.title_bar.field, Qt.MouseButton.LeftButton)
        shell.acts["grid"].trigger()
        shell.acts["undo"].trigger()  # there will be nothing to undo
        assert done == [] and theme.current().dark is dark and len(shell.waiting) == 4
        shell.move_in()
        wait(lambda: done, 5)
        assert done == ["palette over 12 nodes"] and theme.current().dark is not dark and shell.waiting == []
        wait(lambda: "view/grid" in shell.settings.store.allKeys(), 5)
        assert shell.settings.flag("view/grid", True) is shell.acts["grid"].isChecked()
    finally:
        theme.use("dark" if dark else "light")


def test_it_can_be_closed_before_it_is_furnished(app: object, home: Path):
    made = Window(Settings(home / "settings.ini"))
    made.show()
    while not made.painted:
        QApplication.processEvents()
    QApplication.processEvents()  # loading has begun
    moved_in: list[None] = []
    made.movedIn.connect(lambda: moved_in.append(None))
    assert made.close() and not made.isVisible() and made.preload is not None and not made.preload.thread_.is_alive()
    QApplication.processEvents()
    assert not made.furnished and moved_in == [] and made.settings.layout() is not None
    finish(made)


def test_the_whole_start_ends_with_a_lesson_and_every_panel(home: Path, app: object, wait):
    made = Window(Settings(home / "settings.ini"))
    made.movedIn.connect(lambda: open_first(made, ""))
    settled: list[None] = []
    made.settled.connect(lambda: settled.append(None))
    made.show()
    wait(lambda: settled, 60)
    assert made.project.lesson == "lenet-mnist" and made.canvas.network.nodes
    assert all(isinstance(dock.content, QWidget) for dock in made.docks.values()) and not made.acts["new"].icon().isNull()
    finish(made)


def test_a_window_that_cannot_be_furnished_says_so_and_ends(home: Path):
    done = in_process(WHOLE.format(furnish="lambda self: 1 / 0", x=""), home)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr


def test_an_unknown_name_ends_before_any_window(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app_module, "Window", lambda _settings: pytest.fail("a window was made"))
    assert app_module.run(QApplication.instance(), Settings(home / "settings.ini"), "lenet-mnits") == 2
    assert "Did you mean lenet-mnist" in capsys.readouterr().err
