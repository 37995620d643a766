"""The activations panel: all maps of a layer for one pinned sample, and what the network says of it. Shows what probes bring."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from engine.events import ProbeRequest, ProbeResult
from engine.layers.spec import LayerType
from gui import theme
from gui.controls import Caption, Segments
from gui.panels.heading import Heading, node_words
from gui.panels.picture_panel import PicturePanel
from gui.panels.prediction import PredictionBars
from gui.panels.sample import SamplePicker
from gui.plots import colormap, numbers
from gui.plots.bars import BarStrip
from gui.plots.colormap import Scale
from gui.plots.scale_bar import ScaleBar
from gui.plots.tiles import TileGrid

MAP = "map", "dead"  # what a tile is, and one that is 0 everywhere
LIMIT = 1024  # maps that are asked for: all of any usual layer
SIDE = 92  # px of the left column
NOTHING = "Select a layer to see its activations."
ABOUT = "about\u00a00"  # in one piece: the caption is narrow


class SampleImage(QWidget):
    """The pinned sample at the largest whole factor; a click opens the page of samples."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample: np.ndarray | None = None
        self.setFixedSize(SIDE, 84)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("The pinned sample. Click to pick another.")
        theme.notifier().changed.connect(self.update)

    def set_sample(self, sample: np.ndarray | None) -> None:
        """Shows an image (C, H, W) in 0..1."""
        self.sample = sample
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, 84)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.sample is None or self.sample.ndim != 3:
            painter.setPen(QPen(theme.current().color("line2"), 1))
            painter.drawRect(0, 0, 83, 83)
            painter.end()
            return
        ratio = self.devicePixelRatioF()
        height, width = self.sample.shape[1:]
        thin = max(1, -(-max(height, width) // int(84 * ratio)))
        factor = max(1, int(min(SIDE * ratio // -(-width // thin), 84 * ratio // -(-height // thin))))
        painter.drawImage(0, 0, colormap.sample_image(self.sample[:, ::thin, ::thin], factor, ratio))
        painter.end()


class Words(Caption):
    """A wrapped sentence that gives way to the controls above it: where there is no room for all of it, its main clause must do."""

    def __init__(self) -> None:
        super().__init__("", "t3", px=10.5)
        self.sentence = ""
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)

    def say(self, sentence: str) -> None:
        self.sentence = sentence
        self.setToolTip(sentence)
        self.setAccessibleName(sentence)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The most that can be seen whole."""
        choices = (self.sentence, self.sentence.partition(",")[0], "")
        self.setText(next(text for text in choices if self._tall(text) <= self.height()))

    def _tall(self, text: str) -> int:
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        return self.fontMetrics().boundingRect(QRect(0, 0, self.width(), 1000), flags, text).height() if text else 0

    def hasHeightForWidth(self) -> bool:
        return False

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class ActivationsPanel(PicturePanel):
    """`lanes` names the three things it asks the engine for; each has request() and show_result()."""

    sampleChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("activations", NOTHING, parent)
        self.node, self.before = "", ""
        self.heading = Heading()
        self.sharing = Segments([("each", "each map"), ("shared", "shared")])
        self.image = SampleImage()
        self.picker = SamplePicker()
        self.grid = TileGrid(MAP[0], zero=MAP[1])
        self.vector = BarStrip()
        self.bar = ScaleBar(Qt.Orientation.Horizontal)
        self.words = Words()
        self.prediction = PredictionBars()
        self._lay_out()
        self.sharing.currentChanged.connect(self.redraw)
        self.image.clicked.connect(self.picker.open_page)
        self.picker.sampleChanged.connect(self._follow_sample)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(self.sharing)
        side = QVBoxLayout()
        side.setSpacing(3)
        for widget in (self.image, self.picker, self.bar, self.words):
            widget.setFixedWidth(SIDE)
            side.addWidget(widget, 1 if widget is self.words else 0)
        holder = QWidget(self)  # a stacked layout without a parent shows its first widget as a window of its own
        self.pictures = QStackedLayout(holder)
        self.pictures.addWidget(self.grid)
        self.pictures.addWidget(self.vector)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addLayout(side)
        middle.addWidget(holder, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 3, 10, 3)
        column.setSpacing(1)
        column.addLayout(top)
        column.addLayout(middle, 1)
        column.addWidget(self.prediction)
        self.set_page(page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.prediction.setFixedHeight(min(max(self.height() * 15 // 100, 37), 72))

    # The probes

    def lanes(self) -> dict[str, QWidget]:
        """What the panel asks the engine for, by name: maps, the prediction, and the page of samples while it is open."""
        return {"activations": self, "prediction": self.prediction, "samples": self.picker.page}

    def set_node(self, node_id: str, layer_type: LayerType | None, before: str = "") -> None:
        """Chooses the layer to look at; "" for none. `before` names the layer that feeds it ("conv1 → relu1")."""
        if not node_id:
            self.node = ""
            self.say(NOTHING)
        elif layer_type is None or layer_type.role == "loss":
            if not self.node:
                self.say(NOTHING)
        elif (node_id, before) != (self.node, self.before):
            self.node, self.before = node_id, before
            self.say(f"Waiting for the activations of {node_id}.")

    def request(self) -> ProbeRequest | None:
        """The maps of the chosen layer for the pinned sample."""
        return ProbeRequest("activations", self.node, sample=self.picker.sample, limit=LIMIT) if self.node else None

    def set_sample(self, sample: int) -> None:
        """Pins another sample, as a click would."""
        self.picker.choose(sample)

    def _follow_sample(self, sample: int) -> None:
        self.prediction.sample = sample
        self.sampleChanged.emit(sample)

    def show_result(self, result: ProbeResult) -> None:
        """The layer's maps or values as of now."""
        if result.request.node != self.node:
            return
        output = result.arrays.get("output")
        if output is None or not output.size:
            self.say(result.problem or f"{self.node} gives nothing to show.")
            return
        self.result = result
        self.image.set_sample(result.arrays.get("input"))
        if "samples" in result.info:
            self.picker.set_total(int(result.info["samples"]))
        label = f" Its label: {result.info['label_name']}." if "label_name" in result.info else ""
        self.image.setToolTip(f"Sample {result.info.get('index', self.picker.sample)} of the validation set.{label} Click to pick another.")
        self.redraw()
        self.show_page()

    def show_prediction(self, result: ProbeResult) -> None:
        """The network's word on the pinned sample."""
        self.prediction.show_result(result)

    # The picture

    def redraw(self) -> None:
        """Maps or bars, scale and words from the latest answer and the switch."""
        if self.result is None:
            return
        output = self.result.arrays["output"]
        vector = output.ndim == 1
        name = self._map(output)
        shared = vector or self.sharing.current() == "shared"
        self.sharing.setVisible(not vector)
        if vector:
            self.vector.set_values(output, name)
        else:
            self.grid.noun, self.grid.zero = ("channel", "black") if name == colormap.IMAGE else MAP
            self.grid.set_tiles(output, map=name, shared=shared)
        self.pictures.setCurrentIndex(1 if vector else 0)
        self._set_bar(name, self.vector.scale if vector else self.grid.scale)
        self.heading.set_text(node_words(self.node, self.before), self._description(output))
        self.words.say(normalisation(name, shared=shared, vector=vector))
        self.bar.setToolTip(self.words.sentence)

    def _map(self, output: np.ndarray) -> str:
        """Ember from 0 up; Tide where there are negative values; Ink for the image of a dataset node."""
        assert self.result is not None
        if self.result.info.get("what") == "image":
            return colormap.IMAGE
        low = float(self.result.info.get("min", np.nanmin(output)))
        return colormap.SIGNED if low < 0 else colormap.POSITIVE

    def _set_bar(self, name: str, scale: Scale | None) -> None:
        self.bar.set_scale(name, scale, own=("−max", "+max") if name == colormap.SIGNED else ("0", "max"))

    def _description(self, output: np.ndarray) -> str:
        assert self.result is not None
        total = int(self.result.info.get("total", len(output)))
        highest = numbers.plain(float(self.result.info.get("max", np.nanmax(output))), 3)
        tail = f" · highest {highest} · " + (f"step {self.result.step:,}" if self.result.step else "initial weights")
        if output.ndim == 1:
            return f" · {total:,} values" + tail
        kind = str(self.result.info.get("what", "maps"))
        noun = {"activation maps": "map", "image": "channel"}.get(kind)
        what = f"{noun}{'' if total == 1 else 's'}" if noun else kind
        if what == "tokens × features":
            return f" · {output.shape[1]:,} tokens × {output.shape[2]:,} features" + tail
        count = f"{total:,} {what}" if len(output) == total else f"{len(output):,} of {total:,} {what}"
        return f" · {count} · {output.shape[1]}×{output.shape[2]}" + tail


def normalisation(name: str, *, shared: bool, vector: bool) -> str:
    """How colours stand for values, in words that fit beside the maps."""
    if name == colormap.IMAGE:
        return "Black is 0, white is 1"
    signed = name == colormap.SIGNED
    if vector or shared:
        return "One scale for all, " + (f"symmetric {ABOUT}" if signed else "0 to the highest")
    return "Each on its own scale, " + (f"symmetric {ABOUT}" if signed else "0 to its highest")
