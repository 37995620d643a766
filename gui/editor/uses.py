"""How often this user has added each kind of layer: what is used most is offered first. Counts only; adds nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.graph.model import block_of

if TYPE_CHECKING:
    from gui.settings import Settings

GROUP = "used"


class Uses:
    """Counts by type id; without settings for as long as the canvas lives."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter(settings.numbers(GROUP) if settings else {})

    def __getitem__(self, type_id: str) -> int:
        return self.counts[type_id]

    def add(self, type_id: str) -> None:
        """One was added. Blocks of a document count only here: elsewhere their ids mean other blocks."""
        self.counts[type_id] += 1
        if self.settings is not None and not block_of(type_id):
            self.settings.set(f"{GROUP}/{type_id}", str(self.counts[type_id]))
