"""What is seen of the window at once: menus, run bar, docks and status bar around an empty ground. Needs no document and no engine.

Importing it must load neither numpy nor networkx: the window is painted before they are there, and `gui.window` furnishes it then.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Actions
from gui.breadcrumbs import Breadcrumbs
from gui.docks import StripKeeper, make_docks, place_docks
from gui.notice import NoticeArea
from gui.runbar import RunBar
from gui.settings import Settings
from gui.statusbar import StatusHolder
from gui.title import TitleBar

SMALLEST = (880, 500)  # a screen of 1366 x 768 at 150 %
FIRST_SIZE, MARGIN = (1600, 1000), QSize(8, 40)  # of the first start where the screen has the room; what the desktop puts around a window
BUTTONS = ("auto-layout", "frame-all", "minimap")  # above the canvas


class Shell(QMainWindow):
    """`furnished` says whether its content is there; what the user asks for before waits in `waiting`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.painted = self.furnished = False
        self.waiting: list[Callable[[], None]] = []
        self.setWindowTitle("Chainrule")
        self.setWindowIcon(theme.app_icon())
        self.setMinimumSize(*SMALLEST)
        self.acts = Actions(self)
        self.title_bar = TitleBar(self)
        self.menus = self.acts.fill(self.title_bar.menu_bar)
        self.run_bar = RunBar(self.acts.by_id, self)
        self.setMenuWidget(stacked(self.title_bar, self.run_bar))
        self.notices = NoticeArea(self)
        self.breadcrumbs = Breadcrumbs([self.acts[name] for name in BUTTONS], self.acts["zoom-reset"], self)
        self.ground = Ground(self)
        self.setCentralWidget(stacked(self.breadcrumbs, self.notices, self.ground))
        holder = StatusHolder(self)
        self.setStatusBar(holder)
        self.status = holder.facts
        self.docks = make_docks(self)
        self.strip_keeper = StripKeeper(self, self.docks)
        self.fill_menus()
        self.title_bar.paletteWanted.connect(self.acts["command-palette"].trigger)
        self.title_bar.themeWanted.connect(lambda: self.acts["theme-light" if theme.current().dark else "theme-dark"].trigger())
        self.status.problemsWanted.connect(lambda: self.raise_panel("problems"))
        self.acts.redraw(theme.current().icon, BUTTONS)  # the menus' icons can wait until there is something to choose
        theme.notifier().changed.connect(self.draw_icons)
        self.restore_layout()
        self.ground.setFocus()

    def fill_menus(self) -> None:
        """What the menus hold besides the actions: recent projects, and a switch for each panel."""
        recent = self.menus["File"].addMenu("Open recent")
        self.menus["File"].insertMenu(self.acts["save"], recent)
        self.menus["Open recent"] = recent
        self.menus["Window"].insertSeparator(self.acts["reset-layout"])
        for dock in self.docks.values():
            self.menus["Window"].insertAction(self.acts["reset-layout"], dock.toggleViewAction())

    def draw_icons(self) -> None:
        """In the colours of the theme."""
        self.acts.redraw(theme.current().icon)

    def put_on_ground(self, widget: QWidget) -> None:
        """The content takes the empty ground's place."""
        self.centralWidget().layout().replaceWidget(self.ground, widget)
        self.ground.hide()
        self.ground.deleteLater()

    # -- layout ------------------------------------------------------------------------------------------------------
    def restore_layout(self) -> None:
        """The user's layout, or the default one."""
        self.resize(QSize(*FIRST_SIZE).boundedTo(self.screen().availableSize() - MARGIN))
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

    def raise_panel(self, name: str) -> None:
        """Brings a panel to the front, wherever it is."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    # -- the first paint ---------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, self, self.after_first_paint)

    def after_first_paint(self) -> None:
        """The window can be seen; what takes long begins here."""


class Ground(QWidget):
    """Where the canvas will be; it holds the focus until then."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Canvas, still being loaded")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().color("canvas"))
        painter.end()


def stacked(*widgets: QWidget) -> QWidget:
    """Widgets one above the other without gaps; the last one takes the room."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    return holder
