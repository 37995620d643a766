"""The inspector's page of one node: a form made from its layer type, updated in place. Writes no document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from engine.events import Analysis, NodeFacts
from engine.graph.expression import Expression
from engine.graph.model import Block, Node, Value, block_of, frozen
from engine.layers import registry
from engine.layers.block import exposed
from engine.layers.params import Param
from engine.layers.registry import HasBlocks
from engine.layers.spec import LayerType
from gui import theme
from gui.controls import Caption, Toggle
from gui.inspector import facts as say
from gui.inspector.block_part import BlockPart
from gui.inspector.cards import Cells, NodeHead, ProblemStack
from gui.inspector.fields import DerivedField, field_for
from gui.inspector.formula_card import FormulaCard
from gui.inspector.formula_field import Scope
from gui.inspector.health_card import Finding, HealthCard
from gui.inspector.learning import LearningRows
from gui.inspector.rows import FOLLOWS, FORMULA, PLAIN, FormRow, Section
from gui.inspector.slider_field import SliderField, slides
from gui.inspector.value_field import ValueField
from gui.level import worked_out

DECLARED = "input"  # the dataset that is only a shape


class NodePage(QWidget):
    """Head, problems, formula, sections: the page of a layer type, filled with one node at a time."""

    edited = Signal(str, object)  # parameter, value
    committed = Signal()
    changed = Signal(object)  # fields of the node itself
    remedyChosen = Signal(object, int)
    helpClicked = Signal(str)
    folded = Signal(str, bool)
    exposeClicked = Signal(str, str)  # parameter, and what it is now: plain, follows, formula
    blockWanted = Signal(str)  # of an instance: open, unique, expand, save
    defined = Signal(str, object)  # what is to be different in its definition: see BlockPart
    healthWanted = Signal()  # the report should be brought into view
    health: HealthCard | None = None  # of a dataset

    def __init__(self, node: Node, parent: QWidget | None = None, *, folds: dict[str, bool] | None = None, owner: HasBlocks | None = None) -> None:
        super().__init__(parent)
        self.node = self.plain = node  # plain: with values in place of expressions
        self.scope: Scope | None = None
        self.row_type: LayerType | None = registry.of(node, owner)
        self.facts: NodeFacts | None = None
        self.folds = folds if folds is not None else {}
        self.rows: dict[str, FormRow] = {}
        self.fields: dict[str, ValueField] = {}
        self.derived: dict[str, DerivedField] = {}
        self.sections: dict[str, Section] = {}
        self.port_labels: dict[str, Caption] = {}
        self.head = NodeHead(self)
        self.head.renamed.connect(lambda title: self.changed.emit({"title": title}))
        self.head.helpClicked.connect(self.explain)
        self.explained = False  # the book was clicked: the whole description is shown
        self.problems = ProblemStack(self)
        self.problems.chosen.connect(self.remedyChosen)
        self.card = FormulaCard(self)
        self.card.hide()
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(0)
        self.box.addWidget(self.head)
        self.box.addWidget(self.problems)
        framed = QVBoxLayout()
        framed.setContentsMargins(14, 0, 14, 0)
        framed.addWidget(self.card)
        self.doc = Caption(self.row_type.doc if self.row_type else "", "t2", px=12, parent=self)
        self.doc.setWordWrap(True)
        self.doc.setContentsMargins(0, 6, 0, 0)
        framed.addWidget(self.doc)
        self.box.addLayout(framed)
        self.box.addSpacing(10)
        if self.row_type is None:
            self.build_placeholder()
        else:
            self.build(self.row_type)
        self.box.addStretch()
        self.show_values(node)

    # -- building ----------------------------------------------------------------------------------------------------
    def section(self, title: str, *, opened: bool = True) -> Section:
        """The section called `title`, made on first use, folded as the user left it."""
        if title not in self.sections:
            section = Section(title, self, opened=self.folds.get(title, opened))
            section.folded.connect(self.folded)
            self.sections[title] = section
            self.box.addWidget(section)
        return self.sections[title]

    def build(self, row: LayerType) -> None:
        self.ports = self.section("Outputs" if row.role == "data" else "Inputs")
        self.ports.hide()
        for param in row.params:
            if not param.advanced:
                self.add_param(param, self.section(param.section))
        self.reads = self.section("Parameters" if row.role != "data" else "Dataset") if row.derive or row.role == "data" else None
        if self.reads is not None and (row.role == "data" or not row.params):
            self.reads.hide()  # until something is read off the wires
        advanced = [param for param in row.params if param.advanced]
        for param in advanced:
            self.add_param(param, self.section("Advanced", opened=False))
        self.block_part = BlockPart(self.section("Block")) if block_of(row.id) else None
        if self.block_part is not None:
            self.block_part.wanted.connect(self.blockWanted)
            self.block_part.defined.connect(self.defined)
        if row.role == "layer":
            self.build_learning(row)
        if row.role == "data" and row.dataset != DECLARED:
            self.build_health()
        self.cells = Cells(self)
        costs = self.section("Cost")
        costs.content.setContentsMargins(14, 0, 14, 12)
        costs.add(self.cells)
        costs.setVisible(row.role == "layer")

    def add_param(self, param: Param, section: Section) -> None:
        field = SliderField(param, section) if self.row_type and block_of(self.row_type.id) and slides(param) else field_for(param, section)
        field.edited.connect(lambda value, name=param.name: self.edited.emit(name, value))
        field.committed.connect(lambda _: self.committed.emit())
        form_row = FormRow(param.caption, field, section, help_text=param.help)
        form_row.resetClicked.connect(lambda name=param.name, value=param.default: self.take_back(name, value))
        form_row.exposeClicked.connect(lambda name=param.name: self.exposeClicked.emit(name, self.rows[name].exposure))
        form_row.formulaWanted.connect(field.begin_formula)
        field.complained.connect(form_row.complain)
        section.add(form_row)
        self.rows[param.name], self.fields[param.name] = form_row, field

    def take_back(self, name: str, value: Value) -> None:
        """Back to the default, as one step of its own."""
        self.edited.emit(name, value)
        self.committed.emit()

    def build_health(self) -> None:
        """The report on a dataset, and its upshot under the head: a click there leads to it."""
        self.health, line = HealthCard(self), Finding(self)
        self.section("Health").add(self.health)
        line.setContentsMargins(14, 0, 14, 8)
        line.setCursor(Qt.CursorShape.PointingHandCursor)
        line.setToolTip("The health of the dataset; the report is below")
        line.hide()
        self.box.insertWidget(self.box.indexOf(self.problems) + 1, line)

        def show(words: str, icon: str, color: str) -> None:
            line.setVisible(bool(words))
            line.set_words(words, icon or "ok", color or "ok")

        self.health.summarised.connect(show)
        line.clicked.connect(self.healthWanted)
        self.upshot = line

    def build_learning(self, row: LayerType) -> None:
        section = self.section("Learning")
        self.frozen, self.bypassed = Toggle(parent=section), Toggle(parent=section)
        for toggle, field in ((self.frozen, "frozen"), (self.bypassed, "bypassed")):
            toggle.clicked.connect(lambda on, name=field: self.changed.emit({name: on}))
            toggle.setAccessibleName(field.capitalize())
        self.frozen_row = FormRow("Frozen", self.frozen, section, help_text="Its weights are not trained.")
        bypass_row = FormRow("Bypassed", self.bypassed, section, help_text="Switched off: what comes in goes on unchanged.")
        section.add(self.frozen_row)
        section.add(bypass_row)
        self.learning = LearningRows(section)
        self.learning.changed.connect(self.changed)
        self.learning.committed.connect(self.committed)
        self.rows["frozen"], self.rows["bypassed"] = self.frozen_row, bypass_row
        self.rows["lr_factor"], self.rows["shares"] = self.learning.factor_row, self.learning.shares_row
        if not row.bypass:
            self.bypassed.setEnabled(False)
            for widget in (self.bypassed, bypass_row.label):
                widget.setToolTip(say.why_no_bypass(row))

    def build_placeholder(self) -> None:
        self.doc.hide()
        self.head.book.hide()
        words = Caption("This version does not know this layer type. It is kept as it is and saved unchanged.", "t2", px=12, parent=self)
        words.setWordWrap(True)
        words.setContentsMargins(14, 4, 14, 8)
        self.kept = QPlainTextEdit(say.kept_text(self.node), self)
        self.kept.setReadOnly(True)
        self.kept.setFont(theme.mono(11))
        self.kept.setMinimumHeight(160)
        self.kept.setAccessibleName("Kept JSON")
        framed = QVBoxLayout()
        framed.setContentsMargins(14, 0, 14, 14)
        framed.addWidget(self.kept)
        self.box.addWidget(words)
        self.box.addLayout(framed)

    # -- showing -----------------------------------------------------------------------------------------------------
    def begin(self, folds: dict[str, bool]) -> None:
        """Another node is going to be shown: forgets what belonged to the last one, folds as the user left it elsewhere."""
        for title, section in self.sections.items():
            section.set_open(folds.get(title, title != "Advanced"))
        for field in self.fields.values():
            field.forget()
        self.set_focus_of(None)

    def show_scope(self, scope: Scope | None) -> None:
        """The block around the node, whose parameters its values may follow; None for nodes of the document itself."""
        if scope != self.scope:
            self.scope = scope
            for field in self.fields.values():
                field.set_scope(scope)
            self.show_values(self.node)

    def show_block(self, block: Block | None, uses: int, *, opened: bool) -> None:
        """The definition of the instance that is shown."""
        if block is not None and self.row_type is not None and self.block_part is not None:
            self.block_part.show_block(block, uses, opened=opened)

    def show_values(self, node: Node) -> None:
        """Shows the values of `node`; fields that the user is changing keep what they show."""
        self.node = node
        self.plain = replace(node, params=frozen({k: worked_out(v, self.scope.values) for k, v in node.params.items()})) if self.scope else node
        row = self.row_type
        title = node.type if row is None else node.id if row.role == "port" else row.title
        self.head.show_node(
            node.title, placeholder=title, subtitle=say.subtitle_of(node, row), family=row.family if row else "merge", icon=row.id if row else "help"
        )
        if row is None:
            return
        changed: dict[str, int] = {}
        for param in row.params:
            value = node.params.get(param.name, param.default)
            self.fields[param.name].show_value(value)
            different = not say.is_default(row, param.name, value)
            self.rows[param.name].set_changed(different)
            self.rows[param.name].set_exposure(exposure_of(row, param, value=value, scope=self.scope))
            title = "Advanced" if param.advanced else param.section
            changed[title] = changed.get(title, 0) + different
        for title, count in changed.items():
            self.sections[title].set_remark(self.remark(row, title, count))
        if row.role == "layer":
            self.frozen.setChecked(node.frozen)
            self.bypassed.setChecked(node.bypassed)
            self.learning.show_node(node)
        self.show_formula()

    def remark(self, row: LayerType, title: str, count: int) -> str:
        if count:
            return f"{count} changed"
        if title == "Advanced":
            return ", ".join(param.caption.lower() for param in row.params if param.advanced)
        return "none changed"

    def show_analysis(self, analysis: Analysis | None) -> None:
        """Shows shapes, costs and problems of the newest analysis."""
        self.facts = say.facts_of(self.node, analysis)
        problems = say.problems_of(self.node.id, analysis)
        self.problems.show_problems(problems)
        row = self.row_type
        if row is None:
            return
        self.show_formula()
        self.show_ports({p.port for p in problems if p.severity == "error" and p.port})
        for name, value in (self.facts.derived if self.facts else {}).items():
            self.show_derived(name, value)
        if row.role == "layer":
            self.cells.set_cells(say.cost_cells(row, self.facts))
            self.sections["Cost"].head.title = say.cost_title(self.facts)
            learns = bool(self.facts and self.facts.parameters) or self.node.frozen
            self.frozen_row.setVisible(learns or self.facts is None)

    def show_kin(self, names: Sequence[str]) -> None:
        """The other nodes of the same type, whose weights this one could share."""
        if self.row_type is not None and self.row_type.role == "layer":
            learns = bool(self.row_type.init) or bool(self.facts and self.facts.parameters)
            self.learning.show_choices(self.node, names, learns=learns)

    def show_formula(self) -> None:
        if self.row_type is not None:
            formula, broken = say.formula_of(self.plain, self.row_type, self.facts)
            self.card.set_formula(formula, broken=broken)
            self.doc.setVisible(formula is None or self.explained)

    def explain(self) -> None:
        """Shows or hides what this layer does and what its parameters mean."""
        self.explained = not self.explained
        if self.row_type is not None:
            self.doc.setText(say.description(self.row_type) if self.explained else self.row_type.doc)
            self.show_formula()
        self.helpClicked.emit(self.node.type)

    def show_ports(self, bad: set[str]) -> None:
        assert self.row_type is not None
        lines = say.port_rows(self.plain, self.row_type, self.facts, bad=bad)
        for name, shape, token in lines:
            if name not in self.port_labels:
                label = Caption("", "t1", px=11, mono=True, parent=self.ports)
                label.setFixedHeight(22)
                self.port_labels[name] = label
                self.rows[f"port {name}"] = FormRow(name, label, self.ports)
                self.ports.add(self.rows[f"port {name}"])
            self.port_labels[name].setText(shape)
            self.port_labels[name].set_color(token)
        shown = {name for name, _, _ in lines}
        for name in self.port_labels:
            self.rows[f"port {name}"].setVisible(name in shown)
        self.ports.setVisible(bool(lines))

    def show_derived(self, name: str, value: Value) -> None:
        if self.reads is None:
            return
        if name not in self.derived:
            self.derived[name] = DerivedField(value, self.reads)
            self.reads.add(FormRow(say.caption_of(name), self.derived[name], self.reads))
            self.reads.show()
        self.derived[name].set_value(value)

    def set_focus_of(self, widget: QWidget | None) -> None:
        """Marks the row that holds the focused widget, and its factor in the formula."""
        focused = ""
        for name, form_row in self.rows.items():
            inside = widget is not None and form_row.isAncestorOf(widget)
            form_row.set_active(inside)
            if inside and name in self.fields:
                focused = name
        self.card.set_focused(focused)

    @property
    def busy(self) -> bool:
        """Whether the user is in the middle of changing a value."""
        return any(field.busy for field in self.fields.values())


def exposure_of(row: LayerType, param: Param, *, value: Value, scope: Scope | None) -> str:
    """Whether a value inside a block is plain, follows a parameter or is an expression; empty where there is nothing to expose."""
    if scope is None:
        return ""
    if isinstance(value, Expression):
        return FOLLOWS if value.text in scope.values else FORMULA
    able = not row.counts_ports(param.name) and exposed(param, name="it", default=param.default) is not None
    return PLAIN if able else ""
