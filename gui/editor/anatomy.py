"""Where everything in a node lies: size, texts, ports and picture area, measured from its declaration. Paints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.events import NodeFacts
from engine.graph.expression import Expression
from engine.graph.model import REPEAT, Node, block_of
from engine.layers.registry import HasBlocks
from engine.layers.spec import LayerType, Port
from gui import shelf
from gui.editor import ink

TITLE, ROW, INSET, PAD = 28.0, 20.0, 8.0, 8.0
NAME_X, FIRST_PORT = 30.0, 14.0
WIDTH, COMPACT_MIN, COMPACT_MAX = 160.0, 76.0, 112.0
RADIUS = 7.0
PILL_PAD, PILL_GAP = 5.0, 10.0
REROUTE, KNOT = "reroute", 20.0  # the type, and how wide it is
MOST_BARE = 4000  # remembered nodes of which only type and parameters are known, as they come with paste and undo


@dataclass(frozen=True, slots=True)
class Spot:
    """A port's place, relative to the node's top-left corner."""

    name: str
    x: float
    y: float
    is_output: bool
    kind: str = "tensor"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The measured node, px at 100 %."""

    width: float
    height: float
    title: str
    family: str
    icon: str = ""
    key: str = ""
    count: str = ""
    compact: bool = False
    pill: str = ""  # how often a block is repeated
    sheets: bool = False  # a block: further sheets lie behind it
    known: bool = True
    spots: tuple[Spot, ...] = ()
    picture: tuple[float, float] | None = None  # top-left of the picture
    places: dict[tuple[str, bool], Spot] = field(default_factory=dict)
    dot: bool = False  # a reroute: a knot in a wire

    def spot(self, name: str, is_output: bool) -> Spot | None:
        return self.places.get((name, is_output))

    def fits(self, other: Anatomy | None) -> bool:
        """Whether size and ports are those of `other`."""
        return other is not None and (self.width, self.height, self.spots) == (other.width, other.height, other.spots)


BARE: dict[tuple[object, ...], tuple[LayerType, Anatomy]] = {}


def measure(
    node: Node,
    row: LayerType | None,
    *,
    facts: NodeFacts | None = None,
    live: str = "",
    picture: tuple[float, float] | None = None,
    badges: float = 0.0,
    loose: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> Anatomy:
    """The anatomy of `node`. `picture` is the size of its thumbnail, `badges` the room at the title's right;
    `loose` names the input and output ports of a placeholder, read off its wires."""
    if row is not None and row.id == REROUTE:
        return knot(row)
    inputs = row.input_ports(node.params) if row else tuple(Port(name) for name in loose[0])
    outputs = row.outputs if row else tuple(Port(name) for name in loose[1])
    outputs = () if row and row.role == "loss" and all(port.kind == "loss" for port in outputs) else outputs
    title = title_of(node, row)
    pill = pill_of(node) if row else ""
    badges += pill_width(pill)
    key, count = lines_of(node, row, facts=facts, live=live)
    further = max(len(inputs), len(outputs)) - 1
    free = row is not None and row.role in ("layer", "port") and not (facts and facts.parameters)
    compact = picture is None and (free or not count) and (not key or bool(row and not row.params))
    key, count = ("", "") if compact else (key, count)
    width = width_of(title, key, count=count, row=row, compact=compact, badges=badges, picture=picture, further=further)
    body = TITLE + (ROW if key or count else 0.0)
    spots = (*place(inputs, body, 0.0), *place(outputs, body, width))
    height = body + ROW * max(0, further)
    corner = None
    if picture:
        corner = ((width - picture[0]) / 2, height + 2)
        height += picture[1] + PAD + 2
    elif height > TITLE:
        height += 2
    places = {(spot.name, spot.is_output): spot for spot in spots}
    return Anatomy(
        width, height, title, row.family if row else "merge", row.id if row else "help", key, count, compact, pill,
        row is not None and bool(block_of(row.id)), row is not None, spots, corner, places,
    )  # fmt: skip


def measure_bare(node: Node, row: LayerType | None, *, badges: float) -> Anatomy:
    """`measure` of a node of which only type and parameters are known yet, remembered."""
    if row is None:
        return measure(node, row, badges=badges)
    key = (id(row), node.type, node.title or (node.id if row.role == "port" else ""), repr(node.params), badges)
    known = BARE.get(key)
    if known is None or known[0] is not row:
        if len(BARE) >= MOST_BARE:
            BARE.clear()
        known = BARE[key] = (row, measure(node, row, badges=badges))
    return known[1]


def title_of(node: Node, row: LayerType | None) -> str:
    """What stands in the title bar: the node's own title, a port's id, or the type's name."""
    return node.title or (node.type if row is None else node.id if row.role == "port" else row.title)


def knot(row: LayerType) -> Anatomy:
    """A reroute: no words, its ports on either side of a dot on the wire's own line."""
    spots = (*place(row.inputs, TITLE, 0.0), *place(row.outputs, TITLE, KNOT))
    places = {(spot.name, spot.is_output): spot for spot in spots}
    return Anatomy(KNOT, TITLE, row.title, row.family, row.id, compact=True, dot=True, spots=spots, places=places)


def width_of(
    title: str, key: str, *, count: str, row: LayerType | None, compact: bool, badges: float, picture: tuple[float, float] | None, further: int
) -> float:
    """Wide enough for every text, on even px; compact nodes stay small."""
    pen = ink.get()
    width = NAME_X + pen.width(title, "title") + 10 + badges
    if compact:
        width = max(COMPACT_MAX if further > 0 else COMPACT_MIN, width)
    else:
        plain = picture is not None and row is not None and not row.params  # as wide as its picture, like an activation's maps
        needed = pen.width(key, "key") + pen.width(count, "chip") + 2 * INSET + (12 if count else 0)
        width = max(width, needed, picture[0] + 2 * INSET if picture else 0.0, 0.0 if plain else WIDTH)
    return float(2 * -(-width // 2))


def place(ports: Sequence[Port], body: float, x: float) -> list[Spot]:
    """The first port on the title's line, the others in rows of 20 px under the key line."""
    spots = []
    for index, port in enumerate(ports):
        y = FIRST_PORT if index == 0 else body + ROW * (index - 0.5)
        spots.append(Spot(port.name, x, y, x > 0, port.kind, "" if index == 0 else port.name))
    return spots


def pill_of(node: Node) -> str:
    """`×6` for an instance of a block that is repeated, or the expression that says how often."""
    times = node.params.get(REPEAT, 1) if block_of(node.type) else 1
    if isinstance(times, Expression):
        return f"×{times.text}" if len(times.text) <= 8 else "×…"
    return f"×{times}" if isinstance(times, int) and times > 1 else ""


def pill_width(words: str) -> float:
    """How wide the pill with these words is, with the gaps round it."""
    return round(ink.get().width(words, "pill")) + 2 * PILL_PAD + PILL_GAP if words else 0.0


def lines_of(node: Node, row: LayerType | None, *, facts: NodeFacts | None, live: str) -> tuple[str, str]:
    """The key line and what stands right of it: the parameter count, a loss's value, or the rest of a data node's key."""
    if row is None:
        return "unknown type", ""
    repeated = block_of(row.id)  # the pill tells how often
    key = row.key_line({name: value for name, value in node.params.items() if name != REPEAT} if repeated else node.params)
    if row.role == "loss":
        return key or "mean", live
    if row.role == "data":
        split = facts.derived if facts else {}
        return (f"{split['train']:,} train", f"{split['validation']:,} val") if "train" in split else (key, "")
    return key, f"{facts.parameters:,}" if facts and facts.outputs and row.role == "layer" else ""


def measure_type(type_id: str, owner: HasBlocks | None = None) -> Anatomy:
    """The anatomy of a fresh node of this type, or of a shipped block."""
    row = shelf.row(type_id, owner)
    return measure(Node("new", row.id if row else type_id), row)
