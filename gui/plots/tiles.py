"""A grid of tiles: filters, maps or images as one picture at a whole factor, with the value under the pointer. Asks for no data itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QFocusEvent, QHideEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from gui import theme
from gui.plots import colormap, numbers, tile_layout
from gui.plots.colormap import Scale
from gui.plots.tile_layout import Spot, TileLayout
from gui.plots.tile_readout import Readout

GAP = 4
EDGE = 2  # px around all tiles, so that the ring is whole
ARROWS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class TileGrid(QAbstractScrollArea):
    """`set_tiles` shows (N, h, w), or (N, h, w, 3) as colour. Arrows walk from tile to tile, with Shift from value to value."""

    spotChanged = Signal(object)  # Spot under the pointer, or None
    tileClicked = Signal(int)
    laidOut = Signal(int, int)  # width and height that the tiles take

    def __init__(self, noun: str = "tile", parent: QWidget | None = None, *, zero: str = "zero") -> None:
        super().__init__(parent)
        self.noun, self.zero = noun, zero
        self.tiles: np.ndarray = np.zeros((0, 1, 1), np.float32)
        self.names: Sequence[str] = ()
        self.map, self.shared = colormap.SIGNED, True
        self.scales: list[Scale] = []
        self.spot: Spot | None = None
        self._layout: TileLayout | None = None
        self._image: QImage | None = None
        self._readout: Readout | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        theme.notifier().changed.connect(self.recolour)

    def sizeHint(self) -> QSize:
        return QSize(280, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 34)

    # What is shown

    def set_tiles(self, tiles: np.ndarray, *, map: str, shared: bool, names: Sequence[str] = (), scale: Scale | None = None) -> None:
        """Shows `tiles` in the colour map `map`, on one scale for all (`scale`, or theirs) or each on its own. `names` replace "filter 5"."""
        moved = tiles.shape != self.tiles.shape
        self.tiles, self.map, self.shared, self.names = tiles, map, shared, names
        self.scales = self._scales(scale)
        if moved:
            self._layout = None
            self._set_spot(None)
            self.layout_now()
        self.recolour()
        if self.spot is not None:
            self._show_readout()

    def _scales(self, scale: Scale | None) -> list[Scale]:
        if not len(self.tiles):
            return []
        if self.shared:
            return [scale or colormap.scale_of(self.tiles, self.map)] * len(self.tiles)
        return [colormap.scale_of(tile, self.map) for tile in self.tiles]

    @property
    def scale(self) -> Scale | None:
        """The one scale of all tiles; None where each has its own."""
        return self.scales[0] if self.shared and self.scales else None

    def recolour(self) -> None:
        """The picture is stale."""
        self._image = None
        self.viewport().update()

    def flat_tiles(self) -> dict[int, str]:
        """Tiles that are one value everywhere (the word `zero` when that is 0), or hold values that are no numbers ("NaN")."""
        found: dict[int, str] = {}
        if not self.tiles.size:
            return found
        values = self.tiles.reshape(len(self.tiles), -1)
        for index in np.flatnonzero(~np.isfinite(values).all(axis=1)):
            found[int(index)] = "NaN"
        if values.shape[1] > 1:
            for index in np.flatnonzero((values == values[:, :1]).all(axis=1)):
                found[int(index)] = "flat" if values[index, 0] else self.zero
        return found

    # Geometry: the layout counts in device pixels, everything here in logical ones

    def layout_now(self) -> TileLayout:
        """Where the tiles lie in the present size."""
        if self._layout is None:
            rows, columns = self.tiles.shape[1:3]
            size = self.maximumViewportSize()
            space = (size.width() - 2 * EDGE, size.height() - 2 * EDGE)
            self._layout = tile_layout.fit(len(self.tiles), (rows, columns), space=space, ratio=self.devicePixelRatioF(), gap=GAP)
            self._image = None
            self._set_scroll_range()
            self.laidOut.emit(*(round(side / self.devicePixelRatioF()) + 2 * EDGE for side in self._layout.size))
        return self._layout

    def _set_scroll_range(self) -> None:
        assert self._layout is not None
        height = round(self._layout.size[1] / self.devicePixelRatioF()) + 2 * EDGE
        page = self.maximumViewportSize().height()
        bar = self.verticalScrollBar()
        bar.setPageStep(page)
        bar.setSingleStep(max(1, self._layout.tile[1] // 2))
        bar.setRange(0, max(0, height - page))

    def tile_rect(self, tile: int) -> QRectF:
        """A tile in viewport pixels."""
        layout, ratio = self.layout_now(), self.devicePixelRatioF()
        (x, y), (width, height) = layout.origin(tile), layout.tile
        return QRectF(EDGE + x / ratio, EDGE + y / ratio - self.verticalScrollBar().value(), width / ratio, height / ratio)

    def spot_at(self, position: QPoint) -> Spot | None:
        """The value under a viewport pixel."""
        if not len(self.tiles):
            return None
        ratio = self.devicePixelRatioF()
        return self.layout_now().spot((position.x() - EDGE) * ratio, (position.y() - EDGE + self.verticalScrollBar().value()) * ratio)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._layout = None
        self._set_spot(None)
        if len(self.tiles):
            self.layout_now()
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._set_spot(None)
        self.viewport().update()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.current().color("panel"))
        if len(self.tiles):
            layout = self.layout_now()
            if self._image is None:
                self._image = self._rendered(layout)
            painter.drawImage(EDGE, EDGE - self.verticalScrollBar().value(), self._image)
            for tile, word in self.flat_tiles().items():
                self._paint_word(painter, self.tile_rect(tile), word)
            if self.spot is not None:
                painter.setPen(QPen(theme.current().color("sel"), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.tile_rect(self.spot.tile).adjusted(-0.75, -0.75, 0.75, 0.75))
        painter.end()

    def _rendered(self, layout: TileLayout) -> QImage:
        """All tiles as one image with gaps of the surface."""
        thinned = self.tiles[:, :: layout.every, :: layout.every]
        pixels = colormap.mixed(thinned, self.scales) if self.tiles.ndim == 4 else colormap.colours(thinned, self.map, self.scales)
        pixels = pixels.repeat(layout.factor, axis=1).repeat(layout.factor, axis=2)  # (N, h, w, 4)
        width, height = layout.tile
        down, across, gap = layout.down, layout.across, layout.gap
        canvas = np.empty((down, height + gap, across, width + gap, 4), np.uint8)
        canvas[:] = colormap.bgra(theme.current().color("panel"))
        for row in range(down):
            part = pixels[row * across : (row + 1) * across]
            canvas[row, :height, : len(part), :width] = part.transpose(1, 0, 2, 3)
        full = canvas.reshape(down * (height + gap), across * (width + gap), 4)
        return colormap.image_of(full[: layout.size[1], : layout.size[0]], self.devicePixelRatioF())

    def _paint_word(self, painter: QPainter, rect: QRectF, word: str) -> None:
        look = theme.current()
        painter.fillRect(rect, look.color("field"))
        painter.fillRect(rect, QBrush(look.color("ctl"), Qt.BrushStyle.BDiagPattern))
        painter.setFont(theme.font(10, 500))
        width = painter.fontMetrics().horizontalAdvance(word) + 4
        if width <= rect.width():
            label = QRectF(rect.center().x() - width / 2, rect.center().y() - 7, width, 14)
            painter.fillRect(label, look.color("field"))
            painter.setPen(look.color("err" if word == "NaN" else "t2"))
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, word)

    # Pointer and keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._set_spot(self.spot_at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = self.spot_at(event.position().toPoint())
        if spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.tileClicked.emit(spot.tile)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._set_spot(None)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = ARROWS.get(Qt.Key(event.key()))
        if step is None or not len(self.tiles):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.spot is not None:
                self.tileClicked.emit(self.spot.tile)
            elif event.key() == Qt.Key.Key_Escape and self.spot is not None:
                self._set_spot(None)
            else:
                super().keyPressEvent(event)
            return
        self.walk(*step, inside=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def walk(self, down: int, right: int, *, inside: bool = False) -> None:
        """Moves the ring by tiles, or by values `inside` its tile; begins at the first tile."""
        layout, spot = self.layout_now(), self.spot
        if spot is None:
            new = Spot(0, 0, 0)
        elif inside:
            row, column = spot.row + down * layout.every, spot.column + right * layout.every
            new = Spot(spot.tile, min(max(row, 0), layout.rows - 1), min(max(column, 0), layout.columns - 1))
        else:
            tile = spot.tile + down * layout.across + right
            new = Spot(tile, spot.row, spot.column) if 0 <= tile < layout.count else spot
        rect = self.tile_rect(new.tile)
        hidden = min(rect.top() - EDGE, 0) or max(rect.bottom() + EDGE - self.viewport().height(), 0)
        if hidden:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(hidden))
        self._set_spot(new)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._set_spot(None)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._set_spot(None)
        if self._readout is not None:
            self._readout.deleteLater()
            self._readout = None

    # The read-out

    def _set_spot(self, spot: Spot | None) -> None:
        if spot == self.spot:
            return
        self.spot = spot
        self.viewport().update()
        if spot is not None:
            self._show_readout()
        elif self._readout is not None:
            self._readout.hide()
        self.spotChanged.emit(spot)

    def readout(self) -> tuple[str, str]:
        """What is said about the value under the ring: words, and the number."""
        if self.spot is None:
            return "", ""
        spot = self.spot
        name = self.names[spot.tile] if spot.tile < len(self.names) else f"{self.noun} {spot.tile}"
        value = self.tiles[spot.tile, spot.row, spot.column]
        number = ", ".join(numbers.plain(float(v), 3) for v in np.atleast_1d(value))
        return f"{name} · row {spot.row}, col {spot.column}", number

    def _show_readout(self) -> None:
        if self.spot is None or not self.isVisible():
            return
        if self._readout is None:
            self._readout = Readout(self)
        words, number = self.readout()
        self.setAccessibleDescription(f"{words} · {number}")
        rect: QRect = self.tile_rect(self.spot.tile).toAlignedRect()
        self._readout.show_beside(self.viewport(), rect, words=words, number=number)
