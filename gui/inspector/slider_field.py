"""A whole number of a small range: a slider with the number beside it. Writes no document."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from engine.graph.model import Value
from engine.layers.params import IntParam, Param
from gui.inspector.fields import IntField
from gui.inspector.value_field import ValueField

MOST = 100  # steps that a slider of this width can tell apart
SLIDE, NUMBER = 72, 60


def slides(param: Param) -> bool:
    """Whether a parameter of a block has few enough values for a slider."""
    return isinstance(param, IntParam) and 1 <= param.high - param.low <= MOST


class Slide(QSlider):
    """A slider that leaves the wheel to the page unless it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class SliderField(IntField):
    """Dragging the slider is one undo step, each key another."""

    def __init__(self, param: IntParam, parent: QWidget | None = None) -> None:
        ValueField.__init__(self, param, parent)
        super().build(param, NUMBER)
        self.slider = Slide(Qt.Orientation.Horizontal, self)
        self.slider.setRange(param.low, param.high)
        self.slider.setPageStep(max(1, (param.high - param.low) // 10))
        self.slider.setFixedWidth(SLIDE)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.setAccessibleName(f"{param.caption}, slider")
        self.slider.installEventFilter(self)
        self.row.insertWidget(0, self.slider)
        self.slider.valueChanged.connect(self.on_slide)
        self.slider.sliderReleased.connect(lambda: self.committed.emit(self.slider.value()))

    def on_slide(self, value: int) -> None:
        self.number.set_value(value)
        self.edited.emit(value)
        if not self.slider.isSliderDown():
            self.committed.emit(value)

    def set_value(self, value: Value) -> None:
        super().set_value(value)
        with QSignalBlocker(self.slider):
            self.slider.setValue(int(value))

    @property
    def busy(self) -> bool:
        return self.slider.isSliderDown() or super().busy
