"""Shapes and costs: hand-worked numbers, and the memory of what was computed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from compile_networks import deep, lenet, network, node, residual, with_node

from engine.compile import shapes
from engine.compile.analyse import analyse
from engine.compile.build import build, tapped
from engine.compile.costs import Field, through, union
from engine.compile.shapes import Inference, Tensor
from engine.compile.source import generate
from engine.layers import registry
from engine.layers.params import ParamError
from engine.layers.spec import LayerType


def test_lenet_by_hand() -> None:
    analysis = analyse(lenet(batch_size=32))
    facts = analysis.nodes
    assert {name: known.outputs.get("out") for name, known in facts.items() if "out" in known.outputs} == {
        "conv1": (32, 16, 28, 28), "relu1": (32, 16, 28, 28), "pool1": (32, 16, 14, 14), "conv2": (32, 32, 10, 10), "relu2": (32, 32, 10, 10),
        "pool2": (32, 32, 5, 5), "flatten1": (32, 800), "fc1": (32, 120), "relu3": (32, 120), "fc2": (32, 10),
    }  # fmt: skip
    assert facts["mnist1"].outputs == {"image": (32, 1, 28, 28), "label": (32,)}
    assert [facts[n].parameters for n in ("conv1", "conv2", "fc1", "fc2")] == [16 * 25 + 16, 32 * 16 * 25 + 32, 800 * 120 + 120, 1210]
    assert analysis.parameters == 110_578
    # Multiply-accumulates of one sample: output positions x filters x window.
    assert [facts[n].macs for n in ("conv1", "conv2", "fc1", "fc2")] == [28 * 28 * 16 * 25, 10 * 10 * 32 * 16 * 25, 800 * 120, 1200]
    assert analysis.macs == 1_690_800
    assert facts["conv1"].memory == 16 * 28 * 28 * 4 and facts["conv1"].derived == {"in_channels": 1} and facts["conv1"].axes == {"out": "N C H W"}
    assert facts["cross_entropy1"].inputs == {"prediction": (32, 10), "target": (32,)}


def test_receptive_fields_by_hand() -> None:
    """Size grows by (kernel - 1) * jump, the jump by the stride (5, then 6 after pooling, 6 + 4 * 2 = 14, 14 + 2 = 16)."""
    facts = analyse(lenet()).nodes
    assert [facts[n].receptive for n in ("conv1", "relu1", "pool1", "conv2", "pool2")] == [(5, 5), (5, 5), (6, 6), (14, 14), (16, 16)]
    assert facts["flatten1"].receptive is None and facts["fc1"].receptive is None


def test_receptive_field_of_a_skip_is_that_of_the_longest_path() -> None:
    facts = analyse(residual()).nodes
    assert facts["relu1"].receptive == (3, 3)
    assert facts["shortcut"].receptive == (3, 3)
    assert facts["conv2"].receptive == (5, 5)
    assert facts["bn3"].receptive == (9, 9) == facts["add1"].receptive  # 5 + 2 * 2


def test_dilation_widens_the_field() -> None:
    seen = through(Field(), (3, 2, 4), inputs=((1, 1, 32, 32),), output=(1, 1, 12, 12))
    assert seen == Field((9, 9), (2, 2))
    assert union([seen, Field()]) == seen and union([seen, None]) is None and union([]) is None
    assert through(Field(), None, inputs=((1, 1, 8, 8),), output=(1, 1, 4, 4)) is None


@pytest.mark.parametrize("make", [lenet, residual])
def test_shapes_are_those_of_real_numbers(make: object) -> None:
    snapshot = make(batch_size=3)
    analysis = analyse(snapshot)
    net = build(analysis.source, seed=0).net
    seen: dict[str, tuple[int, ...]] = {}

    def tap(name: str, value: torch.Tensor) -> torch.Tensor:
        seen[name] = tuple(value.shape)
        return value

    tapped(generate(snapshot, facts=analysis.nodes, taps=True))(net, torch.zeros(3, 1, 28, 28), tap)
    for placed in analysis.nodes:
        if placed in seen:
            assert seen[placed] == analysis.nodes[placed].outputs["out"]
    for placed, module in net.named_children():
        assert analysis.nodes[placed].parameters == sum(weight.numel() for weight in module.parameters())


def test_each_different_node_is_computed_once() -> None:
    memory = Inference()
    analyse(deep(), memory=memory)
    first = memory.evaluations
    # 203 nodes, but: first conv, inner conv, bn, relu, add, mean, linear, loss.
    assert first == 8
    analyse(deep(), memory=memory)
    assert memory.evaluations == first
    # A wider kernel is one new convolution (its shape stays); a wider output is that, bn, relu and the next convolution.
    analyse(with_node(deep(), "conv17", params={"out_channels": 16, "kernel_size": 5, "padding": 2, "bias": False}), memory=memory)
    assert memory.evaluations == first + 1
    analyse(with_node(deep(), "conv17", params={"out_channels": 24, "padding": 1, "bias": False}), memory=memory)
    assert memory.evaluations == first + 1 + 4


def test_equal_looking_values_are_not_confused() -> None:
    memory, row = Inference(), registry.TYPES["linear"]
    assert memory.outcome(row, {"bias": True}, (Tensor((2, 3)),)).parameters == 256
    with pytest.raises(ParamError):
        memory.outcome(row, {"bias": 1}, (Tensor((2, 3)),))
    with pytest.raises(ParamError):
        memory.parameters(row, {"out_features": 64.0})


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "LIMIT", 5)
    memory = Inference()
    for size in range(1, 30):
        memory.outcome(registry.TYPES["relu"], {}, (Tensor((1, size)),))
    assert len(memory.outcomes) <= 5


def test_what_torch_refuses_is_one_sentence() -> None:
    row = LayerType(
        id="square", title="Square", family="linear", doc="x times x.", stem="square", outputs=(), call=lambda inputs, p: f"{inputs[0]} @ {inputs[0]}"
    )
    (finding,) = Inference().outcome(row, {}, (Tensor((2, 3)),)).findings
    assert finding.code == "refused" and finding.message.startswith("Square cannot take F3: ") and "\n" not in finding.message and finding.fix


def test_what_a_node_came_to_is_kept_until_something_before_it_changes() -> None:
    memory = Inference()
    before = analyse(deep(), memory=memory)
    snapshot = deep()
    first = analyse(snapshot, memory=memory)
    again = analyse(with_node(snapshot, "conv17", params={"out_channels": 16, "kernel_size": 5, "padding": 2, "bias": False}), memory=memory)
    assert again.nodes["conv16"] is first.nodes["conv16"] and first.nodes == before.nodes
    assert again.nodes["conv18"].receptive != first.nodes["conv18"].receptive  # its shape is the same, but it sees more
    batch = analyse(replace(snapshot, recipe=replace(snapshot.recipe, batch_size=3)), memory=memory)
    assert batch.nodes["conv17"].outputs["out"][0] == 3 and batch.nodes["conv17"].macs == first.nodes["conv17"].macs


def test_large_networks_cost_no_memory() -> None:
    nodes = [
        node("mnist1", "mnist5k"),
        node("flatten1", "flatten"),
        node("fc1", "linear", out_features=1_000_000),
        node("fc2", "linear", out_features=1_000_000),
    ]
    analysis = analyse(network(nodes, "mnist1.image > flatten1, flatten1 > fc1, fc1 > fc2"))
    assert analysis.nodes["fc2"].parameters == 10**12 + 10**6
