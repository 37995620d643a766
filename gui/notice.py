"""A strip above the canvas that says one thing and offers buttons for it: recovery, a file changed outside. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.announce import announce
from gui.controls import ActionButton, Caption, IconButton

TINTS = {"info": "info", "warning": "warn", "error": "err"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: its words, and what it does."""

    text: str
    call: Callable[[], object]


class Notice(QWidget):
    """One sentence with its buttons; each button also takes the notice away."""

    left = Signal()

    def __init__(self, sentence: str, offers: Sequence[Offer], *, icon: str = "info", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon = icon
        self.setMinimumHeight(36)
        self.picture = QLabel(self)
        self.sentence = Caption(sentence, "t1", px=12, parent=self)
        self.sentence.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.picture)
        row.addWidget(self.sentence, 1)
        self.buttons = []
        for offer in offers:
            button = ActionButton(offer.text, parent=self)
            button.clicked.connect(lambda _=False, chosen=offer: self.choose(chosen))
            row.addWidget(button)
            self.buttons.append(button)
        close = IconButton("close", "Close this message", self, size=12, color="t3")
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self.redraw()
        theme.notifier().changed.connect(self.redraw)

    def choose(self, offer: Offer) -> None:
        self.leave()
        offer.call()

    def leave(self) -> None:
        self.left.emit()
        self.hide()
        self.deleteLater()

    def redraw(self) -> None:
        self.picture.setPixmap(theme.current().pixmap(self.icon, TINTS[self.icon], 16, self.devicePixelRatioF()))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("raised"))
        painter.fillRect(0, 0, 3, self.height(), t.color(TINTS[self.icon]))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.color("line"))
        painter.end()


class NoticeArea(QWidget):
    """Where notices stand, one per `key`: a newer one replaces its elder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.notices: dict[str, Notice] = {}

    def show_notice(self, key: str, sentence: str, offers: Sequence[Offer] = (), *, icon: str = "info") -> Notice:
        """Says `sentence` until it is closed or a button is pressed."""
        self.drop(key)
        notice = Notice(sentence, offers, icon=icon, parent=self)
        notice.left.connect(lambda: self.notices.pop(key, None))
        self.notices[key] = notice
        self.column.addWidget(notice)
        notice.show()
        announce(notice, sentence, urgent=icon != "info")
        return notice

    def drop(self, key: str) -> None:
        """Takes a notice away, if it is there."""
        if (notice := self.notices.get(key)) is not None:
            notice.leave()
