"""The progress block of the run bar: what happens, how far it is, or why it cannot begin. Paints what it is told."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.announce import announce

BAR = 6  # px
Fact = list[tuple[str, bool]]  # (text, is a number)
DOT = (" · ", False)


class ProgressBlock(QWidget):
    """A heading at the left, facts at the right, a bar with a tick per epoch below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading, self.tone, self.note = "", "t1", ""
        self.facts: list[Fact] = []
        self.share, self.epochs = 0.0, 0
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(40)
        theme.notifier().changed.connect(self.update)

    def set_heading(self, heading: str, *, tone: str = "t1", note: str = "") -> None:
        """The sentence at the left, in a token's colour (err draws the octagon before it); `note` is what stands at the right."""
        if (heading, tone, note) == (self.heading, self.tone, self.note):
            return
        self.heading, self.tone, self.note = heading, tone, note
        self.setToolTip(heading if tone == "err" else "")
        self.setAccessibleName(heading)
        if self.isVisible():
            announce(self, heading, urgent=tone == "err")
        self.update()

    def set_progress(self, share: float, epochs: int, facts: list[Fact]) -> None:
        """`share` of the whole run is done (0..1), which has so many epochs; `facts` are dropped from the end where space is short."""
        self.share, self.epochs, self.facts = min(max(share, 0.0), 1.0), epochs, facts
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme.current()
        right = self.paint_facts(painter)
        left = 0.0
        if self.tone in ("err", "warn"):
            painter.drawPixmap(QPointF(0, 8), t.pixmap("error" if self.tone == "err" else "warning", self.tone, 14, self.devicePixelRatioF()))
            left = 20.0
        painter.setFont(theme.font(12, 600))
        painter.setPen(t.color(self.tone))
        room = right - left - 12
        text = QFontMetricsF(painter.font()).elidedText(self.heading, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, 5, room + 2, 20), Qt.AlignmentFlag.AlignVCenter, text)
        self.paint_bar(painter)
        painter.end()

    def paint_facts(self, painter: QPainter) -> float:
        """The facts at the right, as many as there is room for; returns where they begin."""
        fonts: dict[bool, QFont] = {False: theme.font(12), True: theme.mono(11)}
        room = self.width() - QFontMetricsF(theme.font(12, 600)).horizontalAdvance(self.heading) - 40
        facts = [[(self.note, False)]] if self.note else list(self.facts)
        while True:
            words = [piece for index, fact in enumerate(facts) for piece in ([DOT, *fact] if index else fact)]
            widths = [QFontMetricsF(fonts[number]).horizontalAdvance(text) for text, number in words]
            if not facts or sum(widths) <= room:
                break
            facts.pop()
        x = begin = self.width() - sum(widths)
        painter.setPen(theme.current().color("t2"))
        for (text, number), width in zip(words, widths, strict=True):
            painter.setFont(fonts[number])
            painter.drawText(QRectF(x, 5, width + 2, 20), Qt.AlignmentFlag.AlignVCenter, text)
            x += width
        return begin

    def paint_bar(self, painter: QPainter) -> None:
        t = theme.current()
        bar = QRectF(0, 29, self.width(), BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color("line2"))
        painter.drawRoundedRect(bar, 2, 2)
        if self.share > 0:
            done = QRectF(bar)
            done.setWidth(max(BAR, bar.width() * self.share))
            painter.setBrush(t.color("accent"))
            painter.drawRoundedRect(done, 2, 2)
        if 1 < self.epochs <= bar.width() / 6:
            for epoch in range(1, self.epochs):
                x = round(bar.width() * epoch / self.epochs)
                painter.fillRect(QRectF(x, bar.top(), 1, BAR), t.color("panel"))
