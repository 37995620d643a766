"""The classes of pixels: colour, name, and a bar with a number for each. A click or the arrow keys pick one. Draws what it is given."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.plots import numbers

PITCH, NUMBER, SWATCH = 18, 34, 10  # px


def share(value: float) -> str:
    """A probability or an overlap in two digits; what is more than nothing is not written as 0."""
    if not math.isfinite(value) or abs(value) >= 100:
        return numbers.plain(value, 2)
    return "<0.01" if 0 < value < 0.005 else f"{value:.2f}".replace("-", numbers.MINUS) if value else "0"


class ClassLegend(QWidget):
    """One row for each class, and one for pixels that do not count where there are any."""

    classPicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.values: tuple[float, ...] = ()
        self.picked, self.true, self.ignored = 0, -1, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Classes: click one to see its probability")
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(140, PITCH * (len(self.names) + self.ignored))

    minimumSizeHint = sizeHint

    def set_classes(self, names: Sequence[str], picked: int, *, ignored: bool) -> None:
        """`picked` is the class whose probability is shown; `ignored` says that some pixels do not count."""
        if (tuple(names), ignored) != (self.names, self.ignored):
            self.names, self.ignored = tuple(names), ignored
            self.setFixedHeight(self.sizeHint().height())
        self.picked = picked
        self.update()

    def set_values(self, values: Sequence[float], true: int = -1) -> None:
        """A number from 0 to 1 for each class, NaN where there is none; `true` is the class that is right, where one is."""
        self.values, self.true = tuple(values), true
        self.setAccessibleDescription(", ".join(f"{name} {self.number(index)}" for index, name in enumerate(self.names)))
        self.update()

    def number(self, index: int) -> str:
        """What stands at the right of a class."""
        value = self.values[index] if index < len(self.values) else math.nan
        return "–" if math.isnan(value) else share(value)

    def row_rect(self, index: int) -> QRectF:
        return QRectF(0, index * PITCH, self.width(), PITCH)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = int(event.position().y() // PITCH)
        if event.button() == Qt.MouseButton.LeftButton and 0 <= index < len(self.names):
            self.classPicked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step and 0 <= self.picked + step < len(self.names):
            self.classPicked.emit(self.picked + step)
        elif not step:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme.current(), QPainter(self)
        colors = look.class_colors(len(self.names))
        for index, name in enumerate(self.names):
            row = self.row_rect(index)
            if not row.intersects(QRectF(event.rect())):
                continue
            if index == self.picked:
                painter.fillRect(row, look.color("accentwash"))
                painter.fillRect(QRectF(0, row.top(), 2, PITCH), look.color("accent"))
            self.paint_swatch(painter, row, QColor(*map(int, colors[index])))
            self.paint_row(painter, row, index, name)
        if self.ignored:
            row = self.row_rect(len(self.names))
            self.paint_swatch(painter, row, look.color("field"))
            painter.fillRect(self.swatch(row), QBrush(look.color("t3"), Qt.BrushStyle.BDiagPattern))
            painter.setFont(theme.font(11))
            painter.setPen(look.color("t3"))
            painter.drawText(row.adjusted(24, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, "does not count")
        painter.end()

    def swatch(self, row: QRectF) -> QRectF:
        return QRectF(7, row.top() + (PITCH - SWATCH) / 2, SWATCH, SWATCH)

    def paint_swatch(self, painter: QPainter, row: QRectF, color: QColor) -> None:
        painter.setPen(theme.current().color("ctl3"))
        painter.setBrush(color)
        painter.drawRect(self.swatch(row).adjusted(0.5, 0.5, -0.5, -0.5))

    def paint_row(self, painter: QPainter, row: QRectF, index: int, name: str) -> None:
        look, right = theme.current(), self.width() - NUMBER
        metrics = QFontMetricsF(theme.font(11))
        wide = min(max(48.0, right * 0.55), max(right - 24 - 30, 30.0))
        painter.setFont(theme.font(11, 600 if index == self.true else 400))
        painter.setPen(look.color("t1" if index in (self.picked, self.true) else "t2"))
        painter.drawText(QRectF(24, row.top(), wide, PITCH), Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(name, Qt.TextElideMode.ElideRight, wide))
        track = QRectF(24 + wide + 4, row.top() + 7, right - 24 - wide - 8, 4)
        value = self.values[index] if index < len(self.values) else math.nan
        if track.width() > 8 and not math.isnan(value):
            painter.fillRect(track, look.color("field"))
            filled = QRectF(track.left(), track.top(), track.width() * min(max(value, 0.0), 1.0), 4)
            painter.fillRect(filled, look.color("ok" if index == self.true else "ctl3"))
        painter.setFont(theme.mono(10.5))
        painter.setPen(look.color("t1" if not math.isnan(value) else "t3"))
        painter.drawText(QRectF(right, row.top(), NUMBER - 2, PITCH), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.number(index))
