"""What an empty canvas says: three gestures with their key caps, lessons and templates as cards. The words never take the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.controls import Caption
from gui.editor import ink
from gui.editor.lesson_card import HEIGHT, LOW, WIDTH, LessonCard

if TYPE_CHECKING:
    from engine.library import Entry

GESTURES = (("Tab", "adds a layer where the pointer is"), ("Drag", "a layer from the palette onto the canvas"), ("Drop", "a project file onto the window"))
HEAD, LINE, TIGHT, GAP, EDGE, TITLE = 76, 34, 28, 14, 12, 18  # px: icon and heading, a gesture, a gesture in a low canvas; a row's title
MOST = 8  # cards in a row


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
    """Children of the canvas, in its middle: the words above, below them a row of lessons and a row of templates, as much as there is room for."""

    lessonChosen = Signal(str)

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.words = Words(canvas)
        self.rows: list[tuple[Caption, list[LessonCard]]] = []
        self.shown = self.aside = False

    @property
    def cards(self) -> list[LessonCard]:
        return [card for _, cards in self.rows for card in cards]

    def isVisible(self) -> bool:
        return self.words.isVisible()

    def set_visible(self, on: bool) -> None:
        """Shows or hides everything; the cards are made when they are first needed."""
        self.shown, self.aside = on, False
        if on and not self.rows:
            self.rows = [self.make_row(words, entries) for words, entries in choice()]
        self.settle()

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
            card.stepWanted.connect(self.step)
            card.left.connect(self.canvas.setFocus)
        return caption, cards

    def step(self, by: int) -> None:
        """The focus to the next card, or to the one before."""
        there = [card for card in self.cards if card.isVisible()]
        now = next((index for index, card in enumerate(there) if card.hasFocus()), 0 if by < 0 else -1)
        if there:
            there[(now + by) % len(there)].setFocus(Qt.FocusReason.TabFocusReason)

    def settle(self) -> None:
        """Places everything in the canvas as it is now."""
        room = self.canvas.rect()
        on = self.shown and not self.aside
        low = room.height() < HEAD + 3 * LINE + 2 * GAP + TITLE + HEIGHT + 2 * EDGE
        self.words.set_low(low)
        height = LOW if low else HEIGHT
        columns = max(0, (room.width() - 2 * EDGE + GAP) // (WIDTH + GAP))
        rows = min(len(self.rows), max(0, (room.height() - 8 - self.words.height() - GAP) // (GAP + TITLE + height))) if columns else 0
        tall = self.words.height() + (GAP if rows else 0) + rows * (GAP + TITLE + height)
        top = max((room.height() - tall) // 2, 4)
        self.words.move((room.width() - self.words.width()) // 2, top)
        self.words.setVisible(on)
        if not on and any(card.hasFocus() for card in self.cards):
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
            y += GAP + TITLE + height


def choice() -> list[tuple[str, list[Entry]]]:
    """The entries that are worth a card: the first lessons of the lecture, and one template of each kind."""
    from engine import library

    lessons = [entry for entry in library.entries() if entry.kind == "lesson"][:MOST]
    templates = [entry for name in library.SHOWN_FIRST if (entry := library.find(name)) is not None]
    return [(words, entries) for words, entries in (("Lessons", lessons), ("Templates", templates)) if entries]
