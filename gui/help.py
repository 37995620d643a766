"""Commands of the Help menu, and links in lesson texts. Changes no document."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from gui import places
from gui.actions import ACTIONS

if TYPE_CHECKING:
    from gui.welcome.opening import Opening
    from gui.window import Window


class Help(QObject):
    """Dialogs that show something; each is deleted when it closes."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.opening: Opening | None = None

    def welcome(self) -> None:
        """Recent projects, lessons and templates over the whole window; once more closes them."""
        from gui.welcome.opening import Opening

        if self.opening is None:
            self.opening = Opening(self.window)
        if self.opening.page.isVisible():
            self.opening.close()
        else:
            self.opening.show()

    def shortcuts(self) -> None:
        from gui.dialogs.pages import Shortcuts

        dialog = Shortcuts(ACTIONS, self.window)
        dialog.exec()
        dialog.deleteLater()

    def about(self) -> None:
        from gui.dialogs.pages import About

        ready = self.window.bridge.ready
        dialog = About(version(), f"Computes on {ready.label}." if ready else "PyTorch is loading.", self.window)
        dialog.exec()
        dialog.deleteLater()

    def lessons(self) -> None:
        self.window.raise_panel("lessons")

    def log(self) -> None:
        """Opens the log, or says that there is none."""
        path = places.log_file()
        if path.exists():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
        else:
            self.window.say("The log is empty: nothing has gone wrong.", "ok")

    def follow_link(self, target: str) -> None:
        """A link of a lesson text: another lesson by its id, or a web page in the browser."""
        if target.startswith(("https://", "http://")):
            QDesktopServices.openUrl(QUrl(target))
        else:
            self.window.files.open_lesson(target.removeprefix("lesson:"))


def version() -> str:
    """The installed version, or that of the source tree."""
    try:
        return metadata.version("chainrule")
    except metadata.PackageNotFoundError:
        return "0.1.0, from its source tree"
