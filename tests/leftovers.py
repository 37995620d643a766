"""What a GUI test may leave behind: threads, ticking timers, top-level widgets. Looks; the guard in conftest judges."""

from __future__ import annotations

import gc
import threading
import time


def top_levels() -> list[object]:
    from PySide6.QtWidgets import QApplication

    return QApplication.topLevelWidgets()


def tidy_up() -> None:
    """Lets pending deletions and cycles go."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    for _ in range(2):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def lingering(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads of this test that are still there after a moment."""
    end = time.monotonic() + 2.0
    while time.monotonic() < end and (set(threading.enumerate()) - before):
        time.sleep(0.01)
    return list(set(threading.enumerate()) - before)


def running_timers() -> list[object]:
    """Timers made since the guard froze the older objects that still tick."""
    import shiboken6
    from PySide6.QtCore import QTimer

    return [thing for thing in gc.get_objects() if isinstance(thing, QTimer) and shiboken6.isValid(thing) and thing.isActive()]
