"""The network as the figure of the LeNet paper draws it: stacked maps from left to right, with what they hold now. Paints; asks and changes nothing.

Layers that keep the shape (activations, dropout) are drawn with the one before them; branches follow each other in the order of computation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen

from engine.events import Shape
from engine.graph.arrange import columns_of
from gui import theme
from gui.editor import export, pictures

if TYPE_CHECKING:
    from gui.editor.node_item import NodeItem
    from gui.editor.scene import Scene

LARGEST, SMALLEST = 150.0, 16.0  # px: sides of the drawn maps
MOST, OFFSET = 12, 5.0  # sheets of a stack that are drawn, and how far each peeps out
GAP, MARGIN, HEAD, FOOT = 74.0, 30.0, 44.0, 44.0


@dataclass(slots=True)
class Stage:
    """One stack: the output shape of its layers without the batch axis, their names, and their newest maps (tiles, H, W)."""

    shape: Shape
    words: list[str] = field(default_factory=list)
    maps: np.ndarray | None = None
    image: bool = False  # the maps are the channels of an image in 0..1

    @property
    def caption(self) -> str:
        """`16 @ 28 × 28`, or `120` for a vector."""
        return f"{self.shape[0]:,} @ {' × '.join(map(str, self.shape[1:]))}" if len(self.shape) > 1 else f"{self.shape[0]:,}"

    def side(self, greatest: int) -> float:
        """The drawn side of a map; of a vector, how high it stands."""
        size = self.shape[-1] if len(self.shape) > 1 else 4 * math.sqrt(self.shape[0])
        return min(LARGEST, max(SMALLEST, LARGEST * size / max(greatest, 1)))

    @property
    def sheets(self) -> int:
        return min(MOST, self.shape[0]) if len(self.shape) > 1 else 1


def stages(scene: Scene, image: np.ndarray | None = None) -> list[Stage]:
    """The stacks of the level that is shown, in the order of computation; none while no shape is known.

    `image` (C, H, W) in 0..1 is the sample that the maps on the nodes are of.
    """
    found: list[Stage] = []
    for column in columns_of(scene.document.snapshot(), set(scene.nodes)):
        for name in column:
            item = scene.nodes[name]
            shape = shape_of(item)
            if not shape:
                continue
            if not found or found[-1].shape != shape or item.row.role == "data":
                found.append(Stage(shape))
            found[-1].words.append(f"{item.body.title} {item.body.key}".strip() if item.row.role == "layer" else item.body.title)
            maps = maps_of(item) if item.row.role == "layer" else image if image is not None and image.shape == shape else None
            if maps is not None:
                found[-1].maps = maps
                found[-1].image = item.row.role == "data"
    return found


def shape_of(item: NodeItem) -> Shape:
    """What the node's first output is for one sample; empty for losses and where it is not known."""
    if item.row is None or item.row.role not in ("data", "layer") or item.facts is None:
        return ()
    return tuple(next(iter(item.facts.outputs.values()), ())[1:])


def maps_of(item: NodeItem) -> np.ndarray | None:
    """The maps (tiles, H, W) that a layer shows of itself; filters and matrices are none."""
    array = item.array
    return array if array is not None and item.picture_kind() == "maps" and array.ndim == 3 and array.shape[-1] > 1 else None


def size_of(found: list[Stage]) -> QSize:
    """px of the whole figure."""
    greatest = greatest_side(found)
    wide = sum(stage_width(stage, greatest) for stage in found) + GAP * max(len(found) - 1, 0)
    return QSize(round(wide + 2 * MARGIN), round(LARGEST + OFFSET * MOST + HEAD + FOOT + 2 * MARGIN))


def greatest_side(found: list[Stage]) -> int:
    return max((stage.shape[-1] for stage in found if len(stage.shape) > 1), default=1)


def stage_width(stage: Stage, greatest: int) -> float:
    side = stage.side(greatest)
    return (side if len(stage.shape) > 1 else 12.0) + OFFSET * (stage.sheets - 1)


def paint(painter: QPainter, found: list[Stage]) -> None:
    """The whole figure at (0, 0)."""
    greatest = greatest_side(found)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    x, middle = MARGIN, MARGIN + HEAD + (LARGEST + OFFSET * MOST) / 2
    before: QRectF | None = None
    for stage in found:
        wide, side = stage_width(stage, greatest), stage.side(greatest)
        depth = OFFSET * (stage.sheets - 1)
        area = QRectF(x, middle - (side + depth) / 2, wide, side + depth)
        if before is not None:
            paint_step(painter, before, area)
        paint_stack(painter, stage, area, side)
        label(painter, stage.caption, area.center().x(), middle - (LARGEST + OFFSET * MOST) / 2 - 14, color="t1", mono=True)
        for row, words in enumerate(lines_of(stage)):
            label(painter, words, area.center().x(), middle + (LARGEST + OFFSET * MOST) / 2 + 14 + 13 * row, color="t2")
        x, before = x + wide + GAP, area


def lines_of(stage: Stage) -> list[str]:
    """The layers of a stack on at most three lines."""
    return stage.words if len(stage.words) <= 3 else [*stage.words[:2], f"and {len(stage.words) - 2} more"]


def paint_stack(painter: QPainter, stage: Stage, area: QRectF, side: float) -> None:
    """Sheets one before the other, the first map in front; a vector as one slim bar."""
    look = theme.current()
    painter.setPen(QPen(look.color("nodeborder"), 1))
    painter.setBrush(look.color("node"))
    if len(stage.shape) == 1:
        painter.drawRoundedRect(QRectF(area.center().x() - 5, area.top(), 10, area.height()), 3, 3)
        return
    for sheet in reversed(range(stage.sheets)):
        box = QRectF(area.left() + OFFSET * sheet, area.bottom() - side - OFFSET * sheet, side, side)
        painter.drawRect(box)
        if stage.maps is not None and sheet < len(stage.maps):
            painter.drawImage(box.adjusted(1, 1, -1, -1), picture_of(stage, stage.maps[sheet]))


def picture_of(stage: Stage, values: np.ndarray) -> QImage:
    """One map from 0 to its own maximum; of data, the image itself."""
    look = theme.current()
    values = np.nan_to_num(values.astype(np.float32))
    top = float(values.max())
    indices = np.clip(values / (1.0 if stage.image else top) * 255, 0, 255).astype(np.uint8) if top > 0 else np.zeros(values.shape, np.uint8)
    return pictures.to_image(look.argb("ink" if stage.image else "ember")[indices])


def paint_step(painter: QPainter, before: QRectF, after: QRectF) -> None:
    """A thin arrow from one stack to the next."""
    painter.setPen(QPen(theme.current().color("wire"), 1.5))
    start, end = QPointF(before.right() + 10, before.center().y()), QPointF(after.left() - 10, after.center().y())
    painter.drawLine(start, end)
    painter.drawLine(end, end + QPointF(-6, -4))
    painter.drawLine(end, end + QPointF(-6, 4))


def label(painter: QPainter, words: str, x: float, y: float, *, color: str, mono: bool = False) -> None:
    """One centred line, shortened to the room that a stack has."""
    font = theme.mono(11) if mono else theme.font(10.5)
    metrics = QFontMetricsF(font)
    words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, 150)
    painter.setFont(font)
    painter.setPen(theme.current().color(color))
    painter.drawText(QPointF(x - metrics.horizontalAdvance(words) / 2, y + metrics.ascent() / 2 - 1), words)


def write(found: list[Stage], path: Path, scale: float = export.PRINT, *, paper: bool = False) -> None:
    """Writes a PNG at print quality or an SVG file, on white `paper` or in the colours of the screen; OSError when it cannot be written."""
    size = QSizeF(size_of(found))

    def draw(painter: QPainter, target: QRectF, ratio: float) -> None:
        painter.scale(ratio, ratio)
        paint(painter, found)

    with theme.paper(paper):
        if path.suffix.lower() == ".svg":
            export.vector(size, path, draw, title="Layers")
            return
        image = export.raster(size, scale, draw)
    export.save(image, path)
