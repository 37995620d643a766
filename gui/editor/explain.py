"""The words of tooltips: what a node is and costs, what flows through a wire. Text only; reads items, shows nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from engine.events import NodeFacts
from engine.graph.model import Wire
from engine.layers.spec import shape_text
from gui import theme
from gui.editor import annotate
from gui.inspector.facts import formula_of

if TYPE_CHECKING:
    from gui.editor.scene import Scene

WORDS = {"C": "channels", "T": "tokens", "D": "features", "F": "features", "K": "classes"}
MONO = "font-family: 'JetBrains Mono'; font-size: 11px"


def in_color(words: str, token: str, *, style: str = "") -> str:
    """`words` as rich text in a token's colour."""
    return f'<span style="color: {theme.css(theme.current().color(token))}; {style}">{escape(words)}</span>'


def shape_in_words(shape: tuple[int, ...], letters: str, *, noun: str = "samples") -> str:
    """`64 images × 16 channels × 28 × 28`."""
    names = letters.split()
    parts = []
    for index, size in enumerate(shape):
        letter = names[index] if index < len(names) else ""
        word = noun if index == 0 else WORDS.get(letter, "")
        parts.append(f"{size:,} {word}".strip())
    return " × ".join(parts)


def size_text(count: int) -> str:
    """Bytes in KiB or MiB."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:,.1f} KiB" if count < 1024**2 else f"{count / 1024**2:,.1f} MiB"


def big(count: int) -> str:
    """A count with three or four digits and k, M or G."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= limit:
            return f"{count / limit * (10 if unit == 'k' else 1):.{1 if unit == 'k' else 2}f} {unit}"
    return f"{count:,}"


def of_node(scene: Scene, name: str) -> str:
    """Type, name, one line of help, problems, shape, costs with their shares, receptive field."""
    item = scene.nodes[name]
    row, found = item.row, item.facts
    title = f"<b>{escape(row.title if row else item.node.type)}</b> &nbsp;{in_color(name, 't3')}"
    lines = [title, escape(row.doc) if row else "This version does not know this layer type; it is kept as it is."]
    if item.node.bypassed:
        lines.append(in_color("Bypassed: its input passes through unchanged.", "warn"))
    if item.node.frozen:
        lines.append(in_color("Frozen: its weights are not trained.", "t2"))
    for problem in scene.analysis.problems if scene.analysis else ():
        if problem.node == name:
            lines.append(in_color(problem.message, {"error": "err", "warning": "warn"}.get(problem.severity, "info")))
    if found and row and row.role == "layer":
        shapes = [f"{port} {shape_text(shape, found.axes.get(port, ''))}" for port, shape in found.outputs.items()]
        formula, broken = formula_of(item.node, row, found)
        if formula is not None and not broken:
            lines.append(f"{escape(formula.caption)} &nbsp;{in_color(formula.text, 't1', style=MONO)}")
        lines.append(in_color(" · ".join(shapes), "t2", style=MONO))
        lines += [in_color(words, "t2") for words in costs(scene, found)]
    if words := scene.gallery.words.get(name):
        lines.append(in_color(f"Picture: {words}", "t3"))
    return "<br>".join(lines)


def costs(scene: Scene, found: NodeFacts) -> list[str]:
    """What a node costs, each with its share of the level's total, and what one of its output positions sees of the input."""
    all_facts = [item.facts for item in scene.nodes.values() if item.facts is not None]
    told = []
    for amount, quantity, words in (
        (found.parameters, "parameters", f"{found.parameters:,} parameters"), (found.macs, "macs", f"{big(found.macs)} MACs per sample"),
        (found.memory, "memory", f"{size_text(found.memory)} of output per sample"),
    ):  # fmt: skip
        total = sum(getattr(facts, quantity) for facts in all_facts)
        told.append(f"{words} ({percent(amount / total)})" if amount else words)
    seen = found.receptive
    sight = f"Each output position sees {seen[0]} × {seen[1]} px of the input." if seen and seen != (1, 1) else ""
    return [" · ".join(told), *([sight] if sight else [])]


def percent(share: float) -> str:
    """A share with as many digits as it deserves."""
    return "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def of_wire(scene: Scene, wire: Wire) -> str:
    """From where to where, the shape in words, bytes of a batch, and the range of its values where it was asked for."""
    head = f"<b>{escape(wire.source)}</b> → <b>{escape(wire.target)}</b> &nbsp;{in_color(wire.target_port, 't3')}"
    known = annotate.shape_of(scene, wire.source, wire.source_port)
    if known is None:
        return f"{head}<br>{in_color('Shape not known yet.', 't3')}"
    shape, letters = known
    noun = "images" if len(shape) == 4 else "labels" if len(shape) == 1 else "samples"
    count = 4
    for size in shape:
        count *= size
    lines = [head, escape(shape_in_words(shape, letters, noun=noun)), in_color(f"{size_text(count)} per batch in float32", "t2")]
    if words := scene.ranges.get(wire.source):
        lines.append(in_color(f"Values {words}", "t2"))
    return "<br>".join(lines)
