"""One column for each view: how much it adds to the pooled features, and what the network says of it alone. Draws what it is given."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.plots import numbers

TITLE, FOOT, GAP = 17, 15, 8  # px


class ViewBars(QWidget):
    """`set_values` gives (title, note, values, tones, rest): a chart for each; the pointer and a click tell which view."""

    viewChosen = Signal(int)
    viewPointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.charts: tuple[Chart, ...] = ()
        self.count, self.chosen, self.pointed = 0, 0, -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(220, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 60)

    def set_charts(self, charts: Sequence[Chart], count: int) -> None:
        """Shows charts of `count` columns, one below the other."""
        self.charts, self.count = tuple(charts), count
        self.setAccessibleName("; ".join(chart.words() for chart in charts))
        self.update()

    def set_marks(self, chosen: int, pointed: int) -> None:
        """Which view is chosen, and which one lights up (-1: none)."""
        if (chosen, pointed) != (self.chosen, self.pointed):
            self.chosen, self.pointed = chosen, pointed
            self.update()

    # Geometry

    def column(self, chart: int, index: int) -> QRectF:
        """Where the bar of a view stands, full height."""
        tall = (self.height() - FOOT - GAP * max(len(self.charts) - 1, 0)) / max(len(self.charts), 1)
        wide = self.width() / max(self.count, 1)
        return QRectF(index * wide, chart * (tall + GAP) + TITLE, wide, max(tall - TITLE, 4))

    def view_at(self, position: QPointF) -> int:
        index = int(position.x() / max(self.width() / max(self.count, 1), 1e-9))
        return index if 0 <= index < self.count and self.charts else -1

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.viewPointed.emit(self.view_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.viewPointed.emit(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.view_at(event.position())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.viewChosen.emit(index)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for place, chart in enumerate(self.charts):
            self.paint_chart(painter, place, chart)
        if self.charts:
            self.paint_foot(painter)
        painter.end()

    def paint_chart(self, painter: QPainter, place: int, chart: Chart) -> None:
        look, first = theme.current(), self.column(place, 0)
        top = QRectF(0, first.top() - TITLE, self.width(), TITLE - 2)
        painter.setFont(theme.font(10.5, 600))
        painter.setPen(look.color("t1"))
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, chart.title)
        used = QFontMetricsF(painter.font()).horizontalAdvance(chart.title) + 8
        painter.setFont(theme.font(10.5))
        metrics = QFontMetricsF(painter.font())
        painter.setPen(look.color("t3"))
        note = metrics.elidedText(chart.note, Qt.TextElideMode.ElideRight, max(top.width() - used, 0))
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, note)
        painter.fillRect(QRectF(0, first.top(), self.width(), first.height()), look.color("field"))
        gap = 0.0 if first.width() < 4 else min(first.width() * 0.25, 6.0)
        for index, value in enumerate(chart.values):
            box = self.column(place, index)
            if index in (self.pointed, self.chosen):
                painter.fillRect(box, look.color("hover" if index == self.pointed else "accentwash"))
            tall = (box.height() - 2) * min(max(value / chart.most, 0.0), 1.0) if chart.most > 0 else 0.0
            bar = QRectF(box.left() + gap / 2, box.bottom() - tall, box.width() - gap, tall)
            painter.fillRect(bar, look.color(chart.tones[index] if index < len(chart.tones) else "ctl3"))
            if chart.hatched and index < len(chart.hatched) and chart.hatched[index]:
                painter.fillRect(bar, QBrush(look.color("field"), Qt.BrushStyle.BDiagPattern))  # wrong is told by more than colour

    def paint_foot(self, painter: QPainter) -> None:
        """The numbers of the views, as many as there is room for."""
        look, last = theme.current(), self.column(len(self.charts) - 1, 0)
        painter.setFont(theme.mono(10))
        wide = QFontMetricsF(painter.font()).horizontalAdvance(str(self.count)) + 5
        every = next(step for step in (1, 2, 4, 5, 10, 20, 40, 100, 1000, 10_000) if step * last.width() >= wide or step == 10_000)
        for index in range(0, self.count, every):
            box = self.column(len(self.charts) - 1, index)
            painter.setPen(look.color("t1" if index in (self.chosen, self.pointed) else "t3"))
            room = QRectF(box.center().x() - wide, box.bottom() + 1, 2 * wide, FOOT - 1)
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, str(index + 1))


class Chart:
    """One chart: a value for each view, from 0 to `most`; `tones` are tokens of colours, `hatched` marks those that are wrong."""

    def __init__(self, title: str, note: str, values: Sequence[float], *, most: float, tones: Sequence[str] = (), hatched: Sequence[bool] = ()) -> None:
        self.title, self.note, self.values, self.most = title, note, tuple(values), most
        self.tones, self.hatched = tuple(tones), tuple(hatched)

    def words(self) -> str:
        return f"{self.title}: " + ", ".join(numbers.plain(float(value), 2) for value in self.values)
