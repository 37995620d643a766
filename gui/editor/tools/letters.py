"""Connecting by keys: every port that takes the selected node's wire gets a letter, and typing it connects. The mouse is not needed."""

from __future__ import annotations

from itertools import product
from string import ascii_uppercase

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent

from engine.graph.rules import PortRef
from gui.editor.overlay import Tag
from gui.editor.tools.connect import Connect


class Grab(QObject):
    """While it is installed on the canvas, no key is a shortcut."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return False


class Letters(Connect):
    """From an output of the current node (Tab: its next one) to an input; `backwards` from an input to an output."""

    auto_pan = False
    typing = True

    def __init__(self, canvas: object, ends: list[PortRef]) -> None:
        super().__init__(canvas, ends[:1])
        self.ends = ends
        self.typed = ""
        self.codes: dict[str, PortRef] = {}
        self.sticky = True
        self.grab = Grab(canvas)
        canvas.installEventFilter(self.grab)

    def open(self) -> bool:
        """Gives letters to all candidates that are on screen, the nearest first; False when there is none."""
        self.clear()
        self.begin()
        atlas, here = self.scene.atlas, self.place_of(self.fixed[0])
        shown = self.canvas.camera.shown()
        ports = [atlas.ports[index] for index in self.fits]
        ports = sorted((ref for ref in ports if shown.contains(self.place_of(ref))), key=lambda ref: (self.place_of(ref) - here).manhattanLength())
        self.codes = dict(zip(codes(len(ports)), ports, strict=False))
        self.typed = ""
        self.show_tags()
        return bool(ports)

    def show_tags(self) -> None:
        """The letters that can still be meant, at their ports, and what is being connected."""
        left = {code: ref for code, ref in self.codes.items() if code.startswith(self.typed)}
        self.canvas.overlay.show_tags([Tag(code, self.place_of(ref), at_left=not ref.is_output) for code, ref in left.items()])
        end = self.fixed[0]
        way = "to" if end.is_output else "from"
        more = " · Tab: its next port" if len(self.ends) > 1 else ""
        place = self.canvas.camera.view_point(self.place_of(end))
        self.canvas.show_reason(f"Connect {end.node}.{end.port} {way} …: type a letter{more} · Esc", QPointF(place.x(), place.y() + 18), token="t1")

    def key(self, event: QKeyEvent) -> bool:
        """A letter narrows down or connects, Tab takes the node's next port, Backspace takes a letter back."""
        letter = event.text().upper()
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.ends = [*self.ends[1:], self.ends[0]]
            self.fixed = self.ends[:1]
            self.open()
        elif event.key() == Qt.Key.Key_Backspace:
            self.typed = self.typed[:-1]
            self.show_tags()
        elif letter and any(code.startswith(self.typed + letter) for code in self.codes):
            self.typed += letter
            if self.typed in self.codes:
                goal = self.codes[self.typed]
                self.canvas.stop_tool()
                self.join(self.wires_to(goal))
            else:
                self.show_tags()
        return event.key() != Qt.Key.Key_Escape

    def clear(self) -> None:
        """Takes the letters away."""
        self.canvas.overlay.show_tags([])
        super().clean()

    def clean(self) -> None:
        """The end: keys are shortcuts again."""
        self.clear()
        self.canvas.removeEventFilter(self.grab)
        self.grab.deleteLater()


def codes(count: int) -> list[str]:
    """So many different codes of one letter, or of two where the alphabet is too short."""
    if count <= len(ascii_uppercase):
        return list(ascii_uppercase[:count])
    return ["".join(pair) for pair in product(ascii_uppercase, repeat=2)][:count]


def open_letters(canvas: object, *, backwards: bool = False) -> None:
    """Starts connecting by letter from the current node, or says why it cannot."""
    scene = canvas.network
    name = scene.selection.current
    if name not in scene.nodes:
        canvas.hint.emit("Select one node first: its output is what the letters connect.")
        return
    wired = scene.nodes[name].mood.wired
    spots = [spot for spot in scene.nodes[name].body.spots if spot.is_output != backwards]
    spots.sort(key=lambda spot: backwards and (spot.name, False) in wired)  # an input that still waits goes first
    if not spots:
        canvas.hint.emit(f"{name} has no {'input' if backwards else 'output'} to connect.")
        return
    canvas.stop_tool()
    tool = Letters(canvas, [PortRef(name, spot.name, spot.is_output) for spot in spots])
    if tool.open() or len(spots) > 1:
        canvas.tool = tool
    else:
        tool.clean()
        canvas.hint.emit(f"Nothing in view takes a wire {'into' if backwards else 'from'} {name}.")
