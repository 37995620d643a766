"""Trains in the terminal: progress to stderr, one result line to stdout, pictures into the run folder. No Qt; parses no arguments."""

from __future__ import annotations

import json as json_text
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from engine.graph.model import Snapshot
from engine.graph.problem import ERROR, Problem
from engine.train.config import Job, Result
from engine.train.control import Control
from engine.train.loop import summary, train
from engine.train.run import Run

FINE, PROBLEMS = 0, 1
KEYS = ("run", "steps", "epochs", "seconds", "samples_per_second", "train", "validation", "metrics")
SHARES = ("accuracy", "miou")
BAR = 24  # characters
REDRAWS = 0.1  # seconds between two drawings of the bar


def train_command(
    snapshot: Snapshot,
    *,
    name: str,
    epochs: int | None = None,
    steps: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    out: str | Path = "",
    resume: str | Path = "",
    json: bool = False,
    progress_stream: TextIO | None = None,
    base: str = "",
) -> int:
    """Trains `snapshot` and returns the exit status: 0 fine (also when stopped with Ctrl-C), 1 problems.

    Run folders go below `out`, or below `<name>.runs` in `base` or the working folder. What is None is as the document's recipe says.
    """
    wanted = {"epochs": epochs, "seed": seed, "device": device}
    recipe = replace(snapshot.recipe, **{field: value for field, value in wanted.items() if value is not None})
    folder = Path(out) if out else Path(base) / f"{name}.runs"
    job = Job(snapshot=replace(snapshot, recipe=recipe), folder=folder, name=name, base=base, resume=resume, steps=steps or 0)
    terminal = Terminal(progress_stream or sys.stderr)
    with interrupts(terminal.stop):
        result = train(job, terminal)
    if result.steps and result.folder:
        leave_pictures(result.folder, terminal)
    sys.stdout.write(last_line(result) + "\n" if json else closing_words(result))
    sys.stdout.flush()
    return PROBLEMS if result.problem else FINE


def leave_pictures(folder: str, terminal: Terminal) -> None:
    """curves.png and filters.png for the run; a disk that refuses them is told, the training was still fine."""
    from engine.train import pictures

    try:
        pictures.draw(folder)
    except OSError as error:
        terminal.line(f"The pictures could not be written to {folder}: {error.strerror or error}.")


def last_line(result: Result) -> str:
    """The result as one line of JSON."""
    facts = summary(result)
    line: dict[str, Any] = {key: facts[key] for key in (*KEYS, "ensemble") if key in facts}
    if result.problem:
        line["problem"] = {"node": result.problem.node, "severity": result.problem.severity, "message": result.problem.message, "fix": result.problem.fix}
    return json_text.dumps(cleaned(line), ensure_ascii=False)


def cleaned(value: Any) -> Any:
    """`value` with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: cleaned(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def closing_words(result: Result) -> str:
    """What the person at the terminal wants to know."""
    if not result.steps:
        return ""
    words = [f"{result.reason}: {result.steps:,} steps, {result.epochs:,} epochs, {result.seconds:.1f} s, {result.samples_per_second:,.0f} samples/s"]
    words += [f"{what} {numbers(values)}" for what, values in (("training", result.train), ("validation", result.validation)) if values]
    if (found := result.ensemble) is not None:
        words += [found.how, *(f"member {number} {numbers(row)}" for number, row in enumerate(found.members, start=1))]
        weights = "  weights " + " ".join(f"{weight:.3f}" for weight in found.weights) if found.combine == "optimal" else ""
        words.append(f"{found.combine} of {found.copies} {numbers(found.whole)}{weights}")
    words += [f"{evaluation.task} {numbers(evaluation.numbers)}" for evaluation in result.evaluations]
    return "\n".join([*words, f"run folder {result.folder}", ""])


def numbers(values: dict[str, float]) -> str:
    """`loss 0.1234  accuracy 97.8 %`: shares as percentages, the rest as it is."""
    return "  ".join(
        f"{name} {100 * value:.1f} %" if name in SHARES or name.startswith("top") else f"{name} {value:.4f}"
        for name, value in values.items()
        if not math.isnan(value)
    )


class Terminal(Control):
    """Shows the progress as one line that is drawn over itself, or as one line per epoch where the stream is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.lively = stream.isatty()
        self.stopping = False
        self.drawn = 0.0
        self.width = 0

    def stop(self) -> None:
        """Ends the training after the current step."""
        self.stopping = True

    def line(self, words: str) -> None:
        """A line that stays."""
        self.stream.write(("\r" + words.ljust(self.width) if self.lively else words) + "\n")
        self.stream.flush()
        self.width = 0

    def preparing(self, words: str) -> bool:
        self.overwrite(words) if self.lively else None
        return not self.stopping

    def started(self, run: Run) -> None:
        self.line(f"{run.name}: {run.epochs:,} epochs of {run.steps_per_epoch:,} steps on {run.device.type}, {len(run.dataset.train):,} training samples")

    def metrics_flushed(self, run: Run) -> None:
        now = time.monotonic()
        if self.lively and now - self.drawn > REDRAWS:
            self.drawn = now
            self.overwrite(bar(run))

    def between_steps(self, run: Run) -> bool:
        return not self.stopping

    def epoch_done(self, run: Run, row: dict[str, float], best: bool) -> None:
        shown = {name: row[name] for name in ("loss", "accuracy") if name in row}
        star = "  best so far" if best else ""
        judged = f"  validation {numbers(shown)}{star}" if shown else ""
        self.line(f"epoch {run.epochs_done:>3}/{run.epochs}  step {run.step:,}{judged}")

    def noticed(self, problem: Problem) -> None:
        where = f" [{problem.node}]" if problem.node else ""
        self.line(f"{'Error' if problem.severity == ERROR else 'Note'}{where}: {problem.message} {problem.fix}".rstrip())

    def overwrite(self, words: str) -> None:
        self.stream.write("\r" + words.ljust(self.width))
        self.stream.flush()
        self.width = len(words)


def bar(run: Run) -> str:
    """Where the run is: bar, epoch, latest loss and accuracy, speed, time left."""
    filled = round(BAR * run.step / max(run.steps, 1))
    loss, accuracy = run.metrics.steps("loss"), run.metrics.steps("accuracy")
    latest = numbers({"loss": float(loss[-1]), "accuracy": float(accuracy[-20:].mean())}) if len(loss) else ""
    left = f"  {run.seconds_left:.0f} s left" if math.isfinite(run.seconds_left) else ""
    return f"{'█' * filled}{'░' * (BAR - filled)}  epoch {run.epoch}/{run.epochs}  {latest}  {run.samples_per_second:,.0f} samples/s{left}"


@contextmanager
def interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, Ctrl-C and a polite kill call `stop`, once; the second Ctrl-C interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [number for number in (signal.SIGINT, getattr(signal, "SIGTERM", None)) if number is not None]
    before = {number: signal.getsignal(number) for number in signals}

    def handle(number: int, frame: FrameType | None) -> None:
        stop()
        for each in signals:
            signal.signal(each, before[each])

    for number in signals:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in signals:
            signal.signal(number, before[number])
