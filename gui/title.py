"""The 30 px bar at the top: name and icon, menus, document title, the field that opens the command palette, theme. Edits nothing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenuBar, QSizePolicy, QWidget

from gui import theme
from gui.controls import Caption, IconButton, outline

HEIGHT = 30
FIELD_WIDTHS = (250, 176, 30)  # px: words and key cap, words, only the sign
NAME_ROOM = 120  # px of the document's name before the field gives way


class TitleBar(QWidget):
    """`menu_bar` is where the menus go; `paletteWanted` and `themeWanted` are clicks on the right."""

    paletteWanted = Signal()
    themeWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setAutoFillBackground(True)
        self.mark = QLabel(self)
        self.name = Caption("Chainrule", "t1", px=12, weight=600, parent=self)
        self.menu_bar = QMenuBar(self)
        self.menu_bar.setNativeMenuBar(False)
        self.menu_bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.menu_bar.setFixedHeight(HEIGHT - 1)
        self.field = CommandField(self)
        self.field.clicked.connect(self.paletteWanted)
        self.theme_button = IconButton("sun", "Switch between dark and light", self)
        self.theme_button.clicked.connect(self.themeWanted)
        self.title = DocumentTitle(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 10, 1)
        row.setSpacing(6)
        for widget in (self.mark, self.name, self.menu_bar):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.field)
        row.addSpacing(2)
        row.addWidget(self.theme_button)
        self.redraw()
        theme.notifier().changed.connect(self.redraw)

    def set_title(self, title: str, dirty: bool) -> None:
        """Shows the document's name, with a dot for unsaved edits."""
        self.title.set_title(title, dirty)
        self.place_title()

    def redraw(self) -> None:
        t = theme.current()
        palette = self.palette()
        palette.setColor(self.backgroundRole(), t.color("bar"))
        self.setPalette(palette)
        self.mark.setPixmap(t.pixmap("app", "accent", 16, self.devicePixelRatioF()))
        self.theme_button.set_icon("sun" if t.dark else "moon")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_title()

    def place_title(self) -> None:
        """In the window's middle, or as near as menus and field allow."""
        wanted = min(self.title.sizeHint().width(), NAME_ROOM)
        free = self.width() - self.layout().totalMinimumSize().width() + self.field.width() - 24 - wanted
        self.field.setFixedWidth(next((width for width in FIELD_WIDTHS if width <= free), FIELD_WIDTHS[-1]))
        self.layout().activate()
        left, right = self.menu_bar.geometry().right() + 12, self.field.geometry().left() - 12
        width = max(0, min(self.title.sizeHint().width(), right - left))
        x = min(max((self.width() - width) // 2, left), max(left, right - width))
        self.title.setGeometry(x, 0, width, HEIGHT - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        t = theme.current()
        painter.fillRect(self.rect(), t.color("bar"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.color("line"))
        painter.end()


class DocumentTitle(QWidget):
    """The document's name and a dot while it holds unsaved edits; the name is elided in the middle when space is short."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text, self.dirty = "", False
        self.setFont(theme.font(12, 500))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.notifier().changed.connect(self.update)

    def set_title(self, text: str, dirty: bool) -> None:
        self.text, self.dirty = text, dirty
        self.setAccessibleName(f"{text}, unsaved edits" if dirty else text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(QFontMetricsF(self.font()).horizontalAdvance(self.text)) + 24, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        metrics = QFontMetricsF(self.font())
        text = metrics.elidedText(self.text, Qt.TextElideMode.ElideMiddle, self.width() - 14)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        painter.setPen(t.color("t1"))
        width = metrics.horizontalAdvance(text)
        left = (self.width() - width) / 2 - (6 if self.dirty else 0)
        painter.drawText(QRectF(left, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if self.dirty:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("t3"))
            painter.drawEllipse(QPointF(left + width + 11, self.height() / 2 + 0.5), 3, 3)
        painter.end()


class CommandField(QWidget):
    """Looks like a search field and opens the command palette."""

    clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(FIELD_WIDTHS[0], 22)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Find an action, a node or a lesson by name")
        self.setAccessibleName("Command palette")
        theme.notifier().changed.connect(self.update)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: object) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=4, pen=t.color("ctl3" if self.underMouse() else "ctl"), fill=t.color("field"))
        painter.drawPixmap(QPointF(8, 4), t.pixmap("search", "t3", 14, self.devicePixelRatioF()))
        words, cap = (self.width() >= width for width in (FIELD_WIDTHS[1], FIELD_WIDTHS[0]))
        if words:
            self.paint_words(painter, t)
        if cap:
            self.paint_cap(painter, t)
        painter.end()

    def paint_words(self, painter: QPainter, t: theme.Theme) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(t.color("t3"))
        painter.drawText(QRectF(28, 0, 160, 22), Qt.AlignmentFlag.AlignVCenter, "Actions, nodes, lessons")

    def paint_cap(self, painter: QPainter, t: theme.Theme) -> None:
        cap = "Ctrl Shift P"
        painter.setFont(theme.font(10))
        width = QFontMetricsF(painter.font()).horizontalAdvance(cap) + 10
        box = QRectF(self.width() - width - 4, 3, width, 16)
        outline(painter, box, radius=3, pen=t.color("chipborder"), fill=t.color("chip"))
        painter.setPen(t.color("t2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
