"""The views panel: the ring of views of the pinned shape, which of them wins the pooled features, and what each says alone, live."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.events import ProbeRequest, ProbeResult
from gui.controls import Caption
from gui.panels import views_values as values
from gui.panels.heading import Heading
from gui.panels.picture_panel import PicturePanel
from gui.panels.sample import SamplePicker
from gui.plots.view_bars import ViewBars
from gui.plots.view_ring import ViewRing

NOTHING = "Views needs a dataset of shapes seen from several sides, such as Shapes 3D, a mesh folder or a view folder."


class ViewsPanel(PicturePanel):
    """`set_wanted` tells whether the document has views at all. `lanes` names what it asks the engine for."""

    sampleChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("multi-view", NOTHING, parent)
        self.wanted, self.pool = False, ""
        self.heading, self.picker = Heading(), SamplePicker()
        self.guess = Caption("", "t2", px=11, weight=600)
        self.ring, self.bars = ViewRing(), ViewBars()
        self.words = Caption("", "t2", px=10.5)
        self.view_words = Caption("", "t2", px=10.5)
        self._lay_out()
        self.picker.sampleChanged.connect(self.sampleChanged)
        for source in (self.ring, self.bars):
            source.viewChosen.connect(self.choose)
            source.viewPointed.connect(self.point)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.heading, 1)
        top.addWidget(self.guess)
        self.picker.setFixedWidth(104)
        top.addWidget(self.picker)
        self.side = QWidget()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for caption in (self.view_words, self.words):
            caption.setWordWrap(True)
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.view_words)
        column.addWidget(self.bars, 1)
        column.addWidget(self.words)
        self.body = QHBoxLayout()
        self.body.setSpacing(12)
        self.body.addWidget(self.ring, 1)
        self.body.addWidget(self.side)
        page = QWidget()
        whole = QVBoxLayout(page)
        whole.setContentsMargins(12, 4, 10, 4)
        whole.setSpacing(3)
        whole.addLayout(top)
        whole.addLayout(self.body, 1)
        self.set_page(page)
        self.view_words.setFixedHeight(30)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.setFixedWidth(min(max(self.width() * 42 // 100, 130), 640))

    # The probe

    def lanes(self) -> dict[str, QWidget]:
        """What the panel asks the engine for, by name: the views, and the page of samples while it is open."""
        return {"views": self, "views-samples": self.picker.page}

    def set_wanted(self, wanted: bool) -> None:
        """Whether the document has shapes with several views."""
        if wanted == self.wanted:
            return
        self.wanted = wanted
        self.say("Waiting for the views of the shape." if wanted else NOTHING)

    def set_node(self, path: str) -> None:
        """Which view pooling is looked at, where there are several; "" for the first."""
        self.pool = path

    def set_sample(self, sample: int) -> None:
        """Pins another sample, as a click would."""
        self.picker.choose(sample)

    def request(self) -> ProbeRequest | None:
        """The views of the pinned shape."""
        return ProbeRequest("views", self.pool, sample=self.picker.sample) if self.wanted else None

    def show_result(self, result: ProbeResult) -> None:
        """The views as of now."""
        if not self.wanted:
            return
        if "views" not in result.arrays:
            self.say(result.problem or NOTHING)
            return
        self.result = result
        if "samples" in result.info:
            self.picker.set_total(int(result.info["samples"]))
        if result.info["apart"]:
            self.ring.set_chosen(int(result.info["index"]) - int(result.info["first"]))  # the pinned sample is one of the views
        self.redraw()
        self.show_page()

    # Choices

    def choose(self, view: int) -> None:
        """Shows a view large; where views are samples of their own, pins it."""
        if self.result is not None and self.result.info["apart"]:
            self.picker.choose(int(self.result.info["first"]) + view)
        self.ring.set_chosen(view)
        self._mark()

    def point(self, view: int) -> None:
        """Lights a view up in the ring and in the bars, and tells about it."""
        self.ring.set_pointed(view)
        self._mark()

    def _mark(self) -> None:
        self.bars.set_marks(self.ring.chosen, self.ring.pointed)
        if self.result is not None:
            view = self.ring.pointed if 0 <= self.ring.pointed < int(self.result.info["views"]) else self.ring.chosen
            self.view_words.setText("\n".join(values.words_of(self.result, view)))

    # The picture

    def redraw(self) -> None:
        """Everything from the latest answer."""
        result = self.result
        if result is None:
            return
        self.ring.set_views(result.arrays["views"], values.shares(result))
        self.bars.set_charts(values.charts(result), int(result.info["views"]))
        words, right = values.guess(result)
        self.guess.setText(words)
        self.guess.set_color({True: "ok", False: "err", None: "t2"}[right])
        self.words.setText(values.pooling(result))
        self.words.setToolTip(self.words.text())
        truth = result.info.get("label_name")
        self.heading.set_text(f"truly {truth}" if truth else f"shape {result.info['index']}", values.description(result))
        self._mark()
