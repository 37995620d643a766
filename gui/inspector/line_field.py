"""A short text that is taken with Enter or when the focus goes. Knows no document."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gui import theme


class LineField(QLineEdit):
    """`taken` brings the text, without blanks at its ends; Escape takes it back."""

    taken = Signal(str)

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.shown = ""
        self.setFont(theme.font(12))
        self.setFixedHeight(22)
        self.setAccessibleName(name)
        self.editingFinished.connect(self.take)

    def show_text(self, text: str) -> None:
        """Shows `text`; what is being typed stays."""
        if not (self.isModified() and self.hasFocus()):
            self.shown = text
            self.setText(text)
            self.setCursorPosition(0)

    def take(self) -> None:
        text = " ".join(self.text().split())
        self.setModified(False)
        if text != self.shown:
            self.shown = text
            self.taken.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setText(self.shown)
            self.setModified(False)
        else:
            super().keyPressEvent(event)
