"""One curve plot as a pyqtgraph widget: keeps the view, hands its figure a picture when something changed, answers the pointer. Measures nothing."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.plots import framing, numbers
from gui.plots.axis import Axis
from gui.plots.curve_figure import CurveFigure, area_of
from gui.plots.curve_picture import Picture
from gui.plots.framing import Chance
from gui.plots.pg import pg
from gui.plots.run_data import RunData

PAN_THRESHOLD = 12  # px of upward drag before an automatic y range becomes one of the user's
LEAST_ROWS = 4  # the x axis zooms in to about this many steps

View = tuple[float, float]


class CurvePlot(pg.PlotWidget):
    """Loss or accuracy over step, epoch or seconds. Wheel zooms x (Ctrl, or over the y axis: y), drag pans, double-click resets."""

    hovered = Signal(float)  # x under the pointer; NaN when it left
    viewChanged = Signal(object)  # the user's x range, or None for the whole run

    data: RunData | None = None  # known to the events that come while the base class is made

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        self.figure = CurveFigure()
        super().__init__(parent, plotItem=self.figure)
        self.name, self.title = name, title
        self.percent = name == "accuracy"
        self.chance: Chance | None = None
        self.mode, self.log = "step", False
        self.view_x: View | None = None
        self.view_y: View | None = None
        self.pointer = math.nan  # x of the crosshair
        self.values: list[tuple[str, str | QColor]] = []  # (text, colour or its token) behind the title
        self._picture: Picture | None = None
        self._stale = True
        self._press: tuple[QPointF, View, View, bool] | None = None
        self.setAccessibleName(title)
        theme.notifier().changed.connect(self._restyle)
        self._restyle()

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 96)

    def close(self) -> bool:
        """As any widget: pyqtgraph would take the scene apart, which goes with the widget that owns it."""
        return QWidget.close(self)

    # What is shown

    def set_data(self, data: RunData | None, chance: Chance | None = None) -> None:
        """Another run from its beginning; drawn with the next `redraw`."""
        self.data, self.chance = data, chance
        self.view_x = self.view_y = None
        self.pointer = math.nan
        self._picture, self._stale = None, True

    def set_mode(self, mode: str) -> None:
        """The x axis: step, epoch or sec. A zoomed range of another axis means nothing here, so the whole run is shown."""
        self.mode, self.view_x = mode, None
        self.pointer = math.nan
        self.redraw()

    def set_log(self, log: bool) -> None:
        """A logarithmic y axis; an accuracy stays linear."""
        self.log, self.view_y = log and not self.percent, None
        self.redraw()

    def set_view_x(self, view: View | None) -> None:
        """The x range, from the plot beside this one."""
        if view != self.view_x:
            self.view_x = view
            self.redraw()

    def set_pointer(self, x: float) -> None:
        """The crosshair's x; NaN hides it. Costs no redraw of the curves."""
        if x != self.pointer and not (math.isnan(x) and math.isnan(self.pointer)):
            self.pointer = x
            if not self._stale:
                self._show_pointer()

    def redraw(self) -> None:
        """The curves are stale; they are drawn again now, or when next visible."""
        self._picture, self._stale = None, True
        if self.isVisible():
            self._show()

    def reset_view(self) -> None:
        """The whole run with its automatic range."""
        self.view_y = None
        self.set_view_x(None)
        self.redraw()
        self.viewChanged.emit(None)

    # Geometry

    def area(self) -> QRectF:
        """Where the curves are, in widget pixels."""
        return area_of(QSizeF(self.size()))

    def picture(self) -> Picture | None:
        """What is drawn now, with its axes; None without a run."""
        if self._picture is None and self.data is not None:
            self._picture = self.picture_for(self.area())
        return self._picture

    def picture_for(self, area: QRectF) -> Picture:
        """The plot fitted into any `area`."""
        data = self.data
        assert data is not None
        view = self.view_x or data.extent(self.mode)
        low, high = self.view_y or self.automatic_y(view)
        along = Axis(view[0], view[1], area.left(), area.right())
        up = Axis(low, high, area.bottom(), area.top(), log=self.log)
        return Picture(data, self.name, self.mode, area, along, up, percent=self.percent, chance=self.chance)

    def automatic_y(self, view: View) -> View:
        """The y range that fits the lines within `view`."""
        assert self.data is not None
        if self.percent:
            return framing.accuracy_range(self.data, mode=self.mode, view=view)
        chance = self.chance if self.view_x is None else None
        return framing.loss_range(self.data, mode=self.mode, view=view, log=self.log, chance=chance)

    # Drawing

    def _show(self) -> None:
        """Hands the present picture to the figure."""
        self._stale = False
        self.figure.show_picture(self.picture(), self.title, self.values)
        self._show_pointer()

    def _show_pointer(self) -> None:
        picture = self.picture()
        if picture is None or math.isnan(self.pointer):
            self.figure.crosshair.hide()
        else:
            self.figure.crosshair.show_at(picture, self.pointer)
        self.figure.give_way()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._show()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._stale:  # grabbed without having been shown
            self._show()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self.data is not None:
            self.redraw()

    def _restyle(self) -> None:
        self.setBackground(theme.current().color("panel"))
        self.redraw()

    # The pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        picture = self.picture()
        if picture is None:
            return
        if self._press is not None:
            self._pan(event.position())
            return
        position = event.position()
        inside = picture.area.contains(position) and self.data is not None and self.data.count > 0
        self._point_at(picture.x.value(position.x()) if inside else math.nan)
        self.setToolTip("" if inside else self._explanation())

    def _point_at(self, x: float) -> None:
        self.set_pointer(x)
        self.hovered.emit(x)

    def _explanation(self) -> str:
        if self.data is None:
            return ""
        weight = numbers.plain(self.data.columns[self.name].average.weight, 3)
        return (
            f"Line: exponential moving average over about {self.data.span} steps (weight {weight} on the past, bias-corrected).\n"
            "Faint: every single step. Squares: the whole validation set, after each epoch.\n"
            "Wheel zooms, drag moves, double-click shows the whole run." + ("\nAccuracy is always drawn on a linear axis." if self.percent else "")
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        picture = self.picture()
        if picture is not None and event.button() == Qt.MouseButton.LeftButton:
            self._press = (event.position(), (picture.x.low, picture.x.high), (picture.y.low, picture.y.high), self.view_y is not None)
            self._point_at(math.nan)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._press = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_view()

    def _pan(self, position: QPointF) -> None:
        assert self._press is not None
        start, x, y, free = self._press
        delta, area = position - start, self.area()
        if delta.manhattanLength() < 4 and self.view_x == x:
            return
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.view_x = Axis(x[0], x[1], area.left(), area.right()).moved(delta.x())
        if free or abs(delta.y()) > PAN_THRESHOLD:
            self.view_y = Axis(y[0], y[1], area.bottom(), area.top(), log=self.log).moved(delta.y())
            self._press = (start, x, y, True)
        self.redraw()
        self.viewChanged.emit(self.view_x)

    def wheelEvent(self, event: QWheelEvent) -> None:
        picture = self.picture()
        turns = event.angleDelta().y() / 120
        if picture is None or not turns:
            event.ignore()
            return
        event.accept()
        up = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier) or event.position().x() < picture.area.left()
        self.zoom(0.8**turns, event.position(), vertical=up)

    def zoom(self, factor: float, position: QPointF, *, vertical: bool = False) -> None:
        """Zooms by `factor` (< 1: in) about `position`, in widget pixels."""
        picture = self.picture()
        if picture is None:
            return
        if vertical:
            view = picture.y.zoomed(min(max(position.y(), picture.area.top()), picture.area.bottom()), factor)
            if view[1] > view[0] and all(map(math.isfinite, view)):
                self.view_y = view
        else:
            self._zoom_x(picture, factor, at=position.x())
        self.redraw()

    def _zoom_x(self, picture: Picture, factor: float, *, at: float) -> None:
        low, high = picture.x.zoomed(at, factor)
        first, last = picture.data.extent(self.mode)
        least = (last - first) * LEAST_ROWS / max(picture.data.run.steps, LEAST_ROWS)
        if high - low < least and factor < 1:
            return
        self.view_x = (low, high) if high - low < last - first else None
        self.viewChanged.emit(self.view_x)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(math.nan)

    # The keyboard

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.figure.focus.setVisible(event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.figure.focus.setVisible(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        picture, key = self.picture(), event.key()
        keys = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}
        if picture is None:
            event.ignore()
        elif key in keys:
            self.zoom(keys[key], picture.area.center())
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_pointer(picture, -1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_view()
        else:
            event.ignore()

    def _step_pointer(self, picture: Picture, direction: int) -> None:
        """Moves the crosshair by two pixels, from the last step when it was hidden."""
        data = picture.data
        if not data.count:
            return
        x = self.pointer if not math.isnan(self.pointer) else data.last_x(self.mode)
        x = picture.x.value(picture.x.at(x) + 2 * direction)
        self._point_at(min(max(x, picture.x.low), picture.x.high))
