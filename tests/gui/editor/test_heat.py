"""The heat overlay: shares of a quantity on the nodes, in colours and in words, and times per node of a level."""

from __future__ import annotations

import numpy as np
import pytest

from engine.events import Analysis, NodeFacts, ProbeRequest, ProbeResult, Source
from gui.editor import heat


def measured(**milliseconds: float) -> ProbeResult:
    values = np.array(list(milliseconds.values()), dtype=np.float32)
    names = tuple(name.replace("__", "/").replace("_", ".") for name in milliseconds)
    return ProbeResult("heat", ProbeRequest("timing"), 0, arrays={"milliseconds": values}, info={"nodes": names, "samples": 64, "passes": 5})


def test_levels_are_logarithmic_over_three_decades():
    found = heat.warmths({"a": 1000.0, "b": 100.0, "c": 1.0, "d": 0.01, "e": 0.0}, "parameters")
    assert found["a"].level == 1 and found["b"].level == pytest.approx(2 / 3) and found["c"].level == pytest.approx(0) and found["d"].level == 0
    assert "e" not in found
    assert found["a"].share == "91 %" and found["c"].share == "< 0.1 %" and found["a"].value == "1,000"


def test_parameters_colour_the_nodes_and_the_legend_tells_the_total(canvas):
    facts = {"conv1": NodeFacts(parameters=416, macs=300), "fc1": NodeFacts(parameters=1248), "relu1": NodeFacts()}
    canvas.set_analysis(Analysis(1, facts, (), Source()))
    before = canvas.grab().toImage()
    canvas.heat.show_quantity("parameters")
    assert canvas.network.nodes["fc1"].mood.warmth.share == "75 %" and canvas.network.nodes["relu1"].mood.warmth is None
    assert canvas.heat.legend.isVisible() and canvas.heat.legend.remark() == "1,664 in all"
    assert canvas.grab().toImage() != before
    canvas.heat.show_quantity("macs")
    assert set(canvas.heat.shown) == {"conv1"}
    canvas.heat.show_quantity("")
    assert not canvas.heat.legend.isVisible() and canvas.grab().toImage() == before


def test_it_follows_the_next_analysis_and_shows_far_away(canvas):
    canvas.heat.show_quantity("parameters")
    assert canvas.heat.legend.remark() == "Nothing to show."
    canvas.set_analysis(Analysis(1, {"conv1": NodeFacts(parameters=416)}, (), Source()))
    assert canvas.network.nodes["conv1"].mood.warmth.level == 1
    canvas.zoom_to(20)
    warm = canvas.grab().toImage()
    canvas.heat.show_quantity("")
    assert canvas.grab().toImage() != warm


def test_times_are_asked_for_only_while_wanted_and_count_for_their_block(canvas):
    assert not canvas.heat.isVisible()
    canvas.heat.show_quantity("time")
    assert canvas.heat.isVisible() and canvas.heat.request() == ProbeRequest("timing")
    assert canvas.heat.legend.remark() == heat.WAITING
    canvas.heat.show_result(measured(conv1=3.0, relu1=1.0))
    assert canvas.network.nodes["conv1"].mood.warmth.share == "75 %" and canvas.heat.legend.remark() == "4.00 ms in all for 64 samples"
    result = measured(block1__conv1=1.0, block1_2__conv1=2.0, fc1=0.5, lstm1_out=0.25)
    assert heat.times_of(result) == {"block1": 3.0, "fc1": 0.5, "lstm1": 0.25}
    assert heat.times_of(result, "block1.2") == {"conv1": 2.0}
