"""Sections and form rows of the inspector: caption, field, help, the mark of a changed value. Writes no document."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.controls import Caption, IconButton

INSET, LABEL, CONTROL, RESET = 14, 112, 20, 20
PLAIN, FOLLOWS, FORMULA = "plain", "follows", "formula"  # what a value inside a block is: its own, a block parameter, an expression
EXPOSURE = {
    PLAIN: ("t3", "Expose {name} as a parameter of the block"),
    FOLLOWS: ("accent", "{name} follows a parameter of the block. Click to take it back inside, with its value"),
    FORMULA: ("accent", "{name} is an expression. Click to put its value here in its place"),
}


class FormRow(QWidget):
    """Caption at the left, field behind it, help under it while it is focused; a changed value has a dot and a reset."""

    resetClicked = Signal()
    exposeClicked = Signal()
    formulaWanted = Signal()  # from the menu of the control beside the label

    def __init__(self, caption: str, field: QWidget, parent: QWidget | None = None, *, help_text: str = "") -> None:
        super().__init__(parent)
        self.field = field
        self.active = False
        self.changed_from_default = False
        self.hovered = False
        self.label = Caption(caption, "t2", px=12, parent=self)
        self.label.setFixedSize(LABEL, 22)
        self.label.setBuddy(field)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, RESET, 0)
        line.setSpacing(0)
        line.addWidget(self.label)
        line.addWidget(field)
        line.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(INSET, 2, 6, 3)
        layout.setSpacing(1)
        layout.addLayout(line)
        self.label.setToolTip(help_text)
        self.help_text = help_text
        self.line, self.exposure = line, ""
        self.reset, self.help, self.expose, self.complaint = None, None, None, None  # made when they are wanted: forms are long, and come anew with each node

    # -- under the field ---------------------------------------------------------------------------------------------
    def set_help(self, words: str, *, shown: bool) -> None:
        """The sentence under the field: at once, or while the row is focused."""
        self.help_text = words
        self.show_help(shown)

    def show_help(self, shown: bool) -> None:
        shown = shown and bool(self.help_text)
        if shown and self.help is None:
            self.help = self.made_sentence("t3", 10.5, at=1)
        if self.help is not None:
            self.help.setText(self.help_text)
            self.help.setVisible(shown)

    def complain(self, words: str) -> None:
        """A sentence in the error colour under the field; empty takes it away."""
        if words and self.complaint is None:
            self.complaint = self.made_sentence("err", 11, at=self.layout().count())
        if self.complaint is not None:
            self.complaint.setText(words)
            self.complaint.setVisible(bool(words))

    def made_sentence(self, color: str, px: float, *, at: int) -> Caption:
        sentence = Caption("", color, px=px, parent=self)
        sentence.setWordWrap(True)
        sentence.setContentsMargins(LABEL, 0, 8, 0)
        self.layout().insertWidget(at, sentence)
        return sentence

    # -- inside blocks -----------------------------------------------------------------------------------------------
    def set_exposure(self, exposure: str) -> None:
        """Inside a block: what the value is (PLAIN, FOLLOWS, FORMULA), with a control to change that. Empty: outside, no control."""
        self.exposure = exposure
        if exposure and self.expose is None:
            self.expose = self.make_control()
        if self.expose is None:
            return
        self.label.setFixedWidth(LABEL - CONTROL if exposure else LABEL)
        if exposure:
            token, tip = EXPOSURE[exposure]
            words = tip.format(name=self.label.text())
            self.expose.set_icon("expose", token)
            self.expose.setToolTip(f"{words}.\nType = in the field for an expression.")
            self.expose.setAccessibleName(words)
        self.show_control()

    def make_control(self) -> IconButton:
        """The small control between label and field."""
        control = IconButton("expose", "", self, size=12, color="t3")
        control.setFixedSize(QSize(CONTROL, 20))
        keep_room(control)
        control.clicked.connect(self.exposeClicked)
        control.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        control.customContextMenuRequested.connect(lambda _: self.formulaWanted.emit())
        self.line.insertWidget(1, control)
        return control

    def show_control(self) -> None:
        if self.expose is not None:
            self.expose.setVisible(bool(self.exposure) and (self.exposure != PLAIN or self.hovered or self.active))

    def set_active(self, active: bool) -> None:
        """Focused rows are washed in the accent and explain themselves."""
        if active != self.active:
            self.active = active
            self.label.set_color("t1" if active else "t2")
            self.show_help(active)
            self.show_reset()
            self.show_control()
            self.update()

    def set_changed(self, changed: bool) -> None:
        """Whether the value differs from the default."""
        if changed != self.changed_from_default:
            self.changed_from_default = changed
            if self.reset is None:
                self.reset = self.made_reset()
            self.show_reset()
            self.update()

    def made_reset(self) -> IconButton:
        """The button at the right end, in the room that was kept for it."""
        reset = IconButton("undo", "Back to the default", self, size=12, color="t3")
        reset.setFixedSize(QSize(RESET, RESET))
        reset.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        keep_room(reset)
        reset.clicked.connect(self.resetClicked)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.addWidget(reset)
        return reset

    def show_reset(self) -> None:
        if self.reset is not None:
            self.reset.setVisible(self.changed_from_default and (self.hovered or self.active))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered = True
        self.show_reset()
        self.show_control()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = False
        self.show_reset()
        self.show_control()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.active and not self.changed_from_default:
            return
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.active:
            painter.fillRect(self.rect(), t.color("accentwash"))
            painter.fillRect(0, 0, 2, self.height(), t.color("accent"))
        if self.changed_from_default:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("t2"))
            painter.drawEllipse(QPointF(7.5, 13.5), 2, 2)
        painter.end()


def keep_room(widget: QWidget) -> None:
    """Its place stays free while it is hidden."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)


class SectionHead(QWidget):
    """The clickable line over a section: chevron, title, a remark at the right."""

    clicked = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.remark, self.open = title, "", True
        self.setFixedHeight(27)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        theme.notifier().changed.connect(self.update)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(0, 0, self.width(), 1, t.color("line2"))
        mark = t.pixmap("chevron-down" if self.open else "chevron-right", "t3", 10, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(12, 9), mark)
        painter.setFont(theme.font(11, 600))
        painter.setPen(t.color("accent" if self.hasFocus() else "t2"))
        painter.drawText(QRectF(28, 1, self.width(), 26), Qt.AlignmentFlag.AlignVCenter, self.title)
        taken = 28 + QFontMetricsF(painter.font()).horizontalAdvance(self.title) + 12
        painter.setFont(theme.font(11))
        painter.setPen(t.color("t3"))
        room = QRectF(taken, 1, self.width() - taken - INSET, 26)
        text = QFontMetricsF(painter.font()).elidedText(self.remark, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.end()


class Section(QWidget):
    """A titled part of the inspector that folds away."""

    folded = Signal(str, bool)  # title, open

    def __init__(self, title: str, parent: QWidget | None = None, *, opened: bool = True) -> None:
        super().__init__(parent)
        self.title = title
        self.head = SectionHead(title, self)
        self.body = QWidget(self)
        self.content = QVBoxLayout(self.body)
        self.content.setContentsMargins(0, 0, 0, 5)
        self.content.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.body)
        self.head.clicked.connect(self.toggle)
        self.set_open(opened)

    def add(self, widget: QWidget) -> None:
        self.content.addWidget(widget)

    def set_remark(self, text: str) -> None:
        """The words at the right of the head."""
        if self.head.remark != text:
            self.head.remark = text
            self.head.update()

    def set_open(self, opened: bool) -> None:
        self.head.open = opened
        self.body.setVisible(opened)
        self.head.update()

    def toggle(self) -> None:
        self.set_open(not self.head.open)
        self.folded.emit(self.title, self.head.open)
