"""One line of a curve plot, or the area between two. Draws what it is given and measures nothing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF

from gui.plots.pg import pg


class CurveLine(pg.PlotCurveItem):
    """A curve item that covers the whole plot: others look for its least and greatest value each time anybody asks where they are."""

    def __init__(self, level: float, **opts: object) -> None:
        self.view = QRectF()
        super().__init__(**opts)
        self.setZValue(level)

    def show_line(self, x: np.ndarray, y: np.ndarray, view: QRectF) -> None:
        """Draws y over x within `view`, all in the axes' even units; NaN interrupts it."""
        if view != self.view:
            self.prepareGeometryChange()
            self.view = QRectF(view)
        self.setData(x, y)

    def boundingRect(self) -> QRectF:
        return self.view

    def viewTransformChanged(self) -> None:
        """Nothing: where it lies does not depend on the zoom."""

    def informViewBoundsChanged(self) -> None:
        """Nothing: the axes' ranges are set, and no view fits itself to the values."""
