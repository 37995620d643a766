"""What all form fields have in common: a parameter, a value or an expression to show, and two signals. Draws nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from engine.graph.expression import Expression
from engine.graph.model import Value
from engine.layers.params import Param
from gui.controls import Caption, NumberField
from gui.inspector.formula_field import FormulaField, Scope, literal


class ValueField(QWidget):
    """Shows the value of `param`. `edited` follows every change by the user, `committed` ends one undo step.

    Inside a block (`set_scope`) the value may be an expression: an equals sign, or a letter in a field of numbers, begins one.
    """

    edited = Signal(object)
    committed = Signal(object)
    complained = Signal(str)  # why the expression that is being typed means nothing; empty when it does

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.scope: Scope | None = None
        self.shown: Value = param.default
        self.formula: FormulaField | None = None
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)

    def add(self, widget: QWidget, *, unit: str = "") -> None:
        """Puts a part into the field; the first one takes the focus that the field is given."""
        widget.setAccessibleName(self.param.caption)
        widget.setAccessibleDescription(self.param.help)
        widget.installEventFilter(self)
        if self.row.count() == 0:
            self.setFocusProxy(widget)
        self.row.addWidget(widget)
        if unit:
            self.row.addWidget(Caption(unit, parent=self))

    def set_value(self, value: Value) -> None:
        """Shows `value` without telling anybody; what the user is typing or scrubbing stays."""
        raise TypeError(f"{type(self).__name__} shows no value")

    # -- expressions -------------------------------------------------------------------------------------------------
    def set_scope(self, scope: Scope | None) -> None:
        """The block around: expressions may speak of its parameters. None: the value is plain."""
        self.scope = scope

    def show_value(self, value: Value) -> None:
        """Shows `value`; an expression as its text, with what it gives here."""
        self.shown = value
        follows = isinstance(value, Expression)
        if self.formula is not None and self.formula.typed:
            self.formula.show_expression(value if follows else None, self.scope)
            return
        if follows:
            self.formula_field().show_expression(value, self.scope)
        self.show_formula(follows)
        if not follows:
            self.set_value(value)

    def formula_field(self) -> FormulaField:
        """The field for expressions, made when it is first needed."""
        if self.formula is None:
            self.formula = FormulaField(self.param, self)
            self.formula.taken.connect(self.take_formula)
            self.formula.left.connect(lambda: self.show_value(self.shown))
            self.formula.complained.connect(self.complained)
            self.row.addWidget(self.formula)
        return self.formula

    def show_formula(self, on: bool) -> None:
        """The field for expressions in place of the field's parts, or the parts again."""
        if self.formula is None:
            return
        had = self.formula.hasFocus()
        self.setFocusProxy(self.formula if on else self.row.itemAt(0).widget())
        for index in range(self.row.count()):
            if (widget := self.row.itemAt(index).widget()) is not None and (on or widget is self.formula or self.formula.isVisibleTo(self)):
                widget.setVisible((widget is self.formula) == on)
        if had and not on:
            self.setFocus()

    def begin_formula(self, text: str = "") -> None:
        """The user starts an expression in place of the value."""
        if self.scope is not None:
            field = self.formula_field()
            field.show_expression(self.shown if isinstance(self.shown, Expression) else None, self.scope)
            self.show_formula(True)
            field.begin(text or literal(self.shown))

    def take_formula(self, value: Value) -> None:
        self.edited.emit(value)
        self.committed.emit(value)
        self.show_value(self.shown)  # what the document made of it

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """An equals sign begins an expression anywhere, a letter where only numbers can be typed."""
        if self.scope is not None and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.text():
            text, blank = event.text(), isinstance(watched, QLineEdit) and watched.selectedText() == watched.text()
            if text == "=":
                self.begin_formula()
                return True
            if (text.isalpha() or text == "_") and isinstance(watched, NumberField) and blank:
                self.begin_formula(text)
                return True
        return super().eventFilter(watched, event)

    def forget(self) -> None:
        """Another node's value comes next."""

    @property
    def busy(self) -> bool:
        """Whether the user is in the middle of changing it."""
        return False
