"""The inspector's rows for how one node learns: the factor on its learning rate, and whose weights it shares. Writes no document."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from engine.graph.model import Node
from gui.controls import Combo, NumberField
from gui.inspector.fields import NUMBER, WIDTH
from gui.inspector.rows import FormRow, Section

OWN = "its own"
FACTOR_HELP = "Multiplies the learning rate for the weights of this layer: below 1 for layers that are already good."
SHARES_HELP = "Uses the weights of another layer instead of its own: both always have the same, and they count once."


class LearningRows(QWidget):
    """`changed` carries fields of the node; `committed` ends an undo step. The rows stand in the section that is given."""

    changed = Signal(object)
    committed = Signal()

    def __init__(self, section: Section) -> None:
        super().__init__(section)
        self.hide()  # holds no pixels: the rows are the section's
        self.factor = NumberField(1.0, section, low=0.0, high=1e6, integer=False, log=True, arrows=True)
        self.factor.setFixedWidth(NUMBER)
        self.factor.setAccessibleName("Learning rate factor")
        self.factor.valueEdited.connect(lambda value: self.changed.emit({"lr_factor": float(value)}))
        self.factor.committed.connect(lambda _: self.committed.emit())
        self.shares = Combo([OWN], section)
        self.shares.setFixedWidth(WIDTH)
        self.shares.setAccessibleName("Weights")
        self.shares.activated.connect(lambda index: self.changed.emit({"shares": self.shares.itemData(index) or ""}))
        self.factor_row = FormRow("Rate factor", self.factor, section, help_text=FACTOR_HELP)
        self.factor_row.resetClicked.connect(lambda: (self.changed.emit({"lr_factor": 1.0}), self.committed.emit()))
        self.shares_row = FormRow("Weights", self.shares, section, help_text=SHARES_HELP)
        self.shares_row.resetClicked.connect(lambda: self.changed.emit({"shares": ""}))
        section.add(self.factor_row)
        section.add(self.shares_row)

    def show_node(self, node: Node) -> None:
        """Shows the values of `node`; what the user is typing stays."""
        if not self.factor.busy:
            self.factor.set_value(node.lr_factor)
        self.factor_row.set_changed(node.lr_factor != 1)
        self.shares_row.set_changed(bool(node.shares))

    def show_choices(self, node: Node, names: Sequence[str], *, learns: bool) -> None:
        """Whose weights `node` could share: these nodes. Without weights of any kind there is nothing to set."""
        offered = [*names, *([node.shares] if node.shares and node.shares not in names else [])]
        with QSignalBlocker(self.shares):
            if [self.shares.itemData(i) for i in range(1, self.shares.count())] != offered:
                self.shares.clear()
                self.shares.addItem(OWN, "")
                for name in offered:
                    self.shares.addItem(f"those of {name}", name)
            self.shares.setCurrentIndex(max(0, self.shares.findData(node.shares)))
        self.factor_row.setVisible(learns and not node.shares)
        self.shares_row.setVisible(bool(node.shares) or (learns and bool(offered)))
