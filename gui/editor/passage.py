"""The short motion between two levels: the old picture grows about the block, or shrinks into it, and fades. Shows a picture, moves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from gui.editor.view import Canvas

TIME = 150  # ms
DEEP = 1.6  # how far the old picture grows while it fades


class Passage(QWidget):
    """A child of the canvas over its viewport; it takes no mouse, and nothing waits for it."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.picture: QPixmap | None = None
        self.door = QRectF()
        self.inwards = True
        self.share = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        self.motion = QVariantAnimation(self)
        self.motion.setDuration(TIME)
        self.motion.setStartValue(0.0)
        self.motion.setEndValue(1.0)
        self.motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.motion.valueChanged.connect(self.step)
        self.motion.finished.connect(self.end)

    def take(self) -> QPixmap | None:
        """The picture of what the canvas shows now; None where motion is off or nobody would see it."""
        self.end()
        return self.canvas.viewport().grab() if self.canvas.motion and self.canvas.isVisible() else None

    def go(self, picture: QPixmap | None, door: QRectF, *, inwards: bool) -> None:
        """Lets the old picture go; `door` is the block in view px, in the old picture when going inwards, else in the new one."""
        if picture is None:
            return
        self.picture, self.door, self.inwards, self.share = picture, door, inwards, 0.0
        self.setGeometry(self.canvas.viewport().geometry())
        self.show()
        self.raise_()
        self.motion.start()

    def step(self, share: float) -> None:
        self.share = share
        self.update()

    def end(self) -> None:
        """Ends the motion; only the new level is seen."""
        self.motion.stop()
        self.picture = None
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.picture is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(1.0 - self.share)
        scale = 1 + (DEEP - 1) * self.share if self.inwards else 1 - (1 - 1 / DEEP) * self.share
        middle = self.door.center()
        painter.translate(middle)
        painter.scale(scale, scale)
        painter.translate(-middle)
        painter.drawPixmap(0, 0, self.picture)
        painter.end()
