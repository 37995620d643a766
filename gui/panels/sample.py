"""Choosing the pinned sample: a number field with arrows, and a page of samples to pick from. Shows what probes bring."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.events import ProbeRequest, ProbeResult
from gui.controls import Caption, IconButton, NumberField
from gui.plots import colormap
from gui.plots.tiles import TileGrid

PAGE = 60  # samples
UNKNOWN = 1_000_000  # samples there may be, until a probe has told


class SamplePage(QFrame):
    """A popup with a page of validation samples; a click or Enter chooses one."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.first, self.total = 0, 0
        self.grid = TileGrid("sample")
        self.words = Caption("Waiting for the samples.", "t2")
        self.back = IconButton("chevron-left", "Earlier samples", size=14)
        self.onward = IconButton("chevron-right", "Later samples", size=14)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.back)
        row.addWidget(self.onward)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 10)
        column.addLayout(row)
        column.addWidget(self.grid)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.resize(626, 412)
        self.back.clicked.connect(lambda: self.turn(-1))
        self.onward.clicked.connect(lambda: self.turn(1))
        self.grid.tileClicked.connect(self._choose)

    def open_at(self, sample: int, position: QPoint) -> None:
        """Shows the page that holds `sample`, its lower left corner at a global position (or the upper one where there is no room)."""
        self.first = sample // PAGE * PAGE
        screen = self.screen().availableGeometry()
        top = position.y() - self.height() if position.y() - self.height() >= screen.top() else position.y()
        self.move(max(min(position.x(), screen.right() - self.width()), screen.left()), max(min(top, screen.bottom() - self.height()), screen.top()))
        self.show()
        self.grid.setFocus()

    def turn(self, pages: int) -> None:
        """Another page."""
        self.first = max(0, min(self.first + pages * PAGE, max(self.total - 1, 0) // PAGE * PAGE))

    def request(self) -> ProbeRequest:
        """The samples of this page."""
        return ProbeRequest("samples", sample=self.first, limit=PAGE)

    def show_result(self, result: ProbeResult) -> None:
        """The images of the page, or why there are none."""
        images = result.arrays.get("images")
        if images is None or not len(images):
            self.words.setText(result.problem or "There are no samples.")
            return
        self.first, self.total = int(result.info.get("first", 0)), int(result.info.get("total", len(images)))
        labels = result.arrays.get("labels", np.zeros(0))
        names = result.info.get("class_names", ())
        captions = [f"sample {self.first + i}" + label_words(labels, i, names) for i in range(len(images))]
        tiles = np.moveaxis(images[:, :3], 1, -1) if images.shape[1] >= 3 else images[:, 0]
        self.grid.set_tiles(tiles, map=colormap.IMAGE, shared=True, names=captions)
        self.words.setText(f"Validation samples {self.first:,} to {self.first + len(images) - 1:,} of {self.total:,}")
        self.back.setEnabled(self.first > 0)
        self.onward.setEnabled(self.first + len(images) < self.total)

    def _choose(self, tile: int) -> None:
        self.hide()
        self.chosen.emit(self.first + tile)


def label_words(labels: np.ndarray, index: int, names: tuple[str, ...]) -> str:
    """· 7, or nothing when the label is not known."""
    if index >= len(labels):
        return ""
    label = int(labels[index])
    return f" · {names[label] if label < len(names) else label}"


class SamplePicker(QWidget):
    """`sample ‹ 517 ›` and a button that opens the page."""

    sampleChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample = 0
        self.field = NumberField(0, low=0, high=UNKNOWN - 1, arrows=True)
        self.field.setAccessibleName("Sample of the validation set")
        self.field.setToolTip("Which sample of the validation set is shown")
        self.button = IconButton("grid", "Pick a sample", size=14)
        self.page = SamplePage(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.field, 1)
        row.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.valueEdited.connect(lambda value: self.choose(int(value)))
        self.button.clicked.connect(self.open_page)
        self.page.chosen.connect(self.choose)

    def sizeHint(self) -> QSize:
        return QSize(96, 24)

    def set_total(self, total: int) -> None:
        """How many samples there are."""
        self.field.high = max(total - 1, 0)

    def choose(self, sample: int) -> None:
        """Pins `sample` and tells it."""
        sample = min(max(sample, 0), int(self.field.high))
        self.field.set_value(sample)
        if sample != self.sample:
            self.sample = sample
            self.sampleChanged.emit(sample)

    def open_page(self) -> None:
        """The page of samples, above the button."""
        self.page.open_at(self.sample, self.mapToGlobal(QPoint(0, 0)))
