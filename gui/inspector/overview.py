"""The inspector's pages for no node and for several: the document in numbers, and what several nodes have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.events import Analysis
from engine.graph.model import Node, Snapshot
from engine.graph.problem import ERROR, WARNING
from engine.layers import registry
from engine.layers.registry import HasBlocks
from gui.controls import Caption, Toggle, words
from gui.inspector.cards import Cells, ProblemStack
from gui.inspector.rows import FormRow, Section
from gui.inspector.shared_form import SharedForm


class OverviewPage(QWidget):
    """Nothing is selected: the document's title, counts and problems."""

    remedyChosen = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Caption("", "t1", px=13, weight=600, parent=self)
        self.title.setWordWrap(True)
        self.hint = Caption("Select a node to see and change its parameters.", "t3", px=11, parent=self)
        self.hint.setWordWrap(True)
        self.cells = Cells(self)
        self.problems = ProblemStack(self)
        self.problems.box.setContentsMargins(0, 4, 0, 0)
        self.problems.chosen.connect(self.remedyChosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(8)
        for widget in (self.title, self.hint, self.cells, self.problems):
            layout.addWidget(widget)
        layout.addStretch()

    def show_document(self, snapshot: Snapshot, analysis: Analysis | None) -> None:
        self.title.setText(snapshot.about.title or "untitled")
        known = analysis is not None
        problems = sum(problem.severity in (ERROR, WARNING) for problem in analysis.problems) if analysis else 0
        errors = len(analysis.errors) if analysis else 0
        self.cells.set_cells(
            [
                ("Nodes", f"{len(snapshot.nodes):,}", "t1"),
                ("Parameters", f"{analysis.parameters:,}" if analysis else "unknown", "t1" if known else "t3"),
                ("MACs per sample", words(analysis.macs) if analysis else "unknown", "t1" if known else "t3"),
                ("Problems", f"{problems:,}" if known else "unknown", "err" if errors else "t1" if known else "t3"),
            ]
        )
        self.problems.show_problems(tuple(p for p in analysis.problems if not p.node) if analysis else ())


class SeveralPage(QWidget):
    """Several nodes are selected: how many of what, their costs together, the parameters and the switches that they share."""

    changed = Signal(object)
    paramEdited = Signal(str, object)
    committed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Caption("", "t1", px=13, weight=600, parent=self)
        self.kinds = Caption("", "t3", px=11, parent=self)
        self.kinds.setWordWrap(True)
        self.cells = Cells(self)
        top = QVBoxLayout()
        top.setContentsMargins(14, 14, 14, 12)
        top.setSpacing(8)
        for widget in (self.title, self.kinds, self.cells):
            top.addWidget(widget)
        section = Section("All of them", self)
        self.frozen, self.bypassed = Toggle(parent=section), Toggle(parent=section)
        for caption, toggle, field in (("Frozen", self.frozen, "frozen"), ("Bypassed", self.bypassed, "bypassed")):
            toggle.setAccessibleName(caption)
            toggle.clicked.connect(lambda on, name=field: self.changed.emit({name: on}))
            section.add(FormRow(caption, toggle, section))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.form = SharedForm(self)
        self.form.edited.connect(self.paramEdited)
        self.form.committed.connect(self.committed)
        layout.addLayout(top)
        layout.addWidget(self.form)
        layout.addWidget(section)
        layout.addStretch()

    def show_nodes(self, nodes: Sequence[Node], analysis: Analysis | None, *, owner: HasBlocks | None = None) -> None:
        self.title.setText(f"{len(nodes):,} nodes selected")
        counts = Counter(row.title if (row := registry.of(node, owner)) else node.type for node in nodes)
        self.kinds.setText(", ".join(f"{count} {title}" if count > 1 else title for title, count in counts.most_common()))
        facts = [analysis.nodes[node.id] for node in nodes if node.id in analysis.nodes] if analysis else []
        known = len(facts) == len(nodes)
        numbers = (("Parameters", f"{sum(f.parameters for f in facts):,}"), ("MACs", words(sum(f.macs for f in facts))))
        self.cells.set_cells([(caption, value if known else "unknown", "t1" if known else "t3") for caption, value in numbers])
        self.form.show_nodes(nodes, [registry.of(node, owner) for node in nodes])
        layers = [node for node in nodes if (row := registry.of(node, owner)) and row.role == "layer"]
        passing = [node for node in layers if (row := registry.of(node, owner)) and row.bypass]
        self.frozen.setEnabled(bool(layers))
        self.bypassed.setEnabled(bool(passing))
        self.bypassed.setToolTip("" if passing else "None of these nodes can be bypassed: each changes the shape of what passes through it.")
        self.frozen.setChecked(bool(layers) and all(node.frozen for node in layers))
        self.bypassed.setChecked(bool(passing) and all(node.bypassed for node in passing))
