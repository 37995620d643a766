"""Networks out of blocks that the tests share, written down as short as possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.graph.expression import Expression
from engine.graph.model import BLOCK, INPUT, OUTPUT, Block, BlockParam, Node, Recipe, Snapshot, Value, Wire, frozen


def ex(text: str) -> Expression:
    return Expression(text)


def node(node_id: str, type_id: str, x: float = 0.0, y: float = 0.0, **params: Value) -> Node:
    return Node(node_id, type_id, frozen(params), (x, y))


def use(node_id: str, block: str, **params: Value) -> Node:
    return node(node_id, BLOCK + block, **params)


def port(node_id: str, kind: str, y: float = 0.0) -> Node:
    return node(node_id, {"in": INPUT, "out": OUTPUT}[kind], -200.0 if kind == "in" else 900.0, y)


def wires(text: str) -> tuple[Wire, ...]:
    """`conv1 > relu1` per wire, separated by commas; ports default to out (y of a block) and x."""
    found = []
    for part in text.split(","):
        source, target = (end.strip().split(".") for end in part.split(">"))
        found.append(Wire(source[0], source[1] if len(source) > 1 else "out", target[0], target[1] if len(target) > 1 else "x"))
    return tuple(found)


CHANNELS = BlockParam("channels", "int", 64, 1, 100_000)
STRIDE = BlockParam("stride", "int", 1, 1, 1000)


def conv(node_id: str, kernel: int, **params: Value) -> Node:
    return node(node_id, "conv2d", kernel_size=kernel, bias=False, **({"padding": kernel // 2} if kernel > 1 else {}), **params)


def basic(block_id: str = "BasicBlock", *, projection: bool = False) -> Block:
    """Two 3×3 convolutions and a shortcut: a bare wire, or a 1×1 convolution."""
    first = {"out_channels": ex("channels"), **({"stride": ex("stride")} if projection else {})}
    nodes = [
        port("x", "in"), conv("conv1", 3, **first), node("bn1", "batch_norm"), node("relu1", "relu"),
        conv("conv2", 3, out_channels=ex("channels")), node("bn2", "batch_norm"), node("add1", "add"), node("relu2", "relu"), port("y", "out"),
    ]  # fmt: skip
    chain = "x > conv1, conv1 > bn1, bn1 > relu1, relu1 > conv2, conv2 > bn2, bn2 > add1.a, add1 > relu2, relu2 > y"
    if projection:
        nodes += [conv("proj", 1, **first), node("bnp", "batch_norm")]
        chain += ", x > proj, proj > bnp, bnp > add1.b"
    else:
        chain += ", x > add1.b"
    params = (CHANNELS, STRIDE) if projection else (CHANNELS,)
    return Block(block_id, "Basic block", params=params, nodes=tuple(nodes), wires=wires(chain))


def resnet(blocks: tuple[int, int, int, int] = (2, 2, 2, 2), *, classes: int = 1000, size: int = 224) -> Snapshot:
    """The ImageNet ResNets with basic blocks: 18 is (2, 2, 2, 2), 34 is (3, 4, 6, 3)."""
    nodes = [
        node("input1", "input", shape=(3, size, size), classes=classes),
        node("conv1", "conv2d", out_channels=64, kernel_size=7, stride=2, padding=3, bias=False), node("bn1", "batch_norm"), node("relu1", "relu"),
        node("pool1", "max_pool2d", kernel_size=3, stride=2, padding=1), use("stage1", "BasicBlock", repeat=blocks[0]),
    ]  # fmt: skip
    chain = "input1.image > conv1, conv1 > bn1, bn1 > relu1, relu1 > pool1, pool1 > stage1"
    last = "stage1"
    for stage, channels in ((2, 128), (3, 256), (4, 512)):
        nodes += [
            use(f"down{stage}", "DownBlock", channels=channels, stride=2),
            use(f"stage{stage}", "BasicBlock", channels=channels, repeat=blocks[stage - 1] - 1),
        ]
        chain += f", {last}.y > down{stage}, down{stage}.y > stage{stage}"
        last = f"stage{stage}"
    nodes += [node("mean1", "global_avg_pool"), node("fc1", "linear", out_features=classes), node("cross_entropy1", "cross_entropy")]
    chain += f", {last}.y > mean1, mean1 > fc1, fc1 > cross_entropy1.prediction, input1.label > cross_entropy1.target"
    return Snapshot(tuple(nodes), wires(chain), recipe=Recipe(batch_size=2), blocks=(basic(), basic("DownBlock", projection=True)))


def around(block: Block, *, shape: tuple[int, ...] = (3, 8, 8), others: tuple[Block, ...] = (), nodes: tuple[Node, ...] = (), **params: Value) -> Snapshot:
    """A network that is nothing but one instance, `b1`, between an input and a mean."""
    mean = node("flatten1", "flatten")
    chain = (
        f"input1.image > b1.{block.ports(INPUT)[0]}, b1.{block.ports(OUTPUT)[0]} > flatten1, flatten1 > fc1, fc1 > ce1.prediction, input1.label > ce1.target"
    )
    every = (
        node("input1", "input", shape=shape, classes=10),
        use("b1", block.id, **params),
        mean,
        node("fc1", "linear", out_features=10),
        node("ce1", "cross_entropy"),
        *nodes,
    )
    return Snapshot(every, wires(chain), recipe=Recipe(batch_size=2), blocks=(block, *others))


def with_params(snapshot: Snapshot, node_id: str, params: Mapping[str, Value]) -> Snapshot:
    return replace(snapshot, nodes=tuple(replace(n, params=frozen({**n.params, **params})) if n.id == node_id else n for n in snapshot.nodes))
