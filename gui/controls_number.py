"""A number that is scrubbed by dragging, stepped with arrows and typed. Knows no document and no parameter kinds."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gui import theme

ARROW = 16  # width of an arrow's hit area
DRAG = 4  # px before a press becomes a scrub
LARGE = 1e5  # from here on, decimals say nothing


class NumberField(QLineEdit):
    """One number. `valueEdited` follows every change by the user, `committed` ends one (release, Enter, arrow, focus out)."""

    valueEdited = Signal(object)
    committed = Signal(object)

    def __init__(
        self,
        value: float = 0,
        parent: QWidget | None = None,
        *,
        low: float = 0,
        high: float = 1_000_000,
        integer: bool = True,
        log: bool = False,
        step: float | None = None,
        decimals: int | None = None,
        arrows: bool = False,
    ) -> None:
        super().__init__(parent)
        self.low, self.high, self.integer, self.log, self.decimals, self.arrows = low, high, integer, log, decimals, arrows
        self._step = step
        self._value: float = value
        self._press: QPointF | None = None  # where a press began that may become a scrub
        self._start: float = value
        self.scrubbing = False
        self._typed = False  # the text was changed by hand and not yet taken
        self.setFont(theme.mono(11))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter if arrows else Qt.AlignmentFlag.AlignRight)
        if arrows:
            self.setTextMargins(ARROW - 4, 0, ARROW - 4, 0)
        self.setFixedHeight(22)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setText(self.text_of(value))
        self.textEdited.connect(self._on_typed)
        theme.notifier().changed.connect(self.update)

    # -- value -------------------------------------------------------------------------------------------------------
    def value(self) -> float:
        """The number (an int for whole-number fields)."""
        return self._value

    def set_value(self, value: float) -> None:
        """Shows `value` without telling anybody; what the user is typing right now stays."""
        self._value = value
        if not self._typed and not self.scrubbing:
            self.setText(self.text_of(value))
            if self.hasFocus() and self._press is None:
                self.selectAll()

    @property
    def busy(self) -> bool:
        """Whether the user is in the middle of changing it."""
        return self.scrubbing or self._typed

    def text_of(self, value: float) -> str:
        if self.integer:
            return f"{int(value):,}".replace("-", "−")
        plain = self.decimals is not None and abs(value) < LARGE and float(f"{value:.{self.decimals}f}") == value
        text = f"{value:.{self.decimals}f}" if plain else f"{value:.6g}"
        return text.replace("-", "−")

    def parse(self, text: str) -> float | None:
        """The number that `text` says, within the limits; None when it says none."""
        plain = text.strip().replace("−", "-").replace(" ", "")
        plain = plain.replace(",", "") if self.integer else plain.replace(",", ".")
        try:
            number = float(plain)
        except ValueError:
            return None
        if not math.isfinite(number) or not self.low <= number <= self.high or (self.integer and number != int(number)):
            return None
        return int(number) if self.integer else number

    def bounded(self, number: float) -> float:
        number = min(max(number, self.low), self.high)
        if self.integer:
            return round(number)
        return float(f"{number:.3g}")

    def stepped(self, count: float) -> float:
        """The value `count` steps away."""
        if self.log and not self.integer:
            floor = self.low if self.low > 0 else 1e-6
            return self.bounded(max(self._value, floor) * 10 ** (count / 10))
        return self.bounded(self._value + count * self.step())

    def step(self) -> float:
        """One step: given, 1 for whole numbers, else a hundredth of the range or of the value's magnitude."""
        if self._step is not None:
            return self._step
        if self.integer:
            return 1
        if self.high - self.low <= 1000:
            return (self.high - self.low) / 100
        return 10.0 ** (math.floor(math.log10(abs(self._value))) - 1) if self._value else 0.01

    def change(self, number: float, *, commit: bool = True) -> None:
        """Takes `number` as the user's: shows it and tells everybody."""
        changed = number != self._value
        self._value, self._typed = number, False
        self.mark(refused=False)
        self.setText(self.text_of(number))
        if changed:
            self.valueEdited.emit(number)
        if commit and (changed or self.scrubbing):
            self.committed.emit(number)

    # -- typing ------------------------------------------------------------------------------------------------------
    def _on_typed(self, text: str) -> None:
        self._typed = True
        self.mark(refused=self.parse(text) is None)

    def mark(self, *, refused: bool) -> None:
        """A red border while the text is no number that fits; the tooltip says what does."""
        if bool(self.property("refused")) == refused:
            return
        self.setProperty("refused", refused)
        kind = "A whole number" if self.integer else "A number"
        self.setToolTip(f"{kind} from {self.text_of(self.low)} to {self.text_of(self.high)}." if refused else "")
        self.style().unpolish(self)
        self.style().polish(self)

    def take_text(self) -> None:
        """Takes what was typed, or goes back to the old value when it is no fitting number."""
        if not self._typed:
            return
        number = self.parse(self.text())
        self.change(self._value if number is None else number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}.get(Qt.Key(event.key()), 0)
        if steps:
            self.take_text()
            self.change(self.stepped(steps * (10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and abs(steps) == 1 else 1)))
            self.selectAll()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.take_text()
            self.selectAll()
        elif event.key() == Qt.Key.Key_Escape and (self._typed or self.scrubbing):
            self.cancel()
        else:
            super().keyPressEvent(event)

    def cancel(self) -> None:
        """Back to the value before this change."""
        if self.scrubbing:
            self._press = None
            self.change(self._start)
            self.scrubbing = False
        else:
            self.change(self._value)
        self.selectAll()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.take_text()
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.deselect()
        super().focusOutEvent(event)

    # -- mouse -------------------------------------------------------------------------------------------------------
    def arrow_at(self, x: float) -> int:
        """-1 over the left arrow, 1 over the right one, else 0."""
        if not self.arrows:
            return 0
        return -1 if x < ARROW else 1 if x > self.width() - ARROW else 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._typed:
            super().mousePressEvent(event)
            return
        self._press, self._start = event.position(), self._value
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            if not event.buttons():
                self.setCursor(Qt.CursorShape.ArrowCursor if self.arrow_at(event.position().x()) else Qt.CursorShape.SizeHorCursor)
            super().mouseMoveEvent(event)
            return
        distance = event.position().x() - self._press.x()
        if not self.scrubbing and abs(distance) < DRAG:
            return
        self.scrubbing = True
        pace = 10 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        now = self._value
        self._value = self._start
        target = self.stepped(pace * (distance / DRAG if self.integer else distance / 2 if not self.log else distance / 10))
        self._value = now
        if target != now:
            self.change(target, commit=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            super().mouseReleaseEvent(event)
            return
        press, self._press = self._press, None
        if self.scrubbing:
            self.scrubbing = False
            if self._value != self._start:
                self.committed.emit(self._value)
        elif arrow := self.arrow_at(press.x()):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.change(self.stepped(arrow))
            self.selectAll()
        elif self.hasFocus() and self.hasSelectedText():
            self.deselect()
            self.setCursorPosition(self.cursorPositionAt(event.position().toPoint()))
        else:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if not self.hasFocus() or not turns:
            event.ignore()
            return
        self.take_text()
        self.change(self.stepped(math.copysign(max(1, round(abs(turns))), turns)))
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.arrows or not self.isEnabled():
            return
        t = theme.current()
        painter = QPainter(self)
        middle = (self.height() - 10) / 2
        for name, x, end in (("chevron-left", 4, self._value <= self.low), ("chevron-right", self.width() - 14, self._value >= self.high)):
            painter.drawPixmap(QPointF(x, middle), t.pixmap(name, "td" if end else "t3", 10, self.devicePixelRatioF()))
        painter.end()
