"""What all tests share: one offscreen application, homes in a temporary folder, and guards against what a test leaves behind."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
HOME = tempfile.TemporaryDirectory(prefix="chainrule-tests-", ignore_cleanup_errors=True)

# Before anything of ours or Qt's is imported: no display, and never the user's own settings.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["CHAINRULE_HOME"] = HOME.name
for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
    os.environ[f"XDG_{kind}_HOME"] = str(Path(HOME.name) / kind.lower())
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402 - the environment comes first
from leftovers import lingering, running_timers, tidy_up, top_levels  # noqa: E402

VERDICT = pytest.StashKey[int]()
NOT_OURS = ("This plugin does not support",)  # what the offscreen platform says of itself


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the verdict for `pytest_unconfigure`."""
    session.config.stash[VERDICT] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the process with the verdict of the tests. What Python and Qt tear down after that, in an order of their own, crashes now and then."""
    if VERDICT in config.stash and "PySide6.QtWidgets" in sys.modules:
        HOME.cleanup()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[VERDICT])


def is_gui(request: pytest.FixtureRequest) -> bool:
    """Whether a test touches Qt: it lives in tests/gui or tests/e2e, or asks for the application."""
    parts = Path(str(request.node.path)).relative_to(ROOT / "tests").parts
    return parts[0] in ("gui", "e2e") or "app" in request.fixturenames


@pytest.fixture(scope="session")
def app() -> Iterator[object]:
    """The one application of this process, with the bundled fonts and the dark theme."""
    from PySide6.QtWidgets import QApplication

    from gui import start, theme

    start.spare_imports()
    application = QApplication.instance() or QApplication(["chainrule"])
    application.setQuitOnLastWindowClosed(False)
    theme.use("dark")
    yield application


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path | None:
    """A fresh home for every GUI test."""
    if not is_gui(request):
        return None
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def slot_failure(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> str:
    """What failed in a slot or an event of Qt, with its innermost places; its frames are let go, as the window does."""
    from gui.incidents import let_go

    let_go()
    places = "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(trace)[-4:]))
    return f"in a slot: {kind.__name__}: {error}{places}"


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a GUI test that leaves a thread, an active timer or a top-level widget, or at which Qt or a slot complained."""
    if not is_gui(request):
        yield
        return
    from PySide6.QtCore import qInstallMessageHandler

    request.getfixturevalue("app")
    complaints: list[str] = []
    threads, widgets = set(threading.enumerate()), set(map(id, top_levels()))
    old_hook, sys.excepthook = sys.excepthook, lambda kind, error, trace: complaints.append(slot_failure(kind, error, trace))
    old_handler = qInstallMessageHandler(lambda level, _, message: complaints.append(f"Qt: {message}") if is_complaint(level, message) else None)
    gc.freeze()
    try:
        yield
        tidy_up()
        complaints += [f"thread left: {thread.name}" for thread in lingering(threads)]
        complaints += [f"top-level widget left: {widget!r}" for widget in top_levels() if id(widget) not in widgets]
        complaints += [f"timer left running: {timer!r} of {timer.parent()!r}" for timer in running_timers()]
    finally:
        gc.unfreeze()
        qInstallMessageHandler(old_handler)
        sys.excepthook = old_hook
    assert not complaints, "\n".join(complaints)


def is_complaint(level: object, message: str) -> bool:
    """Warnings and worse of Qt, other than what the platform says of itself."""
    return level.value in (1, 2, 3) and not message.startswith(NOT_OURS)


@pytest.fixture
def show(app: object) -> Iterator[Callable[..., object]]:
    """show(widget, width, height): shows a widget for the length of the test and takes it away afterwards."""
    import shiboken6
    from PySide6.QtWidgets import QApplication

    shown: list[object] = []

    def now(widget: object, width: int = 0, height: int = 0) -> object:
        if width and height:
            widget.resize(width, height)
        widget.show()
        QApplication.processEvents()
        shown.append(widget)
        return widget

    yield now
    for widget in reversed(shown):
        if shiboken6.isValid(widget):
            widget.close()
            shiboken6.delete(widget)


@pytest.fixture
def wait(app: object) -> Callable[..., None]:
    """wait(condition, seconds=20): runs the event loop until the condition holds; fails when it does not in time.

    Not with QTest.qWait: it waits with the GIL held, and the engine's threads stand still.
    """
    from PySide6.QtWidgets import QApplication

    def until(condition: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"still not so after {seconds:g} s: {what or condition}"
            QApplication.processEvents()
            time.sleep(0.005)

    return until


@pytest.fixture
def window(app: object, home: Path) -> Iterator[object]:
    """A whole window with an empty project, shown at 1600 x 1000; no engine runs until `window.bridge.start()`."""
    from PySide6.QtWidgets import QApplication

    from gui.app import finish
    from gui.settings import Settings
    from gui.window import Window

    made = Window(Settings(home / "settings.ini"))
    made.after_first_paint = lambda: None  # tests say when the engine starts
    made.furnish()
    made.resize(1600, 1000)
    made.show()
    made.activateWindow()
    end = time.monotonic() + 5
    while not (made.isActiveWindow() and made.painted) and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)
    made.canvas.setFocus()
    for name in made.docks:
        made.make_panel(name)
    yield made
    finish(made)
