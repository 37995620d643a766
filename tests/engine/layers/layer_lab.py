"""A bench for single layers: a tiny document is analysed, built and run as the product does it, on numbers of the lecture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch

from engine.compile.analyse import analyse
from engine.compile.build import Built, build
from engine.events import Analysis
from engine.graph.model import Node, Recipe, Snapshot, Value, Wire, frozen
from engine.layers import registry

STATE = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Bench:
    """A built network of one or more layers under test."""

    analysis: Analysis
    built: Built

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        return self.built.net(*inputs)

    @property
    def text(self) -> str:
        return self.analysis.source.text

    def module(self, node_id: str = "layer1") -> torch.nn.Module:
        found = self.built.module(node_id)
        assert found is not None
        return found


def chain(*layers: tuple[str, dict[str, Value]], shapes: list[tuple[int, ...]], batch: int) -> Snapshot:
    """Inputs of these shapes (without the batch axis) into the first layer, the others one after another."""
    sources = [Node(f"input{i + 1}", "input", frozen({"shape": shape})) for i, shape in enumerate(shapes)]
    placed = [Node(f"layer{i + 1}", type_id, frozen(params)) for i, (type_id, params) in enumerate(layers)]
    ports = [port.name for port in registry.TYPES[layers[0][0]].input_ports(layers[0][1])]
    wires = [Wire(source.id, "image", "layer1", port) for source, port in zip(sources, ports, strict=True)]
    for before, after in pairwise(placed):
        out = registry.TYPES[before.type].outputs[0].name
        wires.append(Wire(before.id, out, after.id, registry.TYPES[after.type].input_ports(after.params)[0].name))
    return Snapshot(nodes=(*sources, *placed), wires=tuple(wires), recipe=Recipe(batch_size=batch))


def bench(*layers: tuple[str, dict[str, Value]], inputs: tuple[torch.Tensor, ...], state: STATE | None = None, seed: int = 0) -> Bench:
    """The layers, built for such inputs; `state` is put into the first layer."""
    analysis = analyse(chain(*layers, shapes=[tuple(x.shape[1:]) for x in inputs], batch=len(inputs[0])))
    assert not [p for p in analysis.errors if p.node.startswith("layer") and p.code != "no-loss"], analysis.errors
    made = Bench(analysis, build(analysis.source, seed))
    if state:
        with torch.no_grad():
            for name, value in state.items():
                made.module().get_parameter(name).copy_(value)
    return made


def run(type_id: str, *inputs: torch.Tensor, state: STATE | None = None, evaluate: bool = False, **params: Value) -> torch.Tensor:
    """What one layer makes of these inputs; the shape that was announced is checked on the way."""
    made = bench((type_id, params), inputs=inputs, state=state)
    made.built.net.train(not evaluate)
    result = made(*inputs)
    announced = made.analysis.nodes["layer1"].outputs
    results = result if isinstance(result, tuple) else (result,)
    assert list(announced.values()) == [tuple(r.shape) for r in results]
    return result


def loss(type_id: str, prediction: torch.Tensor, target: torch.Tensor, **params: Value) -> float:
    """The value of one loss node, through the printed loss function."""
    nodes = (
        Node("input1", "input", frozen({"shape": tuple(prediction.shape[1:])})),
        Node("input2", "input", frozen({"shape": tuple(target.shape[1:]) or (1,)})),
        Node("same1", "identity"),
        Node("loss1", type_id, frozen(params)),
    )
    label = "image" if target.dim() > 1 else "label"
    wires = (Wire("input1", "image", "same1", "x"), Wire("same1", "out", "loss1", "prediction"), Wire("input2", label, "loss1", "target"))
    analysis = analyse(Snapshot(nodes=nodes, wires=wires, recipe=Recipe(batch_size=len(prediction))))
    assert not [p for p in analysis.errors if p.node == "loss1" and p.code != "class-count"], analysis.errors
    made = build(analysis.source)
    assert made.loss is not None
    return float(made.loss(made.net(prediction), target))


def parameters(type_id: str, *shapes: tuple[int, ...], **params: Value) -> int:
    """How many numbers a layer learns for inputs of these shapes (without the batch axis)."""
    return analyse(chain((type_id, params), shapes=list(shapes), batch=1)).nodes["layer1"].parameters


def problems(type_id: str, *shapes: tuple[int, ...], batch: int = 2, **params: Value) -> list[str]:
    """The sentences that the node itself says."""
    found = analyse(chain((type_id, params), shapes=list(shapes), batch=batch)).problems
    return [f"{p.message} {p.fix}" for p in found if p.node == "layer1" and p.code not in ("no-loss", "unread")]


def grid(text: str) -> torch.Tensor:
    """`1 2/3 4` as a matrix of float32."""
    return torch.tensor([[float(number) for number in row.split()] for row in text.split("/")])


def image(text: str) -> torch.Tensor:
    """A batch of one image with one channel."""
    return grid(text)[None, None]


DECK = image("3 3 2 1 0 / 0 0 1 3 1 / 3 1 2 2 3 / 2 0 0 2 2 / 2 0 0 0 1")  # the 5×5 image of the lecture
KERNEL = image("0 1 2 / 2 2 0 / 0 1 2")
