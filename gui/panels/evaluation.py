"""The evaluation panel: what the network is worth on the validation set, after every epoch. Shows what the engine judged; judges nothing."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from engine.events import Ensemble, EpochDone, Evaluation
from gui.controls import Caption, Combo, EmptyState
from gui.panels.heading import Heading
from gui.plots import colormap, numbers
from gui.plots.confusion_plot import BARS, BARS_WIDE, ConfusionPlot
from gui.plots.scale_bar import ScaleBar

NOTHING = "No epoch yet. Train to see which classes are confused."
WORDS = {"accuracy": "accuracy", "miou": "mean IoU", "mae": "mean absolute error"}


class EvaluationPanel(QWidget):
    """`take` notes an epoch; `refresh` draws the newest one, if there is anything new and anybody looks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.latest: EpochDone | None = None
        self.waiting = False
        self.heading = Heading()
        self.tasks = Combo()
        self.plot = ConfusionPlot()
        self.bar = ScaleBar(Qt.Orientation.Horizontal)
        self.bar.setFixedWidth(BARS_WIDE)
        self.bar.set_scale(colormap.POSITIVE, None, own=("0 %", "100 %"))
        self.bar.setToolTip("Colours: the share of each row, that is of all samples of one true class")
        self.words = Caption("", "t3")
        self.large = Caption("", "t1", px=20, mono=True)
        self.large.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.team = Caption("", "t2")
        self.tasks.setAccessibleName("Which loss")
        self.tasks.activated.connect(self.draw)
        self.empty = EmptyState("grid", NOTHING)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.heading, 1)
        top.addWidget(self.tasks)
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.large, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 3, 8, 8)
        column.setSpacing(3)
        column.addLayout(top)
        column.addWidget(self.team)
        column.addLayout(middle, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 4, 0)  # the colours end where the bars above them do
        foot.addWidget(self.words, 1)
        foot.addWidget(self.bar)
        column.addLayout(foot)
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(page)

    def clear(self) -> None:
        """Another run or document: what was shown is about something else."""
        self.latest, self.waiting = None, False
        self.plot.show_evaluation(None)
        self.stack.setCurrentIndex(0)

    def take(self, event: EpochDone) -> None:
        """An epoch was judged."""
        if event.evaluations:
            self.latest, self.waiting = event, True

    def refresh(self) -> None:
        """Draws what is new, if the panel is visible."""
        if self.waiting and self.isVisible():
            self.draw()

    def shown(self) -> Evaluation | None:
        """The evaluation of the chosen loss."""
        found = self.latest.evaluations if self.latest else ()
        return found[max(self.tasks.currentIndex(), 0)] if found else None

    def draw(self) -> None:
        """Brings the panel up to date now."""
        if self.latest is None:
            return
        self.waiting = False
        names = [evaluation.node for evaluation in self.latest.evaluations]
        if [self.tasks.itemText(index) for index in range(self.tasks.count())] != names:
            self.tasks.clear()
            self.tasks.addItems(names)
        self.tasks.setVisible(len(names) > 1)
        found = self.shown()
        parts = [f"{name_of(name)} {written(name, value)}" for name, value in found.numbers.items() if math.isfinite(value)]
        self.heading.set_text(" · ".join(parts), f" · {found.task} · epoch {self.latest.epoch:,}")
        matrix = found.confusion is not None
        for widget in (self.plot, self.bar, self.words):
            widget.setVisible(matrix)
        self.large.setVisible(not matrix)
        self.large.setText("\n".join(parts))
        self.plot.show_evaluation(found if matrix else None)
        if matrix:
            unit = "pixels" if found.task == "segmentation" else "answers"
            self.words.setText(f"{int(found.confusion.sum()):,} {unit}, all of the validation set")
            self.words.setToolTip("Bars: " + ", ".join(f"{BARS[name][0]} = {MEANINGS[name]}" for name in found.per_class))
        self.team.setVisible(self.latest.ensemble is not None)
        if self.latest.ensemble is not None:
            self.team.setText(team_words(self.latest.ensemble))
            self.team.setToolTip(team_details(self.latest.ensemble))
        self.stack.setCurrentIndex(1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()


def team_words(found: Ensemble) -> str:
    """`5 members 91.2 % to 92.4 %, their average 94.0 %`; by their losses where there are no classes."""
    name = "accuracy" if "accuracy" in found.whole else "loss"
    write = numbers.percent if name == "accuracy" else numbers.plain
    values = sorted(row[name] for row in found.members)
    what = {"average": "their average", "optimal": "optimally combined", "vote": "by vote"}[found.combine]
    return f"{found.copies} members {'' if name == 'accuracy' else 'loss '}{write(values[0])} to {write(values[-1])}, {what} {write(found.whole[name])}"


def team_details(found: Ensemble) -> str:
    """How they train, each by itself, and what the ensemble gains."""
    lines = [found.how]
    for number, row in enumerate(found.members, start=1):
        share = f"  accuracy {numbers.percent(row['accuracy'])}" if "accuracy" in row else ""
        weight = f"  optimal weight {found.weights[number - 1]:.3f}" if found.weights else ""
        lines.append(f"member {number}: loss {numbers.plain(row['loss'])}{share}{weight}")
    if found.squares:
        whole, members, apart = (numbers.plain(found.squares[name]) for name in ("whole", "members", "ambiguity"))
        lines.append(f"squared error of the average {whole} = of the members {members} − how far they differ {apart}")
    return "\n".join(lines)


MEANINGS = {"accuracy": "share of the class that was found", "iou": "overlap over union"}


def name_of(name: str) -> str:
    """What a number is called: `top-5` of top5."""
    return f"top-{name[3:]}" if name.startswith("top") else WORDS.get(name, name)


def written(name: str, value: float) -> str:
    """A number as it is usually written."""
    return numbers.plain(value) if name == "mae" else numbers.percent(value)
