"""Into blocks and out of them: the canvas shows another level of the document, with the view it had there. A mixin; changes no document."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from engine.graph.model import block_of, plain_path
from gui.editor.context_strip import ContextStrip
from gui.editor.passage import Passage


class Diving:
    """Levels of the canvas. `project.level` says which is open; this follows it."""

    def begin_levels(self) -> None:
        """State of levels; called once by the canvas."""
        self.analysis = None  # of the whole document
        self.views: dict[str, tuple[QPointF, float]] = {}  # level -> what was in the middle, and the zoom
        self.strip = ContextStrip(self)
        self.strip.wanted.connect(self.go_beside)
        self.passage = Passage(self)

    def forget_levels(self) -> None:
        """Another document: no level was seen."""
        self.analysis = None
        self.views.clear()
        self.strip.show_level(self.project.level, None)
        self.passage.end()

    # -- going -------------------------------------------------------------------------------------------------------
    def activate(self, name: str) -> None:
        """Enter or a double-click on a node: into a block; of other nodes, the window is told."""
        if not self.dive(name):
            self.nodeActivated.emit(name)

    def dive(self, name: str = "") -> bool:
        """Opens a block of this level (default: the selected one); whether it is one."""
        level, item = self.network.document, self.network.nodes.get(name or self.network.selection.current)
        if item is None or item.row is None or not block_of(item.row.id):
            return False
        self.project.go(level.path_of(item.node.id))
        return True

    def open_block(self) -> None:
        """The command: opens the selected block."""
        if not self.dive():
            self.hint.emit("Select a block to open it.")

    def leave(self) -> None:
        """Out of this block, to the level that its instance lies on; the instance is selected then."""
        if self.network.document.path:
            self.project.go(self.network.document.path.rpartition("/")[0])

    def back_out(self) -> None:
        """Backspace while nothing is selected: leaves, and selects nothing, so that the next Backspace deletes nothing."""
        if self.network.document.path:
            self.leave()
            name = self.network.selection.current
            self.network.selection.clear()
            self.network.selection.current = name  # Enter goes in again
            self.glow(name)

    def open_path(self, path: str, *, glide: bool = True) -> None:
        """Selects and shows a node anywhere in the document: "conv1", or "block1.2/conv1" inside a block."""
        outer, _, name = path.rpartition("/")
        self.project.go(outer)
        if self.network.document.path == (plain_path(outer) if outer else ""):
            self.reveal(name.partition(".")[0], glide=glide)
            self.setFocus()

    # -- following the project ---------------------------------------------------------------------------------------
    def show_level(self) -> None:
        """Another level is open: shows it where it was seen last, and what one came from selected."""
        old, new = self.network.document, self.project.level
        alike = old.inside == new.inside  # another instance of the same block: only its numbers differ
        into, from_ = old.name_in(new.path), new.name_in(old.path)
        chosen = sorted(self.network.selection.nodes) if alike else [from_] if from_ else []
        self.rest()
        self.views[old.path] = (self.camera.scene_point(self.camera.middle()), self.camera.zoom)
        picture, door = (None, QRectF()) if alike else (self.passage.take(), self.door(into))
        self.network.show_document(new)
        self.set_analysis(self.analysis)
        self.show_emptiness()
        self.strip.show_level(new, self.analysis)
        if not alike:
            self.look_again(new.path)
        self.select(chosen)
        self.passage.go(picture, door if into or not from_ else self.door(from_), inwards=bool(into))

    def rest(self) -> None:
        """Ends gestures, motions and popups."""
        self.stop_tool()
        self.close_fixes()
        self.stop_gliding()
        self.hide_tip()
        self.camera.glide.stop()
        if self.chooser.isVisible():
            self.chooser.close_popup(give_back=False)

    def go_beside(self, path: str) -> None:
        """A box of the strip: into that block, or to that layer on the level around."""
        try:
            body, node = self.project.snapshot().at(path)
        except KeyError:  # the strip is of a moment ago, and the node is gone since
            return
        if body.block(block_of(node.type)) is not None:
            self.project.go(path)
            self.setFocus()
        else:
            self.open_path(path)

    def show_strip(self, on: bool) -> None:
        """Whether the level around is shown while one is inside a block."""
        self.strip.on = on
        self.strip.show_level(self.network.document, self.analysis)

    def below_strip(self, area: QRectF) -> QRectF:
        """`area` with room above it for the strip, for the camera to frame."""
        port, taken = self.viewport().rect(), self.strip.taken
        if not taken or area.isEmpty():
            return area
        zoom = min(1.0, max(port.width() - 32, 20) / area.width(), max(port.height() - 32 - taken, 20) / area.height())
        return area.adjusted(0, -taken / zoom, 0, 0)

    def look_again(self, path: str) -> None:
        """The view that this level had, or all of it."""
        if path in self.views:
            self.unframed = False
            self.camera.look_at(*self.views[path], glide=False)
        elif self.isVisible():
            self.frame_all(glide=False)
        else:
            self.unframed = True

    def door(self, name: str) -> QRectF:
        """Where the block that one goes through is on the screen now; the middle of the view when it is not there."""
        item = self.network.nodes.get(name)
        if item is None:
            middle = self.camera.middle()
            return QRectF(middle.x() - 80, middle.y() - 24, 160, 48)
        return QRectF(self.camera.view_point(item.rect().topLeft()), self.camera.view_point(item.rect().bottomRight()))
