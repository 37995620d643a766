"""The dotted grid behind the network, drawn once per zoom into a pixmap. Draws only."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from gui.editor import ink
from gui.editor.detail import FULL, GRID, LOW


class Backdrop:
    """Dots every 20 px, every 100 px below 60 %, none below 35 %."""

    def __init__(self) -> None:
        self.dots = True  # off: a plain surface
        self.key: tuple[object, ...] = ()
        self.pixmap = QPixmap()

    def forget(self) -> None:
        """After a switch of the theme."""
        self.key = ()

    def paint(self, painter: QPainter, area: QRect, *, zoom: float, shift: QPointF, size: QSize, detail: int, ratio: float) -> None:
        """Fills `area` (viewport px); `shift` is where the scene's origin lies in the viewport."""
        if detail == LOW or not self.dots:
            painter.fillRect(area, ink.get().brush("canvas"))
            return
        pitch = zoom * (GRID if detail == FULL else 5 * GRID)
        key = (pitch, size.width(), size.height(), ratio)
        if key != self.key:
            self.key = key
            self.pixmap = self.draw(pitch, size, ratio)
        left, top = shift.x() % pitch - pitch, shift.y() % pitch - pitch
        source = QRectF((area.x() - round(left)) * ratio, (area.y() - round(top)) * ratio, area.width() * ratio, area.height() * ratio)
        painter.drawPixmap(QRectF(area), self.pixmap, source)

    def draw(self, pitch: float, size: QSize, ratio: float) -> QPixmap:
        tools = ink.get()
        columns, rows = int(size.width() / pitch) + 3, int(size.height() / pitch) + 3
        pixmap = QPixmap(round(columns * pitch * ratio) + 1, round(rows * pitch * ratio) + 1)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(tools.color("canvas"))
        dot, line = ink.blank(4, 4, ratio), ink.blank(columns * pitch, 4, ratio)
        painter = QPainter(dot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tools.brush("dot"))
        painter.drawEllipse(QPointF(2, 2), 1.1, 1.1)
        painter.end()
        line.fill(tools.color("canvas"))
        painter = QPainter(line)
        for column in range(columns):
            painter.drawPixmap(round(column * pitch) - 2, 0, dot)
        painter.end()
        painter = QPainter(pixmap)
        for row in range(rows):  # line by line: dot by dot takes longer than a frame, and comes with each step of a zoom
            painter.drawPixmap(0, round(row * pitch) - 2, line)
        painter.end()
        return pixmap
