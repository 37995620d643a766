"""The scene mirrors one level of the document: items follow node, wire and frame records by id. It never writes the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from engine.events import Analysis
from engine.graph.document import Change
from engine.graph.model import Value, Wire
from engine.graph.ops import AddBlock, AddNode, AddWire, InBlock, MoveNodes, RemoveBlock, RemoveNode, RemoveWire, RenameNode, SetBlock, SetNode, SetParams
from engine.graph.rules import PortRef
from engine.layers import registry
from gui.editor import annotate, route
from gui.editor.atlas import Atlas
from gui.editor.detail import FULL, roomy
from gui.editor.frame_item import FrameItem
from gui.editor.gallery import Gallery
from gui.editor.heaps import Heaps
from gui.editor.node_item import NodeItem
from gui.editor.plates import Plates
from gui.editor.selection import Selection
from gui.editor.standing import Standing
from gui.editor.wire_item import ChipItem, WireItem
from gui.level import Level

Positions = Mapping[str, tuple[float, float]]
FAR = (RenameNode, AddBlock, RemoveBlock, SetBlock, InBlock)  # ops that change nodes which they do not name
WIRING = (AddNode, RemoveNode, RenameNode, AddWire, RemoveWire)


class Scene(QGraphicsScene):
    """Items by id. `document` is the level that is shown: the document itself or the inside of a block, which read alike.

    `detail` and `ratio` are set by the view; `moved` says that rectangles changed.
    """

    moved = Signal(QRectF)  # the area that changed; empty: everything

    def __init__(self, document: Level, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.hanging: dict[PortRef, ChipItem] = {}
        self.into: dict[str, list[Wire]] = {}
        self.out: dict[str, list[Wire]] = {}
        self.atlas = Atlas()
        self.heaps = Heaps(self)
        self.analysis: Analysis | None = None
        self.ranges: dict[str, str] = {}  # the values that a node gives, in words
        self.detail = FULL
        self.ratio = 1.0  # of icons, ports and tiles
        self.screen = 1.0  # device pixels per px
        self.plates = Plates()
        self.standing = Standing()
        self.heated = False  # the heat overlay colours nodes
        self.lit: set[Wire] = set()
        self.stale = QRectF()  # what does not look as it did when `moved` was last told
        self.chosen: tuple[set[str], set[Wire]] = (set(), set())  # nodes and wires with rings
        self.pointed: tuple[str, Wire | None] = ("", None)  # what the pointer is on
        self.previewed: set[str] = set()  # nodes that a gesture shows elsewhere than the document has them
        self.values: dict[str, Value] = {}  # of the block's parameters, in the instance that is shown
        self.selection = Selection(self)
        self.selection.changed.connect(self.show_selection)
        self.gallery = Gallery(self)

    # -- mirroring ---------------------------------------------------------------------------------------------------
    def show_document(self, document: Level) -> None:
        """Shows another document, or another level of it, from scratch."""
        self.document = document
        self.analysis = None
        self.selection.clear()
        self.gallery.clear()
        self.sync()

    def sync(self, change: Change | None = None) -> None:
        """Brings all items in line with the document: those that the change names, or all of them by comparing records."""
        some = self.named_in(change) if change else None
        change = self.document.share(change) if change else None
        for op in change.ops if change else ():
            if isinstance(op, RenameNode):
                self.rename(op.old, op.new)
        names, links = some or (None, None)
        wiring = change is None or any(isinstance(op, WIRING) for op in change.ops)
        ends = self.drop_wires(links) if wiring else set()
        shapes = {name: self.nodes[name].body for name in (self.nodes if names is None else self.nodes.keys() & names)}
        touched = self.sync_nodes(names)
        self.previewed.clear()
        fresh = self.add_wires(links) if wiring else []
        ends = (ends | {name for wire in fresh for name in (wire.source, wire.target)}) & self.nodes.keys()
        touched |= {name for name in ends if self.nodes[name].row is None}  # its wires are its ports
        self.sync_frames()
        if wiring:
            self.note_wiring(ends | touched)
        self.note_bypass(ends | touched)
        resized = len(self.atlas.ids) < len(self.nodes)  # new or renamed ones
        resized |= any(not self.nodes[name].body.fits(shapes.get(name)) for name in touched)
        self.refresh(touched, rebuild=resized, told=ends, trouble=False, fresh=fresh)
        self.prune()

    def named_in(self, change: Change) -> tuple[set[str], dict[Wire, None]] | None:
        """The nodes and wires that a change of the outermost level names; None when others may follow (ids and definitions)."""
        if self.document.path or any(isinstance(op, FAR) for op in change.ops):
            return None
        names, links = set(self.previewed), {}
        for op in change.ops:
            if isinstance(op, AddNode):
                names.add(op.node.id)
            elif isinstance(op, MoveNodes):
                names |= op.positions.keys()
            elif isinstance(op, AddWire | RemoveWire):
                links[op.wire] = None
            elif isinstance(op, RemoveNode | SetNode | SetParams):
                names.add(op.id)
        return names, links

    def sync_nodes(self, names: set[str] | None) -> set[str]:
        """Adds, removes and updates node items (default: all); the ids of those that are new or different."""
        document, values = self.document, self.document.values()
        stale, self.values = values != self.values, values
        names = None if stale else names
        nodes = document.nodes if names is None else {name: document.node(name) for name in sorted(names) if name in document}
        for name in [name for name in (self.nodes if names is None else self.nodes.keys() & names) if name not in nodes]:
            self.stale |= self.nodes[name].rect()
            self.atlas.drop(name)
            self.heaps.drop(self.nodes.pop(name))
            del self.into[name], self.out[name]
        touched = set()
        for name, node in nodes.items():
            item = self.nodes.get(name)
            if item is None:
                item = self.nodes[name] = NodeItem(node, document, document.plain(node))
                self.into[name], self.out[name] = [], []
                self.heaps.add(item)
                touched.add(name)
            elif stale or item.node is not node or item.pos().toTuple() != node.pos or item.row is not registry.of(node, document):
                self.stale |= item.rect()
                item.show_node(node, document, document.plain(node))
                item.setPos(*node.pos)
                touched.add(name)
        return touched

    def drop_wires(self, links: Iterable[Wire] | None) -> set[str]:
        """Removes those of these wires (default: all) that are gone; the ids at their ends."""
        there = set(self.document.wires) if links is None else {wire for wire in links if self.document.has_wire(wire)}
        touched: set[str] = set()
        for wire in [wire for wire in (self.wires if links is None else links) if wire in self.wires and wire not in there]:
            touched |= {wire.source, wire.target}
            item = self.wires.pop(wire)
            self.stale |= item.bounds
            self.atlas.courses.drop(wire)
            self.heaps.drop(item.chip)
            self.heaps.drop(item)
            self.lit.discard(wire)
            for table, name in ((self.into, wire.target), (self.out, wire.source)):
                if wire in table.get(name, ()):
                    table[name].remove(wire)
        return touched

    def add_wires(self, links: Iterable[Wire] | None) -> list[Wire]:
        """Adds those of these wires (None: of all) that are new; which ones."""
        there = self.document.wires if links is None else [wire for wire in links if self.document.has_wire(wire)]
        fresh = {wire: WireItem(wire) for wire in there if wire not in self.wires}
        for wire, item in fresh.items():
            self.heaps.add(item)
            self.heaps.add(item.chip)
            self.into[wire.target].append(wire)
            self.out[wire.source].append(wire)
        self.wires |= fresh
        self.atlas.courses.add(fresh)
        return list(fresh)

    def sync_frames(self) -> None:
        for name in [name for name in self.frames if name not in self.document.frames]:
            self.stale |= self.frames[name].area
            self.removeItem(self.frames[name].heading)
            self.removeItem(self.frames.pop(name))
        for name, frame in self.document.frames.items():
            item = self.frames.get(name)
            if item is None:
                item = self.frames[name] = FrameItem(frame)
                self.addItem(item)
                self.addItem(item.heading)
            elif item.frame is not frame or item.area != QRectF(*frame.rect):
                self.stale |= item.area
                item.show_frame(frame)
            else:
                continue
            self.stale |= item.area

    def rename(self, old: str, new: str) -> None:
        """Keeps item, pictures and selection of a node that gets another id."""
        if old in self.nodes:
            self.atlas.drop(old)
            self.nodes[new] = self.nodes.pop(old)
            self.into[new], self.out[new] = [], []  # its wires come again, under its new name
            del self.into[old], self.out[old]
        if old == self.pointed[0]:
            self.pointed = (new, self.pointed[1])
        if old in self.selection.nodes:
            self.selection.set((self.selection.nodes - {old}) | {new}, self.selection.wires, self.selection.frames)

    def note_wiring(self, touched: Iterable[str]) -> None:
        """Which ports of these nodes have wires, and which of their wires are thin."""
        for name in touched:
            item = self.nodes[name]
            if item.row is None:
                item.loose = (sorted({w.target_port for w in self.into[name]}), sorted({w.source_port for w in self.out[name]}))
                item.measure()
            item.tell(wired=frozenset([(w.target_port, False) for w in self.into[name]] + [(w.source_port, True) for w in self.out[name]]))
            for wire in self.out[name]:
                spot = item.body.spot(wire.source_port, True)
                self.wires[wire].thin = spot is not None and spot.kind == "target"

    def note_bypass(self, names: Iterable[str]) -> None:
        """Dotted wires at nodes that are switched off."""
        for wire in self.wires_at(names):
            self.wires[wire].tell(bypassed=self.nodes[wire.source].node.bypassed or self.nodes[wire.target].node.bypassed)

    def refresh(self, touched: Iterable[str], *, rebuild: bool = True, told: Iterable[str] = (), trouble: bool = True, fresh: Iterable[Wire] = ()) -> None:
        """New rectangles, wire courses and chips after nodes changed; without `rebuild` only places did.

        `told` are nodes of which only the shapes or wires are news, `fresh` wires that have no course yet; without `trouble` no problem came or went.
        """
        touched = set(touched)
        most = len(touched) * 3 > len(self.nodes)
        if rebuild and most:
            self.atlas.rebuild(self.nodes, self.wires)
        elif rebuild:
            self.atlas.patch(self.nodes, touched)
        else:
            self.atlas.move({name: self.nodes[name].node.pos for name in touched})
        if trouble:
            self.atlas.note_trouble(self.nodes, self.wires)
        for name in () if most else touched:
            self.stale |= self.nodes[name].rect()
        laid = list(self.wires) if most else self.wires_to_lay(touched, fresh)
        soft = self.soft_edges() if laid else None
        for wire in laid:
            self.lay(self.wires[wire], soft)
        names = touched | set(told)
        annotate.chips(self, names if len(names) * 3 < len(self.nodes) else None, laid)
        if most:
            self.setSceneRect(roomy(self.content()))
        elif not self.sceneRect().contains(self.stale):
            self.setSceneRect(roomy(self.sceneRect() | self.stale))
        self.tell_moved(everything=most or trouble)

    def tell_moved(self, *, everything: bool = False) -> None:
        """Says what has to be painted anew, if anything has."""
        area, self.stale = self.stale, QRectF()
        if everything or not area.isEmpty():
            self.moved.emit(QRectF() if everything else area)

    def prune(self) -> None:
        """Takes what is gone out of the selection."""
        chosen = self.selection
        if not chosen:
            return
        chosen.set(
            [name for name in chosen.nodes if name in self.nodes],
            [wire for wire in chosen.wires if wire in self.wires],
            [name for name in chosen.frames if name in self.frames],
        )

    # -- geometry ----------------------------------------------------------------------------------------------------
    def content(self) -> QRectF:
        """The rectangle round everything."""
        bounds = self.atlas.bounds()
        area = QRectF(*bounds) if bounds else QRectF()
        for item in self.frames.values():
            area = area.united(item.area)
        return area

    def soft_edges(self) -> np.ndarray | None:
        """Frames as areas whose borders wires avoid."""
        return np.array([item.area.getRect() for item in self.frames.values()]) if self.frames else None

    def wires_to_lay(self, names: set[str], fresh: Iterable[Wire]) -> list[Wire]:
        """The wires of these nodes, new ones, and those that nodes stand in the way of now, or no longer."""
        own = dict.fromkeys([*fresh, *sorted(self.wires_at(names), key=self.atlas.courses.index.__getitem__)])
        near = self.stale.adjusted(-40, -40, 40, 40)
        boxes = self.atlas.boxes[[self.atlas.index[name] for name in names]]
        others = self.atlas.courses.near(near.getRect()) if names or not self.stale.isEmpty() else ()
        return [*own, *(wire for wire in others if wire not in own and not route.stays(self.wires[wire].course, boxes))]

    def lay(self, item: WireItem, soft: np.ndarray | None = None) -> None:
        wire, before = item.wire, item.bounds
        start, end = self.nodes[wire.source].spot(wire.source_port, True), self.nodes[wire.target].spot(wire.target_port, False)
        if item.lay(self.atlas.course(start, end, lane="below" if item.thin else "", soft=soft)):
            self.stale |= before | item.bounds
        self.atlas.courses.lay(item)
        if item.mood.double and not item.course.bent:
            item.tell(double=False)

    def wires_at(self, names: Iterable[str]) -> set[Wire]:
        """The wires that begin or end at these nodes."""
        return {wire for name in names for wire in (*self.into[name], *self.out[name])}

    def preview(self, positions: Positions, frames: Mapping[str, QRectF] | None = None) -> None:
        """Shows nodes and frames elsewhere while they are dragged or resized; the document does not know. `sync` takes nodes back."""
        self.standing.carried = bool(frames)
        self.previewed |= positions.keys()
        self.atlas.move(positions)
        for name, pos in positions.items():
            item = self.nodes[name]
            self.stale |= item.rect()
            item.setPos(*pos)
            self.stale |= item.rect()
        soft = self.soft_edges()
        for wire in self.wires_at(positions):
            self.lay(self.wires[wire], soft)
        for ref, chip in self.hanging.items():
            if ref.node in positions:
                chip.hang(self.nodes[ref.node].spot(ref.port, True))
        for name, area in (frames or {}).items():
            self.stale |= self.frames[name].area | area
            self.frames[name].place(area)
        self.standing.kept = not frames  # while it is told that these nodes moved
        self.tell_moved()
        self.standing.kept = False

    # -- showing -----------------------------------------------------------------------------------------------------
    def set_analysis(self, analysis: Analysis | None) -> None:
        """Shapes, counts and problems of the last analysis."""
        self.analysis = analysis
        self.ranges.clear()
        annotate.facts(self)

    def show_selection(self) -> None:
        self.show_chosen(self.selection.nodes, self.selection.wires, self.selection.frames)

    def show_chosen(self, nodes: set[str], wires: set[Wire], frames: set[str]) -> None:
        """Rings round these things (the selection, or what a box would select)."""
        before, self.chosen = self.chosen, (set(nodes), set(wires))
        for name in (before[0] ^ nodes) & self.nodes.keys():
            self.nodes[name].tell(selected=name in nodes)
        self.heaps.lift(self.nodes[name] for name in nodes if name in self.nodes)
        for wire in (before[1] ^ wires) & self.wires.keys():
            self.wires[wire].tell(selected=wire in wires)
        for name, item in self.frames.items():
            item.select(name in frames)

    def light(self, *, node: str = "", wire: Wire | None = None) -> None:
        """Lights the path up- and downstream of what is under the pointer; nothing when called without."""
        lit = self.path_of(node) if node else self.path_of(wire.source, wire.target) if wire else set()
        for name in {self.pointed[0], node} & self.nodes.keys():
            self.nodes[name].tell(hovered=name == node)
        for other in lit ^ self.lit:
            if other in self.wires:
                self.wires[other].tell(lit=other in lit)
        for other in {self.pointed[1], wire} & self.wires.keys():
            self.wires[other].tell(hovered=other == wire)
        self.lit, self.pointed = lit, (node, wire)

    def path_of(self, source: str, target: str = "") -> set[Wire]:
        """All wires upstream of `source` and downstream of `target` (default: the same node)."""
        found: set[Wire] = set()
        for table, start, end in ((self.into, source, "source"), (self.out, target or source, "target")):
            stack, seen = [start], {start}
            while stack:
                for wire in table.get(stack.pop(), ()):
                    found.add(wire)
                    following = getattr(wire, end)
                    if following not in seen:
                        seen.add(following)
                        stack.append(following)
        return found | {wire for wire in self.out.get(source, ()) if target and wire.target == target}

    def dim(self, bright: set[str] | None) -> None:
        """Shows all but these nodes at 45 %; None takes it back."""
        for name, item in self.nodes.items():
            item.dim = bright is not None and name not in bright
        for items in (self.wires.values(), self.frames.values(), self.hanging.values(), [item.chip for item in self.wires.values()]):
            for item in items:
                item.dim = bright is not None
        self.update()

    def restyle(self) -> None:
        """After a switch of the theme or of fonts: measures and paints all anew."""
        for item in self.nodes.values():
            item.redraw_picture()
        self.refresh(self.nodes)
        self.update()

    def clear(self) -> None:
        """Drops all items; nothing is shown afterwards."""
        self.gallery.clear()
        self.nodes, self.wires, self.frames, self.hanging = {}, {}, {}, {}
        self.into, self.out = {}, {}
        self.atlas.rebuild({}, {})
        self.stale = QRectF()
        self.heaps.forget()
        super().clear()
