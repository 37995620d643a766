"""The one door of the engine for the GUI: every call returns at once, everything else comes back through `poll`. No torch in this thread, no Qt."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Mapping

from engine.analyst import Analyst
from engine.bus import Bus, Inbox
from engine.commands import Close, Command, Pause, Resume, SetLearningRate, Start, Step, Stop
from engine.events import Analysis, EngineReady, Event, HealthReport, ProbeRequest, ProbeResult, Progress, RunProblem
from engine.examiner import Examination, Examiner
from engine.graph.model import Snapshot, Value
from engine.graph.problem import ERROR, Problem

EXAMINER = "chainrule-examiner"
LOG = logging.getLogger(__name__)


class Session:
    """Threads behind message lanes: the engine (loads torch, trains, makes pictures), the analyst (shapes and problems), the examiner (datasets).

    Call it from one thread. Nothing is started before `warm` or the first call that needs an answer.
    """

    def __init__(self) -> None:
        self.bus = Bus()
        self.inbox = Inbox()
        self.ready = threading.Event()
        self.analyst = Analyst(self.bus, ready=self.ready, done=self.analysed)
        self.examiner = Examiner(self.bus)
        self.threads: list[threading.Thread] = []
        self.generation = self.examinations = 0
        self.latest: tuple[Snapshot, str] | None = None
        self.panels: set[str] = set()
        self.folder = ""
        self.broken: Problem | None = None  # why there is no engine
        self.closed = False

    # -- starting and ending -----------------------------------------------------------------------------------------
    def warm(self) -> None:
        """Starts the threads; the engine loads torch in the background and says EngineReady. Again: nothing happens."""
        if self.threads or self.closed:
            return
        self.threads = [
            threading.Thread(target=self.run_engine, name="chainrule-engine", daemon=True),
            threading.Thread(target=self.analyst.serve, name="chainrule-analyst", daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def close(self, timeout: float = 5.0) -> bool:
        """Stops the run, ends the threads and waits for them at most `timeout` seconds; whether all have ended."""
        self.closed = True
        self.inbox.send(Close())
        self.analyst.close()
        self.examiner.close()
        end = time.monotonic() + timeout
        for thread in self.threads:
            thread.join(max(0.0, end - time.monotonic()))
        alive = [thread.name for thread in self.threads if thread.is_alive()]
        if alive:
            LOG.warning("still working after %.1f s: %s", timeout, ", ".join(alive))
        return not alive

    # -- analysis ----------------------------------------------------------------------------------------------------
    def analyse(self, snapshot: Snapshot, base: str = "") -> int:
        """Asks for shapes, problems and source; returns the generation that the Analysis will carry. Only the newest is answered.

        `base` is the folder of the project file: relative image folders count from there.
        """
        self.warm()
        self.generation += 1
        self.latest = (snapshot, base)
        self.analyst.send((self.generation, snapshot, base))
        return self.generation

    # -- datasets ----------------------------------------------------------------------------------------------------
    def examine(self, type_id: str, params: Mapping[str, Value], *, base: str = "") -> int:
        """Asks for the health of a data node's dataset; HealthReport events carry the number that is returned. Replaces what is being examined."""
        self.warm()
        if not self.closed and not any(thread.name == EXAMINER for thread in self.threads):
            self.threads.append(threading.Thread(target=self.examiner.serve, name=EXAMINER, daemon=True))
            self.threads[-1].start()
        self.examinations += 1
        self.examiner.send(Examination(self.examinations, type_id, params, base))
        return self.examinations

    def stop_examining(self) -> None:
        """Nobody wants the report any more; reading stops at the next file or the next part."""
        self.examinations += 1  # what is still on its way is known to be old
        self.examiner.send(None)

    # -- training ----------------------------------------------------------------------------------------------------
    def start(self, snapshot: Snapshot, folder: str, *, resume: str = "", base: str = "", hold_at: int = 0) -> None:
        """Trains `snapshot`; its run folder is made below `folder`. `resume`: a run folder to go on with. Refused while a run is active.

        `hold_at` pauses it after exactly so many steps.
        """
        self.begin(Start(snapshot, str(folder), resume=str(resume), base=base, hold_at=hold_at))

    def pause(self) -> None:
        """Holds the run after the current batch."""
        self.send(Pause())

    def resume(self) -> None:
        """Lets a paused run go on."""
        self.send(Resume())

    def step(self, snapshot: Snapshot | None = None, folder: str = "", *, base: str = "") -> None:
        """One batch, then paused. Without a run one is started, with `snapshot` (default: the one analysed last) below `folder`."""
        if self.busy:
            self.send(Step())
            return
        if snapshot is None and self.latest:
            snapshot, base = self.latest
        if snapshot is not None:
            self.begin(Start(snapshot, str(folder or self.folder or tempfile.mkdtemp(prefix="chainrule-")), base=base, single=True))

    def stop(self) -> None:
        """Ends the run after the current batch, with a checkpoint."""
        self.send(Stop())

    def set_learning_rate(self, value: float) -> None:
        """Takes effect at the next step."""
        self.send(SetLearningRate(float(value)))

    # -- pictures ----------------------------------------------------------------------------------------------------
    def request(self, panel: str, request: ProbeRequest) -> None:
        """Asks for a picture and keeps asking while weights change, until the panel's next request or `cancel`."""
        self.warm()
        self.panels.add(panel)
        self.inbox.tell(("panel", panel), request)

    def cancel(self, panel: str) -> None:
        """The panel wants nothing any more; an answer on its way is dropped."""
        self.panels.discard(panel)
        self.inbox.tell(("panel", panel), None)

    # -- reading -----------------------------------------------------------------------------------------------------
    @property
    def progress(self) -> Progress | None:
        """Where the run is, or was when it ended; None before the first step."""
        return self.bus.look("progress")

    @property
    def busy(self) -> bool:
        """Whether a run is being prepared, training or paused."""
        return bool(self.bus.look("busy"))

    def poll(self) -> list[Event]:
        """What has happened since the last poll. Of analyses and of each panel's pictures only the newest."""
        return [event for event in self.bus.drain() if self.wanted(event)]

    def wanted(self, event: Event) -> bool:
        """Whether anybody still waits for this picture or report."""
        if isinstance(event, HealthReport):
            return event.serial == self.examinations
        return not isinstance(event, ProbeResult) or event.panel in self.panels

    # -- inside ------------------------------------------------------------------------------------------------------
    def begin(self, command: Start) -> None:
        """Sends a start, or says why not."""
        if self.closed:
            return
        if self.broken:
            self.bus.post(RunProblem(self.broken))
            return
        if self.busy:
            message = "A run is still active, so no other one can start."
            self.bus.post(RunProblem(Problem(ERROR, "run-active", message, fix="Stop it first, or wait until it has finished.")))
            return
        self.warm()
        self.folder = command.folder
        self.bus.show("busy", True)
        self.inbox.send(command)

    def send(self, command: Command) -> None:
        """Hands a command to the run; without one there is nothing to command."""
        if self.busy:
            self.inbox.send(command)

    def analysed(self, snapshot: Snapshot, analysis: Analysis, base: str) -> None:
        """Called in the analyst thread: pictures follow the document that was analysed last."""
        self.inbox.tell("document", (snapshot, analysis, base))

    def run_engine(self) -> None:
        """The engine thread: loads torch, then serves until `Close`."""
        try:
            from engine.warm import load_torch

            devices, label = load_torch()
            from engine.train.worker import Worker

            worker = Worker(self.bus, self.inbox)
        except Exception as error:
            LOG.exception("torch could not be loaded")
            self.bus.show("busy", False)
            self.broken = no_torch(error)
            self.bus.post(RunProblem(self.broken))
            self.ready.set()
            return
        self.bus.post(EngineReady(devices, label))
        self.ready.set()
        worker.serve()


def no_torch(error: BaseException) -> Problem:
    """What to say when torch cannot be imported."""
    words = " ".join(str(error).split())[:300]
    fix = "Install it again, for example with: python -m pip install --force-reinstall torch"
    return Problem(ERROR, "no-torch", f"PyTorch could not be loaded: {type(error).__name__}: {words}.", fix=fix)
