"""The tool row of the curves panel: the latest values as its legend, and the export menu. Knows no plot's inside."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from gui import theme
from gui.controls import IconButton
from gui.dialogs import ask
from gui.plots import curve_export, numbers
from gui.plots.curve_plot import CurvePlot
from gui.plots.run_data import RunData

WORDS, OF_ENSEMBLE = ("train", "validation"), ("members, mean", "ensemble")  # what the two lines are
FORMATS = (("PNG image", "png"), ("SVG drawing", "svg"), ("CSV table", "csv"))


class Legend(QWidget):
    """`train 0.0055  validation 0.1047`, each behind a dash in its colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values = (math.nan, math.nan)
        self.words = WORDS
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(230, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 22)

    def set_values(self, train: float, validation: float) -> None:
        """The latest losses; NaN leaves the number away."""
        if not same(self.values, (train, validation)):
            self.values = (train, validation)
            self.setAccessibleName(" ".join(f"{word} {text}" for word, text, _ in self.entries()))
            self.update()

    def entries(self) -> list[tuple[str, str, str]]:
        """(word, number, colour token) for train and validation."""
        named = zip(self.words, ("train", "val"), self.values, strict=True)
        return [(word, "" if math.isnan(value) else numbers.plain(value), color) for word, color, value in named]

    def paintEvent(self, event: QPaintEvent) -> None:
        look, word_font, number_font = theme.current(), theme.font(11), theme.mono(11)
        painter = QPainter(self)
        x, middle = 0.0, self.height() / 2
        baseline = middle + QFontMetricsF(word_font).ascent() / 2 - 1.5
        for word, number, color in self.entries():
            painter.setPen(QPen(look.color(color), 2))
            painter.drawLine(QPointF(x, middle), QPointF(x + 14, middle))
            x += 20
            for text, font, token in ((word, word_font, "t2"), (number, number_font, "t1")):
                painter.setFont(font)
                painter.setPen(look.color(token))
                painter.drawText(QPointF(x, baseline), text)
                x += QFontMetricsF(font).horizontalAdvance(text) + 6
            x += 8
        painter.end()


def same(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Equal, with NaN equal to NaN."""
    return all(x == y or (math.isnan(x) and math.isnan(y)) for x, y in zip(a, b, strict=True))


class Curves(Protocol):
    """What the export needs of the panel."""

    data: RunData | None
    plots: tuple[CurvePlot, ...]


class ExportButton(IconButton):
    """Opens the menu PNG / SVG / CSV; a file that cannot be written is told in one sentence."""

    def __init__(self, panel: Curves) -> None:
        super().__init__("export", "Export the curves")
        self.panel = panel
        menu = QMenu(self)
        for caption, suffix in FORMATS:
            menu.addAction(f"{caption}…").triggered.connect(lambda _=False, suffix=suffix: self.ask(suffix))
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def ask(self, suffix: str) -> None:
        """Asks where, and writes."""
        if self.panel.data is None:
            return
        proposal = Path.home() / f"{self.panel.data.run.run or 'run'}-curves.{suffix}"
        if suffix == "csv":
            path, paper = ask.save_path(self, "Export the curves", "CSV (*.csv)", proposal), False
        else:
            path, paper = ask.figure_path(self, "Export the curves", proposal, (suffix.upper(),)) or (None, False)
        if path:
            self.write(path, suffix, paper=paper)

    def write(self, path: Path, suffix: str, *, paper: bool = False) -> bool:
        """Writes the curves as `suffix` to `path`, pictures on white `paper` or as on the screen; whether that worked."""
        data = self.panel.data
        if data is None:
            return False
        try:
            if suffix == "csv":
                curve_export.write_csv(path, data)
            else:
                curve_export.write_picture(path, self.panel.plots, svg=suffix == "svg", paper=paper)
        except OSError as error:
            ask.tell(self, f"{path} could not be written: {error.strerror or error}. Choose another folder.")
            return False
        return True
