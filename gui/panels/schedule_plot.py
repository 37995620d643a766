"""A small drawing of the learning rate over a run, as the recipe's schedule will set it. Computes nothing but pixels; writes nothing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.graph.model import Recipe
from engine.layers import schedules
from engine.layers.recipe import usable
from gui import theme
from gui.plots.numbers import short

HEIGHT, TOP, FOOT, SIDE = 84, 16, 16, 14
POINTS = 240  # steps of the drawn run; a real one has more, its curve the same form


class SchedulePlot(QWidget):
    """The curve from the first step to the last; the highest rate and the number of epochs are written at it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = Recipe()
        self.rates: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Learning rate over the run")
        theme.notifier().changed.connect(self.update)
        self.set_recipe(self.recipe)

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def set_recipe(self, recipe: Recipe) -> None:
        """Draws the curve of `recipe`; nothing while it holds what no run would take."""
        self.recipe = recipe
        per_epoch = max(POINTS // max(recipe.epochs, 1), 1)
        self.rates = schedules.curve(recipe, schedules.Span(min(per_epoch * recipe.epochs, 20 * POINTS), per_epoch)) if usable(recipe) else []
        self.setToolTip(self.words())
        self.update()

    def words(self) -> str:
        """The curve in words."""
        if not self.rates:
            return ""
        peak = max(self.rates)
        return f"Learning rate: starts at {self.rates[0]:.3g}, at most {peak:.3g}, ends at {self.rates[-1]:.3g} after {self.recipe.epochs:,} epochs."

    def line(self, area: QRectF) -> QPolygonF:
        """The curve within `area`, zero at its lower edge."""
        peak, last = max(self.rates) or 1.0, max(len(self.rates) - 1, 1)
        points = [QPointF(area.left() + area.width() * i / last, area.bottom() - area.height() * rate / peak) for i, rate in enumerate(self.rates)]
        return QPolygonF(points if len(points) > 1 else [*points, QPointF(area.right(), points[0].y())])

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rates:
            return
        t = theme.current()
        area = QRectF(self.rect()).adjusted(SIDE, TOP, -SIDE, -FOOT)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.line(area)
        fill = QPolygonF([*line, area.bottomRight(), area.bottomLeft()])
        wash = t.color("accent")
        wash.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(wash)
        painter.drawPolygon(fill)
        painter.setPen(QPen(t.color("line2"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QPen(t.color("accent"), 1.5))
        painter.drawPolyline(line)
        painter.setFont(theme.mono(10))
        painter.setPen(t.color("t3"))
        above = QRectF(area.left(), 0, area.width(), TOP - 2)
        below = QRectF(area.left(), area.bottom() + 2, area.width(), FOOT - 2)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, short(f"{max(self.rates):.3g}"))
        painter.drawText(above, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"ends at {short(f'{self.rates[-1]:.2g}')}")
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "epoch 0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{self.recipe.epochs:,}")
        painter.end()
