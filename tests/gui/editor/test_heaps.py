"""Heaps: what lies where is painted as if all items stood by themselves, and nothing is left behind."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsScene

from gui.editor.heaps import SIZE, Heap, Heaps

COUNT = 3 * SIZE + 5


def sheet(height: float, color: str) -> QGraphicsRectItem:
    item = QGraphicsRectItem(0, 0, 20, 20)
    item.setPen(Qt.PenStyle.NoPen)
    item.setBrush(QColor(color))
    item.setZValue(height)
    return item


def seen(scene: QGraphicsScene) -> str:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    scene.render(painter, QRectF(0, 0, 20, 20), QRectF(0, 0, 20, 20))
    painter.end()
    return image.pixelColor(10, 10).name()


@pytest.fixture
def scene(app):
    scene = QGraphicsScene()
    yield scene
    scene.clear()
    scene.deleteLater()


def tops(scene: QGraphicsScene) -> list[Heap]:
    return [item for item in scene.items() if item.parentItem() is None]


def test_the_last_of_the_highest_is_seen(scene):
    heaps = Heaps(scene)
    for height, color in ((10.0, "#ff0000"), (0.0, "#00ff00"), (5.0, "#0000ff")):
        for _ in range(COUNT):
            heaps.add(sheet(height, color))
    assert seen(scene) == "#ff0000"
    heaps.add(last := sheet(10.0, "#ffff00"))
    assert seen(scene) == "#ffff00"
    heaps.drop(last)
    assert seen(scene) == "#ff0000" and last.scene() is None
    assert len(tops(scene)) == 3 * 4 and max(heap.count for heap in tops(scene)) == SIZE


def test_what_is_lifted_lies_above_what_came_later_and_goes_home_again(scene):
    heaps = Heaps(scene)
    items = [sheet(10.0, "#ff0000") for _ in range(COUNT)]
    items[0].setBrush(QColor("#00ff00"))
    items[1].setBrush(QColor("#0000ff"))
    for item in items:
        heaps.add(item)
    for lifted, color in (([items[0]], "#00ff00"), ([items[1]], "#0000ff"), ([], "#ff0000"), (items, "#ff0000"), ([items[0]], "#00ff00")):
        heaps.lift(lifted)
        assert seen(scene) == color
        assert items[0].scenePos().isNull() and items[0].zValue() == 10.0
    heaps.drop(items[0])
    heaps.lift([])
    assert seen(scene) == "#ff0000" and items[0].parentItem() is None


def test_items_that_come_and_go_leave_no_heaps(scene):
    heaps = Heaps(scene)
    for _ in range(30):
        items = [sheet(0.0, "#ff0000") for _ in range(SIZE + 1)]
        for item in items:
            heaps.add(item)
        for item in items:
            heaps.drop(item)
    assert len(scene.items()) <= 1 and not heaps.homes
    del items, item
    gc.collect()


def test_a_cleared_scene_begins_anew(scene):
    heaps = Heaps(scene)
    heaps.add(sheet(0.0, "#ff0000"))
    heaps.forget()
    scene.clear()
    heaps.add(sheet(0.0, "#00ff00"))
    assert seen(scene) == "#00ff00" and len(scene.items()) == 2
