"""What all form fields have in common: a parameter, a value to show, and two signals. Draws nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.graph.expression import Expression
from engine.graph.model import Value
from engine.layers.params import Param
from gui.controls import Caption

LONGEST = 140  # px of an expression; the rest is in the tooltip


class ValueField(QWidget):
    """Shows the value of `param`. `edited` follows every change by the user, `committed` ends one undo step."""

    edited = Signal(object)
    committed = Signal(object)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.formula: Caption | None = None
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)

    def add(self, widget: QWidget, *, unit: str = "") -> None:
        """Puts a part into the field; the first one takes the focus that the field is given."""
        widget.setAccessibleName(self.param.caption)
        widget.setAccessibleDescription(self.param.help)
        if self.row.count() == 0:
            self.setFocusProxy(widget)
        self.row.addWidget(widget)
        if unit:
            self.row.addWidget(Caption(unit, parent=self))

    def set_value(self, value: Value) -> None:
        """Shows `value` without telling anybody; what the user is typing or scrubbing stays."""
        raise TypeError(f"{type(self).__name__} shows no value")

    def show_value(self, value: Value) -> None:
        """Shows `value`; an expression of the block around as its text, not to be edited here."""
        follows = isinstance(value, Expression)
        if follows or self.formula is not None:
            self.show_formula(str(value) if follows else "")
        if not follows:
            self.set_value(value)

    def show_formula(self, text: str) -> None:
        """The text in place of the field's parts; empty: the parts again."""
        if self.formula is None:
            self.formula = Caption("", "accent", mono=True, px=11, parent=self)
            self.formula.setAccessibleName(self.param.caption)
            self.row.addWidget(self.formula)
        for index in range(self.row.count()):
            if (widget := self.row.itemAt(index).widget()) is not None:
                widget.setVisible((widget is self.formula) == bool(text))
        shown = QFontMetricsF(self.formula.font()).elidedText(text, Qt.TextElideMode.ElideRight, LONGEST)
        self.formula.setText(shown)
        self.formula.setToolTip(f"{text}\nFollows the parameters of the block around it." if text else "")

    def forget(self) -> None:
        """Another node's value comes next."""

    @property
    def busy(self) -> bool:
        """Whether the user is in the middle of changing it."""
        return False
