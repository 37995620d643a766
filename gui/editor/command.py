"""What menus and keys do to the selection: each asks the engine's edits for ops and pushes them as one undo step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from engine.graph import arrange, blocks, clipboard, edits, filling
from engine.graph.document import EditError
from engine.graph.model import Frame, Snapshot, Wire, block_of
from engine.graph.ops import AddFrame, AddNode, MoveNodes, Op, SetFrame, SetNode
from engine.graph.rules import PortRef
from engine.graph.text import TextError
from engine.layers import registry
from gui import shelf
from gui.editor import anatomy, carry, fill
from gui.editor.anatomy import FIRST_PORT, KNOT, REROUTE
from gui.editor.detail import snap
from gui.editor.frame_fit import around, frames_after
from gui.editor.quick_add import Entry, layer_entries
from gui.level import after, everywhere, whereabouts

if TYPE_CHECKING:
    from gui.editor.view import Canvas

ROOM = 20.0  # px that a layout leaves beside each node
GAP = 100.0  # px between a node and the one placed behind it: room for a shape chip


def count(names: object, noun: str) -> str:
    """`conv1`, or `3 nodes`."""
    listed = sorted(names)
    return str(listed[0]) if len(listed) == 1 and isinstance(listed[0], str) else f"{len(listed)} {noun}s" if len(listed) != 1 else noun


def delete(canvas: Canvas) -> None:
    """Deletes nodes, wires and frames that are selected; gaps are not healed."""
    chosen = canvas.network.selection
    ops = edits.delete(canvas.snapshot(), chosen.nodes, wires=chosen.wires, frame_ids=chosen.frames)
    what = count(chosen.nodes, "node") if chosen.nodes else ("wire" if len(chosen.wires) == 1 else f"{len(chosen.wires)} wires") if chosen.wires else "frame"
    canvas.push(f"Delete {what}", ops)


def dissolve(canvas: Canvas) -> None:
    """Deletes the selected nodes and wires what fed them to what they fed."""
    names = canvas.network.selection.nodes
    if names:
        canvas.push(f"Dissolve {count(names, 'node')}", edits.dissolve(canvas.snapshot(), names))


def copy(canvas: Canvas) -> bool:
    """Puts the selection on the clipboard as project text."""
    chosen = canvas.network.selection
    if not (chosen.nodes or chosen.frames):
        return False
    carry.put(canvas.network.document, chosen.nodes, chosen.frames)
    return True


def cut(canvas: Canvas) -> None:
    if copy(canvas):
        chosen = canvas.network.selection
        ops = edits.delete(canvas.snapshot(), chosen.nodes, wires=chosen.wires, frame_ids=chosen.frames)
        canvas.push(f"Cut {count(chosen.nodes, 'node')}", ops)


def paste(canvas: Canvas, text: str | None = None, at: QPointF | None = None) -> None:
    """Adds what the clipboard (or `text`) holds, its corner at the pointer (or at a place of the scene)."""
    words = text if text is not None else carry.text_for(canvas.network.document)
    place = at or canvas.pointer_place()
    try:
        ops, names = clipboard.paste(canvas.snapshot(), words, (snap(place.x()), snap(place.y())))
    except TextError:
        canvas.hint.emit("The clipboard holds no network: copy nodes or a project text first.")
        return
    except EditError as error:
        canvas.hint.emit(str(error))
        return
    if canvas.push(f"Paste {count(names, 'node')}", ops):
        canvas.select(names)


def duplicate(canvas: Canvas) -> None:
    """Copies of the selected nodes beside them, inner wires kept."""
    names = canvas.network.selection.nodes
    if not names:
        return
    ops, news = edits.duplicate(canvas.snapshot(), names, offset=(40.0, 40.0))
    if canvas.push(f"Duplicate {count(names, 'node')}", ops):
        canvas.select(news)


def bypass(canvas: Canvas) -> None:
    """Switches the selected nodes off or on; those that pass nothing through say why."""
    names = canvas.network.selection.nodes
    if names:
        off = all(canvas.network.nodes[name].node.bypassed for name in names)
        canvas.attempt(f"{'Switch on' if off else 'Bypass'} {count(names, 'node')}", lambda: edits.toggle_bypass(canvas.snapshot(), sorted(names)))


def reroute(canvas: Canvas, wire: Wire, at: QPointF) -> None:
    """A knot in a wire, there where it was clicked."""
    pos = (snap(at.x() - KNOT / 2), snap(at.y() - FIRST_PORT))
    ops, name = edits.insert_on_wire(canvas.snapshot(), REROUTE, wire, pos=pos)
    if canvas.push("Reroute a wire", ops):
        canvas.select([name])


def freeze(canvas: Canvas) -> None:
    """Keeps the weights of the selected nodes from being trained, or lets them."""
    nodes = [canvas.network.nodes[name].node for name in sorted(canvas.network.selection.nodes)]
    target = not all(node.frozen for node in nodes)
    ops: list[Op] = [SetNode(node.id, {"frozen": target}) for node in nodes if node.frozen != target]
    if ops:
        canvas.push(f"{'Freeze' if target else 'Unfreeze'} {count([n.id for n in nodes], 'node')}", ops)


def add_frame(canvas: Canvas) -> None:
    """Puts a titled frame round the selected nodes."""
    scene = canvas.network
    bounds = scene.atlas.bounds(scene.selection.nodes) if scene.selection.nodes else None
    if bounds is None:
        canvas.hint.emit("Select the nodes that the frame should hold.")
        return
    area = around(QRectF(*bounds))
    name = edits.fresh_id(scene.frames, "frame")
    first = scene.nodes[min(scene.selection.nodes, key=lambda n: scene.nodes[n].x())]
    if canvas.push("Add frame", [AddFrame(Frame(name, "Frame", area.getRect(), first.body.family))]):
        scene.selection.set((), (), [name])


def group(canvas: Canvas) -> None:
    """Makes the selected nodes a block and puts an instance in their place."""
    names = canvas.network.selection.nodes
    canvas.adopt("Group into a block", lambda: blocks.group(canvas.snapshot(), names))


def expand(canvas: Canvas) -> None:
    """Takes the selected blocks apart: their nodes come in their place."""
    chosen = sorted(name for name in canvas.network.selection.nodes if block_of(canvas.network.nodes[name].node.type))
    if not chosen:
        canvas.hint.emit("Select a block to expand it.")
        return
    try:
        ops, names = expanded(canvas.snapshot(), chosen)
    except EditError as error:
        canvas.hint.emit(str(error))
        return
    if canvas.push(f"Expand {count(chosen, 'block')}", ops):
        canvas.select(names)


def expanded(snapshot: Snapshot, chosen: list[str]) -> tuple[list[Op], list[str]]:
    """The ops that take these blocks apart one after the other, and the nodes that come out."""
    ops: list[Op] = []
    names: list[str] = []
    for name in chosen:
        steps, news = blocks.expand(snapshot, name)
        snapshot = after(snapshot, steps)
        ops += steps
        names += news
    return ops, names


def rename_frame(canvas: Canvas, name: str, title: str) -> None:
    canvas.push("Rename frame", [SetFrame(name, {"title": title})])


def auto_layout(canvas: Canvas) -> None:
    """Orders the selection, or all nodes, in layers from left to right."""
    names = several(canvas)
    wrap = max(1000.0, canvas.camera.shown().width()) if len(names) > 6 else 0.0
    move(canvas, "Auto-layout", arrange.layered(canvas.snapshot(), names, sizes=sizes(canvas, names), wrap=wrap))


def several(canvas: Canvas) -> set[str]:
    """The selected nodes when they are several, else all of this level."""
    nodes = canvas.network.selection.nodes
    return set(nodes) if len(nodes) > 1 else set(canvas.network.nodes)


def sizes(canvas: Canvas, names: set[str]) -> dict[str, tuple[float, float]]:
    """Widths, with room for wires that turn, and heights in px."""
    bodies = {name: canvas.network.nodes[name].body for name in names}
    return {name: (body.width + ROOM, body.height) for name, body in bodies.items()}


def move(canvas: Canvas, label: str, op: MoveNodes) -> None:
    """Pushes what really moves, takes frames along, and lets the nodes glide there."""
    items = canvas.network.nodes
    goals = {name: pos for name, pos in op.positions.items() if items[name].node.pos != pos}
    homes = {name: items[name].pos().toTuple() for name in goals}
    if goals and canvas.push(label, [MoveNodes(goals), *frames_after(canvas.network, goals)]):
        canvas.glide_nodes(homes)


def add(canvas: Canvas, type_id: str, place: QPointF, *, context: bool) -> None:
    """Adds a layer at `place`; with `context`, into the selected wire or behind the selected node."""
    row = shelf.row(type_id, canvas.network.document)
    if row is None:
        return
    chosen = canvas.network.selection
    only = next(iter(chosen.nodes)) if len(chosen.nodes) == 1 else ""
    if context and only and fill.is_place(canvas, only) and filling.is_dataset(type_id):
        done = canvas.adopt(f"Put {row.title} in the place of {only}", lambda: fill.filled(canvas, only, type_id))
    elif context and len(chosen.wires) == 1 and not chosen.nodes:
        wire = next(iter(chosen.wires))
        done = canvas.adopt(f"Insert {row.title}", lambda: inserted(canvas, type_id, wire))
    elif context and only and row.inputs:
        done = canvas.adopt(f"Add {row.title}", lambda: behind(canvas, type_id, only))
    else:
        pos = place_for(canvas, place, type_id)
        done = canvas.adopt(f"Add {row.title}", lambda: shelf.add(canvas.snapshot(), type_id, pos))
    if done:
        canvas.uses.add(type_id)


def inserted(canvas: Canvas, type_id: str, wire: Wire) -> tuple[list[Op], str]:
    """The ops that put a new node into a wire, and its id."""
    first, snapshot, known = shelf.ready(canvas.snapshot(), type_id)
    ops = edits.insert_between(snapshot, known, wire, params={})
    return [*first, *ops], next(op.node.id for op in ops if isinstance(op, AddNode))


def behind(canvas: Canvas, type_id: str, name: str) -> tuple[list[Op], str]:
    """The ops that put a new node behind another one, and its id."""
    first, snapshot, known = shelf.ready(canvas.snapshot(), type_id)
    ops, new = edits.add_after(snapshot, known, name, pos=place_after(canvas, name, type_id))
    return [*first, *ops], new


def add_on_wire_end(canvas: Canvas, type_id: str, end: PortRef, place: QPointF) -> None:
    """Adds a layer where a new wire was dropped, wired to it."""
    body = anatomy.measure_type(type_id, canvas.network.document)
    x = place.x() if end.is_output else place.x() - body.width
    pos = (snap(x), snap(place.y() - anatomy.FIRST_PORT))

    def wired() -> tuple[list[Op], str]:
        first, snapshot, known = shelf.ready(canvas.snapshot(), type_id)
        ops, name = edits.add_wired(snapshot, known, end, pos=pos)
        return [*first, *ops], name

    if canvas.adopt(f"Add {body.title}", wired):
        canvas.uses.add(type_id)


def fitting_entries(canvas: Canvas, end: PortRef, text: str) -> list[Entry]:
    """Layer types and blocks that can be wired to `end`; a knot, which fits anywhere, comes last."""
    snapshot = canvas.snapshot()
    return sorted(layer_entries(text, shelf.fitting(snapshot, end), owner=snapshot, uses=canvas.uses), key=lambda entry: entry.id == REROUTE)


def place_after(canvas: Canvas, name: str, type_id: str) -> tuple[float, float]:
    """A free place right of a node, on its line."""
    item = canvas.network.nodes[name]
    return free_place(canvas, QPointF(snap(item.x() + item.body.width + GAP), item.y()), type_id)


def place_for(canvas: Canvas, point: QPointF, type_id: str) -> tuple[float, float]:
    """Where a new node comes whose title should be at `point`."""
    width = anatomy.measure_type(type_id, canvas.network.document).width
    return free_place(canvas, QPointF(snap(point.x() - width / 2), snap(point.y() - anatomy.TITLE / 2)), type_id)


def free_place(canvas: Canvas, corner: QPointF, type_id: str) -> tuple[float, float]:
    """`corner`, or the first place below it where no node is in the way."""
    body, atlas = anatomy.measure_type(type_id, canvas.network.document), canvas.network.atlas
    y = corner.y()
    for _ in range(200):
        if not atlas.nodes_in((corner.x() - 8, y - 8, body.width + 16, body.height + 16)):
            break
        y += 20
    return corner.x(), y


def find_entries(canvas: Canvas, text: str) -> list[Entry]:
    """Nodes, also those inside blocks, whose id, title, type or parameters have `text`; those of the open level first."""
    words, found = text.lower().split(), []
    whole = canvas.project.snapshot()
    for path, body, node in everywhere(whole, canvas.network.document.path):
        row = registry.of(node, body)
        title = node.title or (row.title if row else node.type)
        key = row.key_line(node.params) if row else ""
        hay = f"{node.id} {title} {node.type} {key} {dict(node.params)}".lower()
        if all(word in hay for word in words):
            outer = path.rpartition("/")[0]
            note = f"in {whereabouts(whole, outer)}" if outer else key
            found.append(Entry(path, f"{title}  {node.id}", row.family if row else "merge", row.id if row else "help", note))
    return found


def attempt(canvas: Canvas, label: str, make: object) -> bool:
    """Pushes the ops that `make()` gives; a refusal becomes a hint."""
    try:
        return canvas.push(label, make())
    except EditError as error:
        canvas.hint.emit(str(error))
        return False
