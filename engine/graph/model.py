"""The parts of a document: frozen records of nodes, wires, frames and the recipe. No torch, no Qt, no behaviour.

Records are replaced, never changed: an op swaps one for another, a snapshot just holds references.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

Value = Any  # None, bool, int, float, str, or a tuple of those: everything that a parameter can hold.
EMPTY: Mapping[str, Value] = MappingProxyType({})


def frozen(mapping: Mapping[str, Value]) -> Mapping[str, Value]:
    """A read-only copy of `mapping`."""
    return MappingProxyType(dict(mapping))


@dataclass(frozen=True, slots=True)
class Node:
    """One placed layer. `id` is a legal Python identifier: it is also the attribute name in the generated source.

    `params` holds only the values that differ from the layer type's defaults; `pos` is the top-left corner in scene px.
    """

    id: str
    type: str
    params: Mapping[str, Value] = field(default_factory=lambda: EMPTY)
    pos: tuple[float, float] = (0.0, 0.0)
    title: str = ""  # the user's own caption; empty shows the layer type's title
    bypassed: bool = False
    frozen: bool = False  # its weights are not trained
    lr_factor: float = 1.0  # its weights learn at this multiple of the learning rate
    shares: str = ""  # the node whose weights it uses instead of its own


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection from an output port to an input port. An input port takes one wire, an output port any number."""

    source: str
    source_port: str
    target: str
    target_port: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled coloured area; `rect` is x, y, width, height in scene px; `family` names its colour."""

    id: str
    title: str = ""
    rect: tuple[float, float, float, float] = (0.0, 0.0, 320.0, 200.0)
    family: str = "convolution"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the document is trained. Field names are the field's standard terms; units: epochs, samples, 1/step."""

    optimizer: str = "sgd"  # an id from engine.layers.optimizers, which says what the next fields mean to it
    learning_rate: float = 0.05
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    alpha: float = 0.99
    eps: float = 1e-8
    lr_decay: float = 0.0
    centered: bool = False
    amsgrad: bool = False
    schedule: str = "constant"  # an id from engine.layers.schedules, which says what the next fields mean to it
    warmup_epochs: float = 1.0
    step_epochs: int = 5
    gamma: float = 0.1
    final_share: float = 0.0
    rise: float = 0.3
    start_divisor: float = 25.0
    end_divisor: float = 10_000.0
    clip_norm: float = 0.0  # longest gradient of all weights together; 0 never clips
    accumulate: int = 1  # batches whose gradients make one step
    batch_size: int = 64
    epochs: int = 12
    seed: int = 0
    device: str = "auto"  # auto, cpu or cuda
    shuffle: bool = True
    init: str = "default"  # of all weights whose node says nothing else; engine.layers.initial tells what the words mean
    init_fan: str = "usual"
    init_value: float = 0.01
    bias_init: str = "default"


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself: `kind` is project, lesson or template; `text` is Markdown for the lesson panel."""

    title: str = "untitled"
    kind: str = "project"
    text: str = ""
    lecture_items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen picture of a whole document, safe to hand to another thread."""

    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    frames: tuple[Frame, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)
    about: About = field(default_factory=About)

    def node(self, node_id: str) -> Node:
        """The node called `node_id`; KeyError when there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def by_id(self) -> dict[str, Node]:
        """Every node under its id."""
        return {node.id: node for node in self.nodes}

    def incoming(self) -> dict[str, dict[str, Wire]]:
        """Per node id: input port name -> the wire that arrives there."""
        table: dict[str, dict[str, Wire]] = {node.id: {} for node in self.nodes}
        for wire in self.wires:
            table[wire.target][wire.target_port] = wire
        return table

    def outgoing(self) -> dict[str, list[Wire]]:
        """Per node id: the wires that leave it, in stable order."""
        table: dict[str, list[Wire]] = {node.id: [] for node in self.nodes}
        for wire in self.wires:
            table[wire.source].append(wire)
        return table


def changed(record: Any, changes: Mapping[str, Value]) -> Any:
    """`record` with `changes`; KeyError names the field that it does not have."""
    known = {f.name for f in fields(record)}
    for name in changes:
        if name not in known:
            raise KeyError(f"{type(record).__name__} has no field {name!r}")
    return replace(record, **changes)
