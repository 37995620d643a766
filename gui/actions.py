"""Every command of the window as one record; menus, shortcuts, tooltips and the command palette all follow from it.

`call` names a method on the window or one of its parts ("files.save"); nothing is carried out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

if TYPE_CHECKING:
    from gui.shell import Shell

MENUS = ("File", "Edit", "View", "Graph", "Run", "Window", "Help")
PLACES = range(1, 10)  # the numbers of kept views
FRAME_COLORS = {  # family whose colour it is -> what people call it
    "merge": "Grey", "convolution": "Blue", "pooling": "Light blue", "multi-view": "Green", "linear": "Light green", "activation": "Yellow",
    "regularisation": "Brown", "loss": "Red", "attention": "Pink", "block": "Violet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """One command. `keys` in Qt's portable text, the first is shown; `scope` canvas: only while the canvas has the focus.

    `when` names the condition under which it is possible (see `REASONS`); `toggle` makes it checkable, and its call gets the new state;
    a `choice` is one of several, checked by whoever carries it out.
    A `menu` with a slash is a submenu; `gap` draws a line above it.
    """

    id: str
    title: str
    call: str
    menu: str
    keys: tuple[str, ...] = ()
    when: str = ""
    icon: str = ""
    tip: str = ""
    scope: str = "window"
    toggle: bool = False
    choice: bool = False
    gap: bool = False


# Why a command is grey, in words for its tooltip.
REASONS = {
    "undo": "Nothing to undo.",
    "redo": "Nothing to redo.",
    "nodes": "Select one or more nodes first.",
    "selection": "Select something first.",
    "content": "The canvas is empty.",
    "trainable": "A problem keeps this network from training; see Problems.",
    "running": "No run is training.",
    "active": "No run is active.",
    "idle": "A run is active. Stop it first.",
    "problems": "No node has a problem.",
    "block": "Select one block first.",
    "frames": "Select one or more frames first.",
    "copies": "No repeated block is open.",
    "inside": "This is the document itself; no block is open.",
    "code": "There is no code yet.",
    **{f"view-{number}": f"Nothing is kept here yet. Ctrl+Shift+{number} keeps what the canvas shows." for number in PLACES},
}

ACTIONS: tuple[Record, ...] = (
    Record("new", "New", "files.new", "File", ("Ctrl+N",), icon="file"),
    Record("open", "Open…", "files.open", "File", ("Ctrl+O",), icon="folder"),
    Record("save", "Save", "files.save", "File", ("Ctrl+S",), icon="save", gap=True),
    Record("save-as", "Save as…", "files.save_as", "File", ("Ctrl+Shift+S",)),
    Record("export-code", "Export code…", "files.export_code", "File", ("Ctrl+E",), when="code", icon="export", gap=True,
           tip="The network as a Python file that needs only PyTorch."),
    Record("export-figure", "Export figure…", "files.export_figure", "File", ("Ctrl+Shift+E",), when="content",
           tip="The canvas as PNG or SVG, on white or as on the screen."),
    Record("export-layers", "Export layer figure…", "files.export_layers", "File", when="content",
           tip="Stacks of maps from left to right with what they hold now, as PNG or SVG."),
    Record("welcome", "Welcome page", "help.welcome", "File", ("Ctrl+Shift+H",), icon="lesson", gap=True,
           tip="Recent projects, all lessons and all templates."),
    Record("quit", "Quit", "close", "File", ("Ctrl+Q",), gap=True),

    Record("undo", "Undo", "undo", "Edit", ("Ctrl+Z",), when="undo", icon="undo"),
    Record("redo", "Redo", "project.redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), when="redo", icon="redo"),
    Record("cut", "Cut", "canvas.cut", "Edit", ("Ctrl+X",), when="nodes", icon="cut", scope="canvas", gap=True),
    Record("copy", "Copy", "canvas.copy", "Edit", ("Ctrl+C",), when="nodes", icon="copy", scope="canvas"),
    Record("paste", "Paste", "canvas.paste", "Edit", ("Ctrl+V",), scope="canvas", tip="Adds the network on the clipboard at the pointer."),
    Record("duplicate", "Duplicate", "canvas.duplicate", "Edit", ("Ctrl+D",), when="nodes", scope="canvas"),
    Record("delete", "Delete", "canvas.delete_selection", "Edit", ("Del", "Backspace"), when="selection", scope="canvas", gap=True),
    Record("dissolve", "Dissolve", "canvas.dissolve_selection", "Edit", ("Ctrl+Backspace", "Ctrl+Del"), when="nodes", scope="canvas",
           tip="Deletes nodes and joins what they stood between."),
    Record("select-all", "Select all", "canvas.select_all", "Edit", ("Ctrl+A",), when="content", scope="canvas", gap=True),
    Record("find", "Find…", "canvas.find", "Edit", ("Ctrl+F",), when="content", icon="search", tip="A node by title, type, id or parameter value."),

    Record("frame-all", "Frame all", "canvas.frame_all", "View", ("Home",), when="content", icon="frame-all", scope="canvas"),
    Record("frame-selection", "Frame selection", "canvas.frame_selection", "View", ("F",), when="selection", scope="canvas"),
    Record("zoom-in", "Zoom in", "view.zoom_in", "View", ("Ctrl++", "Ctrl+="), gap=True),
    Record("zoom-out", "Zoom out", "view.zoom_out", "View", ("Ctrl+-",)),
    Record("zoom-reset", "Zoom to 100 %", "view.zoom_reset", "View", ("Ctrl+0",)),
    *(Record(f"view-{n}", f"View {n}", f"view.bookmarks.go_{n}", "View/Kept views", (f"Ctrl+{n}",), when=f"view-{n}",
             tip="Shows the place that was kept under this number.") for n in PLACES),
    *(Record(f"keep-view-{n}", f"Keep as view {n}", f"view.bookmarks.keep_{n}", "View/Kept views", (f"Ctrl+Shift+{n}",), when="content", gap=n == 1,
             tip="Keeps the level, place and zoom that the canvas shows.") for n in PLACES),
    Record("minimap", "Minimap", "view.set_minimap", "View", ("M",), icon="minimap", scope="canvas", toggle=True, gap=True),
    Record("grid", "Grid", "view.set_grid", "View", ("G",), icon="grid", scope="canvas", toggle=True),
    Record("thumbnails", "Thumbnails on nodes", "view.set_thumbnails", "View", ("T",), scope="canvas", toggle=True),
    Record("motion-system", "Like the system", "view.motion_system", "View/Motion", choice=True, tip="Less motion where the desktop asks for it."),
    Record("motion-reduced", "Reduced", "view.motion_reduced", "View/Motion", choice=True, tip="The canvas jumps where it would glide."),
    Record("motion-full", "Full", "view.motion_full", "View/Motion", choice=True, tip="The canvas glides, whatever the desktop asks for."),
    Record("heat-off", "Off", "view.heat_off", "View/Heat", choice=True, gap=True),
    Record("heat-parameters", "Parameters", "view.heat_parameters", "View/Heat", choice=True, tip="Colours nodes by how many parameters they hold."),
    Record("heat-macs", "MACs", "view.heat_macs", "View/Heat", choice=True, tip="Colours nodes by their multiply-accumulates."),
    Record("heat-memory", "Memory", "view.heat_memory", "View/Heat", choice=True, tip="Colours nodes by the bytes of what they give."),
    Record("heat-time", "Forward time", "view.heat_time", "View/Heat", choice=True, tip="Colours nodes by the time that they take, measured."),
    Record("strip", "Context strip in blocks", "view.set_strip", "View", ("Shift+M",), icon="strip", scope="canvas", toggle=True,
           tip="While a block is open, the level around it: height for resolution, width for channels."),
    Record("theme-system", "Like the system", "view.theme_system", "View/Theme", choice=True, gap=True),
    Record("theme-dark", "Dark", "view.theme_dark", "View/Theme", icon="moon", choice=True),
    Record("theme-light", "Light", "view.theme_light", "View/Theme", icon="sun", choice=True),

    Record("add-layer", "Add layer…", "canvas.quick_add", "Graph", ("Tab",), icon="plus", scope="canvas",
           tip="Type to search; the layer lands at the pointer."),
    Record("connect", "Connect by letter", "edit.connect_by_letter", "Graph", ("C",), when="nodes", scope="canvas",
           tip="Shows a letter at every port that takes the node's output; typing it connects."),
    Record("connect-into", "Connect into by letter", "edit.connect_into_by_letter", "Graph", ("Shift+C",), when="nodes", scope="canvas",
           tip="The same from the node's inputs."),
    Record("bypass", "Bypass", "canvas.bypass_selection", "Graph", ("B",), when="nodes", icon="bypass", scope="canvas",
           tip="The input passes through as if the node were not there."),
    Record("swap-inputs", "Swap inputs", "edit.swap_inputs", "Graph", ("Shift+R",), when="nodes", scope="canvas",
           tip="Exchanges the wires into the selected node; of several, each goes one input on."),
    Record("auto-layout", "Auto-layout", "canvas.auto_layout", "Graph", ("Ctrl+L",), when="content", icon="layout",
           tip="The selection, or everything, from left to right."),
    Record("u-shape", "U-shape", "arrangement.u_shape", "Graph/Arrange", when="content", icon="u-shape",
           tip="Encoder down, decoder up: each node as low as its maps are small."),
    Record("strips", "Vertical strips", "arrangement.strips", "Graph/Arrange", when="content", icon="strip", tip="From top to bottom in one column."),
    Record("straighten", "Straighten wires", "arrangement.straighten", "Graph/Arrange", ("Shift+S",), when="content", scope="canvas",
           tip="Puts nodes on the line of what feeds them."),
    Record("align-left", "Align left", "arrangement.align_left", "Graph/Arrange", when="nodes", gap=True),
    Record("align-center", "Align centres", "arrangement.align_center", "Graph/Arrange", when="nodes"),
    Record("align-right", "Align right", "arrangement.align_right", "Graph/Arrange", when="nodes"),
    Record("align-top", "Align top", "arrangement.align_top", "Graph/Arrange", ("Shift+T",), when="nodes", scope="canvas"),
    Record("align-middle", "Align middles", "arrangement.align_middle", "Graph/Arrange", when="nodes"),
    Record("align-bottom", "Align bottom", "arrangement.align_bottom", "Graph/Arrange", when="nodes"),
    Record("distribute-across", "Distribute horizontally", "arrangement.distribute_across", "Graph/Arrange", when="nodes", gap=True),
    Record("distribute-down", "Distribute vertically", "arrangement.distribute_down", "Graph/Arrange", when="nodes"),
    Record("freeze", "Freeze weights", "canvas.freeze_selection", "Graph", ("Shift+B",), when="nodes", icon="lock", scope="canvas",
           tip="The weights of these nodes are not trained."),
    Record("insert-identity", "Insert identity layers…", "edit.insert_identity", "Graph", when="nodes", icon="splice", gap=True,
           tip="Layers behind the selected one that hand on exactly what comes. After a training the next run begins with its weights: the same loss."),
    Record("to-separable", "Convert to separable", "edit.to_separable", "Graph", when="nodes", icon="cut",
           tip="Each selected Conv2d as a depthwise convolution, then a 1×1 one."),
    Record("show-fixes", "Show fixes", "canvas.show_fixes", "Graph", ("Alt+Return", "Alt+Enter"), when="problems", icon="wand", scope="canvas", gap=True,
           tip="What is wrong with the selected node, and the repairs."),
    Record("add-frame", "Add frame", "canvas.add_frame", "Graph", ("Ctrl+J",), icon="group", scope="canvas", tip="A titled box around the selection."),
    *(Record(f"frame-{family}", word, f"view.frame_colors.apply_{family.replace('-', '_')}", "Graph/Frame colour", when="frames")
      for family, word in FRAME_COLORS.items()),
    Record("group-block", "Group into a block", "canvas.group_selection", "Graph", ("Ctrl+G",), when="nodes", icon="group", scope="canvas", gap=True,
           tip="The selected nodes become one block that can be repeated and used again."),
    Record("expand-block", "Expand block", "canvas.expand_selection", "Graph", ("Ctrl+Shift+G",), when="nodes", icon="expand", scope="canvas",
           tip="A block's own nodes in its place."),
    Record("open-block", "Open block", "canvas.open_block", "Graph", ("Alt+Down",), when="block", icon="block", scope="canvas",
           tip="The inside of the selected block; Enter and a double-click do the same."),
    Record("leave-block", "Leave block", "canvas.leave", "Graph", ("Alt+Up",), when="inside", icon="chevron-up", scope="canvas",
           tip="Back to where the block lies; Backspace does the same while nothing is selected."),
    Record("next-copy", "Next copy of the block", "levels.next_copy", "Graph", ("Ctrl+PgDown",), when="copies", icon="chevron-right", scope="canvas",
           tip="The weights and pictures of the next copy of a repeated block."),
    Record("previous-copy", "Previous copy of the block", "levels.previous_copy", "Graph", ("Ctrl+PgUp",), when="copies", icon="chevron-left",
           scope="canvas", tip="The weights and pictures of the copy before."),

    Record("train", "Train", "training.toggle", "Run", ("Ctrl+R", "F5"), when="trainable", icon="train"),
    Record("step", "Step one batch", "training.step", "Run", ("F10",), when="trainable", icon="step"),
    Record("stop", "Stop", "training.stop", "Run", ("Shift+F5",), when="active", icon="stop"),
    Record("resume-run", "Resume run from folder…", "training.resume_from", "Run", when="idle", gap=True),
    Record("open-runs", "Show runs folder", "training.show_folder", "Run", icon="folder"),

    Record("command-palette", "Command palette…", "open_palette", "Window", ("Ctrl+Shift+P",), icon="search"),
    Record("reset-layout", "Reset layout", "reset_layout", "Window", tip="All panels back to their first places."),

    Record("shortcuts", "Keyboard shortcuts", "help.shortcuts", "Help", ("F1",)),
    Record("lessons", "Lessons", "help.lessons", "Help", icon="lesson"),
    Record("log", "Show log", "help.log", "Help", gap=True),
    Record("about", "About Chainrule", "help.about", "Help"),
)  # fmt: skip


class Actions(QObject):
    """The QActions of a window, by id. Those of the canvas have their shortcuts from `attach` on."""

    def __init__(self, window: Shell, records: tuple[Record, ...] = ACTIONS) -> None:
        super().__init__(window)
        self.records = {record.id: record for record in records}
        self.by_id: dict[str, QAction] = {}
        for record in records:
            action = QAction(record.title, self)
            action.setObjectName(record.id)
            action.setCheckable(record.toggle or record.choice)
            action.setShortcuts([QKeySequence(key) for key in record.keys])
            on_canvas = record.scope == "canvas"
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut if on_canvas else Qt.ShortcutContext.WindowShortcut)
            if not on_canvas:
                window.addAction(action)
            call = Caller(window, record)
            # Not the object itself: of a callable that is no function Qt for Python takes it that it wants no arguments.
            action.triggered.connect(lambda checked=False, call=call: call(checked))
            self.by_id[record.id] = action
        self.retip()

    def __getitem__(self, action_id: str) -> QAction:
        return self.by_id[action_id]

    def attach(self, canvas: QWidget) -> None:
        """The shortcuts that only count while `canvas` has the focus."""
        for record in self.records.values():
            if record.scope == "canvas":
                canvas.addAction(self.by_id[record.id])

    def set_facts(self, facts: Mapping[str, bool]) -> None:
        """Enables what is possible now; tooltips of the rest say why it is not."""
        for record in self.records.values():
            if record.when:
                self.by_id[record.id].setEnabled(facts.get(record.when, True))
        self.retip()

    def retip(self) -> None:
        """Tooltips: what it does, or why it cannot now."""
        for record in self.records.values():
            action = self.by_id[record.id]
            action.setToolTip((record.tip or record.title.rstrip("…")) if action.isEnabled() else REASONS[record.when])

    def redraw(self, icon: Callable[[str], object], only: Iterable[str] = ()) -> None:
        """Draws the icons anew, in the colours of the current theme: all, or those of the actions `only`."""
        for name in only or self.records:
            if drawing := self.records[name].icon:
                self.by_id[name].setIcon(icon(drawing))

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Makes the menus; returns them by name ("File", "View/Theme")."""
        menus: dict[str, QMenu] = {}
        for name in MENUS:
            menus[name] = bar.addMenu(name)
            menus[name].setToolTipsVisible(True)
        for record in self.records.values():
            if record.menu not in menus:
                parent, _, title = record.menu.partition("/")
                if record.gap:
                    menus[parent].addSeparator()
                menus[record.menu] = menus[parent].addMenu(title)
            elif record.gap:
                menus[record.menu].addSeparator()
            menus[record.menu].addAction(self.by_id[record.id])
        return menus


class Caller:
    """Finds the method of a record when it is called, so that the window's parts may be made later; until they are, the call waits."""

    def __init__(self, window: Shell, record: Record) -> None:
        self.window = window
        self.record = record

    def __call__(self, checked: bool = False) -> None:
        if not self.window.furnished:
            self.window.waiting.append(lambda: self.window.acts[self.record.id].isEnabled() and self(checked))
            return
        method = reduce(getattr, self.record.call.split("."), self.window)
        if self.record.toggle:
            method(checked)
        else:
            method()
