"""What tooltips and chips of the canvas say: formulas, shares, axes, and the range of a wire."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from engine.events import Analysis, NodeFacts, ProbeResult, Source
from engine.graph import edits
from engine.graph.model import Snapshot, Wire
from gui import theme
from gui.editor import explain
from gui.editor.wire_item import shape_words


def test_axis_letters_are_dim_and_numbers_bright():
    assert shape_words((64, 10), "N F") == (("F", "t3"), ("10", "t1"))
    assert shape_words((64,), "N") == ()


def test_a_node_tells_its_formula_and_what_share_of_the_network_it_is(canvas):
    found = NodeFacts(inputs={"x": (64, 1, 28, 28)}, outputs={"out": (64, 16, 24, 24)}, axes={"out": "N C H W"}, parameters=416, macs=230_400, receptive=(5, 5))
    canvas.project.document.apply(edits.set_param(canvas.project.snapshot(), "conv1", "kernel_size", value=5))
    canvas.set_analysis(Analysis(1, {"conv1": found, "fc1": NodeFacts(parameters=1248)}, (), Source()))
    words = explain.of_node(canvas.network, "conv1")
    assert "(28 − 5 + 2·0) / 1 + 1 = 24" in words and "416 parameters (25 %)" in words and "5 × 5 px of the input" in words


def test_the_range_of_a_wire_is_asked_for_while_its_tooltip_is_open(window):
    window.files.open_lesson("lenet-mnist")
    canvas, hover = window.canvas, window.view.hover
    found = NodeFacts(outputs={"out": (64, 16, 28, 28)}, axes={"out": "N C H W"}, parameters=416, macs=313_600, memory=50_176)
    canvas.set_analysis(Analysis(1, {"conv1": found}, (), Source()))
    canvas.hovered = canvas.hovered.__class__(wire=Wire("conv1", "out", "relu1", "x"))
    assert not hover.isVisible()
    canvas.show_tip()
    request = hover.request()
    assert hover.isVisible() and (request.kind, request.node, request.limit) == ("activations", "conv1", 1)
    hover.show_result(ProbeResult("hover", request, 662, info={"step": 662, "weights": "step 662", "min": -1.25, "max": 3.5}))
    assert "from -1.25 to 3.5 for sample 0" in canvas.tip.text
    canvas.hide_tip()
    assert not hover.isVisible()


def test_a_tooltip_takes_the_colours_of_another_theme(make_canvas):
    tip = make_canvas(Snapshot()).tip
    try:
        tip.show_at("<b>relu1</b>", QPointF(40, 40))
        dark = tip.label.styleSheet()
        theme.use("light")
        assert not tip.text
        tip.show_at("<b>relu1</b>", QPointF(40, 40))
        assert theme.css(theme.current().color("t1")) in tip.label.styleSheet() != dark
    finally:
        theme.use("dark")
