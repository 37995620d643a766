"""The lanes between the engine's threads and the GUI: lossless, latest-wins, and a command inbox. No torch, no Qt, no policy."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Hashable
from typing import Any


class Bus:
    """Engine -> GUI. Any thread writes, one thread drains; no call waits for another thread's work.

    `post` keeps everything in order; `put` keeps only the newest value of a slot; `show` is a board that is looked at.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.facts: deque[Any] = deque()
        self.slots: dict[Hashable, Any] = {}
        self.states: dict[Hashable, Any] = {}

    def post(self, event: Any) -> None:
        """Adds `event` to the lossless lane."""
        self.facts.append(event)  # atomic: no lock

    def put(self, slot: Hashable, event: Any) -> None:
        """Leaves `event` in `slot` for the next drain; an undrained older one is dropped."""
        with self.lock:
            self.slots.pop(slot, None)
            self.slots[slot] = event

    def show(self, name: Hashable, state: Any) -> None:
        """Replaces the state called `name`; it is looked at with `look`, never drained."""
        self.states[name] = state

    def look(self, name: Hashable) -> Any:
        """The latest state called `name`, or None."""
        return self.states.get(name)

    def drain(self) -> list[Any]:
        """Everything since the last drain: first the lossless lane in order, then the newest of each slot."""
        events: list[Any] = []
        while self.facts:
            events.append(self.facts.popleft())
        with self.lock:
            events.extend(self.slots.values())
            self.slots.clear()
        return events


class Inbox:
    """GUI -> one engine thread. Commands queue in order; notices only keep their newest value.

    A notice is something whose past does not matter (the latest snapshot, a panel's latest request).
    """

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.commands: deque[Any] = deque()
        self.notices: dict[Hashable, Any] = {}
        self.waiting = False  # whether anything has come since the last take; read without the lock in hot loops

    def send(self, command: Any) -> None:
        """Queues `command` and wakes the reader."""
        with self.condition:
            self.commands.append(command)
            self.waiting = True
            self.condition.notify()

    def tell(self, topic: Hashable, value: Any) -> None:
        """Replaces the notice `topic` and wakes the reader."""
        with self.condition:
            self.notices[topic] = value
            self.waiting = True
            self.condition.notify()

    def take(self, timeout: float | None = 0.0) -> tuple[list[Any], dict[Hashable, Any]]:
        """All commands and notices so far; waits up to `timeout` seconds (None: for ever) when there are none."""
        with self.condition:
            if timeout is None or timeout > 0:
                end = None if timeout is None else time.monotonic() + timeout
                while not self.commands and not self.notices:
                    left = None if end is None else end - time.monotonic()
                    if (left is not None and left <= 0) or not self.condition.wait(left):
                        break
            commands, notices = list(self.commands), self.notices
            self.commands.clear()
            self.notices = {}
            self.waiting = False
            return commands, notices
