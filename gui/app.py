"""The application: fonts, theme, hooks for the unforeseen, one window, and the picture of it. Holds no state of its own."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph import text
from gui import theme
from gui.incidents import Incidents, write_log
from gui.settings import Settings
from gui.window import Window

WRONG_USAGE = 2


def make_application(theme_name: str) -> QApplication:
    """The one application, with fonts and theme, before anything is measured."""
    application = QApplication.instance() or QApplication(["chainrule"])
    if not isinstance(application, QApplication):
        raise TypeError("A QCoreApplication without widgets exists already.")
    application.setApplicationName("chainrule")
    application.setApplicationDisplayName("Chainrule")
    application.setDesktopFileName("chainrule")
    theme.use(theme_name)
    application.setWindowIcon(theme.app_icon())
    return application


def run(x: str = "") -> int:
    """Opens the window with project `x`, or what was open last; returns when it is closed."""
    if x and library.find(x) is None and not Path(x).exists():
        return unknown(x)
    settings = Settings()
    write_log()
    application = make_application(theme_choice(settings.text("theme", "system")))
    window = Window(settings)
    incidents = Incidents(window.incoming.append)
    incidents.install()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the program although Qt waits in C++
    open_first(window, x)
    window.show()
    status = application.exec()
    incidents.remove()
    finish(window)
    return status


def theme_choice(name: str) -> str:
    return name if name in ("system", *theme.NAMES) else "system"


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


def screenshot(args: argparse.Namespace) -> int:
    """`main.py screenshot`: the real window, offscreen, after some training steps, as a PNG."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gui.picture import take

    logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))
    application = make_application(args.theme)
    try:
        return take(args)
    finally:
        QCoreApplication.processEvents()
        application.quit()
