"""The outline: the document as a tree of nodes with their ports, the canvas in words for keyboard and screen reader. Edits nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QItemSelectionModel, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedLayout, QTreeWidget, QTreeWidgetItem, QWidget

from engine.events import Analysis, NodeFacts
from engine.graph.model import Snapshot, block_of
from engine.layers import registry
from engine.layers.spec import shape_text
from gui import theme
from gui.controls import EmptyState
from gui.editor.anatomy import pill_of
from gui.level import Level, bare, flow_order

NODE = Qt.ItemDataRole.UserRole
SEVERITY = {"error": ("error", "err"), "warning": ("warning", "warn"), "hint": ("info", "info")}


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
    """Nodes in the order of the data flow; under each its inputs and outputs with shapes, under a block also its inside, to any depth.

    Nodes go by their paths: "conv1", or "block1/conv1" for one inside a block. The inside of a block is read when its line is opened.
    """

    selectionMade = Signal(object)  # [paths], by the user
    nodeActivated = Signal(str)  # Enter or double click
    deleteWanted = Signal(object)  # [paths]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snapshot, self.analysis = Snapshot(), None
        self.prefix = ""  # the level that is open
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
        header.setAccessibleName("Columns of the outline")
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.empty = EmptyState("runs", "No layers yet. Drag one from the palette, or press Tab on the canvas.", parent=self)
        self.stack = QStackedLayout(self)
        self.stack.setContentsMargins(0, 4, 0, 0)
        self.stack.addWidget(self.tree)
        self.stack.addWidget(self.empty)
        self.tree.itemSelectionChanged.connect(self.on_selection)
        self.tree.itemExpanded.connect(self.on_open)
        self.tree.itemDoubleClicked.connect(lambda item, _: self.nodeActivated.emit(item.data(0, NODE)))
        self.tree.entered.connect(self.nodeActivated)
        self.tree.deleted.connect(lambda: self.deleteWanted.emit(list(self.selected)))
        theme.notifier().changed.connect(self.repaint_all)

    def set_level(self, level: Level) -> None:
        """The document has changed, or another level of it is open."""
        self.prefix = bare(level.path)
        self.set_snapshot(level.document.snapshot())

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """The document has changed."""
        self.snapshot = snapshot
        self.refresh()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Newer shapes and problems."""
        self.analysis = analysis
        self.refresh()

    def show_nodes(self, node_ids: Iterable[str]) -> None:
        """Selects these nodes of the level that is open, without telling anybody."""
        self.selected = [f"{self.prefix}/{name}" if self.prefix else name for name in node_ids]
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
        nodes = tuple((n.id, n.type, n.title, n.bypassed, registry.of(n, self.snapshot)) for n in self.snapshot.nodes)
        shape = (nodes, self.snapshot.wires, self.snapshot.blocks)
        if shape != self.built:
            self.build()
            self.built = shape
        self.show_facts()
        self.show_selection()

    def build(self) -> None:
        opened = [name for name, item in self.items.items() if item.isExpanded()]
        self.telling = True
        self.tree.clear()
        self.items = {}
        self.add_nodes(self.tree, self.snapshot, "")
        self.stack.setCurrentWidget(self.tree if self.items else self.empty)
        for name in opened:  # outer ones come first, since their lines were made first
            if name in self.items:
                self.items[name].setExpanded(True)
        self.telling = False

    def add_nodes(self, parent: QTreeWidget | QTreeWidgetItem, body: Snapshot, prefix: str) -> None:
        """A line for each node of the document or of a block's inside."""
        incoming = body.incoming()
        for node in flow_order(body):
            row = registry.of(node, body)
            title = node.title or (row.title if row else node.type)
            times = pill_of(node) if row else ""
            item = QTreeWidgetItem(parent, [f"{title}  ·  {node.id}{f'  {times}' if times else ''}{'  (bypassed)' if node.bypassed else ''}", ""])
            path = f"{prefix}/{node.id}" if prefix else node.id
            item.setData(0, NODE, path)
            item.setIcon(0, QIcon(theme.current().tile(row.family if row else "merge", 16, row.id if row else "help", self.devicePixelRatioF())))
            for port in row.input_ports(node.params) if row else ():
                wire = incoming[node.id].get(port.name)
                self.add_port(item, "in", port.name, f"{port.name} ← {wire.source}.{wire.source_port}" if wire else f"{port.name} ← nothing")
            for port in row.outputs if row else ():
                self.add_port(item, "out", port.name, f"{port.name} →")
            self.items[path] = item

    def add_port(self, item: QTreeWidgetItem, side: str, name: str, text: str) -> None:
        child = QTreeWidgetItem(item, [text, ""])
        child.setData(0, NODE, item.data(0, NODE))
        child.setData(1, NODE, (side, name))
        child.setFont(1, theme.mono(10.5))

    def on_open(self, item: QTreeWidgetItem) -> None:
        """A block's line was opened: its inside, read now."""
        path = item.data(0, NODE)
        if item.data(1, NODE) is not None or any(item.child(index).data(1, NODE) is None for index in range(item.childCount())):
            return  # a port, or read already
        try:
            body, node = self.snapshot.at(path)
        except KeyError:
            return
        if self.snapshot.block(block_of(node.type)) is not None:
            self.add_nodes(item, body.body(block_of(node.type)), path)
            self.show_facts(path)

    def show_facts(self, under: str = "") -> None:
        """Shapes at the ports, and the worst problem of each node (and of what lies inside it); only below `under` when given."""
        t = theme.current()
        worst: dict[str, str] = {}
        for problem in self.analysis.problems if self.analysis else ():
            for path in (problem.path or problem.node, *problem.also):
                parts = bare(path).split("/") if path else []
                for name in ("/".join(parts[:count]) for count in range(1, len(parts) + 1)):
                    if name not in worst or list(SEVERITY).index(problem.severity) < list(SEVERITY).index(worst[name]):
                        worst[name] = problem.severity
        known: dict[str, Mapping[str, NodeFacts]] = {}
        for path, item in self.items.items():
            if not path.startswith(under):
                continue
            outer, _, name = path.rpartition("/")
            if outer not in known:
                known[outer] = (self.analysis.inside(outer) if outer else self.analysis.nodes) if self.analysis else {}
            self.show_item(item, known[outer].get(name), worst.get(path, ""), t)

    def show_item(self, item: QTreeWidgetItem, facts: NodeFacts | None, severity: str, t: theme.Theme) -> None:
        for index in range(item.childCount()):
            child = item.child(index)
            if child.data(1, NODE) is None:
                continue
            side, port = child.data(1, NODE)
            shapes = {} if facts is None else facts.inputs if side == "in" else facts.outputs
            child.setText(1, shape_text(shapes[port]) if port in shapes else "")
            child.setForeground(0, t.color("t3"))
            child.setForeground(1, t.color("t2"))
        item.setFirstColumnSpanned(not severity)  # a name has all the room; shapes stand beside ports
        item.setIcon(1, t.icon(*SEVERITY[severity], 14) if severity else QIcon())
        item.setForeground(0, t.color("t1"))
        item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, severity)

    def show_selection(self) -> None:
        self.telling = True
        model = self.tree.selectionModel()
        chosen = set(self.selected)
        for path in [self.prefix, *self.selected]:
            parts = path.split("/")[: None if path == self.prefix else -1]
            for name in ("/".join(parts[:count]) for count in range(1, len(parts) + 1)):
                if name in self.items:
                    self.items[name].setExpanded(True)  # reads the inside of a block
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
