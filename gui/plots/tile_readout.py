"""The small card that names the value under the pointer. Floats over its window, beside what it explains; takes no events."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import theme

AWAY = 6  # px between the card and what it explains
INSET = 10


class Readout(QWidget):
    """Two lines: words, and the number."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner.window())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.words, self.number = "", ""
        self.hide()

    def text(self) -> str:
        """What is written, in one line."""
        return f"{self.words} · {self.number}"

    def show_beside(self, owner: QWidget, rect: QRect, *, words: str, number: str) -> None:
        """Shows the two lines below `rect` of `owner`, or above it where there is no room below."""
        window = owner.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self.words, self.number = words, number
        wide = max(QFontMetricsF(theme.font(11)).horizontalAdvance(words), QFontMetricsF(theme.mono(11, 600)).horizontalAdvance(number))
        width, height = round(wide) + 2 * INSET, 42
        corner = owner.mapTo(window, rect.bottomLeft())
        left = min(max(corner.x() + rect.width() // 2 - width // 2, 2), max(window.width() - width - 2, 2))
        top = corner.y() + AWAY
        if top + height > window.height() - 2:
            top = owner.mapTo(window, rect.topLeft()).y() - AWAY - height
        self.setGeometry(left, top, width, height)
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.color("ctl"), 1))
        painter.setBrush(look.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(theme.font(11))
        painter.setPen(look.color("t2"))
        painter.drawText(QPointF(INSET, 17), self.words)
        painter.setFont(theme.mono(11, 600))
        painter.setPen(look.color("t1"))
        painter.drawText(QPointF(INSET, 33), self.number)
        painter.end()
