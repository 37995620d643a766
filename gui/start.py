"""The first half second: the application with its fonts and theme, and the window's shell. All that takes longer to import comes after it."""

from __future__ import annotations

import argparse
import builtins
import logging
import os
import sys

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.settings import Settings


def spare_imports() -> None:
    """Imports by Python's own function again. Once PySide6 is loaded, its own reads the source of every further module (a fifth of a second
    until the window is painted, more for torch afterwards, and all of it is kept), to see whether it asks for method names in snake_case; none does."""
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def make_application(theme_name: str) -> QApplication:
    """The one application, with fonts and theme, before anything is measured."""
    spare_imports()
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
    """`main.py X`: the window with project `x`, or what was open last; returns when it is closed."""
    settings = Settings()
    application = make_application(theme_choice(settings.text("theme", "system")))
    from gui import app

    return app.run(application, settings, x)


def theme_choice(name: str) -> str:
    return name if name in ("system", *theme.NAMES) else "system"


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
