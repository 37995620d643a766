"""The 30 px bar above the canvas: where one is, and the canvas's own buttons. Moves nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gui import theme
from gui.controls import Caption, Rule
from gui.trail import Trail

HEIGHT = 30


class Breadcrumbs(QWidget):
    """The way to the level that is shown at the left; layout, frame all, minimap and the zoom at the right."""

    wanted = Signal(int)  # a name of the trail was clicked; 0 is the document
    copyWanted = Signal(int)  # another copy of the repeated block that is shown

    def __init__(self, actions: list[QAction], reset_zoom: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.trail = Trail(self)
        self.trail.wanted.connect(self.wanted)
        self.trail.copyWanted.connect(self.copyWanted)
        self.note = Caption("", "t3", px=11, parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(7, 0, 12, 1)
        row.setSpacing(6)
        row.addWidget(self.trail)
        row.addSpacing(4)
        row.addWidget(self.note)
        row.addStretch(1)
        for action in actions:
            button = QToolButton(self)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setFixedSize(26, 22)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        rule = Rule(self, vertical=True)
        rule.setFixedHeight(16)
        row.addSpacing(4)
        row.addWidget(rule)
        self.zoom = QToolButton(self)
        self.zoom.setFont(theme.mono(11))
        self.zoom.setFixedSize(52, 22)
        self.zoom.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.zoom.setToolTip("Zoom to 100 %")
        self.zoom.clicked.connect(reset_zoom.trigger)
        row.addWidget(self.zoom)
        self.set_zoom(1.0)

    def set_names(self, names: Sequence[str], *, copy: int = 0, copies: int = 1, note: str = "") -> None:
        """What is open, from the document inwards; `note` says what is special about it."""
        self.trail.set_names(names, copy=copy, copies=copies)
        self.note.setText(note)

    def set_zoom(self, zoom: float) -> None:
        """The canvas's scale, 1 = 100 %."""
        self.zoom.setText(f"{100 * zoom:.0f} %")

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.color("bar"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.color("line"))
        painter.end()
