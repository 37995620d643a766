"""Has the dataset of the selected data node examined and shows the report in the inspector. Reads nothing itself.

It begins by itself only while nothing trains.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from engine.events import HealthReport
from engine.graph.model import Node
from engine.layers import registry
from gui.inspector.node_page import NodePage
from gui.training import ACTIVE

if TYPE_CHECKING:
    from gui.window import Window

PAUSE = 500  # ms for which a data node stays selected as it is before it is examined
KEPT = 8  # reports that are remembered


class Examining(QObject):
    """One examination at a time: that of the data node whose page is shown."""

    def __init__(self, window: Window, inspector: Any) -> None:
        super().__init__(inspector)
        self.window, self.inspector = window, inspector
        self.key: Hashable = None  # of the dataset that is shown
        self.serial = 0  # of the examination that runs; 0: none
        self.reports: dict[Hashable, Any] = {}
        self.soon = QTimer(self, singleShot=True, interval=PAUSE)
        self.soon.timeout.connect(self.begin)
        inspector.pageShown.connect(self.follow)
        window.bridge.examined.connect(self.take)
        window.bridge.engineReady.connect(self.catch_up)

    def card(self) -> Any:
        """The card of the page that is shown, or None."""
        page = self.inspector.page
        return page.health if isinstance(page, NodePage) else None

    def follow(self) -> None:
        """Another page, or other values on it."""
        card = self.card()
        key = self.key_of(self.inspector.page.node) if card is not None else None
        if key == self.key:
            return
        self.stop()
        self.key = key
        if card is None:
            return
        if not card.property("connected"):
            card.setProperty("connected", True)
            card.examineClicked.connect(self.begin)
            card.cancelClicked.connect(self.cancel)
        card.clear()
        if key in self.reports:
            card.show_health(self.reports[key])
        elif self.window.training.state in ACTIVE:
            card.show_waiting("Not examined while a training runs: it would slow it down.")
        else:
            card.show_waiting("")
            self.start_soon()

    def start_soon(self) -> None:
        """Begins when the node has stayed as it is for a moment; before the engine is there, later."""
        if self.window.bridge.ready:
            self.soon.start()

    def catch_up(self) -> None:
        """The engine is there: what is shown is examined now."""
        if self.key is not None and self.key not in self.reports and not self.serial:
            self.start_soon()

    def key_of(self, node: Node) -> Hashable:
        return node.type, tuple(sorted((name, repr(value)) for name, value in node.params.items())), self.window.bridge.base

    def begin(self) -> None:
        """Asks for the report on the dataset that is shown."""
        card = self.card()
        self.soon.stop()
        if card is None:
            return
        node, bridge = self.inspector.page.node, self.window.bridge
        self.reports.pop(self.key, None)
        card.show_working("")
        self.serial = bridge.session.examine(registry.of(node).dataset, node.params, base=bridge.base)
        bridge.wake()

    def stop(self) -> None:
        """Nobody looks at that dataset any more."""
        self.soon.stop()
        if self.serial:
            self.serial = 0
            self.window.bridge.session.stop_examining()

    def cancel(self) -> None:
        """The button: no report."""
        self.stop()
        if (card := self.card()) is not None:
            card.show_waiting("Stopped.")

    def take(self, event: HealthReport) -> None:
        """Words, or the report."""
        card = self.card()
        if event.serial != self.serial or card is None:
            return
        if event.health is None and not event.problem:
            card.show_working(event.words)
            return
        self.serial = 0
        if event.problem:
            card.show_problem(event.problem)
            return
        if not event.health.problem:  # what failed is tried again when it is looked at again
            self.reports[self.key] = event.health
            while len(self.reports) > KEPT:
                self.reports.pop(next(iter(self.reports)))
        card.show_health(event.health)
