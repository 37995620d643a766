"""The parts of a document: frozen records of nodes, wires, frames and the recipe. No torch, no Qt, no behaviour.

Records are replaced, never changed: an op swaps one for another, a snapshot just holds references.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple

Value = Any  # None, bool, int, float, str, or a tuple of those: everything that a parameter can hold. Inside a block also an Expression.
EMPTY: Mapping[str, Value] = MappingProxyType({})
BLOCK = "block:"  # a node of the type "block:ResBlock" is an instance of the definition ResBlock
INPUT, OUTPUT = "block_input", "block_output"  # the types of the nodes that are a definition's ports; a port's name is its node's id
REPEAT = "repeat"  # the parameter of every instance that says how many copies follow each other


def frozen(mapping: Mapping[str, Value]) -> Mapping[str, Value]:
    """`mapping` as one that nobody can change: a copy, unless it came from here."""
    return mapping if isinstance(mapping, MappingProxyType) else MappingProxyType(dict(mapping))


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


class Wire(NamedTuple):
    """A connection from an output port to an input port. An input port takes one wire, an output port any number.

    A tuple, since wires are the keys of many tables and tuples are hashed and compared without calling Python.
    """

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
class BlockParam:
    """A parameter that a block shows to the outside. `kind`: int, float, bool, choice, pair or sizes; bounds where the kind has any.

    `choices` of a pair are the words that it takes besides numbers; `optional` lets a pair be None.
    """

    name: str
    kind: str = "int"
    default: Value = 0
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    help: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """The definition of a composite layer: a document of its own, and the parameters that its instances set."""

    id: str
    title: str = ""
    doc: str = ""
    params: tuple[BlockParam, ...] = ()
    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    frames: tuple[Frame, ...] = ()

    def ports(self, type_id: str) -> tuple[str, ...]:
        """The names of the INPUT or OUTPUT ports, from top to bottom."""
        return tuple(node.id for node in sorted((n for n in self.nodes if n.type == type_id), key=lambda n: (n.pos[1], n.id)))


def steps(path: str) -> list[tuple[str, int]]:
    """`block1.2/conv1` as [("block1", 2), ("conv1", 0)]: node ids, and which repeat of an instance is meant."""
    parts = (part.partition(".") for part in path.split("/"))
    return [(name, int(number) if number.isascii() and number.isdigit() else 0) for name, _, number in parts]


def plain_path(path: str) -> str:
    """The one way to write a path: the first repeat goes without its number."""
    return "/".join(f"{name}.{index}" if index else name for name, index in steps(path))


def block_of(type_id: str) -> str:
    """The id of the definition that a node of this type is an instance of; empty for ordinary layers."""
    return type_id[len(BLOCK) :] if type_id.startswith(BLOCK) else ""


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
    precision: str = "float32"  # or bfloat16: what matrix products and convolutions are computed in; weights and sums stay float32
    shuffle: bool = True
    init: str = "default"  # of all weights whose node says nothing else; engine.layers.initial tells what the words mean
    init_fan: str = "usual"
    init_value: float = 0.01
    bias_init: str = "default"
    copies: int = 1  # networks with seeds of their own that are trained together and judged as one
    combine: str = "average"  # how: average, optimal or vote
    weights_from: str = ""  # the run folder or safetensors file whose weights it begins with, by node name; relative to the project file
    hold_epochs: int = 0  # for so long the loaded weights stay as they are: the first stage


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself: `kind` is project, lesson, template or block; `text` is Markdown for the lesson panel."""

    title: str = "untitled"
    kind: str = "project"
    text: str = ""
    lecture_items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen picture of a whole document, safe to hand to another thread. Of a block's body, `inside` names the block."""

    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    frames: tuple[Frame, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)
    about: About = field(default_factory=About)
    blocks: tuple[Block, ...] = ()
    inside: str = ""
    outer: Snapshot | None = field(default=None, compare=False, repr=False)  # of a body: the whole document

    def node(self, node_id: str) -> Node:
        """The node called `node_id`; KeyError when there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def block(self, block_id: str) -> Block | None:
        """The definition called `block_id`, or None."""
        return next((block for block in self.blocks if block.id == block_id), None)

    def body(self, block_id: str) -> Snapshot:
        """The inside of a definition as a snapshot, for the same edits and the same canvas; KeyError when there is none."""
        block = self.block(block_id)
        if block is None:
            raise KeyError(block_id)
        return replace(self, nodes=block.nodes, wires=block.wires, frames=block.frames, inside=block_id, outer=self.outer or self)

    def at(self, path: str) -> tuple[Snapshot, Node]:
        """What `block1.2/conv1` leads to: the body (or this snapshot) and the node in it; KeyError when there is none."""
        *outer, last = [name for name, _ in steps(path)]
        here = self
        for part in outer:
            here = here.body(block_of(here.node(part).type))
        return here, here.node(last)

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
