"""The field for one number for both axes, or (height, width), or a word. Writes no document."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from engine.graph.model import Value
from engine.layers.params import PairParam
from gui.controls import Combo, IconButton, NumberField
from gui.inspector.value_field import ValueField

PLAIN, NARROW, WIDE, MENU = 56, 44, 136, 20
NUMBERS = "numbers"


class PairField(ValueField):
    """Two numbers with a link between them; linked, they change together. Words stand in a menu behind."""

    def __init__(self, param: PairParam, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.words = [*param.words, *([param.none_label or "none"] if param.optional else [])]
        self.optional = param.optional
        width = NARROW if self.words else PLAIN
        self.first, self.second = (NumberField(self.fallback(param), self, low=param.low, high=param.high) for _ in range(2))
        self.linked = True
        self.link = IconButton("link", "Both axes together", self, size=12, color="t3")
        self.link.setFixedSize(QSize(16 if not self.words else 14, 22))
        self.link.setProperty("tight", True)
        self.link.setAccessibleName(f"{param.caption}: both axes together")
        self.link.clicked.connect(self.on_link)
        for field, axis in ((self.first, "height"), (self.second, "width")):
            field.setFixedWidth(width)
            field.valueEdited.connect(self.on_number)
            field.committed.connect(self.on_commit)
            field.setToolTip(axis.capitalize())
        self.row.setSpacing(4 if not self.words else 3)
        self.add(self.first)
        self.row.addWidget(self.link)
        self.add(self.second)
        self.second.setAccessibleName(f"{param.caption}, width")
        self.menu = Combo([NUMBERS, *self.words], self) if self.words else None
        if self.menu is not None:
            self.menu.setToolTip("Numbers, or " + " or ".join(f"“{word}”" for word in self.words))
            self.menu.view().setMinimumWidth(110)
            self.menu.textActivated.connect(self.on_word)
            self.add(self.menu)
        self.set_value(param.default)

    @staticmethod
    def fallback(param: PairParam) -> int:
        return param.default if isinstance(param.default, int) else max(param.low, 1)

    def show_word(self, word: str) -> None:
        """Either the two numbers with a small menu, or the menu alone with its word."""
        numbers = word == NUMBERS
        for widget in (self.first, self.link, self.second):
            widget.setVisible(numbers)
        if self.menu is not None:
            self.menu.setFixedWidth(MENU if numbers else WIDE)
            self.menu.setProperty("tiny", numbers)
            self.menu.style().unpolish(self.menu)
            self.menu.style().polish(self.menu)
            self.menu.setCurrentText(word)
            self.setFocusProxy(self.first if numbers else self.menu)

    def set_value(self, value: Value) -> None:
        if value is None or isinstance(value, str):
            self.show_word(self.words[-1] if value is None else value)
            return
        self.show_word(NUMBERS)
        both = (value, value) if isinstance(value, int) else tuple(value)
        self.first.set_value(both[0])
        self.second.set_value(both[1])
        if both[0] != both[1]:
            self.set_linked(False)

    def forget(self) -> None:
        self.set_linked(True)

    def set_linked(self, linked: bool) -> None:
        self.linked = linked
        self.link.set_icon("link" if linked else "unlink")
        self.link.setToolTip("Both axes together" if linked else "Each axis on its own")

    def value(self) -> Value:
        """One number when both agree, else (height, width)."""
        both = (self.first.value(), self.second.value())
        return both[0] if both[0] == both[1] else both

    def on_number(self, number: float) -> None:
        if self.linked:
            other = self.second if self.sender() is self.first else self.first
            other.set_value(number)
        self.edited.emit(self.value())

    def on_commit(self, _: float) -> None:
        self.committed.emit(self.value())

    def on_link(self) -> None:
        self.set_linked(not self.linked)
        if self.linked and self.first.value() != self.second.value():
            self.second.set_value(self.first.value())
            self.edited.emit(self.value())
            self.committed.emit(self.value())

    def on_word(self, word: str) -> None:
        self.show_word(word)
        value = self.value() if word == NUMBERS else None if self.optional and word == self.words[-1] else word
        self.edited.emit(value)
        self.committed.emit(value)

    @property
    def busy(self) -> bool:
        return self.first.busy or self.second.busy
