"""Alignment, equal gaps, straight wires and layouts: where nodes end up, to the pixel."""

from __future__ import annotations

import pytest

from engine.graph import align, layouts
from engine.graph.model import Node, Snapshot, Wire

SIZES = {"a": (100.0, 40.0), "b": (200.0, 80.0), "c": (60.0, 40.0)}


def three(*places: tuple[float, float]) -> Snapshot:
    return Snapshot(tuple(Node(name, "relu", {}, place) for name, place in zip("abc", places, strict=True)))


@pytest.mark.parametrize(
    ("edge", "axis", "goals"),
    [
        ("left", 0, {"a": 0, "b": 0, "c": 0}), ("right", 0, {"a": 120, "b": 20, "c": 160}), ("center", 0, {"a": 70, "b": 20, "c": 90}),
        ("top", 1, {"a": 0, "b": 0, "c": 0}), ("bottom", 1, {"a": 160, "b": 120, "c": 160}),
    ],
)  # fmt: skip
def test_edges_meet(edge: str, axis: int, goals: dict[str, float]):
    snapshot = three((0, 0), (20, 120), (160, 60))
    op = align.aligned(snapshot, set("abc"), edge, sizes=SIZES)
    found = {name: op.positions.get(name, snapshot.node(name).pos)[axis] for name in "abc"}
    assert found == goals
    assert all(pos[1 - axis] == snapshot.node(name).pos[1 - axis] for name, pos in op.positions.items())


def test_gaps_become_equal_and_the_outermost_stay():
    snapshot = three((0, 0), (110, 100), (500, 200))
    op = align.distributed(snapshot, set("abc"), 0, sizes=SIZES)
    assert op.positions == {"b": (200, 100)}  # 560 - 360 leaves 100 on either side


def test_wires_get_straight_and_of_two_branches_the_first():
    nodes = tuple(Node(name, "relu", {}, (200.0 * i, 20.0 * i)) for i, name in enumerate("abcd"))
    wires = (Wire("a", "out", "b", "x"), Wire("b", "out", "c", "x"), Wire("b", "out", "d", "x"))
    op = align.straightened(Snapshot(nodes, wires), set("abcd"))
    assert op.positions == {"b": (200, 0), "c": (400, 0)}


def test_a_u_goes_down_with_the_resolution_and_up_again():
    names = ["in", "down", "bottom", "up", "out"]
    nodes = tuple(Node(name, "relu", {}, (0.0, 0.0)) for name in names)
    wires = tuple(Wire(a, "out", b, "x") for a, b in zip(names, names[1:], strict=False))  # noqa: RUF007 - reads as pairs
    op = layouts.u_shape(Snapshot(nodes, wires), set(names), resolutions={"in": 64, "down": 32, "bottom": 16, "up": 32}, sizes={})
    ys = [op.positions[name][1] for name in names]
    assert ys[0] < ys[1] < ys[2] > ys[3] and ys[1] == ys[3] == ys[4]
    xs = [op.positions[name][0] for name in names]
    assert xs == sorted(xs) and len(set(xs)) == 5


def test_strips_run_down_without_overlap_and_wrap():
    names = [f"n{i}" for i in range(40)]
    nodes = tuple(Node(name, "relu", {}, (0.0, 0.0)) for name in names)
    wires = tuple(Wire(a, "out", b, "x") for a, b in zip(names, names[1:], strict=False))  # noqa: RUF007
    op = layouts.strips(Snapshot(nodes, wires), set(names), sizes=dict.fromkeys(names, (100.0, 80.0)))
    columns: dict[float, list[float]] = {}
    for name in names:
        columns.setdefault(op.positions[name][0], []).append(op.positions[name][1])
    assert len(columns) == 3  # 40 times 124 px in columns of 2400
    for ys in columns.values():
        assert all(b - a >= 80 for a, b in zip(ys, ys[1:], strict=False))  # noqa: RUF007
    assert abs(sum(x for x, _ in op.positions.values())) / 40 <= 20  # the centre of mass stays
