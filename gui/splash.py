"""What is seen while the window is being made: name and sign of the program. Imports nothing that takes long, and shows nothing of a project."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QPainter, QPixmap, QWindow
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from gui import theme

SIZE = (472, 148)
SIGN = 64
MOTTO = "Draw neural networks, train them, watch them learn"
PATIENCE = 0.1  # seconds that the desktop gets to show it


class Splash(QLabel):
    """Stays until the window is there, or a question that comes before it; a click puts it away. (Qt's own splash stops the start for a second.)"""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        screen = QGuiApplication.primaryScreen()
        self.setPixmap(picture(screen.devicePixelRatio() if screen else 1.0))
        self.setAccessibleName("Chainrule is starting")
        self.setFixedSize(*SIZE)
        if screen:
            self.move(screen.geometry().center() - self.rect().center())

    def open(self) -> None:
        """Shows it at once, not with the next round of events."""
        self.show()
        seen(self)
        QGuiApplication.instance().focusWindowChanged.connect(self.give_way)

    def finish(self, window: QWidget) -> None:
        """Makes room for the window, once that can be seen."""
        seen(window)
        QGuiApplication.instance().focusWindowChanged.disconnect(self.give_way)
        self.close()
        self.deleteLater()

    def give_way(self, window: QWindow | None) -> None:
        """Something else wants to be looked at."""
        if window is not None and window is not self.windowHandle():
            self.close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close()


def seen(widget: QWidget) -> None:
    """Lets the desktop show a window, and paints it."""
    begin = time.perf_counter()
    QApplication.processEvents()
    while not widget.windowHandle().isExposed() and time.perf_counter() - begin < PATIENCE:
        QApplication.processEvents()


def picture(ratio: float) -> QPixmap:
    """The card, for a device pixel ratio."""
    look = theme.current()
    width, height = SIZE
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(look.color("panel"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(look.color("ctl"))
    painter.drawRect(QRectF(0.5, 0.5, width - 1, height - 1))
    top = (height - SIGN) / 2
    painter.drawPixmap(40, round(top), theme.app_sign(SIGN, ratio))
    for words, token, font, down in (("Chainrule", "t1", theme.font(20, 600), 16), (MOTTO, "t2", theme.font(12), 44)):
        painter.setPen(look.color(token))
        painter.setFont(font)
        painter.drawText(QRectF(40 + SIGN + 24, top + down - 12, width, 24), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
    painter.end()
    return pixmap
