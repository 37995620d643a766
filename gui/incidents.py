"""What nobody foresaw: an exception in a slot or thread is logged and told, and the window lives on. Hides nothing."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from engine.graph.problem import ERROR, Problem
from gui import places

LOG = logging.getLogger("chainrule")
Tell = Callable[[Problem], None]


class Incidents:
    """Installs the hooks; `tell` is called in the thread in which it happened, so it may only leave a message."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.old = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """From now on nothing unforeseen goes unnoticed."""
        sys.excepthook = self.take
        threading.excepthook = lambda args: self.take(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)

    def remove(self) -> None:
        """Puts the former hooks back."""
        sys.excepthook, threading.excepthook = self.old

    def take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Logs an exception and tells it as a problem; Ctrl+C in the terminal ends the program as ever."""
        let_go()
        if issubclass(kind, KeyboardInterrupt):
            self.old[0](kind, error, trace)
            return
        LOG.error("".join(traceback.format_exception(kind, error, trace)))
        self.tell(as_problem(kind, error))


def let_go() -> None:
    """Drops what Python keeps of the last error it printed: the frames may hold a painter, which crashes once it outlives what it paints on."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)


def as_problem(kind: type[BaseException], error: BaseException) -> Problem:
    """An unforeseen exception in words."""
    words = " ".join(str(error).split())[:300] or "no message"
    fix = f"Your document is intact. Save it; if this comes again, report it with the log: {places.log_file()}"
    return Problem(ERROR, "incident", f"Chainrule made a mistake: {kind.__name__}: {words}.", fix=fix)


def write_log() -> None:
    """Sends everything that is logged to the user's log file; without one, on to the terminal."""
    path = places.log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
