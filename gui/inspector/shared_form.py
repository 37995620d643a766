"""The form of several nodes: the parameters that all of them have, set for all of them at once. Writes no document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.graph.expression import Expression
from engine.graph.model import Node
from engine.layers.params import Param
from engine.layers.spec import LayerType
from gui.editor.fix_preview import value_text
from gui.inspector.fields import field_for
from gui.inspector.rows import FormRow, Section
from gui.inspector.value_field import ValueField

WORDS = 4  # different values that are named


class SharedForm(QWidget):
    """A row for each parameter that all selected nodes have; where their values differ, all are named below the field."""

    edited = Signal(str, object)
    committed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.params: tuple[Param, ...] = ()
        self.rows: dict[str, FormRow] = {}
        self.fields: dict[str, ValueField] = {}
        self.sections: dict[str, Section] = {}
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)

    def show_nodes(self, nodes: Sequence[Node], rows: Sequence[LayerType | None]) -> None:
        """Brings the form up to date; it is made anew only when other parameters are shared."""
        params = shared(nodes, rows)
        if params != self.params:
            self.build(params)
        for param in params:
            values = list(dict.fromkeys(node.params.get(param.name, param.default) for node in nodes))
            self.fields[param.name].show_value(values[0])
            form_row = self.rows[param.name]
            form_row.set_changed(values != [param.default])
            form_row.set_help("" if len(values) == 1 else differing(values), shown=len(values) > 1)

    def build(self, params: tuple[Param, ...]) -> None:
        for section in self.sections.values():
            section.hide()
            section.deleteLater()
        self.params, self.rows, self.fields, self.sections = params, {}, {}, {}
        self.setVisible(bool(params))
        for param in params:
            self.add_param(param, self.section(param.section))

    def section(self, title: str) -> Section:
        """The section of this title, made on first use."""
        if title not in self.sections:
            self.sections[title] = Section("Parameters of all of them" if title == "Parameters" else title, self)
            self.box.addWidget(self.sections[title])
        return self.sections[title]

    def add_param(self, param: Param, section: Section) -> None:
        field = field_for(param, section)
        field.edited.connect(lambda value: self.edited.emit(param.name, value))
        field.committed.connect(lambda _: self.committed.emit())
        form_row = FormRow(param.caption, field, section)
        form_row.label.setToolTip(param.help)
        form_row.resetClicked.connect(lambda: self.take_back(param.name, param.default))
        section.add(form_row)
        self.rows[param.name], self.fields[param.name] = form_row, field

    def take_back(self, name: str, value: object) -> None:
        """Back to the default, as one step of its own."""
        self.edited.emit(name, value)
        self.committed.emit()


def shared(nodes: Sequence[Node], rows: Sequence[LayerType | None]) -> tuple[Param, ...]:
    """The parameters that every row declares alike, without rare ones and without those that follow an expression somewhere."""
    if not rows or any(row is None for row in rows):
        return ()
    tied = {name for node in nodes for name, value in node.params.items() if isinstance(value, Expression)}
    ports = {param.name for row in rows if row for param in row.params if row.counts_ports(param.name)}
    alike = [{plain(param) for param in row.params} for row in rows if row]
    return tuple(p for p in rows[0].params if not p.advanced and p.name not in tied | ports and all(plain(p) in others for others in alike))


def plain(param: Param) -> str:
    """What makes two parameters one and the same: all but the words about them."""
    return repr(replace(param, help="", label=param.caption))


def differing(values: Sequence[object]) -> str:
    """`Now 64, 128, 256 and more.`"""
    return f"Now {', '.join(map(value_text, values[:WORDS]))}{' and more' if len(values) > WORDS else ''}."
