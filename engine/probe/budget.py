"""How much of the training time pictures may take. Decides when, never what; reads no clock of its own but the one it is given."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable

SHARE = 0.05  # of the training time, at most
PLANNED = 0.9  # of that share is handed out: the rest is for pictures that take longer than the last time
SAVED = 0.25  # seconds of unused share that are kept at most
RATE = min(6.0, 1.0 * (os.cpu_count() or 2))  # pictures per second and panel: weights drift slowly, and each one also costs the window a repaint


class Budget:
    """Time for probes accrues with training time; each probe spends what it took. A picture waits until what it took last time is there."""

    def __init__(self, *, share: float = SHARE, clock: Callable[[], float] = time.perf_counter) -> None:
        self.share = share
        self.clock = clock
        self.spent = 0.0  # seconds of probes since the start
        self.credit = 0.0
        self.costs: dict[Hashable, float] = {}  # seconds that each panel's last picture took
        self.trained = 0.0  # seconds of training since the start, probes included
        self.mark = clock()
        self.served: dict[Hashable, float] = {}

    def pause(self) -> None:
        """The time until `resume` is no training time."""
        self.accrue()

    def resume(self) -> None:
        """Training goes on from here."""
        self.mark = self.clock()

    def accrue(self) -> None:
        now = self.clock()
        passed, self.mark = now - self.mark, now
        self.trained += passed
        earned = self.credit + PLANNED * self.share * passed
        self.credit = min(earned, max(SAVED, self.credit, *self.costs.values()))

    def allows(self, panel: Hashable = None) -> bool:
        """Whether a probe for `panel` may run now."""
        self.accrue()
        return self.credit > 0 and self.credit >= self.costs.get(panel, 0.0)

    def due(self, panel: Hashable) -> bool:
        """Whether `panel` has waited long enough for its next picture."""
        return self.clock() - self.served.get(panel, float("-inf")) >= 1 / RATE

    def spend(self, panel: Hashable, seconds: float) -> None:
        """Books a probe of `seconds` for `panel`."""
        self.spent += seconds
        self.credit -= seconds
        self.costs[panel] = seconds
        self.served[panel] = self.clock()

    def forget(self, panel: Hashable) -> None:
        """Serves `panel` as if it had asked for the first time."""
        self.served.pop(panel, None)

    @property
    def used(self) -> float:
        """The probes' part of the training time so far, 0..1."""
        return self.spent / self.trained if self.trained > 0 else 0.0
