"""The card at a problem: its sentence, one row per repair with before and after, a ghost of the result. Repairs nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.graph.ops import Op, RemoveWire
from engine.graph.problem import ERROR, WARNING, Problem, Remedy
from engine.layers import registry
from gui import theme
from gui.controls import ActionButton, Caption, IconButton
from gui.editor import fix_preview, ink
from gui.editor.ink import SHADOW
from gui.panels.problems import runs

if TYPE_CHECKING:
    from gui.editor.view import Canvas

WIDTH, INSET, ROW = 392, 14, 50  # px inside the shadow
SHAPES = {ERROR: ("error", "err"), WARNING: ("warning", "warn")}


class FixRow(QWidget):
    """Tile, title, what changes, Apply. `picked(index)`: under the pointer or clicked; `applied(index)`: the button or a double-click."""

    picked = Signal(int)
    applied = Signal(int)

    def __init__(self, index: int, title: str, parent: QWidget, *, note: str, family: str, icon: str) -> None:
        super().__init__(parent)
        self.index, self.title, self.note = index, title, note
        self.family, self.icon = family, icon
        self.chosen = False
        self.setFixedHeight(ROW)
        self.setAccessibleName(f"{title}. {note}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button = ActionButton("Apply", parent=self)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.setToolTip("One undo step")
        self.button.clicked.connect(lambda: self.applied.emit(self.index))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 10, 0)
        layout.addStretch()
        layout.addWidget(self.button)

    def choose(self, chosen: bool) -> None:
        self.chosen = chosen
        self.button.setProperty("primary", chosen)
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)
        self.update()

    def enterEvent(self, event: object) -> None:
        self.picked.emit(self.index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.picked.emit(self.index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.applied.emit(self.index)

    def paintEvent(self, event: QPaintEvent) -> None:
        tools = ink.get()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tools.pen("accent" if self.chosen else "ctl", 1))
        painter.setBrush(tools.brush("accentwash" if self.chosen else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.drawPixmap(QPointF(10, 15), tools.look.tile(self.family, 20, self.icon, self.devicePixelRatioF()))
        room = self.button.x() - 48
        painter.setFont(theme.font(12, 600))
        painter.setPen(tools.pen("t1"))
        title = QFontMetricsF(painter.font()).elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        middle = 16.0 if self.note else ROW / 2
        painter.drawText(QRectF(40, middle - 9, room, 18), Qt.AlignmentFlag.AlignVCenter, title)
        self.paint_note(painter, room, tools)
        painter.end()

    def paint_note(self, painter: QPainter, room: float, tools: ink.Ink) -> None:
        """Before in the plain colour, after in that of what is right."""
        painter.setFont(theme.mono(10.5))
        measure, x = QFontMetricsF(painter.font()), 40.0
        before, arrow, after = self.note.partition(" → ")
        for words, token in ((before, "t2"), (arrow, "t3"), (after, "ok")):
            short = measure.elidedText(words, Qt.TextElideMode.ElideRight, 40 + room - x)
            painter.setPen(tools.pen(token))
            painter.drawText(QRectF(x, 25, room, 16), Qt.AlignmentFlag.AlignVCenter, short)
            x += measure.horizontalAdvance(short)


class FixCard(QWidget):
    """A child of the canvas. `remedyChosen(problem, index)`: Apply or Enter."""

    remedyChosen = Signal(object, int)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.problems: tuple[Problem, ...] = ()
        self.at = self.pick = 0
        self.rows: list[FixRow] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.sign = QLabel(self)
        self.sign.setFixedSize(16, 16)
        self.title = Caption("", "t1", px=13, weight=600, parent=self)
        self.title.setWordWrap(True)
        self.sentence = QLabel(self)
        self.sentence.setTextFormat(Qt.TextFormat.RichText)
        self.sentence.setWordWrap(True)
        self.count = Caption("", "t3", px=11, parent=self)
        self.inside = IconButton("block", "Show it inside the block", self)
        self.inside.clicked.connect(self.dive)
        self.next = IconButton("chevron-right", "The next problem of this node", self)
        self.next.clicked.connect(lambda: self.turn(1))
        self.foot = Caption("", "t3", px=10.5, parent=self)
        self.keys = Caption("", "t3", px=10.5, parent=self)
        self.build()
        self.hide()
        theme.notifier().changed.connect(self.restyle)
        canvas.camera.moved.connect(self.follow)

    def build(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.sign, alignment=Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.count)
        head.addWidget(self.inside)
        head.addWidget(self.next)
        foot.addWidget(self.foot)
        foot.addStretch()
        foot.addWidget(self.keys)
        self.box = QVBoxLayout()
        self.box.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(SHADOW + INSET, SHADOW + 12, SHADOW + INSET, SHADOW + 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.sentence)
        column.addLayout(self.box)
        column.addLayout(foot)

    # -- opening and closing -----------------------------------------------------------------------------------------
    def open(self, problems: Sequence[Problem]) -> None:
        """Shows the first of a node's problems beside it, the first repair picked."""
        self.problems, self.at = tuple(problems), 0
        self.show_problem()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_card(self, *, give_back: bool = True) -> None:
        """Takes card and ghost away; the canvas gets the focus."""
        if not self.isVisible():
            return
        if give_back:  # before hiding: Qt would look for another widget itself, and ask focusNextPrevChild
            self.canvas.setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()
        self.problems = ()
        self.show_ghost(())

    def settle(self, problems: Sequence[Problem]) -> None:
        """The document was analysed anew: the card closes when its problem is gone."""
        if self.isVisible() and self.problems[self.at] not in problems:
            self.close_card()

    # -- showing -----------------------------------------------------------------------------------------------------
    @property
    def problem(self) -> Problem:
        return self.problems[self.at]

    def show_problem(self) -> None:
        """Fills the card with the problem that is on top."""
        problem = self.problem
        head, colon, rest = problem.message.partition(": ")
        split = bool(colon) and len(head) > 12
        self.title.setText(head if split else problem.message)
        self.words = capital(rest) if split else problem.fix
        for row in self.rows:
            self.box.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self.make_row(index, remedy) for index, remedy in enumerate(problem.remedies)]
        several = len(self.problems) > 1
        self.count.setText(f"{self.at + 1} of {len(self.problems)}" if several else "")
        self.next.setVisible(several)
        self.inside.setVisible(bool(problem.path))
        self.foot.setText(("Each fix is one undo step" if len(self.rows) > 1 else "One undo step") if self.rows else "")
        self.keys.setText(("Tab next fix   " if len(self.rows) > 1 else "") + ("Enter apply   " if self.rows else "") + "Esc close")
        self.setAccessibleName(f"{problem.severity}: {problem.message}")
        self.restyle()
        self.setFixedSize(QSize(WIDTH + 2 * SHADOW, self.layout().heightForWidth(WIDTH + 2 * SHADOW)))
        self.choose(0)
        self.make_room()
        self.place()

    def make_row(self, index: int, remedy: Remedy) -> FixRow:
        snapshot = self.canvas.snapshot()
        node = snapshot.by_id().get(remedy.node or self.problem.node)
        layer = registry.find(remedy.type, snapshot) or (registry.of(node, snapshot) if node else None)
        note = fix_preview.note_of(snapshot, self.problem, remedy)
        row = FixRow(index, remedy.title, self, note=note, family=layer.family if layer else "merge", icon=layer.id if layer else "")
        row.picked.connect(self.choose)
        row.applied.connect(self.apply)
        self.box.addWidget(row)
        return row

    def restyle(self) -> None:
        look = theme.current()
        if not self.problems:
            return
        shape, token = SHAPES.get(self.problem.severity, ("info", "info"))
        self.sign.setPixmap(look.pixmap(shape, token, 16, self.devicePixelRatioF()))
        self.sentence.setFont(theme.font(12))
        mono = f"font-family: 'JetBrains Mono'; font-size: 11px; color: {theme.css(look.color('t1'))}"
        pieces = [f'<span style="{mono}">{escape(text)}</span>' if shaped else escape(text) for text, shaped in runs(self.words)]
        self.sentence.setText(f'<span style="color: {theme.css(look.color("t2"))}">{"".join(pieces)}</span>')
        self.sentence.setVisible(bool(self.words))

    def choose(self, index: int) -> None:
        """Picks a repair and shows its ghost."""
        self.pick = index
        for row in self.rows:
            row.choose(row.index == index)
        self.show_ghost(fix_preview.ops_of(self.canvas.snapshot(), self.problem, index) if index < len(self.rows) else ())

    def show_ghost(self, ops: Sequence[Op]) -> None:
        """The canvas as these ops would leave it; nothing takes the ghost away."""
        network = self.canvas.network
        network.sync()
        network.preview(fix_preview.moves(ops))
        gone = {op.wire for op in ops if isinstance(op, RemoveWire)}
        for wire, item in network.wires.items():
            item.tell(hidden=wire in gone)
        self.canvas.overlay.show_preview(fix_preview.preview(network, ops) if ops else None)

    def follow(self) -> None:
        """Stays beside its node while the view moves."""
        if self.isVisible():
            self.place()

    def taken(self) -> list[QRectF]:
        """What the card should not cover, view px: the node and the ghosts."""
        camera, item, shown = self.canvas.camera, self.canvas.network.nodes.get(self.problem.node), self.canvas.overlay.preview
        areas = [*([item.rect()] if item else []), *(ghost.rect for ghost in (shown.ghosts if shown else []))]
        return [QRectF(camera.view_point(area.topLeft()), camera.view_point(area.bottomRight())).adjusted(-8, -8, 8, 8) for area in areas]

    def make_room(self) -> None:
        """Moves the view up or down where neither above nor below the node there is room for the card."""
        whole, tall, room = QRectF(), self.height() - 2 * SHADOW + 4, self.canvas.rect()
        for area in self.taken():
            whole = whole.united(area)
        fits = whole.bottom() + tall <= room.bottom() or whole.top() - tall >= room.top()
        if not fits and whole.height() + tall <= room.height():
            self.canvas.camera.pan(0, room.top() - whole.top())

    def place(self) -> None:
        """Under the node, above it, or beside it: where the card covers neither the node nor the ghost."""
        room, taken = QRectF(self.canvas.rect()).adjusted(4, 4, -4, -4), self.taken() or [QRectF(self.canvas.rect().center(), QSizeF())]
        node, wide, tall = taken[0], self.width() - 2 * SHADOW, self.height() - 2 * SHADOW
        low, high = max(area.bottom() for area in taken), min(area.top() for area in taken) - tall
        edge = node.right() - wide
        corners = [(node.left(), node.bottom()), (edge, node.bottom()), (node.left(), node.top() - tall), (edge, node.top() - tall)]
        corners += [(node.right(), node.top()), (node.left() - wide, node.top()), (node.left(), low), (node.left(), high)]
        boxes = [QRectF(max(min(x, room.right() - wide), room.left()), max(min(y, room.bottom() - tall), room.top()), wide, tall) for x, y in corners]
        best = min(boxes, key=lambda box: sum(overlap(box, area) for area in taken))
        self.move(round(best.x()) - SHADOW, round(best.y()) - SHADOW)

    # -- acting ------------------------------------------------------------------------------------------------------
    def turn(self, by: int) -> None:
        """To the node's next problem."""
        if len(self.problems) > 1:
            self.at = (self.at + by) % len(self.problems)
            self.show_problem()
            self.setFocus(Qt.FocusReason.PopupFocusReason)

    def dive(self) -> None:
        """To the node inside the block that the problem is about."""
        path = self.canvas.network.document.path_of(self.problem.path)
        self.close_card()
        self.canvas.open_path(path)

    def apply(self, index: int) -> None:
        problem = self.problem
        self.close_card()
        self.remedyChosen.emit(problem, index)

    def event(self, event: QEvent) -> bool:
        """Plain keys are the card's own while it has the focus; the canvas's one-letter shortcuts wait."""
        if event.type() == QEvent.Type.ShortcutOverride and not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if self.problems and self.rows:
            self.choose((self.pick + (1 if forward else -1)) % len(self.rows))
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.rows:
            self.apply(self.pick)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(key == Qt.Key.Key_Down)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self.turn(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_card()
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.close_card(give_back=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # not through to the canvas

    def paintEvent(self, event: QPaintEvent) -> None:
        ink.paint_raised(self)


def overlap(one: QRectF, two: QRectF) -> float:
    """How much two rectangles share, px²."""
    shared = one.intersected(two)
    return max(shared.width(), 0.0) * max(shared.height(), 0.0)


def capital(words: str) -> str:
    """The first letter of a sentence large; a port's name such as `a` stays as it is."""
    return words if words[1:2] == " " else words[:1].upper() + words[1:]
