"""The outline: the document as a tree of nodes with their ports, the canvas in words for keyboard and screen reader. Edits nothing."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
from PySide6.QtCore import QItemSelectionModel, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.events import Analysis
from engine.graph.model import Node, Snapshot
from engine.layers import registry
from engine.layers.spec import shape_text
from gui import theme

NODE = Qt.ItemDataRole.UserRole
SEVERITY = {"error": ("error", "err"), "warning": ("warning", "warn"), "hint": ("info", "info")}


def flow_order(snapshot: Snapshot) -> list[Node]:
    """Nodes along the wires, sources first; equal ones as they lie on the canvas."""
    graph = nx.DiGraph()
    graph.add_nodes_from(node.id for node in snapshot.nodes)
    graph.add_edges_from((wire.source, wire.target) for wire in snapshot.wires)
    by_id = snapshot.by_id()
    place = {node.id: (node.pos[1] // 150, node.pos[0], node.id) for node in snapshot.nodes}
    return [by_id[name] for name in nx.lexicographical_topological_sort(graph, key=place.__getitem__)]


class OutlineTree(QTreeWidget):
    """The tree; Enter and Delete mean the node of the current line."""

    entered = Signal(str)
    deleted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if item and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(item.data(0, NODE))
        elif item and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit()
        else:
            super().keyPressEvent(event)


class OutlinePanel(QWidget):
    """Nodes in the order of the data flow; under each its inputs and outputs with shapes."""

    selectionMade = Signal(object)  # [node ids], by the user
    nodeActivated = Signal(str)  # Enter or double click
    deleteWanted = Signal(object)  # [node ids]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snapshot, self.analysis = Snapshot(), None
        self.selected: list[str] = []
        self.items: dict[str, QTreeWidgetItem] = {}
        self.built: object = None
        self.telling = False
        self.tree = OutlineTree(self)
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(14)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName("Outline")
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.tree)
        self.tree.itemSelectionChanged.connect(self.on_selection)
        self.tree.itemDoubleClicked.connect(lambda item, _: self.nodeActivated.emit(item.data(0, NODE)))
        self.tree.entered.connect(self.nodeActivated)
        self.tree.deleted.connect(lambda: self.deleteWanted.emit(list(self.selected)))
        theme.notifier().changed.connect(self.repaint_all)

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """The document has changed."""
        self.snapshot = snapshot
        self.refresh()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Newer shapes and problems."""
        self.analysis = analysis
        self.refresh()

    def show_nodes(self, node_ids: Iterable[str]) -> None:
        """Selects these nodes without telling anybody."""
        self.selected = list(node_ids)
        if self.isVisible():
            self.show_selection()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def repaint_all(self) -> None:
        self.built = None
        self.refresh()

    def refresh(self) -> None:
        """Brings the tree up to date; it is rebuilt only when nodes or wires differ, and only while it is seen."""
        if not self.isVisible():
            return
        shape = (tuple((n.id, n.type, n.title, n.bypassed, registry.of(n, self.snapshot)) for n in self.snapshot.nodes), self.snapshot.wires)
        if shape != self.built:
            self.build()
            self.built = shape
        self.show_facts()
        self.show_selection()

    def build(self) -> None:
        opened = {name for name, item in self.items.items() if item.isExpanded()}
        self.telling = True
        self.tree.clear()
        self.items = {}
        incoming = self.snapshot.incoming()
        for node in flow_order(self.snapshot):
            row = registry.of(node, self.snapshot)
            title = node.title or (row.title if row else node.type)
            item = QTreeWidgetItem(self.tree, [f"{title}  ·  {node.id}", ""])
            item.setData(0, NODE, node.id)
            item.setIcon(0, QIcon(theme.current().tile(row.family if row else "merge", 16, row.icon if row else "help", self.devicePixelRatioF())))
            if node.bypassed:
                item.setText(0, item.text(0) + "  (bypassed)")
            for port in row.input_ports(node.params) if row else ():
                wire = incoming[node.id].get(port.name)
                self.add_port(item, "in", port.name, f"{port.name} ← {wire.source}.{wire.source_port}" if wire else f"{port.name} ← nothing")
            for port in row.outputs if row else ():
                self.add_port(item, "out", port.name, f"{port.name} →")
            item.setExpanded(node.id in opened)
            self.items[node.id] = item
        self.telling = False

    def add_port(self, item: QTreeWidgetItem, side: str, name: str, text: str) -> None:
        child = QTreeWidgetItem(item, [text, ""])
        child.setData(0, NODE, item.data(0, NODE))
        child.setData(1, NODE, (side, name))
        child.setFont(1, theme.mono(10.5))

    def show_facts(self) -> None:
        """Shapes at the ports, and the worst problem of each node."""
        t = theme.current()
        worst: dict[str, str] = {}
        for problem in self.analysis.problems if self.analysis else ():
            if list(SEVERITY).index(problem.severity) < list(SEVERITY).index(worst.get(problem.node, "hint")) or problem.node not in worst:
                worst[problem.node] = problem.severity
        for name, item in self.items.items():
            facts = self.analysis.nodes.get(name) if self.analysis else None
            for index in range(item.childCount()):
                child = item.child(index)
                side, port = child.data(1, NODE)
                shapes = {} if facts is None else facts.inputs if side == "in" else facts.outputs
                child.setText(1, shape_text(shapes[port]) if port in shapes else "")
                child.setForeground(0, t.color("t3"))
                child.setForeground(1, t.color("t2"))
            severity = worst.get(name, "")
            item.setIcon(1, t.icon(*SEVERITY[severity], 14) if severity else QIcon())
            item.setForeground(0, t.color("t1"))
            item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, severity)

    def show_selection(self) -> None:
        self.telling = True
        model = self.tree.selectionModel()
        chosen = set(self.selected)
        for name, item in self.items.items():
            if item.isSelected() != (name in chosen):
                item.setSelected(name in chosen)
        if self.selected and self.selected[0] in self.items:
            first = self.items[self.selected[0]]
            model.setCurrentIndex(self.tree.indexFromItem(first), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.tree.scrollToItem(first)
        self.telling = False

    def on_selection(self) -> None:
        """The user chose lines: tells their nodes, each once."""
        if not self.telling:
            self.selected = list(dict.fromkeys(item.data(0, NODE) for item in self.tree.selectedItems()))
            self.selectionMade.emit(list(self.selected))
