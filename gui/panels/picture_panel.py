"""What all panels share that show a probe's answer: their page, or one sentence while there is nothing to show."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedLayout, QWidget

from engine.events import ProbeResult
from gui.controls import EmptyState


class PicturePanel(QWidget):
    """`result` is the answer that the page shows, None while `empty` is in front."""

    def __init__(self, icon: str, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result: ProbeResult | None = None
        self.empty = EmptyState(icon, sentence)
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)

    def set_page(self, page: QWidget) -> None:
        """The widget that shows answers."""
        self.stack.addWidget(page)

    def show_page(self) -> None:
        self.stack.setCurrentIndex(1)

    def say(self, sentence: str) -> None:
        """Drops the answer and says why there is none."""
        self.result = None
        self.empty.set_sentence(sentence)
        self.stack.setCurrentIndex(0)
