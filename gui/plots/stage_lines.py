"""Where a training goes over into another stage: a line through the plot with what begins there. Draws what it is given."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF

from engine.events import Stage
from gui import theme
from gui.plots.axis import snapped
from gui.plots.curve_notes import LineLabel, Rule
from gui.plots.curve_picture import CHIP_FONT, Picture
from gui.plots.pg import pg

APART = 4  # px between the line and its words


class StageLines:
    """Lives in a curve figure; makes a line and a label for each stage that a run has."""

    def __init__(self, figure: pg.PlotItem) -> None:
        self.figure = figure
        self.lines: list[tuple[Rule, LineLabel]] = []

    def show_stages(self, picture: Picture, stages: Sequence[Stage]) -> None:
        """The boundaries in view; words where they fit beside the line."""
        while len(self.lines) < len(stages):
            self.lines.append((Rule(self.figure, 1.5), LineLabel(self.figure, 2)))
        area = picture.area
        for index, (line, label) in enumerate(self.lines):
            at = picture.x.at(picture.data.x_of_step(stages[index].step, picture.mode)) if index < len(stages) else -1.0
            seen = area.left() <= at <= area.right()
            line.setVisible(seen)
            label.setVisible(False)
            if seen:
                line.pen = pg.mkPen(theme.current().color("accent"), dash=[6, 3])
                line.upright(snapped(at, area.left(), area.right()), area)
                self.place(label, stages[index].words, at=at, row=index, area=area)

    def place(self, label: LineLabel, words: str, *, at: float, row: int, area: QRectF) -> None:
        """Right of the line at the bottom, each stage in a row of its own; left of it where there is no room; cut short where neither is."""
        metrics = QFontMetricsF(theme.mono(CHIP_FONT))
        room = max(area.right() - at, at - area.left()) - 2 * APART - 12
        label.text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        width = label.width()
        left = at + APART if at + APART + width <= area.right() else at - APART - width
        if room > 40:
            label.place(QRectF(round(left), round(area.bottom() - 18 - 16 * row), width, 14))
            label.setVisible(True)
