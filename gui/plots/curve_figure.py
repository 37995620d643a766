"""One curve plot as a pyqtgraph PlotItem: axes, lines, marks and labels of a picture. Shows what it is given; handles no events."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor

from gui import theme
from gui.plots.axis import snapped
from gui.plots.crosshair import Crosshair
from gui.plots.curve_line import CurveLine
from gui.plots.curve_notes import Chip, Diamond, Flags, FocusFrame, Ground, LineLabel, Marks, Rule, Title
from gui.plots.curve_picture import Picture
from gui.plots.part_lines import WIDE, PartLines
from gui.plots.pg import pg
from gui.plots.stage_lines import StageLines
from gui.plots.tick_axis import TickAxis

LEFT, RIGHT, BOTTOM, TITLE = 46, 16, 22, 20
FLAG_GAP = 7.0  # px between flags at the least


def area_of(size: QSizeF) -> QRectF:
    """Where the curves are in a figure of this size."""
    return QRectF(LEFT, TITLE, max(size.width() - LEFT - RIGHT, 10), max(size.height() - TITLE - BOTTOM, 10))


class CurveFigure(pg.PlotItem):
    """`show_picture` fills it. The view box counts in the axes' even units (logarithms on a log axis); notes stand in px."""

    def __init__(self) -> None:
        self.across, self.upright = TickAxis("bottom", BOTTOM), TickAxis("left", LEFT)
        super().__init__(axisItems={"bottom": self.across, "left": self.upright}, enableMenu=False)
        self.look = ""
        shiboken6.delete(self.ctrlMenu)  # pyqtgraph's own menus, seven windows that nobody opens
        self.ctrlMenu = None
        self.hideButtons()
        self.setMouseEnabled(False, False)
        self.vb.disableAutoRange()
        self.layout.setContentsMargins(0, TITLE, RIGHT, 0)
        self.ground = Ground(self, -1000)
        for axis in (self.across, self.upright):
            axis.stack_below()
        self._add_lines()
        self.title, self.focus = Title(self), FocusFrame(self, 30)
        self.marks, self.flags, self.diamond = Marks(self, 3), Flags(self, 4), Diamond(self, 5)
        self.chance_label, self.chip = LineLabel(self, 2), Chip(self, 6)
        self.parts, self.stages = PartLines(self.vb), StageLines(self)
        self.crosshair = Crosshair(self)
        self.focus.setVisible(False)

    def _add_lines(self) -> None:
        self.gap = CurveLine(0, fillLevel="enclosed")
        self.raw = CurveLine(1, connect="finite")
        self.smooth = CurveLine(2, connect="finite", antialias=True)
        self.validation = CurveLine(3, connect="finite", antialias=True)
        for line in (self.gap, self.raw, self.smooth, self.validation):
            self.vb.addItem(line, ignoreBounds=True)
        self.chance, self.now, self.best = Rule(self, 1), Rule(self, 1.1), Rule(self, 1.2)

    def restyle(self) -> None:
        """Pens and brushes of the theme, 1 px and cosmetic."""
        look = theme.current()
        self.look = look.name
        train, val = look.color("train"), look.color("val")
        self.gap.setPen(pg.mkPen(None))
        self.gap.setBrush(pg.mkBrush(theme.faded(val, 0.15)))
        self.raw.setPen(pg.mkPen(theme.faded(train, 0.20)))
        self.smooth.setPen(pg.mkPen(train))
        self.validation.setPen(pg.mkPen(val))
        self.chance.pen = pg.mkPen(look.color("chance"), dash=[4, 4])
        self.best.pen = pg.mkPen(val, dash=[2, 3])
        self.now.pen = pg.mkPen(look.color("t3"))
        for part in (self.across, self.upright, self.crosshair):
            part.restyle()

    # What is shown

    def show_picture(self, picture: Picture | None, title: str, values: Sequence[tuple[str, str | QColor]] = ()) -> None:
        """Title with values behind it, and the plot; without a picture nothing at all."""
        self.setVisible(picture is not None)
        if picture is None:
            return
        if self.look != theme.current().name:
            self.restyle()
        area = picture.area
        self.layout.activate()
        self.title.words = ((title, "t3"), *values)
        self.title.place(QRectF(area.left(), area.top() - TITLE, area.width() + RIGHT, TITLE))
        self.ground.place(area)
        self.focus.place(area)
        self._show_axes(picture)
        self._show_lines(picture)
        self._show_chance(picture)
        self._show_now(picture)
        self._show_flags(picture)
        if picture.data.run.stages or self.stages.lines:
            self.stages.show_stages(picture, picture.data.run.stages)

    def _show_axes(self, picture: Picture) -> None:
        along, up = picture.ticks()
        self.across.show_ticks(picture.x, along, picture.area)
        self.upright.show_ticks(picture.y, up, picture.area)
        wanted = [list(picture.x.span), list(picture.y.span)]
        if self.vb.viewRange() != wanted:
            self.vb.setRange(xRange=wanted[0], yRange=wanted[1], padding=0)
            self.vb.prepareForPaint()  # now: put off to the paint event, the new transform would cost a second one

    def _show_lines(self, picture: Picture) -> None:
        raw, smooth, validation = (picture.polygon(kind) for kind in ("raw", "smooth", "validation"))
        view = picture.view
        for curve, line in ((self.raw, raw), (self.smooth, smooth), (self.validation, validation)):
            curve.show_line(*picture.drawn(line), view)
        self.gap.show_line(*picture.gap(smooth, validation), view)
        self.marks.squares = picture.marks(validation)
        self.marks.place(picture.area)
        if picture.data.metrics.parts or self.parts.lines:
            self.parts.show_parts(picture)
            wide = WIDE if picture.data.run.copies else 1
            self.smooth.setPen(pg.mkPen(theme.current().color("train"), width=wide))
            self.validation.setPen(pg.mkPen(theme.current().color("val"), width=wide))
        self._show_best(picture, validation)

    def _show_best(self, picture: Picture, validation: tuple[np.ndarray, np.ndarray]) -> None:
        found = picture.best()
        for item in (self.best, self.diamond, self.chip):
            item.setVisible(found is not None)
        if found is None:
            return
        best, at, height = found
        self.best.upright(at, picture.area)
        self.diamond.show_at(QPointF(at, height))
        self.chip.text = f"best {picture.value_text(best.value)} · step {best.step:,}"
        self.chip.place(picture.best_place(self.chip.text, validation, at=at, height=height))

    def give_way(self) -> None:
        """The read-out of the crosshair stands before the labels: those it would cut in two are hidden behind it."""
        card = self.crosshair.card
        for label in (self.chip, self.chance_label):
            label.setOpacity(0.0 if card.isVisible() and card.box.intersects(label.box) else 1.0)

    def _show_chance(self, picture: Picture) -> None:
        """Dashed, with the formula on the line where there is room."""
        chance, area = picture.chance, picture.area
        seen = chance is not None and picture.data.count > 0 and picture.y.low < chance.value < picture.y.high
        self.chance.setVisible(seen)
        self.chance_label.setVisible(False)
        if chance is None or not seen:
            return
        at = snapped(picture.y.at(chance.value), area.top(), area.bottom())
        self.chance.level(at, area)
        self.chance_label.text = chance.text
        width = self.chance_label.width()
        if width <= area.width() - 24:
            self.chance_label.place(QRectF(round(self._clear_place(picture, width)), at - 7, width, 14))
            self.chance_label.setVisible(True)

    def _clear_place(self, picture: Picture, width: float) -> float:
        """The left end of the words on the chance line: in the middle, or near an end where an upright line would cross them."""
        area, found = picture.area, picture.best()
        upright = [picture.x.at(picture.data.last_x(picture.mode)), *([found[1]] if found else [])]
        tries = (area.center().x() - width / 2, area.right() - width - 12, area.left() + 12)
        return next((left for left in tries if not any(left - 3 < x < left + width + 3 for x in upright)), tries[0])

    def _show_now(self, picture: Picture) -> None:
        """The current step."""
        data, area = picture.data, picture.area
        x = data.last_x(picture.mode)
        seen = picture.x.low <= x <= picture.x.high
        self.now.setVisible(seen)
        if seen:
            self.now.upright(snapped(picture.x.at(x), area.left(), area.right()), area)

    def _show_flags(self, picture: Picture) -> None:
        data, area = picture.data, picture.area
        self.flags.at = []
        for row, _ in data.rate_changes:
            at = snapped(picture.x.at(float(data.x_of(np.array([row]), picture.mode)[0])), area.left(), area.right())
            if at - (self.flags.at or [-math.inf])[-1] >= FLAG_GAP and area.left() <= at <= area.right():
                self.flags.at.append(at)
        self.flags.place(area)
