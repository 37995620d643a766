"""Drawing, detaching and reconnecting wires between ports. Which ports are possible comes from the engine's rules."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt

from engine.graph import edits, inputs, rules
from engine.graph.model import Wire
from engine.graph.ops import Op, RemoveWire, SetParams
from engine.graph.rules import PortRef
from gui.editor import fill
from gui.editor.tools.tool import Pointer, Tool

MAGNET = 24.0  # px on the screen, at any zoom


@dataclass(frozen=True, slots=True)
class Goal:
    """What the loose end is at: a port that takes it (one that `growth` gives first), or one that refuses, with the reason."""

    port: PortRef | None = None
    reason: str = ""
    growth: SetParams | None = None


class Connect(Tool):
    """The wires hang on `fixed` ports; the loose end follows the pointer. `old` are the wires that were detached for it."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: object, fixed: list[PortRef], *, old: list[Wire] | None = None) -> None:
        super().__init__(canvas)
        self.fixed = fixed
        self.old = old or []
        self.goal = Goal()
        self.fits: list[int] = []

    @property
    def seeks_output(self) -> bool:
        return not self.fixed[0].is_output

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        if not self.old:
            self.begin()

    def begin(self) -> None:
        """Lights the candidates, dims the rest."""
        self.fits = candidates(self.canvas, self.fixed)
        atlas = self.scene.atlas
        lights: dict[str, set[tuple[str, bool]]] = {}
        for index in self.fits:
            ref = atlas.ports[index]
            lights.setdefault(ref.node, set()).add((ref.port, ref.is_output))
        self.scene.dim({*lights, *(ref.node for ref in self.fixed)})
        for name, ports in lights.items():
            self.scene.nodes[name].tell(candidates=frozenset(ports))
        for wire in self.old:
            self.scene.wires[wire].tell(hidden=True)

    def move(self, pointer: Pointer) -> None:
        if self.old and not self.dragging:
            if not self.passed(pointer):
                return
            self.begin()
        self.passed(pointer)
        self.goal = self.find_goal(pointer)
        self.show_magnet()
        place = self.place_of(self.goal.port) if self.goal.port and not self.goal.growth else pointer.scene
        fixed = [self.place_of(ref) for ref in self.fixed]
        self.canvas.overlay.show_loose([(place, end) if self.seeks_output else (end, place) for end in fixed])
        if self.goal.growth:
            self.canvas.show_reason(f"One more input, {self.goal.port.port}, for {self.goal.port.node}", pointer.view, token="t1")
        else:
            self.canvas.show_reason(self.goal.reason, pointer.view)

    def place_of(self, ref: PortRef) -> QPointF:
        return self.scene.nodes[ref.node].spot(ref.port, ref.is_output)

    def find_goal(self, pointer: Pointer) -> Goal:
        """The candidate within the magnet, else the first that fits on the node below, else why not."""
        atlas, reach = self.scene.atlas, MAGNET / self.canvas.camera.zoom
        x, y = pointer.scene.x(), pointer.scene.y()
        best = atlas.port_at(x, y, reach=reach, among=self.fits)
        if best:
            return Goal(best)
        refused = atlas.port_at(x, y, reach=reach)
        name = atlas.node_at(x, y)
        if refused is None and name and name not in {ref.node for ref in self.fixed}:
            here = [atlas.ports[i] for i in self.fits if atlas.ports[i].node == name]
            free = [ref for ref in here if (ref.port, ref.is_output) not in self.scene.nodes[name].mood.wired]
            if here:
                return (None if free else self.further(name)) or Goal((free or here)[0])
            refused = next((ref for ref in atlas.ports if ref.node == name and ref.is_output == self.seeks_output), None)
        if refused is None or refused in self.fixed:
            return Goal()
        return Goal(reason=self.reason(refused))

    def further(self, name: str) -> Goal | None:
        """One more input of a merge that has none left: a new wire dropped on its body takes no other's place."""
        if self.seeks_output or self.old or not (found := inputs.further(self.scene.document.snapshot(), name)):
            return None
        return Goal(PortRef(name, found[0], False), growth=found[1])

    def reason(self, ref: PortRef) -> str:
        """Why this port does not take the wire."""
        if ref.is_output != self.seeks_output:
            return "Two outputs cannot be joined: drag to an input." if ref.is_output else "Two inputs cannot be joined: drag to an output."
        for wire in self.wires_to(ref):
            why = rules.refusal(self.scene.document.snapshot(), wire)
            if why:
                return why
        return ""

    def wires_to(self, ref: PortRef) -> list[Wire]:
        if self.seeks_output:
            return [Wire(ref.node, ref.port, end.node, end.port) for end in self.fixed]
        return [Wire(end.node, end.port, ref.node, ref.port) for end in self.fixed]

    def show_magnet(self) -> None:
        for name, item in self.scene.nodes.items():
            if item.mood.candidates:
                port = self.goal.port
                item.tell(magnet=(port.port, port.is_output) if port and port.node == name else None)

    def finish(self, pointer: Pointer) -> None:
        if not self.dragging and not self.sticky:
            if self.old:
                self.scene.selection.set((), self.old)
            else:
                self.sticky = True  # click-click: the wire stays on the pointer
            return
        self.goal = self.find_goal(pointer)
        self.sticky = False
        self.clean()
        if self.goal.growth:
            wire, growth = self.wires_to(self.goal.port)[0], self.goal.growth
            label = f"Connect {wire.source} to {wire.target}"
            self.canvas.attempt(label, lambda: inputs.connect_further(self.scene.document.snapshot(), wire, growth))
        elif self.goal.port:
            self.join(self.wires_to(self.goal.port))
        elif self.goal.reason:
            self.canvas.hint.emit(self.goal.reason)
        elif not self.canvas.viewport().rect().contains(pointer.view.toPoint()):
            return  # let go over something else than the canvas: all stays as it was
        elif self.old:
            self.canvas.push("Delete wire" if len(self.old) == 1 else f"Delete {len(self.old)} wires", edits.disconnect(self.old))
        elif self.dragging and self.scene.atlas.node_at(pointer.scene.x(), pointer.scene.y()) is None:
            self.canvas.quick_add_for(self.fixed[0], pointer.view)

    def join(self, wires: list[Wire]) -> None:
        """Connects, in one step with the detaching and with the replacing of what occupied the input."""
        if set(wires) == set(self.old):
            return
        wire = wires[0]
        if instead := fill.handed_over(self.canvas, wires) if not self.old else []:
            self.canvas.push(f"Put {wire.source} in the place of the Input", instead)
            return
        self.canvas.attempt(f"{'Rewire' if self.old else 'Connect'} {wire.source} to {wire.target}", lambda: self.ops_for(wires))

    def ops_for(self, wires: list[Wire]) -> list[Op]:
        """EditError where a candidate turns out not to fit: only the whole graph tells what lies behind a knot."""
        ops: list[Op] = [RemoveWire(wire) for wire in self.old if wire not in wires]
        gone = set(self.old)
        for wire in wires:
            ops += [op for op in edits.connect(self.scene.document.snapshot(), wire) if not (isinstance(op, RemoveWire) and op.wire in gone)]
        return ops

    def clean(self) -> None:
        self.canvas.overlay.clear()
        self.canvas.show_reason("", QPointF())
        self.scene.dim(None)
        for item in self.scene.nodes.values():
            item.tell(candidates=frozenset(), magnet=None)
        for wire in self.old:
            if wire in self.scene.wires:
                self.scene.wires[wire].tell(hidden=False)

    def cancel(self) -> None:
        self.sticky = False
        self.clean()


def candidates(canvas: object, fixed: list[PortRef]) -> list[int]:
    """Indices of the ports that take a wire from all `fixed` ports: kinds fit and no loop would close."""
    scene = canvas.network
    blocked: set[str] = set()
    for ref in fixed:
        blocked |= reachable(scene, ref.node, upstream=ref.is_output)
    places = [scene.nodes[ref.node].body.spot(ref.port, ref.is_output) for ref in fixed]
    seeks_output = not fixed[0].is_output
    found = []
    for index, ref in enumerate(scene.atlas.ports):
        if ref.is_output != seeks_output or ref.node in blocked:
            continue
        kind = scene.nodes[ref.node].body.spot(ref.port, ref.is_output).kind
        pairs = [(kind, place.kind) if seeks_output else (place.kind, kind) for place in places if place]
        if all(out in rules.ACCEPTS[into] for out, into in pairs):
            found.append(index)
    return found


def reachable(scene: object, start: str, *, upstream: bool) -> set[str]:
    """`start` and all nodes that feed it (or that it feeds)."""
    seen, stack = {start}, [start]
    while stack:
        name = stack.pop()
        near = [w.source for w in scene.into[name]] if upstream else [w.target for w in scene.out[name]]
        stack += [other for other in near if other not in seen]
        seen.update(near)
    return seen
