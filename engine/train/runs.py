"""Run folders: one training's document, source, recipe, metrics and checkpoints, readable at any moment. No torch, no training.

`<project>.runs/<time>-<name>/` holds document.json, net.py, recipe.json, steps.csv, validation.csv, metrics.jsonl (a line for each
validation: what the network is worth), checkpoints/, and ended.json once the run is over; a run that was killed has no ended.json.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from engine.events import Evaluation, Metrics, part
from engine.graph import disk, text
from engine.graph.model import Snapshot

STEP_COLUMNS = ("step", *Metrics.STEP)
VALIDATION_COLUMNS = ("epoch", *Metrics.VALIDATION)
STEPS, VALIDATION, METRICS, ENSEMBLE, ENDED, DOCUMENT, SOURCE, RECIPE, CHECKPOINTS = (
    "steps.csv", "validation.csv", "metrics.jsonl", "ensemble.json", "ended.json", "document.json", "net.py", "recipe.json", "checkpoints",
)  # fmt: skip
MOST_CLASSES = 100  # beyond, a confusion matrix makes a file of megabytes and is left out of it
WRITE_EVERY = 1.0  # seconds between two hand-overs to the system


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run folder tells. `reason` is empty for a run that is going on or was killed."""

    folder: str
    name: str
    started: str
    reason: str
    steps: int
    epochs: int
    best: float  # the least validation loss, NaN before the first epoch


def create(parent: Path, name: str, snapshot: Snapshot, *, source: str) -> Path:
    """A new run folder below `parent`, with the frozen document, the exact source and the recipe. OSError when it cannot be written."""
    parent.mkdir(parents=True, exist_ok=True)
    stem = f"{time.strftime('%Y-%m-%d_%H-%M-%S')}-{slug(name)}"
    number = 1
    while True:
        folder = parent / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
            break
        except FileExistsError:
            number += 1
    (folder / CHECKPOINTS).mkdir()
    (folder / DOCUMENT).write_text(text.dump(snapshot), encoding="utf-8")
    (folder / SOURCE).write_text(source, encoding="utf-8")
    facts = {"name": name, "started": time.strftime("%Y-%m-%d %H:%M:%S"), **asdict(snapshot.recipe)}
    (folder / RECIPE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return folder


def slug(name: str) -> str:
    """`name` as a part of a file name."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "run"


class Table:
    """One append-only CSV file. Lines reach the system about once a second, so a killed run loses no more than that."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        fresh = not path.exists()
        self.file: TextIO | None = open(path, "a", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by close
        self.written = time.monotonic()
        if fresh:
            self.file.write(",".join(columns) + "\n")
            self.file.flush()

    def append(self, rows: Iterable[tuple[float, ...]], form: str) -> None:
        """Adds lines, one per row, printed by the %-template `form`."""
        self.file.write("".join([form % row for row in rows]))
        now = time.monotonic()
        if now - self.written > WRITE_EVERY:
            self.flush()
            self.written = now

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        if self.file is not None:
            file, self.file = self.file, None
            file.close()


class Record:
    """Writes a run's numbers into its folder."""

    def __init__(self, folder: Path, parts: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.more = tuple(map(part, parts))
        self.steps = Table(folder / STEPS, (*STEP_COLUMNS, *self.more))
        self.validation = Table(folder / VALIDATION, (*VALIDATION_COLUMNS, *self.more))
        (folder / ENDED).unlink(missing_ok=True)

    def add_steps(self, first: int, rows: Mapping[str, np.ndarray]) -> None:
        """Appends steps; `first` is the number of the first of them."""
        columns = [rows[name].tolist() for name in (*Metrics.STEP, *self.more)]
        self.steps.append(zip(range(first, first + len(columns[0])), *columns, strict=True), "%d,%r,%r,%r,%.6f" + ",%r" * len(self.more) + "\n")

    def add_validation(self, epoch: int, row: Mapping[str, float], evaluations: Sequence[Evaluation] = ()) -> None:
        """Appends the numbers of one validation, and what they are worth."""
        self.validation.append([(epoch, *(row[name] for name in (*Metrics.VALIDATION, *self.more)))], "%d,%d,%r,%r,%.6f" + ",%r" * len(self.more) + "\n")
        self.validation.flush()
        if evaluations:
            facts = {"epoch": epoch, "step": int(row["step"]), "tasks": [evaluation_facts(evaluation) for evaluation in evaluations]}
            with open(self.folder / METRICS, "a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(facts) + "\n")

    def flush(self) -> None:
        self.steps.flush()

    def end(self, facts: Mapping[str, Any]) -> None:
        """Closes the files and notes how the run ended."""
        self.close()
        (self.folder / ENDED).write_text(json.dumps(dict(facts), indent=1) + "\n", encoding="utf-8")

    def close(self) -> None:
        self.steps.close()
        self.validation.close()


def read_table(path: Path, columns: tuple[str, ...]) -> np.ndarray:
    """These columns of a CSV file, float64 (rows, columns); a line that a killed run left unfinished is dropped."""
    try:
        content = path.read_text(encoding="utf-8")
    except OSError:
        content = ""
    there, *rows = [line.split(",") for line in content[: content.rfind("\n") + 1].splitlines()] or [[]]
    if not set(columns) <= set(there):
        return np.empty((0, len(columns)))
    picked = [there.index(name) for name in columns]
    return np.array([[float(row[at]) for at in picked] for row in rows if len(row) == len(there)], np.float64).reshape(-1, len(columns))


def parts_in(folder: Path) -> tuple[str, ...]:
    """The parts of the loss that the run in `folder` has recorded, besides the loss itself."""
    path, mark = folder / STEPS, part("")
    if not path.is_file():
        return ()
    with open(path, encoding="utf-8") as file:
        return tuple(name.removeprefix(mark) for name in file.readline().strip().split(",") if name.startswith(mark))


def truncate(folder: Path, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Drops what was written after `step`, from where the run goes on; returns the step rows and validation rows that stay."""
    kept, more = [], tuple(map(part, parts_in(folder)))
    for name, columns, key in ((STEPS, (*STEP_COLUMNS, *more), 0), (VALIDATION, (*VALIDATION_COLUMNS, *more), 1)):
        rows = read_table(folder / name, columns)
        stay = rows[rows[:, key] <= step]
        if len(stay) < len(rows) or not ends_whole(folder / name):
            form = ",".join("%d" if column in ("step", "epoch") else "%r" for column in columns)
            replacement = folder / f".{name}.tmp"
            replacement.write_text("\n".join([",".join(columns), *(form % tuple(row) for row in stay.tolist())]) + "\n", encoding="utf-8")
            os.replace(replacement, folder / name)
        kept.append(stay)
    keep_until(folder / METRICS, step)
    return kept[0], kept[1]


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as JSON has it: null for NaN."""
    facts: dict[str, Any] = {"node": evaluation.node, "task": evaluation.task, **evaluation.numbers}
    facts |= {f"{name}_per_class": list(map(number, values.tolist())) for name, values in evaluation.per_class.items()}
    if evaluation.confusion is not None and len(evaluation.classes) <= MOST_CLASSES:
        facts |= {"classes": list(evaluation.classes), "confusion": evaluation.confusion.tolist()}
    return {name: number(value) if isinstance(value, float) else value for name, value in facts.items()}


def number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def keep_until(path: Path, step: int) -> None:
    """Drops the lines of a metrics file that were written after `step`, and one that was left unfinished."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step]
    except (OSError, ValueError, KeyError, TypeError):  # none, or not ours: the run goes on without its past
        return
    if len(kept) < len(lines):
        disk.replace(path, "".join(kept).encode())


def ends_whole(path: Path) -> bool:
    """Whether the file's last line is complete; a missing file is."""
    return not path.exists() or path.read_bytes()[-1:] == b"\n"


def read_metrics(folder: str | Path, *, room: int = 0) -> Metrics:
    """The numbers of the run in `folder` as a `Metrics`, with room for `room` steps in all."""
    folder, parts = Path(folder), parts_in(Path(folder))
    more = tuple(map(part, parts))
    tables = (read_table(folder / name, (*columns, *more)) for name, columns in ((STEPS, STEP_COLUMNS), (VALIDATION, VALIDATION_COLUMNS)))
    return filled(*tables, room=room, parts=parts)


def filled(steps: np.ndarray, validations: np.ndarray, *, room: int = 0, parts: tuple[str, ...] = ()) -> Metrics:
    """A `Metrics` that holds these rows; the columns of the `parts` come last in both."""
    store = Metrics(max(room, len(steps)), max(len(validations), 1), parts=parts)
    if len(steps):
        store.write_steps(dict(zip(store.step, steps.T[1:], strict=True)))
    for row in validations:
        store.write_validation(**dict(zip(store.validation, row[1:].tolist(), strict=True)))
    return store


def list_runs(parent: str | Path) -> list[RunInfo]:
    """The runs below `parent`, newest first; folders that are no runs are left out."""
    found = [info(folder) for folder in Path(parent).glob("*/") if (folder / RECIPE).is_file()]
    return sorted(found, key=lambda run: (run.started, run.folder), reverse=True)


def info(folder: Path) -> RunInfo:
    """What the run in `folder` tells of itself."""
    facts, ended = read_json(folder / RECIPE), read_json(folder / ENDED)
    validations = read_table(folder / VALIDATION, VALIDATION_COLUMNS)
    losses = validations[:, VALIDATION_COLUMNS.index("loss")]
    best = float(losses[np.isfinite(losses)].min()) if np.isfinite(losses).any() else float("nan")
    steps = int(ended.get("steps", 0)) or int(validations[-1, 1] if len(validations) else 0)
    return RunInfo(
        str(folder),
        str(facts.get("name", folder.name)),
        str(facts.get("started", "")),
        str(ended.get("reason", "")),
        steps,
        int(validations[-1, 0]) if len(validations) else 0,
        best,
    )


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is none or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
