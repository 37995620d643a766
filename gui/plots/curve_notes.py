"""Small items over a curve plot, placed in its px: title, marks, flags, chips, the read-out. Each draws what it is given and decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui import theme
from gui.plots.curve_picture import CHIP_FONT, DIAMOND

ROW = 16  # px per row of the read-out
Row = tuple[str, str, str]  # words, value, colour token ("" for none)


class Note(QGraphicsItem):
    """An item of the size `box`; `draw` paints it."""

    def __init__(self, parent: QGraphicsItem, level: float = 1.0) -> None:
        super().__init__(parent)
        self.box = QRectF()
        self.setZValue(level)

    def place(self, box: QRectF) -> None:
        """Covers `box` and is drawn again."""
        if box != self.box:
            self.prepareGeometryChange()
            self.box = QRectF(box)
        self.update()

    def boundingRect(self) -> QRectF:
        return self.box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.save()
        self.draw(painter)
        painter.restore()

    def draw(self, painter: QPainter) -> None:
        """Nothing, unless a kind of note says what."""


class Title(Note):
    """Words in a row on one line: (text, colour or its token)."""

    words: tuple[tuple[str, str | QColor], ...] = ()

    def draw(self, painter: QPainter) -> None:
        x = self.box.left()
        for index, (text, color) in enumerate(self.words):
            painter.setFont(theme.mono(11) if index else theme.font(11))
            painter.setPen(theme.current().color(color) if isinstance(color, str) else color)
            painter.drawText(QPointF(x, self.box.bottom() - 7), text)
            x += painter.fontMetrics().horizontalAdvance(text) + 12


class Ground(Note):
    """The field behind a plot."""

    def draw(self, painter: QPainter) -> None:
        painter.fillRect(self.box, theme.current().color("field"))


class FocusFrame(Note):
    """Says that the keyboard moves the crosshair."""

    def draw(self, painter: QPainter) -> None:
        painter.setPen(QPen(theme.current().color("accent"), 1))
        painter.drawRect(self.box.adjusted(0.5, 0.5, -0.5, -0.5))


class Rule(Note):
    """A line straight across the plot, 1 px wide."""

    pen = QPen()

    def upright(self, x: float, area: QRectF) -> None:
        """Stands at the column `x`."""
        self.place(QRectF(x - 0.5, area.top(), 1, area.height()))

    def level(self, y: float, area: QRectF) -> None:
        """Lies at the row `y`."""
        self.place(QRectF(area.left(), y - 0.5, area.width(), 1))

    def draw(self, painter: QPainter) -> None:
        middle = self.box.center()
        painter.setPen(self.pen)
        if self.box.width() > self.box.height():
            painter.drawLine(QPointF(self.box.left(), middle.y()), QPointF(self.box.right(), middle.y()))
        else:
            painter.drawLine(QPointF(middle.x(), self.box.top()), QPointF(middle.x(), self.box.bottom()))


class Marks(Note):
    """3 px squares at the validations."""

    squares: list[QRectF]

    def draw(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().color("val"))
        painter.drawRects(self.squares)


class Flags(Note):
    """Small flags on the x axis at the columns `at`, where the learning rate was changed."""

    at: list[float]

    def draw(self, painter: QPainter) -> None:
        color, bottom = theme.current().color("t2"), self.box.bottom()
        painter.setPen(QPen(color, 1))
        painter.setBrush(color)
        for x in self.at:
            painter.drawLine(QPointF(x, bottom), QPointF(x, bottom - 11))
            painter.drawPolygon(QPolygonF([QPointF(x, bottom - 11), QPointF(x + 5, bottom - 9), QPointF(x, bottom - 7)]))


class Diamond(Note):
    """The best validation."""

    def show_at(self, centre: QPointF) -> None:
        """Stands around `centre`."""
        self.place(QRectF(centre.x() - DIAMOND - 1, centre.y() - DIAMOND - 1, 2 * DIAMOND + 2, 2 * DIAMOND + 2))

    def draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().color("val"), 1.4))
        painter.setBrush(theme.current().color("field"))
        corners = ((0, -DIAMOND), (DIAMOND, 0), (0, DIAMOND), (-DIAMOND, 0))
        painter.drawPolygon(QPolygonF([self.box.center() + QPointF(*corner) for corner in corners]))


class Dot(Note):
    """Marks the smoothed train value that the read-out names."""

    def show_at(self, centre: QPointF) -> None:
        """Stands around `centre`."""
        self.place(QRectF(centre.x() - 5, centre.y() - 5, 10, 10))

    def draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().color("field"), 1))
        painter.setBrush(theme.current().color("train"))
        painter.drawEllipse(self.box.center(), 3.5, 3.5)


class Chip(Note):
    """A raised label with a hairline border."""

    text = ""

    def draw(self, painter: QPainter) -> None:
        raised(painter, self.box, radius=4)
        painter.setFont(theme.mono(CHIP_FONT, 600))
        painter.setPen(theme.current().color("t1"))
        painter.drawText(self.box, Qt.AlignmentFlag.AlignCenter, self.text)


class LineLabel(Note):
    """Words on a line, over a little of the field."""

    text = ""

    def width(self) -> float:
        """What the words need."""
        return QFontMetricsF(theme.mono(CHIP_FONT)).horizontalAdvance(self.text) + 12

    def draw(self, painter: QPainter) -> None:
        look = theme.current()
        painter.fillRect(self.box.adjusted(0, 2, 0, -2), look.color("field"))
        painter.setFont(theme.mono(CHIP_FONT))
        painter.setPen(look.color("t2"))
        painter.drawText(self.box, Qt.AlignmentFlag.AlignCenter, self.text)


class Card(Note):
    """The read-out of the crosshair: rows of words and values."""

    rows: tuple[Row, ...] = ()

    def show_rows(self, rows: tuple[Row, ...], *, area: QRectF, at: float) -> None:
        """Stands on the side of the column `at` that has room."""
        self.rows = rows
        words, values = QFontMetricsF(theme.font(11)), QFontMetricsF(theme.mono(10.5, 600))
        pairs = [words.horizontalAdvance(text) + (16 if color else 0) + 12 + values.horizontalAdvance(value) for text, value, color in rows[1:]]
        width, height = max([words.horizontalAdvance(rows[0][0]), *pairs]) + 20, ROW * len(rows) + 10
        left = at + 12 if at + 12 + width <= area.right() else at - 12 - width
        left = left if left >= area.left() - 36 else area.right() - width
        self.place(QRectF(round(left), round(area.top() + 6), round(width), height))

    def draw(self, painter: QPainter) -> None:
        look, values = theme.current(), theme.mono(10.5, 600)
        raised(painter, self.box, radius=6)
        for index, (text, value, color) in enumerate(self.rows):
            x, baseline = self.box.left() + 10, self.box.top() + 6 + ROW * index + 12
            if color:
                painter.setPen(QPen(look.color(color), 2))
                painter.drawLine(QPointF(x, baseline - 4), QPointF(x + 10, baseline - 4))
                x += 16
            painter.setFont(theme.font(11))
            painter.setPen(look.color("t2" if index else "t1"))
            painter.drawText(QPointF(x, baseline), text)
            painter.setFont(values)
            painter.setPen(look.color("t1"))
            painter.drawText(QPointF(self.box.right() - 10 - QFontMetricsF(values).horizontalAdvance(value), baseline), value)


def raised(painter: QPainter, box: QRectF, *, radius: float) -> None:
    """The ground of chips and cards."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.current().color("ctl"), 1))
    painter.setBrush(theme.current().color("raised"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
