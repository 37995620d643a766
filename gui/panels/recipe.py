"""The recipe panel: every setting of a training as a form that follows the declarations, and the learning rate drawn. Writes no document."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.graph.model import Recipe, Value
from engine.layers.optimizers import OPTIMIZERS
from engine.layers.params import Param
from engine.layers.recipe import BATCHES, ENSEMBLE, FIXED, INITIAL, LIVE, MACHINE, TRANSFER, rescheduled, switched
from engine.layers.schedules import SCHEDULES
from gui.inspector.fields import field_for
from gui.inspector.rows import FormRow, Section
from gui.panels.recipe_choice import ChoiceSection
from gui.panels.schedule_plot import SchedulePlot


class RecipePanel(QScrollArea):
    """`edited` carries the changed recipe fields and a merge key; `committed` ends an undo step."""

    edited = Signal(dict, str)
    committed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = Recipe()
        self.running = False
        self.general: dict[str, FormRow] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Recipe")
        self.page = QWidget(self)
        self.layout_ = QVBoxLayout(self.page)
        self.layout_.setContentsMargins(0, 8, 0, 12)
        self.layout_.setSpacing(0)
        self.setWidget(self.page)
        self.optimizer = ChoiceSection("Optimizer", OPTIMIZERS, self.page, make_row=self.make_row)
        self.optimizer.chosen.connect(lambda name: self.choose(switched(self.recipe, name)))
        self.schedule = ChoiceSection("Schedule", SCHEDULES, self.page, make_row=self.make_row)
        self.schedule.chosen.connect(lambda name: self.choose(rescheduled(self.recipe, name)))
        self.preview = SchedulePlot(self.schedule)
        self.schedule.add(self.preview)
        self.layout_.addWidget(self.optimizer)
        self.layout_.addWidget(self.schedule)
        for title, params in (
            ("Batches", BATCHES),
            ("Initial weights", INITIAL),
            ("Start from a run", TRANSFER),
            ("Ensemble", ENSEMBLE),
            ("Reproducible", MACHINE),
        ):
            self.add_section(title, params)
        self.layout_.addStretch()
        self.set_recipe(self.recipe)

    def add_section(self, title: str, params: Sequence[Param]) -> None:
        section = Section(title, self.page)
        for param in params:
            self.general[param.name] = self.make_row(param, section)
            section.add(self.general[param.name])
        self.layout_.addWidget(section)

    @property
    def rows(self) -> dict[str, FormRow]:
        """The row of each field of the recipe that is shown."""
        return {**self.optimizer.own, **self.schedule.own, **self.general}

    def make_row(self, param: Param, parent: QWidget) -> FormRow:
        """A row that shows one field of the recipe."""
        field = field_for(param, parent)
        row = FormRow(param.caption, field, parent, help_text=param.help)
        field.edited.connect(lambda value, name=param.name: self.tell(name, value))
        field.committed.connect(lambda _: self.committed.emit())
        row.resetClicked.connect(lambda p=param: (self.tell(p.name, p.default), self.committed.emit()))
        return row

    def tell(self, name: str, value: Value) -> None:
        if getattr(self.recipe, name) != value:
            self.edited.emit({name: value}, f"recipe.{name}")

    def choose(self, changes: dict[str, Value]) -> None:
        """The user picked another optimizer or schedule."""
        if changes:
            self.edited.emit(changes, "")
            self.committed.emit()

    def set_recipe(self, recipe: Recipe) -> None:
        """Shows `recipe`; what the user is typing or scrubbing stays."""
        self.recipe = recipe
        self.optimizer.show_choice(recipe.optimizer)
        self.schedule.show_choice(recipe.schedule)
        self.preview.set_recipe(recipe)
        for name, form in self.rows.items():
            value = getattr(recipe, name)
            if not form.field.busy:
                form.field.set_value(value)
            form.set_changed(value != form.field.param.default)
        self.set_running(self.running)

    def set_running(self, running: bool) -> None:
        """While a run is active, only the learning rate can change; the rest says why not."""
        self.running = running
        for section in (self.optimizer, self.schedule):
            section.combo.setEnabled(not running)
            section.combo.setToolTip(FIXED if running else "")
        for name, row in self.rows.items():
            fixed = running and name not in LIVE
            row.field.setEnabled(not fixed)
            row.field.setToolTip(FIXED if fixed else "")
