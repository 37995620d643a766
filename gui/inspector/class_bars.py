"""How many samples each class has, in training and in validation: two bars a class. Draws what it is given."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.controls import words

PITCH, HEAD, MOST = 18, 18, 30  # px of a class and of the first line; classes that are shown


class ClassBars(QWidget):
    """The first line says which colour is which, and how many there are in all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.counts: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self.unit = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def set_counts(self, names: tuple[str, ...], train: tuple[int, ...], validation: tuple[int, ...], *, unit: str) -> None:
        """Counts of each class; of very many classes the first ones, and how many more there are."""
        self.names, self.counts, self.unit = names, (train, validation), unit
        self.setFixedHeight(self.sizeHint().height())
        told = ", ".join(f"{name} {count:,}" for name, count in zip(names, train, strict=False))
        self.setAccessibleName(f"{unit} of each class in training: {told}")
        self.update()

    def shown(self) -> int:
        return min(len(self.counts[0]), MOST)

    def sizeHint(self) -> QSize:
        rows = self.shown() + (len(self.counts[0]) > MOST)
        return QSize(200, HEAD + PITCH * rows if rows else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme.current(), QPainter(self)
        painter.setFont(theme.font(10.5))
        x = 0.0
        for name, token, counts in zip(("training", "validation"), ("train", "val"), self.counts, strict=True):
            painter.fillRect(QRectF(x, 5, 8, 8), look.color(token))
            text = f"{name} {words(sum(counts))}" + (f" {self.unit}" if name == "validation" else "")
            painter.setPen(look.color("t2"))
            painter.drawText(QRectF(x + 12, 0, self.width(), HEAD), Qt.AlignmentFlag.AlignVCenter, text)
            x += 12 + QFontMetricsF(painter.font()).horizontalAdvance(text) + 12
        for index in range(self.shown()):
            self.paint_class(painter, index)
        if len(self.counts[0]) > MOST:
            rest = self.counts[0][MOST:]
            painter.setPen(look.color("t3"))
            room = QRectF(0, HEAD + MOST * PITCH, self.width(), PITCH)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, f"and {len(rest):,} more, {words(min(rest))} to {words(max(rest))} in training")
        painter.end()

    def paint_class(self, painter: QPainter, index: int) -> None:
        look, top = theme.current(), HEAD + index * PITCH
        name = self.names[index] if index < len(self.names) else str(index)
        painter.setFont(theme.font(11))
        painter.setPen(look.color("t2"))
        label = QFontMetricsF(painter.font()).elidedText(name, Qt.TextElideMode.ElideRight, 78)
        painter.drawText(QRectF(0, top, 80, PITCH), Qt.AlignmentFlag.AlignVCenter, label)
        painter.setFont(theme.mono(10.5))
        pair = [counts[index] if index < len(counts) else 0 for counts in self.counts]
        texts = [words(value) for value in pair]
        metrics = QFontMetricsF(painter.font())
        right = self.width() - max(76.0, metrics.horizontalAdvance(" · ".join(texts)))
        track = QRectF(84, top + 3, max(right - 90, 10), PITCH - 6)
        painter.fillRect(track, look.color("field"))
        tall = track.height() / 2
        for place, (value, token, counts) in enumerate(zip(pair, ("train", "val"), self.counts, strict=True)):
            most = max(counts, default=0)
            wide = track.width() * value / most if most else 0.0
            painter.fillRect(QRectF(track.left(), track.top() + place * tall, max(wide, 1.0 if value else 0.0), tall - 1), look.color(token))
        painter.setPen(look.color("t1" if all(pair) else "warn"))
        painter.drawText(QRectF(right, top, self.width() - right, PITCH), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, " · ".join(texts))
