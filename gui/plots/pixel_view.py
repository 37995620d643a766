"""A frameless pyqtgraph view whose scene is its own rectangle, pixel for pixel: one ImageItem, and lines and words over it. Knows no data, asks for none."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHideEvent, QMouseEvent, QPainter, QPen, QResizeEvent, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui import theme
from gui.plots.pg import pg
from gui.plots.tile_readout import Readout


class Drawing(QGraphicsItem):
    """All that a view draws over its picture."""

    def __init__(self, view: PixelView) -> None:
        super().__init__()
        self.view = view
        self.box = QRectF()

    def fit(self, box: QRectF) -> None:
        self.prepareGeometryChange()
        self.box = box

    def boundingRect(self) -> QRectF:
        return self.box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self.view.draw(painter)


class PixelView(pg.GraphicsView):
    """Subclasses set the picture in `redraw`, draw over it in `draw`, and name what is at a point in `words_at`."""

    drawing: Drawing | None = None  # known to the events that come while the base class is made

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readout: Readout | None = None
        self.picture = pg.ImageItem(axisOrder="row-major")
        self.picture.setVisible(False)
        self.drawing = Drawing(self)
        self.drawing.setZValue(1)
        self.addItem(self.picture)
        self.addItem(self.drawing)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.notifier().changed.connect(self.recolour)
        self.recolour()

    # For subclasses

    def redraw(self) -> None:
        """Sets the picture anew: other data, another size or another theme."""

    def draw(self, painter: QPainter) -> None:
        """Draws over the picture, in viewport pixels."""

    def words_at(self, position: QPoint) -> tuple[QRect, str, str] | None:
        """What the read-out says at a point: the place it explains, words, and a number; None where there is nothing to say."""
        return None

    def show_pixels(self, pixels: np.ndarray | None, corner: tuple[float, float] = (0, 0)) -> None:
        """(h, w, 3) bytes of red, green and blue in device pixels, their top left corner in viewport pixels."""
        self.picture.setVisible(pixels is not None)
        if pixels is not None:
            ratio = self.devicePixelRatioF()
            self.picture.setImage(np.ascontiguousarray(pixels), levels=None, autoLevels=False)
            self.picture.setTransform(QTransform.fromTranslate(*corner).scale(1 / ratio, 1 / ratio))
        self.retouch()

    def retouch(self) -> None:
        """What is drawn over the picture is stale."""
        if self.drawing is not None:
            self.drawing.fit(QRectF(self.rect()))
            self.drawing.update()

    # As TileGrid

    def close(self) -> bool:
        """As any widget: pyqtgraph would take the scene apart, which goes with the widget that owns it."""
        return QWidget.close(self)

    def updateMatrix(self, propagate: bool = True) -> None:
        """pyqtgraph would fit the scene to the view; here both are the same."""
        self.setSceneRect(QRectF(self.rect()))

    def recolour(self) -> None:
        self.setBackground(theme.current().color("panel"))
        self.redraw()
        self.retouch()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None and self.drawing is not None:
            self.updateMatrix()
            self.redraw()
            self.retouch()

    def sizeHint(self) -> QSize:
        return QSize(150, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 40)

    # The read-out

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.explain(self.words_at(event.position().toPoint()))

    def explain(self, found: tuple[QRect, str, str] | None) -> None:
        """Shows the card, or takes it away."""
        if found is None or not self.isVisible():
            if self._readout is not None:
                self._readout.hide()
            return
        if self._readout is None:
            self._readout = Readout(self)
        rect, words, number = found
        self.setAccessibleDescription(f"{words} · {number}")
        self._readout.show_beside(self.viewport(), rect, words=words, number=number)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.explain(None)
        return super().viewportEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._readout is not None:
            self._readout.deleteLater()
            self._readout = None


def ring(painter: QPainter, rect: QRectF) -> None:
    """The mark of the query: 2 px in the colour of selection within a ring of the surface's; thinner where it would hide what it marks."""
    look, fine = theme.current(), min(rect.width(), rect.height()) < 24
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((look.color("field"), 3 if fine else 5), (look.color("sel"), 1.5 if fine else 2)):
        pen = QPen(QColor(color), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(rect)
