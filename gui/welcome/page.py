"""The welcome page: recent projects at the left, lessons and templates as cards at the right. Lies over the window; opens nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from engine import library
from gui import theme
from gui.controls import ActionButton, Caption, IconButton, Segments
from gui.editor.lesson_card import WIDTH
from gui.panels.palette import SearchField
from gui.recents import RecentList
from gui.settings import Recent
from gui.welcome import grid

SIDES, BETWEEN, RECENTS, SLIM = 24, 32, 280, 220  # px: at the page's edges, between its columns; of the left column, and where space is short
WIDEST = RECENTS + BETWEEN + grid.MOST * (WIDTH + grid.GAP)  # px of what the page holds, with the scroll bar in the last gap
SHORT = {"Tricks and tips": "Tricks", "Modern networks": "Modern"}


class WelcomePage(QWidget):
    """Covers what lies between run bar and status bar until Escape, its cross, or another document."""

    lessonChosen = Signal(str)
    newWanted = Signal()
    openWanted = Signal()
    left = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.hide()
        self.setAccessibleName("Welcome page")
        self.heading = Caption("Welcome to Chainrule", "t1", px=20, weight=600, parent=self)
        self.new = ActionButton("New", "file", self, small=False)
        self.open = ActionButton("Open…", "folder", self, small=False)
        self.cross = IconButton("close", "Close the welcome page", self, size=14)
        self.field = SearchField("Search lessons and templates, or a lecture item", "", self)
        self.field.cap.hide()
        self.parts = Segments([("", "All"), *((name, SHORT.get(name, name)) for name, _ in grid.parts())], self)
        self.recents = RecentList(self)
        self.clear = ActionButton("Clear this list", parent=self)
        self.bare = Caption("Projects that you save or open will be listed here.", "t3", px=12, parent=self)
        self.bare.setWordWrap(True)
        self.cards = grid.CardGrid(self)
        self.lay_out()
        self.connect_parts()
        window.installEventFilter(self)

    def lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.heading, 1)
        for widget in (self.new, self.open, self.cross):
            head.addWidget(widget)
        head.addSpacing(grid.GAP - 6)
        self.side = QWidget(self)
        side = QVBoxLayout(self.side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(6)
        side.addWidget(Caption("Recent projects", "t2", px=11, weight=600, parent=self.side))
        side.addWidget(self.bare)
        side.addWidget(self.recents)
        side.addWidget(self.clear, alignment=Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        choice = QHBoxLayout()
        choice.setSpacing(8)
        choice.addWidget(self.field, 1)
        choice.addWidget(self.parts)
        choice.addSpacing(grid.GAP - 8)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addLayout(choice)
        right.addWidget(self.cards, 1)
        body = QHBoxLayout()
        body.setSpacing(BETWEEN)
        body.addWidget(self.side)
        body.addLayout(right, 1)
        self.column = QVBoxLayout(self)
        self.column.setSpacing(18)
        self.column.addLayout(head)
        self.column.addLayout(body, 1)

    def connect_parts(self) -> None:
        self.new.clicked.connect(self.newWanted)
        self.open.clicked.connect(self.openWanted)
        self.cross.clicked.connect(self.left)
        self.recents.left.connect(self.left)
        self.recents.stepWanted.connect(lambda across, _: self.cards.enter() if across > 0 else None)
        self.field.textChanged.connect(self.cards.search)
        self.field.returnPressed.connect(self.choose_best)
        self.field.moved.connect(self.cards.enter)
        self.parts.currentChanged.connect(self.cards.show_part)
        self.cards.lessonChosen.connect(self.lessonChosen)
        self.cards.upWanted.connect(lambda: self.field.setFocus(Qt.FocusReason.TabFocusReason))
        for _, cards in self.cards.sections:
            for card in cards:
                card.left.connect(self.left)

    def set_recents(self, recents: Sequence[Recent]) -> None:
        """Shows the projects that were open lately."""
        held = self.recents.hasFocus()
        self.recents.set_recents(recents)
        self.recents.setFixedHeight(self.recents.sizeHint().height())
        for widget in (self.recents, self.clear):
            widget.setVisible(bool(recents))
        self.bare.setVisible(not recents)
        if held and not recents:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def choose_best(self) -> None:
        """Enter in the search field; without words nothing was asked for."""
        if self.field.text().strip() and (card := self.cards.best()) is not None:
            self.lessonChosen.emit(card.entry.id)

    def set_open(self, entry: library.Entry | None) -> None:
        """Arrows begin at the card of what is open."""
        self.cards.current = next((card for card in self.cards.shown if card.entry == entry), None)

    # -- keys --------------------------------------------------------------------------------------------------------
    def stops(self) -> list[QWidget]:
        """What Tab visits, in order; the cards are one of them."""
        every = (self.field, self.parts, self.cards, self.recents, self.clear, self.new, self.open, self.cross)
        return [widget for widget in every if widget.isVisible() and (widget is not self.cards or self.cards.rows)]

    def focusNextPrevChild(self, forward: bool) -> bool:
        """The focus stays on the page: what lies under it cannot be seen."""
        stops, now = self.stops(), QApplication.focusWidget()
        if not stops:
            return super().focusNextPrevChild(forward)
        here = next((index for index, stop in enumerate(stops) if stop is now or (now is not None and stop.isAncestorOf(now))), -1)
        goal = stops[(here + (1 if forward else -1)) % len(stops)]
        if goal is self.cards:
            self.cards.enter()
        else:
            goal.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # -- places ------------------------------------------------------------------------------------------------------
    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.cover()
        return False

    def cover(self) -> None:
        """Lies over everything between the bars, in front."""
        window = self.parentWidget()
        if isinstance(window, QMainWindow):
            bar = window.menuWidget()
            top = bar.mapTo(window, QPoint(0, bar.height())).y()
            self.setGeometry(QRect(0, top, window.width(), window.statusBar().y() - top))
            self.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = max(SIDES, (self.width() - WIDEST) // 2)
        self.column.setContentsMargins(beside, 20, beside, 0)
        self.side.setFixedWidth(RECENTS if self.width() >= WIDEST + 2 * SIDES else SLIM)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().color("panel"))
        painter.end()
