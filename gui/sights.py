"""What the open document has to look at: masks, views, attention. Wakes the panels for it, and shares one pinned sample among them. Draws nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.graph.model import Snapshot
from engine.layers import registry as layers

if TYPE_CHECKING:
    from gui.window import Window

SHARING = ("activations", "attention", "segmentation", "views")  # panels that look at one pinned sample
MASKS = ("mask", "mirror")  # ports of datasets that bring a class for each pixel


def ports_of_data(snapshot: Snapshot) -> set[str]:
    """The names of all outputs of all data nodes."""
    rows = [layers.of(node, snapshot) for node in snapshot.nodes]
    return {port.name for row in rows if row is not None and row.role == "data" for port in row.outputs}


def has_masks(snapshot: Snapshot) -> bool:
    return not ports_of_data(snapshot).isdisjoint(MASKS)


def has_views(snapshot: Snapshot) -> bool:
    return "views" in ports_of_data(snapshot)


KINDS = {"segmentation": has_masks, "views": has_views}  # panel -> whether a document has something for it


def watch(window: Window, panel: Any) -> None:
    """Serves everything that a panel asks the engine for."""
    for name, lane in panel.lanes().items():
        window.bridge.watch(name, lane)


def share_sample(window: Window, panel: Any, name: str) -> None:
    """The sample pinned in the panel `name` and in those that are there already is one and the same."""
    for other in SHARING:
        there = window.panel(other)
        if other != name and there is not None:
            there.sampleChanged.connect(panel.set_sample)
            panel.sampleChanged.connect(there.set_sample)
            panel.set_sample(there.picker.sample)


def wake(window: Window) -> None:
    """Tells each of the panels in KINDS whether the document has something for it."""
    snapshot = window.project.snapshot()
    for name, fits in KINDS.items():
        if (panel := window.panel(name)) is not None:
            panel.set_wanted(fits(snapshot))


def aim_views(window: Window) -> None:
    """A view pooling that is selected is the one that the views panel tells about."""
    level, ids = window.project.level, window.selected_nodes()
    panel = window.panel("views")
    if panel is not None and len(ids) == 1 and ids[0] in level and level.node(ids[0]).type == "view_pool":
        panel.set_node(level.path_of(ids[0]))


def come_forward(window: Window) -> None:
    """A lesson that is opened for the first time brings its panel to the front; a panel with nothing to show makes room."""
    snapshot, lesson = window.project.snapshot(), window.project.lesson
    fitting = [name for name, fits in KINDS.items() if fits(snapshot)]
    key = f"shown/{lesson}"
    if not lesson:
        return
    if fitting and not window.settings.flag(key, False):
        window.settings.set(key, True)
        window.raise_panel(fitting[0])
    elif not fitting and any(window.docks[name].in_view for name in KINDS):
        window.raise_panel("activations")
