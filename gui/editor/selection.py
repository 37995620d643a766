"""What is selected: nodes, wires and frames by id. Knows no items; tells its listeners when it changes."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from engine.graph.model import Wire


class Selection(QObject):
    """Three sets; `current` is the node that keyboard walking starts from (the last one chosen)."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.nodes: set[str] = set()
        self.wires: set[Wire] = set()
        self.frames: set[str] = set()
        self.current = ""

    def __bool__(self) -> bool:
        return bool(self.nodes or self.wires or self.frames)

    def set(self, nodes: Iterable[str] = (), wires: Iterable[Wire] = (), frames: Iterable[str] = ()) -> None:
        """Replaces the whole selection; the signal comes only when it differs."""
        ordered = list(nodes)
        news = (set(ordered), set(wires), set(frames))
        if self.current not in news[0]:
            self.current = ordered[-1] if ordered else ""
        if news != (self.nodes, self.wires, self.frames):
            self.nodes, self.wires, self.frames = news
            self.changed.emit()

    def toggle(self, *, node: str = "", wire: Wire | None = None, frame: str = "") -> None:
        """Adds one thing, or takes it out when it is in."""
        self.set(self.nodes ^ ({node} if node else set()), self.wires ^ ({wire} if wire else set()), self.frames ^ ({frame} if frame else set()))
        if node and node in self.nodes:
            self.current = node

    def add(self, *, node: str = "", wire: Wire | None = None, frame: str = "") -> None:
        """Adds one thing."""
        self.set(self.nodes | ({node} if node else set()), self.wires | ({wire} if wire else set()), self.frames | ({frame} if frame else set()))
        if node:
            self.current = node

    def clear(self) -> None:
        self.set()
