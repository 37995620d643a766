"""Token × token: how much each query (row) looks at each key (column), the query's row ringed. Shows what it is given."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots import colormap, numbers, token_grid
from gui.plots.colormap import Scale
from gui.plots.pixel_view import PixelView, ring
from gui.plots.token_grid import TokenGrid

LEFT, FOOT, EDGE = 15, 15, 3  # px: axis words at the left and below


class TokenMatrix(PixelView):
    """A click, or the up and down keys, choose the query. Of a thinned matrix every k-th row and column is shown."""

    queryChosen = Signal(int)
    values = np.zeros((0, 0), np.float32)
    map = colormap.POSITIVE
    scale = Scale(0.0, 1.0)
    every: tuple[int, int] = (1, 1)
    queries, keys = TokenGrid(), TokenGrid()
    query = 0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Token by token: queries in rows, keys in columns")

    def set_values(self, values: np.ndarray, *, queries: TokenGrid, keys: TokenGrid, map: str, scale: Scale, every: tuple[int, int]) -> None:
        """Shows (queries, keys) on one scale."""
        self.values, self.queries, self.keys, self.map, self.scale, self.every = values, queries, keys, map, scale, every
        self.redraw()

    def set_query(self, query: int) -> None:
        """Rings the row of a token."""
        self.query = query
        self.retouch()

    # Geometry

    def box(self, room: QSize | None = None) -> QRectF:
        """Where the matrix is, in viewport pixels: cells are square. `room`: where it would be in a view of that size."""
        rows, columns = self.values.shape
        room = room or self.size()
        width, height = room.width() - LEFT - EDGE, room.height() - FOOT - EDGE
        side = min(width / max(columns, 1), height / max(rows, 1))
        ratio = self.devicePixelRatioF()
        if side * ratio >= 1:
            side = int(side * ratio) / ratio if side * ratio >= 4 else side
        return QRectF(LEFT, EDGE, side * columns, side * rows)

    def row_rect(self, query: int) -> QRectF:
        """The row of a query."""
        box, rows = self.box(), max(len(self.values), 1)
        return QRectF(box.left(), box.top() + query // self.every[0] * box.height() / rows, box.width(), box.height() / rows)

    def spot(self, position: QPoint) -> tuple[int, int] | None:
        """Row and column of the value under a viewport pixel."""
        box = self.box()
        if not self.values.size or not box.contains(position.toPointF()):
            return None
        row = int((position.y() - box.top()) / box.height() * self.values.shape[0])
        column = int((position.x() - box.left()) / box.width() * self.values.shape[1])
        return min(row, self.values.shape[0] - 1), min(column, self.values.shape[1] - 1)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = self.spot(event.position().toPoint())
        if spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.queryChosen.emit(spot[0] * self.every[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0) * self.every[0]
        if step and 0 <= self.query + step < self.queries.tokens:
            self.queryChosen.emit(self.query + step)
        elif not step:
            event.ignore()

    def words_at(self, position: QPoint) -> tuple[QRect, str, str] | None:
        spot = self.spot(position)
        if spot is None:
            return None
        row, column = spot
        words = f"{self.queries.name(row * self.every[0], short=True)} looks at {self.keys.name(column * self.every[1], short=True)}"
        return QRect(position - QPoint(6, 6), position + QPoint(6, 6)), words, numbers.plain(float(self.values[row, column]), 4)

    # Drawing

    def redraw(self) -> None:
        box, ratio = self.box(), self.devicePixelRatioF()
        width, height = int(box.width() * ratio), int(box.height() * ratio)
        if not self.values.size or width < 1 or height < 1:
            self.show_pixels(None)
            return
        rows = np.arange(height) * self.values.shape[0] // height
        columns = np.arange(width) * self.values.shape[1] // width
        colours = token_grid.shades(self.values, self.map, self.scale)
        self.show_pixels(colours[rows[:, None], columns[None, :]], (box.left(), box.top()))

    def draw(self, painter: QPainter) -> None:
        if not self.values.size:
            return
        look, box = theme.current(), self.box()
        painter.setFont(theme.mono(10))
        painter.setPen(look.color("t3"))
        below = QRectF(box.left(), box.bottom() + 2, box.width(), FOOT - 2)
        first, last = "cls" if self.keys.name(0, short=True) == "cls" else "0", str(self.keys.tokens - 1)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, first)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, last)
        ends = 2 * max(map(painter.fontMetrics().horizontalAdvance, (first, last))) + 8
        painter.setFont(theme.font(10))
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, fitting(painter, "key", box.width() - ends))
        painter.save()
        painter.translate(0, box.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-box.height() / 2, -1, box.height(), LEFT - 2), Qt.AlignmentFlag.AlignCenter, fitting(painter, "query", box.height()))
        painter.restore()
        if 0 <= self.query < self.queries.tokens:
            row = self.row_rect(self.query)
            grow = max(0.0, (5 - row.height()) / 2)
            ring(painter, row.adjusted(0, -grow, 0, grow))


def fitting(painter: QPainter, axis: str, room: float) -> str:
    """The longest name of an axis of tokens that has room (px)."""
    return next((words for words in (f"{axis} token", axis) if painter.fontMetrics().horizontalAdvance(words) <= room), "")
