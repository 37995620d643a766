"""A grid of tiles: filters, maps or images as one ImageItem at a whole factor, with the value under the pointer. Asks for no data itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent, QTransform
from PySide6.QtWidgets import QGraphicsRectItem, QSizePolicy, QWidget

from gui import theme
from gui.plots import colormap, numbers, tile_layout, tile_mosaic
from gui.plots.colormap import Scale
from gui.plots.pg import pg
from gui.plots.tile_layout import Spot, TileLayout
from gui.plots.tile_mosaic import TileWords
from gui.plots.tile_readout import Readout

GAP = 4
EDGE = 2  # px around all tiles, so that the ring is whole
ARROWS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class TileGrid(pg.GraphicsView):
    """`set_tiles` shows (N, h, w), or (N, h, w, 3) as colour. Arrows walk from tile to tile, with Shift from value to value."""

    spotChanged = Signal(object)  # Spot under the pointer, or None
    tileClicked = Signal(int)
    laidOut = Signal(int, int)  # width and height that the tiles take
    whole = QRectF(0, 0, 1, 1)  # the scene; known to the events that come while the base class is made

    def __init__(self, noun: str = "tile", parent: QWidget | None = None, *, zero: str = "zero") -> None:
        super().__init__(parent)
        self.noun, self.zero = noun, zero
        self.setAccessibleName(f"{noun.capitalize()}s: arrow keys walk from one to the next")
        self.tiles: np.ndarray = np.zeros((0, 1, 1), np.float32)
        self.names: Sequence[str] = ()
        self.map, self.shared, self.matrix = colormap.SIGNED, True, False
        self.scales: list[Scale] = []
        self.spot: Spot | None = None
        self._layout: TileLayout | None = None
        self._room = QSize()
        self._readout: Readout | None = None
        self.picture = pg.ImageItem(axisOrder="row-major")
        self.words, self.ring = TileWords(), QGraphicsRectItem()
        for level, item in enumerate((self.picture, self.words, self.ring)):
            item.setZValue(level)
            self.addItem(item)
        self.ring.setVisible(False)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setMouseTracking(True)
        theme.notifier().changed.connect(self.recolour)
        self.recolour()

    def sizeHint(self) -> QSize:
        return QSize(280, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 34)

    def close(self) -> bool:
        """As any widget: pyqtgraph would take the scene apart, which goes with the widget that owns it."""
        return QWidget.close(self)

    # What is shown

    def set_tiles(self, tiles: np.ndarray, *, map: str, shared: bool, names: Sequence[str] = (), scale: Scale | None = None, matrix: bool = False) -> None:
        """Shows `tiles` in the colour map `map`, on one scale for all (`scale`, or theirs) or each on its own. `names` replace "filter 5".

        With `matrix` the one tile is no picture, and its values need not be square.
        """
        moved = (tiles.shape, matrix) != (self.tiles.shape, self.matrix)
        self.tiles, self.map, self.shared, self.names, self.matrix = tiles, map, shared, names, matrix
        self.scales = self._scales(scale)
        if moved:
            self._layout = None
            self._set_spot(None)
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
        """The picture is stale: other values, another size or another theme."""
        look = theme.current()
        self.setBackground(look.color("panel"))
        self.ring.setPen(pg.mkPen(look.color("sel"), width=1.5))
        self.picture.setVisible(len(self.tiles) > 0)
        if not len(self.tiles):
            self.words.show_words({}, QRectF())
            return
        layout, ratio = self.layout_now(), self.devicePixelRatioF()
        pixels, levels = tile_mosaic.mosaic(self.tiles, layout, scales=self.scales, name=self.map, shared=self.shared)
        self.picture.setLookupTable(look.lut(self.map), update=False)
        self.picture.setImage(pixels, levels=levels, autoLevels=False)
        self.picture.setTransform(QTransform.fromTranslate(EDGE, EDGE).scale(1 / ratio, 1 / ratio))
        self.words.show_words({index: (self.tile_rect(index, scrolled=False), word) for index, word in self.flat_tiles().items()}, self.whole)

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
            ratio = self.devicePixelRatioF()
            if self.matrix:
                self._layout = tile_layout.fit_matrix((rows, columns), space=space, ratio=ratio)
            else:
                self._layout = tile_layout.fit(len(self.tiles), (rows, columns), space=space, ratio=ratio, gap=GAP)
            self._fit_scene()
            self.laidOut.emit(*(round(side / self.devicePixelRatioF()) + 2 * EDGE for side in self._layout.size))
        return self._layout

    def _fit_scene(self) -> None:
        assert self._layout is not None
        width, height = (side / self.devicePixelRatioF() + 2 * EDGE for side in self._layout.size)
        self.whole = QRectF(0, 0, min(width, self.maximumViewportSize().width()), height)
        self.setSceneRect(self.whole)
        self.verticalScrollBar().setSingleStep(max(1, self._layout.tile[1] // 2))

    def updateMatrix(self, propagate: bool = True) -> None:
        """pyqtgraph would fit the scene to the view; here the view moves over the scene."""
        self.setSceneRect(self.whole)

    def tile_rect(self, tile: int, *, scrolled: bool = True) -> QRectF:
        """A tile in viewport pixels; in the scene's where it is not `scrolled`."""
        layout, ratio = self.layout_now(), self.devicePixelRatioF()
        (x, y), (width, height) = layout.origin(tile), layout.tile
        up = self.verticalScrollBar().value() if scrolled else 0
        return QRectF(EDGE + x / ratio, EDGE + y / ratio - up, width / ratio, height / ratio)

    def spot_at(self, position: QPoint) -> Spot | None:
        """The value under a viewport pixel."""
        if not len(self.tiles):
            return None
        ratio = self.devicePixelRatioF()
        return self.layout_now().spot((position.x() - EDGE) * ratio, (position.y() - EDGE + self.verticalScrollBar().value()) * ratio)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is None or self._room == self.maximumViewportSize():  # a scroll bar that came or went changes nothing
            return
        self._room, self._layout = self.maximumViewportSize(), None
        self._set_spot(None)
        if len(self.tiles):
            self.recolour()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._set_spot(None)

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
                event.ignore()
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
        self.ring.setVisible(spot is not None)
        if spot is not None:
            self.ring.setRect(self.tile_rect(spot.tile, scrolled=False).adjusted(-0.75, -0.75, 0.75, 0.75))
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
