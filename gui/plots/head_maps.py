"""Where the query looks: one map per head over the dimmed image, each with its maximum as a number. Shows what it is given."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots import colormap, numbers, token_grid
from gui.plots.colormap import Scale
from gui.plots.pixel_view import PixelView, ring
from gui.plots.token_grid import TokenGrid

EDGE, GAP, CAPTION = 3, 10, 18  # px
CAPTION_WIDE = 62  # px that a name and a number take
FRONT = 11  # px of the square that stands for a token in front


class HeadMaps(PixelView):
    """`set_maps` shows rows of weights (heads, keys). A click on a head chooses it."""

    headClicked = Signal(int)
    weights = np.zeros((0, 1), np.float32)
    cells = TokenGrid()
    image: np.ndarray | None = None
    names: tuple[str, ...] = ()
    map = colormap.POSITIVE
    scales: tuple[Scale, ...] = ()
    query, chosen = -1, -1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Where the query looks, one map per head")

    def set_maps(self, weights: np.ndarray, cells: TokenGrid, *, image: np.ndarray | None, names: tuple[str, ...], map: str) -> None:
        """Shows what each head gives to each key (heads, keys), on its own scale; `image` (C, H, W) lies over it where cells are patches."""
        self.weights, self.cells, self.names, self.map = weights, cells, names, map
        self.image = image if image is not None and image.ndim == 3 and cells.placed else None
        self.scales = tuple(colormap.scale_of(row, map) for row in weights)
        self.redraw()

    def set_marks(self, query: int, chosen: int) -> None:
        """Rings the query in every map (-1: it is not among the keys) and tells which head is chosen."""
        self.query, self.chosen = query, chosen
        self.retouch()

    # Geometry

    def layout_now(self) -> tuple[int, int, int]:
        """(device pixels of a cell, maps side by side, pitch in px) with the largest maps that fit."""
        count, cells, ratio = len(self.weights), self.cells, self.devicePixelRatioF()
        best = (1, 1)
        for across in range(1, count + 1):
            down = math.ceil(count / across)
            width = (self.width() - 2 * EDGE - (across - 1) * GAP) / across
            height = (self.height() - EDGE - (down - 1) * 4) / down - CAPTION
            side = int(min(width / max(cells.columns, 1), height / max(cells.rows, 1)) * ratio)
            better = side > best[0] or (side == best[0] and abs(across - down) < abs(best[1] - math.ceil(count / best[1])))
            best = (side, across) if better else best
        pitch = round(max(cells.columns * best[0] / ratio, CAPTION_WIDE)) + GAP
        return best[0], best[1], min(pitch, max((self.width() - 2 * EDGE + GAP) // best[1], 1))

    def map_rect(self, head: int) -> QRectF:
        """Where the map of a head is, in viewport pixels."""
        side, across, pitch = self.layout_now()
        row, column = divmod(head, across)
        width, height = (count * side / self.devicePixelRatioF() for count in (self.cells.columns, self.cells.rows))
        return QRectF(EDGE + column * pitch, CAPTION + row * round(height + CAPTION + 4), width, height)

    def front_rect(self, head: int, token: int) -> QRectF:
        """The square of a token in front, in the caption line."""
        rect = self.map_rect(head)
        left = rect.left() + 12 + 6 * len(self.label(head)) + token * (FRONT + 2)
        return QRectF(left, rect.top() - 14, FRONT, FRONT)

    def label(self, head: int) -> str:
        name = self.names[head] if head < len(self.names) else f"Head {head + 1}"
        return name if self.map_rect(head).width() >= 90 or not name.startswith("Head ") else name[5:]

    def spot(self, position: QPoint) -> tuple[int, int] | None:
        """(head, token) under a viewport pixel."""
        side = self.layout_now()[0] / self.devicePixelRatioF()
        for head in range(len(self.weights)):
            rect = self.map_rect(head)
            if rect.contains(position.toPointF()):
                token = self.cells.token(int((position.y() - rect.top()) // side), int((position.x() - rect.left()) // side))
                return (head, token) if token >= 0 else None
            for token in range(self.cells.prefix):
                if self.front_rect(head, token).contains(position.toPointF()):
                    return head, token
        return None

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = self.spot(event.position().toPoint())
        if spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.headClicked.emit(spot[0])

    def words_at(self, position: QPoint) -> tuple[QRect, str, str] | None:
        spot = self.spot(position)
        if spot is None:
            return None
        head, token = spot
        value = float(self.weights[head, token])
        cell, rect = self.cells.cell(token), self.map_rect(head)
        side = self.layout_now()[0] / self.devicePixelRatioF()
        box = self.front_rect(head, token) if cell is None else QRectF(rect.left() + cell[1] * side, rect.top() + cell[0] * side, side, side)
        name = self.names[head] if head < len(self.names) else f"Head {head + 1}"
        return box.toAlignedRect(), f"{name} · {self.cells.name(token)}", numbers.plain(value, 4)

    # Drawing

    def redraw(self) -> None:
        if not len(self.weights) or not self.cells.tokens:
            self.show_pixels(None)
            return
        side, ratio = self.layout_now()[0], self.devicePixelRatioF()
        panel = theme.current().color("panel")
        size = (round(self.height() * ratio), round(self.width() * ratio), 3)
        canvas = np.full(size, (panel.red(), panel.green(), panel.blue()), np.uint8)
        width, height = self.cells.columns * side, self.cells.rows * side
        over = token_grid.image_bytes(self.image, width, height) if self.image is not None else None
        for head, row in enumerate(self.weights):
            tile = token_grid.enlarged(token_grid.shades(self.cells.spread(row), self.map, self.scales[head]), side)
            tile = tile if over is None else token_grid.screened(tile, over)
            rect = self.map_rect(head)
            top, left = round(rect.top() * ratio), round(rect.left() * ratio)
            part = canvas[top : top + height, left : left + width]
            part[:] = tile[: part.shape[0], : part.shape[1]]
        self.show_pixels(canvas)

    def draw(self, painter: QPainter) -> None:
        look = theme.current()
        for head, row in enumerate(self.weights):
            rect = self.map_rect(head)
            line = QRectF(rect.left(), rect.top() - CAPTION, min(max(rect.width(), CAPTION_WIDE), self.layout_now()[2] - 2), CAPTION - 2)
            painter.setFont(theme.font(10.5, 600))
            painter.setPen(look.color("accent" if head == self.chosen else "t1"))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self.label(head))
            for token in range(self.cells.prefix):
                red, green, blue = token_grid.shades(row[token : token + 1], self.map, self.scales[head])[0].tolist()
                box = self.front_rect(head, token)
                painter.fillRect(box, look.color("ctl"))
                inner = box.adjusted(1, 1, -1, -1)
                painter.fillRect(inner, look.color("field").fromRgb(red, green, blue))
            painter.setFont(theme.mono(10.5))
            painter.setPen(look.color("t2"))
            if line.width() >= CAPTION_WIDE - 2:
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.number(row, wide=line.width() >= 105))
            if head == self.chosen:
                painter.fillRect(QRectF(rect.left(), rect.bottom() + 1, rect.width(), 2), look.color("accent"))
            self.draw_query(painter, rect)

    def number(self, row: np.ndarray, *, wide: bool) -> str:
        """The greatest value of a row."""
        finite = row[np.isfinite(row)]
        return ("max " if wide else "") + (numbers.plain(float(finite.max()), 3 if wide else 2) if finite.size else "NaN")

    def draw_query(self, painter: QPainter, rect: QRectF) -> None:
        cell = self.cells.cell(self.query) if 0 <= self.query < self.cells.tokens else None
        if cell is not None:
            side = self.layout_now()[0] / self.devicePixelRatioF()
            ring(painter, QRectF(rect.left() + cell[1] * side, rect.top() + cell[0] * side, side, side).adjusted(1, 1, -1, -1))
