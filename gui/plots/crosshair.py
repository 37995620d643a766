"""The crosshair of a curve plot: a line, a dot and what train and validation were there. Shows what a picture says; handles no events."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF

from gui import theme
from gui.plots import numbers
from gui.plots.axis import snapped
from gui.plots.curve_notes import Card, Dot, Row, Rule
from gui.plots.curve_picture import Picture
from gui.plots.pg import pg


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
        known = int(data.metrics.validation["step"][nearest])
        rows.append(("validation" if known == step else f"validation · step {known:,}", picture.value_text(float(column.validation.values[nearest])), "val"))
    rate = float(data.metrics.step["learning_rate"][row])
    if math.isfinite(rate) and data.rate_varies:
        rows.append(("rate", numbers.plain(rate), ""))
    return tuple(rows)


class Crosshair:
    """Lives in a plot item; hidden until `show_at`."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self.line = Rule(plot, 1.8)  # below the words, which it would cut in two
        self.dot, self.card = Dot(plot, 20), Card(plot, 21)
        self.hide()

    def restyle(self) -> None:
        """The theme's colours."""
        self.line.pen = pg.mkPen(theme.current().color("crosshair"))

    def hide(self) -> None:
        """Takes line, dot and card away."""
        for item in (self.line, self.dot, self.card):
            item.setVisible(False)

    def show_at(self, picture: Picture, x: float) -> None:
        """A 1 px line, a dot on the curve and the read-out beside it; nothing for NaN and outside the view."""
        area, rows = picture.area, () if math.isnan(x) else readout(picture, x)
        at = picture.x.at(x) if rows else math.nan
        if not area.left() <= at <= area.right():
            self.hide()
            return
        column = snapped(at, area.left(), area.right())
        self.line.upright(column, area)
        self.card.show_rows(rows, area=area, at=column)
        spot = self._spot(picture, x)
        self.dot.show_at(spot)
        self.line.setVisible(True)
        self.card.setVisible(True)
        self.dot.setVisible(area.contains(spot))

    def _spot(self, picture: Picture, x: float) -> QPointF:
        data = picture.data
        row = data.row_at(x, picture.mode)
        value = float(data.columns[picture.name].smooth.values[row])
        height = picture.y.at(value) if math.isfinite(value) else -math.inf
        return QPointF(picture.x.at(float(data.x_of(np.array([row]), picture.mode)[0])), height)
