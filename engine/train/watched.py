"""The training that somebody watches: obeys pause, step, stop and the learning rate, tells the GUI, and serves pictures. Trains nothing itself."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from engine.bus import Bus, Inbox
from engine.commands import Close, Command, Pause, Resume, SetLearningRate, Start, Step, Stop
from engine.events import EpochDone, Progress, RunProblem, RunStarted, RunState
from engine.graph.problem import WARNING, Problem
from engine.probe.budget import Budget
from engine.probe.desk import Desk
from engine.probe.subject import Subject
from engine.train.control import Control
from engine.train.run import Run

PROGRESS_EVERY = 0.05  # seconds
SAVE_AFTER = 1.0  # seconds of a pause until a checkpoint is written: stepping on quickly should not wait for a disk


class Watched(Control):
    """One run's control. `commands` are those not yet obeyed; `closing` says that the thread shall end with the run."""

    def __init__(self, bus: Bus, inbox: Inbox, *, desk: Desk, start: Start) -> None:
        self.bus, self.inbox, self.desk = bus, inbox, desk
        self.single, self.hold_at = start.single, start.hold_at
        self.commands: deque[Command] = deque()
        self.document: object = None  # the newest document that came meanwhile
        self.paused = self.stopping = self.closing = self.over = False
        self.name = ""
        self.subject: Subject | None = None
        self.budget = Budget()
        self.shown = 0.0

    # -- called by the loop --------------------------------------------------------------------------------------------
    def preparing(self, words: str) -> bool:
        self.listen()
        self.obey(None)
        return not self.stopping

    def started(self, run: Run) -> None:
        self.name = Path(run.folder).name if run.folder else run.name
        self.subject = Subject(run.net, run.snapshot, facts=run.facts, source=run.source, data=run.dataset, step=run.step)
        self.subject.live = True
        started = RunStarted(
            self.name, run.folder, run.metrics, run.steps, run.steps_per_epoch, run.epochs, device=run.device.type, classes=run.classes,
            copies=run.copies if run.copies > 1 else 0, stages=tuple(run.stages),
        )  # fmt: skip
        self.bus.show("progress", None)
        self.bus.post(started)
        if not self.single:
            self.bus.post(RunState(self.name, "running"))
        self.obey(run)
        self.desk.serve_all(self.subject)  # the weights as they begin; what is built for these pictures takes no time from the steps
        self.budget = Budget()

    def between_steps(self, run: Run) -> bool:
        now = time.perf_counter()
        if now - self.shown >= PROGRESS_EVERY:
            self.shown = now
            self.show_progress(run)
        if self.inbox.waiting or self.commands:
            self.listen()
            self.obey(run)
        self.subject.step = run.step
        if self.desk.requests:
            self.desk.serve_within(self.subject, self.budget)
        if (self.paused or self.single or run.step == self.hold_at) and not self.stopping:
            self.hold(run)
        return not self.stopping

    def epoch_done(self, run: Run, row: dict[str, float], best: bool) -> None:
        self.show_progress(run)
        validation = {name: value for name, value in row.items() if name in ("loss", "accuracy")}
        self.bus.post(EpochDone(self.name, run.epochs_done, run.step, validation, best, run.evaluations, run.ensemble))

    def noticed(self, problem: Problem) -> None:
        if not (self.stopping and self.subject is None):  # stopped while loading: what was left undone is no problem
            self.bus.post(RunProblem(problem))

    def ended(self, run: Run | None, reason: str, message: str) -> None:
        if run is not None:
            run.samples_per_second = run.overall_speed  # the last word is about the whole run
            self.show_progress(run)
        if self.subject is None and self.stopping:
            reason, message = "stopped", ""
        if self.subject is not None:
            self.subject.live = False
        self.over = True
        self.bus.show("busy", False)  # before the event: who reads it may start the next run
        self.bus.post(RunState(self.name, "ended", reason, message))

    # -- inside --------------------------------------------------------------------------------------------------------
    def listen(self, timeout: float | None = 0.0) -> bool:
        """Takes in what the GUI has sent, waiting up to `timeout` seconds; whether anything came."""
        commands, notices = self.inbox.take(timeout)
        self.commands.extend(commands)
        self.document = notices.get("document", self.document)
        self.desk.note(notices)
        return bool(commands or notices)

    def obey(self, run: Run | None) -> None:
        """Carries out the commands so far; while loading (`run` is None) the rates wait for the run."""
        later: list[Command] = []
        while self.commands:
            match self.commands.popleft():
                case Pause():
                    self.paused = True
                case Resume():
                    self.paused = self.single = False
                case Step():
                    self.single, self.paused = True, False
                case Stop():
                    self.stopping = True
                case Close():
                    self.stopping = self.closing = True
                case SetLearningRate() as command if run is None:
                    later.append(command)
                case SetLearningRate(value):
                    self.change_rate(run, value)
        self.commands.extend(later)

    def change_rate(self, run: Run, value: float) -> None:
        try:
            run.set_learning_rate(value)
        except ValueError as error:
            self.bus.post(RunProblem(Problem(WARNING, "learning-rate", str(error), fix="The run goes on with the old rate.")))

    def hold(self, run: Run) -> None:
        """Waits while paused; pictures are served at once, for nobody trains."""
        self.paused, self.single = True, False
        self.budget.pause()
        run.flush()
        self.show_progress(run)
        self.bus.post(RunState(self.name, "paused"))
        saved = False
        while self.paused and not self.stopping:
            self.desk.serve_all(self.subject)
            if not self.listen(None if saved else SAVE_AFTER) and not saved:
                run.save()
                saved = True
            self.obey(run)
        if not self.stopping and not self.single:
            self.bus.post(RunState(self.name, "running"))
        self.budget.resume()

    def show_progress(self, run: Run) -> None:
        left = run.seconds_left
        progress = Progress(
            self.name, run.step, run.steps, run.epoch, run.samples_per_second, left, run.rate, probe_share=self.budget.used
        )  # fmt: skip
        self.bus.show("progress", progress)
