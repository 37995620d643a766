"""Networks that the tests of the compiler share, written down as short as possible."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.model import EMPTY, Node, Recipe, Snapshot, Value, Wire, frozen


def node(node_id: str, type_id: str, **params: Value) -> Node:
    return Node(node_id, type_id, frozen(params))


def wires(text: str) -> tuple[Wire, ...]:
    """`conv1 > relu1` per wire, separated by commas; ports default to out and x."""
    found = []
    for part in text.split(","):
        source, target = (end.strip().split(".") for end in part.split(">"))
        found.append(Wire(source[0], source[1] if len(source) > 1 else "out", target[0], target[1] if len(target) > 1 else "x"))
    return tuple(found)


def network(nodes: list[Node], wiring: str, **recipe: Value) -> Snapshot:
    return Snapshot(nodes=tuple(nodes), wires=wires(wiring), recipe=Recipe(**recipe))


def with_node(snapshot: Snapshot, node_id: str, **changes: Value) -> Snapshot:
    """`snapshot` with fields of one node changed; `params` replaces all of its parameters."""
    if "params" in changes:
        changes["params"] = frozen(changes["params"])
    return replace(snapshot, nodes=tuple(replace(n, **changes) if n.id == node_id else n for n in snapshot.nodes))


def without_wire(snapshot: Snapshot, target: str, port: str = "x") -> Snapshot:
    return replace(snapshot, wires=tuple(w for w in snapshot.wires if (w.target, w.target_port) != (target, port)))


def lenet(**recipe: Value) -> Snapshot:
    nodes = [
        node("mnist1", "mnist5k"), node("conv1", "conv2d", out_channels=16, kernel_size=5, padding=2), node("relu1", "relu"), node("pool1", "max_pool2d"),
        node("conv2", "conv2d", out_channels=32, kernel_size=5), node("relu2", "relu"), node("pool2", "max_pool2d"), node("flatten1", "flatten"),
        node("fc1", "linear", out_features=120), node("relu3", "relu"), node("fc2", "linear", out_features=10), node("cross_entropy1", "cross_entropy"),
    ]  # fmt: skip
    chain = (
        "mnist1.image > conv1, conv1 > relu1, relu1 > pool1, pool1 > conv2, conv2 > relu2, relu2 > pool2, pool2 > flatten1, flatten1 > fc1, fc1 > relu3,"
        "relu3 > fc2, fc2 > cross_entropy1.prediction, mnist1.label > cross_entropy1.target"
    )
    return network(nodes, chain, **recipe)


def residual(**recipe: Value) -> Snapshot:
    """A residual block with a projected shortcut, on top of a stem."""
    nodes = [
        node("mnist1", "mnist5k"), node("conv1", "conv2d", out_channels=8, padding=1, bias=False), node("bn1", "batch_norm"), node("relu1", "relu"),
        node("conv2", "conv2d", out_channels=16, stride=2, padding=1, bias=False), node("bn2", "batch_norm"), node("relu2", "relu"),
        node("conv3", "conv2d", out_channels=16, padding=1, bias=False), node("bn3", "batch_norm"),
        node("shortcut", "conv2d", out_channels=16, kernel_size=1, stride=2, bias=False), node("add1", "add"), node("relu3", "relu"),
        node("mean1", "global_avg_pool"), node("fc1", "linear", out_features=10), node("cross_entropy1", "cross_entropy"),
    ]  # fmt: skip
    wiring = (
        "mnist1.image > conv1, conv1 > bn1, bn1 > relu1, relu1 > conv2, conv2 > bn2, bn2 > relu2, relu2 > conv3, conv3 > bn3, bn3 > add1.a,"
        "relu1 > shortcut, shortcut > add1.b, add1 > relu3, relu3 > mean1, mean1 > fc1, fc1 > cross_entropy1.prediction, mnist1.label > cross_entropy1.target"
    )
    return network(nodes, wiring, **recipe)


def deep(blocks: int = 33) -> Snapshot:
    """A plain residual network of 6 nodes a block: 203 nodes by default."""
    nodes = [node("mnist1", "mnist5k"), node("conv0", "conv2d", out_channels=16, padding=1)]
    wiring, last = ["mnist1.image > conv0"], "conv0"
    for i in range(1, blocks + 1):
        j = i + 1000
        for k in (i, j):
            nodes += [node(f"conv{k}", "conv2d", out_channels=16, padding=1, bias=False), node(f"bn{k}", "batch_norm")]
        nodes += [node(f"relu{i}", "relu"), node(f"add{i}", "add")]
        wiring.append(f"{last} > conv{i}, conv{i} > bn{i}, bn{i} > relu{i}, relu{i} > conv{j}, conv{j} > bn{j}, bn{j} > add{i}.a, {last} > add{i}.b")
        last = f"add{i}"
    nodes += [node("mean1", "global_avg_pool"), node("fc1", "linear", out_features=10), node("cross_entropy1", "cross_entropy")]
    wiring.append(f"{last} > mean1, mean1 > fc1, fc1 > cross_entropy1.prediction, mnist1.label > cross_entropy1.target")
    return network(nodes, ",".join(wiring))


NOTHING = Snapshot()
__all__ = ["EMPTY", "NOTHING", "deep", "lenet", "network", "node", "residual", "wires", "with_node", "without_wire"]
