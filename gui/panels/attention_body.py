"""The pictures of the attention panel side by side: image, heads, matrix, entropy; as many as there is room for. Chooses nothing itself."""

from __future__ import annotations

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
SCALE = 54  # px of the matrix's scale
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
    """Columns of equal pictures; the rest of a wide panel is for entropy."""
    square = height - HEAD - FOOT - LINE
    three = (width - SCALE - 2 * GAP) // 3
    if square < three and width - 3 * square - SCALE - 3 * GAP >= LEAST:
        size, rest = max(square, 40), True
    elif (width - SCALE - 3 * GAP - LEAST) // 3 >= min(square, 190):
        size, rest = min(square, (width - SCALE - 3 * GAP - LEAST) // 3), True
    else:
        size, rest = max(min(square, three), 40), False
    two = width < 3 * 110 + SCALE + 2 * GAP  # too narrow for the matrix
    if two:
        size, rest = max(min(square, (width - GAP) // 2), 40), False
    image = QRect(0, 0, size, height)
    heads = QRect(size + GAP, 0, size, height)
    left = 2 * (size + GAP)
    matrix = QRect() if two else QRect(left, 0, size + SCALE, height)
    if not rest:
        spare = width - (heads.right() if two else matrix.right()) - 1
        heads.setWidth(size + max(spare, 0) if square < three or two else size)
        if matrix.width():
            matrix.moveLeft(heads.right() + 1 + GAP)
    start = matrix.right() + 1 + GAP
    return Plan(image, heads, matrix, QRect(start, 0, min(width - start, 360), height) if rest else QRect())


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
        front = FOOT if self.image.cells.prefix else 0
        self.place_image(now.image, front)
        picture = min(now.image.width(), self.height() - HEAD - FOOT - LINE)
        self.heads.setGeometry(now.heads.left(), HEAD, now.heads.width(), picture + FOOT)
        show(self.key, QRect(now.heads.left(), HEAD + picture + FOOT, now.heads.width(), LINE))
        self.place_matrix(now.matrix, picture)
        self.place_side(now.side)

    def place_title(self, index: int, column: QRect) -> None:
        title, note = self.titles[index], self.notes[index]
        wide = title.fontMetrics().horizontalAdvance(title.text())
        show(title, QRect(column.left(), 0, min(wide + 4, column.width()), HEAD))
        right = column.width() - (SCALE - 14 if index == 2 else 0)
        free = right - wide - 8
        show(note, QRect(column.left() + wide + 8, 0, free, HEAD) if free >= note.fontMetrics().horizontalAdvance(note.text()) else QRect())

    def place_image(self, column: QRect, front: int) -> None:
        picture = min(column.width(), self.height() - HEAD - FOOT - LINE)
        self.image.setGeometry(column.left(), HEAD, column.width(), picture + front)
        beside = 46 if front and self.image.cells.prefix == 1 else 0  # the words stand beside the chip of a class token
        top = HEAD + picture + (1 if beside else front)
        show(self.query, QRect(column.left() + beside, top, column.width() - beside, FOOT))
        self.query.raise_()
        below = top + FOOT
        show(self.guess, QRect(column.left(), below, column.width(), LINE) if below + LINE <= self.height() + 2 else QRect())
        room = QRect(column.left(), below + LINE + 4, min(column.width(), 120), 24)
        show(self.picker, room if room.bottom() <= self.height() else QRect())

    def place_matrix(self, column: QRect, picture: int) -> None:
        for widget in (self.matrix, self.scale, self.rows):
            widget.setVisible(column.width() > 0)
        if column.width() > 0:
            self.matrix.setGeometry(column.left(), HEAD, column.width() - SCALE, picture + LINE)
            self.scale.setGeometry(column.right() - SCALE + 4, HEAD + 3, SCALE, max(round(self.matrix.box().height()), 24))
            top = HEAD + picture + LINE
            self.rows.setGeometry(column.left(), top, column.width(), max(self.height() - top, 0))

    def place_side(self, column: QRect) -> None:
        for widget in (self.entropy, self.bars, self.card):
            widget.setVisible(column.width() > 0)
        if column.width() <= 0:
            return
        below = CARD + 2 * LINE + 8
        tall = min(self.entropy.needed(), max(self.height() - HEAD - below, 30))
        self.entropy.setGeometry(column.left(), HEAD, column.width(), tall)
        self.bars.setGeometry(column.left(), HEAD + tall + 6, column.width(), 2 * LINE)
        self.card.setGeometry(column.left(), HEAD + tall + 2 * LINE + 12, min(column.width(), 230), CARD)
        self.card.setVisible(self.card.geometry().bottom() <= self.height())


def show(widget: QWidget, rect: QRect) -> None:
    """Places a widget, or hides it where there is no room."""
    widget.setVisible(rect.width() > 0 and rect.height() > 0)
    if widget.isVisibleTo(widget.parentWidget()):
        widget.setGeometry(rect)
