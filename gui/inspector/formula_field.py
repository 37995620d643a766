"""A field for an expression over a block's parameters, such as `dim * 4`, with the value that it has here. Works out, executes nothing, writes no document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.graph.expression import Expression, ExpressionError
from engine.graph.model import Block, Value
from engine.layers.params import Param, ParamError
from gui import theme

WIDTH = 148


@dataclass(frozen=True, slots=True)
class Scope:
    """The block around a node: its id, and what its parameters are in the instance that is shown."""

    block: str
    values: Mapping[str, Value]


def scope_of(block: Block | None, values: Mapping[str, Value]) -> Scope | None:
    """The scope inside `block`; parameters that the instance leaves open have their defaults. None outside blocks."""
    return Scope(block.id, {param.name: values.get(param.name, param.default) for param in block.params}) if block else None


def read(param: Param, text: str, scope: Scope) -> tuple[Value, Value]:
    """What `text` sets `param` to (an expression, or a plain value when it names nothing), and the value that it has here.

    ExpressionError or ParamError say in words why not.
    """
    expression = Expression(text)
    unknown = sorted(expression.names - scope.values.keys())
    if unknown:
        known = ", ".join(scope.values)
        raise ExpressionError(f"The block has no parameter {unknown[0]!r}. {f'It has: {known}.' if known else 'Expose one first.'}")
    value = param.parse(expression.value(scope.values))
    return (expression if expression.names else value), value


def value_words(value: Value) -> str:
    """A value as short as it can be said: 256, same, 3×3."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)


def literal(value: Value) -> str:
    """A value as expressions write it: 3, "same", (3, 5)."""
    return f'"{value}"' if isinstance(value, str) and not isinstance(value, Expression) else str(value)


class FormulaField(QLineEdit):
    """`taken` brings the expression or value that was typed; `left` comes when the typing was given up; `complained` says what is wrong (or "")."""

    taken = Signal(object)
    left = Signal()
    complained = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.scope: Scope | None = None
        self.before: Expression | None = None
        self.typed = False
        self.result = ""
        self.reason = ""
        self.setProperty("formula", True)
        self.setFont(theme.mono(11))
        self.setFixedSize(WIDTH, 22)
        self.setAccessibleName(param.caption)
        self.setAccessibleDescription("An expression over the block's parameters")
        self.textEdited.connect(self.on_typed)
        theme.notifier().changed.connect(self.update)

    def show_expression(self, expression: Expression | None, scope: Scope | None) -> None:
        """Shows an expression and its value; what is being typed stays."""
        self.scope, self.before = scope, expression
        if not self.typed:
            self.setText(str(expression) if expression else "")
            self.setCursorPosition(0)
            self.weigh()

    def begin(self, text: str) -> None:
        """The user starts an expression with this text."""
        self.setText(text)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.typed = True
        self.end(False)
        self.weigh()

    def on_typed(self, _: str) -> None:
        self.typed = True
        self.weigh()

    def weigh(self) -> None:
        """Works out what the text gives, or why it gives nothing."""
        self.result = self.reason = ""
        if self.scope is not None and self.text().strip():
            try:
                self.result = f"= {value_words(read(self.param, self.text(), self.scope)[1])}"
            except (ExpressionError, ParamError) as error:
                self.reason = sentence(str(error))
        room = round(QFontMetricsF(self.font()).horizontalAdvance(self.result)) + 6 if self.result else 0
        self.setTextMargins(0, 0, room, 0)
        text = self.text()
        self.setToolTip(self.reason or (f"{text} {self.result}\nFollows the parameters of the block around it." if text else ""))
        if bool(self.property("refused")) != bool(self.reason):
            self.setProperty("refused", bool(self.reason))
            self.style().unpolish(self)
            self.style().polish(self)
        self.complained.emit(self.reason)
        self.update()

    def take(self) -> None:
        """Takes what was typed; what means nothing is given up."""
        if not self.typed:
            return
        self.typed = False
        if self.scope is None or self.reason or not self.text().strip():
            self.give_up()
            return
        meant, _ = read(self.param, self.text(), self.scope)
        if meant == self.before:
            self.show_expression(self.before, self.scope)
        else:
            self.taken.emit(meant)

    def give_up(self) -> None:
        self.typed = False
        self.show_expression(self.before, self.scope)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self.reason:  # what is wrong stays to be put right
                self.take()
        elif event.key() == Qt.Key.Key_Escape and self.typed:
            self.give_up()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.take()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.result:
            painter = QPainter(self)
            painter.setFont(self.font())
            painter.setPen(theme.current().color("t2"))
            painter.drawText(QRectF(self.rect()).adjusted(0, 0, -6, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.result)
            painter.end()


def sentence(words: str) -> str:
    """The words as a sentence of their own."""
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else f"{words}."
