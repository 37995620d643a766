"""Cards of the inspector: the head of a node, its problems, its costs. Fixes are only asked for, never carried out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from engine.graph.problem import Problem
from gui import theme
from gui.controls import ActionButton, Caption, IconButton, outline

SHAPES = {"error": ("error", "err"), "warning": ("warning", "warn"), "hint": ("info", "info")}  # severity -> icon, token


class TitleEdit(QLineEdit):
    """A node's own caption, edited in place; Escape takes it back."""

    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = ""
        self.setProperty("plain", True)
        self.setFont(theme.font(13, 600))
        self.setFixedHeight(20)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab goes to the first parameter
        self.setAccessibleName("Caption of the node")
        self.setToolTip("The caption on the node; empty shows the layer's name")
        self.editingFinished.connect(self.take)

    def show_title(self, title: str, placeholder: str) -> None:
        self.setPlaceholderText(placeholder)
        if not self.isModified() or not self.hasFocus():
            self.shown = title or placeholder
            self.setText(self.shown)
            self.setCursorPosition(0)

    def take(self) -> None:
        text = " ".join(self.text().split())
        if text != self.shown:
            self.shown = text or self.placeholderText()
            self.setText(self.shown)
            self.renamed.emit("" if text == self.placeholderText() else text)
        self.setModified(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self.shown)
            self.clearFocus()
        else:
            super().keyPressEvent(event)


class NodeHead(QWidget):
    """Tile, caption, and "conv1 · Convolution"."""

    renamed = Signal(str)
    helpClicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.family, self.icon = "merge", ""
        self.tile = QLabel(self)
        self.tile.setFixedSize(30, 30)
        self.title = TitleEdit(self)
        self.title.renamed.connect(self.renamed)
        self.subtitle = Caption("", px=11, parent=self)
        self.subtitle.setContentsMargins(3, 0, 0, 0)  # under the first letter of the title, which its field sets in by so much
        self.book = IconButton("book", "What this layer does", self)
        self.book.clicked.connect(self.helpClicked)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(self.title)
        text.addWidget(self.subtitle)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.setSpacing(9)
        layout.addWidget(self.tile)
        layout.addLayout(text, 1)
        layout.addWidget(self.book)
        theme.notifier().changed.connect(self.redraw)

    def show_node(self, title: str, *, placeholder: str, subtitle: str, family: str, icon: str) -> None:
        self.title.show_title(title, placeholder)
        self.subtitle.setText(subtitle)
        self.family, self.icon = family, icon
        self.redraw()

    def redraw(self) -> None:
        self.tile.setPixmap(theme.current().tile(self.family, 30, self.icon, self.devicePixelRatioF()))


class ProblemCard(QWidget):
    """One problem: its sentence, the way out, and a button per repair."""

    chosen = Signal(object, int)

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = problem
        layout = QVBoxLayout(self)
        layout.setContentsMargins(36, 9, 10, 9)
        layout.setSpacing(5)
        message = Caption(problem.message, "t1", px=12, parent=self)
        message.setWordWrap(True)
        layout.addWidget(message)
        if problem.fix:
            way = Caption(problem.fix, "t3", px=11, parent=self)
            way.setWordWrap(True)
            layout.addWidget(way)
        self.buttons: list[ActionButton] = []
        for index, remedy in enumerate(problem.remedies):
            button = ActionButton(remedy.title, "wand", self)
            button.setToolTip(f"{remedy.note}\nOne undo step." if remedy.note else "One undo step.")
            button.clicked.connect(lambda _=False, i=index: self.chosen.emit(self.problem, i))
            layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
            self.buttons.append(button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.notifier().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        icon, token = SHAPES[self.problem.severity]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=6, pen=t.color(token), fill=theme.faded(t.color(token), 0.06))
        painter.drawPixmap(QPointF(11, 10), t.pixmap(icon, token, 16, self.devicePixelRatioF()))
        painter.end()


class Cells(QWidget):
    """A small table of captions and numbers, two in a row, each (caption, value, token)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: list[tuple[str, str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def set_cells(self, cells: Sequence[tuple[str, str, str]]) -> None:
        if list(cells) != self.cells:
            self.cells = list(cells)
            self.setFixedHeight(42 * ((len(self.cells) + 1) // 2) + 1)
            self.setAccessibleName(", ".join(f"{caption} {value}" for caption, value, _ in self.cells))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def value(self, caption: str) -> str:
        """What the cell under `caption` says; KeyError when there is none."""
        return {name: value for name, value, _ in self.cells}[caption]

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=6, pen=t.color("line2"))
        half = self.width() // 2
        for row in range(1, (len(self.cells) + 1) // 2):
            painter.fillRect(1, row * 42, self.width() - 2, 1, t.color("line2"))
        painter.fillRect(half, 1, 1, self.height() - 2, t.color("line2"))
        for index, (caption, value, token) in enumerate(self.cells):
            x, y = (index % 2) * half + 10, (index // 2) * 42
            painter.setFont(theme.font(11))
            painter.setPen(t.color("t3"))
            painter.drawText(QRectF(x, y + 5, half - 12, 16), Qt.AlignmentFlag.AlignVCenter, caption)
            painter.setFont(theme.mono(12))
            painter.setPen(t.color(token))
            painter.drawText(QRectF(x, y + 20, half - 12, 17), Qt.AlignmentFlag.AlignVCenter, value)
        painter.end()


class ProblemStack(QWidget):
    """The problem cards of a node; rebuilt only when the problems change."""

    chosen = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Problem, ...] = ()
        self.cards: list[ProblemCard] = []
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(14, 0, 14, 8)
        self.box.setSpacing(6)
        self.hide()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        if problems == self.problems:
            return
        self.problems = problems
        for card in self.cards:
            self.box.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [ProblemCard(problem, self) for problem in problems]
        for card in self.cards:
            card.chosen.connect(self.chosen)
            self.box.addWidget(card)
        self.setVisible(bool(problems))
