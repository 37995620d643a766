"""The lines of what a loss is made of: several losses, or the members of an ensemble. Draws what a picture says; decides no range."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtGui import QColor

from gui import theme
from gui.plots import numbers
from gui.plots.curve_line import CurveLine
from gui.plots.curve_picture import Picture
from gui.plots.pg import pg
from gui.plots.run_data import RunData

MEMBER = 0.45  # opacity of a member's line: the ensemble's stands out
APART = 2  # the first colours of the series are too near to those of train and validation
WIDE = 2  # px, the ensemble's line


def part_color(index: int) -> QColor:
    """The colour of the loss number `index`."""
    look = theme.current()
    return look.family(look.series[(index + APART) % len(look.series)])


def part_values(data: RunData, names: Sequence[str]) -> list[tuple[str, QColor]]:
    """`cross entropy 0.3322` in its colour for each of several losses; nothing for the members of an ensemble, which go without numbers."""
    latest = [data.columns[column].latest()[0] for column in data.parts_of("loss")]
    shown = zip(names, latest, strict=True) if not data.run.copies else ()
    return [(name if math.isnan(value) else f"{name} {numbers.plain(value)}", part_color(index)) for index, (name, value) in enumerate(shown)]


class PartLines:
    """Lives in a plot's view box; makes its lines with the first run that has parts. Losses: training solid, validation dashed."""

    def __init__(self, box: pg.ViewBox) -> None:
        self.box = box
        self.lines: list[CurveLine] = []
        self.styled: tuple[object, ...] = ()

    def show_parts(self, picture: Picture) -> None:
        """The lines of the parts in `picture`; hides those that it does not have."""
        data, kinds = picture.data, ("smooth", "validation")
        columns = data.parts_of(picture.name)
        while len(self.lines) < 2 * len(columns):
            line = CurveLine(1.5, connect="finite", antialias=True)  # above the single steps, below the whole
            self.box.addItem(line, ignoreBounds=True)
            self.lines.append(line)
        self.restyle(data)
        for index, line in enumerate(self.lines):
            line.setVisible(index < 2 * len(columns))
            if index < 2 * len(columns):
                line.show_line(*picture.drawn(picture.polygon(kinds[index % 2], columns[index // 2])), picture.view)

    def restyle(self, data: RunData) -> None:
        """The theme's colours, when they are others than before."""
        wanted = (theme.current().name, len(self.lines), data.run.copies)
        if wanted == self.styled:
            return
        self.styled = wanted
        for index, line in enumerate(self.lines):
            validation = bool(index % 2)
            if data.run.copies:
                line.setPen(pg.mkPen(theme.faded(theme.current().color("val" if validation else "train"), MEMBER)))
            else:
                line.setPen(pg.mkPen(part_color(index // 2), **({"dash": [4, 3]} if validation else {})))
