"""New, open, save, recover and export: the window's dealings with the disk. Asks through dialogs; the project does the writing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMenu

from engine.graph import text
from engine.graph.model import About, Snapshot
from gui import autosave
from gui.dialogs import ask
from gui.drops import Drops
from gui.editor import export, strip_figure
from gui.notice import Offer

if TYPE_CHECKING:
    from gui.window import Window

PATTERN = f"Chainrule projects (*{text.SUFFIX})"


class Files(QObject):
    """Everything that replaces the document or writes a file goes through here, so that unsaved edits are asked about once and everywhere."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.project = window.project
        self.drops = Drops(window)
        self.saved_at = ""
        self.follow_hint()

    def follow_hint(self) -> None:
        """What an empty canvas offers: recent projects, and the way to the welcome page."""
        hint, settings = self.window.canvas.empty, self.window.settings
        hint.recents = settings.recents
        hint.list.pathChosen.connect(self.open_path)
        hint.list.forgetWanted.connect(lambda path: (settings.forget_recent(path), hint.show_recents()))
        hint.list.gone.connect(self.tell_gone)
        hint.allWanted.connect(lambda: self.window.help.welcome())

    def tell_gone(self, name: str, reason: str) -> None:
        """Why a recent project is grey."""
        self.window.say(f"{name} cannot be opened: {reason}. Delete takes it from the list.", "warning")

    # -- opening -----------------------------------------------------------------------------------------------------
    def new(self) -> None:
        if self.may_leave():
            self.replace(Snapshot(about=About(title="untitled")))

    def open(self) -> None:
        if self.may_leave() and (path := ask.open_path(self.window, "Open project", PATTERN, self.folder())):
            self.open_path(path, asked=True)

    def open_path(self, path: Path, *, asked: bool = False) -> bool:
        """Opens a project file; whether that worked. A file that cannot be read leaves everything as it is."""
        if not asked and not self.may_leave():
            return False
        return self.guard(lambda: self.project.open(path), after=lambda: self.opened(path.absolute()))

    def opened(self, path: Path) -> None:
        self.window.settings.add_recent(path)
        self.remember()
        self.saved_at = ""
        self.window.fresh_document()

    def open_lesson(self, entry_id: str) -> bool:
        """Opens a shipped lesson or template as a project without a file."""
        from engine import library

        entry = library.find(entry_id)
        if entry is None or not self.may_leave():
            return False
        return self.guard(lambda: self.replace(text.open_file(entry.path), lesson=entry.id))

    def open_start(self, x: str) -> bool:
        """What the command line named: a file, or the id of a lesson or template."""
        from engine import library

        if library.find(x) is not None and not Path(x).is_file():
            return self.open_lesson(x)
        if not Path(x).exists():
            self.guard(lambda: library.read(x))  # says what there is instead
            return False
        return self.open_path(Path(x), asked=True)

    def replace(self, snapshot: Snapshot, *, lesson: str = "") -> None:
        self.project.replace(snapshot, lesson=lesson)
        self.saved_at = ""
        self.remember()
        self.window.fresh_document()

    def remember(self) -> None:
        """What the next start opens."""
        self.window.settings.set("last", str(self.project.path) if self.project.path else f"lesson:{self.project.lesson}" if self.project.lesson else "")

    def reload(self) -> None:
        """Takes the file's version, after someone else wrote it."""
        if self.project.path is not None:
            self.open_path(self.project.path, asked=True)

    # -- saving ------------------------------------------------------------------------------------------------------
    def save(self) -> bool:
        if self.project.path is None:
            return self.save_as()
        if self.project.changed_outside() and not ask.overwrite(self.window, self.project.path):
            return False
        return self.write(self.project.path)

    def save_as(self) -> bool:
        proposal = self.folder() / f"{self.project.title}{text.SUFFIX}"
        path = ask.save_path(self.window, "Save project as", PATTERN, proposal)
        if path is None:
            return False
        return self.write(path)

    def write(self, path: Path) -> bool:
        def done() -> None:
            self.saved_at = time.strftime("%H:%M")
            self.window.settings.add_recent(path.absolute())
            self.remember()
            self.window.show_saved()

        return self.guard(lambda: self.project.save(path), after=done)

    def may_leave(self) -> bool:
        """Whether the document may be left: it is clean, was saved just now, or its edits are not wanted."""
        if not self.project.dirty:
            return True
        answer = ask.unsaved(self.window, self.project.title)
        return self.save() if answer == "save" else answer == "discard"

    def check_outside(self) -> None:
        """Notices that someone else wrote or removed the file."""
        if not self.project.changed_outside():
            return
        name = self.project.path.name if self.project.path else ""
        gone = self.project.path is not None and not self.project.path.exists()
        keep = Offer("Keep mine", self.project.accept_outside)
        if gone:
            self.project.accept_outside()
            self.window.notices.show_notice("outside", f"{name} was moved or removed. Your version is still here, unsaved.", [], icon="warning")
        elif self.project.dirty:
            sentence = f"{name} was changed by another program, and you have unsaved edits."
            self.window.notices.show_notice("outside", sentence, [Offer("Load theirs", self.reload), keep], icon="warning")
        else:
            self.window.notices.show_notice("outside", f"{name} was changed by another program.", [Offer("Reload", self.reload), keep])

    # -- recovery ----------------------------------------------------------------------------------------------------
    def offer_recovery(self) -> None:
        """Unsaved edits of a session that was killed: one notice each, newest first."""
        for index, lost in enumerate(autosave.find_lost()[:3]):
            when = time.strftime("%d %b %H:%M", time.localtime(lost.when))
            sentence = f"Chainrule did not end in order. Unsaved edits of “{lost.title}” from {when} were kept."
            offers = [Offer("Restore", lambda item=lost: self.restore(item)), Offer("Discard", lambda item=lost: autosave.discard(item.folder))]
            self.window.notices.show_notice(f"lost{index}", sentence, offers, icon="warning")

    def restore(self, lost: autosave.Lost) -> None:
        """Opens unsaved edits; they stay unsaved, and the file they belong to stays as it is."""
        if not self.may_leave():
            return
        self.project.replace(lost.snapshot, path=lost.path, lesson=lost.lesson, restored=True)
        self.window.autosave.write()
        autosave.discard(lost.folder)
        self.window.fresh_document()

    # -- export ------------------------------------------------------------------------------------------------------
    def export_code(self) -> None:
        bridge = self.window.bridge
        if bridge.started and not bridge.current:  # edited just now: a matter of milliseconds
            bridge.written.connect(lambda _: self.export_code(), Qt.ConnectionType.SingleShotConnection)
            return
        if not bridge.source.text:
            self.window.say("There is no code yet: the network has problems.", "warning")
            return
        path = ask.save_path(self.window, "Export code", "Python (*.py)", self.folder() / f"{self.project.title.replace('-', '_')}.py")
        if path is not None:
            source = bridge.source.text.encode()
            self.guard(lambda: text.write_atomic(path, source), after=lambda: self.window.say(f"Wrote {path.name}.", "ok"))

    def export_figure(self) -> None:
        """The whole canvas with full detail."""
        if answer := ask.figure_path(self.window, "Export figure", self.folder() / f"{self.project.title}.png"):
            self.guard(lambda: self.write_figure(*answer), after=lambda: self.window.say(f"Wrote {answer[0].name}.", "ok"))

    def export_layers(self) -> None:
        """The stacks of maps from left to right, with what they hold now."""
        panel = self.window.panel("activations")
        found = strip_figure.stages(self.window.canvas.network, panel.image.sample if panel is not None else None)
        if not found:
            self.window.say("There is no layer with a known shape to draw.", "warning")
            return
        if answer := ask.figure_path(self.window, "Export layer figure", self.folder() / f"{self.project.title}-layers.png"):
            path, paper = answer
            self.guard(lambda: strip_figure.write(found, path, paper=paper), after=lambda: self.window.say(f"Wrote {path.name}.", "ok"))

    def write_figure(self, path: Path, paper: bool) -> None:
        if path.suffix.lower() == ".svg":
            self.window.canvas.render_svg(path, paper=paper)
        else:
            export.save(self.window.canvas.render_image(paper=paper), path)

    def fill_recent(self, menu: QMenu) -> None:
        """The submenu of recent projects, made anew each time it opens."""
        menu.clear()
        menu.setToolTipsVisible(True)
        for recent in self.window.settings.recents():
            action = menu.addAction(str(recent.path))
            action.triggered.connect(lambda _=False, chosen=recent.path: self.open_path(chosen))
            if lack := recent.lack():
                action.setEnabled(False)
                action.setToolTip(f"{recent.path.name}: {lack}.")
        if menu.isEmpty():
            menu.addAction("No recent projects").setEnabled(False)
        else:
            menu.addSeparator()
            menu.addAction("Clear this list").triggered.connect(lambda: self.window.settings.forget_recent())

    # -- shared ------------------------------------------------------------------------------------------------------
    def folder(self) -> Path:
        """Where dialogs begin."""
        return self.project.path.parent if self.project.path else Path.home()

    def guard(self, call: Callable[[], object], *, after: Callable[[], object] | None = None) -> bool:
        """Runs a call that may fail with a sentence for the user; whether it worked."""
        try:
            call()
        except (text.TextError, OSError) as error:
            ask.tell(self.window, str(error))
            return False
        if after is not None:
            after()
        return True
