"""The window's life: hooks for the unforeseen, what it opens first, and its end. Holds no state of its own."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph import text
from gui.incidents import Incidents, write_log
from gui.settings import Settings
from gui.splash import Splash
from gui.window import Window

WRONG_USAGE = 2


def run(application: QApplication, settings: Settings, x: str, *, splash: Splash) -> int:
    """Opens the window with project `x`, or what was open last; returns when it is closed."""
    if x and library.find(x) is None and not Path(x).exists():
        return unknown(x)
    write_log()
    window = Window(settings)
    incidents = Incidents(window.incoming.append)
    incidents.install()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program although Qt waits in C++
    open_first(window, x)
    window.show()
    splash.finish(window)
    status = application.exec()
    incidents.remove()
    finish(window)
    return status


def unknown(x: str) -> int:
    """Says that there is no such project, and which there are."""
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
