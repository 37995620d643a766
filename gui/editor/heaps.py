"""Items of the scene in heaps below parents that paint nothing.

Qt walks through all items without a parent whenever one of them is stale, which takes longer than painting it where there are thousands. Below a parent
it looks only where something is. Items keep their places and their height, since a heap lies at the origin and as high as what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QGraphicsScene

SIZE = 64  # about the square root of the most items that a network has
FRONT = 1.0  # how much higher the items lie that are lifted


class Heap(QGraphicsRectItem):
    """A parent, and how many items belong to it."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.count = 0
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setPen(Qt.PenStyle.NoPen)
        self.setZValue(height)


class Heaps:
    """Puts items into the scene and takes them out again. Each item has one home, also while it is lifted."""

    def __init__(self, scene: QGraphicsScene) -> None:
        self.scene = scene
        self.forget()

    def forget(self) -> None:
        """The scene was cleared, and all items with it."""
        self.homes: dict[QGraphicsItem, Heap] = {}
        self.open: dict[float, Heap] = {}  # by height, those that take more items
        self.fronts: dict[float, Heap] = {}
        self.lifted: set[QGraphicsItem] = set()

    def add(self, item: QGraphicsItem) -> None:
        """Shows `item` at its height, above all others of that height."""
        height = item.zValue()
        heap = self.open.get(height)
        if heap is None or heap.count >= SIZE:
            heap = self.open[height] = self.made(height)
        heap.count += 1
        self.homes[item] = heap
        item.setParentItem(heap)

    def made(self, height: float) -> Heap:
        heap = Heap(height)
        self.scene.addItem(heap)
        return heap

    def drop(self, item: QGraphicsItem) -> None:
        """Takes `item` out of the scene."""
        heap = self.homes.pop(item)
        self.lifted.discard(item)
        item.setParentItem(None)
        self.scene.removeItem(item)
        heap.count -= 1
        if not heap.count and heap not in self.open.values():
            self.scene.removeItem(heap)

    def lift(self, items: Iterable[QGraphicsItem]) -> None:
        """These, and no others, lie above their like; so many that they would fill a heap stay where they are."""
        wanted = set(items)
        if len(wanted) > SIZE:
            wanted = set()
        for item in self.lifted - wanted:
            item.setParentItem(self.homes[item])
        for item in wanted - self.lifted:
            height = self.homes[item].zValue()
            if height not in self.fronts:
                self.fronts[height] = self.made(height + FRONT)
            item.setParentItem(self.fronts[height])
        self.lifted = wanted
