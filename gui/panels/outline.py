"""The outline: the document as a tree of nodes, wires and problems, the accessible twin of the canvas. Writes no document."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.events import Analysis
from engine.graph.model import Node, Snapshot
from engine.layers import registry
from engine.layers.spec import shape_text
from gui import theme

NODE = Qt.ItemDataRole.UserRole


class OutlinePanel(QWidget):
    """`selectionMade([ids])` follows the tree's selection; `deleteWanted` and `nodeActivated` are Delete and Enter."""

    selectionMade = Signal(list)
    nodeActivated = Signal(str)
    deleteWanted = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snapshot = Snapshot()
        self.analysis: Analysis | None = None
        self.selected: list[str] = []
        self.tree = Tree(self)
        self.tree.itemSelectionChanged.connect(self.tell_selection)
        self.tree.itemActivated.connect(lambda item, _: self.nodeActivated.emit(item.data(0, NODE)))
        self.tree.deletePressed.connect(lambda: self.deleteWanted.emit(self.chosen()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.tree)
        theme.notifier().changed.connect(self.rebuild)

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """The document has changed."""
        if (snapshot.nodes, snapshot.wires) != (self.snapshot.nodes, self.snapshot.wires):
            self.snapshot = snapshot
            self.rebuild()
        self.snapshot = snapshot

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Newer shapes and problems."""
        self.analysis = analysis
        self.rebuild()

    def show_nodes(self, ids: list[str]) -> None:
        """Selects these nodes without telling anybody."""
        self.selected = list(ids)
        blocker = QSignalBlocker(self.tree)
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            item.setSelected(item.data(0, NODE) in ids)
            if ids and item.data(0, NODE) == ids[0]:
                self.tree.setCurrentItem(item, 0, self.tree.selectionModel().SelectionFlag.NoUpdate)
        blocker.unblock()

    def chosen(self) -> list[str]:
        """The nodes of the selected rows, each once."""
        return list(dict.fromkeys(item.data(0, NODE) for item in self.tree.selectedItems()))

    def tell_selection(self) -> None:
        self.selected = self.chosen()
        self.selectionMade.emit(self.selected)

    def showEvent(self, event: object) -> None:
        self.rebuild()
        super().showEvent(event)

    def rebuild(self) -> None:
        """The tree anew; costs nothing while nobody sees it."""
        if not self.isVisible():
            return
        blocker = QSignalBlocker(self.tree)
        open_rows = {item.data(0, NODE) for row in range(self.tree.topLevelItemCount()) if (item := self.tree.topLevelItem(row)).isExpanded()}
        self.tree.clear()
        incoming = self.snapshot.incoming()
        for node in self.snapshot.nodes:
            item = self.node_item(node)
            for port, wire in incoming[node.id].items():
                item.addChild(row_item(f"{port} ← {wire.source}.{wire.source_port}", node.id))
            self.add_problems(item, node.id)
            self.tree.addTopLevelItem(item)
            item.setExpanded(node.id in open_rows)
        blocker.unblock()
        self.show_nodes(self.selected)

    def node_item(self, node: Node) -> QTreeWidgetItem:
        row, t = registry.of(node), theme.current()
        title = node.title or (row.title if row else node.type)
        item = row_item(f"{node.id}  ·  {title}", node.id)
        item.setIcon(0, QIcon(t.tile(row.family if row else "merge", 16, row.icon if row else "", self.devicePixelRatioF())))
        facts = self.analysis.nodes.get(node.id) if self.analysis else None
        if facts and facts.outputs:
            port, shape = next(iter(facts.outputs.items()))
            item.setToolTip(0, f"{title} {node.id}, output {shape_text(shape, facts.axes.get(port, ''))}")
        return item

    def add_problems(self, item: QTreeWidgetItem, node_id: str) -> None:
        for problem in self.analysis.problems if self.analysis else ():
            if problem.node == node_id:
                child = row_item(problem.message, node_id)
                name, token = {"error": ("error", "err"), "warning": ("warning", "warn")}.get(problem.severity, ("info", "info"))
                child.setIcon(0, theme.current().icon(name, token, 14))
                child.setToolTip(0, problem.message)
                item.addChild(child)


class Tree(QTreeWidget):
    """A tree that tells when Delete is pressed."""

    deletePressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setIconSize(QSize(16, 16))
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Outline of the network")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deletePressed.emit()
        else:
            super().keyPressEvent(event)


def row_item(text: str, node_id: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem([text])
    item.setData(0, NODE, node_id)
    item.setSizeHint(0, QSize(0, 24))
    return item
