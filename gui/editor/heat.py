"""The heat overlay: which nodes hold the parameters, the multiply-accumulates, the memory or the time. Colours nodes; measures nothing itself."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.events import ProbeRequest, ProbeResult
from gui import theme
from gui.editor import ink
from gui.editor.explain import big, percent, size_text

if TYPE_CHECKING:
    from gui.editor.view import Canvas

DECADES = 3.0  # the coldest colour stands for a thousandth of the hottest node, and for less
QUANTITIES = {"parameters": "Parameters", "macs": "MACs per sample", "memory": "Memory per sample", "time": "Forward time"}
WAITING = "Measuring needs a network that can be built, and its data."


@dataclass(frozen=True, slots=True)
class Warmth:
    """What one node shows: `level` 0..1 on the colour map (log scale), its value and its share of the total, in words."""

    level: float
    value: str
    share: str


def warmths(amounts: Mapping[str, float], quantity: str) -> dict[str, Warmth]:
    """Each node's warmth; nodes without any of the quantity stay cold and unmarked."""
    total, most = math.fsum(amounts.values()), max(amounts.values(), default=0.0)
    found = {}
    for name, amount in amounts.items():
        if amount > 0:
            level = max(0.0, 1 + math.log10(amount / most) / DECADES)
            found[name] = Warmth(level, written(amount, quantity), percent(amount / total))
    return found


def written(amount: float, quantity: str) -> str:
    """An amount with its unit."""
    if quantity == "time":
        return f"{amount:.2f} ms" if amount < 10 else f"{amount:.0f} ms" if amount < 1000 else f"{amount / 1000:.1f} s"
    return size_text(round(amount)) if quantity == "memory" else big(round(amount))


def times_of(result: ProbeResult, level: str = "") -> dict[str, float]:
    """Milliseconds of each node of one level: what happens inside a block counts for its instance. `level` is the path of the instance one looks into."""
    spent: dict[str, float] = defaultdict(float)
    front = f"{level}/" if level else ""
    for path, milliseconds in zip(result.info.get("nodes", ()), result.arrays.get("milliseconds", ()), strict=True):
        if str(path).startswith(front):
            spent[str(path)[len(front) :].partition("/")[0].partition(".")[0]] += float(milliseconds)
    return dict(spent)


class Heat(QObject):
    """`quantity` is one of QUANTITIES, or nothing. As a viewer of the bridge it asks for times while they are wanted."""

    changed = Signal(str)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.quantity = ""
        self.total = 0.0
        self.times: ProbeResult | None = None
        self.shown: dict[str, Warmth] = {}
        self.legend = Legend(self)

    def show_quantity(self, quantity: str) -> None:
        """Colours the nodes by another quantity, or not at all."""
        if quantity != self.quantity:
            self.quantity = quantity
            self.refresh()
            self.changed.emit(quantity)

    def refresh(self) -> None:
        """Colours anew, after an analysis or a measurement."""
        amounts = self.amounts()
        self.total = math.fsum(amounts.values())
        self.shown = warmths(amounts, self.quantity)
        self.canvas.network.heated = bool(self.shown)
        for name, item in self.canvas.network.nodes.items():
            item.tell(warmth=self.shown.get(name))
        self.legend.settle()
        self.canvas.minimap.mark()
        self.canvas.viewport().update()

    def amounts(self) -> dict[str, float]:
        """How much of the quantity each node has, as far as it is known."""
        if self.quantity == "time":
            known = times_of(self.times, self.canvas.network.document.path) if self.times is not None else {}
            return {name: known[name] for name in self.canvas.network.nodes if name in known}
        found = {name: item.facts for name, item in self.canvas.network.nodes.items() if item.facts is not None and self.quantity}
        return {name: float(getattr(facts, self.quantity)) for name, facts in found.items()}

    # -- as a viewer of the bridge -----------------------------------------------------------------------------------
    def isVisible(self) -> bool:
        return self.quantity == "time" and self.canvas.isVisible()

    def request(self) -> ProbeRequest | None:
        return ProbeRequest("timing")

    def show_result(self, result: ProbeResult) -> None:
        self.times = None if result.problem else result
        self.refresh()


class Legend(QWidget):
    """The colours with their ends and the total, at the canvas's lower left."""

    def __init__(self, heat: Heat) -> None:
        super().__init__(heat.canvas)
        self.heat = heat
        self.setFixedSize(236, 58)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def settle(self) -> None:
        """Stands in the corner while there is something to explain."""
        self.setVisible(bool(self.heat.quantity))
        self.move(10, self.heat.canvas.height() - self.height() - 10)
        self.setAccessibleName(f"{self.heading()} {self.remark()}")
        self.update()

    def heading(self) -> str:
        return QUANTITIES.get(self.heat.quantity, "")

    def remark(self) -> str:
        """The total, or why there is none."""
        if not self.heat.shown:
            return WAITING if self.heat.quantity == "time" else "Nothing to show."
        batch = ""
        if self.heat.quantity == "time" and self.heat.times is not None:
            batch = f" for {self.heat.times.info['samples']} samples"
        return f"{written(self.heat.total, self.heat.quantity)} in all{batch}"

    def paintEvent(self, event: QPaintEvent) -> None:
        t, tools = theme.current(), ink.get()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(t.color("line2"))
        painter.setBrush(t.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(t.color("t1"))
        painter.setFont(theme.font(11, 600))
        painter.drawText(QRectF(10, 4, 120, 18), Qt.AlignmentFlag.AlignVCenter, self.heading())
        painter.setPen(t.color("t2"))
        painter.setFont(theme.font(10.5))
        painter.drawText(QRectF(100, 4, self.width() - 110, 18), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.remark())
        wide = self.width() - 20
        for x in range(wide):
            painter.fillRect(QRectF(10 + x, 25, 1.2, 8), tools.heat(x / (wide - 1)))
        painter.setPen(t.color("t3"))
        painter.setFont(theme.mono(10))
        for share, words in ((0.0, "≤ 1/1000"), (1.0, "most")):
            side = Qt.AlignmentFlag.AlignRight if share else Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(10, 36, wide, 16), side | Qt.AlignmentFlag.AlignVCenter, words)
        painter.drawText(QRectF(10, 36, wide, 16), Qt.AlignmentFlag.AlignCenter, "log scale")
        painter.end()
