"""The pictures of the attention panel side by side: image, heads, matrix, entropy; as many as there is room for. Chooses nothing itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.controls import Caption, outline
from gui.panels.sample import SamplePicker
from gui.plots.entropy_bars import EntropyBars
from gui.plots.head_maps import HeadMaps
from gui.plots.patch_image import FOOT, PatchImage
from gui.plots.scale_bar import ScaleBar
from gui.plots.token_matrix import TokenMatrix

HEAD, LINE, GAP = 20, 18, 16  # px: titles, lines of words, between columns
SCALE = 56  # px of the matrix's scale
LEAST = 170  # px from which entropy gets a column
CARD = 48


class FormulaCard(QWidget):
    """Two lines of a formula in the node's own numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: list[tuple[str, str]] = []
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(190, CARD)

    def text(self) -> str:
        return "".join(text for text, _ in self.parts)

    def set_parts(self, parts: list[tuple[str, str]]) -> None:
        """(text, token of its colour) in order; a newline begins the second line."""
        self.parts = parts
        self.setAccessibleName(self.text())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=6, pen=look.color("line2"), fill=look.color("field"))
        painter.setFont(theme.mono(11))
        metrics = QFontMetricsF(painter.font())
        x, y = 10.0, 19.0
        for text, token in self.parts:
            painter.setPen(look.color(token))
            painter.drawText(round(x), round(y), text.rstrip("\n"))
            x += metrics.horizontalAdvance(text.rstrip("\n"))
            if text.endswith("\n"):
                x, y = 10.0, y + 18
        painter.end()


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each column is; an empty rectangle where there is no room."""

    image: QRect
    heads: QRect
    matrix: QRect
    side: QRect


def plan(width: int, height: int) -> Plan:
    """Columns of equal pictures; the rest of a wide panel is for entropy. A high and narrow panel has two rows."""
    square = max(height - HEAD - FOOT - LINE, 40)
    three = (width - SCALE - 2 * GAP) // 3
    with_side = (width - SCALE - 3 * GAP - LEAST) // 3
    if with_side >= min(square, 150):
        size = min(square, with_side)
        columns = [QRect(index * (size + GAP), 0, size + (SCALE if index == 2 else 0), height) for index in range(3)]
        start = 3 * (size + GAP) + SCALE
        return Plan(*columns, QRect(start, 0, min(width - start, 360), height))
    if height >= 2 * three + 150 and height >= 360:
        return two_rows(width, height)
    if three < 100:  # too narrow for the matrix
        size = max(min(square, (width - GAP) // 2), 40)
        return Plan(QRect(0, 0, size, height), QRect(size + GAP, 0, max(width - size - GAP, size), height), QRect(), QRect())
    size = max(min(square, three), 40)
    wide = width - 2 * (size + GAP) - SCALE if size < three else size  # heads take what is left
    return Plan(QRect(0, 0, size, height), QRect(size + GAP, 0, wide, height), QRect(size + wide + 2 * GAP, 0, width - size - wide - 2 * GAP, height), QRect())


def two_rows(width: int, height: int) -> Plan:
    """Image and heads above matrix and entropy."""
    above = (height - GAP) // 2
    size = max(min(above - HEAD - FOOT - LINE, (width - GAP) // 2), 40)
    above = min(above, size + HEAD + FOOT + 3 * LINE)
    under, left = above + GAP, min(size + SCALE, width - GAP - LEAST)
    lower = min(height - under, left - SCALE + HEAD + FOOT + 3 * LINE)
    side = QRect(left + GAP, under, min(width - left - GAP, 360), height - under)
    return Plan(QRect(0, 0, size, above), QRect(size + GAP, 0, max(min(size, width - size - GAP), 40), above), QRect(0, under, left, lower), side)


class AttentionBody(QWidget):
    """Lays its children out by `plan`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image, self.heads, self.matrix = PatchImage(self), HeadMaps(self), TokenMatrix(self)
        self.scale = ScaleBar(Qt.Orientation.Vertical, self)
        self.scale.setMaximumHeight(16_777_215)
        self.entropy, self.card = EntropyBars(self), FormulaCard(self)
        self.picker = SamplePicker(self)
        title = {"px": 11, "weight": 600, "parent": self}
        self.titles = [Caption(text, "t1", **title) for text in ("Image", "Where the query looks", "Token × token", "Entropy per head")]
        self.notes = [Caption("", "t3", px=10.5, parent=self) for _ in range(4)]
        self.query, self.guess = Caption("", "t2", px=10.5, parent=self), Caption("", "t2", px=10.5, parent=self)
        self.key, self.rows, self.bars = (Caption("", "t3", px=10.5, parent=self) for _ in range(3))
        self.texts: dict[Caption, tuple[str, ...]] = {}  # longer and shorter words for the same
        for caption in (self.rows, self.bars):
            caption.setWordWrap(True)
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
        for note in self.notes:
            note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QSize:
        return QSize(500, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def place(self) -> None:
        """Every child to its place."""
        now = plan(self.width(), self.height())
        for index, column in enumerate((now.image, now.heads, now.matrix, now.side)):
            self.place_title(index, column)
        self.place_image(now.image)
        picture = picture_of(now.image)
        top = now.heads.top() + HEAD
        self.heads.setGeometry(now.heads.left(), top, now.heads.width(), picture + FOOT)
        self.place_words(self.key, QRect(now.heads.left(), top + picture + FOOT, now.heads.width(), LINE))
        self.place_matrix(now.matrix)
        self.place_side(now.side)

    def say(self, caption: Caption, *texts: str) -> None:
        """Lets a caption say the first of `texts` that has room; `place` chooses."""
        self.texts[caption] = texts

    def place_words(self, caption: Caption, rect: QRect) -> None:
        """Shows the longest words that fit."""
        texts, metrics = self.texts.get(caption, ("",)), caption.fontMetrics()
        short = metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, rect.width())
        caption.setText(next((text for text in texts if metrics.horizontalAdvance(text) <= rect.width()), short))
        show(caption, rect)

    def place_title(self, index: int, column: QRect) -> None:
        title, note = self.titles[index], self.notes[index]
        if title in self.texts:
            self.place_words(title, QRect(column.left(), column.top(), column.width(), HEAD))
        wide = title.fontMetrics().horizontalAdvance(title.text())
        show(title, QRect(column.left(), column.top(), min(wide + 4, column.width()), HEAD))
        free = column.width() - (SCALE if index == 2 else 0) - wide - 8
        fits = free >= note.fontMetrics().horizontalAdvance(note.text())
        show(note, QRect(column.left() + wide + 8, column.top(), free, HEAD) if fits else QRect())

    def place_image(self, column: QRect) -> None:
        picture, top = picture_of(column), column.top() + HEAD
        front = FOOT if self.image.cells.prefix else 0
        self.image.setGeometry(column.left(), top, column.width(), picture + front)
        beside = 46 if self.image.cells.prefix == 1 else 0  # the words stand beside the chip of a class token
        below = top + picture + (2 if beside else front)
        self.place_words(self.query, QRect(column.left() + beside, below, column.width() - beside, FOOT))
        self.query.raise_()
        below += FOOT
        self.place_words(self.guess, QRect(column.left(), below, column.width(), LINE) if below + LINE <= column.bottom() + 3 else QRect())
        room = QRect(column.left(), below + LINE + 4, min(column.width(), 120), 24)
        show(self.picker, room if room.bottom() <= column.bottom() else QRect())

    def place_matrix(self, column: QRect) -> None:
        for widget in (self.matrix, self.scale, self.rows):
            widget.setVisible(column.width() > 0)
        if column.width() > 0:
            picture = min(column.width() - SCALE, column.height() - HEAD - FOOT - LINE) + LINE
            top = column.top() + HEAD
            box = self.matrix.box(QSize(column.width() - SCALE, picture))
            self.matrix.setGeometry(column.left(), top, math.ceil(box.right()) + 3, picture)
            self.scale.setGeometry(self.matrix.geometry().right() + 5, top + 3, SCALE - 8, max(round(box.height()), 24))
            below = top + round(box.bottom()) + LINE
            self.rows.setGeometry(column.left(), below, column.width(), max(column.bottom() - below, 0))

    def place_side(self, column: QRect) -> None:
        for widget in (self.entropy, self.bars, self.card):
            widget.setVisible(column.width() > 0)
        if column.width() <= 0:
            return
        words = self.bars.heightForWidth(column.width())
        tall = min(self.entropy.needed(), max(column.height() - HEAD - CARD - words - 14, 30))
        top = column.top() + HEAD
        self.entropy.setGeometry(column.left(), top, column.width(), tall)
        self.bars.setGeometry(column.left(), top + tall + 6, column.width(), words)
        self.card.setGeometry(column.left(), top + tall + words + 14, min(column.width(), 230), CARD)
        self.card.setVisible(self.card.geometry().bottom() <= column.bottom())


def picture_of(column: QRect) -> int:
    """The side of the square picture in a column."""
    return min(column.width(), column.height() - HEAD - FOOT - LINE)


def show(widget: QWidget, rect: QRect) -> None:
    """Places a widget, or hides it where there is no room."""
    widget.setVisible(rect.width() > 0 and rect.height() > 0)
    if widget.isVisibleTo(widget.parentWidget()):
        widget.setGeometry(rect)
