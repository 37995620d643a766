"""The main window: a shell that is painted at once, furnished with project, canvas and engine as soon as they are loaded.

Only this module, `gui.furnish` and `gui.wiring` know everybody. It computes nothing and edits nothing itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from engine.graph.problem import ERROR, Problem
from gui.controls import words
from gui.preload import BREATH, Preload, collect_again
from gui.settings import Settings
from gui.shell import Shell

if TYPE_CHECKING:
    from engine.events import Analysis, EngineReady
    from engine.session import Session
    from gui.arrangement import Arrangement
    from gui.autosave import Autosave
    from gui.bridge import Bridge
    from gui.edit import Edit
    from gui.editor.view import Canvas
    from gui.files import Files
    from gui.help import Help
    from gui.levels import Levels
    from gui.panels.registry import Panel
    from gui.project import Project
    from gui.thumbnails import Thumbnails
    from gui.training import Training
    from gui.view import View


class Window(Shell):
    """`movedIn` comes once, when it is furnished; `settled`, when every panel is there too; `opened` with each document."""

    movedIn = Signal()
    opened = Signal()
    settled = Signal()

    # What `gui.furnish` brings.
    project: Project
    bridge: Bridge
    autosave: Autosave
    canvas: Canvas
    edit: Edit
    view: View
    help: Help
    levels: Levels
    files: Files
    training: Training
    arrangement: Arrangement
    thumbnails: Thumbnails
    maker: Callable[[Panel, QWidget], QWidget]  # of panels

    def __init__(self, settings: Settings | None = None, session: Session | None = None) -> None:
        super().__init__(settings or Settings())
        self.session = session
        self.palette_popup: QWidget | None = None
        self.incoming: deque[Problem] = deque()  # unforeseen exceptions of any thread, taken at the next tick
        self.incidents: list[Problem] = []
        self.preload: Preload | None = None
        self.ending = False

    # -- moving in ---------------------------------------------------------------------------------------------------
    def after_first_paint(self) -> None:
        """Loads what the window is furnished with, beside the event loop."""
        first = [panel.module for panel in self.missing() if panel.eager]
        self.load_ahead(["gui.furnish", "engine.graph.schema", *first], self.move_in, settling=0)

    def load_ahead(self, modules: list[str], then: Callable[[], None], **options: int) -> None:
        if not self.ending:
            self.preload = Preload(modules, self, **options)
            self.preload.done.connect(then)
            self.preload.start()

    def move_in(self) -> None:
        """The content; then what the user asked for meanwhile, and the other panels. Without content the window is of no use."""
        try:
            self.furnish()
        except Exception:
            QApplication.exit(1)
            raise
        self.movedIn.emit()
        QTimer.singleShot(BREATH, self, self.draw_icons)
        for call in self.waiting:
            QTimer.singleShot(BREATH, self, call)
        self.waiting.clear()
        self.load_ahead([panel.module for panel in self.missing()], self.make_missing)

    def furnish(self) -> None:
        """Project, canvas, engine, and the panels that are seen first, unless they are there."""
        from gui.furnish import furnish  # here, since loading it takes longer than all that the shell needs

        if not self.furnished:
            furnish(self, self.session)

    def missing(self) -> list[Panel]:
        """Panels that were not made yet, those in view first."""
        docks = sorted(self.docks.values(), key=lambda dock: not dock.in_view)
        return [dock.panel for dock in docks if dock.content is None]

    def make_missing(self) -> None:
        """Makes the next panel; after the last one the engine starts."""
        if (missing := self.missing()) and not self.ending:
            self.make_panel(missing[0].id)
            QTimer.singleShot(BREATH, self, self.make_missing)
            return
        collect_again()
        if not self.ending:
            self.bridge.start()
            self.settings.end_start()
            self.files.offer_recovery()
            self.settled.emit()

    def make_panel(self, name: str) -> QWidget | None:
        """The panel called `name`, made now if it is not there; none before the window is furnished."""
        dock = self.docks.get(name)
        return dock.fill(self.maker) if dock is not None and self.furnished else None

    def panel(self, name: str) -> QWidget | None:
        """The panel called `name`, if it has been made."""
        return self.docks[name].content

    # -- showing -----------------------------------------------------------------------------------------------------
    def fresh_document(self) -> None:
        """Another document is open: everything that depends on it."""
        self.notices.drop("outside")
        self.show_document()
        self.show_title()
        self.show_problems()
        self.opened.emit()

    def show_document(self) -> None:
        document = self.project.document
        self.run_bar.set_recipe(document.recipe)
        self.status.set_seed(document.recipe.seed)
        self.show_counts()

    def show_counts(self) -> None:
        analysis = self.bridge.analysis
        nodes = len(self.project.document.nodes)
        self.status.set_counts(nodes, analysis.parameters if analysis else None, words(analysis.macs) if analysis and analysis.macs else "")

    def show_title(self) -> None:
        project = self.project
        self.title_bar.set_title(project.title, project.dirty)
        self.levels.show_trail()
        self.setWindowTitle(f"{project.title}[*] · Chainrule")
        self.setWindowModified(project.dirty)
        self.show_saved()

    def show_saved(self) -> None:
        """When the project was saved, at the right of the status bar."""
        if self.project.dirty:
            self.status.set_saved([("Unsaved edits", False)])
        elif self.files.saved_at:
            self.status.set_saved([("Saved ", False), (self.files.saved_at, True)])
        else:
            self.status.set_saved([("No edits", False)])

    def problems(self) -> tuple[Problem, ...]:
        """All there are: of the document, of the last run, and our own."""
        analysis = self.bridge.analysis
        return (*self.training.joined(analysis.problems if analysis else ()), *self.incidents)

    def errors(self) -> tuple[Problem, ...]:
        """What keeps the document from training."""
        return self.bridge.analysis.errors if self.bridge.analysis else ()

    def show_problems(self) -> None:
        found = self.problems()
        errors = sum(problem.severity == ERROR for problem in found)
        warnings = sum(problem.severity == "warning" for problem in found)
        awaited = self.bridge.analysis is None and not found
        if not awaited:
            self.status.set_problems(errors, warnings)
        else:
            self.status.set_unchecked("Checking…" if self.bridge.ready else "Loading PyTorch…")
        self.docks["problems"].set_count(errors + warnings, alarm=errors > 0)
        if (panel := self.panel("problems")) is not None:
            panel.set_awaited(awaited)
            panel.set_problems(found)

    def say(self, sentence: str, icon: str = "info") -> None:
        """A sentence in the status bar for a few seconds."""
        self.status.say(sentence, icon)

    def lock_recipe(self, active: bool) -> None:
        if (panel := self.panel("recipe")) is not None:
            panel.set_running(active)

    # -- taking in ---------------------------------------------------------------------------------------------------
    def take_analysis(self, analysis: Analysis) -> None:
        self.training.mark_nodes()
        self.show_counts()
        self.show_problems()
        self.refresh_actions()

    def take_engine(self, ready: EngineReady) -> None:
        self.run_bar.set_devices(ready)
        self.show_problems()
        self.training.show_state()

    def take_incidents(self) -> None:
        """What nobody foresaw, each kind once."""
        while self.incoming:
            problem = self.incoming.popleft()
            if problem.message not in {known.message for known in self.incidents}:
                self.incidents.append(problem)
                self.show_problems()
                self.raise_panel("problems")

    def take_focus(self, old: QWidget | None, now: QWidget | None) -> None:
        if not self.ending:
            self.refresh_actions()

    def selected_nodes(self) -> list[str]:
        return self.canvas.selected()

    def refresh_actions(self) -> None:
        """What is possible now, and the names of what undo and redo would do."""
        stack, free = self.project.stack, not self.edit.typing()
        active, nodes = self.training.active, bool(self.selected_nodes())
        analysis = self.bridge.analysis
        self.acts["undo"].setText(f"Undo {lower_first(stack.undoText())}".strip())
        self.acts["redo"].setText(f"Redo {lower_first(stack.redoText())}".strip())
        self.acts.set_facts({
            "undo": free and stack.canUndo(), "redo": free and stack.canRedo(), "nodes": nodes, "selection": bool(self.canvas.network.selection),
            "content": bool(self.project.level.nodes), "trainable": active or not self.errors(), "active": active, "idle": not active,
            "problems": bool(analysis and any(problem.node for problem in analysis.problems)),
            "code": bool(self.bridge.source.text), **self.levels.facts(), **self.view.facts(),
        })  # fmt: skip

    # -- commands of its own -----------------------------------------------------------------------------------------
    def undo(self) -> None:
        """Gives up the gesture that runs, a drag for example; else takes the last step back."""
        if not self.canvas.stop_tool():
            self.project.undo()

    def open_palette(self) -> None:
        """Actions, nodes, layers and lessons by name."""
        from gui.dialogs import finder

        corner = self.title_bar.field.mapToGlobal(QPoint(self.title_bar.field.width(), 0))
        self.palette_popup = finder.open_palette(self, corner)

    # -- drops, showing, hiding, closing -----------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.files.drops.accepts(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.files.drops.drop(event.mimeData(), self.scene_place(event.position().toPoint()))

    def scene_place(self, at: QPoint) -> tuple[float, float] | None:
        """A point of the window on the canvas, in scene px; None beside the canvas."""
        point = self.canvas.viewport().mapFrom(self, at)
        return self.canvas.camera.scene_point(QPointF(point)).toTuple() if self.canvas.viewport().rect().contains(point) else None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if not self.furnished:
            return
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.painted:
            self.files.check_outside()
        elif event.type() == QEvent.Type.WindowStateChange:
            self.bridge.set_visible(not self.isMinimized())

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        if self.furnished:
            self.bridge.visible = True

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)
        if self.furnished:
            self.bridge.set_visible(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.ending:
            if self.furnished and not self.may_close():
                event.ignore()
                return
            self.end()
        event.accept()

    def may_close(self) -> bool:
        """Whether the user lets go of a run that is active and of unsaved edits."""
        from gui.dialogs import ask

        return (not self.training.active or ask.running(self)) and self.files.may_leave()

    def end(self) -> None:
        """Everything in order: loading, timers, engine, history, scene."""
        self.ending = True
        self.settings.save_layout(self.saveGeometry(), self.saveState(1))
        self.settings.sync()
        self.status.clear_message()
        if self.preload is not None:
            self.preload.close()
        if self.furnished:
            self.unfurnish()

    def unfurnish(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.disconnect(self.take_focus)
        self.bridge.close()
        self.autosave.close()
        self.canvas.network.clear()
        self.project.close()


def lower_first(label: str) -> str:
    """A step's label inside a sentence: "Add Conv2d" becomes "add Conv2d"."""
    return label[:1].lower() + label[1:]
