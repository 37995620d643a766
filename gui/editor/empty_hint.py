"""What an empty canvas says: three gestures with their key caps, and the lessons as cards. The words never take the mouse."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.editor import ink
from gui.editor.lesson_card import HEIGHT, LOW, WIDTH, LessonCard

GESTURES = (("Tab", "adds a layer where the pointer is"), ("Drag", "a layer from the palette onto the canvas"), ("Drop", "a project file onto the window"))
HEAD, LINE, TIGHT, GAP, EDGE = 76, 34, 28, 14, 12  # px: icon and heading, a gesture, a gesture in a low canvas


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
    """Children of the canvas, in its middle: the words above, as many cards as there is room for below."""

    lessonChosen = Signal(str)

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.words = Words(canvas)
        self.cards: list[LessonCard] = []
        self.shown = self.aside = False

    def isVisible(self) -> bool:
        return self.words.isVisible()

    def set_visible(self, on: bool) -> None:
        """Shows or hides everything; the cards are made when they are first needed."""
        self.shown, self.aside = on, False
        if on and not self.cards:
            self.make_cards()
        self.settle()

    def step_aside(self, aside: bool) -> None:
        """Out of the way while a layer is dragged over the canvas."""
        self.aside = aside
        self.settle()

    def make_cards(self) -> None:
        from engine import library

        for entry in library.entries():
            card = LessonCard(entry, self.canvas)
            card.lessonChosen.connect(self.lessonChosen)
            card.stepWanted.connect(self.step)
            card.left.connect(self.canvas.setFocus)
            self.cards.append(card)

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
        count = min(len(self.cards), max(0, (room.width() - 2 * EDGE + GAP) // (WIDTH + GAP)))
        low = room.height() < HEAD + 3 * LINE + 2 * GAP + HEIGHT + 2 * EDGE
        self.words.set_low(low)
        height = LOW if low else HEIGHT
        tall = self.words.height() + (2 * GAP + height if count else 0)
        if count and tall + 8 > room.height():
            count, tall = 0, self.words.height()
        top = (room.height() - tall) // 2
        self.words.move((room.width() - self.words.width()) // 2, max(top, 4))
        self.words.setVisible(on)
        left = (room.width() - count * WIDTH - (count - 1) * GAP) // 2
        if not on and any(card.hasFocus() for card in self.cards):
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        for index, card in enumerate(self.cards):
            card.setFixedSize(WIDTH, height)
            card.move(left + index * (WIDTH + GAP), top + tall - height)
            card.setVisible(on and index < count)
