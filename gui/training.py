"""Train, pause, step, stop: from the run bar's buttons to the session, and from its events back to the run bar. Computes nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from engine.events import Analysis, EpochDone, Progress, RunStarted, RunState
from engine.graph import edits, filling
from engine.graph.document import Change
from engine.graph.model import Snapshot, Value
from engine.graph.ops import SetRecipe
from engine.graph.problem import Problem
from gui import places
from gui.dialogs import ask
from gui.phrases import clock, plural
from gui.progress import DOT, Fact

if TYPE_CHECKING:
    from gui.window import Window

ACTIVE = ("starting", "running", "paused")


class Training(QObject):
    """`state`: idle (no run yet), starting, running, paused or ended."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.bridge = window.bridge
        self.project = window.project
        self.bar = window.run_bar
        self.state = "idle"
        self.stale = False  # the network is another than the one that is being trained
        self.parted = False  # the run that is being stopped is of a document that is no longer open
        self.trained: object = None  # what the run began with
        self.epoch = 0
        self.last: RunState | None = None  # how the last run ended
        self.problems: list[Problem] = []  # of the last run
        self.bar.recipeEdited.connect(self.edit_recipe)
        self.bar.recipeCommitted.connect(self.project.settle)
        for signal, slot in (
            (self.bridge.runStarted, self.begin), (self.bridge.runState, self.follow), (self.bridge.progressed, self.show_progress),
            (self.bridge.epochDone, self.show_epoch), (self.bridge.troubled, self.take_problem), (self.bridge.analysed, self.take_analysis),
            (self.project.changed, self.take_change), (self.project.replaced, self.forget),
        ):  # fmt: skip
            signal.connect(slot)
        window.canvas.selectionChanged.connect(lambda _: self.bridge.attend())  # panels show another node

    @property
    def active(self) -> bool:
        """Whether a run is being prepared, training or paused."""
        return self.state in ACTIVE

    # -- commands ----------------------------------------------------------------------------------------------------
    def toggle(self) -> None:
        """The primary button: Train, Pause or Resume."""
        if self.state == "running":
            self.hold()
        elif self.state == "paused":
            self.bridge.command(self.bridge.session.resume)
        elif self.state not in ACTIVE:
            self.start()

    def start(self, resume: str = "", *, hold_at: int = 0) -> None:
        """Begins a run of the document as it is now; `hold_at` pauses it after exactly so many steps."""
        self.expect()
        folder = str(Path(resume).parent) if resume else str(self.folder())
        session, snapshot, base = self.bridge.session, self.project.snapshot(), self.bridge.base
        self.bridge.command(lambda: session.start(snapshot, folder, resume=resume, base=base, hold_at=hold_at))

    def step(self) -> None:
        """One batch, then paused."""
        if self.state not in ACTIVE:
            self.expect()
        session, snapshot, folder, base = self.bridge.session, self.project.snapshot(), str(self.folder()), self.bridge.base
        self.bridge.command(lambda: session.step(snapshot, folder, base=base))

    def hold(self) -> None:
        """Pauses a running run; the rest is left as it is."""
        if self.state == "running":
            self.bridge.command(self.bridge.session.pause)

    def stop(self) -> None:
        self.bridge.command(self.bridge.session.stop)

    def resume_from(self) -> None:
        """Goes on with a run from its folder."""
        chosen = ask.folder(self.window, "Resume run from folder", self.folder())
        if chosen is not None:
            self.start(resume=str(chosen))

    def show_folder(self) -> None:
        """Opens the folder in which this project's runs are."""
        folder = self.folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def folder(self) -> Path:
        """Beside the project file, or in the user's data folder while there is none."""
        path = self.project.path
        return path.with_name(f"{path.stem}.runs") if path else places.runs(self.project.title)

    def edit_recipe(self, changes: dict[str, Value], merge: str) -> None:
        """A field of the run bar or the recipe panel, as one undo step per gesture."""
        name = ", ".join(key.replace("_", " ") for key in changes)
        ops = edits.set_recipe(self.project.snapshot(), **changes)
        self.project.push(f"Change {name}", ops, merge=f"recipe {merge}" if merge else "")

    # -- events ------------------------------------------------------------------------------------------------------
    def expect(self) -> None:
        """A run is on its way: the buttons answer at once, before the engine does."""
        self.state, self.stale, self.epoch, self.last = "starting", False, 0, None
        self.trained = essence(self.project.snapshot())
        self.problems = []
        self.show_problems()
        self.show_state()

    def begin(self, run: RunStarted) -> None:
        self.state = "running"
        self.show_state()

    def follow(self, event: RunState) -> None:
        if self.parted and event.state == "ended":
            self.part()
            return
        self.state = event.state
        self.last = event if event.state == "ended" else None
        self.show_state()
        if event.state == "ended" and event.reason in ("failed", "diverged"):
            self.window.raise_panel("problems")

    def show_progress(self, progress: Progress) -> None:
        run = self.bridge.run
        if run is None or self.state not in ACTIVE:
            return
        self.epoch = progress.epoch
        self.show_heading()
        self.bar.progress.set_progress(progress.step / max(progress.steps, 1), run.epochs, facts_of(progress))
        self.window.status.set_probes(progress.probe_share)
        self.window.status.set_speed(speed_of(progress))

    def show_epoch(self, event: EpochDone) -> None:
        self.epoch = event.epoch  # said with the next numbers: of a tiny network's epochs, several end between two ticks

    def part(self) -> None:
        """The other document's run is over: of this one there is none yet."""
        self.state, self.parted, self.last = "idle", False, None
        self.show_state()

    def take_problem(self, problem: Problem) -> None:
        if self.parted:
            if not self.bridge.session.busy:
                self.part()
            return
        self.problems = [*self.problems, problem]
        if self.state == "starting" and not self.bridge.session.busy:
            self.state = "ended"
            self.show_state()
        self.show_problems()

    def mark_nodes(self) -> None:
        """Nodes carry the problems of the last run as well as those of the document."""
        if (analysis := self.told(self.bridge.analysis)) is not None:
            self.window.canvas.set_analysis(analysis)

    def told(self, analysis: Analysis | None) -> Analysis | None:
        """An analysis with the problems of the last run among those of the document."""
        return replace(analysis, problems=self.joined(analysis.problems)) if analysis else None

    def joined(self, found: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """The document's problems and those of the last run; what both say is said once, as the run said it."""
        told = {(problem.node, problem.message) for problem in self.problems}
        return (*(problem for problem in found if (problem.node, problem.message) not in told), *self.problems)

    def show_problems(self) -> None:
        """The last run's problems have changed."""
        self.mark_nodes()
        told = self.told(self.bridge.analysis)
        for name in ("inspector", "outline"):
            if (panel := self.window.panel(name)) is not None:
                panel.set_analysis(told)
        self.window.show_problems()

    def take_analysis(self, analysis: Analysis) -> None:
        self.show_state()

    def take_change(self, change: Change) -> None:
        for op in change.ops:
            if isinstance(op, SetRecipe) and "learning_rate" in op.changes and self.state in ACTIVE:
                self.bridge.session.set_learning_rate(float(op.changes["learning_rate"]))
        if change.structural and self.state in ACTIVE:
            stale = essence(self.project.snapshot()) != self.trained
            if stale != self.stale:
                self.stale = stale
                self.show_state()
        elif change.structural and self.problems and self.state not in ACTIVE:
            self.problems = []  # they were about a network that is no more
            if self.state == "ended" and (self.last is None or self.bridge.run is None or self.last.run != self.bridge.run.run):
                self.state = "idle"  # it never began, and what was in the way may be gone
                self.show_state()
            self.show_problems()

    def forget(self) -> None:
        """Another document is open: a run of the old one is stopped."""
        if self.state in ACTIVE:
            self.parted = True
            self.bridge.command(self.bridge.session.stop)
        self.problems = []
        self.last = None
        if self.state == "ended":
            self.state = "idle"
        self.show_state()

    # -- showing -----------------------------------------------------------------------------------------------------
    def show_state(self) -> None:
        """Brings buttons, heading and locks in line with the state."""
        active = self.state in ACTIVE
        self.bar.set_face(self.state)
        self.bar.set_locked(active)
        if not active:
            self.window.status.set_probes(None)
            self.window.status.set_speed([])
        self.window.lock_recipe(active)
        action = self.window.acts["train"]
        action.setText({"running": "Pause", "paused": "Resume"}.get(self.state, "Train"))
        self.window.refresh_actions()
        self.show_heading()

    def show_heading(self) -> None:
        block, run = self.bar.progress, self.bridge.run
        errors = self.window.errors()
        if self.state in ("running", "paused") and run is not None:
            words = "Training" if self.state == "running" else "Paused"
            note = " · edits count from the next run" if self.stale else ""
            block.set_heading(f"{words} · epoch {min(max(self.epoch, 1), run.epochs)} of {run.epochs}{note}")
        elif self.state == "starting":
            block.set_heading("Starting · loading data" if self.bridge.ready else "Starting · loading PyTorch")
            block.set_progress(0, 0, [])
        elif errors:
            count = len(errors)
            block.set_heading(f"{plural(count, 'problem')} keep{'s' if count == 1 else ''} this network from training", tone="err")
            block.set_progress(0, 0, [])
        elif self.state == "ended":
            self.show_end()
        elif self.state == "idle":
            block.set_heading(self.what_next(), tone="t2")
            block.set_progress(0, 0, [])

    def what_next(self) -> str:
        """Whether a training can begin, or what it waits for."""
        nodes = self.window.project.snapshot().nodes
        waiting = [node.id for node in nodes if node.type in filling.PLACES]
        if not nodes:
            return "Nothing to train yet"
        if waiting and not any(filling.is_dataset(node.type) for node in nodes):
            return f"No data yet · drop a dataset onto {waiting[0]}"
        return "Ready to train" if self.bridge.ready or not self.bridge.started else "Ready to train · PyTorch is loading"

    def show_end(self) -> None:
        """How the last run ended, in words, and how far it came."""
        block, run, event = self.bar.progress, self.bridge.run, self.last
        progress = self.bridge.session.progress
        if run is None or progress is None or progress.run != run.run or event is None or event.run != run.run:
            block.set_progress(0, 0, [])  # it ended before its first step
        else:
            block.set_progress(progress.step / max(progress.steps, 1), run.epochs, facts_at_end(progress, run))
        if event is None or event.reason in ("failed", "diverged"):
            block.set_heading((event and event.message) or "The run could not start; see Problems.", tone="err")
        elif run is None or event.run != run.run:
            block.set_heading("Stopped before the first step")
        else:
            epochs = f" after epoch {min(max(self.epoch, 1), run.epochs)} of {run.epochs}"
            block.set_heading(f"{'Finished' if event.reason == 'finished' else 'Stopped'}{epochs}")


def essence(snapshot: Snapshot) -> object:
    """What of a document a training is about: no places, titles or frames."""
    return [(node.id, node.type, dict(node.params), node.bypassed, node.frozen) for node in snapshot.nodes], snapshot.wires


def facts_at_end(progress: Progress, run: RunStarted) -> list[Fact]:
    """`step 756 / 756`, `2,148 samples/s`, `0:19 of training`."""
    seconds = run.metrics.steps("seconds")
    facts = [fact for fact in facts_of(progress) if not fact[-1][0].endswith(" left")]
    took = float(seconds[-1]) if len(seconds) else math.nan
    return [*facts, [(f"{took:.1f} s" if took < 10 else clock(took), True), (" of training", False)]] if math.isfinite(took) else facts


def facts_of(progress: Progress) -> list[Fact]:
    """`step 662 / 756`, `2,148 samples/s`, `0:03 left`: what is not known is left out."""
    return [[("step ", False), (f"{progress.step:,} / {progress.steps:,}", True)], *rates_of(progress)]


def speed_of(progress: Progress) -> Fact:
    """`2,148 samples/s · 0:03 left` in one piece."""
    return [piece for index, fact in enumerate(rates_of(progress)) for piece in ([DOT, *fact] if index else fact)]


def rates_of(progress: Progress) -> list[Fact]:
    facts: list[Fact] = []
    if progress.samples_per_second > 0:
        facts.append([(f"{progress.samples_per_second:,.0f}", True), (" samples/s", False)])
    if math.isfinite(progress.seconds_left) and progress.seconds_left > 0:
        facts.append([(clock(progress.seconds_left), True), (" left", False)])
    return facts
