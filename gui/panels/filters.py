"""The filters panel: all filters of a layer, live, on an honest scale. Shows what probes bring; reads no module."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.events import ProbeRequest, ProbeResult
from engine.layers.spec import LayerType
from gui.controls import Caption, Combo, Segments
from gui.panels import filter_views
from gui.panels.heading import Heading, node_words
from gui.panels.note import Note
from gui.panels.picture_panel import PicturePanel
from gui.plots import colormap, numbers
from gui.plots.colormap import Scale
from gui.plots.scale_bar import ScaleBar
from gui.plots.tiles import TileGrid

LIMIT = 1024  # filters, and input channels, that are asked for: all of any usual layer
NOTHING = "Select a convolution or a linear layer to see its filters."


class FiltersPanel(PicturePanel):
    """`set_node` chooses the layer; a layer without weights leaves the last one in place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("filters", NOTHING, parent)
        self.node = ""
        self.layer_type: LayerType | None = None
        self.scale_words = ""
        self.heading = Heading()
        self.channel = Combo()
        self.sharing = Segments([("shared", "shared scale"), ("each", "each")])
        self.grid = TileGrid("filter")
        self.bar = ScaleBar()
        self.words = Note("t3", wrap=True)
        self.change_words, self.change = Caption("", "t3"), Note("t1", mono=True)
        self._lay_out()
        self.channel.activated.connect(self.redraw)
        self.sharing.currentChanged.connect(self.redraw)
        self.grid.laidOut.connect(self._place_bar)
        self.grid.laidOut.connect(lambda *_: self._write())
        self.channel.setAccessibleName("Input channel")
        self.channel.setToolTip("Which input channel of each filter is shown")
        self.change.setToolTip(
            "Length of the difference between all weights of this layer and those before the first step, divided by the length of those (Euclidean norms)."
        )

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 4)
        top.setSpacing(8)
        top.addWidget(self.heading, 1)
        top.addWidget(self.channel)
        top.addWidget(self.sharing)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.grid, 1)
        middle.addSpacing(self.bar.sizeHint().width())  # the bar stands beside the last tile, wherever that is
        change = QHBoxLayout()
        change.setSpacing(5)
        change.addWidget(self.change_words)
        change.addWidget(self.change, 1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 3, 10, 8)
        column.setSpacing(3)
        column.addLayout(top)
        column.addLayout(middle, 1)
        column.addSpacing(3)
        column.addWidget(self.words)
        column.addLayout(change)
        self.bar.setParent(page)
        self.set_page(page)

    def _place_bar(self, width: int, height: int) -> None:
        scrolls = height > self.grid.height()
        left = self.grid.x() + (self.grid.width() if scrolls else min(width, self.grid.width())) + 12
        self.bar.setGeometry(left, self.grid.y() + 2, self.bar.sizeHint().width(), min(max(height - 4, 48), self.grid.height() - 4, 112))

    # The probe

    def set_node(self, node_id: str, layer_type: LayerType | None) -> None:
        """Chooses the layer to look at; "" for none. One without weights changes nothing while another is shown."""
        if not node_id:
            self.node, self.layer_type = "", None
            self.say(NOTHING)
            return
        if layer_type is None or "filters" not in layer_type.probes:
            if not self.node:
                self.say(NOTHING)
            return
        if node_id != self.node:
            self.node, self.layer_type = node_id, layer_type
            self.say(f"Waiting for the weights of {node_id}.")

    def request(self) -> ProbeRequest | None:
        """What the panel wants to see."""
        return ProbeRequest("filters", self.node, limit=LIMIT) if self.node else None

    def show_result(self, result: ProbeResult) -> None:
        """The layer's weights as of now."""
        if result.request.node != self.node:
            return
        weight = result.arrays.get("weight")
        if weight is None or not weight.size:
            self.say(result.problem or f"{self.node} has no weights.")
            return
        fresh = self.result is None or self._weight().shape != weight.shape
        self.result = result
        if fresh:
            self._offer_channels(weight.shape)
        self.redraw()
        self.show_page()

    def _weight(self) -> np.ndarray:
        assert self.result is not None
        return self.result.arrays["weight"]

    # The picture

    def _offer_channels(self, shape: tuple[int, ...]) -> None:
        options = filter_views.choices(shape)
        self.channel.clear()
        for name, caption in options:
            self.channel.addItem(caption, name)
        self.channel.setVisible(bool(options))
        self.sharing.setVisible(len(shape) == 4)

    def redraw(self) -> None:
        """Tiles, scale and words from the latest weights and the switches."""
        if self.result is None:
            return
        weight, choice = self._weight(), self.channel.currentData() or ""
        matrix = weight.ndim == 2
        shared = matrix or self.sharing.current() == "shared"
        tiles = filter_views.tiles_of(weight, choice)
        colour = tiles.ndim == 4
        names = filter_views.names_of(weight, choice, rows=self._rows())
        self.grid.set_tiles(tiles, map=colormap.SIGNED, shared=shared, names=names, scale=self._scale(), matrix=matrix)
        self.bar.set_scale(colormap.IMAGE if colour else colormap.SIGNED, self.grid.scale, own=("−max", "+max"))
        self.heading.set_text(node_words(self.node), self._description(weight))
        noun = "matrix" if matrix else "kernel" if choice == filter_views.PAIRS else "row" if self._rows() else "filter"
        scale = filter_views.normalisation(noun, len(tiles), shared=shared, colour=colour)
        self.scale_words = f"{scale} · {self._moment()}"
        self._write()
        moved = self.result.info.get("moved")
        self.change_words.setText("" if moved is None else "Change since initialisation")
        self.change.setText("" if moved is None else f"|Δw| / |w₀| = {numbers.plain(float(moved), 3)}")

    def _write(self) -> None:
        """How colours stand for values, and what part of them the panel has room for."""
        if self.result is not None:
            self.words.setText(f"{self.scale_words}{self._thinning()}")

    def _scale(self) -> Scale:
        """Symmetric about 0 and as wide as the whole parameter, so that input channels can be compared."""
        assert self.result is not None
        ends = [abs(float(self.result.info.get(name, 0.0))) for name in ("min", "max")]
        end = max(ends) or colormap.scale_of(self._weight(), colormap.SIGNED).high
        return Scale(-end, end)

    def _rows(self) -> bool:
        """Whether the tiles are what the outputs of a linear layer weigh each pixel with."""
        assert self.result is not None
        return self.result.info.get("what") == "rows as images"

    def _description(self, weight: np.ndarray) -> str:
        assert self.result is not None
        total = int(self.result.info.get("total", len(weight)))
        if weight.ndim == 2:
            return f" · weight matrix · {total:,} outputs × {int(self.result.info.get('channels', weight.shape[1])):,} inputs"
        rows = " rows as images" if self._rows() else ""
        return f" · {len(weight):,} of {total:,}{rows} · {weight.shape[2]}×{weight.shape[3]}"

    def _moment(self) -> str:
        assert self.result is not None
        return f"step {self.result.step:,}" if self.result.step else "initial weights"

    def _thinning(self) -> str:
        """What part of a large matrix is seen: the engine sends some of its rows and columns, and the grid shows those that there is room for."""
        assert self.result is not None
        down, across = self.result.info.get("every", (1, 1))
        again = self.grid.layout_now().every
        parts = [f"1 in {k * again} {what}" for k, what in ((down, "rows"), (across, "columns")) if k * again > 1]
        return f" · showing {' and '.join(parts)}" if parts else ""
