"""Keeps each panel's latest request and serves them when the weights have changed. Never fails: a picture that cannot be made says why."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from engine.bus import Bus
from engine.events import ProbeRequest, ProbeResult
from engine.probe.budget import Budget
from engine.probe.request import answer
from engine.probe.subject import Subject

LOG = logging.getLogger(__name__)
UNCHANGING = ("samples", "timing")  # kinds that do not depend on weights
Look = Callable[[], Subject]


class Desk:
    """The open requests of all panels. `served` remembers for what each was answered last."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.requests: dict[str, ProbeRequest] = {}
        self.served: dict[str, Hashable] = {}

    def note(self, notices: Mapping[Hashable, Any]) -> None:
        """Takes in what panels want now; None closes a request."""
        for topic, request in notices.items():
            if not isinstance(topic, tuple):
                continue
            panel = topic[1]
            if request is None:
                self.requests.pop(panel, None)
            elif self.requests.get(panel) != request:
                self.requests[panel] = request
            self.served.pop(panel, None)

    def waiting(self, subject: Subject, among: Iterable[str] | None = None) -> list[str]:
        """The panels (default: all) whose picture is older than the weights of `subject`."""
        return [panel for panel in (self.requests if among is None else among) if self.served.get(panel) != stamp(subject, self.requests[panel])]

    def serve(self, subject: Subject, panel: str) -> None:
        """Answers one panel."""
        request = self.requests[panel]
        self.served[panel] = stamp(subject, request)
        try:
            result = answer(subject, panel, request)
        except Exception as error:
            LOG.exception("probe %s failed", request)
            words = " ".join(str(error).split())[:300]
            result = ProbeResult(
                panel,
                request,
                subject.step,
                info={"step": subject.step, "weights": subject.weights},
                problem=f"This picture could not be made: {type(error).__name__}: {words}.",
            )
        self.bus.put(("panel", panel), result)

    def serve_all(self, subject: Subject) -> None:
        """Answers every panel that waits; for the times when nothing is being trained."""
        for panel in self.waiting(subject):
            self.serve(subject, panel)

    def serve_within(self, subject: Subject, budget: Budget) -> None:
        """Answers the panels whose turn it is, as far as the budget allows, those first that have waited longest.

        All in one round: panels that look at the same sample share one pass through the network, and the window repaints once.
        """
        if not self.requests or not budget.allows():
            return
        due = [panel for panel in self.requests if panel not in self.served or budget.due(panel)]  # first, since this is asked at each step
        for panel in sorted(self.waiting(subject, due), key=lambda name: (name in self.served, budget.served.get(name, 0.0))):
            if not budget.allows(panel):
                return  # its turn comes when it can be afforded; no other one takes it
            begin = time.perf_counter()
            self.serve(subject, panel)
            budget.spend(panel, time.perf_counter() - begin)

    def refuse(self, sentence: str) -> None:
        """Tells every panel why there is nothing to show; each is told once."""
        for panel, request in self.requests.items():
            if self.served.get(panel) != sentence:
                self.served[panel] = sentence
                self.bus.put(("panel", panel), ProbeResult(panel, request, 0, info={"step": 0, "weights": "none"}, problem=sentence))


def stamp(subject: Subject, request: ProbeRequest) -> Hashable:
    """What an answer depends on: as long as it stays the same, so does the picture."""
    return request, subject.serial, 0 if request.kind in UNCHANGING else subject.step
