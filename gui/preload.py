"""Imports modules in a thread while the window already answers: pyqtgraph alone would freeze it for a third of a second. Makes no widget."""

from __future__ import annotations

import importlib
import logging
import threading

from PySide6.QtCore import QObject, QTimer, Signal

LOOK = 10  # ms between two looks whether the thread is done
LOG = logging.getLogger(__name__)


class Preload(QObject):
    """`done` comes once all modules are there, in the thread that called `start`."""

    done = Signal()

    def __init__(self, modules: list[str], parent: QObject) -> None:
        super().__init__(parent)
        self.modules = modules
        self.thread_ = threading.Thread(target=self.load, name="chainrule-preload", daemon=True)
        self.timer = QTimer(self, interval=LOOK)
        self.timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begins to import."""
        self.thread_.start()
        self.timer.start()

    def load(self) -> None:
        """The thread's body. What cannot be imported fails again, and is told, where it is needed."""
        for name in self.modules:
            try:
                importlib.import_module(name)
            except ImportError:
                LOG.exception("%s could not be loaded ahead", name)

    def look(self) -> None:
        if not self.thread_.is_alive():
            self.timer.stop()
            self.done.emit()

    def close(self) -> None:
        """Waits for the thread; `done` does not come any more."""
        self.timer.stop()
        if self.thread_.is_alive():
            self.thread_.join()
