"""pyqtgraph as this application uses it, set up once. Import it from here, and only where plots are drawn: never before the first paint."""

from __future__ import annotations

import PySide6.QtWidgets  # noqa: F401 - first: pyqtgraph takes the binding that is loaded

# isort: split
import pyqtgraph as pg

from gui import theme

# Without `exitCleanup`, pyqtgraph would move every graphics item of the process into one scene when the application quits.
pg.setConfigOptions(imageAxisOrder="row-major", antialias=False, exitCleanup=False)


def follow_theme() -> None:
    """What pyqtgraph draws by itself has the theme's colours."""
    look = theme.current()
    pg.setConfigOptions(background=look.color("panel"), foreground=look.color("t3"))


theme.notifier().changed.connect(follow_theme)
follow_theme()

__all__ = ["pg"]
