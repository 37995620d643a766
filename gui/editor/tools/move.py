"""Moving nodes and frames: grid, alignment guides, splicing into a wire. The document learns of it once, at the end."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.model import Wire
from engine.graph.ops import MoveNodes, Op, SetFrame
from gui.editor import guides, hit, room
from gui.editor.detail import snap
from gui.editor.overlay import Guides
from gui.editor.tools.tool import Pointer, Tool

SNAP = 6.0  # px on screen within which guides attract


class Move(Tool):
    """Drags the selection by the node `grabbed` (or the frame `frame`, with what it holds unless Alt is down)."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: object, *, grabbed: str = "", frame: str = "") -> None:
        super().__init__(canvas)
        self.grabbed, self.frame = grabbed, frame
        self.was_selected = False
        self.homes: dict[str, tuple[float, float]] = {}
        self.areas: dict[str, QRectF] = {}
        self.places: dict[str, tuple[float, float]] = {}
        self.wire: Wire | None = None

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        chosen = self.scene.selection
        name = self.grabbed
        self.was_selected = name in chosen.nodes or self.frame in chosen.frames
        if pointer.ctrl:
            chosen.toggle(node=name, frame=self.frame)
        elif pointer.shift:
            chosen.add(node=name, frame=self.frame)
        elif not self.was_selected:
            chosen.set([name] if name else (), (), [self.frame] if self.frame else ())
        elif name:
            chosen.current = name

    def begin(self, pointer: Pointer) -> None:
        """The threshold is passed: remembers where everything was."""
        chosen = self.scene.selection
        names = set(chosen.nodes) | ({self.grabbed} if self.grabbed else set())
        frames = set(chosen.frames) | ({self.frame} if self.frame else set())
        self.areas = {name: QRectF(self.scene.frames[name].area) for name in frames}
        if not pointer.alt:
            for area in self.areas.values():
                names |= {name for name, item in self.scene.nodes.items() if area.contains(item.rect())}
        self.homes = {name: self.scene.nodes[name].pos().toTuple() for name in names}

    def move(self, pointer: Pointer) -> None:
        first = not self.dragging
        if not self.passed(pointer):
            return
        if first:
            self.begin(pointer)
        shift, lines = self.shift(pointer)
        self.places = {name: (x + shift.x(), y + shift.y()) for name, (x, y) in self.homes.items()}
        self.scene.preview(self.places, {name: area.translated(shift) for name, area in self.areas.items()})
        self.canvas.overlay.show_guides(lines)
        self.aim(pointer)

    def shift(self, pointer: Pointer) -> tuple[QPointF, Guides]:
        """How far everything moves: the grabbed thing lands on the grid or on a guide, unless Ctrl is held."""
        way = pointer.scene - self.press.scene
        if pointer.ctrl:
            return way, Guides()
        home = QPointF(*self.homes[self.grabbed]) if self.grabbed else self.areas[self.frame].topLeft()
        goal = home + way
        if not self.grabbed:
            return QPointF(snap(goal.x()), snap(goal.y())) - home, Guides()
        body = self.scene.nodes[self.grabbed].body
        area = QRectF(goal.x(), goal.y(), body.width, body.height)
        boxes = guides.neighbours(goal, self.scene.atlas, self.homes)
        dx, dy = guides.align(area, boxes, tolerance=SNAP / self.canvas.camera.zoom)
        x = goal.x() + dx if dx else snap(goal.x())
        y = goal.y() + dy if dy else snap(goal.y())
        lines = Guides() if dx is None and dy is None else guides.lines_at(QRectF(x, y, body.width, body.height), boxes)
        return QPointF(x, y) - home, lines

    def aim(self, pointer: Pointer) -> None:
        """Finds the wire that a single unwired node would be spliced into; Alt does not splice."""
        wire = None
        if len(self.places) == 1 and self.grabbed in self.places and not pointer.alt and not self.wired():
            item = self.scene.nodes[self.grabbed]
            wire = hit.wire_under(self.scene, item.rect(), pointer.scene)
            if wire is not None and not self.fits(wire):
                wire = None
        if wire != self.wire:
            for each, on in ((self.wire, False), (wire, True)):
                if each in self.scene.wires:
                    self.scene.wires[each].tell(splice=on)
            self.wire = wire
        self.show_splice()

    def show_splice(self) -> None:
        """The two wires that dropping would make."""
        ends = []
        lit: set[tuple[str, bool]] = set()
        if self.wire:
            item, wire = self.scene.nodes[self.grabbed], self.wire
            enter, leave = edits.through_ports(self.scene.document.snapshot(), item.node, wire)
            before = self.scene.nodes[wire.source].spot(wire.source_port, True), item.spot(enter, False)
            ends = [before, (item.spot(leave, True), self.scene.nodes[wire.target].spot(wire.target_port, False))]
            lit = {(enter, False), (leave, True)}
        if self.grabbed:
            self.scene.nodes[self.grabbed].tell(candidates=frozenset(lit))
        if ends or self.canvas.overlay.wires:
            self.canvas.overlay.show_loose(ends)

    def wired(self) -> bool:
        return bool(self.scene.into[self.grabbed] or self.scene.out[self.grabbed])

    def fits(self, wire: Wire) -> bool:
        try:
            return bool(edits.splice(self.scene.document.snapshot(), self.grabbed, wire))
        except EditError:
            return False

    def finish(self, pointer: Pointer) -> None:
        if not self.dragging:
            self.click(pointer)
            return
        self.clean()
        if self.wire:
            body = self.scene.nodes[self.grabbed].body
            self.places |= room.positions(self.scene, self.grabbed, self.wire, corner=self.places[self.grabbed], width=body.width)
        ops: list[Op] = [MoveNodes(dict(self.places))] if any(self.places[n] != self.homes.get(n) for n in self.places) else []
        ops += [SetFrame(name, {"rect": self.scene.frames[name].area.getRect()}) for name, area in self.areas.items() if self.scene.frames[name].area != area]
        label = f"Move {self.grabbed}" if len(self.places) == 1 and self.grabbed else f"Move {len(self.places)} nodes" if self.places else "Move frame"
        if self.wire:
            ops += edits.splice(self.scene.document.snapshot(), self.grabbed, self.wire)
            label = f"Put {self.grabbed} into the wire"
        if not (ops and self.canvas.push(label, ops)):
            self.scene.sync()

    def click(self, pointer: Pointer) -> None:
        """A click without a drag: a selected node among others becomes the only one."""
        if self.was_selected and not (pointer.shift or pointer.ctrl):
            self.scene.selection.set([self.grabbed] if self.grabbed else (), (), [self.frame] if self.frame else ())

    def clean(self) -> None:
        self.canvas.overlay.clear()
        if self.grabbed in self.scene.nodes:
            self.scene.nodes[self.grabbed].tell(candidates=frozenset())
        if self.wire in self.scene.wires:
            self.scene.wires[self.wire].tell(splice=False)

    def cancel(self) -> None:
        self.clean()
        self.scene.preview({}, self.areas)
        self.scene.sync()
