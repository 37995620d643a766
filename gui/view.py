"""Commands of the View menu: zoom, what the canvas shows, theme. Changes no document."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from gui import theme
from gui.bookmarks import Bookmarks
from gui.editor.heat import QUANTITIES
from gui.editor.uses import Uses
from gui.frame_colors import FrameColors
from gui.hover import Hover
from gui.motion import SystemMotion

if TYPE_CHECKING:
    from gui.window import Window

ZOOM_STEP = 1.25
MOTIONS = ("system", "reduced", "full")
CONTEXT = (
    ("add-layer",),
    ("cut", "copy", "paste", "duplicate"),
    ("bypass", "freeze", "swap-inputs", "add-frame"),
    ("insert-identity", "to-separable"),
    ("open-block", "leave-block", "group-block", "expand-block"),
    ("dissolve", "delete"),
    ("frame-selection",),
)


class View(QObject):
    """Every switch is remembered in the settings."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.canvas = window.canvas
        self.settings = window.settings
        self.canvas.uses = Uses(self.settings)
        self.bookmarks, self.frame_colors = Bookmarks(window), FrameColors(window)
        self.system = SystemMotion(self)

    def restore(self) -> None:
        """The switches as the user left them."""
        self.set_heat("")
        self.window.bridge.watch("heat", self.canvas.heat)
        self.hover = Hover(self.window)
        for name, call in (("minimap", self.set_minimap), ("grid", self.set_grid), ("thumbnails", self.set_thumbnails), ("strip", self.set_strip)):
            self.window.acts[name].setChecked(self.settings.flag(f"view/{name}", True))
            if not self.settings.flag(f"view/{name}", True):
                call(False)

        self.system.changed.connect(self.apply_motion)
        self.window.settled.connect(self.ask_motion)
        self.apply_motion()

    def facts(self) -> dict[str, bool]:
        """What commands depend on: which views are kept, and whether a frame is selected."""
        return {**self.bookmarks.facts(), "frames": bool(self.canvas.network.selection.frames)}

    def frame_node(self, path: str) -> None:
        """Selects a node, also one inside a block, and brings it into view: a click on a problem."""
        self.canvas.open_path(path)

    def open_menu(self, at: QPoint) -> None:
        """The canvas's context menu, at a point of the screen."""
        menu = QMenu(self.window)
        for names in CONTEXT:
            menu.addActions([self.window.acts[name] for name in names])
            menu.addSeparator()
        if self.canvas.network.selection.frames:
            menu.addMenu(self.window.menus["Graph/Frame colour"])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def zoom_in(self) -> None:
        self.canvas.zoom_to(100 * self.canvas.zoom * ZOOM_STEP)

    def zoom_out(self) -> None:
        self.canvas.zoom_to(100 * self.canvas.zoom / ZOOM_STEP)

    def zoom_reset(self) -> None:
        self.canvas.zoom_to(100)

    def set_minimap(self, on: bool) -> None:
        self.canvas.show_minimap(on)
        self.settings.set("view/minimap", on)

    def set_grid(self, on: bool) -> None:
        self.canvas.show_grid(on)
        self.settings.set("view/grid", on)

    def set_thumbnails(self, on: bool) -> None:
        """Off, or on where the network is small enough for them to be read."""
        self.canvas.show_thumbnails(None if on else False)
        self.settings.set("view/thumbnails", on)

    def motion(self) -> str:
        """What the user chose: system, reduced or full. An earlier version kept a switch."""
        chosen = self.settings.text("view/motion")
        return chosen if chosen in MOTIONS else "reduced" if self.settings.flag("view/still", False) else "system"

    def set_motion(self, name: str) -> None:
        self.settings.set("view/motion", name)
        self.ask_motion()
        self.apply_motion()

    motion_system = partialmethod(set_motion, "system")
    motion_reduced = partialmethod(set_motion, "reduced")
    motion_full = partialmethod(set_motion, "full")

    def ask_motion(self) -> None:
        """Asks the desktop, where the user leaves it to that. Never before the first paint."""
        if self.motion() == "system":
            self.system.ask()

    def apply_motion(self) -> None:
        """With less motion nothing glides or glows: all that moves by itself is at its goal at once."""
        chosen = self.motion()
        for name in MOTIONS:
            self.window.acts[f"motion-{name}"].setChecked(chosen == name)
        less = chosen == "reduced" or (chosen == "system" and self.system.less)
        self.canvas.motion = self.canvas.camera.motion = not less

    def set_heat(self, quantity: str) -> None:
        """Colours the nodes by a quantity, or by their families alone."""
        self.canvas.heat.show_quantity(quantity)
        for name in ("", *QUANTITIES):
            self.window.acts[f"heat-{name or 'off'}"].setChecked(quantity == name)

    heat_off = partialmethod(set_heat, "")
    heat_parameters = partialmethod(set_heat, "parameters")
    heat_macs = partialmethod(set_heat, "macs")
    heat_memory = partialmethod(set_heat, "memory")
    heat_time = partialmethod(set_heat, "time")

    def set_strip(self, on: bool) -> None:
        """The level around, while a block is open."""
        self.canvas.show_strip(on)
        self.settings.set("view/strip", on)

    def set_theme(self, name: str) -> None:
        theme.use(name)
        self.settings.set("theme", name)
        self.mark_theme()

    theme_system = partialmethod(set_theme, "system")
    theme_dark = partialmethod(set_theme, "dark")
    theme_light = partialmethod(set_theme, "light")

    def mark_theme(self) -> None:
        for name in ("system", "dark", "light"):
            self.window.acts[f"theme-{name}"].setChecked(theme.wanted() == name)
