"""The attention panel: where the tokens of the pinned sample look, live, in every head. Shows what probes bring; reads no module."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.events import ProbeRequest, ProbeResult
from engine.layers.spec import LayerType
from gui.controls import Pill, Segments
from gui.panels import attention_paths as paths
from gui.panels import attention_values as looks
from gui.panels.attention_body import AttentionBody
from gui.panels.attention_paths import Look
from gui.panels.attention_switch import NodeSwitch
from gui.panels.attention_values import HEADS, POSITIONS, SCORES, SOFTMAX
from gui.panels.heading import Heading
from gui.panels.picture_panel import PicturePanel
from gui.panels.tool_row import ToolRow
from gui.plots import colormap
from gui.plots.token_grid import TokenGrid

NOTHING = "Select an attention node: MultiHeadAttention, CrossAttention, ScaledDotProduct, or a Softmax over the scores of a MatMul."


class AttentionPanel(PicturePanel):
    """`set_node` chooses the attention; other nodes leave the last one in place. `lanes` names what it asks the engine for."""

    nodeChosen = Signal(str)
    sampleChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("attention", NOTHING, parent)
        self.node = ""
        self.looks: tuple[Look, ...] = ()  # all attention of the document
        self.order = 0  # of the patches; 0: their own
        self.query, self.head = -1, -1  # -1: the first patch in the middle of the image, and the mean of all heads
        self.switch, self.heading = NodeSwitch(), Heading()
        self.show_what = Segments([(HEADS, "heads"), ("mean", "mean"), ("rollout", "rollout"), (POSITIONS, "positions")])
        self.show_values = Segments([(SOFTMAX, "softmax"), (SCORES, "scores")])
        self.scaled = Pill("÷ √d")
        self.shuffle = Pill("shuffle patches", checked=False)
        self.body = AttentionBody()
        self.picker = self.body.picker
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.tools = ToolRow((self.switch, self.show_what, self.show_values, self.scaled, self.shuffle), self.heading)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 4, 10, 4)
        column.setSpacing(4)
        column.addWidget(self.tools)
        column.addWidget(self.body, 1)
        self.set_page(page)
        self.show_what.setToolTip("Every head, their mean, the rollout through all blocks up to here, or how alike the places of tokens are")
        self.show_values.setToolTip("Weights after softmax, or the scores before it")
        self.scaled.setToolTip("Divides the scores by the root of a head's features, so that softmax is not too peaked. Switch it to see what it does.")
        self.shuffle.setAccessibleName("Shuffle patches")
        self.shuffle.setToolTip("Patches change places before the network sees them: without places it would say the same. Off shows the image as it is.")
        self.body.scale.setToolTip("The scale of the token × token matrix")

    def _connect(self) -> None:
        body = self.body
        self.switch.nodeChosen.connect(self.nodeChosen)
        body.entropy.nodeClicked.connect(self.nodeChosen)
        for switch in (self.show_what, self.show_values):
            switch.currentChanged.connect(self.redraw)
        self.scaled.toggled.connect(self.redraw)
        self.shuffle.clicked.connect(self._mix)
        body.image.queryChosen.connect(self.choose_query)
        body.matrix.queryChosen.connect(self.choose_query)
        body.heads.headClicked.connect(self._choose_head)
        body.picker.sampleChanged.connect(self.sampleChanged)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.shuffle.setText("shuffle patches" if self.width() >= 800 else "shuffle")
        self.shuffle.updateGeometry()

    # The probe

    def lanes(self) -> dict[str, QWidget]:
        """What the panel asks the engine for, by name: the attention, and the page of samples while it is open."""
        return {"attention": self, "attention-samples": self.body.picker.page}

    def set_looks(self, looks: tuple[Look, ...]) -> None:
        """All attention of the document, for names and for the choice among them."""
        if looks != self.looks:
            self.looks = looks
            if self.result is not None:
                self._offer(self.result)

    def set_node(self, node_id: str, layer_type: LayerType | None) -> None:
        """Chooses the attention node by its path; "" for none. Any other node changes nothing."""
        if not node_id:
            self.node = ""
            self.say(NOTHING)
        elif layer_type is not None and ("attention" in layer_type.probes or layer_type.id == "softmax") and node_id != self.node:
            known = self.result is not None and node_id in self.result.info["nodes"]
            self.node, self.head = node_id, -1
            if not known:  # else the pictures of the other node stay until the new ones come
                self.say(f"Waiting for the attention of {node_id}.")
        elif not self.node:
            self.say(NOTHING)

    def set_sample(self, sample: int) -> None:
        """Pins another sample, as a click would."""
        self.body.picker.choose(sample)

    def request(self) -> ProbeRequest | None:
        """The attention of the chosen node for the pinned sample; with very many tokens, of the query only."""
        if not self.node:
            return None
        partial = self.result is not None and not self.result.info["whole"]
        query = max(self.query, 0) if partial else 0
        return ProbeRequest("attention", self.node, sample=self.body.picker.sample, query=query, shuffle=self.order if self.shuffle.isChecked() else 0)

    def show_result(self, result: ProbeResult) -> None:
        """The attention as of now."""
        if result.request.node != self.node:
            return
        if "weights" not in result.arrays:
            self.say(result.problem or f"{self.node} has no attention to show.")
            return
        before = looks.grids(self.result)[0] if self.result is not None else TokenGrid()
        if self.result is None or self.result.request.node != result.request.node:
            self.scaled.blockSignals(True)
            self.scaled.setChecked(looks.usual(result))  # as in the network, until somebody switches
            self.scaled.blockSignals(False)
        self.result = result
        cells = looks.grids(result)[0]
        if self.query < 0 or cells != before:
            self.query = min(self.query, cells.tokens - 1) if 0 <= self.query < cells.tokens and not before.tokens else first_query(cells)
        if "samples" in result.info:
            self.body.picker.set_total(int(result.info["samples"]))
        self._offer(result)
        self.redraw()
        self.show_page()

    def _offer(self, result: ProbeResult) -> None:
        self.switch.set_looks(paths.known(self.looks, result.info["nodes"]), self.node)
        placed = int(result.info["query_grid"][1]) > 0
        self.shuffle.setEnabled(placed)
        self.shuffle.setChecked(self.shuffle.isChecked() and placed)
        possible = [name for name, _ in looks.offered(result)]
        if self.show_what.current() not in possible:
            self.show_what.set_current(HEADS)
        self.scaled.setText(f"÷ √{result.info['features']}")

    # Choices

    def choose_query(self, token: int) -> None:
        """The token that asks."""
        if self.result is not None and 0 <= token < int(self.result.info["tokens"]) and token != self.query:
            self.query = token
            self.redraw()

    def _mix(self, on: bool) -> None:
        """Each time that the patches are shuffled, they get another order; the picture follows with the next answer."""
        self.order += int(on)

    def _choose_head(self, head: int) -> None:
        self.head = -1 if head == self.head or self.show_what.current() != HEADS else head
        self.redraw()

    # The picture

    def redraw(self) -> None:
        """Everything from the latest answer and the switches."""
        result = self.result
        if result is None:
            return
        show = self.show_what.current()
        if show not in [name for name, _ in looks.offered(result)]:
            self.show_what.set_current(HEADS)
            show = HEADS
        plain = show in (HEADS, "mean")
        self.show_values.setEnabled(plain)
        self.scaled.setEnabled(plain)
        whose = result.request.query if not result.info["whole"] else self.query
        view = looks.view_of(result, show, values=self.show_values.current(), scaled=self._scaled(), query=self.query, head=self.head)
        queries, keys = looks.grids(result)
        keys = queries if show == POSITIONS else keys
        body, image = self.body, result.arrays.get("input")
        body.image.set_sample(image, queries)
        body.image.set_query(self.query)
        body.heads.set_maps(view.maps, keys, image=image, names=view.names, map=view.map)
        same = show == POSITIONS or result.info["query_grid"] == result.info["key_grid"]
        body.heads.set_marks(whose if same else -1, self.head if show == HEADS else -1)
        body.matrix.set_values(view.matrix, queries=queries, keys=keys, map=view.map if result.info["whole"] else colormap.POSITIVE,
                               scale=view.scale, every=view.every)  # fmt: skip
        body.matrix.set_query(self.query)
        body.scale.set_scale(view.map, view.scale)
        rows = tuple(result.info["entropies"]) or self._own_entropy(result)
        body.entropy.set_rows(rows, self.node, {row[0]: paths.short_name(self.switch.looks, row[0]) for row in rows})
        self._write(result, view, cells=queries)
        body.place()

    def _scaled(self) -> bool:
        """Whether scores are divided: pressed means as the button says, whatever the network does."""
        return self.scaled.isChecked()

    def _own_entropy(self, result: ProbeResult) -> tuple:
        most = looks.most_entropy(result)
        return ((self.node, most, tuple(float(value) for value in result.arrays["entropy"])),)

    def _write(self, result: ProbeResult, view: looks.View, *, cells: TokenGrid) -> None:
        body, info = self.body, result.info
        patches = f"{cells.rows} × {cells.columns} patches"
        what = "Shuffled" if "order" in info else "Image"
        body.say(body.titles[0], *((f"{what}, {patches}", patches, what) if cells.placed else (f"{cells.tokens} tokens",)))
        body.notes[0].setText("click a query" if cells.placed else "no grid")
        body.notes[0].setToolTip(str(info["query_what"]))
        count = len(view.maps)
        wanted = ("Where the query looks", "Query looks at", "Looks") if self.show_what.current() != POSITIONS else ("Places like the query's", "Like places")
        body.say(body.titles[1], *wanted)
        body.notes[1].setText(f"{count} heads" if count > 1 else "")
        body.notes[2].setText(view.title)
        body.notes[3].setText(f"0 … ln {info['keys']} = {looks.most_entropy(result):.2f}")
        short = cells.name(self.query, short=True)
        body.say(body.query, f"Query: {cells.name(self.query)}", cells.name(self.query), short, short.split()[-1])
        body.query.setToolTip(str(info["query_what"]))
        right = looks.guess(result)[1]
        body.say(body.guess, *looks.guesses(result))
        body.guess.set_color({True: "ok", False: "err", None: "t2"}[right])
        scale = "0 to its max" if view.map == colormap.POSITIVE else "symmetric about 0"
        wanted = (f"Each map on its own scale, {scale}", "Each map on its own scale", "own scales")
        body.say(body.key, *(wanted if cells.placed else (str(info["key_what"]), "No grid: tokens in their order", "no grid")))
        body.key.setToolTip(str(info["key_what"]))
        body.rows.setText(view.words)
        body.rows.setToolTip(view.words)
        body.bars.setText("Short bar: peaked, looks at few tokens. Full bar: looks everywhere alike.")
        body.card.set_parts(looks.formula(result, scaled=self._scaled()))
        named = self.switch.nested and not self.switch.isHidden()  # the choice says it already
        self.heading.set_text("" if named else paths.name_of(self.switch.looks, self.node), looks.moment(result) if named else f" · {looks.moment(result)}")
        self.heading.setToolTip(f"{self.node} · {looks.moment(result)}")


def first_query(cells: TokenGrid) -> int:
    """Where the query begins: the patch in the middle of the image, else the first token."""
    return max(cells.token((cells.rows - 1) // 2, (cells.columns - 1) // 2), 0) if cells.placed else 0
