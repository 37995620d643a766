"""A Split with as many outputs as wanted: ports, numbers, and wires that lose their port."""

from __future__ import annotations

import pytest
import torch

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.graph import edits
from engine.graph.document import Document
from engine.graph.model import Node, Snapshot, Wire
from engine.graph.text import dump, load
from engine.layers import registry


def network(parts: int, **params: object) -> Document:
    """An input of 12 channels, cut into parts that are joined again in reverse order."""
    names = "abcdefgh"[:parts]
    nodes = (
        Node("input1", "input", {"shape": (12, 4, 4), "classes": 12}), Node("split1", "split", {"parts": parts, **params}),
        Node("concat1", "concat", {"inputs": parts}), Node("pool1", "global_avg_pool"), Node("loss1", "cross_entropy"),
    )  # fmt: skip
    wires = [Wire("input1", "image", "split1", "x"), Wire("concat1", "out", "pool1", "x"), Wire("pool1", "out", "loss1", "prediction")]
    wires += [Wire("input1", "label", "loss1", "target")]
    wires += [Wire("split1", one, "concat1", other) for one, other in zip(names, reversed(names), strict=True)]
    return Document(Snapshot(nodes, tuple(wires)))


@pytest.mark.parametrize(("parts", "params", "sizes"), [(3, {}, [4, 4, 4]), (4, {"first": 3}, [3, 3, 3, 3]), (3, {"first": 2}, [2, 5, 5]), (6, {}, [2] * 6)])
def test_every_part_has_a_port(parts: int, params: dict[str, object], sizes: list[int]):
    document = network(parts, **params)
    analysis = analyse(document.snapshot())
    assert not analysis.errors and list(analysis.nodes["split1"].outputs) == list("abcdefgh"[:parts])
    assert [shape[1] for shape in analysis.nodes["split1"].outputs.values()] == sizes
    x = torch.randn(2, 12, 4, 4)
    expected = torch.cat(x.split(sizes, dim=1)[::-1], dim=1).mean((2, 3))
    assert torch.equal(build(analysis.source).net(x).flatten(1), expected)
    assert load(dump(document.snapshot())) == document.snapshot()


def test_the_row_of_a_node_is_one_object():
    first, second = (registry.of(Node(name, "split", {"parts": 3})) for name in ("a1", "b1"))
    assert first is second and [port.name for port in first.outputs] == ["a", "b", "c"]
    assert registry.of(Node("c1", "split")) is registry.TYPES["split"]


def test_fewer_parts_cut_the_wires_that_lose_their_port():
    document = network(4)
    before = document.snapshot()
    inverse = document.apply(edits.set_param(before, "split1", "parts", value=2))
    assert sorted(wire.source_port for wire in document.wires if wire.source == "split1") == ["a", "b"]
    document.apply(inverse)
    assert document.snapshot() == before


@pytest.mark.parametrize(("parts", "params", "words"), [(5, {}, "into 5 parts"), (3, {"first": 11}, "with 11 for a")])
def test_what_does_not_divide_is_refused(parts: int, params: dict[str, object], words: str):
    (problem,) = [found for found in analyse(network(parts, **params).snapshot()).problems if found.node == "split1"]
    assert problem.severity == "error" and words in problem.message
