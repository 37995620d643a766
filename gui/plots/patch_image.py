"""The sample with its patch grid: a click or an arrow key chooses the query. Shows what it is given."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots import token_grid
from gui.plots.pixel_view import PixelView, ring
from gui.plots.token_grid import STEPS, TokenGrid

EDGE = 3  # px around the image, so that the ring is whole
FOOT = 24  # px below it, for the tokens in front
CHIP = 36  # px wide


class PatchImage(PixelView):
    """Arrow keys move the query; Home goes to the first token, a class token if there is one."""

    queryChosen = Signal(int)
    cells = TokenGrid()
    image: np.ndarray | None = None
    query = 0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Query: click a patch, or use the arrow keys")
        self.setToolTip("Click a patch to ask where it looks. Arrow keys move the query.")

    def set_sample(self, image: np.ndarray | None, cells: TokenGrid) -> None:
        """Shows an image (C, H, W) in 0..1 cut into `cells`."""
        self.image, self.cells = image, cells
        self.redraw()

    def set_query(self, query: int) -> None:
        """Rings a token."""
        self.query = query
        self.setAccessibleDescription(self.cells.name(query))
        self.retouch()

    def choose(self, token: int) -> None:
        """As a click on a token does."""
        if 0 <= token < self.cells.tokens:
            self.queryChosen.emit(token)

    # Geometry

    def side(self) -> int:
        """Device pixels of a cell."""
        ratio = self.devicePixelRatioF()
        width, height = self.width() - 2 * EDGE, self.height() - 2 * EDGE - (FOOT if self.cells.prefix else 0)
        return max(1, int(min(width / max(self.cells.columns, 1), height / max(self.cells.rows, 1)) * ratio))

    def cell_rect(self, token: int) -> QRectF:
        """Where a token is, in viewport pixels."""
        ratio, side, cell = self.devicePixelRatioF(), self.side(), self.cells.cell(token)
        if cell is None:
            return QRectF(EDGE + token * (CHIP + 4), EDGE + self.cells.rows * side / ratio + 6, CHIP, FOOT - 6)
        return QRectF(EDGE + cell[1] * side / ratio, EDGE + cell[0] * side / ratio, side / ratio, side / ratio)

    def token_at(self, position: QPoint) -> int:
        """The token under a viewport pixel; -1 for none."""
        point = QPointF(position)
        front = next((token for token in range(self.cells.prefix) if self.cell_rect(token).contains(point)), -1)
        if front >= 0 or not self.cells.tokens:
            return front
        side = self.side() / self.devicePixelRatioF()
        return self.cells.token(int((point.y() - EDGE) // side), int((point.x() - EDGE) // side))

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(self.token_at(event.position().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.token_at(event.position().toPoint()) >= 0
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS and self.cells.tokens:
            self.choose(self.cells.step(self.query, Qt.Key(event.key())))
        elif event.key() == Qt.Key.Key_Home and self.cells.tokens:
            self.choose(0)
        else:
            event.ignore()

    # Drawing

    def redraw(self) -> None:
        side, cells = self.side(), self.cells
        if not cells.tokens:
            self.show_pixels(None)
            return
        width, height = cells.columns * side, cells.rows * side
        if self.image is not None and self.image.ndim == 3 and cells.placed:
            pixels = token_grid.image_bytes(self.image, width, height)
        else:
            field = theme.current().color("field")
            pixels = np.full((height, width, 3), (field.red(), field.green(), field.blue()), np.uint8)
        self.show_pixels(pixels, (EDGE, EDGE))

    def draw(self, painter: QPainter) -> None:
        cells, look = self.cells, theme.current()
        if not cells.tokens:
            return
        whole = QRectF(self.cell_rect(cells.prefix).topLeft(), self.cell_rect(cells.prefix + cells.rows * cells.columns - 1).bottomRight())
        painter.setPen(QPen(theme.faded(look.color("chance"), 0.6), 1))
        for row in range(cells.rows + 1):
            y = round(whole.top() + row * whole.height() / cells.rows)
            painter.drawLine(QPointF(whole.left(), y), QPointF(whole.right(), y))
        for column in range(cells.columns + 1):
            x = round(whole.left() + column * whole.width() / cells.columns)
            painter.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()))
        for token in range(cells.prefix):
            self.draw_front(painter, token)
        if 0 <= self.query < cells.tokens:
            ring(painter, self.cell_rect(self.query).adjusted(1, 1, -1, -1))

    def draw_front(self, painter: QPainter, token: int) -> None:
        look, rect = theme.current(), self.cell_rect(token)
        painter.fillRect(rect, look.color("hover"))
        painter.setFont(theme.mono(10.5))
        painter.setPen(look.color("t1"))
        text = QFontMetricsF(painter.font()).elidedText(self.cells.name(token, short=True), Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def words_at(self, position: QPoint) -> tuple[QRect, str, str] | None:
        return None
