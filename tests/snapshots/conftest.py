"""Marks these tests as tests of the GUI: each wants the one application."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def dressed(app: object):
    """Every picture begins in the dark theme, and leaves it behind."""
    from gui import theme

    theme.use("dark")
    yield
    theme.use("dark")
