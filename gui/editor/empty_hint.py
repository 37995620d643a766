"""What an empty canvas says: three gestures with their key caps, recent projects, lessons and templates as cards. The words never take the mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.controls import ActionButton, Caption
from gui.editor import ink
from gui.editor.lesson_card import HEIGHT, LOW, WIDTH, LessonCard
from gui.recents import ROW, RecentList

if TYPE_CHECKING:
    from engine.library import Entry
    from gui.settings import Recent

GESTURES = (("Tab", "adds a layer where the pointer is"), ("Drag", "a layer from the palette onto the canvas"), ("Drop", "a project file onto the window"))
HEAD, LINE, TIGHT, GAP, EDGE, TITLE = 76, 34, 28, 14, 12, 18  # px: icon and heading, a gesture, a gesture in a low canvas; a row's title
MOST = 8  # cards in a row
BESIDE, LEAST, WIDEST = 32, 260, 360  # px between words and recent projects; the latter's width


class Words(QWidget):
    """Icon, heading and gestures; the icon steps aside where the canvas is low."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Empty canvas: Tab adds a layer; drag one from the palette; drop a project file.")
        self.low = False
        self.hide()

    def set_low(self, low: bool) -> None:
        self.low = low
        self.setFixedSize(420, (30 + TIGHT * 3) if low else (HEAD + LINE * 3))

    def paintEvent(self, event: QPaintEvent) -> None:
        tools = ink.get()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.low:
            painter.drawPixmap((self.width() - 32) // 2, 0, tools.look.pixmap("layout", "t3", 32, self.devicePixelRatioF()))
        painter.setFont(theme.font(13, 600))
        painter.setPen(tools.pen("t2"))
        painter.drawText(QRectF(0, 2 if self.low else 42, self.width(), 22), Qt.AlignmentFlag.AlignCenter, "An empty network")
        top, line = (30, TIGHT) if self.low else (HEAD, LINE)
        for index, (cap, words) in enumerate(GESTURES):
            middle = top + line * (index + 0.5)
            width = tools.width(cap, "port") + 18
            box = QRectF(120 - width, middle - 11, width, 22)
            painter.setPen(tools.pen("ctl", 1))
            painter.setBrush(tools.brush("raised"))
            painter.drawRoundedRect(box, 5, 5)
            tools.write(painter, cap, role="port", x=box.x() + 9, middle=middle, color="t1")
            tools.write(painter, words, role="port", x=134, middle=middle, color="t3")
        painter.end()


class EmptyHint(QObject):
    """Children of the canvas, in its middle: words and recent projects above, rows of lessons and templates below, as much as there is room for."""

    lessonChosen = Signal(str)
    allWanted = Signal()  # every lesson and template, not only those of the rows

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.words = Words(canvas)
        self.rows: list[tuple[Caption, list[LessonCard]]] = []
        self.recents: Callable[[], Sequence[Recent]] = tuple  # the window's own
        self.head = Caption("Recent projects", "t3", px=11, weight=600, parent=canvas)
        self.head.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.list = RecentList(canvas)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # rows beyond the last one are for the keys, and on the welcome page
        self.list.left.connect(canvas.setFocus)
        self.list.stepWanted.connect(lambda across, down: self.step(across or down))
        self.every = ActionButton("All lessons and templates…", parent=canvas)
        self.every.setProperty("flat", True)
        self.every.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.every.clicked.connect(self.allWanted)
        for widget in (self.head, self.list, self.every):
            widget.hide()
        self.stale = True  # whether the recent projects are to be looked up again
        canvas.installEventFilter(self)
        self.shown = self.aside = False

    @property
    def cards(self) -> list[LessonCard]:
        return [card for _, cards in self.rows for card in cards]

    def isVisible(self) -> bool:
        return self.words.isVisible()

    def set_visible(self, on: bool) -> None:
        """Shows or hides everything."""
        if not (on or self.shown):
            return
        self.shown, self.aside = on, False
        self.show_recents()

    def show_recents(self) -> None:
        """The list has become another one."""
        self.stale = True
        self.settle()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.settle()
        return False

    def step_aside(self, aside: bool) -> None:
        """Out of the way while a layer is dragged over the canvas."""
        self.aside = aside
        self.settle()

    def make_row(self, words: str, entries: list[Entry]) -> tuple[Caption, list[LessonCard]]:
        caption = Caption(words, "t3", px=11, weight=600, parent=self.canvas)
        caption.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        cards = [LessonCard(entry, self.canvas) for entry in entries]
        for card in cards:
            card.lessonChosen.connect(self.lessonChosen)
            card.stepWanted.connect(lambda across, down: self.step(across or down))
            card.left.connect(self.canvas.setFocus)
        return caption, cards

    def step(self, by: int) -> None:
        """The focus to the next card, or to the one before; the recent projects come after the last one."""
        there = [widget for widget in (*self.cards, self.list) if widget.isVisible()]
        now = next((index for index, widget in enumerate(there) if widget.hasFocus()), 0 if by < 0 else -1)
        if there:
            there[(now + by) % len(there)].setFocus(Qt.FocusReason.TabFocusReason)

    def settle(self) -> None:
        """Places everything in the canvas as it is now."""
        room = self.canvas.rect()
        on = self.shown and not self.aside
        if on and self.canvas.isVisible():  # not while the window is made: what is read here would hold up the first paint, on a sleeping disk for long
            self.fill()
        low = room.height() < HEAD + 3 * LINE + 2 * GAP + TITLE + HEIGHT + 2 * EDGE
        self.words.set_low(low)
        height = LOW if low else HEIGHT
        columns = max(0, (room.width() - 2 * EDGE + GAP) // (WIDTH + GAP))
        rows = min(len(self.rows), max(0, (room.height() - 8 - self.words.height() - GAP) // (GAP + TITLE + height))) if columns else 0
        tall = self.words.height() + (GAP if rows else 0) + rows * (GAP + TITLE + height)
        top = max((room.height() - tall) // 2, 4)
        self.settle_words(on, room, top)
        if not on and any(widget.hasFocus() for widget in (*self.cards, self.list, self.every)):
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        y = top + self.words.height() + GAP
        for index, (caption, cards) in enumerate(self.rows):
            count = min(len(cards), columns) if index < rows else 0
            left = (room.width() - count * WIDTH - (count - 1) * GAP) // 2
            caption.setGeometry(left + 2, y + GAP - 2, WIDTH, TITLE - 2)
            caption.setVisible(on and count > 0)
            for place, card in enumerate(cards):
                card.setFixedSize(WIDTH, height)
                card.move(left + place * (WIDTH + GAP), y + GAP + TITLE)
                card.setVisible(on and place < count)
            if index == 0:
                width = self.every.sizeHint().width()
                self.every.setGeometry(left + count * (WIDTH + GAP) - GAP - width, y + GAP - 6, width, 22)
                self.every.setVisible(on and count > 0 and width + 80 < count * WIDTH)
            y += GAP + TITLE + height

    def fill(self) -> None:
        """Makes the cards once, and looks the recent projects up where they are others than before."""
        self.rows = self.rows or [self.make_row(words, entries) for words, entries in choice()]
        if self.stale:
            self.stale = False
            self.list.set_recents(self.recents())

    def settle_words(self, on: bool, room: QRect, top: int) -> None:
        """The words in the middle, or left of the recent projects where there are any and the canvas has the width."""
        free = room.width() - self.words.width() - BESIDE - 2 * EDGE
        shown = min(self.list.count(), (self.words.height() - TITLE - 6) // ROW) if free >= LEAST else 0
        width = min(free, WIDEST)
        left = (room.width() - self.words.width() - (BESIDE + width) * bool(shown)) // 2
        self.words.move(left, top)
        self.words.setVisible(on)
        x = left + self.words.width() + BESIDE
        y = top + (self.words.height() - TITLE - 6 - shown * ROW) // 2
        self.head.setGeometry(x + 8, y, width, TITLE)
        self.list.setGeometry(x, y + TITLE + 6, width, shown * ROW)
        for widget in (self.head, self.list):
            widget.setVisible(on and shown > 0)


def choice() -> list[tuple[str, list[Entry]]]:
    """The entries that are worth a card: the first lessons of the lecture, and one template of each kind."""
    from engine import library

    known = {entry.id: entry for entry in library.entries()}
    lessons = [entry for entry in known.values() if entry.kind == "lesson"][:MOST]
    templates = [known[name] for name in library.SHOWN_FIRST if name in known]
    return [(words, entries) for words, entries in (("Lessons", lessons), ("Templates", templates)) if entries]
