"""Whether the desktop asks for less motion: asked in a thread, once the window stands. Changes nothing, and an answer that does not come is none.

Qt is not asked: its hints for menu and tooltip effects say "none" on every desktop that reports nothing.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

PATIENCE = 2.0  # seconds that a program may take
LOOK = 50  # ms between two looks whether the answer is there
CLIENT_AREA_ANIMATION = 0x1042  # SPI_GETCLIENTAREAANIMATION of SystemParametersInfo
MAC = ("defaults", "read", "com.apple.universalaccess", "reduceMotion")
GNOME = ("gsettings", "get", "org.gnome.desktop.interface", "enable-animations")
Answer = bool | None  # less motion, or not; None: nobody says


def run(command: Sequence[str]) -> str:
    """What a program prints; nothing when there is no such program, when it fails or takes too long."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def read(path: Path) -> str:
    """A settings file; nothing when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def windows_animates() -> Answer:
    """Whether Windows animates inside windows; None where it does not say."""
    try:
        value = ctypes.c_int(1)
        fine = ctypes.windll.user32.SystemParametersInfoW(CLIENT_AREA_ANIMATION, 0, ctypes.byref(value), 0)
    except (AttributeError, OSError):
        return None
    return bool(value.value) if fine else None


def of_windows(animates: Callable[[], Answer] = windows_animates) -> Answer:
    """From "Animation effects" of Windows."""
    on = animates()
    return None if on is None else not on


def of_mac(run: Callable[[Sequence[str]], str] = run) -> Answer:
    """From "Reduce motion" of macOS."""
    return {"1": True, "true": True, "0": False, "false": False}.get(run(MAC).lower())


def of_gnome(run: Callable[[Sequence[str]], str] = run) -> Answer:
    """From the switch that GNOME and its relatives keep."""
    return {"false": True, "true": False}.get(run(GNOME).lower())


def of_kde(text: str) -> Answer:
    """From KDE's kdeglobals: an animation speed of "instant" is a factor of 0."""
    group = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            group = line
        elif group == "[KDE]" and line.partition("=")[0].strip() == "AnimationDurationFactor":
            try:
                return float(line.partition("=")[2]) <= 0
            except ValueError:
                return None
    return None


def of_system(
    platform: str = sys.platform,
    environ: Mapping[str, str] = os.environ,
    *,
    run: Callable[[Sequence[str]], str] = run,
    read: Callable[[Path], str] = read,
    animates: Callable[[], Answer] = windows_animates,
) -> Answer:
    """What the desktop of this machine wants."""
    if platform == "win32":
        return of_windows(animates)
    if platform == "darwin":
        return of_mac(run)
    if "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").upper().split(":"):
        folder = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "")) / ".config")
        said = of_kde(read(Path(folder) / "kdeglobals"))
        if said is not None:
            return said
    return of_gnome(run)


class SystemMotion(QObject):
    """`less` is what the desktop wanted when it was last asked; `changed` follows an answer that is another one."""

    changed = Signal()

    def __init__(self, parent: QObject, question: Callable[[], Answer] = of_system) -> None:
        super().__init__(parent)
        self.question = question
        self.less = False
        self.answer: Answer = None
        self.thread_: threading.Thread | None = None
        self.timer = QTimer(self, interval=LOOK)
        self.timer.timeout.connect(self.look)

    def ask(self) -> None:
        """Asks beside the window; it may go on drawing meanwhile."""
        if self.thread_ is None:
            self.thread_ = threading.Thread(target=self.wait, name="chainrule-motion", daemon=True)
            self.thread_.start()
            self.timer.start()

    def wait(self) -> None:
        """The thread's body."""
        self.answer = self.question()

    def look(self) -> None:
        if self.thread_ is None or self.thread_.is_alive():
            return
        self.timer.stop()
        self.thread_ = None
        if bool(self.answer) != self.less:
            self.less = bool(self.answer)
            self.changed.emit()
