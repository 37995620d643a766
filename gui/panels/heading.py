"""The first line of a panel: a name in bold and what it is in plain, whole facts left out from the end where there is no room. Draws only."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

DOT = " · "


def fitted(text: str, metrics: QFontMetricsF, width: float) -> str:
    """`text` as far as it fits: facts go one by one from the end, so that no number is cut; a single one ends in an ellipsis."""
    facts = text.split(DOT)
    while len(facts) > 2 and metrics.horizontalAdvance(DOT.join(facts) + ("" if len(facts) == text.count(DOT) + 1 else " …")) > width:
        facts.pop()
    return metrics.elidedText(text if len(facts) == text.count(DOT) + 1 else DOT.join(facts) + " …", Qt.TextElideMode.ElideRight, width)


class Heading(QWidget):
    """**conv1** · 16 of 16 · 5×5"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strong, self.rest = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 22)

    def text(self) -> str:
        """All of it in one line."""
        return f"{self.strong}{self.rest}"

    def set_text(self, strong: str, rest: str = "") -> None:
        """Shows `strong` in bold, then `rest`; the tooltip has it whole."""
        if (strong, rest) != (self.strong, self.rest):
            self.strong, self.rest = strong, rest
            self.setToolTip(self.text())
            self.setAccessibleName(self.text())
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        x = 0.0
        for text, font, token in ((self.strong, theme.font(11, 600), "t1"), (self.rest, theme.font(11), "t2")):
            metrics = QFontMetricsF(font)
            shown = fitted(text, metrics, max(self.width() - x, 0))
            painter.setFont(font)
            painter.setPen(look.color(token))
            painter.drawText(QPointF(x, self.height() / 2 + metrics.ascent() / 2 - 1.5), shown)
            x += metrics.horizontalAdvance(text)
        painter.end()


def node_words(path: str, before: str = "") -> str:
    """A node by its path: `conv1`, `relu1 → conv2 in block1` for one inside a block, with the node before it."""
    outer, _, name = path.rpartition("/")
    first = f"{before.rpartition('/')[2]} → " if before else ""
    return f"{first}{name}" + (f" in {outer}" if outer else "")
