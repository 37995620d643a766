"""What the window remembers of this user: theme, recent files, layout. Tolerates any content; never read from a project.

A layout is only handed to Qt when its checksum fits and the last start with it got as far as a painted window.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from gui import places
from gui.panels.registry import PANELS

RECENT = 10
SALT = f"chainrule layout {[panel.id for panel in PANELS]}".encode()  # a layout of other panels has another checksum: the default one comes instead


@dataclass(frozen=True, slots=True)
class Recent:
    """A project that was open. `minute` of the clock (Unix time / 60) when it was last opened or saved; 0: an earlier version did not keep it."""

    path: Path
    minute: int = 0

    def lack(self) -> str:
        """Why it cannot be opened; empty when it can."""
        try:
            if self.path.is_file():
                return ""
            return "a folder now" if self.path.is_dir() else "moved or removed" if self.path.parent.is_dir() else "its folder is not there"
        except OSError:
            return "cannot be read"


class Settings:
    """A typed door to the settings file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or places.settings_file()
        self.store = QSettings(str(self.path), QSettings.Format.IniFormat)

    def text(self, key: str, default: str = "") -> str:
        value = self.store.value(key, default)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool) -> bool:
        return self.text(key, "true" if default else "false") == "true"

    def set(self, key: str, value: str | bool) -> None:
        self.store.setValue(key, value if isinstance(value, str) else "true" if value else "false")

    def numbers(self, group: str) -> dict[str, int]:
        """The whole numbers below a group, by their last name; anything else is left out."""
        self.store.beginGroup(group)
        found = {key: self.text(key) for key in self.store.childKeys()}
        self.store.endGroup()
        return {key: int(text) for key, text in found.items() if text.isascii() and text.isdigit() and len(text) < 10}

    # -- recent files ------------------------------------------------------------------------------------------------
    def recents(self) -> list[Recent]:
        """Projects that were open lately, newest first, also those that are no longer there."""
        value = self.store.value("recent", [])
        paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        times = self.numbers("recent-minutes")
        return [Recent(Path(text), times.get(checksum(text.encode())[:16], 0)) for text in paths[:RECENT] if isinstance(text, str) and text]

    def recent(self) -> list[Path]:
        """The paths of those that still exist."""
        return [recent.path for recent in self.recents() if not recent.lack()]

    def add_recent(self, path: Path) -> None:
        """Puts a project at the head of the list, opened now."""
        self.keep_recents([Recent(path, int(time.time()) // 60), *(other for other in self.recents() if other.path != path)])

    def forget_recent(self, path: Path | None = None) -> None:
        """Takes one project from the list, or all."""
        self.keep_recents([other for other in self.recents() if path is not None and other.path != path])

    def keep_recents(self, recents: list[Recent]) -> None:
        self.store.remove("recent-minutes")
        self.store.setValue("recent", [str(recent.path) for recent in recents[:RECENT]])
        for recent in recents[:RECENT]:
            self.set(f"recent-minutes/{checksum(str(recent.path).encode())[:16]}", str(recent.minute))

    # -- layout ------------------------------------------------------------------------------------------------------
    def save_layout(self, geometry: QByteArray, state: QByteArray) -> None:
        """Remembers window and docks, each with its checksum."""
        for name, data in (("geometry", bytes(geometry.data())), ("state", bytes(state.data()))):
            self.store.setValue(f"layout/{name}", data.hex())
            self.store.setValue(f"layout/{name}-sum", checksum(data))

    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """The remembered layout, or None when there is none that can be trusted."""
        if self.flag("layout/starting", False):  # the last start with it did not survive
            self.forget_layout()
            return None
        parts = []
        for name in ("geometry", "state"):
            try:
                data = bytes.fromhex(self.text(f"layout/{name}"))
            except ValueError:
                return None
            if not data or self.text(f"layout/{name}-sum") != checksum(data):
                return None
            parts.append(QByteArray(data))
        return parts[0], parts[1]

    def begin_start(self) -> None:
        """A layout is about to be restored: until `end_start` it counts as suspect."""
        self.set("layout/starting", True)
        self.store.sync()

    def end_start(self) -> None:
        self.set("layout/starting", False)

    def forget_layout(self) -> None:
        self.store.remove("layout")

    def sync(self) -> bool:
        """Writes to disk; whether that worked."""
        self.store.sync()
        return self.store.status() == QSettings.Status.NoError


def checksum(data: bytes) -> str:
    return hashlib.sha256(SALT + data).hexdigest()
