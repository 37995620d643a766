"""Nine kept views of the canvas for each project: which level, which place, how near. Ctrl and the digit goes there; remembered in the user's settings."""

from __future__ import annotations

import json
from functools import partialmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF

from engine.graph.model import plain_path
from gui.actions import PLACES
from gui.level import level_at

if TYPE_CHECKING:
    from gui.window import Window

PLAIN = str.maketrans("/\\", "||")  # a slash would be a group of the settings
FAR = 200_000.0  # px; what a damaged setting says beyond this is no place on the canvas


class Bookmarks(QObject):
    """Kept by number for the project that is open: under its file, or under its lesson's id; for an untitled one until it is closed."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.project = window.project
        self.canvas = window.canvas
        self.views: dict[int, tuple[str, float, float, float]] = {}  # number -> level, middle of the view (scene px), zoom
        self.project.replaced.connect(self.forget)
        self.project.pathChanged.connect(self.follow_path)

    def forget(self) -> None:
        """Another document: its views come with its path."""
        self.views = {}

    @property
    def key(self) -> str:
        """Where this project's views are kept; nothing for an untitled one."""
        home = str(self.project.path) if self.project.path else f"lesson:{self.project.lesson}" if self.project.lesson else ""
        return f"views/{home.translate(PLAIN)}" if home else ""

    def follow_path(self) -> None:
        """Another document, which has its own; or this one has got a file, and its views move there."""
        if self.views:
            self.write()
        else:
            self.views = read(self.window.settings.text(self.key)) if self.key else {}
        self.tell()

    def write(self) -> None:
        if self.key:
            self.window.settings.set(self.key, json.dumps({str(number): view for number, view in sorted(self.views.items())}))

    def keep(self, number: int) -> None:
        """What the canvas shows now is view `number`."""
        camera = self.canvas.camera
        middle = camera.scene_point(camera.middle())
        self.views[number] = (self.project.level.path, round(middle.x(), 1), round(middle.y(), 1), round(camera.zoom, 4))
        self.write()
        self.tell()
        self.window.say(f"Kept as view {number}: Ctrl+{number} comes back here.", "ok")

    def go(self, number: int) -> None:
        """Shows view `number`, also inside a block; the nearest level outside a block that is gone."""
        if number in self.views:
            path, x, y, zoom = self.views[number]
            self.project.go(path)
            self.canvas.camera.look_at(QPointF(x, y), zoom)
            self.canvas.setFocus()

    def tell(self) -> None:
        """Names the commands after what their views show."""
        for number in PLACES:
            self.window.acts[f"view-{number}"].setText(f"View {number}" + (f" · {self.words(number)}" if number in self.views else ""))
        self.window.refresh_actions()

    def words(self, number: int) -> str:
        """A view in words: the block it lies in and its zoom."""
        path, _, _, zoom = self.views[number]
        trail = level_at(self.project.document, path).trail() if path else []
        return f"{trail[-1][1] if trail else self.project.title}, {zoom:.0%}".replace("%", " %")

    def facts(self) -> dict[str, bool]:
        """Which of them there are, for the commands."""
        return {f"view-{number}": number in self.views for number in PLACES}


for place in PLACES:
    setattr(Bookmarks, f"go_{place}", partialmethod(Bookmarks.go, place))
    setattr(Bookmarks, f"keep_{place}", partialmethod(Bookmarks.keep, place))


def read(text: str) -> dict[int, tuple[str, float, float, float]]:
    """The views that a setting holds; what is damaged is left out."""
    try:
        found = json.loads(text or "{}").items()
    except (ValueError, AttributeError, RecursionError):
        return {}
    views = {}
    for number, view in found:
        match view:
            case [str(path), int() | float() as x, int() | float() as y, int() | float() as zoom] if number in map(str, PLACES):
                if abs(x) < FAR and abs(y) < FAR and 0 < zoom < 10:
                    views[int(number)] = (plain_path(path) if path else "", float(x), float(y), float(zoom))
    return views
