"""The window's life: hooks for the unforeseen, what it opens first, and its end. Holds no state of its own."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from engine import library
from gui.settings import Settings
from gui.window import Window

WRONG_USAGE = 2


def run(application: QApplication, settings: Settings, x: str) -> int:
    """Opens the window with project `x`, or what was open last; returns when it is closed."""
    if x and library.find(x) is None and not Path(x).exists():
        return unknown(x)
    window = Window(settings)
    window.movedIn.connect(lambda: watch(window))
    window.movedIn.connect(lambda: open_first(window, x))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program although Qt waits in C++
    window.show()
    status = application.exec()
    finish(window)
    return status


def watch(window: Window) -> None:
    """From here on what nobody foresaw is logged and told in the window; before, it ends the program and goes to the terminal."""
    from gui.incidents import Incidents, write_log

    write_log()
    incidents = Incidents(window.incoming.append)
    incidents.install()
    QApplication.instance().aboutToQuit.connect(incidents.remove)


def unknown(x: str) -> int:
    """Says that there is no such project, and which there are."""
    from engine.graph import text

    try:
        library.read(x)
    except text.TextError as error:
        sys.stderr.write(f"{error}\n")
    return WRONG_USAGE


def open_first(window: Window, x: str) -> None:
    """What the command line names, else what was open last, else the first lesson."""
    last = window.settings.text("last")
    if x and window.files.open_start(x):
        return
    if not x and last.startswith("lesson:") and library.find(last.removeprefix("lesson:")):
        window.files.open_lesson(last.removeprefix("lesson:"))
    elif not x and last and Path(last).is_file() and window.files.open_path(Path(last)):
        return
    else:
        window.files.open_lesson(library.FIRST_LESSON)


def finish(window: Window) -> None:
    """Takes the window apart before Python does, in whatever order it pleases."""
    import shiboken6

    if not window.ending:
        window.end()
    shiboken6.delete(window)
