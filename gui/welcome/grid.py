"""Cards of all lessons and templates under the parts of the lecture, three in a row. Opens nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from engine import library
from gui.controls import Caption
from gui.editor.lesson_card import HEIGHT, WIDTH, LessonCard
from gui.panels.lessons import matches

GAP, HEAD, MOST = 14, 34, 3  # px between cards, of a part's heading; cards in a row
TEMPLATES = "Templates"


def parts() -> Iterator[tuple[str, list[library.Entry]]]:
    """The lessons of each part of the lecture, then the templates."""
    entries = library.entries()
    order = [name for name, _ in library.PARTS]
    lessons = sorted((entry for entry in entries if entry.kind == "lesson"), key=lambda entry: order.index(library.part(entry)))
    for name, group in groupby(lessons, key=library.part):
        yield name, list(group)
    yield TEMPLATES, [entry for entry in entries if entry.kind == "template"]


class CardGrid(QScrollArea):
    """`lessonChosen(id)`: a card was opened; `upWanted`: the keys went beyond the first row."""

    lessonChosen = Signal(str)
    upWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().setSingleStep((HEIGHT + GAP) // 3)
        self.page = QWidget(self)
        self.setWidget(self.page)
        self.nothing = Caption("No lesson and no template has these words.", "t3", px=12, parent=self.page)
        self.sections: list[tuple[Caption, list[LessonCard]]] = []
        for name, entries in parts():
            head = Caption(name, "t2", px=11, weight=600, parent=self.page)
            self.sections.append((head, [self.make_card(entry) for entry in entries]))
        self.current: LessonCard | None = None
        self.rows: list[list[LessonCard]] = []
        self.words: list[str] = []
        self.part = ""
        self.settle()

    def make_card(self, entry: library.Entry) -> LessonCard:
        card = LessonCard(entry, self.page)
        card.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab goes to the grid, arrows inside it
        card.lessonChosen.connect(self.lessonChosen)
        card.stepWanted.connect(self.step)
        return card

    @property
    def shown(self) -> list[LessonCard]:
        """The cards that search and part leave, in order."""
        return [card for row in self.rows for card in row]

    def search(self, text: str) -> None:
        """Leaves what has all words of `text`; a number also means a lecture item."""
        self.words = text.lower().split()
        self.settle()
        self.verticalScrollBar().setValue(0)

    def show_part(self, name: str) -> None:
        """Leaves one part of the lecture, or the templates; everything for an empty name."""
        self.part = name
        self.settle()
        self.verticalScrollBar().setValue(0)

    def best(self) -> LessonCard | None:
        """The first card whose name has what was typed, else the first one."""
        named = (card for card in self.shown if all(word in f"{card.entry.title} {card.entry.id}".lower() for word in self.words))
        return next(named, next(iter(self.shown), None))

    # -- keys --------------------------------------------------------------------------------------------------------
    def enter(self) -> None:
        """Takes the focus where it was last, or to the first card."""
        shown = self.shown
        if shown:
            self.focus(self.current if self.current in shown else shown[0])

    def focus(self, card: LessonCard) -> None:
        self.current = card
        card.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(card, 0, HEAD)

    def step(self, across: int, down: int) -> None:
        """The focus to a neighbour of the card that has it."""
        card = self.focusWidget()
        row = next((index for index, cards in enumerate(self.rows) if card in cards), -1)
        if not isinstance(card, LessonCard) or row < 0:
            return
        place = self.rows[row].index(card)
        if across:
            shown = self.shown
            self.focus(shown[min(max(shown.index(card) + across, 0), len(shown) - 1)])
        elif row + down < 0:
            self.upWanted.emit()
        elif row + down < len(self.rows):
            below = self.rows[row + down]
            self.focus(below[min(place, len(below) - 1)])

    # -- places ------------------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.settle()

    def settle(self) -> None:
        """Every card that is shown to its place."""
        width = self.viewport().width()
        columns = min(MOST, max(1, (width + GAP) // (WIDTH + GAP)))
        self.rows, y = [], 0
        for head, cards in self.sections:
            fitting = [card for card in cards if (not self.part or head.text() == self.part) and matches(card.entry, self.words)]
            head.setVisible(bool(fitting))
            head.setGeometry(QRect(2, y, width, HEAD - 8))
            y += HEAD * bool(fitting)
            for index, card in enumerate(fitting):
                card.move((index % columns) * (WIDTH + GAP), y + index // columns * (HEIGHT + GAP))
            for card in cards:
                card.setVisible(card in fitting)
            lines = [fitting[index : index + columns] for index in range(0, len(fitting), columns)]
            self.rows += lines
            y += len(lines) * (HEIGHT + GAP)
        self.nothing.setVisible(not self.rows)
        self.nothing.setGeometry(2, 8, width, 20)
        self.page.resize(width, max(y, 40))
