"""The card with a layer's formula in its own numbers; the focused factor is underlined. Computes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.layers.spec import Formula, Part
from gui import theme
from gui.controls import outline

INSET, TOP, LINE = 12, 30, 19


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a line: what to paint, where, and which part it came from."""

    text: str
    x: float
    line: int
    width: float
    part: Part


class FormulaCard(QWidget):
    """Shows a Formula; wraps at blanks when it is longer than the card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.formula: Formula | None = None
        self.focused = ""  # name of the parameter whose factor is underlined
        self.broken = False
        self.double = False
        self.words: list[Word] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        theme.notifier().changed.connect(self.update)

    def set_formula(self, formula: Formula | None, *, broken: bool = False) -> None:
        """Shows `formula` (None hides the card); `broken` paints the result as an error."""
        if (formula, broken) == (self.formula, self.broken):
            return
        self.formula, self.broken = formula, broken
        self.setVisible(formula is not None)
        self.setAccessibleName(f"{formula.caption}: {formula.text}" if formula else "")
        self.arrange()

    def set_focused(self, param: str) -> None:
        """Underlines the factor of the parameter `param`."""
        if param != self.focused:
            self.focused = param
            self.update()

    def font_of(self, part: Part) -> QFont:
        return theme.mono(11.5, 600 if part.result else 400)

    def arrange(self) -> None:
        """Breaks the formula into words on lines."""
        self.words = []
        room = max(self.width() - 2 * INSET, 60)
        x, line = 0.0, 0
        for part in self.formula.parts if self.formula else ():
            metrics = QFontMetricsF(self.font_of(part))
            for piece in pieces(part.text):
                width = metrics.horizontalAdvance(piece)
                if x > 0 and x + metrics.horizontalAdvance(piece.rstrip()) > room:
                    x, line = 0.0, line + 1
                    piece = piece.lstrip()
                    width = metrics.horizontalAdvance(piece)
                if piece:
                    self.words.append(Word(piece, x, line, width, part))
                x += width
        measure = QFontMetricsF(theme.font(11))
        heads = [measure.horizontalAdvance(words) for words in (self.formula.caption, self.formula.note)] if self.formula else [0.0]
        self.double = sum(heads) + 12 > room  # then the note has a line of its own
        height = self.top() + LINE * (line + 1) + 7
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)
        self.update()

    def top(self) -> int:
        """Where the formula begins, below caption and note."""
        return TOP + 16 * self.double

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.formula is None:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=6, pen=t.color("line2"), fill=t.color("field"))
        head = QRectF(INSET, 8, self.width() - 2 * INSET, 18)
        painter.setFont(theme.font(11))
        painter.setPen(t.color("t3"))
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, self.formula.caption)
        under = head.translated(0, 16) if self.double else head
        side = Qt.AlignmentFlag.AlignLeft if self.double else Qt.AlignmentFlag.AlignRight
        note = QFontMetricsF(painter.font()).elidedText(self.formula.note, Qt.TextElideMode.ElideRight, head.width())
        painter.drawText(under, Qt.AlignmentFlag.AlignVCenter | side, note)
        for word in self.words:
            self.paint_word(painter, word)
        painter.end()

    def paint_word(self, painter: QPainter, word: Word) -> None:
        t = theme.current()
        base = self.top() + LINE * word.line + 14
        painter.setFont(self.font_of(word.part))
        color: QColor = t.color("t1")
        if word.part.result:
            color = t.color("err" if self.broken else "accent")
        painter.setPen(color)
        painter.drawText(QPointF(INSET + word.x, base), word.text)
        if self.focused and word.part.param == self.focused:
            painter.fillRect(QRectF(INSET + word.x, base + 4, word.width, 1.5), t.color("accent"))


def pieces(text: str) -> list[str]:
    """`text` cut behind its blanks, nothing lost: "a + b" -> "a ", "+ ", "b"."""
    result, piece = [], ""
    for index, letter in enumerate(text):
        piece += letter
        if letter == " " and text[index + 1 : index + 2] != " ":
            result.append(piece)
            piece = ""
    return [*result, piece] if piece else result
