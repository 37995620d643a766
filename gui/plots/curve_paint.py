"""Draws one curve plot onto any QPainter: window, PNG or SVG. Reads the run's data; keeps no state and handles no events."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from gui import theme
from gui.plots import axis, clipping, numbers
from gui.plots.axis import Axis, Ticks
from gui.plots.clipping import Line
from gui.plots.framing import Chance
from gui.plots.run_data import RunData

MARK = 3.0  # px, side of a validation mark
DIAMOND = 6.0  # px, half the diagonal of the best mark
FLAG_GAP = 7.0  # px between flags at the least
AXIS_FONT, CHIP_FONT = 10, 10.5


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a plot is drawn from. `mode` is the x axis; `percent` writes y as percentages."""

    data: RunData
    name: str
    mode: str
    area: QRectF
    x: Axis
    y: Axis
    percent: bool = False
    chance: Chance | None = None
    cut: bool = False  # the painter cannot clip, so geometry is cut to the area

    def polygon(self, kind: str) -> Line:
        """(x px, y px) of a line; NaN where it has no value."""
        points = max(64, min(1600, int(2 * self.area.width())))
        x, y = self.data.line(kind, self.name, mode=self.mode, view=(self.x.low, self.x.high), points=points)
        return self.x.px(x), self.y.px(y)

    def value_text(self, value: float) -> str:
        """A value of this plot in words: 0.0838 or 97.8 %."""
        return numbers.percent(value) if self.percent else numbers.plain(value)


def paint(painter: QPainter, picture: Picture) -> None:
    """The whole plot: grid, curves, marks, labels."""
    look = theme.current()
    area = picture.area
    painter.fillRect(area, look.color("field"))
    x_ticks, y_ticks = ticks(picture)
    paint_grid(painter, picture, ticks=(x_ticks, y_ticks))
    if picture.data.count:
        painter.save()
        painter.setClipRect(area)
        paint_lines(painter, picture)
        paint_chance(painter, picture)
        paint_now(painter, picture)
        paint_flags(painter, picture)
        painter.restore()
        paint_best(painter, picture)
    paint_labels(painter, picture, ticks=(x_ticks, y_ticks))


def ticks(picture: Picture) -> tuple[Ticks, Ticks]:
    """The ticks of both axes."""
    x, y, area = picture.x, picture.y, picture.area
    wanted_x, wanted_y = max(2, int(area.width() // 36)), max(2, int(area.height() // 34))
    if picture.mode == "sec":
        along = axis.durations(x.low, x.high, wanted=wanted_x)
    else:
        along = axis.linear(x.low, x.high, wanted=wanted_x, unit=float(picture.data.per_epoch) if picture.mode == "step" else 1.0)
    if picture.percent:
        return along, axis.percents(y.low, y.high, wanted=wanted_y)
    return along, axis.logarithmic(y.low, y.high) if y.log else axis.linear(y.low, y.high, wanted=wanted_y)


def paint_grid(painter: QPainter, picture: Picture, *, ticks: tuple[Ticks, Ticks]) -> None:
    """1 px lines on whole pixels."""
    area = picture.area
    painter.setPen(QPen(theme.current().color("line2"), 1))
    for value in [v for v, _ in ticks[0].major]:
        at = snapped(picture.x.at(value), area.left(), area.right())
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
    for value in [*(v for v, _ in ticks[1].major), *ticks[1].minor]:
        at = snapped(picture.y.at(value), area.top(), area.bottom())
        painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at))


def paint_labels(painter: QPainter, picture: Picture, *, ticks: tuple[Ticks, Ticks]) -> None:
    """Numbers along both axes; an x label that would touch its neighbour is left out."""
    area, font = picture.area, theme.mono(AXIS_FONT)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(theme.current().color("t3"))
    edge = -math.inf
    for value, text in ticks[0].major:
        width = metrics.horizontalAdvance(text)
        left = picture.x.at(value) - width / 2
        if left > edge:
            painter.drawText(QPointF(left, area.bottom() + 7 + metrics.ascent()), text)
            edge = left + width + 6
    for value, text in ticks[1].major:
        baseline = picture.y.at(value) + metrics.ascent() / 2 - 1.5
        painter.drawText(QPointF(area.left() - 7 - metrics.horizontalAdvance(text), baseline), text)


def paint_lines(painter: QPainter, picture: Picture) -> None:
    """Gap fill, raw train, smoothed train, validation with its marks; 1 px cosmetic pens."""
    look = theme.current()
    train, val = look.color("train"), look.color("val")
    smooth, validation = picture.polygon("smooth"), picture.polygon("validation")
    cut = picture.area if picture.cut else None
    paint_gap(painter, smooth, validation, cut=cut)
    strokes(painter, picture.polygon("raw"), theme.faded(train, 0.20), cut=cut)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    strokes(painter, smooth, train, cut=cut)
    strokes(painter, validation, val, cut=cut)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    paint_marks(painter, validation, val, area=picture.area)


def paint_gap(painter: QPainter, smooth: Line, validation: Line, *, cut: QRectF | None) -> None:
    """The area between both lines, from the first to the last validation."""
    vx, vy = (column[np.isfinite(validation[1])] for column in validation)
    fine = np.isfinite(smooth[1])
    sx, sy = smooth[0][fine], smooth[1][fine]
    if len(vx) < 2 or len(sx) < 2:
        return
    inside = (sx >= vx[0]) & (sx <= vx[-1])
    ends = np.interp([vx[0], vx[-1]], sx, sy)
    x = np.concatenate([vx, [vx[-1]], sx[inside][::-1], [vx[0]]])
    y = np.concatenate([vy, ends[1:], sy[inside][::-1], ends[:1]])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.faded(theme.current().color("val"), 0.15))
    shape = polygon(x, y)
    painter.drawPolygon(shape if cut is None else clipping.clipped_area(shape, cut), Qt.FillRule.WindingFill)


def strokes(painter: QPainter, line: Line, color: QColor, *, cut: QRectF | None = None) -> None:
    """A 1 px line, interrupted where it has no value; a value alone between gaps is a dot."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x, y = line if cut is None else clipping.clipped_line(line, cut)
    fine = np.concatenate([[False], np.isfinite(x) & np.isfinite(y), [False]])
    edges = np.flatnonzero(fine[1:] != fine[:-1])
    for start, stop in zip(edges[0::2], edges[1::2], strict=True):
        if stop - start == 1:
            painter.drawPoint(QPointF(x[start], y[start]))
        else:
            painter.drawPolyline(polygon(x[start:stop], y[start:stop]))


def paint_marks(painter: QPainter, line: Line, color: QColor, *, area: QRectF) -> None:
    """Square marks, left out where they would touch."""
    inside = (line[0] >= area.left()) & (line[0] <= area.right()) & (line[1] >= area.top()) & (line[1] <= area.bottom())
    fine = np.isfinite(line[1]) & inside
    x, y = line[0][fine], line[1][fine]
    if len(x) > 1 and (x[-1] - x[0]) / (len(x) - 1) < 2 * MARK:
        return
    half = MARK / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRects([QRectF(round(px - half), round(py - half), MARK, MARK) for px, py in zip(x, y, strict=True)])


def paint_chance(painter: QPainter, picture: Picture) -> None:
    """Dashed 4-4, with the formula on the line."""
    chance, area = picture.chance, picture.area
    if chance is None or not picture.y.low < chance.value < picture.y.high:
        return
    look, font = theme.current(), theme.mono(CHIP_FONT)
    width = QFontMetricsF(font).horizontalAdvance(chance.text) + 12
    at = snapped(picture.y.at(chance.value), area.top(), area.bottom())
    pen = QPen(look.color("chance"), 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([4, 4])
    painter.setPen(pen)
    if width > area.width() - 24:
        painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at))
        return
    label = QRectF(area.center().x() - width / 2, at - 7, width, 14)
    painter.drawLine(QPointF(area.left(), at), QPointF(label.left(), at))
    painter.drawLine(QPointF(label.right(), at), QPointF(area.right(), at))
    painter.fillRect(label.adjusted(3, 2, -3, -2), theme.faded(look.color("field"), 0.75))
    painter.setFont(font)
    painter.setPen(look.color("t2"))
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, chance.text)


def paint_now(painter: QPainter, picture: Picture) -> None:
    """The current step, as long as the run is not at its end."""
    data, area = picture.data, picture.area
    x = float(data.x_of(np.array([data.count - 1]), picture.mode)[0])
    if math.isfinite(x) and picture.x.low <= x <= picture.x.high:
        at = snapped(picture.x.at(x), area.left(), area.right())
        painter.setPen(QPen(theme.current().color("t3"), 1))
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))


def paint_flags(painter: QPainter, picture: Picture) -> None:
    """Small flags on the x axis where the learning rate was changed."""
    data, bottom, last = picture.data, picture.area.bottom(), -math.inf
    painter.setPen(QPen(theme.current().color("t2"), 1))
    painter.setBrush(theme.current().color("t2"))
    for row, _ in data.rate_changes:
        at = snapped(picture.x.at(float(data.x_of(np.array([row]), picture.mode)[0])), picture.area.left(), picture.area.right())
        if at - last >= FLAG_GAP and picture.area.left() <= at <= picture.area.right():
            painter.drawLine(QPointF(at, bottom), QPointF(at, bottom - 11))
            painter.drawPolygon(QPolygonF([QPointF(at, bottom - 11), QPointF(at + 5, bottom - 9), QPointF(at, bottom - 7)]))
            last = at


def paint_best(painter: QPainter, picture: Picture) -> None:
    """Dotted vertical, diamond and chip at the best validation."""
    best = picture.data.columns[picture.name].best()
    if best is None:
        return
    area, look = picture.area, theme.current()
    at = picture.x.at(float(picture.data.validation_x(picture.mode)[best.row]))
    height = min(max(picture.y.at(best.value), area.top() + DIAMOND), area.bottom() - DIAMOND)
    if not area.left() <= at <= area.right():
        return
    pen = QPen(look.color("val"), 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([2, 3])
    painter.setPen(pen)
    column = snapped(at, area.left(), area.right())
    painter.drawLine(QPointF(column, area.top()), QPointF(column, area.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.color("val"), 1.4))
    painter.setBrush(look.color("field"))
    corners = [(0, -DIAMOND), (DIAMOND, 0), (0, DIAMOND), (-DIAMOND, 0)]
    painter.drawPolygon(QPolygonF([QPointF(column + dx, height + dy) for dx, dy in corners]))
    text = f"best {picture.value_text(best.value)} · step {best.step:,}"
    paint_chip(painter, text, best_place(picture, text, at=column, height=height))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def best_place(picture: Picture, text: str, *, at: float, height: float) -> QRectF:
    """Where the chip hangs: left of the line if there is room, on the side of the validation line that is free."""
    area = picture.area
    width = QFontMetricsF(theme.mono(CHIP_FONT, 600)).horizontalAdvance(text) + 14
    left = at - 6 - width if at - 6 - width >= area.left() else min(at + 6, area.right() - width)
    x, y = picture.polygon("validation")
    near = y[(x > left - 4) & (x < left + width + 4) & np.isfinite(y)]
    if picture.percent:
        top = max([height + DIAMOND, *near]) + 6
    else:
        top = min([height - DIAMOND, *near]) - 24
        floor = picture.y.at(picture.chance.value) + 10 if picture.chance else area.top() + 4
        top = max(top, floor)
    return QRectF(round(left), round(min(max(top, area.top() + 4), area.bottom() - 22)), round(width), 18)


def paint_chip(painter: QPainter, text: str, box: QRectF) -> None:
    """A raised label with a hairline border."""
    look = theme.current()
    painter.setPen(QPen(look.color("ctl"), 1))
    painter.setBrush(look.color("raised"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setFont(theme.mono(CHIP_FONT, 600))
    painter.setPen(look.color("t1"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    """A QPolygonF filled through its memory: one copy instead of a Python call per point."""
    result = QPolygonF()
    result.resize(len(x))
    memory = np.frombuffer(shiboken6.VoidPtr(result.data(), 16 * len(x), True), dtype=np.float64).reshape(-1, 2)
    memory[:, 0], memory[:, 1] = x, y
    return result


def snapped(pixel: float, low: float, high: float) -> float:
    """The middle of the device pixel at `pixel`, kept inside low..high."""
    return min(max(math.floor(pixel), math.floor(low)), math.ceil(high) - 1) + 0.5
