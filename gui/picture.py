"""Renders the real window into a PNG: opens the project, trains so many steps, waits for the pictures, grabs. For screenshots only."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph import text
from gui.app import finish
from gui.panels.registry import PANELS
from gui.project import Project
from gui.settings import Settings
from gui.training import ACTIVE
from gui.window import Window

PATIENCE = 600.0  # seconds for training and pictures together
QUIET = 0.6  # seconds without a new picture before the grab


def take(args: argparse.Namespace) -> int:
    """The exit status: 0 fine, 1 when the project has problems or the file cannot be written, 2 for an unknown panel."""
    names = {panel.id for panel in PANELS}
    if args.panel and args.panel not in names:
        return complain(f"There is no panel {args.panel!r}; known are {', '.join(sorted(names))}.", 2)
    try:
        snapshot = library.read(args.x)
    except text.TextError as error:
        return complain(str(error), 1)
    with tempfile.TemporaryDirectory(prefix="chainrule-") as folder:
        window = Window(Settings(Path(folder) / "settings.ini"))
        window.furnish()
        window.autosave.close()
        try:
            return picture(window, args, lambda project: show(project, args.x, snapshot))
        finally:
            finish(window)


def show(project: Project, x: str, snapshot: object) -> None:
    path = Path(x)
    project.replace(snapshot, path=path.absolute() if path.is_file() else None, lesson="" if path.is_file() else x)


def picture(window: Window, args: argparse.Namespace, load: Callable[[Project], None]) -> int:
    """Loads, trains, waits, grabs."""
    load(window.project)
    window.fresh_document()
    window.resize(*args.size)
    window.show()
    window.reset_layout()
    end = time.monotonic() + PATIENCE
    until(lambda: window.bridge.analysis is not None and window.bridge.ready is not None, end, "the analysis")
    window.canvas.frame_all()
    select_something(window)
    if args.panel:
        window.raise_panel(args.panel)
    if args.steps:
        if window.errors():
            return complain("This project cannot train: " + window.errors()[0].message, 1)
        train(window, args.steps, end)
    calm(window, end)
    if not window.grab().save(args.out):
        return complain(f"{args.out} cannot be written. Choose another folder, and a name that ends in .png.", 1)
    return 0


def train(window: Window, steps: int, end: float) -> None:
    """Trains exactly `steps` steps, then pauses; a shorter run just ends."""
    window.training.start(hold_at=steps)
    until(lambda: window.training.state == "paused" or window.training.state not in ACTIVE, end, "training")


def select_something(window: Window) -> None:
    """The first convolution, else the first layer with weights, so that the panels have something to show."""
    analysis = window.bridge.analysis
    nodes = [node.id for node in window.project.snapshot().nodes if analysis and analysis.nodes.get(node.id)]
    weighty = [name for name in nodes if analysis and analysis.nodes[name].parameters]
    first = next((name for name in weighty if window.project.document.node(name).type == "conv2d"), next(iter(weighty), ""))
    if first:
        window.canvas.select([first])


def calm(window: Window, end: float) -> None:
    """Waits until no new picture has come for a while."""
    last = [time.monotonic()]

    def note(_result: object) -> None:
        last[0] = time.monotonic()

    window.bridge.pictured.connect(note)
    start = time.monotonic()
    while time.monotonic() < end and (time.monotonic() - last[0] < QUIET or time.monotonic() - start < 1.5):
        turn()
    window.bridge.pictured.disconnect(note)
    window.status.clear_message()


def until(condition: Callable[[], bool], end: float, what: str) -> None:
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"Waited too long for {what}.")
        turn()


def turn() -> None:
    """One round of the event loop. Not QTest.qWait: it waits with the GIL held, and the engine stands still."""
    QApplication.processEvents()
    time.sleep(0.01)


def complain(sentence: str, status: int) -> int:
    sys.stderr.write(sentence + "\n")
    return status
