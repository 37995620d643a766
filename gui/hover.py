"""What flows through the wire under the pointer: asks the engine for the range of its values while the tooltip is open. Draws nothing itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.events import ProbeRequest, ProbeResult

if TYPE_CHECKING:
    from gui.window import Window


class Hover:
    """A viewer of the bridge without a widget; the canvas's tooltip shows what it gets."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.canvas = window.canvas
        window.bridge.watch("hover", self, every=0.3)

    def isVisible(self) -> bool:
        return self.canvas.tip.isVisible() and self.canvas.hovered.wire is not None

    def request(self) -> ProbeRequest | None:
        """The values at the wire's beginning, for the sample that is pinned."""
        wire = self.canvas.hovered.wire
        if wire is None:
            return None
        return ProbeRequest("activations", self.window.project.level.path_of(wire.source), sample=self.window.thumbnails.sample, limit=1)

    def show_result(self, result: ProbeResult) -> None:
        """Adds the range to the tooltip that is open."""
        wire = self.canvas.hovered.wire
        if wire is None or result.problem or result.request.node != self.window.project.level.path_of(wire.source):
            return
        low, high = float(result.info.get("min", math.nan)), float(result.info.get("max", math.nan))
        if math.isfinite(low) and math.isfinite(high):
            self.canvas.network.ranges[wire.source] = f"from {low:.4g} to {high:.4g} for sample {result.request.sample} · {result.info['weights']} weights"
            self.canvas.show_tip()
