"""The curves panel: loss and accuracy of the current run, side by side. Reads the live Metrics store; asks the engine for nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from engine.events import RunStarted
from gui.controls import EmptyState, Segments
from gui.panels.curve_legend import OF_ENSEMBLE, WORDS, ExportButton, Legend
from gui.plots import framing, numbers
from gui.plots.curve_plot import CurvePlot
from gui.plots.part_lines import part_values
from gui.plots.run_data import RunData

GROWTH, PATIENCE = 2.0, 4.0  # px by which a curve grows, or seconds that pass, until it is drawn again
GUESSED = ("", "cross-entropy", "negative log-likelihood")  # losses that are ln K for a guess among K classes


class CurvesPanel(QWidget):
    """`set_run` shows a run; `refresh` draws what the store has gained since, and costs nothing while hidden or unchanged."""

    trainWanted = Signal()  # the button of the empty state

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: RunData | None = None
        self.part_names: tuple[str, ...] = ()
        self.loss = CurvePlot("loss", "Loss")
        self.accuracy = CurvePlot("accuracy", "Accuracy")
        self.plots = (self.loss, self.accuracy)
        self.legend = Legend()
        self.axis = Segments([("step", "step"), ("epoch", "epoch"), ("sec", "sec")])
        self.scale = Segments([("lin", "lin"), ("log", "log")])
        self.export = ExportButton(self)
        self._stale = False
        self._drawn = (0, 0.0)  # training rows, and when
        self._later = False  # the accuracy waits for its turn
        self._held: CurvePlot | None = None  # worked out, but not yet painted
        self._lay_out()
        self._connect()
        self.clear()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 3, 8, 3)
        row.setSpacing(8)
        row.addWidget(self.legend, 1)
        for widget in (self.axis, self.scale, self.export):
            row.addWidget(widget)
        both = QHBoxLayout()
        both.setContentsMargins(8, 0, 6, 4)
        both.setSpacing(10)
        both.addWidget(self.loss, 1)
        both.addWidget(self.accuracy, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(both, 1)
        self.empty = EmptyState("curves", "No run yet. Train to see curves.", "Train")
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(page)

    def _connect(self) -> None:
        self.empty.clicked.connect(self.trainWanted)
        self.axis.currentChanged.connect(self.set_mode)
        self.scale.currentChanged.connect(lambda name: self.set_log(name == "log"))
        self.scale.set_current("log")
        self.axis.setToolTip("What the x axis counts")
        self.scale.setToolTip("Scale of the loss axis. Accuracy is always linear.")
        for plot, other in (self.plots, self.plots[::-1]):
            plot.set_log(True)
            plot.hovered.connect(other.set_pointer)
            plot.viewChanged.connect(other.set_view_x)

    # The run

    def set_run(self, run: RunStarted, *, loss_name: str = "", part_names: Sequence[str] = ()) -> None:
        """Shows `run` from its beginning. `loss_name` ("cross-entropy") goes into the title; chance is drawn for classifiers only.

        `part_names` are what several losses are called.
        """
        self.data = RunData(run)
        self.part_names = tuple(part_names) if len(part_names) == len(run.metrics.parts) else run.metrics.parts
        guessing = loss_name in GUESSED and run.classes > 1
        self.legend.words = OF_ENSEMBLE if run.copies else WORDS
        self.loss.title = "Loss" if not loss_name or (run.metrics.parts and not run.copies) else f"Loss · {loss_name}"
        self.loss.set_data(self.data, framing.chance_loss(run.classes) if guessing else None)
        self.accuracy.set_data(self.data, framing.chance_accuracy(run.classes))
        self.accuracy.setVisible(run.classes > 0)
        self.legend.setToolTip(
            f"train: exponential moving average over about {self.data.span} steps. validation: the whole validation set, after the latest epoch."
        )
        self.stack.setCurrentIndex(1)
        self._stale = True
        self.draw()

    @property
    def waiting(self) -> bool:
        """Whether there is anything new to draw and anybody to see it."""
        return self.data is not None and self.isVisible() and (self._stale or self.data.stale)

    def grown(self) -> bool:
        """Whether the curves are longer now than one can overlook: a long run gains less than a pixel in many steps."""
        data, (rows, when) = self.data, self._drawn
        assert data is not None
        if self._stale or data.metrics.validation_count != data.validations or self.loss.view_x is not None or time.monotonic() - when > PATIENCE:
            return True
        whole = data.metrics.count if self.loss.mode == "sec" else max(data.run.steps, data.metrics.count)
        return (data.metrics.count - rows) * self.loss.area().width() >= GROWTH * whole

    def refresh(self) -> None:
        """Draws what is new, if the panel is visible."""
        if self.waiting:
            self.draw()

    def take_turn(self, grant: Callable[[str], bool]) -> None:
        """What a tick of the window's timer may draw: legend and loss, and with another turn the accuracy, so that neither holds up the window."""
        if self._held is not None:
            self._show_held()
        elif self._later and grant("accuracy curve"):
            self._later = False
            self._prepare(self.accuracy)
        elif self.waiting and self.grown() and not self._later and grant("curves"):
            self.bring_up_to_date()
            self._prepare(self.loss)
            self._later = True

    def _prepare(self, plot: CurvePlot) -> None:
        """Works out what a plot shows; it is painted with the next tick, since both at once would hold up the window."""
        plot.setUpdatesEnabled(False)
        plot.redraw()
        self._held = plot

    def _show_held(self) -> None:
        if self._held is not None:
            self._held.setUpdatesEnabled(True)
            self._held = None

    def draw(self) -> None:
        """Brings plots and legend up to date now."""
        if self.data is None:
            return
        self.bring_up_to_date()
        self._later = False
        self._show_held()
        for plot in self.plots:
            plot.redraw()

    def bring_up_to_date(self) -> None:
        """Takes in what was measured; the legend and the words beside the plots tell it."""
        data = self.data
        assert data is not None
        data.update()
        self._stale, self._drawn = False, (data.count, time.monotonic())
        if not self.accuracy.isVisibleTo(self) and not data.columns["accuracy"].empty:
            self.accuracy.setVisible(True)
        train, validation = data.columns["loss"].latest()
        self.legend.set_values(train, validation)
        self.loss.values = part_values(data, self.part_names)
        share = zip(data.columns["accuracy"].latest(), ("train", "val"), strict=True)
        self.accuracy.values = [(numbers.percent(value), color) for value, color in share if not math.isnan(value)]

    def clear(self) -> None:
        """Back to the empty state."""
        self.data = None
        self._show_held()
        for plot in self.plots:
            plot.set_data(None)
            plot.redraw()
        self.legend.set_values(math.nan, math.nan)
        self.stack.setCurrentIndex(0)

    # Switches

    def set_mode(self, mode: str) -> None:
        """step, epoch or sec on both x axes."""
        self.axis.set_current(mode)
        for plot in self.plots:
            plot.set_mode(mode)

    def set_log(self, log: bool) -> None:
        """A logarithmic loss axis, or a linear one."""
        self.scale.set_current("log" if log else "lin")
        for plot in self.plots:
            plot.set_log(log)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()
