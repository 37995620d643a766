"""Form fields, one per kind of parameter: they show a value and tell when the user changes it. Writes no document."""

from __future__ import annotations

from math import isqrt

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from engine.graph.model import Value
from engine.layers.params import BoolParam, ChoiceParam, FloatParam, IntParam, PairParam, Param, ParamError, PathParam, ShapeParam
from gui import theme
from gui.controls import Combo, IconButton, NumberField, Toggle, outline
from gui.inspector.pair_field import PairField
from gui.inspector.value_field import ValueField

WIDTH = 136  # of a whole field
NUMBER = 94
LONG = 18  # letters that fit into a field; longer lists are whole in the tooltip
WIDEST = 148  # of a derived value; longer ones are cut, and whole in the tooltip


class IntField(ValueField):
    """A whole number with arrows."""

    def __init__(self, param: IntParam, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.build(param, NUMBER)

    def build(self, param: IntParam, width: int) -> None:
        self.number = NumberField(int(param.default), self, low=param.low, high=param.high, arrows=width >= NUMBER)
        self.number.setFixedWidth(width)
        self.number.valueEdited.connect(self.edited)
        self.number.committed.connect(self.committed)
        self.add(self.number, unit=param.unit)

    def set_value(self, value: Value) -> None:
        self.number.set_value(value)

    @property
    def busy(self) -> bool:
        return self.number.busy


class FloatField(IntField):
    """A number, scrubbed by factors where its range spans magnitudes."""

    def __init__(self, param: FloatParam, parent: QWidget | None = None) -> None:
        ValueField.__init__(self, param, parent)
        self.number = NumberField(float(param.default), self, low=param.low, high=param.high, integer=False, log=param.log, arrows=True)
        self.number.setFixedWidth(NUMBER)
        self.number.valueEdited.connect(self.edited)
        self.number.committed.connect(self.committed)
        self.add(self.number, unit=param.unit)


class BoolField(ValueField):
    """A switch."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.toggle = Toggle(bool(param.default), self)
        self.toggle.clicked.connect(self.on_click)
        self.add(self.toggle)

    def on_click(self, checked: bool) -> None:
        self.edited.emit(checked)
        self.committed.emit(checked)

    def set_value(self, value: Value) -> None:
        self.toggle.setChecked(bool(value))


class ChoiceField(ValueField):
    """One of a few words."""

    def __init__(self, param: ChoiceParam, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.combo = Combo(param.choices, self)
        self.combo.setFixedWidth(WIDTH)
        self.combo.textActivated.connect(self.on_choice)
        self.add(self.combo)

    def on_choice(self, text: str) -> None:
        self.edited.emit(text)
        self.committed.emit(text)

    def set_value(self, value: Value) -> None:
        self.combo.setCurrentText(str(value))


class TextField(ValueField):
    """A typed value: what Enter or leaving the field takes; red with the reason while it does not fit."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.line = QLineEdit(self)
        self.line.setFont(theme.mono(11))
        self.line.setFixedHeight(22)
        self.line.textEdited.connect(self.on_typed)
        self.line.editingFinished.connect(self.take)
        self._value: Value = param.default
        self._typed = False
        self.add(self.line)

    def read(self, text: str) -> Value:
        """The value that `text` means; ParamError says what was expected."""
        return self.param.parse(text)

    def write(self, value: Value) -> str:
        return str(value)

    def on_typed(self, text: str) -> None:
        self._typed = True
        try:
            self.read(text)
            reason = ""
        except ParamError as error:
            reason = str(error)
        self.line.setToolTip(reason)
        self.mark(bool(reason))

    def mark(self, refused: bool) -> None:
        if bool(self.line.property("refused")) != refused:
            self.line.setProperty("refused", refused)
            self.line.style().unpolish(self.line)
            self.line.style().polish(self.line)

    def take(self) -> None:
        """Takes what was typed, or shows the old value again when it does not fit."""
        if not self._typed:
            return
        self._typed = False
        try:
            value = self.read(self.line.text())
        except ParamError:
            value = self._value
        changed = value != self._value
        self.set_value(value)
        self.mark(False)
        if changed:
            self.edited.emit(value)
            self.committed.emit(value)

    def set_value(self, value: Value) -> None:
        self._value = value
        if not self._typed:
            self.line.setText(self.write(value))
            self.line.setCursorPosition(0)

    @property
    def busy(self) -> bool:
        return self._typed


class SizesField(TextField):
    """Sizes such as 16, 7, 7, or numbers; blanks, multiplication signs, strokes and brackets separate them as well: a kernel of a slide can be pasted."""

    def __init__(self, param: ShapeParam, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.line.setFixedWidth(WIDTH)

    def read(self, text: str) -> Value:
        words = text.replace("−", "-").translate(str.maketrans("×x,;()/|[]", " " * 10)).split()
        try:
            return self.param.parse(tuple(map(int if self.param.whole else float, words)))
        except ValueError as error:  # ParamError is one too
            expected = "sizes such as 16, 7, 7" if self.param.whole else "numbers such as 0.5, −1, 2"
            raise error if isinstance(error, ParamError) else self.param.refuse(expected, text) from error

    def write(self, value: Value) -> str:
        words = [f"{size:.12g}".replace("-", "−") for size in value]
        side = isqrt(len(words))
        if self.param.bounds is None or side**2 != len(words) or side < 3:
            return ", ".join(words)
        return " / ".join(" ".join(words[row * side : (row + 1) * side]) for row in range(side))  # as a kernel stands on a slide

    def set_value(self, value: Value) -> None:
        super().set_value(value)
        if not self._typed:
            text = self.line.text()
            self.line.setToolTip(text.replace(" / ", "\n") if len(text) > LONG else "")


class PathField(TextField):
    """A path, typed or chosen."""

    def __init__(self, param: PathParam, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.line.setPlaceholderText("none")
        self.line.setFixedWidth(WIDTH - 26)
        self.folder = param.folder
        button = IconButton("folder", "Choose a folder" if param.folder else "Choose a file", self)
        button.setFixedSize(QSize(22, 22))
        button.clicked.connect(self.browse)
        self.add(button)

    def browse(self) -> None:
        """Asks for a folder (or file) and takes it."""
        caption = f"Choose: {self.param.caption.lower()}"
        chosen = QFileDialog.getExistingDirectory(self, caption, str(self._value)) if self.folder else QFileDialog.getOpenFileName(self, caption)[0]
        if chosen:
            self.line.setText(chosen)
            self._typed = True
            self.take()


FIELDS: dict[type[Param], type[ValueField]] = {
    IntParam: IntField,
    FloatParam: FloatField,
    BoolParam: BoolField,
    ChoiceParam: ChoiceField,
    PairParam: PairField,
    ShapeParam: SizesField,
    PathParam: PathField,
}


def field_for(param: Param, parent: QWidget | None = None) -> ValueField:
    """The form field for this kind of parameter; KeyError for a kind that has none yet."""
    return FIELDS[type(param)](param, parent)


class DerivedField(QWidget):
    """A value that is read off the wires: dashed, with a lock, not editable."""

    def __init__(self, value: Value = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setFixedSize(NUMBER, 22)
        self.set_value(value)
        theme.notifier().changed.connect(self.update)

    def set_value(self, value: Value) -> None:
        self._text = derived_text(value)
        self.setAccessibleName(self._text)
        room = QFontMetricsF(theme.mono(11)).horizontalAdvance(self._text) + 40
        self.setFixedWidth(round(min(max(NUMBER, room), WIDEST)))
        more = f"{self._text}\n" if room > WIDEST else ""
        self.setToolTip(f"{more}Read off the wires. Change the node before this one to change it.")
        self.update()

    def text(self) -> str:
        return self._text

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=4, pen=t.color("ctl3"), dashed=True)
        painter.drawPixmap(QPointF(8, 5), t.pixmap("lock", "t3", 12, self.devicePixelRatioF()))
        painter.setFont(theme.mono(11))
        painter.setPen(t.color("t2"))
        box = self.rect().adjusted(24, 0, -8, 0)
        short = QFontMetricsF(painter.font()).elidedText(self._text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short)
        painter.end()


def derived_text(value: Value) -> str:
    """A derived value for people: 1,000 or 28, 28; the rows of a matrix with strokes between them."""
    if isinstance(value, tuple | list):
        nested = any(isinstance(item, tuple | list) for item in value)
        return " / ".join(" ".join(map(str, row)) for row in value) if nested else ", ".join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
