"""Marks these tests as tests of the GUI: each wants the one application."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def dressed(app: object):
    """Every picture begins in the dark theme, and leaves it behind."""
    from PySide6.QtGui import QCursor

    from gui import theme

    theme.use("dark")
    QCursor.setPos(4000, 4000)  # where earlier tests left the pointer, a row would light up
    yield
    theme.use("dark")
