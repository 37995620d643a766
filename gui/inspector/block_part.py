"""The inspector's section about a block's definition: title, uses, which values follow its parameters, and what to do with it. Edits nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from engine.graph.expression import Expression
from engine.graph.model import Block, block_of
from gui.controls import ActionButton, Caption
from gui.inspector.fields import WIDTH
from gui.inspector.line_field import LineField
from gui.inspector.param_table import ParamTable
from gui.inspector.rows import INSET, FormRow, Section

BUTTONS = (
    ("open", "Open", "block", "The inside of this block (Enter)"),
    ("unique", "Make unique", "unlink", "Gives this block a definition of its own: what is edited in it changes no other"),
    ("expand", "Expand", "expand", "The block's own nodes in its place (Ctrl+Shift+G)"),
    ("save", "Save to palette", "save", "Keeps the definition in your own palette, for other projects"),
)
MOST = 12  # lines of what follows parameters


def spoken(block: Block) -> list[str]:
    """`conv1.stride = stride` for each value inside that follows the block's parameters."""
    return [f"{node.id}.{name} = {value}" for node in block.nodes for name, value in node.params.items() if isinstance(value, Expression)]


class BlockPart(QWidget):
    """`wanted(action)`: a button (open, unique, expand, save). `defined(action, what)`: of the definition, for all instances:
    ("head", {"title": ..., "doc": ...}), and what `ParamTable.edited` tells of its parameters."""

    wanted = Signal(str)
    defined = Signal(str, object)

    def __init__(self, section: Section) -> None:
        super().__init__(section)
        self.section = section
        self.title = LineField(section, "Title of the definition")
        self.doc = LineField(section, "What the block does")
        for field, key in ((self.title, "title"), (self.doc, "doc")):
            field.setFixedWidth(WIDTH)
            field.taken.connect(lambda text, name=key: self.defined.emit("head", {name: text}))
        section.add(FormRow("Definition", self.title, section, help_text="What all instances are called that have no caption of their own."))
        section.add(FormRow("Description", self.doc, section, help_text="One sentence for tooltips and for the palette."))
        self.caption = Caption("Used inside", "t3", px=10.5, parent=self)
        self.lines = Caption("", "t2", px=10.5, mono=True, parent=self)
        self.lines.setWordWrap(True)
        self.lines.setContentsMargins(0, 0, 0, 8)
        self.lines.setToolTip("Values inside that follow the parameters of this block")
        self.buttons: dict[str, ActionButton] = {}
        grid = QGridLayout()
        grid.setSpacing(6)
        for index, (action, text, icon, tip) in enumerate(BUTTONS):
            button = ActionButton(text, icon, self)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, name=action: self.wanted.emit(name))
            grid.addWidget(button, index // 2, index % 2)
            self.buttons[action] = button
        box = QVBoxLayout(self)
        box.setContentsMargins(INSET, 6, INSET, 6)
        box.setSpacing(2)
        box.addWidget(self.caption)
        box.addWidget(self.lines)
        box.addLayout(grid)
        self.table = ParamTable(section)
        self.table.edited.connect(self.defined)
        section.add(self.table)
        section.add(self)

    def show_block(self, block: Block, uses: int, *, opened: bool) -> None:
        """The definition of the instance that is shown; `opened` while one is inside of it."""
        self.title.show_text(block.title)
        self.doc.show_text(block.doc)
        self.section.set_remark("1 use" if uses == 1 else f"{uses} uses · edit once, all follow")
        self.table.show_block(block)
        self.table.setVisible(opened)
        lines = spoken(block)
        more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
        self.lines.setText("\n".join([*lines[:MOST], *more]))
        for label in (self.caption, self.lines):
            label.setVisible(bool(lines))
        inner = sum(bool(block_of(node.type)) for node in block.nodes)
        self.buttons["open"].setToolTip(f"{BUTTONS[0][3]}: {len(block.nodes)} nodes" + (f", {inner} of them blocks" if inner else ""))
        self.buttons["open"].setEnabled(not opened)
        self.buttons["expand"].setEnabled(not opened)
        self.buttons["unique"].setEnabled(uses > 1)
        if uses == 1:
            self.buttons["unique"].setToolTip("Nothing else uses this definition: it is unique already")
