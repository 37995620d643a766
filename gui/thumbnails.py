"""What nodes show of themselves: asks the engine for pictures of the nodes in view, and follows the loss while a run trains. Draws nothing."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from engine.events import ProbeRequest, ProbeResult, RunStarted
from engine.layers import registry

if TYPE_CHECKING:
    from gui.window import Window

LOOK = 0.15  # seconds between two looks at which nodes are visible
PAUSE = 0.25  # seconds between two values of a loss
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
        self.rows = 0
        window.bridge.watch("canvas", self, every=PAUSE)
        window.bridge.ticked.connect(self.follow_loss)
        window.bridge.runStarted.connect(self.begin)

    def isVisible(self) -> bool:
        """Whether anybody could see a picture."""
        return self.canvas.isVisible() and self.canvas.thumbnails_on

    def request(self) -> ProbeRequest | None:
        """Pictures of the nodes in view, once the view has come to rest."""
        document = self.window.project.document
        now = time.monotonic()
        if self.asked and now - self.looked < LOOK:
            return self.wish
        self.looked = now
        names = tuple(
            sorted(name for name in self.canvas.visible_nodes() if name in document and (row := registry.of(document.node(name), document)) and row.probes)
        )
        if names != self.seen:
            self.seen, self.since = names, now
        if not self.asked or now - self.since >= SETTLE:
            self.asked = names
        self.wish = ProbeRequest("thumbnails", nodes=self.asked, sample=self.sample) if self.asked else None
        return self.wish

    def show_result(self, result: ProbeResult) -> None:
        self.canvas.set_thumbnails(result)

    def set_sample(self, sample: int) -> None:
        """The sample that the activations panel has pinned."""
        self.sample, self.looked = sample, 0.0

    # -- the loss ----------------------------------------------------------------------------------------------------
    def losses(self) -> list[str]:
        snapshot = self.window.project.snapshot()
        return [node.id for node in snapshot.nodes if (row := registry.of(node, snapshot)) and row.role == "loss"]

    def begin(self, run: RunStarted) -> None:
        """A new run: a new course."""
        self.rows = 0
        for name in self.losses():
            self.canvas.set_live(name, None)

    def follow_loss(self) -> None:
        """The training loss as the live value of the loss node; with several of them only their sum is known, so none is shown."""
        run = self.window.bridge.run
        if run is None or run.metrics.count == self.rows or not self.window.bridge.pace.grant("loss", least=PAUSE):
            return
        names = self.losses()
        column = run.metrics.steps("loss")[self.rows :]
        self.rows += len(column)
        if len(names) == 1 and len(column) and math.isfinite(mean := float(column.mean())):
            self.canvas.set_live(names[0], mean)
