"""An axis of pyqtgraph that writes our words: ticks are given to it, with grid lines through the plot. Decides no tick itself."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui import theme
from gui.plots.axis import Axis, Ticks, snapped
from gui.plots.pg import pg

FONT = 10
APART = 6  # px between two labels of a horizontal axis at the least
AWAY = 7  # px between a label and the plot
OVERHANG = 15  # px by which the last label of a horizontal axis may stand out on the right
TEXT = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip)


class TickAxis(pg.AxisItem):
    """`orientation` is "left" or "bottom", `thick` its width or height in px."""

    def __init__(self, orientation: str, thick: int) -> None:
        super().__init__(orientation)
        self.axis: Axis | None = None
        self.ticks = Ticks(())
        self.area = QRectF()
        self.specs: tuple[QPointF, tuple] | None = None  # what was drawn last, and where the axis was then
        self.enableAutoSIPrefix(False)
        self.setGrid(255)  # so that the grid belongs to its bounds
        (self.setWidth if orientation == "left" else self.setHeight)(thick)
        self.restyle()

    def stack_below(self) -> None:
        """Puts the grid under the curves; pyqtgraph has it above."""
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemNegativeZStacksBehindParent, False)
        self.setZValue(-500)

    def restyle(self) -> None:
        """Colours and font of the theme."""
        look = theme.current()
        self.setPen(pg.mkPen(None))
        self.setTickPen(pg.mkPen(look.color("line2")))
        self.setTextPen(pg.mkPen(look.color("t3")))
        self.setTickFont(theme.mono(FONT))
        self.specs = None

    def show_ticks(self, axis: Axis, ticks: Ticks, area: QRectF) -> None:
        """Shows `ticks` of `axis` beside the plot `area`, in px of the item that holds both."""
        if (axis, ticks, area) != (self.axis, self.ticks, self.area):
            self.axis, self.ticks, self.area = axis, ticks, QRectF(area)
            self.specs = None
            self.update()

    def boundingRect(self) -> QRectF:
        return super().boundingRect().adjusted(-15, -8, 15, 8)  # a label may be longer than its end of the axis

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Without the QPicture in between, which would lose the font's size on other devices."""
        if self.axis is None:
            return
        if self.specs is None or self.specs[0] != self.pos():
            self.specs = self.pos(), self.generateDrawSpecs(p)
        self.drawPicture(p, *self.specs[1])

    def generateDrawSpecs(self, p: QPainter) -> tuple[tuple, list, list]:
        """(axis line, tick lines, texts) in the form that AxisItem draws."""
        assert self.axis is not None
        area, flat = self.area.translated(-self.pos()), self.orientation == "bottom"
        shift = self.pos().x() if flat else self.pos().y()
        ends = (area.left(), area.right()) if flat else (area.top(), area.bottom())
        metrics = QFontMetricsF(self.style["tickFont"])
        lines, texts, edge = [], [], -math.inf
        pen = QPen(self.tickPen())
        for value in [*(value for value, _ in self.ticks.major), *self.ticks.minor]:
            at = snapped(self.axis.at(value) - shift, *ends)
            line = QLineF(at, area.top(), at, area.bottom()) if flat else QLineF(area.left(), at, area.right(), at)
            lines.append((pen, line.p1(), line.p2()))
        for value, text in self.ticks.major:
            width, at = metrics.horizontalAdvance(text), self.axis.at(value) - shift
            begin = min(at - width / 2, area.right() + OVERHANG - width)
            if flat and begin > edge:
                texts.append((QRectF(begin, area.bottom() + AWAY, width, metrics.height()), TEXT, text))
                edge = begin + width + APART
            elif not flat:
                texts.append((QRectF(area.left() - AWAY - width, at - metrics.height() / 2, width, metrics.height()), TEXT, text))
        return lines[0] if lines else (self.pen(), QPointF(), QPointF()), lines, texts  # the axis itself is no line of its own
