"""The main window: puts title bar, run bar, docks, canvas and status bar together, and owns project, bridge and autosave.

Only this module and `gui.wiring` know everybody. It computes nothing and edits nothing itself.
"""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from engine.events import Analysis, EngineReady
from engine.graph.problem import ERROR, Problem
from engine.session import Session
from gui import sights, theme, wiring
from gui.actions import Actions
from gui.arrangement import Arrangement
from gui.autosave import Autosave
from gui.breadcrumbs import Breadcrumbs
from gui.bridge import Bridge
from gui.controls import words
from gui.dialogs import ask
from gui.docks import StripKeeper, make_docks, place_docks
from gui.edit import Edit
from gui.editor.view import Canvas
from gui.files import Files
from gui.help import Help
from gui.levels import Levels
from gui.notice import NoticeArea
from gui.panels import registry
from gui.preload import BREATH, Preload, collect_again
from gui.project import Project
from gui.runbar import RunBar
from gui.settings import Settings
from gui.statusbar import StatusHolder
from gui.thumbnails import Thumbnails
from gui.title import TitleBar
from gui.training import ACTIVE, Training
from gui.view import View

SMALLEST = (880, 500)  # a screen of 1366 x 768 at 150 %
FIRST_SIZE, FRAME = (1600, 1000), QSize(8, 40)  # of the first start where the screen has the room; what the desktop puts around a window


class Window(QMainWindow):
    """`settled` comes once, when the first paint is done and every panel is there."""

    settled = Signal()

    def __init__(self, settings: Settings | None = None, session: Session | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.project = Project(parent=self)
        self.bridge = Bridge(self.project, session)
        self.autosave = Autosave(self.project)
        self.palette_popup: QWidget | None = None
        self.incoming: deque[Problem] = deque()  # unforeseen exceptions of any thread, taken at the next tick
        self.incidents: list[Problem] = []
        self.preload: Preload | None = None
        self.painted = self.ending = False
        self.setWindowTitle("Chainrule")
        self.setWindowIcon(theme.app_icon())
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        self.build()
        self.follow()
        self.restore_layout()

    # -- putting together --------------------------------------------------------------------------------------------
    def build(self) -> None:
        """Every part, from the canvas outwards."""
        self.canvas = Canvas(self.project, self)
        self.acts = Actions(self, self.canvas)
        self.title_bar = TitleBar(self)
        self.menus = self.acts.fill(self.title_bar.menu_bar)
        self.run_bar = RunBar(self.acts.by_id, self)
        head = stacked(self.title_bar, self.run_bar)
        self.setMenuWidget(head)
        self.notices = NoticeArea(self)
        self.breadcrumbs = Breadcrumbs([self.acts[name] for name in ("auto-layout", "frame-all", "minimap")], self.acts["zoom-reset"], self)
        self.setCentralWidget(stacked(self.breadcrumbs, self.notices, self.canvas))
        holder = StatusHolder(self)
        self.setStatusBar(holder)
        self.status = holder.facts
        self.docks = make_docks(self)
        self.strip_keeper = StripKeeper(self, self.docks)
        self.edit, self.view, self.help, self.levels = Edit(self), View(self), Help(self), Levels(self)
        self.files = Files(self)
        self.training = Training(self)
        self.arrangement = Arrangement(self)
        self.thumbnails = Thumbnails(self)
        for panel in registry.PANELS:
            if panel.eager:
                self.make_panel(panel.id)
        recent = self.menus["File"].addMenu("Open recent")
        self.menus["File"].insertMenu(self.acts["save"], recent)
        self.menus["Open recent"] = recent
        recent.aboutToShow.connect(lambda: self.files.fill_recent(recent))
        self.menus["Window"].insertSeparator(self.acts["reset-layout"])
        for dock in self.docks.values():
            self.menus["Window"].insertAction(self.acts["reset-layout"], dock.toggleViewAction())

    def follow(self) -> None:
        """Everybody's signals to everybody's slots."""
        project, bridge = self.project, self.bridge
        self.title_bar.paletteWanted.connect(self.open_palette)
        self.title_bar.themeWanted.connect(self.view.flip_theme)
        self.status.problemsWanted.connect(lambda: self.raise_panel("problems"))
        project.changed.connect(lambda _: self.show_document())
        project.dirtyChanged.connect(lambda _: self.show_title())
        project.pathChanged.connect(self.show_title)
        for signal in (project.stack.canUndoChanged, project.stack.indexChanged, bridge.written):
            signal.connect(lambda _: self.refresh_actions())
        self.autosave.failed.connect(lambda sentence: self.notices.show_notice("autosave", sentence, icon="warning"))
        bridge.analysed.connect(self.take_analysis)
        bridge.engineReady.connect(self.take_engine)
        self.canvas.selectionChanged.connect(self.take_selection)
        self.canvas.zoomChanged.connect(lambda _: self.breadcrumbs.set_zoom(self.canvas.zoom))
        self.canvas.nodeActivated.connect(lambda _: self.edit.focus_inspector())
        self.canvas.hint.connect(lambda sentence: self.say(sentence, "warning"))
        self.canvas.menuRequested.connect(self.view.open_menu)
        self.canvas.lessonChosen.connect(self.files.open_lesson)
        self.canvas.remedyChosen.connect(self.edit.fix_here)
        for dock in self.docks.values():
            dock.shown.connect(self.make_panel)
        bridge.ticked.connect(self.take_incidents)
        theme.notifier().changed.connect(self.redraw)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self.take_focus)
        self.view.restore()
        self.redraw()
        self.show_document()
        self.show_title()
        self.training.show_state()

    def make_panel(self, name: str) -> QWidget | None:
        """The panel called `name`, made now if it is not there."""
        dock = self.docks.get(name)
        if dock is None or (dock.content is None and not self.painted and not dock.panel.eager):
            return None  # what comes after the first paint is made then
        return dock.fill(lambda panel, place: wiring.make(self, panel, place))

    def panel(self, name: str) -> QWidget | None:
        """The panel called `name`, if it has been made."""
        return self.docks[name].content

    # -- the first moments -------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, self, self.after_first_paint)

    def after_first_paint(self) -> None:
        """The other panels' modules are loaded beside the event loop, then each panel is made in a turn of its own."""
        if not self.ending:
            self.preload = Preload([dock.panel.make.partition(":")[0] for dock in self.docks.values() if dock.content is None], self)
            self.preload.done.connect(self.make_missing)
            self.preload.start()

    def make_missing(self) -> None:
        """Makes the next panel, those in view first; after the last one the engine starts."""
        missing = [name for name, dock in self.docks.items() if dock.content is None]
        missing.sort(key=lambda name: not self.docks[name].in_view)
        if missing and not self.ending:
            self.make_panel(missing[0])
            QTimer.singleShot(BREATH, self, self.make_missing)
            return
        collect_again()
        if not self.ending:
            self.bridge.start()
            self.settings.end_start()
            self.files.offer_recovery()
            self.settled.emit()

    def restore_layout(self) -> None:
        """The user's layout, or the default one."""
        self.resize(QSize(*FIRST_SIZE).boundedTo(self.screen().availableSize() - FRAME))
        kept = self.settings.layout()
        if kept is None:
            self.strip_keeper.place_when_shown()
            return
        self.settings.begin_start()
        if not (self.restoreGeometry(kept[0]) and self.restoreState(kept[1], 1)):
            self.settings.forget_layout()
            self.reset_layout()

    def reset_layout(self) -> None:
        """All panels back to their first places."""
        place_docks(self, self.docks)

    # -- showing -----------------------------------------------------------------------------------------------------
    def fresh_document(self) -> None:
        """Another document is open: everything that depends on it."""
        self.notices.drop("outside")
        self.show_document()
        self.show_title()
        self.show_problems()
        wiring.aim_all(self)
        sights.come_forward(self)

    def show_document(self) -> None:
        document = self.project.document
        self.run_bar.set_recipe(document.recipe)
        self.status.set_seed(document.recipe.seed)
        self.show_counts()

    def show_counts(self) -> None:
        analysis = self.bridge.analysis
        nodes = len(self.project.document.nodes)
        self.status.set_counts(nodes, analysis.parameters if analysis else 0, words(analysis.macs) if analysis and analysis.macs else "")

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
        self.status.set_problems(errors, warnings)
        self.docks["problems"].set_count(errors + warnings, alarm=errors > 0)
        if (panel := self.panel("problems")) is not None:
            panel.set_problems(found)

    def say(self, sentence: str, icon: str = "info") -> None:
        """A sentence in the status bar for a few seconds."""
        self.status.say(sentence, icon)

    def raise_panel(self, name: str) -> None:
        """Brings a panel to the front, wherever it is."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def lock_recipe(self, active: bool) -> None:
        if (panel := self.panel("recipe")) is not None:
            panel.set_running(active)

    def redraw(self) -> None:
        """Icons and marks in the colours of the theme."""
        self.acts.redraw(theme.current().icon)
        self.view.mark_theme()

    # -- taking in ---------------------------------------------------------------------------------------------------
    def take_analysis(self, analysis: Analysis) -> None:
        self.training.mark_nodes()
        self.show_counts()
        self.show_problems()
        self.refresh_actions()
        wiring.aim_all(self)

    def take_engine(self, ready: EngineReady) -> None:
        self.run_bar.set_devices(ready)
        self.training.show_state()

    def take_selection(self, nodes: list[str]) -> None:
        wiring.show_selection(self, list(nodes))
        self.refresh_actions()

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
        active, nodes = self.training.state in ACTIVE, bool(self.selected_nodes())
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
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.painted:
            self.files.check_outside()
        elif event.type() == QEvent.Type.WindowStateChange:
            self.bridge.set_visible(not self.isMinimized())

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self.bridge.visible = True
        if not self.painted:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)
        self.bridge.set_visible(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.ending:
            active = self.training.state in ACTIVE
            if (active and not ask.running(self)) or not self.files.may_leave():
                event.ignore()
                return
            self.end()
        event.accept()

    def end(self) -> None:
        """Everything in order: timers, engine, history, scene."""
        self.ending = True
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.disconnect(self.take_focus)
        self.settings.save_layout(self.saveGeometry(), self.saveState(1))
        self.settings.sync()
        self.status.clear_message()
        if self.preload is not None:
            self.preload.close()
        self.bridge.close()
        self.autosave.close()
        self.canvas.network.clear()
        self.project.close()


def stacked(*widgets: QWidget) -> QWidget:
    """Widgets one above the other without gaps; the last one takes the room."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    return holder


def lower_first(label: str) -> str:
    """A step's label inside a sentence: "Add Conv2d" becomes "add Conv2d"."""
    return label[:1].lower() + label[1:]
