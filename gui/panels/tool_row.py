"""Controls side by side that go on in a second line where one is too short, and a heading in what is left. Knows no control."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

LINE, GAP, LEAST = 22, 8, 60  # px: of a line, between controls, of a heading that says something


class ToolRow(QWidget):
    """Keeps its children's own widths; its height follows."""

    def __init__(self, tools: Sequence[QWidget], heading: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tools, self.heading = tuple(tools), heading
        for widget in (*tools, heading):
            widget.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.place()

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(60, LINE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a child has another width, comes or goes
            self.place()
        return super().event(event)

    def place(self) -> None:
        """Every control to its line."""
        x = y = 0
        for tool in self.tools:
            if tool.isHidden():
                continue
            width = min(max(tool.sizeHint().width(), tool.minimumWidth()), tool.maximumWidth())
            if x and x + width > self.width():
                x, y = 0, y + LINE + 4
            tool.setGeometry(x, y, min(width, max(self.width() - x, 20)), LINE)
            x += width + GAP
        left = self.width() - x
        self.heading.setVisible(left >= LEAST)
        self.heading.setGeometry(x, y, max(left, LEAST), LINE)
        if self.height() != y + LINE:
            self.setFixedHeight(y + LINE)
