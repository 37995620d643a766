"""What nodes show of themselves: asks the engine for pictures of the nodes in view, and follows the loss while a run trains. Draws nothing."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from engine.events import ProbeRequest, ProbeResult, RunStarted
from engine.layers import registry
from engine.layers.loss import WATCH

if TYPE_CHECKING:
    from gui.window import Window

LOOK = 0.3  # seconds between two looks at which nodes are visible
PAUSE = 0.25  # seconds between two values of a loss
COURSE = 120  # points of a loss's course so far
SETTLE = 0.3  # seconds for which the set of visible nodes must stay before it is asked for


class Thumbnails:
    """A panel without a widget: the canvas shows what it gets."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.canvas = window.canvas
        self.sample = 0
        self.asked: tuple[str, ...] = ()
        self.seen: tuple[str, ...] = ()
        self.since = self.looked = 0.0
        self.wish: ProbeRequest | None = None
        self.sight: tuple[object, ...] = ()  # what the last look found: part of the scene, level, document, sample
        self.rows = 0
        self.again = False  # the loss nodes forgot their course, because another level was shown
        window.bridge.watch("canvas", self, every=PAUSE)
        window.bridge.ticked.connect(self.follow_loss)
        window.bridge.runStarted.connect(self.begin)
        window.project.levelChanged.connect(self.begin_again)

    def isVisible(self) -> bool:
        """Whether anybody could see a picture."""
        return self.canvas.isVisible() and self.canvas.thumbnails_on

    def request(self) -> ProbeRequest | None:
        """Pictures of the nodes in view, once the view has come to rest."""
        level = self.window.project.level
        now = time.monotonic()
        if self.asked and now - self.looked < LOOK:
            return self.wish
        self.looked = now
        sight = (self.canvas.camera.shown().getRect(), level.path, self.window.project.snapshot(), self.sample)
        if self.asked == self.seen and self.sight == sight:
            return self.wish
        self.sight = sight
        seen = [name for name in self.canvas.visible_nodes() if name in level and (row := registry.of(level.node(name), level)) and row.probes]
        names = tuple(sorted(level.path_of(name) for name in seen))
        if names != self.seen:
            self.seen, self.since = names, now
        if not self.asked or now - self.since >= SETTLE:
            self.asked = names
        self.wish = ProbeRequest("thumbnails", nodes=self.asked, sample=self.sample) if self.asked else None
        return self.wish

    def show_result(self, result: ProbeResult) -> None:
        """Pictures of the level that is open; those of another one come too late."""
        level = self.window.project.level
        names = {path: level.name_in(path) for path in result.request.nodes if path == level.path_of(level.name_in(path))}
        arrays = {names[path]: array for path, array in result.arrays.items() if path in names}
        self.canvas.set_thumbnails(arrays, {names[path]: str(words) for path, words in result.info.items() if path in names})

    def set_sample(self, sample: int) -> None:
        """The sample that the activations panel has pinned."""
        self.sample, self.looked = sample, 0.0

    # -- the loss ----------------------------------------------------------------------------------------------------
    def losses(self) -> list[str]:
        snapshot = self.window.project.snapshot()
        return [node.id for node in snapshot.nodes if (row := registry.of(node, snapshot)) and row.role == "loss" and row.id != WATCH]

    def begin(self, run: RunStarted) -> None:
        """A new run: a new course."""
        self.rows = 0
        for name in self.losses():
            self.canvas.set_live(name, None)

    def begin_again(self) -> None:
        """Another level is shown: the losses, which lie outside all blocks, tell their whole course when they are seen again."""
        self.rows, self.again = 0, True
        self.asked = ()  # and its nodes are asked for at once

    def follow_loss(self) -> None:
        """The training loss as the live value of the loss node; with several of them only their sum is known, so none is shown."""
        run = self.window.bridge.run
        if run is None or self.window.project.level.path or run.metrics.count == self.rows:
            return
        if not self.window.bridge.pace.grant("loss", least=PAUSE):
            return
        names = self.losses()
        column = run.metrics.steps("loss")[self.rows :]
        parts = np.array_split(column, min(len(column), COURSE)) if self.again else [column]
        self.again = False
        self.rows += len(column)
        for part in parts if len(names) == 1 else ():
            if len(part) and math.isfinite(mean := float(part.mean())):
                self.canvas.set_live(names[0], mean)
