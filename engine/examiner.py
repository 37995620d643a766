"""The examiner thread: reports on datasets, one at a time, the newest wish first. No torch of its own, downloads nothing, changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.bus import Bus, Inbox
from engine.commands import Close
from engine.events import HealthReport
from engine.graph.model import Value

LOG = logging.getLogger(__name__)
Say = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Examination:
    """A report that somebody wants; `serial` tells it from others."""

    serial: int
    type_id: str
    params: Mapping[str, Value]
    base: str


class Examiner:
    """Waits for wishes; a new one, None and the end cut short what it is doing. A report that fails becomes a problem, never an end."""

    def __init__(self, bus: Bus, examine: Callable[[Examination, Say], object] | None = None) -> None:
        self.bus = bus
        self.inbox = Inbox()
        self.examine = examine or report

    def send(self, wish: Examination | None) -> None:
        """Asks for a report, or for none any more."""
        self.inbox.tell("wish", wish)

    def close(self) -> None:
        """Ends the thread soon."""
        self.inbox.send(Close())

    def serve(self) -> None:
        """The thread's body."""
        while True:
            commands, notices = self.inbox.take(None)
            if commands:
                return
            if notices.get("wish") is not None:
                self.answer(notices["wish"])

    def answer(self, wish: Examination) -> None:
        """Posts the report on one dataset, and words while it is made; nothing more once nobody wants it."""
        from engine.data.entry import LoadingStopped

        def say(words: str) -> bool:
            self.bus.put("health", HealthReport(wish.serial, words=words))
            return not self.inbox.waiting

        try:
            found = self.examine(wish, say)
        except LoadingStopped:
            return
        except Exception as error:
            LOG.exception("the report on %s failed", wish.type_id)
            words = " ".join(str(error).split())[:300] or "no message"
            self.bus.put("health", HealthReport(wish.serial, problem=f"The dataset could not be examined: {type(error).__name__}: {words}."))
            return
        if not self.inbox.waiting:
            self.bus.put("health", HealthReport(wish.serial, health=found))


def report(wish: Examination, say: Say) -> object:
    """The health of the wanted dataset; of one that would have to be downloaded first, that."""
    from engine.data import catalog
    from engine.data.health import Health, health

    entry = catalog.CATALOG.get(wish.type_id)
    if entry is not None and entry.kind == "torchvision" and not catalog.on_disk(entry):
        missing = f"{entry.title} is not on this computer yet."
        return Health(wish.type_id, problem=missing, fix="It is downloaded when you train for the first time; examine it then.")
    return health(wish.type_id, wish.params, base=wish.base, say=say)
