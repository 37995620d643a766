"""What an empty canvas says: three gestures with their key caps. Never takes the mouse."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.editor import ink

GESTURES = (("Tab", "adds a layer where the pointer is"), ("Drag", "a layer from the palette onto the canvas"), ("Drop", "a project file onto the window"))
LINE = 34.0


class EmptyHint(QWidget):
    """A child of the canvas, in its middle."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(420, 190)
        self.setAccessibleName("Empty canvas: Tab adds a layer; drag one from the palette; drop a project file.")

    def centre(self) -> None:
        room = self.parentWidget().rect()
        self.move((room.width() - self.width()) // 2, (room.height() - self.height()) // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        tools = ink.get()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap((self.width() - 32) // 2, 0, tools.look.pixmap("layout", "t3", 32, self.devicePixelRatioF()))
        painter.setFont(theme.font(13, 600))
        painter.setPen(tools.pen("t2"))
        painter.drawText(QRectF(0, 42, self.width(), 22), Qt.AlignmentFlag.AlignCenter, "An empty network")
        for index, (cap, words) in enumerate(GESTURES):
            middle = 88 + LINE * index
            width = tools.width(cap, "port") + 18
            box = QRectF(120 - width, middle - 11, width, 22)
            painter.setPen(tools.pen("ctl", 1))
            painter.setBrush(tools.brush("raised"))
            painter.drawRoundedRect(box, 5, 5)
            tools.write(painter, cap, role="port", x=box.x() + 9, middle=middle, color="t1")
            tools.write(painter, words, role="port", x=134, middle=middle, color="t3")
        painter.end()
