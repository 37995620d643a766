"""The analyst thread: the newest snapshot in, its Analysis out. Trains nothing, keeps no document; torch only through the analysis."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

from engine.bus import Bus, Inbox
from engine.commands import Close
from engine.events import Analysis, Source
from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, Problem

DEBOUNCE = 0.012  # seconds; a drag or a scrub sends many snapshots, only the last one counts
LOG = logging.getLogger(__name__)

Task = tuple[int, Snapshot, str]  # generation, snapshot, folder that relative paths count from
Analyse = Callable[[Task], Iterator[Analysis]]  # what is known first, then more; the last one is whole


class Analyst:
    """Waits for snapshots; older ones that were not begun are dropped. An analysis that fails becomes a problem, never an end."""

    def __init__(self, bus: Bus, *, ready: threading.Event, done: Callable[[Snapshot, Analysis, str], None], analyse: Analyse | None = None) -> None:
        self.bus = bus
        self.inbox = Inbox()
        self.ready = ready
        self.done = done
        self.analyse = analyse or analyse_task
        self.ended = False

    def send(self, task: Task) -> None:
        """Asks for an analysis; replaces one that has not begun."""
        self.inbox.tell("task", task)

    def close(self) -> None:
        """Ends the thread after what it is doing."""
        self.inbox.send(Close())

    def serve(self) -> None:
        """The thread's body."""
        self.ready.wait()
        while True:
            commands, notices = self.inbox.take(None)
            if not commands and DEBOUNCE:
                time.sleep(DEBOUNCE)
                later, newer = self.inbox.take()
                commands, notices = commands + later, notices | newer
            if commands:
                return
            if "task" in notices:
                self.answer(notices["task"])

    def answer(self, task: Task) -> None:
        """Posts the analysis of one snapshot as it grows; the whole of it is also told to `done`."""
        generation, snapshot, base = task
        analysis = Analysis(generation, {}, (), Source())
        try:
            for analysis in self.analyse(task):
                self.bus.put("analysis", analysis)
        except Exception as error:
            LOG.exception("analysis of generation %d failed", generation)
            analysis = Analysis(generation, {}, (unexpected(error),), Source())
            self.bus.put("analysis", analysis)
        self.done(snapshot, analysis, base)


def analyse_task(task: Task) -> Iterator[Analysis]:
    """Shapes, costs and problems of the task's snapshot, then the same with its source."""
    from engine.compile.analyse import look, write

    generation, snapshot, base = task
    analysis, wires = look(snapshot, generation=generation, base=base)
    yield analysis
    yield write(analysis, wires)


def unexpected(error: BaseException) -> Problem:
    """An error that nobody foresaw, as a problem of the document."""
    words = " ".join(str(error).split())[:300] or "no message"
    return Problem(
        ERROR,
        "analysis-failed",
        f"The document could not be analysed: {type(error).__name__}: {words}.",
        fix="Undo the last change; the log has the details.",
    )
