"""The parameters of a block's definition as a table: name, default, bounds, and a line for another one. Edits nothing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.graph.model import Block, BlockParam
from gui import theme
from gui.controls import Caption, IconButton, NumberField
from gui.inspector.formula_field import value_words
from gui.inspector.line_field import LineField
from gui.inspector.rows import INSET

NAME = 76
WIDTHS = {"default": 46, "low": 36, "high": 60}  # px of the numbers
LIMIT = 1_000_000


class ParamTable(QWidget):
    """`edited(action, what)`: ("rename", (old, new)), ("change", (name, fields)), ("add", name), ("remove", name)."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.params: tuple[BlockParam, ...] = ()
        self.cells: dict[str, dict[str, QWidget]] = {}
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(INSET, 2, INSET - 6, 6)
        self.grid.setHorizontalSpacing(4)
        self.grid.setVerticalSpacing(4)
        self.grid.setColumnStretch(4, 1)
        self.heads = [Caption(word, "t3", px=10.5, parent=self) for word in ("Name", "Default", "From", "To")]
        for column, head in enumerate(self.heads):
            self.grid.addWidget(head, 0, column)
        self.fresh = LineField(self, "Name of a new parameter")
        self.fresh.setFixedWidth(NAME + 50)
        self.fresh.setPlaceholderText("New parameter")
        self.fresh.setToolTip("A whole number that values inside can follow: type = in a field, then its name")
        self.fresh.taken.connect(self.add)
        self.grid.addWidget(self.fresh, 999, 0, 1, 3)

    def add(self, name: str) -> None:
        self.fresh.show_text("")
        self.fresh.clear()
        if name:
            self.edited.emit("add", name)

    def show_block(self, block: Block) -> None:
        """Fills the table; its lines are made anew only when there are other parameters."""
        if [(p.name, p.kind) for p in block.params] != [(p.name, p.kind) for p in self.params]:
            for cells in self.cells.values():
                for cell in cells.values():
                    self.grid.removeWidget(cell)
                    cell.hide()
                    cell.deleteLater()
            self.cells = {param.name: self.line(index + 1, param) for index, param in enumerate(block.params)}
        self.params = block.params
        for param in block.params:
            for field, cell in self.cells[param.name].items():
                if isinstance(cell, NumberField):
                    shown = getattr(param, field)
                    cell.set_value(shown if shown is not None else 0 if field == "low" else LIMIT)
        for head in self.heads:
            head.setVisible(bool(block.params))

    def line(self, row: int, param: BlockParam) -> dict[str, QWidget]:
        """The cells of one parameter."""
        name = LineField(self, f"Name of the parameter {param.name}")
        name.setFixedWidth(NAME)
        name.show_text(param.name)
        name.taken.connect(lambda text, old=param.name: self.edited.emit("rename", (old, text)))
        cells: dict[str, QWidget] = {"name": name}
        if param.kind in ("int", "float"):
            for field in ("default", "low", "high"):
                number = NumberField(0, self, low=-LIMIT, high=LIMIT, integer=param.kind == "int")
                number.setFont(theme.mono(10))
                number.setFixedWidth(WIDTHS[field])
                number.setAccessibleName(f"{field} of {param.name}")
                number.committed.connect(lambda value, key=field, of=param.name: self.edited.emit("change", (of, {key: value})))
                cells[field] = number
        else:
            words = Caption(value_words(param.default), "t2", px=11, mono=True, parent=self)
            words.setToolTip(f"{param.kind}, {', '.join(param.choices)}" if param.choices else param.kind)
            cells["default"] = words
        gone = IconButton("close", f"Take {param.name} back inside, with its value", self, size=10, color="t3")
        gone.setFixedSize(QSize(18, 18))
        gone.clicked.connect(lambda _=False, of=param.name: self.edited.emit("remove", of))
        cells["remove"] = gone
        numbers = "high" in cells
        for column, field in enumerate(("name", "default", "low", "high") if numbers else ("name", "default")):
            self.grid.addWidget(cells[field], row, column, 1, 1 if numbers or not column else 3)
        self.grid.addWidget(gone, row, 5)
        for cell in cells.values():
            cell.show()
        return cells
