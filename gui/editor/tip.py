"""A small raised note over the canvas: rich tooltips after 400 ms, and the reason of a refusal at the cursor. Shows text only."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.editor import ink
from gui.editor.ink import SHADOW

MOST = 460


class Tip(QWidget):
    """A child of the canvas that never takes the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SHADOW + 12, SHADOW + 9, SHADOW + 12, SHADOW + 10)
        layout.addWidget(self.label)
        self.hide()
        theme.notifier().changed.connect(self.forget)

    def forget(self) -> None:
        """Its colours and fonts are those of another theme: hides, and is made anew when it is shown again."""
        self.hide()
        self.label.clear()

    @property
    def text(self) -> str:
        """The shown rich text; empty while hidden."""
        return self.label.text() if self.isVisibleTo(self.parentWidget()) else ""

    def show_at(self, html: str, at: QPointF, *, gap: float = 18.0, avoid: QRectF | None = None) -> None:
        """Shows `html` near a point of the parent, inside it, and not over `avoid`."""
        if not html:
            self.hide()
            return
        if self.label.text() != html:
            self.label.setStyleSheet(f"color: {theme.css(theme.current().color('t1'))}; background: transparent;")
            self.label.setFont(theme.font(12))
            self.label.setWordWrap(False)
            self.label.setText(html)
            wide = self.label.sizeHint().width() > MOST - 24
            self.label.setWordWrap(wide)
            self.label.setFixedWidth(MOST - 24) if wide else self.label.setFixedWidth(self.label.sizeHint().width())
            self.setFixedSize(self.layout().sizeHint())
        room = self.parentWidget().rect()
        x, y = at.x() + gap - SHADOW, at.y() + gap - SHADOW
        if avoid is not None:
            x = avoid.left() - SHADOW
            y = avoid.bottom() + 8 - SHADOW
            if y + self.height() > room.height():
                y = avoid.top() - self.height() - 8 + SHADOW
        x = min(max(x, 4 - SHADOW), room.width() - self.width() - 4 + SHADOW)
        y = min(max(y, 4 - SHADOW), room.height() - self.height() - 4 + SHADOW)
        self.move(round(x), round(y))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        ink.paint_raised(self)
