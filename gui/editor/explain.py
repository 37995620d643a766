"""The words of tooltips: what a node is and costs, what flows through a wire. Text only; reads items, shows nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from engine.graph.model import Wire
from engine.layers.spec import shape_text
from gui import theme
from gui.editor import annotate

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
    """Type, name, one line of help, problems, shape, parameters, MACs."""
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
        cost = f"{found.parameters:,} parameters · {big(found.macs)} MACs per sample"
        lines.append(in_color(" · ".join([*shapes, cost]), "t2", style=MONO))
    if words := scene.gallery.words.get(name):
        lines.append(in_color(f"Picture: {words}", "t3"))
    return "<br>".join(lines)


def of_wire(scene: Scene, wire: Wire) -> str:
    """From where to where, the shape in words, bytes of a batch."""
    head = f"<b>{escape(wire.source)}</b> → <b>{escape(wire.target)}</b> &nbsp;{in_color(wire.target_port, 't3')}"
    known = annotate.shape_of(scene, wire.source, wire.source_port)
    if known is None:
        return f"{head}<br>{in_color('Shape not known yet.', 't3')}"
    shape, letters = known
    noun = "images" if len(shape) == 4 else "labels" if len(shape) == 1 else "samples"
    count = 4
    for size in shape:
        count *= size
    return f"{head}<br>{escape(shape_in_words(shape, letters, noun=noun))}<br>{in_color(f'{size_text(count)} per batch in float32', 't2')}"
