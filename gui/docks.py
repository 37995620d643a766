"""The docks around the canvas: tab strips on top, 1 px seams, panels made on demand. Knows no panel's content."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QStackedLayout, QTabBar, QTabWidget, QWidget

from gui import grips, theme
from gui.controls import IconButton
from gui.panels.registry import BOTTOM, BOTTOM_HEIGHT, LEFT, PANELS, RIGHT, Panel, groups

STRIP = 30  # height of a tab strip
LEAST_HEIGHT = 232  # of the bottom panels, unless the window is very low
NARROWEST = 200  # of any panel
NARROW = 1200  # px of a window below which the bottom has two strips instead of three
SHARES = {"curves": 400, "filters": 480}  # of the two: all tabs of the second one are seen
AREAS = {LEFT: Qt.DockWidgetArea.LeftDockWidgetArea, RIGHT: Qt.DockWidgetArea.RightDockWidgetArea, BOTTOM: Qt.DockWidgetArea.BottomDockWidgetArea}


class Dock(QDockWidget):
    """One panel's place. Its widget is made by `fill`; `shown` tells when the panel comes into view."""

    shown = Signal(str)
    counted = Signal()

    def __init__(self, panel: Panel, window: QMainWindow) -> None:
        super().__init__(panel.title, window)
        self.panel = panel
        self.content: QWidget | None = None
        self.count, self.alarm = 0, False
        self.setObjectName(panel.id)
        self.holder = QWidget(self)
        self.holder.setAutoFillBackground(True)
        self.stack = QStackedLayout(self.holder)
        self.stack.setContentsMargins(0, 0, 0, 0)
        # A blank page is in front while the tab is behind others: Qt only moves such docks away, and goes on calling them visible.
        self.stack.addWidget(QWidget(self.holder))
        self.setWidget(self.holder)
        self.strip = Strip(self)
        self.setTitleBarWidget(self.strip)
        self.in_view = False
        self.visibilityChanged.connect(self.follow)
        self.topLevelChanged.connect(self.strip.follow)
        self.dockLocationChanged.connect(self.strip.follow)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def fill(self, make: Callable[[Panel, QWidget], QWidget]) -> QWidget:
        """The panel's widget, made at the first call."""
        if self.content is None:
            self.content = make(self.panel, self.holder)
            self.content.setMinimumWidth(NARROWEST)  # a long caption shortens itself; it does not move the seams
            self.stack.addWidget(self.content)
            self.stack.setCurrentIndex(int(self.in_view))
        return self.content

    def follow(self, in_view: bool) -> None:
        """Hides the panel while its tab is behind others."""
        self.in_view = in_view
        if self.content is not None:
            self.stack.setCurrentIndex(int(in_view))
        if in_view:
            self.shown.emit(self.panel.id)

    def set_count(self, count: int, *, alarm: bool = False) -> None:
        """A number beside the title: problems to look at; `alarm` when some of them are errors."""
        if (count, alarm) != (self.count, self.alarm):
            self.count, self.alarm = count, alarm
            self.counted.emit()


class Strip(QWidget):
    """The title of a dock that stands alone, drawn like a chosen tab; nothing while a tab bar shows the title."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.dock = dock
        self.tall = True  # no tab bar shows the title; known since `follow`, since Qt asks for the size thousands of times
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 6, 0)
        row.addStretch(1)
        self.close_button = IconButton("close", f"Close {dock.panel.title.lower()}; the Window menu brings it back", self, size=12, color="t3")
        self.close_button.setFixedSize(20, 20)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(dock.close)
        row.addWidget(self.close_button)
        theme.notifier().changed.connect(self.update)
        self.follow()

    def alone(self) -> bool:
        window = self.dock.parentWidget()
        return self.dock.isFloating() or not isinstance(window, QMainWindow) or not tabbed_with(window, self.dock)

    def follow(self) -> None:
        """Shows itself only where no tab bar does."""
        self.tall = self.alone()
        self.setFixedHeight(STRIP if self.tall else 0)
        self.close_button.setVisible(self.tall)

    def sizeHint(self) -> QSize:
        return QSize(60, STRIP if self.tall else 0)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("bar"))
        painter.setFont(theme.font(12, 500))
        width = QFontMetricsF(painter.font()).horizontalAdvance(self.dock.windowTitle()) + 24
        painter.fillRect(QRectF(0, 0, width, self.height()), t.color("panel"))
        painter.fillRect(QRectF(0, 0, width, 2), t.color("accent"))
        painter.setPen(t.color("t1"))
        painter.drawText(QRectF(12, 1, width, self.height()), Qt.AlignmentFlag.AlignVCenter, self.dock.windowTitle())
        painter.end()


def tabbed_with(window: QMainWindow, dock: QDockWidget) -> list[QDockWidget]:
    """Docks that share a tab strip with `dock` right now."""
    return [other for other in window.tabifiedDockWidgets(dock) if not other.isHidden()]


def make_docks(window: QMainWindow) -> dict[str, Dock]:
    """All docks in their default places."""
    window.setDockNestingEnabled(True)
    window.setDocumentMode(True)
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    docks = {panel.id: Dock(panel, window) for panel in PANELS}
    arrange_docks(window, docks, groups())
    return docks


def place_docks(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Every dock to where it stands by default in a window of this size."""
    arrange_docks(window, docks, groups(narrow=window.width() < NARROW))
    size_docks(window, docks)


def arrange_docks(window: QMainWindow, docks: dict[str, Dock], strips: list[list[Panel]]) -> None:
    """Every dock into its strip, the first of each strip in front."""
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    before: dict[str, Dock] = {}
    for group in strips:  # strips first: Qt cannot split beside a dock that shares a strip
        first = docks[group[0].id]
        window.addDockWidget(AREAS[group[0].area], first)
        if group[0].area in before:
            window.splitDockWidget(before[group[0].area], first, Qt.Orientation.Horizontal)
        before[group[0].area] = first
    for group in strips:
        for panel in group[1:]:
            window.tabifyDockWidget(docks[group[0].id], docks[panel.id])
    for group in strips:
        for panel in group:
            docks[panel.id].show()
        docks[group[0].id].raise_()


def size_docks(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """Default widths and heights: on a small screen the canvas needs the room."""
    narrow = window.width() < NARROW
    firsts = [group[0] for group in groups(narrow=narrow)]
    sides = [panel for panel in firsts if panel.area != BOTTOM]
    bottom = [panel for panel in firsts if panel.area == BOTTOM]
    wide = {panel.id: SHARES.get(panel.id, panel.wide) if narrow else panel.wide for panel in firsts}
    window.resizeDocks([docks[p.id] for p in sides], [wide[p.id] for p in sides], Qt.Orientation.Horizontal)
    height = min(BOTTOM_HEIGHT, max(min(LEAST_HEIGHT, round(0.38 * window.height())), round(0.3 * window.height())))
    window.resizeDocks([docks[p.id] for p in bottom], [height] * len(bottom), Qt.Orientation.Vertical)
    window.resizeDocks([docks[p.id] for p in bottom], [wide[p.id] for p in bottom], Qt.Orientation.Horizontal)


def tame_tab_bars(window: QMainWindow, docks: dict[str, Dock]) -> None:
    """The tab bars that Qt makes for docks as we want them: tabs as wide as their words, counts as pills."""
    counted = {dock.windowTitle(): dock for dock in docks.values()}
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if not bar.count():
            bar.hide()  # Qt leaves bars that it no longer needs lying over the title
        bar.setExpanding(False)
        bar.setAccessibleName("Panels: " + ", ".join(bar.tabText(index) for index in range(bar.count())))
        bar.setDrawBase(False)
        bar.setFont(theme.font(12, 500))
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        for index in range(bar.count()):
            show_count(bar, index, counted.get(bar.tabText(index)))


def show_count(bar: QTabBar, index: int, dock: Dock | None) -> None:
    """A pill at the right of a tab that has something to count."""
    side = QTabBar.ButtonPosition.RightSide
    pill = bar.tabButton(index, side)
    if dock is None or not dock.count:
        if isinstance(pill, CountPill):
            bar.setTabButton(index, side, None)
            pill.deleteLater()
        return
    if not isinstance(pill, CountPill):
        pill = CountPill(bar)
        pill.set_count(dock.count, dock.alarm)  # first: the bar makes room for the size that the pill has now
        bar.setTabButton(index, side, pill)
    pill.set_count(dock.count, dock.alarm)


class CountPill(QWidget):
    """A small rounded number; filled in err when something is wrong."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text, self.alarm = "", False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.notifier().changed.connect(self.update)

    def set_count(self, count: int, alarm: bool) -> None:
        self.text, self.alarm = str(count), alarm
        self.setFixedSize(max(16, round(QFontMetricsF(theme.mono(10, 600)).horizontalAdvance(self.text)) + 8), 14)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("err" if self.alarm else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()), 7, 7)
        painter.setFont(theme.mono(10, 600))
        painter.setPen(t.color("badgetext" if self.alarm else "t2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()


class StripKeeper(QWidget):
    """Hidden child of the window: after each change of its layout, strips, tab bars and grips are brought in order once, and `ordered` follows."""

    ordered = Signal()

    def __init__(self, window: QMainWindow, docks: dict[str, Dock]) -> None:
        super().__init__(window)
        self.hide()
        self.docks = docks
        self.untouched = False  # whether the docks take their first places once the window's size is known
        self.grips: list[grips.Grip] = []
        self.later = QTimer(self, singleShot=True, interval=0)
        self.later.timeout.connect(self.order)
        for dock in docks.values():
            dock.installEventFilter(self)
            dock.counted.connect(self.later.start)
        self.order()

    def place_when_shown(self) -> None:
        """There is no remembered layout: the docks take their first places in the size that the window has when it is shown."""
        self.untouched = True
        self.parentWidget().installEventFilter(self)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.parentWidget():
            if event.type() == QEvent.Type.Show and self.untouched:
                self.untouched = False
                watched.removeEventFilter(self)
                (place_docks if watched.width() < NARROW else size_docks)(watched, self.docks)
            return False
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ParentChange, QEvent.Type.Resize, QEvent.Type.Move):
            self.later.start()
        return False

    def order(self) -> None:
        for dock in self.docks.values():
            dock.strip.follow()
        window = self.parentWidget()
        if isinstance(window, QMainWindow):
            tame_tab_bars(window, self.docks)
            grips.lay(window, self.grips, self.docks.values())
        self.ordered.emit()
