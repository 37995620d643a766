"""Writes what the analyst found onto the items: shapes on wires, counts, badges, red ports. Reads the scene's records only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.graph.model import Wire
from engine.graph.problem import ERROR, WARNING
from engine.graph.rules import PortRef
from engine.layers.spec import Shape, axis_names
from gui.editor import chip_room
from gui.editor.wire_item import ChipItem, Words, shape_words

if TYPE_CHECKING:
    from engine.events import NodeFacts
    from gui.editor.node_item import NodeItem
    from gui.editor.scene import Scene


def facts(scene: Scene) -> None:
    """Counts and problems of the last analysis; nodes that change their size push their wires along."""
    analysis = scene.analysis
    problems = analysis.problems if analysis else ()
    errors = Counter(p.node for p in problems if p.severity == ERROR)
    warnings = Counter(p.node for p in problems if p.severity == WARNING)
    wrong = {(p.node, p.port) for p in problems if p.severity == ERROR and p.port}
    by_node: dict[str, set[tuple[str, bool]]] = {}
    for name, port in wrong:
        by_node.setdefault(name, set()).add((port, False))
    resized, changed = set(), set()
    scene.gallery.drop([name for name, item in scene.nodes.items() if analysis and blank(item, analysis.nodes.get(name))])
    for name, item in scene.nodes.items():
        found = analysis.nodes.get(name) if analysis else None
        counts = (errors[name], warnings[name])
        same = found is item.facts or found == item.facts
        if same and counts == (item.mood.errors, item.mood.warnings) and not by_node.get(name) and not item.mood.wrong:
            continue
        item.facts = found
        changed.add(name)
        item.tell(errors=counts[0], warnings=counts[1], wrong=frozenset(by_node.get(name, ())))
        if item.measure():
            resized.add(name)
    for wire, item in scene.wires.items():
        item.tell(error=(wire.target, wire.target_port) in wrong)
    scene.refresh(resized, rebuild=bool(resized), told=changed)


def blank(item: NodeItem, found: NodeFacts | None) -> bool:
    """Whether this layer gives nothing that is known or used any more, so that a picture of it would tell of another network."""
    return item.row is not None and item.row.role == "layer" and (item.node.bypassed or not (found and found.outputs))


def shape_of(scene: Scene, name: str, port: str) -> tuple[Shape, str] | None:
    """Shape and axis letters of an output, or None while they are unknown."""
    item = scene.nodes.get(name)
    found = item.facts if item else None
    if found is None or port not in found.outputs:
        return None
    shape = found.outputs[port]
    return shape, found.axes.get(port) or axis_names(shape)


def chips(scene: Scene, names: set[str] | None, laid: Iterable[Wire]) -> None:
    """Shapes onto the wires of these nodes (None: of all) and, where nothing reads an output, beside its port; `laid` are wires with new courses."""
    wires = list(scene.wires if names is None else scene.wires_at(names))
    for wire in wires:
        item = scene.wires[wire]
        item.chip.say(words_of(scene, wire, thin=item.thin), keep=not item.thin and ends_run(scene, wire))
        item.chip.settle()
    tell_once(scene, {wire.source for wire in (*wires, *laid)})
    hang_chips(scene, set(scene.nodes) if names is None else names)
    chip_room.spread(scene)


def tell_once(scene: Scene, sources: set[str]) -> None:
    """Where several wires of one output share a lane, one chip tells the shape."""
    told: set[tuple[str, str, int]] = set()
    for source in sources:
        for wire in scene.out[source]:
            item = scene.wires[wire]
            if item.course.bent:
                lane = (source, wire.source_port, round(item.course.chip.y()))
                item.tell(double=lane in told)
                told.add(lane)


def hang_chips(scene: Scene, names: set[str]) -> None:
    """Shapes beside outputs of these nodes that nothing reads."""
    loose: dict[PortRef, Words] = {}
    for name in names:
        item = scene.nodes[name]
        for spot in item.body.spots:
            known = shape_of(scene, name, spot.name) if spot.is_output and spot.kind == "tensor" and (spot.name, True) not in item.mood.wired else None
            if known:
                loose[PortRef(name, spot.name, True)] = shape_words(*known)
    for ref in [ref for ref in scene.hanging if (ref.node in names or ref.node not in scene.nodes) and ref not in loose]:
        scene.removeItem(scene.hanging.pop(ref))
    for ref, words in loose.items():
        chip = scene.hanging.get(ref)
        if chip is None:
            chip = scene.hanging[ref] = ChipItem()
            scene.addItem(chip)
        chip.say(words)
        chip.hang(scene.nodes[ref.node].spot(ref.port, True))
        if scene.atlas.nodes_in(chip.sceneBoundingRect().adjusted(6, 0, 0, 0).getRect()):
            chip.setVisible(False)  # a node lies there; the tooltip tells the shape


def words_of(scene: Scene, wire: Wire, *, thin: bool) -> Words:
    """The pieces of a wire's chip: its shape, or for labels what they are."""
    if scene.nodes[wire.source].body.dot:
        return ()  # the wire into the knot tells it
    known = shape_of(scene, wire.source, wire.source_port)
    if thin:
        plain = known is None or len(known[0]) <= 1
        rest: Words = ((" · class index", "t2"),) if plain else ((" · ", "t3"), *shape_words(*known)) if known else ()
        return ((wire.source_port, "t2"), *rest)
    return shape_words(*known) if known else ()


def ends_run(scene: Scene, wire: Wire) -> bool:
    """Whether the shape changes behind this wire, so that it is the last of a run of equal shapes."""
    known = shape_of(scene, wire.source, wire.source_port)
    following = scene.out.get(wire.target, ())
    if known is None or not following:
        return known is not None
    return any(shape_of(scene, other.source, other.source_port) != known for other in following)
