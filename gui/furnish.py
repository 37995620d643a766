"""Furnishes the window: project, engine, canvas and what works on them, and everybody's signals to everybody's slots.

Imported once the window's shell is painted: this is what takes long to load.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui import sights, theme, wiring
from gui.arrangement import Arrangement
from gui.autosave import Autosave
from gui.bridge import Bridge
from gui.edit import Edit
from gui.editor.view import Canvas
from gui.files import Files
from gui.help import Help
from gui.levels import Levels
from gui.panels.registry import PANELS
from gui.project import Project
from gui.thumbnails import Thumbnails
from gui.training import Training
from gui.view import View

if TYPE_CHECKING:
    from engine.session import Session
    from gui.window import Window


def furnish(window: Window, session: Session | None) -> None:
    """Every part, from the document outwards, and the panels that are seen first."""
    window.project = Project(parent=window)
    window.bridge = Bridge(window.project, session)
    window.autosave = Autosave(window.project)
    window.canvas = Canvas(window.project, window)
    window.put_on_ground(window.canvas)
    window.acts.attach(window.canvas)
    window.edit, window.view, window.help, window.levels = Edit(window), View(window), Help(window), Levels(window)
    window.files = Files(window)
    window.training = Training(window)
    window.arrangement = Arrangement(window)
    window.thumbnails = Thumbnails(window)
    window.maker = partial(wiring.make, window)
    window.furnished = True
    window.bridge.visible = window.isVisible()
    window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
    for panel in PANELS:
        if panel.eager:
            window.make_panel(panel.id)
    connect(window)
    window.setAcceptDrops(True)


def connect(window: Window) -> None:
    """Everybody's signals to everybody's slots."""
    connect_document(window)
    connect_canvas(window)
    recent = window.menus["Open recent"]
    recent.aboutToShow.connect(partial(window.files.fill_recent, recent))
    for dock in window.docks.values():
        dock.shown.connect(window.make_panel)
    theme.notifier().changed.connect(window.view.mark_theme)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.focusChanged.connect(window.take_focus)
    window.view.restore()
    window.view.mark_theme()
    window.show_document()
    window.show_title()
    window.training.show_state()


def connect_document(window: Window) -> None:
    """What follows the project, and what comes from the engine."""
    project, bridge = window.project, window.bridge
    project.changed.connect(lambda _: window.show_document())
    project.dirtyChanged.connect(lambda _: window.show_title())
    project.pathChanged.connect(window.show_title)
    for signal in (project.stack.canUndoChanged, project.stack.indexChanged, bridge.written):
        signal.connect(lambda _: window.refresh_actions())
    window.autosave.failed.connect(lambda sentence: window.notices.show_notice("autosave", sentence, icon="warning"))
    bridge.analysed.connect(window.take_analysis)
    bridge.analysed.connect(lambda _: wiring.aim_all(window))
    window.opened.connect(lambda: wiring.aim_all(window))
    window.opened.connect(lambda: sights.come_forward(window))
    bridge.engineReady.connect(window.take_engine)
    bridge.ticked.connect(window.take_incidents)


def connect_canvas(window: Window) -> None:
    """What is done on the canvas."""
    canvas = window.canvas
    canvas.selectionChanged.connect(lambda nodes: wiring.show_selection(window, list(nodes)))
    canvas.selectionChanged.connect(lambda _: window.refresh_actions())
    canvas.zoomChanged.connect(lambda _: window.breadcrumbs.set_zoom(canvas.zoom))
    canvas.nodeActivated.connect(lambda _: window.edit.focus_inspector())
    canvas.hint.connect(lambda sentence: window.say(sentence, "warning"))
    canvas.menuRequested.connect(window.view.open_menu)
    canvas.lessonChosen.connect(window.files.open_lesson)
    canvas.remedyChosen.connect(window.edit.fix_here)
