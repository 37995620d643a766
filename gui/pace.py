"""How often live views are drawn while a run computes on the same processor: seldom enough that the window takes a small share of it, and in turn.

A training on the CPU uses every core, so what the window's thread computes is taken from it directly. Measures and grants; draws nothing.
"""

from __future__ import annotations

import os
import time

SHARE = 0.008 * (os.cpu_count() or 2)  # of one core that the window may take by itself
QUICKEST, SLOWEST = 0.1, 2.0  # seconds between two drawings of one view; only slow processors come near the second
EAGER = 4  # times as often as at the end of the last run are views drawn at the beginning of the next, where most happens
STRAIN = 0.5  # seconds of pause
WINDOW = 0.4  # seconds over which the load is measured
MEMORY = 3.0  # seconds over which it is averaged, since drawings come in bursts
APART = 0.02  # seconds between two drawings of any views, so that none makes the window late for long


class Pace:
    """`pause` follows the `load` of the calling thread, a share of one core; `grant` gives one view its turn."""

    def __init__(self) -> None:
        self.pause, self.load = QUICKEST, SHARE
        self.busy, self.learned = False, QUICKEST  # the pause that the last run came to
        self.turns: dict[str, float] = {}
        self.latest = 0.0
        self.seen = (time.monotonic(), time.thread_time())

    def measure(self, busy: bool) -> None:
        """Called at each tick of the one timer; while nothing trains, everything is drawn as often as anybody can see."""
        now, used = time.monotonic(), time.thread_time()
        if busy != self.busy:
            self.turn(busy)
        passed = now - self.seen[0]
        if passed < WINDOW:
            return
        load = (used - self.seen[1]) / passed
        self.seen = (now, used)
        if not busy:
            return
        self.load += (load - self.load) * passed / (MEMORY + passed)
        change = min(max((self.load / SHARE) ** 0.5, 0.85), 1.5)  # one busy moment does not freeze the views
        self.pause = min(max(self.pause * change, QUICKEST), SLOWEST)

    def turn(self, busy: bool) -> None:
        """A run begins or has ended."""
        self.busy = busy
        if busy:
            self.pause = max(self.learned / EAGER, QUICKEST)
        else:
            self.learned, self.pause, self.load = self.pause, QUICKEST, SHARE

    @property
    def strained(self) -> bool:
        """Whether a run leaves the window so little that it should not even look about as often as usual."""
        return self.pause > STRAIN

    def grant(self, view: str, *, least: float = 0.0) -> bool:
        """Whether `view` may draw now; `least` seconds between its drawings, or `pause` if that is more."""
        now = time.monotonic()
        if now - self.turns.get(view, 0.0) < max(least, self.pause) or now - self.latest < APART:
            return False
        self.turns[view] = self.latest = now
        return True

    def hurry(self, view: str) -> None:
        """`view` is due at once, whenever it was drawn last."""
        self.turns.pop(view, None)
