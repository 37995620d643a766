"""An empty canvas: the gestures, the lessons as cards, and what steps aside for them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph.model import Frame, Node, Snapshot
from engine.graph.ops import AddFrame, AddNode
from gui.editor.lesson_card import drawing

LEFT = Qt.MouseButton.LeftButton


def test_lessons_and_templates_have_cards_with_their_own_graphs(make_canvas):
    canvas = make_canvas(Snapshot())
    cards = canvas.empty.cards
    (lessons, first), (templates, second) = canvas.empty.rows
    assert (lessons.text(), templates.text()) == ("Lessons", "Templates") and first[0].entry.id == library.FIRST_LESSON
    assert {card.entry.kind for card in first} == {"lesson"} and {card.entry.kind for card in second} == {"template"}
    shown = [card for card in cards if card.isVisible()]
    assert len({card.y() for card in shown}) == 2 and len(shown) >= 8 and all(canvas.rect().contains(card.geometry()) for card in shown)
    assert not any(a.geometry().intersects(b.geometry()) for i, a in enumerate(shown) for b in shown[:i])
    assert not canvas.empty.words.geometry().intersects(cards[0].geometry())
    nodes, wires = drawing("lenet-mnist")
    assert len(nodes) == 12 and len(wires) == 12 and nodes["conv1"][0] == "convolution"
    canvas.project.push("Add", [AddNode(Node("relu1", "relu"))])
    assert not canvas.empty.isVisible() and not any(card.isVisible() for card in cards)


def test_cards_stay_inside_a_small_canvas(make_canvas):
    canvas = make_canvas(Snapshot())
    for width, height in ((768, 308), (500, 400), (240, 160)):
        canvas.resize(width, height)
        QApplication.processEvents()
        shown = [card for card in canvas.empty.cards if card.isVisible()]
        assert all(canvas.rect().contains(card.geometry()) for card in shown), (width, height)
        assert not any(card.geometry().intersects(canvas.empty.words.geometry()) for card in shown), (width, height)


def test_a_click_on_a_card_opens_the_lesson(window):
    window.files.new()
    card = window.canvas.empty.cards[1]
    QTest.mouseClick(card, LEFT, pos=QPoint(30, 30))
    assert window.project.lesson == card.entry.id
    assert not card.isVisible()


def test_arrows_reach_the_cards_and_enter_opens_one(window):
    window.files.new()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Down)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    assert QApplication.focusWidget() is window.canvas.empty.cards[1]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Down)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert window.project.lesson == "lenet-mnist"
    assert window.canvas.hasFocus()


def test_the_minimap_hides_while_there_is_nothing_to_map(window):
    assert not window.canvas.minimap.isVisible()
    window.files.open_lesson("mlp-mnist")
    assert window.canvas.minimap.isVisible()
    window.acts["minimap"].trigger()
    assert not window.canvas.minimap.isVisible()


def test_the_minimap_paints_a_frame_without_any_node(make_canvas):
    canvas = make_canvas(Snapshot())
    canvas.show_minimap(True)
    canvas.project.push("Frame", [AddFrame(Frame("frame1", "Alone", (0.0, 0.0, 300.0, 200.0)))])
    QApplication.processEvents()
    assert canvas.minimap.isVisible()
    canvas.minimap.grab()  # the guard of all GUI tests fails on what a paint raises


def test_the_minimap_covers_no_title_of_a_frame(make_canvas):
    canvas = make_canvas(Snapshot(nodes=(Node("relu1", "relu", {}, (0.0, 0.0)),)))
    canvas.resize(900, 600)
    canvas.show_minimap(True)
    canvas.camera.look_at(QPointF(80, 20), 1.0)
    canvas.minimap.settle(all_nodes=True)
    corner = QRectF(canvas.minimap.geometry())
    home = canvas.camera.scene_point(corner.topLeft())
    canvas.project.push("Frame", [AddFrame(Frame("frame1", "In its place", (home.x(), home.y(), 300.0, 200.0)))])
    canvas.minimap.settle(all_nodes=True)
    title = canvas.network.frames["frame1"].title_area()
    shown = QRectF(canvas.camera.view_point(title.topLeft()), canvas.camera.view_point(title.bottomRight()))
    assert corner.intersects(shown) and not QRectF(canvas.minimap.geometry()).intersects(shown)
