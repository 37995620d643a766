"""A Split whose number of outputs is changed in the inspector: the node on the canvas follows, and so does undo."""

from __future__ import annotations

from engine.graph import edits
from engine.graph.model import Wire


def outputs(window) -> list[str]:
    return [name for name, is_output in window.canvas.network.nodes["split1"].body.places if is_output]


def test_ports_come_and_go_with_the_number(window):
    ops, name = edits.add_node(window.project.snapshot(), "split", (0.0, 0.0))
    window.project.push("Add Split", ops)
    more, _ = edits.add_node(window.project.snapshot(), "relu", (400.0, 0.0))
    window.project.push("Add ReLU", more)
    assert name == "split1" and outputs(window) == ["a", "b"]
    window.edit.set_param("split1", "parts", 4)
    assert outputs(window) == ["a", "b", "c", "d"]
    window.project.push("Connect", edits.connect(window.project.snapshot(), Wire("split1", "d", "relu1", "x")))
    assert window.project.document.wires == [Wire("split1", "d", "relu1", "x")]
    window.edit.set_param("split1", "parts", 3)
    assert outputs(window) == ["a", "b", "c"] and window.project.document.wires == []
    window.undo()
    assert outputs(window) == ["a", "b", "c", "d"] and len(window.project.document.wires) == 1
