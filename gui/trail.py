"""The way to the level that is shown, as names to click: document, block, block in it; with a stepper where a block is repeated. Goes nowhere itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui import theme
from gui.controls import Caption, IconButton

WIDEST = 180  # px of a name; longer ones are cut, and whole in the tooltip


class Crumb(QWidget):
    """One name. The last one says where one is, the others lead back."""

    clicked = Signal()

    def __init__(self, name: str, parent: QWidget, *, last: bool) -> None:
        super().__init__(parent)
        self.name, self.last = name, last
        self.hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if last else Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor if last else Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name}, shown now" if last else f"Back to {name}")
        self.setToolTip("" if last else f"Back to {name}")
        theme.notifier().changed.connect(self.update)

    def text(self) -> str:
        """The name as it is shown."""
        return QFontMetricsF(self.face()).elidedText(self.name, Qt.TextElideMode.ElideMiddle, WIDEST)

    def face(self) -> object:
        return theme.font(12, 600 if self.last else 400)

    def sizeHint(self) -> QSize:
        return QSize(round(QFontMetricsF(self.face()).horizontalAdvance(self.text())) + 10, 22)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.hovered = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()) and not self.last:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not self.last:
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.last and (self.hovered or self.hasFocus()):
            painter.setPen(t.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(t.color("hover"))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.setFont(self.face())
        painter.setPen(t.color("t1" if self.last or self.hovered else "t2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class Chevron(QWidget):
    """The small sign between two names."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(12, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(QPointF(1, 6), theme.current().pixmap("chevron-right", "t3", 10, self.devicePixelRatioF()))
        painter.end()


class Stepper(QWidget):
    """Which copy of a repeated block is looked at: `1 of 6` between two arrows."""

    chosen = Signal(int)  # counted from 0

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.index, self.count = 0, 1
        self.back = IconButton("chevron-left", "The copy before this one", self, size=10)
        self.on = IconButton("chevron-right", "The copy after this one", self, size=10)
        self.words = Caption("", "t2", px=11, mono=True, parent=self)
        self.words.setToolTip("All copies have the same layers, each with weights and pictures of its own")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(1)
        for widget in (self.back, self.words, self.on):
            row.addWidget(widget)
        for button, way in ((self.back, -1), (self.on, 1)):
            button.setFixedSize(QSize(18, 20))
            button.clicked.connect(lambda _=False, by=way: self.chosen.emit(self.index + by))

    def show_copy(self, index: int, count: int) -> None:
        """Shows `index` (from 0) of `count`; hides where there is nothing to choose."""
        self.index, self.count = index, count
        self.words.setText(f"{index + 1} of {count}")
        self.setAccessibleName(f"Copy {index + 1} of {count}")
        self.back.setEnabled(index > 0)
        self.on.setEnabled(index < count - 1)
        self.setVisible(count > 1)


class Trail(QWidget):
    """`wanted(index)`: a name was clicked, 0 is the document; `copyWanted(index)`: another copy of the block that is shown."""

    wanted = Signal(int)
    copyWanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.crumbs: list[Crumb] = []
        self.signs: list[Chevron] = []
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)
        self.stepper = Stepper(self)
        self.stepper.chosen.connect(self.copyWanted)
        self.row.addWidget(self.stepper)
        self.stepper.hide()
        self.setAccessibleName("Where you are")

    def set_names(self, names: Sequence[str], *, copy: int = 0, copies: int = 1) -> None:
        """The names from the document inwards; of the last one, which of its copies is shown."""
        self.stepper.show_copy(copy, copies)
        if tuple(names) == self.names:
            return
        self.names = tuple(names)
        for widget in (*self.crumbs, *self.signs):
            self.row.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.crumbs = [Crumb(name, self, last=index == len(names) - 1) for index, name in enumerate(names)]
        self.signs = [Chevron(self) for _ in self.crumbs[1:]]
        place = 0
        for index, crumb in enumerate(self.crumbs):
            if index:
                self.row.insertWidget(place, self.signs[index - 1])
                place += 1
            self.row.insertWidget(place, crumb)
            place += 1
            crumb.clicked.connect(lambda which=index: self.wanted.emit(which))
            crumb.show()
