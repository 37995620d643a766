"""Small themed widgets that every panel shares: segments, toggle, chips, combo, empty state. Knows no document."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.controls_number import NumberField

__all__ = ["ActionButton", "Caption", "Chip", "Combo", "EmptyState", "IconButton", "NumberField", "Pill", "Rule", "Segments", "Toggle", "outline", "words"]


class Segments(QWidget):
    """A segmented switch: one of a few words, chosen by click or arrow keys. Options are ids, or (id, caption) pairs."""

    currentChanged = Signal(str)

    def __init__(self, options: Sequence[str | tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = [(item, item) if isinstance(item, str) else item for item in options]
        self._index = 0
        self._font = theme.font(11, 500)
        self._widths = [round(QFontMetricsF(self._font).horizontalAdvance(caption)) + 16 for _, caption in self._options]
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(sum(self._widths) + 2, 22)
        self.setAccessibleName(" / ".join(caption for _, caption in self._options))
        theme.notifier().changed.connect(self.update)

    def current(self) -> str:
        """The id of the chosen segment."""
        return self._options[self._index][0]

    def set_current(self, option: str) -> None:
        """Chooses `option` without telling anybody; an unknown one is ignored."""
        ids = [name for name, _ in self._options]
        if option in ids:
            self._index = ids.index(option)
            self.update()

    def choose(self, index: int) -> None:
        """Chooses by position, as the user does."""
        if 0 <= index < len(self._options) and index != self._index:
            self._index = index
            self.update()
            self.currentChanged.emit(self.current())

    def segment_rect(self, index: int) -> QRectF:
        """Where segment `index` is painted."""
        return QRectF(1 + sum(self._widths[:index]), 1, self._widths[index], self.height() - 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for index in range(len(self._options)):
            if self.segment_rect(index).contains(event.position()):
                self.choose(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self.choose(self._index + step)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        outline(painter, QRectF(self.rect()), radius=4, pen=t.color("accent" if self.hasFocus() else "ctl"), fill=t.color("field"))
        for index, (_, caption) in enumerate(self._options):
            rect = self.segment_rect(index)
            chosen = index == self._index
            if chosen:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(t.color("hover"))
                painter.drawRoundedRect(rect, 3, 3)
                painter.fillRect(QRectF(rect.left() + 2, rect.bottom() - 2, rect.width() - 4, 2), t.color("accent"))
            painter.setPen(t.color("t1" if chosen else "t3"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, caption)
        painter.end()


class Toggle(QAbstractButton):
    """An on/off switch; `toggled(bool)` as every checkable button."""

    def __init__(self, checked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setFixedSize(28, 16)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(28, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = t.color("accentfill" if self.isChecked() else "ctl")
        knob = t.color("onaccent")
        if not self.isEnabled():
            track, knob = t.color("line2"), t.color("td")
        outline(painter, QRectF(self.rect()), radius=8, pen=t.color("sel") if self.hasFocus() else track, fill=track)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(knob)
        painter.drawEllipse(QPointF(20 if self.isChecked() else 8, 8), 6, 6)
        painter.end()


class Pill(QAbstractButton):
    """A round filter button with a word and a count; accented while it is on."""

    def __init__(self, text: str, checked: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setFont(theme.font(11, 500))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(round(QFontMetricsF(self.font()).horizontalAdvance(self.text())) + 20, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = t.color("sel") if self.hasFocus() else t.color("accent" if on else "ctl")
        fill = t.color("accentwash" if on else ("hover" if self.underMouse() else "panel"))
        outline(painter, QRectF(self.rect()), radius=11, pen=edge, fill=fill)
        painter.setFont(self.font())
        painter.setPen(t.color("t1" if on else "t3"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class Chip(QWidget):
    """A small rounded label in mono: a shape, a key cap, a count."""

    def __init__(self, text: str = "", color: str = "t2", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._color, self._radius = text, color, 9.0
        self.setFont(theme.mono(10.5))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str, color: str = "") -> None:
        """Shows `text`, in another token's colour when one is given."""
        self._text, self._color = text, color or self._color
        self.updateGeometry()
        self.update()

    def set_key_cap(self) -> None:
        """Looks like a key of the keyboard from now on."""
        self._radius = 3.0
        self.setFont(theme.font(10.5))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(round(QFontMetricsF(self.font()).horizontalAdvance(self._text)) + 12, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline(painter, QRectF(self.rect()), radius=self._radius, pen=t.color("chipborder"), fill=t.color("chip"))
        painter.setFont(self.font())
        painter.setPen(t.color(self._color))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()


class Combo(QComboBox):
    """A themed combo box that ignores the wheel until it has the focus."""

    def __init__(self, options: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.addItems(list(options))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        mark = theme.current().pixmap("chevron-down", "t2" if self.isEnabled() else "td", 12, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(self.width() - 18, (self.height() - 12) / 2), mark)
        painter.end()


class IconButton(QToolButton):
    """A flat button that is only an icon; the tooltip says what it does and is its accessible name."""

    def __init__(self, icon: str, tooltip: str, parent: QWidget | None = None, *, size: int = 16, color: str = "t2") -> None:
        super().__init__(parent)
        self._icon, self._color, self._size = icon, color, size
        self.setToolTip(tooltip)
        self.setAccessibleName(tooltip)
        self.setIconSize(QSize(size, size))
        self.setFixedSize(size + 10, size + 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.redraw()
        theme.notifier().changed.connect(self.redraw)

    def set_icon(self, icon: str, color: str = "") -> None:
        """Shows another drawing, in another token's colour when one is given."""
        self._icon, self._color = icon, color or self._color
        self.redraw()

    def redraw(self) -> None:
        self.setIcon(theme.current().icon(self._icon, self._color, self._size))


class ActionButton(QPushButton):
    """A push button of ours with an optional icon; at most one `primary` one per window."""

    def __init__(self, text: str, icon: str = "", parent: QWidget | None = None, *, primary: bool = False, small: bool = True) -> None:
        super().__init__(text, parent)
        self._icon = icon
        self.setProperty("primary", primary)
        self.setProperty("small", small)
        self.setIconSize(QSize(18, 14))  # wider than the drawing: the gap before the text
        self.redraw()
        theme.notifier().changed.connect(self.redraw)

    def redraw(self) -> None:
        if self._icon:
            self.setIcon(theme.current().icon(self._icon, "onaccent" if self.property("primary") else "t2", 14))


class Rule(QWidget):
    """A line of 1 px between two parts of a panel."""

    def __init__(self, parent: QWidget | None = None, *, vertical: bool = False, color: str = "line2") -> None:
        super().__init__(parent)
        self._color = color
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)
        theme.notifier().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().color(self._color))
        painter.end()


class Caption(QLabel):
    """A label whose colour is a token and whose font is ours; both follow the theme."""

    def __init__(self, text: str = "", color: str = "t3", *, px: float = 11, weight: int = 400, mono: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._color = color
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.mono(px, weight) if mono else theme.font(px, weight))
        self.redraw()
        theme.notifier().changed.connect(self.redraw)

    def set_color(self, token: str) -> None:
        """Paints the text in another token's colour."""
        if token != self._color:
            self._color = token
            self.redraw()

    def redraw(self) -> None:
        palette = self.palette()
        palette.setColor(self.foregroundRole(), theme.current().color(self._color))
        self.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.redraw()


class EmptyState(QWidget):
    """What an empty panel shows: one icon, one sentence, perhaps one button."""

    clicked = Signal()

    def __init__(self, icon: str, sentence: str, button_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._picture = QLabel(self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence = Caption(sentence, "t2", px=12, parent=self)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        self.sentence.setMinimumWidth(120)  # else a long sentence asks for more, and pushes the panel's neighbours aside
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 8, 24, 8)
        layout.setSpacing(12)
        layout.addStretch()
        layout.addWidget(self._picture)
        layout.addWidget(self.sentence)
        if button_text:
            self.button = QPushButton(button_text, self)
            self.button.clicked.connect(self.clicked)
            layout.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()
        self.redraw()
        theme.notifier().changed.connect(self.redraw)

    def set_sentence(self, sentence: str, icon: str = "") -> None:
        """Says something else, perhaps with another drawing."""
        self.sentence.setText(sentence)
        if icon and icon != self._icon:
            self._icon = icon
            self.redraw()

    def redraw(self) -> None:
        self._picture.setPixmap(theme.current().pixmap(self._icon, "t3", 32, self.devicePixelRatioF()))


def words(value: float, unit: str = "") -> str:
    """A count for people: 416, 313.6 k, 1.69 M; a true minus."""
    size = abs(value)
    for limit, factor, letter in ((1e12, 1e12, " T"), (1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e5, 1e3, " k")):
        if size >= limit:
            text = f"{value / factor:,.2f}" if size / factor < 10 else f"{value / factor:,.1f}"
            return (text + letter + unit).replace("-", "−")
    return f"{value:,.0f}{' ' + unit if unit else ''}".replace("-", "−")


def outline(painter: QPainter, rect: QRectF, *, radius: float, pen: QColor, fill: QColor | None = None, width: float = 1.0, dashed: bool = False) -> None:
    """A rounded box whose 1 px border lies inside `rect`."""
    line = QPen(pen, width)
    if dashed:
        line.setDashPattern([3, 2])
    painter.setPen(line)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), max(radius - half, 0), max(radius - half, 0))
