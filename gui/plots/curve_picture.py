"""What a curve plot shows of its data: axes, ticks, lines and places of labels, all as numbers. Reads the run's data; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shiboken6
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPolygonF

from gui import theme
from gui.plots import axis, clipping, numbers
from gui.plots.axis import Axis, Ticks, snapped
from gui.plots.clipping import Line
from gui.plots.framing import Chance
from gui.plots.run_data import Best, RunData

MARK = 3.0  # px, side of a validation mark
DIAMOND = 6.0  # px, half the diagonal of the best mark
CHIP_FONT = 10.5
EMPTY = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a plot is drawn from. `mode` is the x axis; `percent` writes y as percentages; `area` is in px."""

    data: RunData
    name: str
    mode: str
    area: QRectF
    x: Axis
    y: Axis
    percent: bool = False
    chance: Chance | None = None
    cut: bool = False  # the painter cannot clip, so geometry is cut to the area

    @property
    def view(self) -> QRectF:
        """What the plot shows, in even units of both axes."""
        (left, right), (low, high) = self.x.span, self.y.span
        return QRectF(left, low, right - left, high - low)

    def polygon(self, kind: str, name: str = "") -> Line:
        """(x px, y px) of a line, at most two points per px; NaN where it has no value. `name`: of another column than the plot's own."""
        points = max(64, min(1600, int(2 * self.area.width())))
        x, y = self.data.line(kind, name or self.name, mode=self.mode, view=(self.x.low, self.x.high), points=points)
        return self.x.px(x), self.y.px(y)

    def drawn(self, line: Line) -> Line:
        """A line in px as it is handed to the plot: in even units of both axes, cut where the painter cannot, values alone made visible."""
        x, y = with_dots(line)
        if self.cut:
            x, y = clipping.clipped_line((x, y), self.area)
        return self.x.inner_at(x), self.y.inner_at(y)

    def gap(self, smooth: Line, validation: Line) -> Line:
        """The outline of the area between both lines (px), from the first to the last validation, in even units; nothing without two."""
        vx, vy = (column[np.isfinite(validation[1])] for column in validation)
        fine = np.isfinite(smooth[1])
        sx, sy = smooth[0][fine], smooth[1][fine]
        if len(vx) < 2 or len(sx) < 2:
            return EMPTY, EMPTY
        inside = (sx >= vx[0]) & (sx <= vx[-1])
        ends = np.interp([vx[0], vx[-1]], sx, sy)
        x = np.concatenate([vx, [vx[-1]], sx[inside][::-1], [vx[0]]])
        y = np.concatenate([vy, ends[1:], sy[inside][::-1], ends[:1]])
        if self.cut:
            corners = clipping.clipped_area(polygon(x, y), self.area)
            x, y = (np.array([getattr(point, side)() for point in corners]) for side in "xy")
        return self.x.inner_at(x), self.y.inner_at(y)

    def marks(self, line: Line) -> list[QRectF]:
        """Square marks on a line in px, left out where they would touch."""
        area = self.area
        inside = (line[0] >= area.left()) & (line[0] <= area.right()) & (line[1] >= area.top()) & (line[1] <= area.bottom())
        x, y = line[0][inside], line[1][inside]
        if len(x) > 1 and (x[-1] - x[0]) / (len(x) - 1) < 2 * MARK:
            return []
        return [QRectF(round(px - MARK / 2), round(py - MARK / 2), MARK, MARK) for px, py in zip(x, y, strict=True)]

    def best(self) -> tuple[Best, float, float] | None:
        """The best validation and the px of its mark; None where it is out of view."""
        best, area = self.data.columns[self.name].best(), self.area
        if best is None:
            return None
        at = self.x.at(float(self.data.validation_x(self.mode)[best.row]))
        height = min(max(self.y.at(best.value), area.top() + DIAMOND), area.bottom() - DIAMOND)
        return (best, snapped(at, area.left(), area.right()), height) if area.left() <= at <= area.right() else None

    def best_place(self, text: str, validation: Line, *, at: float, height: float) -> QRectF:
        """Where the best mark's chip hangs: left of it if there is room, on the side of the validation line that is free."""
        area = self.area
        width = QFontMetricsF(theme.mono(CHIP_FONT, 600)).horizontalAdvance(text) + 14
        left = at - 6 - width if at - 6 - width >= area.left() else min(at + 6, area.right() - width)
        x, y = validation
        near = y[(x > left - 4) & (x < left + width + 4) & np.isfinite(y)]
        if self.percent:
            top = max([height + DIAMOND, *near]) + 6
        else:
            top = min([height - DIAMOND, *near]) - 24
            floor = self.y.at(self.chance.value) + 10 if self.chance else area.top() + 4
            top = max(top, floor)
        return QRectF(round(left), round(min(max(top, area.top() + 4), area.bottom() - 22)), round(width), 18)

    def value_text(self, value: float) -> str:
        """A value of this plot in words: 0.0838 or 97.8 %."""
        return numbers.percent(value) if self.percent else numbers.plain(value)

    def ticks(self) -> tuple[Ticks, Ticks]:
        """The ticks of both axes."""
        x, y, area = self.x, self.y, self.area
        wanted_x, wanted_y = max(2, int(area.width() // 36)), max(2, int(area.height() // 34))
        if self.mode == "sec":
            along = axis.durations(x.low, x.high, wanted=wanted_x)
        else:
            along = axis.linear(x.low, x.high, wanted=wanted_x, unit=float(self.data.per_epoch) if self.mode == "step" else 1.0)
        if self.percent:
            return along, axis.percents(y.low, y.high, wanted=wanted_y)
        return along, axis.logarithmic(y.low, y.high) if y.log else axis.linear(y.low, y.high, wanted=wanted_y)


def with_dots(line: Line) -> Line:
    """A line in px in which each value that stands alone between gaps is a stroke of one px, so that it can be seen."""
    fine = np.concatenate([[False], np.isfinite(line[0]) & np.isfinite(line[1]), [False]])
    alone = fine[1:-1] & ~fine[:-2] & ~fine[2:]
    if not alone.any():
        return line
    rows = np.repeat(np.arange(len(alone)), 1 + alone)
    x = line[0][rows]
    x[1:][rows[1:] == rows[:-1]] += 1
    return x, line[1][rows]


def polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    """A QPolygonF filled through its memory: one copy instead of a Python call per point."""
    result = QPolygonF()
    result.resize(len(x))
    memory = np.frombuffer(shiboken6.VoidPtr(result.data(), 16 * len(x), True), dtype=np.float64).reshape(-1, 2)
    memory[:, 0], memory[:, 1] = x, y
    return result
