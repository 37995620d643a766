"""The engine's side of the window: the session and the one 30 Hz timer that turns its events into Qt signals of this thread.

No event crosses threads as a Qt signal, and nothing here draws.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from engine import events
from engine.graph.document import Change
from engine.session import Session
from gui.pace import Pace
from gui.project import Project

TICK, CALM = 33, 200  # ms; the second while a run strains the processor, for waking up costs as well
ROUNDS = 2  # ticks between two looks at what the panels want, while a run computes
ACTED = 0.5  # seconds after something that the user did in which everything is looked at often all the same
NUMBERS = 0.2  # seconds; nobody reads numbers that change faster


class Panel(Protocol):
    """What the bridge needs of a panel that looks into the network."""

    def isVisible(self) -> bool: ...
    def request(self) -> events.ProbeRequest | None: ...
    def show_result(self, result: events.ProbeResult) -> None: ...


@dataclass(slots=True)
class Viewer:
    """A panel with the request that the engine has of it, and an answer that waits for its turn."""

    panel: Panel
    every: float = 0.0
    sent: events.ProbeRequest | None = None
    waiting: events.ProbeResult | None = None


class Bridge(QObject):
    """Owns the session. `state` is idle, running, paused or ended; `ready` tells whether torch is loaded."""

    analysed = Signal(object)  # Analysis of the newest snapshot, perhaps not yet with its source
    written = Signal(object)  # the Source of the newest snapshot
    engineReady = Signal(object)
    runStarted = Signal(object)
    runState = Signal(object)
    epochDone = Signal(object)
    progressed = Signal(object)
    troubled = Signal(object)  # Problem
    pictured = Signal(object)  # ProbeResult that a panel has just shown
    examined = Signal(object)  # HealthReport
    ticked = Signal()

    def __init__(self, project: Project, session: Session | None = None) -> None:
        super().__init__(project)
        self.project = project
        self.session = session or Session()
        self.started = False
        self.visible = False
        self.ready: events.EngineReady | None = None
        self.analysis: events.Analysis | None = None
        self.source = events.Source()  # the last one that was written
        self.run: events.RunStarted | None = None
        self.state = "idle"
        self.generation = 0
        self.progress: events.Progress | None = None
        self.viewers: dict[str, Viewer] = {}
        self.pace = Pace()
        self.round = 0  # counts the ticks
        self.acted = 0.0  # when the user last did something that is answered here
        self.timer = QTimer(self, interval=TICK)
        self.timer.timeout.connect(self.tick)
        self.soon = QTimer(self, singleShot=True, interval=0)  # several pushes of one event make one snapshot
        self.soon.timeout.connect(self.analyse)
        project.changed.connect(self.follow)
        project.replaced.connect(self.forget)

    # -- to the engine -----------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Loads the engine in the background and begins to listen. Before, nothing of torch costs anything."""
        self.started = True
        self.session.warm()
        self.analyse()
        self.wake()

    def analyse(self) -> None:
        """Sends the newest snapshot for shapes, costs, problems and source."""
        self.soon.stop()
        if self.started:
            self.generation = self.session.analyse(self.project.snapshot(), self.base)
            self.wake()

    def forget(self) -> None:
        """Another document is open: what was known of the one before says nothing about it."""
        self.analysis, self.source = None, events.Source()
        self.written.emit(self.source)
        self.analyse()

    @property
    def current(self) -> bool:
        """Whether `analysis` and `source` are of the document as it is now."""
        known = self.analysis
        return known is not None and known.written and known.generation >= self.generation and not self.soon.isActive()

    @property
    def base(self) -> str:
        """The folder that relative paths in the document count from."""
        return str(self.project.path.parent) if self.project.path else ""

    def named(self, path: Path) -> str:
        """How the document names a file or folder: from `base` where it lies below it."""
        return str(path.relative_to(self.base)) if self.base and path.is_relative_to(self.base) else str(path)

    def follow(self, change: Change) -> None:
        if change.structural:
            self.soon.start()

    def watch(self, name: str, panel: Panel, *, every: float = 0.0) -> None:
        """Serves a panel: forwards its requests while it is visible, and answers at most once per `every` seconds."""
        self.viewers[name] = Viewer(panel, every)

    def command(self, call: Callable[[], object]) -> None:
        """Runs one call of the session and listens for what follows, soon."""
        call()
        self.wake()
        self.attend()

    def attend(self) -> None:
        """The user did something whose answer comes from the engine: looks for it often for a while."""
        self.acted = time.monotonic()
        if self.timer.isActive():
            self.timer.start(TICK)

    # -- listening ---------------------------------------------------------------------------------------------------
    def set_visible(self, visible: bool) -> None:
        """Whether anybody looks; without a run the timer stops while nobody does."""
        self.visible = visible
        if visible:
            self.wake()

    def wake(self) -> None:
        if not self.timer.isActive():
            self.timer.start(TICK)

    def tick(self) -> None:
        """One poll: events out, requests in."""
        for event in self.session.poll():
            handler = HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
        self.pace.measure(self.computing)
        progress = self.session.progress
        if progress is not None and progress is not self.progress and self.pace.grant("progress", least=NUMBERS):
            self.progress = progress
            self.progressed.emit(progress)
        brisk = not self.computing or time.monotonic() - self.acted < ACTED
        if self.timer.interval() != (pause := TICK if brisk or not self.pace.strained else CALM):
            self.timer.setInterval(pause)
        self.round += 1
        if brisk or self.round % ROUNDS == 0:
            self.ask()
        self.ticked.emit()
        if not self.visible and not self.session.busy:
            self.timer.stop()

    @property
    def computing(self) -> bool:
        """Whether a run wants the processor: not while it is paused, when what it came to is drawn at once."""
        return self.session.busy and self.state != "paused"

    def ask(self) -> None:
        """Forwards the panels' wishes that are new, and shows answers that had to wait."""
        for name, viewer in self.viewers.items():
            wish = viewer.panel.request() if self.ready and self.visible and viewer.panel.isVisible() else None
            if wish != viewer.sent:
                viewer.sent, viewer.waiting = wish, None
                self.pace.hurry(name)
                if wish is None:
                    self.session.cancel(name)
                else:
                    self.session.request(name, wish)
            if viewer.waiting is not None and self.pace.grant(name, least=viewer.every):
                self.show(viewer, viewer.waiting)

    # -- from the engine ---------------------------------------------------------------------------------------------
    def take_ready(self, event: events.EngineReady) -> None:
        self.ready = event
        self.engineReady.emit(event)

    def take_analysis(self, event: events.Analysis) -> None:
        """An edit is answered twice, first without its source; what is known of the nodes is told once."""
        if event.generation < self.generation:
            return
        known, self.analysis = self.analysis, event
        if known is None or known.nodes is not event.nodes:
            self.analysed.emit(event)
        if event.written:
            self.source = event.source
            self.written.emit(event.source)

    def take_start(self, event: events.RunStarted) -> None:
        self.run = event
        self.progress = None
        self.runStarted.emit(event)

    def take_state(self, event: events.RunState) -> None:
        self.state = event.state
        self.pace.hurry("progress")  # a pause shows the very step at which it came
        self.runState.emit(event)

    def take_epoch(self, event: events.EpochDone) -> None:
        self.epochDone.emit(event)

    def take_problem(self, event: events.RunProblem) -> None:
        self.troubled.emit(event.problem)

    def take_probe(self, event: events.ProbeResult) -> None:
        viewer = self.viewers.get(event.panel)
        if viewer is not None and event.request == viewer.sent:
            viewer.waiting = event

    def take_report(self, event: events.HealthReport) -> None:
        self.examined.emit(event)

    def show(self, viewer: Viewer, result: events.ProbeResult) -> None:
        viewer.waiting = None
        viewer.panel.show_result(result)
        self.pictured.emit(result)

    def close(self) -> None:
        """Stops the timers, then the engine; nothing is emitted afterwards."""
        self.timer.stop()
        self.soon.stop()
        self.project.changed.disconnect(self.follow)
        self.project.replaced.disconnect(self.forget)
        self.viewers.clear()
        self.session.close()


HANDLERS: dict[type, Callable[[Bridge, object], None]] = {
    events.EngineReady: Bridge.take_ready,
    events.Analysis: Bridge.take_analysis,
    events.RunStarted: Bridge.take_start,
    events.RunState: Bridge.take_state,
    events.EpochDone: Bridge.take_epoch,
    events.RunProblem: Bridge.take_problem,
    events.ProbeResult: Bridge.take_probe,
    events.HealthReport: Bridge.take_report,
}
