"""Where a node lands that is put into a wire, and repairs that draw one."""

from __future__ import annotations

import pytest

from engine.graph import edits
from engine.graph.document import EditError
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.ops import AddNode, AddWire
from engine.graph.problem import Problem, Remedy


def test_a_wire_that_runs_back_takes_a_new_node_left_of_its_target_where_that_is_free():
    nodes = (Node("pool1", "max_pool2d", {}, (800.0, 0.0)), Node("fc1", "linear", {}, (220.0, 200.0)))
    back = Wire("pool1", "out", "fc1", "x")
    free = Snapshot(nodes=nodes, wires=(back,))
    assert next(op.node.pos for op in edits.insert_between(free, "flatten", back, params={}) if isinstance(op, AddNode)) == (0.0, 200.0)
    taken = Snapshot(nodes=(*nodes, Node("relu1", "relu", {}, (40.0, 200.0))), wires=(back,))
    assert next(op.node.pos for op in edits.insert_between(taken, "flatten", back, params={}) if isinstance(op, AddNode)) == (220.0, 120.0)


def test_a_repair_can_draw_a_wire_and_refuses_what_is_gone():
    nodes = (Node("mnist1", "mnist5k"), Node("ce1", "cross_entropy"))
    label = Remedy("Wire label", "connect", port="target", node="mnist1", params={"output": "label"})
    problem = Problem("error", "missing-target", "No target.", "ce1", "target", remedies=(label,))
    assert edits.remedy(Snapshot(nodes=nodes), problem, 0) == [AddWire(Wire("mnist1", "label", "ce1", "target"))]
    with pytest.raises(EditError, match="mnist1 is gone"):
        edits.remedy(Snapshot(nodes=nodes[1:]), problem, 0)
    with pytest.raises(EditError):
        edits.remedy(Snapshot(nodes=nodes[:1]), problem, 0)
