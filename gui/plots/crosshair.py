"""The crosshair of a curve plot and its read-out: what train and validation were at the pointer. Draws only; keeps no state."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui import theme
from gui.plots import numbers
from gui.plots.curve_paint import Picture, snapped

LINE = 16  # px per row of the read-out
Row = tuple[str, str, str]  # words, value, colour token ("" for none)


def readout(picture: Picture, x: float) -> tuple[Row, ...]:
    """What is written at `x`: where it is, the smoothed train value, the nearest validation, the learning rate if it varies."""
    data, column = picture.data, picture.data.columns[picture.name]
    row = data.row_at(x, picture.mode)
    if row < 0:
        return ()
    step = data.metrics.first_step + row + 1
    where = f"step {step:,}"
    if picture.mode == "epoch":
        where = f"epoch {step / data.per_epoch:.2f} · {where}"
    elif picture.mode == "sec":
        where = f"{numbers.duration(float(data.metrics.step['seconds'][row]))} · {where}"
    rows: list[Row] = [(where, "", ""), ("train", picture.value_text(float(column.smooth.values[row])), "train")]
    places = data.validation_x(picture.mode)
    if np.isfinite(places).any():
        nearest = int(np.nanargmin(np.abs(places - x)))
        rows.append(("validation", picture.value_text(float(column.validation.values[nearest])), "val"))
    rate = float(data.metrics.step["learning_rate"][row])
    if math.isfinite(rate) and data.rate_changes:
        rows.append(("rate", numbers.plain(rate), ""))
    return tuple(rows)


def paint_crosshair(painter: QPainter, picture: Picture, x: float) -> None:
    """A 1 px line, a dot on either curve, and the read-out beside it."""
    area, look = picture.area, theme.current()
    at = picture.x.at(x)
    rows = readout(picture, x)
    if not rows or not area.left() <= at <= area.right():
        return
    column = snapped(at, area.left(), area.right())
    painter.setPen(QPen(look.color("crosshair"), 1))
    painter.drawLine(QPointF(column, area.top()), QPointF(column, area.bottom()))
    paint_dot(painter, picture, x)
    paint_readout(painter, rows, area=area, at=column)


def paint_dot(painter: QPainter, picture: Picture, x: float) -> None:
    """Marks the smoothed train value that the read-out names."""
    data = picture.data
    row = data.row_at(x, picture.mode)
    value = float(data.columns[picture.name].smooth.values[row])
    if not math.isfinite(value):
        return
    centre = QPointF(picture.x.at(float(data.x_of(np.array([row]), picture.mode)[0])), picture.y.at(value))
    if picture.area.contains(centre):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().color("field"), 1))
        painter.setBrush(theme.current().color("train"))
        painter.drawEllipse(centre, 3.5, 3.5)


def paint_readout(painter: QPainter, rows: tuple[Row, ...], *, area: QRectF, at: float) -> None:
    """A raised card on the side of the line that has room."""
    look, words, values = theme.current(), theme.font(11), theme.mono(10.5, 600)
    word_metrics, value_metrics = QFontMetricsF(words), QFontMetricsF(values)
    pairs = [word_metrics.horizontalAdvance(text) + (16 if color else 0) + 12 + value_metrics.horizontalAdvance(value) for text, value, color in rows[1:]]
    width, height = max([word_metrics.horizontalAdvance(rows[0][0]), *pairs]) + 20, LINE * len(rows) + 10
    left = at + 12 if at + 12 + width <= area.right() else at - 12 - width
    left = left if left >= area.left() - 36 else area.right() - width
    box = QRectF(round(left), round(area.top() + 6), round(width), height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.color("ctl"), 1))
    painter.setBrush(look.color("raised"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    for index, (text, value, color) in enumerate(rows):
        baseline = box.top() + 6 + LINE * index + 12
        x = box.left() + 10
        if color:
            painter.setPen(QPen(look.color(color), 2))
            painter.drawLine(QPointF(x, baseline - 4), QPointF(x + 10, baseline - 4))
            x += 16
        painter.setFont(words)
        painter.setPen(look.color("t1" if not index else "t2"))
        painter.drawText(QPointF(x, baseline), text)
        painter.setFont(values)
        painter.setPen(look.color("t1"))
        painter.drawText(QPointF(box.right() - 10 - value_metrics.horizontalAdvance(value), baseline), value)
