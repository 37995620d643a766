"""The problems panel: a row per problem with its one-click repairs, filtered by severity. Repairs nothing itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from engine.graph.model import Snapshot
from engine.graph.problem import Problem
from engine.layers import registry
from engine.layers.spec import LayerType
from gui import theme
from gui.controls import ActionButton, Caption, EmptyState, Pill
from gui.level import whereabouts

HEIGHT, NAME_AT, TEXT_AT = 40, 42, 204
LINE = 16  # px of a line of the sentence; two fit into HEIGHT
NARROW, TEXT_NEAR = 640, 148  # a panel less wide than this gives the sentence more of the name's room
KINDS = (("error", "Errors", "error", "err"), ("warning", "Warnings", "warning", "warn"), ("hint", "Hints", "info", "info"))
SHAPE = re.compile(r"\b(?:N|C|H|W|F|T|D|K)\d[\d,]*(?: (?:N|C|H|W|F|T|D|K)\d[\d,]*)*\b|\b\d+×\d+\b")


def runs(message: str) -> list[tuple[str, bool]]:
    """`message` in pieces, shapes such as C16 H14 W14 marked."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in SHAPE.finditer(message):
        if match.start() > end:
            pieces.append((message[end : match.start()], False))
        pieces.append((match.group(), True))
        end = match.end()
    return [*pieces, (message[end:], False)] if end < len(message) else pieces


class Sentence(QWidget):
    """Lines of text with shapes in mono; nothing is cut, so a long one asks for a higher row."""

    def __init__(self, message: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self.pieces = runs(message)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, HEIGHT)

    def height_for(self, width: float) -> int:
        """The height of a row that holds all lines at this width."""
        words = self.words(width)
        return HEIGHT + LINE * max(words[-1][3] - 1 if words else 0, 0)

    def words(self, width: float | None = None) -> list[tuple[str, bool, float, int]]:
        """(word, mono, x, line) of all words, at `width` or as wide as the sentence is now."""
        width = self.width() if width is None else width
        fonts = {False: QFontMetricsF(theme.font(12)), True: QFontMetricsF(theme.mono(11))}
        found: list[tuple[str, bool, float, int]] = []
        x, line, gap = 0.0, 0, fonts[False].horizontalAdvance(" ")
        for text, mono in self.pieces:
            for index, word in enumerate(re.findall(r"\s*\S+\s*$|\s*\S+", text)):
                bare = word.strip()
                x += gap if word[:1].isspace() and x > 0 else 0
                wide = fonts[mono].horizontalAdvance(bare)
                if x + wide > width and x > 0 and (index or found):
                    x, line = 0.0, line + 1
                found.append((bare, mono, x, line))
                x += wide + (gap if word != word.rstrip() else 0)
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        words = self.words()
        last = words[-1][3] if words else 0
        for word, mono, x, line in words:
            painter.setFont(theme.mono(11) if mono else theme.font(12))
            painter.setPen(t.color("t1" if mono else "t2"))
            base = self.height() / 2 + 4.5 + (line - last / 2) * LINE
            painter.drawText(QPointF(x, base), word)
        painter.end()


class ProblemRow(QWidget):
    """Severity, tile and node, sentence, repairs."""

    activated = Signal(str)
    chosen = Signal(object, int)

    def __init__(self, problem: Problem, parent: QWidget | None = None, *, family: str = "", icon: str = "", where: str = "") -> None:
        super().__init__(parent)
        self.problem, self.family, self.icon = problem, family, icon
        self.where = where or problem.node or "document"
        self.hovered = False
        self.text_at = TEXT_AT
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if problem.node else Qt.CursorShape.ArrowCursor)
        message = f"In {where}: {problem.message}" if problem.path else problem.message
        self.setToolTip(f"{message}\n{problem.fix}".strip())
        self.setAccessibleName(f"{problem.severity}, {self.where}: {problem.message}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(TEXT_AT, 0, 14, 0)
        layout.setSpacing(10)
        self.sentence = Sentence(message if problem.remedies else f"{message} {problem.fix}".strip(), self)
        layout.addWidget(self.sentence, 1)
        self.buttons: list[ActionButton] = []
        for index, remedy in enumerate(problem.remedies):
            button = ActionButton(remedy.title, "plus" if remedy.action == "add" else "wand", self)
            button.setToolTip(f"{remedy.note}\nOne undo step." if remedy.note else "One undo step.")
            button.clicked.connect(lambda _=False, i=index: self.chosen.emit(self.problem, i))
            layout.addWidget(button)
            self.buttons.append(button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Later repairs step aside where the row is narrow; the node's card still offers them."""
        self.text_at = TEXT_AT if self.width() >= NARROW else TEXT_NEAR
        self.layout().setContentsMargins(self.text_at, 0, 14, 0)
        room = self.width() - self.text_at - 200
        for index, button in enumerate(self.buttons):
            room -= button.sizeHint().width() + 10
            button.setVisible(index == 0 or room >= 0)
        taken = sum(button.sizeHint().width() + 10 for button in self.buttons if not button.isHidden())
        self.setFixedHeight(self.sentence.height_for(self.width() - self.text_at - 14 - taken))
        super().resizeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            if self.problem.node:
                self.activated.emit(self.problem.path or self.problem.node)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, alt = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and alt and self.problem.remedies:
            self.buttons[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.problem.node:
            self.activated.emit(self.problem.path or self.problem.node)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(key == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = False
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        ratio = self.devicePixelRatioF()
        painter = QPainter(self)
        if self.hovered or self.hasFocus():
            painter.fillRect(self.rect(), t.color("accentwash" if self.hasFocus() else "hover"))
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.height(), t.color("accent"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, t.color("line2"))
        shape, token = next((icon, color) for kind, _, icon, color in KINDS if kind == self.problem.severity)
        top = (self.height() - 16) / 2
        painter.drawPixmap(QPointF(14, top), t.pixmap(shape, token, 16, ratio))
        left = NAME_AT
        if self.family:
            painter.drawPixmap(QPointF(NAME_AT, top), t.tile(self.family, 16, self.icon, ratio))
            left += 23
        painter.setFont(theme.font(12, 500))
        painter.setPen(t.color("t1"))
        name = QFontMetricsF(painter.font()).elidedText(self.where.partition(" of ")[0], Qt.TextElideMode.ElideRight, self.text_at - left - 8)
        painter.drawText(QRectF(left, 0, self.text_at - left, self.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()


class ProblemsPanel(QWidget):
    """All problems of the document, worst first; three filters with counts."""

    nodeActivated = Signal(str)
    remedyChosen = Signal(object, int)
    countsChanged = Signal(int, int)  # errors, all

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Problem, ...] = ()
        self.awaited = False
        self.snapshot = Snapshot()
        self.rows: list[ProblemRow] = []
        self.pills = {kind: Pill(f"{word} 0", parent=self) for kind, word, _, _ in KINDS}
        tools = QHBoxLayout()
        tools.setContentsMargins(12, 3, 14, 3)
        tools.setSpacing(10)
        for pill in self.pills.values():
            pill.toggled.connect(self.rebuild)
            tools.addWidget(pill)
        tools.addStretch()
        self.hint = Caption("Click a row to frame its node · Alt Enter goes to the fixes", px=11, parent=self)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        tools.addWidget(self.hint, 1)
        self.area = QScrollArea(self)
        self.area.setAccessibleName("Problems")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list = QWidget(self.area)
        self.box = QVBoxLayout(self.list)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(0)
        self.box.addStretch()
        self.area.setWidget(self.list)
        self.empty = EmptyState("ok", "No problems.", parent=self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self.stack)

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """Which node is of which type, for the tiles."""
        self.snapshot = snapshot

    def layer_of(self, problem: Problem) -> LayerType | None:
        """The type of the node that has the problem, also inside a block."""
        try:
            owner, node = self.snapshot.at(problem.path or problem.node)
        except KeyError:
            return None
        return registry.of(node, owner)

    def set_awaited(self, awaited: bool) -> None:
        """Whether nobody knows yet what problems there are."""
        if awaited != self.awaited:
            self.awaited = awaited
            self.show_empty()

    def show_empty(self) -> None:
        """What is said where there are no rows."""
        if hidden := len(self.problems) - len(self.rows):
            self.empty.set_sentence(f"{hidden} hidden by the filters above.")
        elif self.awaited:
            self.empty.set_sentence("The network has not been checked yet.", "problems")
        else:
            self.empty.set_sentence("No problems.", "ok")

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Shows these problems; equal ones change nothing on the screen."""
        order = {kind: index for index, (kind, *_) in enumerate(KINDS)}
        ordered = tuple(sorted(problems, key=lambda problem: order.get(problem.severity, 3)))
        if ordered == self.problems and (self.rows or not ordered):
            return
        self.problems = ordered
        for kind, word, _, _ in KINDS:
            self.pills[kind].setText(f"{word} {self.count(kind)}")
            self.pills[kind].updateGeometry()
        self.rebuild()
        self.countsChanged.emit(self.count("error"), len(ordered))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_hint()

    def show_hint(self) -> None:
        """The words on how to use the rows: only with rows, and only where they are not cut."""
        taken = sum(pill.sizeHint().width() + 10 for pill in self.pills.values())
        self.hint.setVisible(bool(self.rows) and self.width() >= taken + self.hint.sizeHint().width() + 40)

    def count(self, kind: str) -> int:
        """How many problems of this severity there are."""
        return sum(problem.severity == kind for problem in self.problems)

    def rebuild(self) -> None:
        """Makes the rows that the filters let through."""
        focused = next((row.problem for row in self.rows if row.hasFocus()), None)
        for row in self.rows:
            self.box.removeWidget(row)
            row.hide()
            row.deleteLater()
        shown = [problem for problem in self.problems if self.pills[problem.severity].isChecked()]
        self.rows = []
        for problem in shown:
            layer = self.layer_of(problem)
            where = whereabouts(self.snapshot, problem.path) if problem.path else ""
            row = ProblemRow(problem, self.list, family=layer.family if layer else "", icon=layer.id if layer else "", where=where)
            row.activated.connect(self.nodeActivated)
            row.chosen.connect(self.remedyChosen)
            self.box.insertWidget(len(self.rows), row)
            self.rows.append(row)
            if problem == focused:
                row.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_empty()
        self.stack.setCurrentWidget(self.area if shown else self.empty)
        self.show_hint()
