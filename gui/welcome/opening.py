"""Opens the welcome page over the window, connects it, and closes it again. Decides nothing about files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from engine import library
from gui.welcome.page import WelcomePage

if TYPE_CHECKING:
    from gui.window import Window


class Opening(QObject):
    """One page for the life of the window, made when it is first wanted."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.page = page = WelcomePage(window)
        page.newWanted.connect(window.acts["new"].trigger)
        page.openWanted.connect(window.acts["open"].trigger)
        page.lessonChosen.connect(window.files.open_lesson)
        page.recents.pathChosen.connect(window.files.open_path)
        page.recents.forgetWanted.connect(self.forget)
        page.recents.gone.connect(window.files.tell_gone)
        page.clear.clicked.connect(lambda: self.forget(None))
        page.left.connect(self.close)
        window.project.replaced.connect(self.close)
        window.strip_keeper.ordered.connect(lambda: page.raise_() if page.isVisible() else None)

    def show(self) -> None:
        """The page as things are now, the focus in its search field."""
        page = self.page
        page.set_recents(self.window.settings.recents())
        page.set_open(library.find(self.window.project.lesson))
        page.cover()
        page.show()
        page.raise_()
        page.field.selectAll()
        page.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self, path: Path | None) -> None:
        """Takes one project from the list, or all."""
        self.window.settings.forget_recent(path)
        self.page.set_recents(self.window.settings.recents())

    def close(self) -> None:
        """Back to what lies under the page."""
        if self.page.isVisible():
            self.window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)  # first: a widget that hides while it has the focus asks for the next one
            self.page.hide()
