"""Small words under a picture that change with it while a run goes on. Draws only."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

FLAGS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
TALLEST = 1000  # px


class Note(QWidget):
    """A caption that asks for another layout only when it needs another height: a QLabel has the whole window laid out at each change."""

    def __init__(self, color: str = "t3", *, mono: bool = False, wrap: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.color, self.wrap, self.words = color, wrap, ""
        self.setFont(theme.mono(11) if mono else theme.font(11))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred if wrap else QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)
        theme.notifier().changed.connect(self.update)

    def text(self) -> str:
        return self.words

    def setText(self, words: str) -> None:
        """Shows `words`."""
        if words == self.words:
            return
        before = self.heightForWidth(self.width())
        self.words = words
        self.setAccessibleName(words)
        if self.wrap and self.heightForWidth(self.width()) != before:
            self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        metrics = QFontMetrics(self.font())
        if not self.wrap:
            return metrics.height()
        return max(metrics.boundingRect(QRect(0, 0, max(width, 1), TALLEST), FLAGS | Qt.TextFlag.TextWordWrap, self.words).height(), metrics.height())

    def sizeHint(self) -> QSize:
        return QSize(200, QFontMetrics(self.font()).height())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, QFontMetrics(self.font()).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(theme.current().color(self.color))
        painter.drawText(self.rect(), FLAGS | (Qt.TextFlag.TextWordWrap if self.wrap else Qt.TextFlag.TextSingleLine), self.words)
