"""The inspector dock: the selected node's form, or the document in numbers. Emits what the user wants; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from engine.events import Analysis
from engine.graph.inside import uses
from engine.graph.model import Node, Snapshot, block_of
from engine.layers import registry
from gui.inspector.formula_field import scope_of
from gui.inspector.node_page import NodePage
from gui.inspector.overview import OverviewPage, SeveralPage
from gui.level import Level, level_at

AnyPage = NodePage | OverviewPage | SeveralPage


class HasSnapshot(Protocol):
    """What the inspector needs of a project."""

    def snapshot(self) -> Snapshot: ...


class Inspector(QScrollArea):
    """Shows what is selected. It is updated in place: there is one page per layer type, kept and filled again."""

    paramEdited = Signal(str, str, object)  # path of the node, parameter, value; may come many times during a scrub
    paramsCommitted = Signal()  # the scrub (or the single edit) is over: the next one is another undo step
    nodeEdited = Signal(str, object)  # path of the node, {"title": ..., "frozen": ..., "bypassed": ..., "lr_factor": ..., "shares": ...}
    nodesEdited = Signal(object, object)  # [paths], the same changes for all of them
    paramsEdited = Signal(object, str, object)  # [paths], parameter, the same value for all of them
    remedyChosen = Signal(object, int)  # problem, index of its repair
    helpRequested = Signal(str)  # layer type
    exposeWanted = Signal(str, str, str)  # path of a node inside a block, parameter, what it is now: plain, follows, formula
    blockWanted = Signal(str, str)  # path of an instance, action: open, unique, expand, save
    blockDefined = Signal(str, str, object)  # block, action, what: see BlockPart
    pageShown = Signal()  # another page, or the present one filled anew

    def __init__(self, project: HasSnapshot | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snapshot = project.snapshot() if project else Snapshot()
        self.level: Level | None = None
        self.whole: Analysis | None = None  # of the document
        self.analysis: Analysis | None = None  # as it looks from this level
        self.selected: list[str] = []
        self.folds: dict[str, bool] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(284)
        self.setAccessibleName("Inspector")
        self.page: AnyPage | None = None
        self.paths: dict[str, str] = {}  # by key of the page: whose page it is now
        self.pages: dict[str, AnyPage] = {}  # by layer type, made when first needed; "" is the document, "*" several nodes
        self.refresh()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self.on_focus)

    def show_nodes(self, node_ids: Sequence[str]) -> None:
        """Shows these nodes (those that exist)."""
        if list(node_ids) != self.selected:
            typing = self.focusWidget()
            if isinstance(self.page, SeveralPage) and typing is not None and self.page.isAncestorOf(typing):
                typing.clearFocus()  # what is half typed was meant for the nodes that were selected
            self.selected = list(node_ids)
            self.refresh()

    def set_level(self, level: Level) -> None:
        """The document has changed, or another level of it is open."""
        self.level = level
        self.analysis = level.seen(self.whole)
        self.set_snapshot(level.snapshot())

    def set_snapshot(self, snapshot: Snapshot) -> None:
        """The document has changed."""
        self.snapshot = snapshot
        self.refresh()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Newer shapes, costs and problems of the whole document."""
        self.whole = analysis
        self.analysis = self.level.seen(analysis) if self.level else analysis
        self.refresh()

    def path_of(self, node_id: str) -> str:
        """The way to a node of the level that is open."""
        return self.level.path_of(node_id) if self.level else node_id

    def refresh(self) -> None:
        """Brings the page up to date, another one only where the present one cannot show it."""
        if self.level is not None and level_at(self.level.document, self.level.path).path != self.level.path:
            return  # the block that was open is gone: `set_level` is about to say what is open now
        by_id = self.snapshot.by_id()
        nodes = [by_id[name] for name in self.selected if name in by_id]
        if len(nodes) == 1:
            self.show_node(nodes[0], self.path_of(nodes[0].id), here=self.snapshot, level=self.level, analysis=self.analysis)
        elif nodes:
            page = self.show_page("*")
            assert isinstance(page, SeveralPage)
            page.show_nodes(nodes, self.analysis, owner=self.snapshot)
        elif self.level is not None and self.level.path:
            self.show_instance(self.level)
        else:
            page = self.show_page("")
            assert isinstance(page, OverviewPage)
            page.show_document(self.snapshot, self.analysis)
        self.pageShown.emit()

    def show_instance(self, level: Level) -> None:
        """Inside a block while nothing is selected: the instance that one is in, its problems apart, which are its nodes'."""
        outer = level_at(level.document, level.path.rpartition("/")[0])
        node = level.instances()[-1][0]
        seen = outer.seen(self.whole)
        quiet = replace(seen, problems=tuple(p for p in seen.problems if p.node != node.id)) if seen else None
        self.show_node(node, outer.path_of(node.id), here=outer.snapshot(), level=outer, analysis=quiet)

    def show_node(self, node: Node, path: str, *, here: Snapshot, level: Level | None, analysis: Analysis | None) -> None:
        """The page of one node, of the level that is open or of one around it."""
        page = self.show_page(node.type if registry.of(node, here) else f"?{node.id}", node, path, owner=here)
        assert isinstance(page, NodePage)
        page.show_scope(scope_of(here.block(here.inside), level.values() if level else {}))
        if page.node != node:
            page.show_values(node)
        page.show_analysis(analysis)
        block = here.block(block_of(node.type))
        page.show_block(block, len(uses(here, block.id)) if block else 0, opened=here is not self.snapshot)
        alike = here.nodes if block is None else ()  # whole blocks have weights of their own
        page.show_kin([other.id for other in alike if other.type == node.type and other.id != node.id and not other.shares])

    def show_page(self, key: str, node: Node | None = None, path: str = "", owner: Snapshot | None = None) -> AnyPage:
        """Brings the page `key` to the front; a value that is half typed goes to the node that it was typed for."""
        old = self.page
        page = self.pages.get(key)
        if isinstance(page, NodePage) and node is not None and page.row_type is not registry.of(node, owner):
            self.drop_page(key)  # the block has other ports or parameters now
            page, old = None, self.page
        same = page is not None and page is old and (not isinstance(page, NodePage) or node is None or self.paths.get(key) == path)
        if not same and old is not None and (focused := self.focusWidget()) is not None and old.isAncestorOf(focused):
            focused.clearFocus()
        if page is None:
            page = self.pages[key] = self.make_page(key, node, owner)
        self.paths[key] = path
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

    def make_page(self, key: str, node: Node | None, owner: Snapshot | None) -> AnyPage:
        if node is not None:
            page = NodePage(node, self, folds=self.folds, owner=owner)
            page.edited.connect(lambda name, value: self.paramEdited.emit(self.paths[key], name, value))
            page.committed.connect(self.paramsCommitted)
            page.changed.connect(lambda changes: self.nodeEdited.emit(self.paths[key], changes))
            page.helpClicked.connect(self.helpRequested)
            page.healthWanted.connect(lambda: self.show_health(page))
            page.folded.connect(self.folds.__setitem__)
            page.remedyChosen.connect(self.remedyChosen)
            page.exposeClicked.connect(lambda name, now: self.exposeWanted.emit(self.paths[key], name, now))
            page.blockWanted.connect(lambda action: self.blockWanted.emit(self.paths[key], action))
            page.defined.connect(lambda action, what: self.blockDefined.emit(block_of(page.node.type), action, what))
            return page
        if key == "*":
            several = SeveralPage(self)
            several.changed.connect(self.on_several)
            several.paramEdited.connect(lambda name, value: self.paramsEdited.emit([self.path_of(node) for node in self.selected], name, value))
            several.committed.connect(self.paramsCommitted)
            return several
        overview = OverviewPage(self)
        overview.remedyChosen.connect(self.remedyChosen)
        return overview

    def show_health(self, page: NodePage) -> None:
        """Scrolls the report on a dataset to the top, unfolded."""
        section = page.section("Health")
        section.set_open(True)
        page.adjustSize()
        self.verticalScrollBar().setValue(section.y())

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
        self.nodesEdited.emit([self.path_of(name) for name in able], changes)
