"""Where the canvas looks: zoom at a point, pan, frame a rectangle, glide there. Moves the view only, knows no items."""

from __future__ import annotations

import math

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QRect, QRectF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

from gui.editor.detail import FIT_MIN, FULL_FROM, ZOOM_MAX, ZOOM_MIN

WORLD = 200_000.0  # how far one can pan, scene px each way
MARGIN = 16.0  # px round what is framed
GLIDE = 200  # ms


class Camera(QObject):
    """Zoom and place of a view. `motion` off jumps instead of gliding."""

    zoomed = Signal(float)
    moved = Signal()

    def __init__(self, view: QGraphicsView, *, motion: bool = True) -> None:
        super().__init__(view)
        self.view = view
        self.motion = motion
        self.zoom = 1.0
        self.across, self.down = view.horizontalScrollBar(), view.verticalScrollBar()
        view.setSceneRect(QRectF(-WORLD, -WORLD, 2 * WORLD, 2 * WORLD))
        view.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        view.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.glide = QVariantAnimation(self)
        self.glide.setDuration(GLIDE)
        self.glide.setStartValue(0.0)
        self.glide.setEndValue(1.0)
        self.glide.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self.glide.valueChanged.connect(self.step)
        self.path: tuple[QPointF, float, QPointF, float] = (QPointF(), 1.0, QPointF(), 1.0)

    def place(self, point: QPointF, at: QPointF, zoom: float) -> None:
        """Shows the scene point `point` at the viewport's pixel `at` with this zoom."""
        zoom = min(max(zoom, FIT_MIN), ZOOM_MAX)
        if zoom != self.zoom:
            self.zoom = zoom
            self.zoomed.emit(zoom)  # first, so that nothing is painted with the old detail
            self.view.setTransform(QTransform.fromScale(zoom, zoom))
        self.across.setValue(round(zoom * point.x() - at.x()))
        self.down.setValue(round(zoom * point.y() - at.y()))
        self.moved.emit()

    def zoom_at(self, at: QPointF, factor: float) -> None:
        """Zooms by `factor`, 10-300 %, keeping what lies under the pixel `at`."""
        self.glide.stop()
        low = min(ZOOM_MIN, self.zoom)
        zoom = min(max(self.zoom * factor, low), ZOOM_MAX)
        if abs(zoom - 1) < 0.02:
            zoom = 1.0  # text is sharpest there
        self.place(self.scene_point(at), at, zoom)

    def zoom_to(self, percent: float) -> None:
        """Zooms to `percent` about the middle of the view."""
        self.zoom_at(self.middle(), percent / 100 / self.zoom)

    def pan(self, dx: float, dy: float) -> None:
        """Moves what is shown by pixels."""
        self.glide.stop()
        self.across.setValue(self.across.value() - round(dx))
        self.down.setValue(self.down.value() - round(dy))
        self.moved.emit()

    def frame(self, area: QRectF, *, most: float = 1.0, glide: bool = True) -> None:
        """Shows all of `area`, at most at the zoom `most`."""
        if area.isEmpty():
            area = area.adjusted(-1, -1, 1, 1)
        port = self.view.viewport().rect()
        wide, high = max(port.width() - 2 * MARGIN, 20), max(port.height() - 2 * MARGIN, 20)
        zoom = min(most, wide / area.width(), high / area.height())
        if zoom < FULL_FROM <= min(most, port.width() / area.width(), port.height() / area.height()):
            zoom = FULL_FROM  # a narrower margin, and everything is still written on the nodes
        self.look_at(area.center(), zoom, glide=glide)

    def look_at(self, centre: QPointF, zoom: float, *, glide: bool = True) -> None:
        """Brings a scene point to the middle of the view."""
        self.glide.stop()
        if not (glide and self.motion and self.view.isVisible()):
            self.place(centre, self.middle(), zoom)
            return
        self.path = (self.scene_point(self.middle()), self.zoom, centre, zoom)
        self.glide.start()

    def step(self, share: float) -> None:
        old, before, new, after = self.path
        zoom = math.exp(math.log(before) + (math.log(after) - math.log(before)) * share)
        weight = share if abs(after - before) < 1e-6 else (1 / zoom - 1 / before) / (1 / after - 1 / before)
        self.place(old + (new - old) * weight, self.middle(), zoom)

    def scene_point(self, at: QPointF) -> QPointF:
        """The scene point under a viewport pixel."""
        return QPointF((at.x() + self.across.value()) / self.zoom, (at.y() + self.down.value()) / self.zoom)

    def view_point(self, point: QPointF) -> QPointF:
        """The viewport pixel of a scene point."""
        return QPointF(point.x() * self.zoom - self.across.value(), point.y() * self.zoom - self.down.value())

    def view_rect(self, area: QRectF) -> QRect:
        """The viewport pixels of a scene rectangle."""
        zoom, left, top = self.zoom, self.across.value(), self.down.value()
        return QRectF(area.x() * zoom - left, area.y() * zoom - top, area.width() * zoom, area.height() * zoom).toAlignedRect()

    def middle(self) -> QPointF:
        rect = self.view.viewport().rect()
        return QPointF(rect.width() / 2, rect.height() / 2)

    def shown(self) -> QRectF:
        """The part of the scene that is visible."""
        rect = self.view.viewport().rect()
        return QRectF(self.scene_point(QPointF(0, 0)), self.scene_point(QPointF(rect.width(), rect.height())))
