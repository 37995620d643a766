"""Invisible handles over the 1 px seams between docks, wide enough for a hand; they hand the mouse to the main window. They move nothing."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

REACH = 3  # px at either side of a seam


class Grip(QWidget):
    """One handle. `seam` is the middle of its seam in the window's coordinates."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.seam = QPoint()
        self.upright = True
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)

    def place(self, seam: QRect) -> None:
        """Lies over a seam of one px."""
        self.upright = seam.width() == 1
        self.seam = seam.center()
        self.setCursor(Qt.CursorShape.SplitHCursor if self.upright else Qt.CursorShape.SplitVCursor)
        self.setGeometry(seam.adjusted(-REACH, 0, REACH, 0) if self.upright else seam.adjusted(0, -REACH, 0, REACH))
        self.show()
        self.raise_()

    def hand_over(self, event: QMouseEvent) -> None:
        """The event as if the pointer had hit the seam itself."""
        window = self.window()
        at = window.mapFromGlobal(event.globalPosition())
        if event.type() == QMouseEvent.Type.MouseButtonPress:
            at = QPointF(self.seam.x(), at.y()) if self.upright else QPointF(at.x(), self.seam.y())
        copy = QMouseEvent(event.type(), at, event.globalPosition(), event.button(), event.buttons(), event.modifiers())
        QApplication.sendEvent(window, copy)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.hand_over(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hand_over(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.hand_over(event)


def seams(window: QMainWindow, docks: Iterable[QDockWidget]) -> list[QRect]:
    """Where the seams lie now: beside and below the central widget, and between the docks at the bottom."""
    middle, found = window.centralWidget().geometry(), []
    below = window.statusBar().geometry().top()
    if middle.left() > 1:
        found.append(QRect(middle.left() - 1, middle.top(), 1, middle.height()))
    if middle.right() < window.width() - 2:
        found.append(QRect(middle.right() + 1, middle.top(), 1, middle.height()))
    if middle.bottom() < below - 2:
        found.append(QRect(0, middle.bottom() + 1, window.width(), 1))
        row = [dock.geometry() for dock in docks if dock.geometry().top() > middle.bottom() and dock.geometry().left() >= 0]
        edges = sorted({rect.right() + 1 for rect in row if rect.right() < window.width() - 2})
        found += [QRect(x, middle.bottom() + 2, 1, below - middle.bottom() - 2) for x in edges]
    return found


def lay(window: QMainWindow, grips: list[Grip], docks: Iterable[QDockWidget]) -> None:
    """As many grips as there are seams, each over its own."""
    places = seams(window, docks)
    while len(grips) < len(places):
        grips.append(Grip(window))
    for grip, seam in zip(grips, places, strict=False):
        grip.place(seam)
    for grip in grips[len(places) :]:
        grip.hide()
