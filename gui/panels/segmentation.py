"""The segmentation panel: image, truth, prediction, errors and probabilities of the pinned sample, live. Shows what probes bring."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.events import ProbeRequest, ProbeResult
from gui.controls import Caption, Combo, Pill
from gui.panels import segmentation_values as values
from gui.panels.heading import Heading
from gui.panels.picture_panel import PicturePanel
from gui.panels.sample import SamplePicker
from gui.plots import colormap
from gui.plots.class_legend import ClassLegend
from gui.plots.pixel_pictures import PixelPictures
from gui.plots.scale_bar import ScaleBar

NOTHING = "Segmentation needs a dataset with a mask for each image, such as Scenes or a mask folder, and a network that gives scores for every pixel."
IOU = "Intersection over union: pixels that are of a class and predicted so, over pixels that are either. – is a class that is nowhere."
INSET, BETWEEN = 11, 12  # px beside the page, and between the pictures and the legend
SIDE, BROAD, NARROW = 148, 210, 380  # px of the legend at the least and at most, and of a panel that has no room for it


class SegmentationPanel(PicturePanel):
    """`set_wanted` tells whether the document has masks at all. `lanes` names what it asks the engine for."""

    sampleChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("grid", NOTHING, parent)
        self.wanted = False
        self.picked, self.output = 1, ""
        self.outputs = Combo()
        self.outputs.setAccessibleName("Which output")
        self.heading, self.picker = Heading(), SamplePicker()
        self.names = Pill("names", checked=False)
        self.pictures, self.legend = PixelPictures(), ClassLegend()
        self.caption = Caption("", "t3", px=10.5)
        self.bar = ScaleBar(Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.heading, 1)
        top.addWidget(self.outputs)
        top.addWidget(self.names)
        self.outputs.hide()
        self.outputs.setToolTip("Which output of the network: errors and probabilities are those of this one")
        self.picker.setFixedWidth(104)
        top.addWidget(self.picker)
        self._lay_out_side()
        body = QHBoxLayout()
        body.setSpacing(BETWEEN)
        body.addWidget(self.pictures, 1)
        body.addWidget(self.side)
        page = QWidget()
        whole = QVBoxLayout(page)
        whole.setContentsMargins(INSET, 4, INSET, 4)
        whole.setSpacing(3)
        whole.addLayout(top)
        whole.addLayout(body, 1)
        self.set_page(page)
        self.names.setToolTip("Writes the classes into the pictures, for eyes that do not tell their colours apart")
        self.pictures.setToolTip("Double click: one picture alone")
        self.legend.setToolTip("Click a class to see how probable the network finds it at each pixel")

    def _lay_out_side(self) -> None:
        """Caption, classes and scale; many classes scroll."""
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        rows = QVBoxLayout(holder)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.legend)
        rows.addStretch()
        scroll.setWidget(holder)
        self.side = QWidget()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for widget in (self.caption, scroll, self.bar):
            column.addWidget(widget, int(widget is scroll))
        self.side.setFixedWidth(SIDE)

    def _connect(self) -> None:
        self.picker.sampleChanged.connect(self.sampleChanged)
        self.names.clicked.connect(self.redraw)
        self.outputs.textActivated.connect(self.choose_output)
        self.legend.classPicked.connect(self.pick)
        self.pictures.spotChanged.connect(self._follow_spot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.setVisible(self.width() >= NARROW)
        self._share()

    def _share(self) -> None:
        """The classes get what the pictures leave over, so that their names are whole."""
        room = self.width() - 2 * INSET - BETWEEN - SIDE
        self.side.setFixedWidth(min(SIDE + self.pictures.spare(room), BROAD) if self.pictures.pictures else SIDE)

    # The probe

    def lanes(self) -> dict[str, QWidget]:
        """What the panel asks the engine for, by name: the pixels, and the page of samples while it is open."""
        return {"segmentation": self, "segmentation-samples": self.picker.page}

    def set_wanted(self, wanted: bool) -> None:
        """Whether the document has a mask that a network could be compared with."""
        if wanted == self.wanted:
            return
        self.wanted, self.output = wanted, ""
        self.say("Waiting for the pixels of the sample." if wanted else NOTHING)

    def set_sample(self, sample: int) -> None:
        """Pins another sample, as a click would."""
        self.picker.choose(sample)

    def request(self) -> ProbeRequest | None:
        """The pixels of the pinned sample; of very many classes the picked one."""
        if not self.wanted:
            return None
        partial = self.result is not None and not self.result.info["whole"]
        return ProbeRequest("segmentation", self.output, sample=self.picker.sample, query=self.picked if partial else 0)

    def show_result(self, result: ProbeResult) -> None:
        """The pixels as of now."""
        if not self.wanted:
            return
        if "prediction" not in result.arrays:
            self.say(result.problem or NOTHING)
            return
        if self.result is None or self.result.info["class_names"] != result.info["class_names"]:
            self.names.setChecked(len(result.info["class_names"]) > values.FEW)
        self.result = result
        self.picked = min(self.picked, int(result.info["classes"]) - 1)
        if "samples" in result.info:
            self.picker.set_total(int(result.info["samples"]))
        self._offer(tuple(result.info.get("outputs", ())), str(result.info["output"]))
        self.redraw()
        self.show_page()

    def _offer(self, outputs: tuple[str, ...], current: str) -> None:
        """The outputs to choose from, where there are several."""
        if [self.outputs.itemText(index) for index in range(self.outputs.count())] != list(outputs):
            self.outputs.clear()
            self.outputs.addItems(list(outputs))
            self.outputs.setVisible(len(outputs) > 1)
        self.outputs.setCurrentText(current)

    # Choices

    def choose_output(self, name: str) -> None:
        """Looks at another output of the network."""
        self.output = name

    def pick(self, index: int) -> None:
        """Shows how probable a class is."""
        if index != self.picked:
            self.picked = index
            self.redraw()

    def _follow_spot(self, spot: tuple[int, int] | None) -> None:
        self._write()
        result, pictures = self.result, self.pictures
        if result is None or spot is None:
            pictures.explain(None)
        else:
            rect = pictures.pixel_rect(pictures.pointed, spot).toAlignedRect()
            pictures.explain((rect, *values.words_at(result, spot, picked=self.picked)))

    # The picture

    def redraw(self) -> None:
        """Everything from the latest answer and the switches."""
        result = self.result
        if result is None:
            return
        before = self.pictures.shape(), len(self.pictures.pictures)
        self.pictures.set_pictures(values.pictures(result, picked=self.picked, words=self.names.isChecked()))
        if before != (self.pictures.shape(), len(self.pictures.pictures)):
            self._share()
        self.legend.set_classes(result.info["class_names"], self.picked, ignored=bool(result.info["ignored"]))
        shown = values.probability(result, self.picked)
        self.bar.set_scale(colormap.POSITIVE, values.scale(result, shown) if shown is not None else values.SHARE)
        self.bar.setToolTip(f"Probability of {result.info['class_names'][self.picked]}: {result.info['origin']}")
        self.heading.set_text(str(result.info["output"]), values.description(result))
        self._write()

    def _write(self) -> None:
        """The numbers beside the classes: at the pixel under the pointer, else how well each class is found."""
        result, spot = self.result, self.pictures.spot
        if result is None:
            return
        if spot is not None:
            found, true = values.at_pixel(result, spot, picked=self.picked)
            self.caption.setText(values.words_at(result, spot, picked=self.picked)[0])
            self.legend.set_values(found, true)
        else:
            self.caption.setText("IoU in this sample")
            self.caption.setToolTip(IOU)
            self.legend.set_values(result.info.get("iou", ()))
        self.pictures.setAccessibleDescription(self.caption.text())
