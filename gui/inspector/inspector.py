"""The inspector dock: the selected node's form, or the document in numbers. Emits what the user wants; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from engine.events import Analysis
from engine.graph.model import Node, Snapshot, block_of
from engine.layers import registry
from gui.inspector.node_page import NodePage
from gui.inspector.overview import OverviewPage, SeveralPage

AnyPage = NodePage | OverviewPage | SeveralPage


class HasSnapshot(Protocol):
    """What the inspector needs of a project."""

    def snapshot(self) -> Snapshot: ...


class Inspector(QScrollArea):
    """Shows what is selected. It is updated in place: there is one page per layer type, kept and filled again."""

    paramEdited = Signal(str, str, object)  # node, parameter, value; may come many times during a scrub
    paramsCommitted = Signal()  # the scrub (or the single edit) is over: the next one is another undo step
    nodeEdited = Signal(str, object)  # node, {"title": ..., "frozen": ..., "bypassed": ..., "lr_factor": ..., "shares": ...}
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
        self.page: AnyPage | None = None
        self.pages: dict[str, AnyPage] = {}  # by layer type, made when first needed; "" is the document, "*" several nodes
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
            page = self.show_page(nodes[0].type if registry.of(nodes[0], self.snapshot) else f"?{nodes[0].id}", nodes[0])
            assert isinstance(page, NodePage)
            if page.node != nodes[0]:
                page.show_values(nodes[0])
            page.show_analysis(self.analysis)
            alike = self.snapshot.nodes if not block_of(nodes[0].type) else ()  # whole blocks have weights of their own
            page.show_kin([node.id for node in alike if node.type == nodes[0].type and node.id != nodes[0].id and not node.shares])
        elif nodes:
            page = self.show_page("*")
            assert isinstance(page, SeveralPage)
            page.show_nodes(nodes, self.analysis, owner=self.snapshot)
        else:
            page = self.show_page("")
            assert isinstance(page, OverviewPage)
            page.show_document(self.snapshot, self.analysis)

    def show_page(self, key: str, node: Node | None = None) -> AnyPage:
        """Brings the page `key` to the front; a value that is half typed goes to the node that it was typed for."""
        old = self.page
        page = self.pages.get(key)
        if isinstance(page, NodePage) and node is not None and page.row_type is not registry.of(node, self.snapshot):
            self.drop_page(key)  # the block has other ports or parameters now
            page, old = None, self.page
        same = page is not None and page is old and (not isinstance(page, NodePage) or node is None or page.node.id == node.id)
        if not same and old is not None and (focused := self.focusWidget()) is not None and old.isAncestorOf(focused):
            focused.clearFocus()
        if page is None:
            page = self.pages[key] = self.make_page(key, node)
        if page is not old:
            self.takeWidget()
            if old is not None:
                old.setParent(self)
                old.hide()
            self.page = page
            self.setWidget(page)
            page.show()
        if not same:
            self.verticalScrollBar().setValue(0)
            if isinstance(page, NodePage):
                page.begin(self.folds)
        return page

    def drop_page(self, key: str) -> None:
        """Forgets a page, so that it is made anew."""
        page = self.pages.pop(key)
        if page is self.page:
            self.takeWidget()
            self.page = None
        page.blockSignals(True)  # what was half typed was meant for the old form
        page.hide()
        page.deleteLater()

    def make_page(self, key: str, node: Node | None) -> AnyPage:
        if node is not None:
            page = NodePage(node, self, folds=self.folds, owner=self.snapshot)
            page.edited.connect(lambda name, value: self.paramEdited.emit(page.node.id, name, value))
            page.committed.connect(self.paramsCommitted)
            page.changed.connect(lambda changes: self.nodeEdited.emit(page.node.id, changes))
            page.helpClicked.connect(self.helpRequested)
            page.folded.connect(self.folds.__setitem__)
            page.remedyChosen.connect(self.remedyChosen)
            return page
        if key == "*":
            several = SeveralPage(self)
            several.changed.connect(self.on_several)
            return several
        overview = OverviewPage(self)
        overview.remedyChosen.connect(self.remedyChosen)
        return overview

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
        roles = {node.id: registry.of(node, self.snapshot) for node in self.snapshot.nodes}
        wants_bypass = isinstance(changes, dict) and "bypassed" in changes
        able = [name for name in self.selected if (row := roles.get(name)) and row.role == "layer" and (row.bypass or not wants_bypass)]
        self.nodesEdited.emit(able, changes)
