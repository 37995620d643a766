"""The engine thread: one run after the other, and pictures in between. Knows no GUI; only `serve` runs in this thread."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Hashable, Mapping
from typing import Any

import torch

from engine.bus import Bus, Inbox
from engine.commands import Close, Command, Start
from engine.events import RunProblem
from engine.graph.problem import ERROR, Problem
from engine.probe.desk import Desk
from engine.probe.still import NothingToShowError, Still
from engine.train import scores
from engine.train.config import CORES, Job
from engine.train.loop import train
from engine.train.watched import Watched

LOG = logging.getLogger(__name__)


SWITCH = 0.0002  # seconds; torch lets go of the GIL at each operation and must get it back soon while the window paints
QUIET = 4.0  # seconds without a wish after which the engine counts as idle
NICE = 5  # how far training steps back behind the window; the threads that torch makes inherit it


class Worker:
    """Serves the inbox until `Close`. Nothing that goes wrong in a run or a picture ends the thread."""

    def __init__(self, bus: Bus, inbox: Inbox) -> None:
        self.bus, self.inbox = bus, inbox
        self.desk = Desk(bus)
        self.still = Still()
        self.document: Any = None  # (snapshot, analysis, base) of the newest analysis
        self.commands: deque[Command] = deque()
        self.closed = False

    def serve(self) -> None:
        """The thread's body."""
        torch.set_num_threads(CORES)  # counts per thread: without it a second thread computes several times slower
        give_way()
        while not self.closed:
            if not self.commands:
                self.rest()
            while self.commands and not self.closed:
                self.carry_out(self.commands.popleft())
            if not self.closed and not self.inbox.waiting:
                self.show_still()

    def rest(self) -> None:
        """Waits for something to do; the first quiet moment goes to what the first validation will need."""
        commands, notices = self.inbox.take(None if scores.loaded() else QUIET)
        if not commands and not notices and not scores.loaded():
            scores.load()
        self.note(commands, notices)

    def note(self, commands: list[Command], notices: Mapping[Hashable, Any]) -> None:
        self.commands.extend(commands)
        self.document = notices.get("document", self.document)
        self.desk.note(notices)

    def carry_out(self, command: Command) -> None:
        """Starts a run or ends the thread; what else was meant for a run that has just ended is dropped."""
        if isinstance(command, Close):
            self.closed = True
        elif isinstance(command, Start):
            self.run(command)

    def run(self, start: Start) -> None:
        """One training from its start to its end."""
        control = Watched(self.bus, self.inbox, desk=self.desk, start=start)
        control.commands, self.commands = self.commands, control.commands
        self.still.keep(None)
        try:
            train(Job(snapshot=start.snapshot, folder=start.folder or None, resume=start.resume, base=start.base), control)
        except Exception as error:
            LOG.exception("the run failed")
            words = " ".join(str(error).split())[:300]
            message = f"The run failed: {type(error).__name__}: {words}."
            self.bus.post(RunProblem(Problem(ERROR, "run-failed", message, fix="The log has the details; the document is as it was.")))
            if not control.over:
                control.ended(None, "failed", message)
        self.commands.extend(control.commands)
        self.document = control.document or self.document
        self.still.keep(control.subject)
        self.closed = self.closed or control.closing

    def show_still(self) -> None:
        """Answers the panels while nothing trains."""
        if not self.desk.requests or self.document is None:
            return
        snapshot, analysis, base = self.document
        try:
            subject = self.still.subject(snapshot, analysis, base=base, say=lambda words: not self.inbox.waiting)
        except NothingToShowError as reason:
            if not self.inbox.waiting:  # else loading was cut short by what has just come, which goes first
                self.desk.refuse(str(reason))
        except Exception as error:
            LOG.exception("no still picture")
            self.desk.refuse(f"The network could not be built: {type(error).__name__}: {' '.join(str(error).split())[:300]}.")
        else:
            self.desk.serve_all(subject)


def give_way() -> None:
    """Lets the window's thread go first, so that it is never late by a slice of a computing thread. Only Linux knows niceness per thread."""
    sys.setswitchinterval(SWITCH)
    if sys.platform == "linux":
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
        except OSError:
            LOG.info("the training thread keeps its priority")
