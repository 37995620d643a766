"""A block's definition in the inspector: its table of parameters, sliders, and a slider that turns plain-18 into ResNet-18 and 18 into 34. By real events."""

from __future__ import annotations

from nested import LEFT, NET, body, path, steps
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionSlider

from engine import library
from engine.compile.analyse import analyse
from engine.graph.expression import Expression
from engine.graph.model import BlockParam

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def page(window):
    return window.panel("inspector").page


def table(window):
    return page(window).block_part.table


def type_into(field, words: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, words)
    QTest.keyClick(field, Qt.Key.Key_Return)


def follow(window, name: str, words: str) -> None:
    """Types an expression into the field `name` of the selected node."""
    field = page(window).fields[name]
    field.setFocus()
    QTest.keyClicks(field.focusProxy(), "=")
    field.formula.selectAll()
    QTest.keyClicks(field.formula, words)
    assert not field.formula.reason
    QTest.keyClick(field.formula, Qt.Key.Key_Return)


def drag_slider(slider, share: float) -> None:
    """Drags the handle to a share of the way."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider).center()
    goal = QPoint(round(6 + (slider.width() - 12) * share), handle.y())
    QTest.mousePress(slider, LEFT, pos=handle)
    for part in (0.5, 1.0):
        QTest.mouseMove(slider, handle + (goal - handle) * part)
    QTest.mouseRelease(slider, LEFT, pos=goal)


def test_the_table_adds_renames_bounds_and_takes_back(inside):
    assert table(inside).isVisible() and list(table(inside).cells) == ["width"]
    type_into(table(inside).fresh, "depth")
    assert list(table(inside).cells) == ["width", "depth"] and table(inside).fresh.text() == ""
    type_into(table(inside).cells["depth"]["high"], "6")
    type_into(table(inside).cells["depth"]["default"], "2")
    assert inside.project.snapshot().block("Wide").params[1] == BlockParam("depth", default=2, low=1, high=6)
    type_into(table(inside).cells["width"]["name"], "features")
    assert body(inside).node("fc").params["out_features"] == Expression("features * 2")
    assert inside.project.document.node("wide1").params == {"features": 64} and steps(inside) == 4
    QTest.mouseClick(table(inside).cells["depth"]["remove"], LEFT)
    assert [param.name for param in inside.project.snapshot().block("Wide").params] == ["features"]
    for _ in range(5):
        inside.undo()
    assert inside.project.snapshot() == NET and path(inside) == "wide1"


def test_the_table_fits_into_the_inspector(inside):
    inside.canvas.select([])
    QApplication.processEvents()
    panel, shown = inside.panel("inspector"), table(inside)
    assert page(inside).width() <= panel.viewport().width() and shown.minimumSizeHint().width() <= 280
    boxes = [cell.geometry() for cells in shown.cells.values() for cell in cells.values()]
    assert not any(one.intersects(two) for i, one in enumerate(boxes) for two in boxes[i + 1 :])
    assert all(shown.rect().contains(box) for box in boxes)


def test_names_that_cannot_be_are_refused_in_words(inside):
    said: list[str] = []
    inside.say = lambda sentence, icon="info": said.append(sentence)
    for words in ("two words", "repeat", "width"):
        type_into(table(inside).fresh, words)
    assert len(said) == 3 and all("parameter" in sentence for sentence in said) and steps(inside) == 0


def test_the_table_is_only_there_inside(net):
    net.canvas.select(["wide1"])
    assert not table(net).isVisible()


def test_a_small_range_has_a_slider_that_is_one_step(inside):
    type_into(table(inside).fresh, "depth")
    inside.canvas.select(["inner1"])
    follow(inside, "repeat", "depth")
    inside.project.go("")
    inside.canvas.select(["wide1"])
    QApplication.processEvents()
    field = page(inside).fields["depth"]
    before = steps(inside)
    drag_slider(field.slider, 1.0)
    assert inside.project.document.node("wide1").params["depth"] == 10 and steps(inside) == before + 1
    assert field.number.value() == 10 and analyse(inside.project.snapshot()).facts("wide1.0/inner1.9/fc") is not None
    QTest.keyClick(field.slider, Qt.Key.Key_Left)
    assert inside.project.document.node("wide1").params["depth"] == 9 and steps(inside) == before + 2
    inside.undo()
    inside.undo()
    assert "depth" not in inside.project.document.node("wide1").params
    assert not hasattr(page(inside).fields["width"], "slider")  # 1 to 512 is too much for one


def test_one_slider_turns_plain_18_into_resnet_18_and_18_into_34(net):
    """By hand: the four stages, taken out of the template's own block, become one again with two parameters of its own that do it all."""
    canvas = net.canvas
    net.project.replace(library.read("plain18"))
    canvas.select(["stages1"])
    QTest.keyClick(canvas, Qt.Key.Key_G, CTRL | SHIFT)
    plain = analyse(net.project.snapshot()).parameters
    stages = [f"stage{number}" for number in (1, 2, 3, 4)]
    canvas.select(stages)
    QTest.keyClick(canvas, Qt.Key.Key_G, CTRL)
    name = canvas.selected()[0]
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert path(net) == name
    for word, low, high in (("depth", 18, 34), ("shortcuts", 0, 1)):
        type_into(table(net).fresh, word)
        for field, number in (("high", high), ("low", low), ("default", low)):
            type_into(table(net).cells[word][field], str(number))
    for stage, more in zip(stages, (3, 4, 6, 3), strict=True):
        canvas.select([stage])
        follow(net, "residual", "shortcuts == 1")
        follow(net, "blocks", f"{more} if depth > 26 else 2")
    assert analyse(net.project.snapshot()).parameters == plain
    QTest.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    canvas.select([name])
    QApplication.processEvents()
    before = steps(net)
    drag_slider(page(net).fields["shortcuts"].slider, 1.0)
    found = analyse(net.project.snapshot())
    assert found.parameters == 11_689_512 and not found.errors
    drag_slider(page(net).fields["depth"].slider, 1.0)
    found = analyse(net.project.snapshot())
    assert found.parameters == 21_797_672 and not found.errors and steps(net) == before + 2


def test_nesting_to_depth_5_by_keys_survives_saving_and_expands_back(net, tmp_path):
    """Each Ctrl+G wraps what the last one made; Enter goes in, group again; then all the way back."""
    canvas = net.canvas
    start = net.project.snapshot()
    net.project.go("wide1")
    canvas.select(["fc", "act"])
    for _ in range(5):
        QTest.keyClick(canvas, Qt.Key.Key_G, CTRL)
        made = canvas.selected()
        assert len(made) == 1
        QTest.keyClick(canvas, Qt.Key.Key_Return)
        canvas.select(["fc", "act"])
    assert path(net).count("/") == 5 and canvas.selected() == ["act", "fc"]
    assert analyse(net.project.snapshot()).facts(f"{path(net)}/fc").outputs["out"][-1] == 128
    deep = net.project.snapshot()
    net.project.save(tmp_path / "deep.chainrule")
    net.project.open(tmp_path / "deep.chainrule")
    assert net.project.snapshot() == deep and path(net) == ""
    way = "wide1"
    for _ in range(5):
        net.project.go(way)
        inner = next(node.id for node in net.project.level.snapshot().nodes if node.type.startswith("block:") and node.type != "block:Inner")
        canvas.setFocus()
        canvas.select([inner])
        QTest.keyClick(canvas, Qt.Key.Key_G, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert net.project.snapshot() == start
    for _ in range(5):
        net.undo()
    assert net.project.snapshot() == deep
