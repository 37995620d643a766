"""Imports modules in a thread while the window already answers: pyqtgraph alone would freeze it for a third of a second. Makes no widget."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import threading

from PySide6.QtCore import QObject, QTimer, Signal

SETTLING = 100  # ms in which a window that was painted for the first time finds its sizes and is painted again, before anything is loaded
BREATH = 5  # ms between two panels that are made, so that the mouse is answered meanwhile
LOOK = 10  # ms between two looks whether the thread is done
SHARED_INTERVAL = 0.0005  # seconds; the window, which paints meanwhile, asks for the interpreter many times in one paint
LOG = logging.getLogger(__name__)


def collect_again() -> None:
    """Garbage is collected from here on, if main.py switched that off for the start. What is there stays for good: to look through all of it
    would stop the window for a third of a second."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


class Preload(QObject):
    """`done` comes once all modules are there, in the thread that called `start`."""

    done = Signal()

    def __init__(self, modules: list[str], parent: QObject, *, settling: int = SETTLING) -> None:
        super().__init__(parent)
        self.modules, self.settling = modules, settling
        self.thread_ = threading.Thread(target=self.load, name="chainrule-preload", daemon=True)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begins to import as soon as the window has settled."""
        self.timer.start(self.settling)

    def load(self) -> None:
        """The thread's body. What cannot be imported fails again, and is told, where it is needed."""
        interval = sys.getswitchinterval()
        sys.setswitchinterval(SHARED_INTERVAL)
        try:
            for name in self.modules:
                self.load_one(name)
        finally:
            sys.setswitchinterval(interval)

    def load_one(self, name: str) -> None:
        try:
            importlib.import_module(name)
        except ImportError:
            LOG.exception("%s could not be loaded ahead", name)

    def look(self) -> None:
        if self.thread_.ident is None:
            self.thread_.start()
            self.timer.setInterval(LOOK)
        elif not self.thread_.is_alive():
            self.timer.stop()
            self.done.emit()

    def close(self) -> None:
        """Waits for the thread; `done` does not come any more."""
        self.timer.stop()
        if self.thread_.is_alive():
            self.thread_.join()
