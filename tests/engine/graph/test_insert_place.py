"""Where a node lands that is put into a wire."""

from __future__ import annotations

from engine.graph import edits
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.ops import AddNode


def test_a_wire_that_runs_back_takes_a_new_node_left_of_its_target_where_that_is_free():
    nodes = (Node("pool1", "max_pool2d", {}, (800.0, 0.0)), Node("fc1", "linear", {}, (220.0, 200.0)))
    back = Wire("pool1", "out", "fc1", "x")
    free = Snapshot(nodes=nodes, wires=(back,))
    assert next(op.node.pos for op in edits.insert_between(free, "flatten", back, params={}) if isinstance(op, AddNode)) == (0.0, 200.0)
    taken = Snapshot(nodes=(*nodes, Node("relu1", "relu", {}, (40.0, 200.0))), wires=(back,))
    assert next(op.node.pos for op in edits.insert_between(taken, "flatten", back, params={}) if isinstance(op, AddNode)) == (220.0, 120.0)
