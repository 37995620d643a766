"""Live pictures on nodes: keeps what the engine sends and draws it at most four times a second, only where it is seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from gui.editor.scene import Scene

PERIOD = 250  # ms between redraws
MANY = 60  # nodes from which pictures are off unless asked for
COURSE = 240  # points of a loss that are kept; thinned by half when full


class Gallery(QObject):
    """Pending pictures and live values. `visible` (set by the view) tells which nodes are on screen."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.scene = scene
        self.wanted: bool | None = None  # None: on up to MANY nodes
        self.pending: dict[str, np.ndarray | None] = {}
        self.words: dict[str, str] = {}
        self.values: set[str] = set()
        self.every: dict[str, tuple[int, int]] = {}
        self.visible: Callable[[], set[str]] = lambda: set(scene.nodes)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(PERIOD)
        self.timer.timeout.connect(self.draw)

    @property
    def on(self) -> bool:
        """Whether nodes show pictures now."""
        return self.wanted if self.wanted is not None else len(self.scene.nodes) <= MANY

    def switch(self, on: bool | None) -> None:
        """Turns pictures on or off (None: on for small networks)."""
        self.wanted = on
        if not self.on:
            names = [name for name, item in self.scene.nodes.items() if item.array is not None or item.mood.picture is not None]
            for name in names:
                item = self.scene.nodes[name]
                self.pending[name] = item.array
                item.history = []
                item.set_picture(None)
            self.scene.refresh(names)
        elif self.pending:
            self.timer.start()

    def put(self, arrays: Mapping[str, np.ndarray], words: Mapping[str, str] | None = None) -> None:
        """Takes fresh pictures; the first ones are drawn at once, later ones with the next tick."""
        self.pending.update(arrays)
        self.words.update(words or {})
        if not self.timer.isActive() and self.on:
            self.draw()
            self.timer.start()

    def drop(self, names: Iterable[str]) -> None:
        """Takes away pictures that no longer tell the truth, drawn or pending."""
        gone = []
        for name in names:
            self.pending.pop(name, None)
            self.words.pop(name, None)
            if self.scene.nodes[name].array is not None:
                self.scene.nodes[name].set_picture(None)
                gone.append(name)
        if gone:
            self.scene.refresh(gone)

    def value(self, name: str, value: float | None) -> None:
        """A loss's live value; None starts a new course."""
        item = self.scene.nodes.get(name)
        if item is None:
            return
        if value is None:
            item.history, item.live = [], ""
            self.every.pop(name, None)
        else:
            self.remember(name, value)
            item.live = written(value)
        self.values.add(name)
        if not self.timer.isActive():
            self.draw()
            self.timer.start()

    def remember(self, name: str, value: float) -> None:
        """Keeps every k-th value, so that the whole run fits into COURSE points."""
        course = self.scene.nodes[name].history
        every, count = self.every.get(name, (1, 0))
        if count % every == 0:
            course.append(value)
        if len(course) >= COURSE:
            del course[1::2]
            every *= 2
        self.every[name] = (every, count + 1)

    def draw(self) -> None:
        """Draws what is pending on the nodes that are on screen; the rest waits."""
        seen = self.visible()
        resized = []
        due = {name for name in self.pending if name in seen or name not in self.scene.nodes} if self.on else set()
        for name in due:
            array = self.pending.pop(name)
            item = self.scene.nodes.get(name)
            if item is not None and item.set_picture(array):
                resized.append(name)
        for name in self.values & seen & self.scene.nodes.keys():
            item = self.scene.nodes[name]
            if item.redraw_picture() if self.on else item.measure():
                resized.append(name)
        self.values -= seen
        if resized:
            self.scene.refresh(resized)

    def catch_up(self) -> None:
        """After the view moved: draws what waited for its node to be seen."""
        if (self.pending and self.on) or self.values:
            self.timer.start()

    def clear(self) -> None:
        """Forgets everything and stops."""
        self.timer.stop()
        self.pending, self.words, self.values, self.every = {}, {}, set(), {}


def written(value: float) -> str:
    """A loss's value, short also where it explodes."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if abs(value) < 10_000 else f"{value:.2e}".replace("e+", "e")
