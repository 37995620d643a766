"""The health of a dataset in the inspector: what deserves attention, counts of classes, ranges, duplicates, unreadable files. Asks by signals only."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.controls import ActionButton, Caption
from gui.inspector import health_words as say
from gui.inspector.class_bars import ClassBars

INSET = 14


class Finding(QWidget):
    """An icon with a token's colour and a sentence."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon, self.color = "ok", "ok"
        self.mark = QLabel(self)
        self.mark.setFixedSize(16, 18)
        self.words = Caption("", "t1", px=11, parent=self)
        self.words.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        theme.notifier().changed.connect(self.redraw)

    def set_words(self, text: str, icon: str, color: str) -> None:
        self.icon, self.color = icon, color
        self.words.setText(text)
        self.redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def redraw(self) -> None:
        self.mark.setPixmap(theme.current().pixmap(self.icon, self.color, 14, self.devicePixelRatioF()))


class HealthCard(QWidget):
    """`show_waiting`, `show_working`, `show_health` and `show_problem` are its four states."""

    examineClicked = Signal()
    cancelClicked = Signal()
    summarised = Signal(str, str, str)  # the report in a few words, icon, token; "" for none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = "waiting"
        self.note = Caption("", "t3", px=11, parent=self)
        self.note.setWordWrap(True)
        self.findings: list[Finding] = []
        self.found = QVBoxLayout()
        self.found.setSpacing(4)
        self.bars = ClassBars(self)
        self.rows: dict[str, tuple[QWidget, Caption]] = {}
        self.table = QVBoxLayout()
        self.table.setSpacing(2)
        self.button = ActionButton("Examine", "doctor", self)
        self.cancel = ActionButton("Cancel", "", self)
        buttons = QHBoxLayout()
        buttons.addWidget(self.button)
        buttons.addWidget(self.cancel)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(INSET, 2, INSET, 8)
        column.setSpacing(8)
        column.addLayout(self.found)
        column.addWidget(self.bars)
        column.addLayout(self.table)
        column.addWidget(self.note)
        column.addLayout(buttons)
        self.button.clicked.connect(self.examineClicked)
        self.cancel.clicked.connect(self.cancelClicked)
        self.show_waiting("")

    def show_waiting(self, words: str) -> None:
        """Nothing is known yet, and nobody is looking."""
        self.arrange("waiting", words or "Counts classes, measures values, and looks for duplicates and files that cannot be read.", "Examine")

    def show_working(self, words: str) -> None:
        """Somebody is looking; what is known already stays."""
        self.arrange("working", (words or "Reading the dataset") + " …", "")

    def show_problem(self, message: str, fix: str = "") -> None:
        """There is no report."""
        self.clear()
        self.arrange("problem", fix, "Try again")
        self.set_findings([(message, "error", "err")])

    def show_health(self, health: Any) -> None:
        """The report; one with a problem is none."""
        if health.problem:
            self.show_problem(health.problem, health.fix)
            return
        self.arrange("report", health.report, "Examine again")
        worst = [(text, "warning", "warn") for text in health.findings]
        self.set_findings(worst or [("Nothing stands out.", "ok", "ok")])
        few = f"{len(worst)} thing{'s' if len(worst) > 1 else ''} to look at" if worst else "nothing stands out"
        self.summarised.emit(f"Health: {few}", "warning" if worst else "ok", "warn" if worst else "ok")
        counts = [split.counts if split else () for split in (health.train, health.validation)]
        self.bars.set_counts(health.class_names, *counts, unit=say.unit(health))
        self.bars.setVisible(bool(counts[0]))
        lines = say.lines(health)
        if not counts[0]:
            lines.insert(0, ("Samples", " + ".join(f"{split.samples:,}" for split in (health.train, health.validation) if split)))
        ignored = sum(split.ignored for split in (health.train, health.validation) if split)
        lines += [("Ignored", f"{ignored:,} pixels")] if ignored else []
        self.set_lines([*lines, ("In both", say.twins(health)), ("Unreadable", say.unreadable(health))])

    def clear(self) -> None:
        """Forgets another dataset's report."""
        self.set_findings([])
        self.bars.hide()
        self.set_lines([])

    # -- inside ------------------------------------------------------------------------------------------------------
    def arrange(self, state: str, note: str, button: str) -> None:
        self.state = state
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.cancel.setVisible(state == "working")
        if state != "working":
            self.summarised.emit("", "", "")

    def set_findings(self, found: list[tuple[str, str, str]]) -> None:
        while len(self.findings) < len(found):
            self.findings.append(Finding(self))
            self.found.addWidget(self.findings[-1])
        for place, widget in enumerate(self.findings):
            widget.setVisible(place < len(found))
            if place < len(found):
                widget.set_words(*found[place])

    def set_lines(self, lines: list[tuple[str, str]]) -> None:
        for caption, _ in lines:
            if caption not in self.rows:
                self.add_row(caption)
        known = dict(lines)
        for caption, (row, value) in self.rows.items():
            row.setVisible(caption in known)
            value.setText(known.get(caption, ""))
            value.setToolTip(known.get(caption, ""))

    def add_row(self, caption: str) -> None:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        label = Caption(caption, "t3", px=11, parent=row)
        label.setFixedWidth(72)
        value = Caption("", "t1", px=10.5, mono=True, parent=row)
        value.setWordWrap(True)
        layout.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(value, 1)
        self.table.addWidget(row)
        self.rows[caption] = (row, value)
