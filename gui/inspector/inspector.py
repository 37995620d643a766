"""The inspector dock: the selected node's form, or the document in numbers. Emits what the user wants; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from engine.events import Analysis
from engine.graph.model import Snapshot
from engine.layers import registry
from gui.inspector.node_page import NodePage
from gui.inspector.overview import OverviewPage, SeveralPage

AnyPage = TypeVar("AnyPage", NodePage, OverviewPage, SeveralPage)


class HasSnapshot(Protocol):
    """What the inspector needs of a project."""

    def snapshot(self) -> Snapshot: ...


class Inspector(QScrollArea):
    """Shows what is selected. It is updated in place: a page is rebuilt only for another node or type."""

    paramEdited = Signal(str, str, object)  # node, parameter, value; may come many times during a scrub
    paramsCommitted = Signal()  # the scrub (or the single edit) is over: the next one is another undo step
    nodeEdited = Signal(str, object)  # node, {"title": ..., "frozen": ..., "bypassed": ...}
    nodesEdited = Signal(object, object)  # [nodes], the same changes for all of them
    remedyChosen = Signal(object, int)  # problem, index of its repair
    helpRequested = Signal(str)  # layer type

    def __init__(self, project: HasSnapshot | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snapshot = project.snapshot() if project else Snapshot()
        self.analysis: Analysis | None = None
        self.selected: list[str] = []
        self.folds: dict[str, bool] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(284)
        self.setAccessibleName("Inspector")
        self.page: NodePage | OverviewPage | SeveralPage | None = None
        self.refresh()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self.on_focus)

    def show_nodes(self, node_ids: Sequence[str]) -> None:
        """Shows these nodes (those that exist)."""
        if list(node_ids) != self.selected:
            self.selected = list(node_ids)
            self.refresh()

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """The document has changed."""
        self.snapshot = snapshot
        self.refresh()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Newer shapes, costs and problems."""
        self.analysis = analysis
        self.refresh()

    def refresh(self) -> None:
        """Brings the page up to date, another one only where the present one cannot show it."""
        by_id = self.snapshot.by_id()
        nodes = [by_id[name] for name in self.selected if name in by_id]
        if len(nodes) == 1:
            page = self.page
            if not isinstance(page, NodePage) or not page.fits(nodes[0]):
                page = self.node_page(nodes[0].id)
            elif page.node != nodes[0]:
                page.show_values(nodes[0])
            page.show_analysis(self.analysis)
        elif nodes:
            several = self.page if isinstance(self.page, SeveralPage) else self.put(SeveralPage(self))
            several.show_nodes(nodes, self.analysis)
        else:
            overview = self.page if isinstance(self.page, OverviewPage) else self.put(OverviewPage(self))
            overview.show_document(self.snapshot, self.analysis)

    def node_page(self, node_id: str) -> NodePage:
        """A fresh page for this node."""
        page = NodePage(self.snapshot.node(node_id), self, folds=self.folds)
        page.edited.connect(lambda name, value: self.paramEdited.emit(node_id, name, value))
        page.committed.connect(self.paramsCommitted)
        page.changed.connect(lambda changes: self.nodeEdited.emit(node_id, changes))
        page.helpClicked.connect(self.helpRequested)
        page.folded.connect(self.folds.__setitem__)
        return self.put(page)

    def put(self, page: AnyPage) -> AnyPage:
        """Puts `page` in the place of the present one, which is thrown away."""
        if isinstance(page, NodePage | OverviewPage):
            page.remedyChosen.connect(self.remedyChosen)
        else:
            page.changed.connect(self.on_several)
        self.page = page
        old = self.takeWidget()
        self.setWidget(page)
        if old is not None:
            old.deleteLater()
        return page

    def on_focus(self, old: QWidget | None, now: QWidget | None) -> None:
        """The focus moved somewhere in the application."""
        if isinstance(self.page, NodePage):
            self.page.set_focus_of(now)

    def focus_first_field(self) -> None:
        """Puts the focus into the first parameter (Enter on the canvas)."""
        if isinstance(self.page, NodePage):
            for field in self.page.fields.values():
                if field.isVisibleTo(self):
                    field.setFocus(Qt.FocusReason.ShortcutFocusReason)
                    return

    def on_several(self, changes: object) -> None:
        roles = {node.id: registry.of(node) for node in self.snapshot.nodes}
        wants_bypass = isinstance(changes, dict) and "bypassed" in changes
        able = [name for name in self.selected if (row := roles.get(name)) and row.role == "layer" and (row.bypass or not wants_bypass)]
        self.nodesEdited.emit(able, changes)
