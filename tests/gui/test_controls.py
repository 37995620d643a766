"""The shared widgets under real mouse and key events."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from gui import theme
from gui.controls import ActionButton, Chip, Combo, EmptyState, IconButton, NumberField, Pill, Segments, Toggle, words


class Log:
    """Collects what the signals of a field say."""

    def __init__(self, field: NumberField) -> None:
        self.edited: list[Any] = []
        self.committed: list[Any] = []
        field.valueEdited.connect(self.edited.append)
        field.committed.connect(self.committed.append)


@pytest.fixture
def make(show):
    """make(NumberField keywords) -> (field, log), with a second widget to take the focus away."""

    def now(value: float = 16, **more: Any) -> tuple[NumberField, Log]:
        box = QWidget()
        layout = QVBoxLayout(box)
        field = NumberField(value, box, **more)
        field.setFixedWidth(100)
        other = QLineEdit(box)
        layout.addWidget(field)
        layout.addWidget(other)
        show(box, 240, 100)
        box.activateWindow()
        other.setFocus()
        QApplication.processEvents()
        return field, Log(field)

    return now


def drag(field: NumberField, by: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    start = QPoint(50, 11)
    QTest.mousePress(field, Qt.MouseButton.LeftButton, modifier, start)
    for part in range(1, 5):
        move = start + QPoint(by * part // 4, 0)
        event_at = QPointF(move)
        moved = QMouseEvent(QEvent.Type.MouseMove, event_at, field.mapToGlobal(event_at), Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, modifier)
        QApplication.sendEvent(field, moved)
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, modifier, start + QPoint(by, 0))


def test_scrubbing_changes_live_and_commits_once(make):
    field, log = make(16, low=1, high=100)
    drag(field, 40)
    assert field.value() == 26 and field.text() == "26"
    assert len(log.edited) > 1 and log.edited[-1] == 26 and log.committed == [26]
    drag(field, -400)
    assert field.value() == 1 and log.committed == [26, 1]


def test_scrub_paces(make):
    field, _ = make(16, low=0, high=1000)
    drag(field, 40, Qt.KeyboardModifier.ControlModifier)
    assert field.value() == 116
    drag(field, 40, Qt.KeyboardModifier.ShiftModifier)
    assert field.value() == 117


def test_a_short_press_is_no_scrub_but_selects_all(make):
    field, log = make(16)
    drag(field, 2)
    assert field.value() == 16 and not log.edited and field.hasFocus() and field.selectedText() == "16"


def test_logarithmic_scrub_keeps_three_digits(make):
    field, _ = make(0.05, low=1e-6, high=10.0, integer=False, log=True)
    drag(field, 100)
    assert field.value() == pytest.approx(0.5)
    drag(field, -200)
    assert field.value() == pytest.approx(0.005)


def test_typing_enter_escape(make):
    field, log = make(16, low=1, high=5000)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(50, 11))
    QTest.keyClicks(field, "1,024")
    assert log.edited == [] and field.busy
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == 1024 and log.edited == [1024] == log.committed and field.text() == "1,024"
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.value() == 1024 and field.text() == "1,024" and log.edited == [1024]


@pytest.mark.parametrize("text", ["", "abc", "0", "5001", "1.5", "1e999", "nan"])
def test_text_that_does_not_fit_is_marked_and_dropped(make, text: str):
    field, log = make(16, low=1, high=5000)
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, text)
    assert field.property("refused") is True and "1 to 5,000" in field.toolTip()
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert field.text() == "16" and not log.edited and field.property("refused") is False and field.toolTip() == ""


def test_decimal_comma_and_true_minus(make):
    field, _ = make(0.5, low=-10, high=10, integer=False)
    assert field.parse("0,05") == 0.05
    assert field.parse("−2") == -2
    assert field.text_of(-2.5) == "−2.5"


def test_arrows_keys_and_limits(make):
    field, log = make(2, low=1, high=3, arrows=True)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(95, 11))
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(95, 11))
    assert field.value() == 3 and log.committed == [3]
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(4, 11))
    assert field.value() == 1 and log.committed == [3, 2, 1]
    QTest.keyClick(field, Qt.Key.Key_PageUp)
    assert field.value() == 3


def turn_wheel(widget: QWidget, steps: int) -> None:
    at = QPointF(widget.rect().center())
    buttons, nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * steps), buttons, nothing, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)


def test_the_wheel_counts_only_with_the_focus(make):
    field, log = make(16)
    turn_wheel(field, 1)
    assert field.value() == 16 and not log.edited
    field.setFocus()
    turn_wheel(field, 1)
    assert field.value() == 17 and log.committed == [17]


def test_set_value_leaves_what_is_being_typed(make):
    field, log = make(16)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "25")
    field.set_value(3)
    assert field.text() == "25" and field.value() == 3 and not log.edited
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == 25


def test_segments(show):
    segments = show(Segments(["step", "epoch", ("sec", "seconds")]))
    heard: list[str] = []
    segments.currentChanged.connect(heard.append)
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.segment_rect(2).center().toPoint())
    assert segments.current() == "sec" and heard == ["sec"]
    QTest.keyClick(segments, Qt.Key.Key_Left)
    QTest.keyClick(segments, Qt.Key.Key_Left)
    QTest.keyClick(segments, Qt.Key.Key_Left)
    assert segments.current() == "step" and heard == ["sec", "epoch", "step"]
    segments.set_current("sec")
    segments.set_current("nonsense")
    assert segments.current() == "sec" and len(heard) == 3


def test_toggle_and_pill(show):
    toggle, pill = show(Toggle()), show(Pill("Errors 2", True))
    QTest.mouseClick(toggle, Qt.MouseButton.LeftButton)
    QTest.keyClick(pill, Qt.Key.Key_Space)
    assert toggle.isChecked() and not pill.isChecked()


def test_combo_ignores_the_wheel_without_focus(show):
    combo = show(Combo(["a", "b", "c"]))
    combo.clearFocus()
    turn_wheel(combo, -1)
    assert combo.currentText() == "a"
    combo.setFocus()
    turn_wheel(combo, -1)
    assert combo.currentText() == "b"


def test_empty_state_and_buttons_follow_the_theme(show):
    state = show(EmptyState("curves", "No run yet.", "Train"), 300, 200)
    heard: list[bool] = []
    state.clicked.connect(lambda: heard.append(True))
    QTest.mouseClick(state.button, Qt.MouseButton.LeftButton)
    assert heard == [True]
    icon, action = show(IconButton("pin", "Pin this")), show(ActionButton("Fix", "wand"))
    before = [widget.icon().pixmap(16, 16).toImage() for widget in (icon, action)]
    theme.use("light")
    try:
        after = [widget.icon().pixmap(16, 16).toImage() for widget in (icon, action)]
        assert all(one != two for one, two in zip(before, after, strict=True))
    finally:
        theme.use("dark")
    assert icon.accessibleName() == "Pin this"


def test_chip_is_as_wide_as_its_text(show):
    chip = show(Chip("C16"))
    narrow = chip.sizeHint().width()
    chip.set_text("C16 H28 W28", "err")
    assert chip.sizeHint().width() > narrow and chip.text() == "C16 H28 W28"


@pytest.mark.parametrize(("value", "text"), [(416, "416"), (99_999, "99,999"), (313_600, "313.6 k"), (1_690_800, "1.69 M"), (2.5e9, "2.50 G"), (-3, "−3")])
def test_numbers_in_words(value: float, text: str):
    assert words(value) == text
