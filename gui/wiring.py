"""Connects each panel with the window when it is made: one function per panel, named like it. Holds no state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from engine.graph.model import plain_path
from engine.layers import registry as layers
from engine.layers.loss import WATCH
from engine.layers.spec import LayerType
from gui import sights
from gui.block_edit import BlockEdit
from gui.examining import Examining
from gui.panels import attention_paths
from gui.panels.registry import Panel, factory

if TYPE_CHECKING:
    from engine.events import Source
    from gui.window import Window


def make(window: Window, panel: Panel, place: QWidget) -> QWidget:
    """The panel's widget inside `place`, connected and up to date. (Made elsewhere and moved there, each widget in it would be styled twice.)"""
    cls = factory(panel)
    widget = cls(window.project, place) if panel.id == "inspector" else cls(place)
    widget.setObjectName(f"panel-{panel.id}")
    CONNECT[panel.id](window, widget)
    return widget


def palette(window: Window, panel: Any) -> None:
    panel.layerChosen.connect(window.edit.add_type)

    def show(_change: object = None) -> None:
        panel.set_level(window.project.level)

    for signal in (window.project.changed, window.project.replaced, window.project.levelChanged):
        signal.connect(show)
    show()


def outline(window: Window, panel: Any) -> None:
    panel.selectionMade.connect(window.levels.select_paths)
    panel.nodeActivated.connect(lambda _: window.edit.focus_inspector())
    panel.deleteWanted.connect(window.edit.delete_nodes)
    panel.show_nodes(window.selected_nodes())
    follow_document(window, panel)


def lessons(window: Window, panel: Any) -> None:
    panel.lessonChosen.connect(window.files.open_lesson)

    def show() -> None:
        panel.set_open(window.project.lesson)

    window.project.pathChanged.connect(show)
    show()


def inspector(window: Window, panel: Any) -> None:
    blocks = BlockEdit(window)
    panel.paramEdited.connect(window.edit.set_param)
    panel.paramsEdited.connect(window.edit.set_params)
    panel.paramsCommitted.connect(window.project.settle)
    panel.nodeEdited.connect(window.edit.set_node)
    panel.nodesEdited.connect(window.edit.set_nodes)
    panel.remedyChosen.connect(window.edit.fix_here)
    panel.exposeWanted.connect(blocks.expose)
    panel.blockWanted.connect(blocks.act)
    panel.blockDefined.connect(blocks.define)
    Examining(window, panel)
    follow_document(window, panel)


def lesson(window: Window, panel: Any) -> None:
    def show(_change: object = None) -> None:
        panel.set_about(window.project.document.about)

    window.project.changed.connect(show)
    window.project.replaced.connect(show)
    panel.linkClicked.connect(window.help.follow_link)
    show()


def recipe(window: Window, panel: Any) -> None:
    panel.edited.connect(window.training.edit_recipe)
    panel.committed.connect(window.project.settle)
    panel.set_running(window.training.active)

    def show(_change: object = None) -> None:
        panel.set_recipe(window.project.document.recipe)

    window.project.changed.connect(show)
    window.project.replaced.connect(show)
    show()


def curves(window: Window, panel: Any) -> None:
    bridge = window.bridge

    def begin(run: Any) -> None:
        panel.set_run(run, loss_name=loss_name(window), part_names=part_names(window, run.metrics.parts))

    panel.trainWanted.connect(window.acts["train"].trigger)
    bridge.runStarted.connect(begin)
    bridge.runState.connect(lambda _: panel.refresh())
    bridge.ticked.connect(lambda: panel.take_turn(bridge.pace.grant))
    window.project.replaced.connect(panel.clear)
    if bridge.run is not None:
        begin(bridge.run)


def evaluation(window: Window, panel: Any) -> None:
    bridge = window.bridge
    bridge.runStarted.connect(lambda _: panel.clear())
    bridge.epochDone.connect(panel.take)
    bridge.runState.connect(lambda _: panel.refresh())
    bridge.ticked.connect(lambda: panel.waiting and panel.isVisible() and bridge.pace.grant("evaluation") and panel.refresh())
    window.project.replaced.connect(panel.clear)


def code(window: Window, panel: Any) -> None:
    panel.nodeClicked.connect(window.canvas.open_path)
    panel.innerClicked.connect(window.levels.open_definition)
    panel.exportRequested.connect(window.files.export_code)
    bridge = window.bridge

    def show(source: Source) -> None:
        panel.set_source(source, awaited=bridge.analysis is None)

    bridge.written.connect(show)
    show(bridge.source)
    panel.set_selection(window.selected_nodes(), window.project.level.inside)


def problems(window: Window, panel: Any) -> None:
    panel.nodeActivated.connect(window.view.frame_node)
    panel.remedyChosen.connect(window.edit.fix)

    def show(_change: object = None) -> None:
        panel.set_snapshot(window.project.snapshot())  # for the tiles of the rows

    window.project.changed.connect(show)
    window.project.replaced.connect(show)
    show()
    panel.set_awaited(window.bridge.analysis is None)
    panel.set_problems(window.problems())


def filters(window: Window, panel: Any) -> None:
    window.bridge.watch("filters", panel)
    aim(window, panel)


def activations(window: Window, panel: Any) -> None:
    sights.watch(window, panel)
    panel.sampleChanged.connect(window.thumbnails.set_sample)
    sights.share_sample(window, panel, "activations")
    aim(window, panel)


def attention(window: Window, panel: Any) -> None:
    sights.watch(window, panel)
    panel.nodeChosen.connect(lambda path: choose_attention(window, panel, path))
    sights.share_sample(window, panel, "attention")
    aim_attention(window, panel)


def segmentation(window: Window, panel: Any) -> None:
    sights.watch(window, panel)
    sights.share_sample(window, panel, "segmentation")
    panel.set_wanted(sights.has_masks(window.project.snapshot()))


def views(window: Window, panel: Any) -> None:
    sights.watch(window, panel)
    sights.share_sample(window, panel, "views")
    panel.set_wanted(sights.has_views(window.project.snapshot()))


CONNECT: dict[str, Callable[[Window, Any], None]] = {
    "palette": palette,
    "outline": outline,
    "lessons": lessons,
    "inspector": inspector,
    "lesson": lesson,
    "recipe": recipe,
    "curves": curves,
    "evaluation": evaluation,
    "code": code,
    "problems": problems,
    "filters": filters,
    "activations": activations,
    "attention": attention,
    "segmentation": segmentation,
    "views": views,
}


# -- shared by several panels ------------------------------------------------------------------------------------------


def follow_document(window: Window, panel: Any) -> None:
    """The level that is open after every change, analyses when they come, and the selection as it is now."""

    def show(_change: object = None) -> None:
        panel.set_level(window.project.level)

    window.project.changed.connect(show)
    window.project.replaced.connect(lambda: panel.set_analysis(None))
    window.project.replaced.connect(show)
    window.project.levelChanged.connect(show)
    window.bridge.analysed.connect(lambda analysis: panel.set_analysis(window.training.told(analysis)))
    show()
    panel.set_analysis(window.training.told(window.bridge.analysis))
    panel.show_nodes(window.selected_nodes())


def show_selection(window: Window, ids: list[str]) -> None:
    """Tells every panel that is there what is selected on the canvas."""
    for name in ("inspector", "outline"):
        if (panel := window.panel(name)) is not None:
            panel.show_nodes(ids)
    if (panel := window.panel("code")) is not None:
        panel.set_selection(ids, window.project.level.inside)
    aim_all(window)


def aim_all(window: Window) -> None:
    """Points the panels that look into one node at it."""
    for name in ("filters", "activations"):
        if (panel := window.panel(name)) is not None:
            aim(window, panel)
    if (panel := window.panel("attention")) is not None:
        aim_attention(window, panel)
    sights.wake(window)
    sights.aim_views(window)


def aim(window: Window, panel: Any) -> None:
    """Points a panel at the selected node; without one it keeps its node while that exists, or takes the first layer with filters."""
    level, ids = window.project.level, window.selected_nodes()
    path = level.path_of(ids[0]) if len(ids) == 1 else panel.node if layer_at(window, panel.node) else first_with_filters(window)
    layer = layer_at(window, path)
    if hasattr(panel, "lanes"):
        panel.set_node(path, layer, feeder(window, path))
    else:
        panel.set_node(path, layer)


def layer_at(window: Window, path: str) -> LayerType | None:
    """The layer type of the node at `path`, also inside a block; None when there is none."""
    try:
        owner, node = window.project.snapshot().at(path)
    except KeyError:
        return None
    return layers.of(node, owner)


def aim_attention(window: Window, panel: Any) -> None:
    """Points the attention panel at the selected attention, or the first one inside the selected block; else it keeps its node, or takes the first one."""
    level, ids = window.project.level, window.selected_nodes()
    found = attention_paths.listing(window.project.snapshot(), window.bridge.analysis)
    chosen = level.path_of(ids[0]) if len(ids) == 1 else ""
    path = attention_paths.choice(found, chosen=chosen, kept=panel.node, inside=plain_path(level.path) if level.path else "")
    panel.set_looks(found)
    panel.set_node(path, layer_at(window, path))


def choose_attention(window: Window, panel: Any, path: str) -> None:
    """Another attention, chosen in its panel: the canvas shows it, or the block around it where that is closed."""
    panel.set_node(path, layer_at(window, path))
    outer = path.rpartition("/")[0]
    if not outer or window.project.level.path:
        window.canvas.open_path(path)
    else:
        window.canvas.select([path.partition("/")[0].partition(".")[0]])


def first_with_filters(window: Window) -> str:
    """The first convolution or linear layer of the level that is open, or nothing."""
    level = window.project.level
    snapshot = level.snapshot()
    rows = [(node.id, row) for node in snapshot.nodes if (row := layers.of(node, snapshot)) and "filters" in row.probes]
    return level.path_of(next((name for name, row in rows if row.family == "convolution"), rows[0][0] if rows else ""))


def feeder(window: Window, path: str) -> str:
    """The node whose output the first wire into `path` brings, or nothing."""
    try:
        owner, node = window.project.snapshot().at(path)
    except KeyError:
        return ""
    wires = owner.incoming().get(node.id, {})
    outer = path.rpartition("/")[0]
    source = next(iter(wires.values())).source if wires else ""
    return f"{outer}/{source}" if outer and source else source


def loss_name(window: Window) -> str:
    """What the run's loss is called on its curve: with what makes its height another than usual, or how many are added up."""
    snapshot = window.project.snapshot()
    nodes = [node for node in snapshot.nodes if (row := layers.of(node, snapshot)) and row.role == "loss" and row.id != WATCH]
    if len(nodes) != 1:
        return f"sum of {len(nodes)} losses" if nodes else ""
    node = nodes[0]
    name = LOSSES.get(node.type, layers.of(node, snapshot).title.lower())
    weight = float(node.params.get("weight", 1.0))
    return name + (" summed" if node.params.get("reduction") == "sum" else "") + (f" × {weight:g}" if weight != 1 else "")


def part_names(window: Window, parts: tuple[str, ...]) -> list[str]:
    """What the loss nodes called `parts` are called on the canvas, or what they are in short; twins keep their ids."""
    nodes, document = window.project.document.nodes, window.project.document
    names = [nodes[name].title or layers.of(nodes[name], document).stem.replace("_", " ") if name in nodes else name for name in parts]
    return [name if names.count(name) == 1 else own for name, own in zip(names, parts, strict=True)]


LOSSES = {
    "cross_entropy": "cross-entropy",
    "nll": "negative log-likelihood",
    "mse": "mean squared error",
    "l1": "mean absolute error",
    "bce_with_logits": "binary cross-entropy",
    "binary_nll": "binary cross-entropy",
    "kl_div": "Kullback-Leibler divergence",
}
