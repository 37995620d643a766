"""Where this user's settings, states, runs and logs live. Makes no folder and reads none.

The environment variable CHAINRULE_HOME puts all of them under one folder (tests, portable installations).
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "chainrule"


def place(kind: str) -> Path:
    """The user's folder of a kind: config, state, data or log."""
    home = os.environ.get("CHAINRULE_HOME")
    if home:
        return Path(home) / kind
    import platformdirs  # here, since a window whose home is given needs none

    return Path(getattr(platformdirs, f"user_{kind}_dir")(NAME, appauthor=False))


def sessions() -> Path:
    """Unsaved edits of running and killed sessions."""
    return place("state") / "sessions"


def settings_file() -> Path:
    """Theme, recent files and window layout."""
    return place("config") / "settings.ini"


def runs(title: str) -> Path:
    """Where runs of a project go that has no file yet."""
    return place("data") / "runs" / f"{title}.runs"


def log_file() -> Path:
    """What went wrong, for a bug report."""
    return place("log") / "chainrule.log"
