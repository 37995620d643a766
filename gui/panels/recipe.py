"""The recipe panel: every setting of a training as a form that follows the optimizer's declaration. Writes no document."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.graph.model import Recipe, Value
from engine.layers.optimizers import BY_ID, OPTIMIZERS
from engine.layers.params import Param
from engine.layers.recipe import BATCHES, FIXED, LIVE, MACHINE, switched
from gui.controls import Caption, Combo
from gui.inspector.fields import WIDTH, field_for
from gui.inspector.rows import INSET, FormRow, Section


class RecipePanel(QScrollArea):
    """`edited` carries the changed recipe fields and a merge key; `committed` ends an undo step."""

    edited = Signal(dict, str)
    committed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = Recipe()
        self.running = False
        self.rows: dict[str, FormRow] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Recipe")
        self.page = QWidget(self)
        self.layout_ = QVBoxLayout(self.page)
        self.layout_.setContentsMargins(0, 8, 0, 12)
        self.layout_.setSpacing(0)
        self.setWidget(self.page)
        self.optimizer = Combo([row.title for row in OPTIMIZERS], self.page)
        self.optimizer.setFixedWidth(WIDTH)
        self.optimizer.activated.connect(lambda index: self.choose(OPTIMIZERS[index].id))
        self.doc = Caption("", "t3", px=11, parent=self.page)
        self.doc.setWordWrap(True)
        self.doc.setContentsMargins(INSET, 2, INSET, 6)
        self.own = Section("Optimizer", self.page)
        self.own.add(FormRow("Optimizer", self.optimizer, self.own))
        self.own.add(self.doc)
        self.layout_.addWidget(self.own)
        self.add_section("Batches", BATCHES)
        self.add_section("Reproducible", MACHINE)
        self.layout_.addStretch()
        self.shown = ""
        self.set_recipe(self.recipe)

    def add_section(self, title: str, params: Sequence[Param]) -> None:
        section = Section(title, self.page)
        for param in params:
            section.add(self.make_row(param, section))
        self.layout_.addWidget(section)

    def make_row(self, param: Param, parent: QWidget) -> FormRow:
        """A row that shows one field of the recipe."""
        field = field_for(param, parent)
        row = FormRow(param.caption, field, parent, help_text=param.help)
        field.edited.connect(lambda value, name=param.name: self.tell(name, value))
        field.committed.connect(lambda _: self.committed.emit())
        row.resetClicked.connect(lambda p=param: (self.tell(p.name, p.default), self.committed.emit()))
        self.rows[param.name] = row
        return row

    def tell(self, name: str, value: Value) -> None:
        if getattr(self.recipe, name) != value:
            self.edited.emit({name: value}, f"recipe.{name}")

    def choose(self, optimizer: str) -> None:
        """The user picked another optimizer."""
        changes = switched(self.recipe, optimizer)
        if changes:
            self.edited.emit(changes, "")
            self.committed.emit()

    def set_recipe(self, recipe: Recipe) -> None:
        """Shows `recipe`; what the user is typing or scrubbing stays."""
        self.recipe = recipe
        row = BY_ID.get(recipe.optimizer)
        if row and row.id != self.shown:
            self.show_optimizer(row.params)
            self.shown = row.id
            self.optimizer.setCurrentIndex(OPTIMIZERS.index(row))
            self.doc.setText(row.doc)
        for name, form in self.rows.items():
            value = getattr(recipe, name)
            if not form.field.busy:
                form.field.set_value(value)
            form.set_changed(value != form.field.param.default)
        self.set_running(self.running)

    def show_optimizer(self, params: Sequence[Param]) -> None:
        """Replaces the rows of the last optimizer by those of this one."""
        general = {param.name for param in (*BATCHES, *MACHINE)}
        for name in [name for name in self.rows if name not in general]:
            row = self.rows.pop(name)
            row.hide()
            row.deleteLater()
        for param in params:
            self.own.add(self.make_row(param, self.own))

    def set_running(self, running: bool) -> None:
        """While a run is active, only the learning rate can change; the rest says why not."""
        self.running = running
        self.optimizer.setEnabled(not running)
        self.optimizer.setToolTip(FIXED if running else "")
        for name, row in self.rows.items():
            fixed = running and name not in LIVE
            row.field.setEnabled(not fixed)
            row.field.setToolTip(FIXED if fixed else "")
