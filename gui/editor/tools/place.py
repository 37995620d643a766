"""A layer or a block dragged in from the palette: a ghost at the cursor, a glowing wire where it would be spliced, one undo step.

A dataset over a template's Input shows what it would change there.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.model import Snapshot, Wire
from engine.graph.ops import MoveNodes, Op
from gui import shelf
from gui.editor import anatomy, fill, fix_preview, hit, room
from gui.editor.detail import snap
from gui.editor.tools.tool import Pointer, Tool


class Place(Tool):
    """`type_id` lands with its title under the cursor, at every zoom."""

    def __init__(self, canvas: object, type_id: str) -> None:
        super().__init__(canvas)
        self.type_id = type_id
        self.body = anatomy.measure_type(type_id, self.scene.document)
        self.wire: Wire | None = None
        self.seen: Snapshot | None = None
        self.place = ""  # the Input that it would stand in for

    def corner(self, point: QPointF) -> QPointF:
        """Where the node's top-left corner comes, on the grid."""
        return QPointF(snap(point.x() - self.body.width / 2), snap(point.y() - anatomy.TITLE / 2))

    def move(self, pointer: Pointer) -> None:
        if self.aim(pointer):
            return
        corner = self.corner(pointer.scene)
        ghost = QRectF(corner.x(), corner.y(), self.body.width, self.body.height)
        self.canvas.overlay.show_ghost(ghost)
        wire = None if pointer.alt else hit.wire_under(self.scene, ghost, pointer.scene)
        if wire is not None and not self.fits(wire):
            wire = None
        self.glow(wire)

    def aim(self, pointer: Pointer) -> bool:
        """Whether the pointer is on an Input whose place it could take; then it shows what would become of the network, or why not."""
        place = fill.place_under(self.canvas, self.type_id, pointer.scene)
        if place != self.place:
            self.place = place
            self.glow(None)
            self.canvas.overlay.clear()
            self.canvas.overlay.show_preview(None)
            if place:
                self.foretell(place, pointer)
            else:
                self.canvas.show_reason("", pointer.view)
        return bool(place)

    def foretell(self, place: str, pointer: Pointer) -> None:
        try:
            ops = fill.filled(self.canvas, place, self.type_id)[0]
        except EditError as error:
            self.canvas.show_reason(str(error), pointer.view)
            return
        self.canvas.overlay.show_preview(fix_preview.preview(self.scene, ops))

    def ready(self) -> tuple[list[Op], Snapshot, str]:
        """`shelf.ready` for the document as it is, worked out once and not at every move."""
        snapshot = self.scene.document.snapshot()
        if self.seen is not snapshot:
            self.seen, self.prepared = snapshot, shelf.ready(snapshot, self.type_id)
        return self.prepared

    def fits(self, wire: Wire) -> bool:
        try:
            _, snapshot, type_id = self.ready()
            return bool(edits.insert_on_wire(snapshot, type_id, wire, pos=(0.0, 0.0))[0])
        except EditError:
            return False

    def glow(self, wire: Wire | None) -> None:
        for each, on in ((self.wire, False), (wire, True)):
            if each in self.scene.wires:
                self.scene.wires[each].tell(splice=on)
        self.wire = wire

    def finish(self, pointer: Pointer) -> None:
        wire, place = self.wire, self.place
        self.cancel()
        if place:
            self.canvas.adopt(f"Put {self.body.title} in the place of {place}", lambda: fill.filled(self.canvas, place, self.type_id))
            return
        pos = self.corner(pointer.scene).toTuple()
        snapshot = self.scene.document.snapshot()
        try:
            if wire is not None:
                places = room.positions(self.scene, "", wire, corner=pos, width=self.body.width)
                first, snapshot, type_id = self.ready()
                ops, name = edits.insert_on_wire(snapshot, type_id, wire, pos=places.pop("", pos))
                ops = [*first, *ops]
                ops = [*ops, MoveNodes(places)] if places else ops
            else:
                ops, name = shelf.add(snapshot, self.type_id, pos)
        except EditError as error:
            self.canvas.hint.emit(str(error))
            return
        if self.canvas.push(f"Add {self.body.title}", ops):
            self.canvas.select([name])
            self.canvas.uses.add(self.type_id)

    def cancel(self) -> None:
        self.glow(None)
        if self.place:
            self.place = ""
            self.canvas.show_reason("", QPointF())
            self.canvas.overlay.show_preview(None)
        self.canvas.overlay.clear()
