"""Zoom, framing, level of detail, pictures, tooltips, export, and that the scene mirrors the document whatever happens to it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from engine.events import Analysis, NodeFacts, Source
from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.ops import MoveNodes, RenameNode
from engine.graph.problem import Problem
from engine.layers import registry
from gui import theme
from gui.editor import explain, ink, pictures
from gui.editor.atlas import Atlas
from gui.editor.camera import MARGIN
from gui.editor.detail import FULL, FULL_FROM, LOW, MID
from gui.editor.view import Canvas
from gui.project import Project


def facts(shape=(64, 16, 28, 28), parameters=416):
    return NodeFacts({}, {"out": shape}, {"out": "N C H W"[: 2 * len(shape) - 1]}, parameters, 313_600, 50_176)


def analysis(nodes, problems=()):
    return Analysis(1, nodes, tuple(problems), Source())


def test_the_wheel_zooms_at_the_cursor(canvas, hand):
    at = QPointF(311, 222)
    before = canvas.camera.scene_point(at)
    for steps in (2, -5, 3, 6, -9):
        hand.wheel(at, steps)
        after = canvas.camera.scene_point(at)
        assert abs(after.x() - before.x()) * canvas.zoom <= 3 and abs(after.y() - before.y()) * canvas.zoom <= 3
    hand.wheel(at, 60)
    assert canvas.zoom == 3.0
    hand.wheel(at, -120)
    assert canvas.zoom == pytest.approx(0.1)


def test_the_qt_view_agrees_with_the_camera(canvas):
    canvas.camera.place(QPointF(37, 11), QPointF(100, 50), 0.73)
    assert (canvas.mapFromScene(QPointF(137, 211)) - canvas.camera.view_point(QPointF(137, 211)).toPoint()).manhattanLength() <= 1


def test_middle_drag_pans(canvas, hand):
    before = canvas.camera.scene_point(QPointF(0, 0))
    start = QPointF(400, 300)
    for kind, at in ((2, start), (5, start + QPointF(-40, 25)), (3, start + QPointF(-40, 25))):
        hand.send(QEvent.Type(kind), at, button=Qt.MouseButton.MiddleButton, buttons=Qt.MouseButton.MiddleButton, keys=Qt.KeyboardModifier.NoModifier)
    assert (canvas.camera.scene_point(QPointF(0, 0)) - before).toTuple() == (40, -25)


def test_detail_follows_the_zoom(canvas):
    told = []
    canvas.zoomChanged.connect(told.append)
    for percent, detail in ((100, FULL), (60, FULL), (59, MID), (35, MID), (34, LOW), (20, LOW)):
        canvas.zoom_to(percent)
        assert canvas.network.detail == detail
    assert told[-1] == pytest.approx(0.2)


def test_far_away_each_family_has_its_colour_and_near_the_body_is_the_node_surface(canvas):
    item = canvas.network.nodes["fc1"]
    canvas.zoom_to(20)
    look = theme.current()
    far = pixel(canvas, item.rect().center())
    assert far == theme.mix(look.color("nodetitle"), look.family("linear"), 0.45)
    canvas.zoom_to(100)
    near = pixel(canvas, item.pos() + QPointF(item.body.width / 2, 44))
    assert near == look.color("node")


def pixel(canvas, point) -> QColor:
    QApplication.processEvents()
    return canvas.grab().toImage().pixelColor(canvas.camera.view_point(point).toPoint())


def test_framing_shows_everything_or_the_selection(canvas):
    canvas.frame_all()
    assert canvas.camera.shown().contains(canvas.network.content()) and canvas.zoom <= 1.0
    canvas.select(["ce1"])
    canvas.frame_selection()
    assert (canvas.camera.shown().center() - canvas.network.nodes["ce1"].rect().center()).manhattanLength() < 2


def test_framing_shows_wires_that_run_outside_of_all_nodes(make_canvas):
    back = Snapshot(nodes=(Node("a1", "relu", {}, (0.0, 0.0)), Node("b1", "relu", {}, (400.0, 0.0))), wires=(Wire("b1", "out", "a1", "x"),))
    canvas = make_canvas(back)
    canvas.frame_all(glide=False)
    course = next(iter(canvas.network.wires.values())).course.path.boundingRect()
    assert not canvas.network.content().contains(course) and canvas.camera.shown().contains(course)


def test_framing_keeps_what_is_written_on_nodes_where_the_margin_allows_it(canvas):
    port = canvas.viewport().rect()
    for zoom, shown in ((0.59, FULL_FROM), (0.5, 0.5)):
        area = QRectF(0, 0, (port.width() - 2 * MARGIN) / zoom, 10)
        canvas.camera.frame(area, glide=False)
        assert canvas.zoom == pytest.approx(shown) and canvas.camera.shown().contains(area)


def test_shapes_counts_and_problems_are_shown(canvas):
    wrong = Problem("error", "channels-differ", "ReLU gets nothing.", "relu1", "x")
    canvas.set_analysis(analysis({"conv1": facts(), "relu1": facts(parameters=0)}, [wrong, Problem("warning", "w", "Hm.", "fc1")]))
    wire = canvas.network.wires[Wire("conv1", "out", "relu1", "x")]
    assert "".join(text for text, _ in wire.chip.words) == "C16H28W28"
    assert wire.mood.error and wire.chip.isVisible()
    assert canvas.network.nodes["conv1"].body.count == "416"
    assert canvas.network.nodes["relu1"].mood.errors == 1 and ("x", False) in canvas.network.nodes["relu1"].mood.wrong
    assert canvas.network.nodes["fc1"].mood.warnings == 1
    canvas.set_analysis(analysis({"conv1": facts(), "relu1": facts(parameters=0)}))
    assert canvas.network.nodes["relu1"].mood.errors == 0 and not canvas.network.nodes["relu1"].mood.wrong and not wire.mood.error


def test_a_new_shape_reaches_the_chip_even_when_no_node_changes_its_size(canvas):
    canvas.set_analysis(analysis({"conv1": facts()}))
    canvas.set_analysis(analysis({"conv1": facts((64, 16, 26, 26))}))
    chip = canvas.network.wires[Wire("conv1", "out", "relu1", "x")].chip
    assert "".join(text for text, _ in chip.words) == "C16H26W26"


def test_a_chip_hides_where_the_gap_is_too_small_and_shows_on_hover(canvas, hand):
    canvas.set_analysis(analysis({"conv1": facts(), "relu1": facts(), "mnist1": facts((64, 1, 28, 28))}))
    canvas.project.push("Move", [move("relu1", (500.0, 0.0))])
    wire = canvas.network.wires[Wire("conv1", "out", "relu1", "x")]
    wire.chip.say(wire.chip.words, keep=False)
    assert not wire.chip.isVisible()
    hand.move(*wire.course.chip.toTuple(), button=Qt.MouseButton.NoButton)
    assert wire.mood.hovered and wire.chip.isVisible()


def move(name, pos):
    return MoveNodes({name: pos})


def test_an_output_without_a_wire_hangs_its_shape_beside_the_port(canvas):
    canvas.set_analysis(analysis({"relu1": facts()}))
    (ref,) = [ref for ref in canvas.network.hanging if ref.node == "relu1"]
    assert canvas.network.hanging[ref].pos().x() > canvas.network.nodes["relu1"].rect().right()
    canvas.project.push("Connect", edits.connect(canvas.snapshot(), Wire("relu1", "out", "drop1", "x")))
    assert ref not in canvas.network.hanging


def test_a_node_widens_instead_of_clipping(make_canvas):
    long = "A very long name that somebody gave to this layer"
    canvas = make_canvas(Snapshot(nodes=(Node("conv1", "conv2d", {}, (0.0, 0.0), long),)))
    body = canvas.network.nodes["conv1"].body
    assert body.width >= 30 + ink.get().width(long, "title") and body.width % 2 == 0


def test_first_ports_sit_on_the_title_and_further_ones_in_rows_of_20(canvas):
    body = canvas.network.nodes["ce1"].body
    assert [(spot.name, spot.y) for spot in body.spots] == [("prediction", 14.0), ("target", 58.0)]
    body = canvas.network.nodes["mnist1"].body
    assert [(spot.name, spot.y) for spot in body.spots] == [("image", 14.0), ("label", 38.0)]


def test_pictures_and_live_values_appear_on_nodes(canvas):
    before = canvas.network.nodes["conv1"].body.height
    canvas.set_thumbnails({"conv1": np.random.default_rng(0).normal(size=(16, 5, 5)), "gone": np.zeros((2, 2))})
    assert canvas.network.nodes["conv1"].body.height > before and canvas.network.nodes["conv1"].mood.picture is not None
    for value in (2.3, 1.0, 0.5):
        canvas.set_live("ce1", value)
    canvas.network.gallery.draw()
    assert canvas.network.nodes["ce1"].body.count == "0.5000" and canvas.network.nodes["ce1"].mood.picture is not None
    canvas.show_thumbnails(False)
    assert canvas.network.nodes["conv1"].mood.picture is None and canvas.network.nodes["conv1"].body.height == before
    canvas.network.gallery.timer.stop()


def test_filters_share_one_scale_and_zero_looks_like_nothing():
    look = theme.current()
    image = pictures.filters(np.stack([np.full((5, 5), 2.0), np.full((5, 5), 1.0), np.zeros((5, 5))]), look)
    assert image.pixelColor(7, 7).getRgb() == tuple(look.lut("tide")[255])
    assert image.pixelColor(33 + 7, 7).getRgb() == tuple(look.lut("tide")[191])
    assert image.pixelColor(66 + 7, 7).getRgb() == tuple(look.lut("tide")[127])


def test_few_filters_are_shown_large_and_many_in_rows_of_eight():
    look = theme.current()
    sizes = [(image.width(), image.height()) for image in (pictures.filters(np.ones((count, 3, 3)), look) for count in (1, 4, 6, 8, 16))]
    assert sizes == [(30, 30), (129, 30), (6 * 24 - 3, 21), (141, 15), (141, 33)]


def test_maps_go_from_zero_to_their_own_maximum():
    look = theme.current()
    image = pictures.maps(np.stack([np.full((4, 4), 5.0), np.full((4, 4), 0.1), np.zeros((4, 4))]), look)
    assert image.pixelColor(14, 14) == image.pixelColor(30 + 14, 14)
    assert image.pixelColor(60 + 14, 14).getRgb() == tuple(look.lut("ember")[0])


def test_one_map_alone_takes_the_room_of_a_matrix():
    look = theme.current()
    sizes = [(image.width(), image.height()) for image in (pictures.maps(np.ones((1, *shape)), look) for shape in ((17, 64), (28, 28), (257, 1280)))]
    assert sizes == [(144, 52), (52, 52), (144, 52)]


def test_nan_in_a_picture_is_no_crash(canvas):
    canvas.set_thumbnails({"conv1": np.full((16, 5, 5), np.nan), "relu1": np.full((4, 3, 3), np.inf), "fc1": np.zeros((0, 3))})
    canvas.network.gallery.timer.stop()
    canvas.set_live("ce1", float("nan"))
    canvas.network.gallery.draw()
    assert canvas.network.nodes["ce1"].body.count == "nan"
    canvas.grab()


def test_tooltips_tell_shapes_in_words(canvas):
    canvas.set_analysis(analysis({"conv1": facts()}))
    words = explain.of_wire(canvas.network, Wire("conv1", "out", "relu1", "x"))
    assert "64 images × 16 channels × 28 × 28" in words and "3.1 MiB" in words
    assert "416 parameters" in explain.of_node(canvas.network, "conv1")
    canvas.hovered = canvas.hovered.__class__(node="conv1")
    canvas.show_tip()
    assert "Conv2d" in canvas.tip.text


def test_hover_lights_the_path(canvas, hand):
    hand.move(*hand.title("conv1"), button=Qt.MouseButton.NoButton)
    assert canvas.network.lit == set(canvas.network.wires)
    hand.move(0, 450, button=Qt.MouseButton.NoButton)
    assert canvas.network.lit == set()


def test_minimap_moves_the_view(canvas):
    canvas.show_minimap(True)
    scale, shift = canvas.minimap.mapping()
    goal = canvas.network.nodes["ce1"].rect().center()
    canvas.minimap.look(goal * scale + shift)
    assert (canvas.camera.shown().center() - goal).manhattanLength() < 4
    canvas.show_minimap(False)
    assert not canvas.minimap.isVisible()


def test_exports_show_the_network_at_any_zoom(canvas, tmp_path):
    canvas.zoom_to(20)
    image = canvas.render_image(1.0)
    assert image.width() > 1000 and len({image.pixel(x, 60) for x in range(0, image.width(), 3)}) > 5
    printed = canvas.render_image()
    assert printed.width() == pytest.approx(3.125 * image.width(), abs=3) and round(printed.dotsPerMeterX() * 0.0254) == 300
    canvas.render_svg(tmp_path / "net.svg")
    assert "Conv2d" in (tmp_path / "net.svg").read_text() or (tmp_path / "net.svg").stat().st_size > 10_000
    assert canvas.network.detail == LOW
    with pytest.raises(OSError):
        canvas.render_svg(tmp_path / "nowhere" / "net.svg")


def test_themes_switch_live(canvas):
    try:
        theme.use("light")
        assert pixel(canvas, canvas.network.nodes["fc1"].pos() + QPointF(80, 44)) == theme.current().color("node")
    finally:
        theme.use("dark")


def test_a_renamed_node_keeps_its_item_and_selection(canvas):
    canvas.select(["conv1"])
    item = canvas.network.nodes["conv1"]
    canvas.project.push("Rename", [RenameNode("conv1", "stem")])
    assert canvas.network.nodes["stem"] is item and canvas.selected() == ["stem"]
    assert Wire("stem", "out", "relu1", "x") in canvas.network.wires


def test_unknown_types_are_placeholders_with_their_ports(make_canvas):
    canvas = make_canvas(Snapshot(nodes=(Node("x1", "warp_drive"), Node("relu1", "relu", {}, (300.0, 0.0))), wires=(Wire("x1", "plasma", "relu1", "x"),)))
    body = canvas.network.nodes["x1"].body
    assert not body.known and [spot.name for spot in body.spots] == ["plasma"]
    canvas.grab()


def mirrors(canvas) -> bool:
    document, scene = canvas.project.document, canvas.network
    return (
        {name: item.node for name, item in scene.nodes.items()} == document.nodes
        and all(scene.nodes[name].pos().toTuple() == node.pos for name, node in document.nodes.items())
        and set(scene.wires) == set(document.wires)
        and {name: item.frame for name, item in scene.frames.items()} == document.frames
        and scene.atlas.ids == list(scene.nodes)
        and arrays(scene.atlas) == arrays(anew(scene))
        and len([i for i in scene.items() if type(i).__name__ == "NodeItem"]) == len(document.nodes)
        and len([i for i in scene.items() if type(i).__name__ == "WireItem"]) == len(document.wires)
    )


def anew(scene) -> Atlas:
    """The scene's arrays, read from its items and not kept up edit by edit."""
    atlas = Atlas()
    atlas.rebuild(scene.nodes, scene.wires)
    for item in scene.wires.values():
        atlas.courses.lay(item)
    return atlas


def arrays(atlas: Atlas) -> tuple[object, ...]:
    """What is in an atlas, without the order of ports and wires."""
    ports = zip(atlas.ports, atlas.port_node.tolist(), atlas.port_offset.tolist(), atlas.port_output.tolist(), strict=True)
    courses = atlas.courses
    wires = {
        wire: (courses.lines[row].tolist(), courses.spans[row].tolist(), bool(courses.bent[row]), bool(courses.wrong[row]), wire in courses.pieces)
        for wire, row in courses.index.items()
    }
    nodes = (atlas.index, atlas.boxes.tolist(), atlas.spans.tolist(), atlas.family.tolist(), atlas.trouble.tolist(), atlas.layout)
    return nodes, {ref: facts for ref, *facts in ports}, wires, [courses.index[wire] for wire in courses.wires] == list(range(len(wires)))


@pytest.mark.parametrize("seed", range(3))
def test_the_scene_mirrors_the_document_after_random_edits(make_canvas, seed):
    rng = random.Random(seed)
    canvas = make_canvas(Snapshot())
    for _ in range(60):
        random_edit(canvas, rng)
        assert mirrors(canvas)
    while canvas.project.stack.canUndo():
        canvas.project.undo()
    assert mirrors(canvas) and not canvas.network.nodes
    while canvas.project.stack.canRedo():
        canvas.project.redo()
    assert mirrors(canvas)


def random_edit(canvas, rng) -> None:
    names = sorted(canvas.project.document.nodes)
    pick = rng.choice(["add", "add", "connect", "connect", "delete", "dissolve", "move", "duplicate", "frame", "param", "undo"])
    try:
        if pick == "add" or not names:
            canvas.add_layer(rng.choice(registry.ROWS).id)
        elif pick == "connect":
            source, target = (canvas.network.nodes[rng.choice(names)] for _ in range(2))
            out = rng.choice([s for s in source.body.spots if s.is_output])
            into = rng.choice([s for s in target.body.spots if not s.is_output])
            canvas.push("Connect", edits.connect(canvas.snapshot(), Wire(source.node.id, out.name, target.node.id, into.name)))
        elif pick == "move":
            canvas.push("Move", [move(rng.choice(names), (rng.randrange(-400, 400) * 1.0, rng.randrange(-300, 300) * 1.0))])
        elif pick == "param":
            canvas.push(
                "Inputs", edits.set_param(canvas.snapshot(), rng.choice([n for n in names if n.startswith("concat")]), "inputs", value=rng.randrange(2, 6))
            )
        elif pick == "undo":
            canvas.project.undo()
        else:
            canvas.select(rng.sample(names, min(len(names), 2)))
            {"delete": canvas.delete_selection, "dissolve": canvas.dissolve_selection, "duplicate": canvas.duplicate, "frame": canvas.add_frame}[pick]()
    except (EditError, IndexError):
        return


def test_another_project_document_is_shown_after_replace(make_canvas):
    canvas = make_canvas()
    canvas.project.replace(Snapshot(nodes=(Node("relu1", "relu", {}, (5.0, 5.0)),)))
    assert mirrors(canvas) and list(canvas.network.nodes) == ["relu1"]
    canvas.project.push("Move", [move("relu1", (50.0, 60.0))])
    assert mirrors(canvas)


def test_a_canvas_that_is_gone_hears_nothing(app):
    project = Project(Snapshot(nodes=(Node("relu1", "relu"),)))
    canvas = Canvas(project, motion=False)
    canvas.close_canvas()
    canvas.deleteLater()
    QApplication.sendPostedEvents(None, 52)
    project.push("Move", [move("relu1", (50.0, 60.0))])
    assert project.document.subscribers == [project.tell]
    project.close()


def test_big_networks_show_no_pictures_unless_asked(make_canvas):
    canvas = make_canvas(Snapshot(nodes=tuple(Node(f"relu{i}", "relu", {}, (i * 100.0, 0.0)) for i in range(61))))
    assert not canvas.thumbnails_on
    canvas.set_thumbnails({"relu1": np.ones((2, 4, 4))})
    assert canvas.network.nodes["relu1"].mood.picture is None
    canvas.show_thumbnails(True)
    canvas.network.gallery.draw()
    assert canvas.network.nodes["relu1"].mood.picture is not None
    canvas.network.gallery.timer.stop()
