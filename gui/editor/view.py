"""The canvas widget: turns mouse and keys into tools and commands, and paints the scene at the right level of detail.

It follows the project's document and pushes ops; it never changes the document in any other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from engine.events import Analysis
from engine.graph.document import Change, EditError
from engine.graph.model import Snapshot
from engine.graph.ops import Op
from engine.graph.rules import PortRef
from gui import theme
from gui.editor import backdrop, command, export
from gui.editor.camera import Camera
from gui.editor.diving import Diving
from gui.editor.empty_hint import EmptyHint
from gui.editor.events import Events
from gui.editor.heat import Heat
from gui.editor.minimap import Minimap
from gui.editor.overlay import Overlay
from gui.editor.painting import Painting
from gui.editor.quick_add import Chooser, Entry, layer_entries
from gui.editor.repairs import Repairs
from gui.editor.scene import Scene
from gui.editor.tip import Tip
from gui.editor.uses import Uses

if TYPE_CHECKING:
    from gui.editor.fix_card import FixCard

HOVER = 400  # ms until a tooltip


class Canvas(Events, Painting, Diving, Repairs, QGraphicsView):
    """Shows and edits `project.level`: the document, or the inside of one of its blocks. Commands are methods; menus and shortcuts belong to the window."""

    selectionChanged = Signal(list)
    zoomChanged = Signal(float)
    nodeActivated = Signal(str)
    hint = Signal(str)
    menuRequested = Signal(object)  # QPoint, global: where a context menu belongs
    lessonChosen = Signal(str)
    remedyChosen = Signal(object, int)

    def __init__(self, project: object, parent: QWidget | None = None, *, motion: bool = True) -> None:
        super().__init__(parent)
        self.project = project
        self.motion = motion
        self.network = Scene(project.level, self)
        self.setScene(self.network)
        self.prepare()
        self.camera = Camera(self, motion=motion)
        self.camera.zoomed.connect(self.follow_zoom)
        self.camera.moved.connect(self.network.gallery.catch_up)
        self.camera.moved.connect(lambda: self.tip.hide())
        self.overlay = Overlay()
        self.overlay.changed.connect(self.mark_areas)
        self.backdrop = backdrop.Backdrop()
        self.tip, self.reason = Tip(self), Tip(self)
        self.chooser = Chooser(self)
        self.uses = Uses()
        self.empty = EmptyHint(self)
        self.empty.lessonChosen.connect(self.lessonChosen)
        self.fix_card: FixCard | None = None  # made when it is first needed
        self.heat = Heat(self)
        self.begin_levels()
        self.minimap = Minimap(self)
        self.network.gallery.visible = self.visible_nodes
        self.network.moved.connect(self.mark)
        self.network.selection.changed.connect(self.tell_selection)
        self.hover_timer = QTimer(self)
        self.hover_timer.setSingleShot(True)
        self.hover_timer.setInterval(HOVER)
        self.hover_timer.timeout.connect(self.show_tip)
        self.gliding: QVariantAnimation | None = None
        self.begin_events()
        self.unframed = True
        self.links: list[Callable[[], None]] = []
        self.destroyed.connect(partial(let_go, self.links))
        theme.notifier().changed.connect(self.restyle)
        project.replaced.connect(self.reload)
        project.levelChanged.connect(self.show_level)
        self.reload()

    def prepare(self) -> None:
        """The widget's own settings."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlags(QGraphicsView.OptimizationFlag.DontSavePainterState | QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 160)
        self.setAccessibleName("Network canvas")

    # -- following the project ---------------------------------------------------------------------------------------
    def reload(self) -> None:
        """Shows the project's document from scratch and frames it."""
        self.stop_tool()
        self.close_fixes()
        while self.links:
            self.links.pop()()
        self.links.append(self.project.document.subscribe(self.follow))
        self.forget_levels()
        self.network.show_document(self.project.level)
        self.unframed = True
        self.show_emptiness()
        if self.isVisible():
            self.frame_all(glide=False)

    def close_canvas(self) -> None:
        """Lets go of the project: ends gestures, motions and subscriptions, drops all items."""
        self.stop_tool()
        self.stop_gliding()
        self.camera.glide.stop()
        self.hide_tip()
        let_go(self.links)
        theme.notifier().changed.disconnect(self.restyle)
        self.project.replaced.disconnect(self.reload)
        self.project.levelChanged.disconnect(self.show_level)
        self.passage.end()
        self.network.clear()

    def follow(self, change: Change) -> None:
        """The document changed: what was begun on the old one ends."""
        self.rest()
        self.network.sync(change)
        self.show_emptiness()

    def show_emptiness(self) -> None:
        bare = not self.network.nodes and not self.network.frames
        self.empty.set_visible(bare and not self.network.document.path)
        self.minimap.set_bare(bare)

    def tell_selection(self) -> None:
        chosen = self.network.selection
        names = sorted(chosen.nodes)
        self.setAccessibleDescription(", ".join(f"{name}, {self.network.nodes[name].body.title}" for name in names[:8] if name in self.network.nodes))
        self.mark(QRectF())
        self.selectionChanged.emit(names)

    def restyle(self) -> None:
        self.backdrop.forget()
        self.network.restyle()
        self.viewport().update()

    def snapshot(self) -> Snapshot:
        return self.network.document.snapshot()

    def push(self, label: str, ops: Iterable[Op]) -> bool:
        """One undo step; a refusal becomes a hint. False when nothing was done."""
        steps = list(ops)
        if not steps:
            return False
        try:
            self.project.edit(label, steps)
        except EditError as error:
            self.hint.emit(str(error))
            return False
        return True

    def attempt(self, label: str, make: Callable[[], Iterable[Op]]) -> bool:
        """Pushes what `make` gives; a refusal becomes a hint."""
        return command.attempt(self, label, make)

    def adopt(self, label: str, make: Callable[[], tuple[list[Op], str]]) -> bool:
        """Pushes the ops of a new node and selects it."""
        try:
            ops, name = make()
        except EditError as error:
            self.hint.emit(str(error))
            return False
        done = self.push(label, ops)
        if done:
            self.select([name])
            middle = self.network.nodes[name].rect().center()
            if not self.camera.shown().contains(middle):  # placed behind the last one, for example
                self.camera.look_at(middle, self.camera.zoom)
        return done

    # -- what the engine says ----------------------------------------------------------------------------------------
    def set_analysis(self, analysis: Analysis | None) -> None:
        """Shapes on wires, parameter counts, problem badges, as they are on this level."""
        self.analysis = analysis
        seen = self.network.document.seen(analysis)
        self.strip.show_level(self.network.document, analysis)
        self.network.set_analysis(seen)
        if self.heat.quantity:
            self.heat.refresh()
        if self.fix_card is not None:
            self.fix_card.settle(seen.problems if seen else ())

    def set_thumbnails(self, arrays: Mapping[str, np.ndarray], words: Mapping[str, str] | None = None) -> None:
        """Pictures by node id, and what each shows in words."""
        self.network.gallery.put(arrays, words)

    def set_thumbnail(self, node_id: str, array: np.ndarray | None) -> None:
        """One node's picture; None takes it away."""
        self.network.gallery.put({node_id: array})

    def show_thumbnails(self, on: bool | None) -> None:
        """Pictures on nodes: on, off, or (None) on for up to 60 nodes."""
        self.network.gallery.switch(on)

    @property
    def thumbnails_on(self) -> bool:
        return self.network.gallery.on

    def set_live(self, node_id: str, value: float | None) -> None:
        """A loss's live value, also the next point of its sparkline; None starts anew."""
        self.network.gallery.value(node_id, value)

    def set_running(self, node_id: str) -> None:
        """Underlines the node that runs now; empty: none."""
        for name, item in self.network.nodes.items():
            item.tell(running=name == node_id)

    def visible_nodes(self) -> set[str]:
        return set(self.network.atlas.nodes_in(self.camera.shown().getRect())) if self.isVisible() else set()

    # -- commands ----------------------------------------------------------------------------------------------------
    def select(self, node_ids: Iterable[str]) -> None:
        """Selects exactly these nodes."""
        self.network.selection.set([name for name in node_ids if name in self.network.nodes])

    def selected(self) -> list[str]:
        return sorted(self.network.selection.nodes)

    def select_all(self) -> None:
        self.network.selection.set(list(self.network.nodes), self.network.wires, self.network.frames)

    def delete_selection(self) -> None:
        command.delete(self)

    def dissolve_selection(self) -> None:
        command.dissolve(self)

    def copy(self) -> None:
        command.copy(self)

    def cut(self) -> None:
        command.cut(self)

    def paste(self, text: str | None = None) -> None:
        command.paste(self, text)

    def duplicate(self) -> None:
        command.duplicate(self)

    def bypass_selection(self) -> None:
        command.bypass(self)

    def freeze_selection(self) -> None:
        command.freeze(self)

    def add_frame(self) -> None:
        command.add_frame(self)

    def group_selection(self) -> None:
        command.group(self)

    def expand_selection(self) -> None:
        command.expand(self)

    def auto_layout(self) -> None:
        command.auto_layout(self)

    def add_layer(self, type_id: str) -> None:
        """A double-click in the palette: into the selected wire, behind the selected node, or in the middle."""
        command.add(self, type_id, self.camera.scene_point(self.camera.middle()), context=True)

    def free_place(self, type_id: str, at: tuple[float, float] | None = None) -> tuple[float, float]:
        """Where a new node fits with its title at `at` (scene px; default: the middle of the view), or the first place below it."""
        point = QPointF(*at) if at else self.camera.scene_point(self.camera.middle())
        return command.place_for(self, point, type_id)

    def quick_add(self, at: QPointF | None = None) -> None:
        """Opens the search popup at a viewport point (default: the pointer)."""
        place = at if at is not None else self.pointer_view()
        point = self.camera.scene_point(place)
        source = partial(layer_entries, owner=self.snapshot(), uses=self.uses)
        self.choose(place, source, lambda type_id: command.add(self, type_id, point, context=at is None), prompt="Search layers")

    def quick_add_for(self, end: PortRef, at: QPointF) -> None:
        """Opens the popup with what can be wired to `end`."""
        point = self.camera.scene_point(at)
        source = lambda text: command.fitting_entries(self, end, text)  # noqa: E731 - a name for what the popup asks
        self.choose(at, source, lambda type_id: command.add_on_wire_end(self, type_id, end, point), prompt="Search layers that fit")
        start = self.network.nodes[end.node].spot(end.port, end.is_output)
        self.overlay.show_loose([(start, point) if end.is_output else (point, start)])

    def find(self) -> None:
        """Opens a popup that jumps to a node, also inside blocks, by id, title, type or parameter."""
        self.choose(QPointF(self.width() / 2 - 140, 40), lambda text: command.find_entries(self, text), self.open_path, prompt="Find a node")

    def choose(self, at: QPointF, source: Callable[[str], list[Entry]], act: Callable[[str], None], *, prompt: str) -> None:
        """Runs the popup; `act` gets what was chosen."""
        self.tip.hide()
        self.close_fixes()
        self.chooser_act = act
        self.chooser.open(at, source, prompt=prompt)

    def reveal(self, node_id: str, *, glide: bool = True) -> None:
        """Selects a node of this level, brings it into view and lets it glow once."""
        if node_id in self.network.nodes:
            self.select([node_id])
            item = self.network.nodes[node_id]
            if not self.camera.shown().contains(item.rect()) or self.camera.zoom < 0.6:
                self.camera.look_at(item.rect().center(), max(self.camera.zoom, 0.8), glide=glide)
            self.glow(node_id)

    # -- the view ----------------------------------------------------------------------------------------------------
    def frame_all(self, *, glide: bool = True) -> None:
        self.unframed = False
        self.camera.frame(self.below_strip(export.whole(self.network)), glide=glide)
        self.minimap.settle(all_nodes=True)

    def frame_selection(self) -> None:
        """Shows the selected nodes, or everything."""
        bounds = self.network.atlas.bounds(self.network.selection.nodes) if self.network.selection.nodes else None
        self.camera.frame(QRectF(*bounds).adjusted(-40, -40, 40, 40), most=1.5) if bounds else self.frame_all()

    def zoom_to(self, percent: float) -> None:
        self.camera.zoom_to(percent)

    @property
    def zoom(self) -> float:
        """1.0 is 100 %."""
        return self.camera.zoom

    def show_grid(self, on: bool) -> None:
        """Dots behind the network, or a plain surface."""
        self.backdrop.dots = on
        self.viewport().update()

    def show_minimap(self, on: bool) -> None:
        """The map of the whole network; it hides by itself while there is nothing on the canvas."""
        self.minimap.set_wanted(on)

    def render_image(self, scale: float = export.PRINT, *, paper: bool = False) -> QImage:
        """All of the network with full detail; on white `paper`, or as it is on the screen."""
        return export.image(self.network, scale, paper=paper)

    def render_svg(self, path: Path | str, *, paper: bool = False) -> None:
        export.svg(self.network, path, paper=paper)


def let_go(links: list[Callable[[], None]], *_: object) -> None:
    """Ends the subscriptions of a canvas that is gone; holds no reference to it."""
    while links:
        links.pop()()
