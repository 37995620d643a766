"""How long an edit of a 200-node network keeps the analyst busy: until shapes, costs and problems are told, and with the source, told after them.

    python benchmarks/analysis.py [--rounds N]

`edit` changes a convolution in the middle of a residual network, so that what follows has other shapes or another receptive field; `warm` looks at
the same network again; `floor` is the naive way, every node of the edited network on the meta device with nothing remembered. CPU time of
the thread, medians. Exit status 1 when an edit takes longer than its bound.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.compile.analyse import look, write
from engine.compile.shapes import Inference
from engine.graph.model import Node, Snapshot, Wire

BOUND = 16.0  # ms
BLOCKS = 33  # residual blocks of six nodes each


def deep() -> Snapshot:
    """MNIST through a convolution and residual blocks to a loss: 205 nodes."""
    conv = {"out_channels": 16, "padding": (1, 1), "bias": False}
    nodes, wires = [Node("mnist1", "mnist5k"), Node("conv0", "conv2d", conv)], [Wire("mnist1", "image", "conv0", "x")]
    last = "conv0"
    for index in range(1, BLOCKS + 1):
        chain = [(f"a{index}", "conv2d"), (f"n{index}", "batch_norm"), (f"r{index}", "relu"), (f"b{index}", "conv2d"), (f"m{index}", "batch_norm")]
        nodes += [Node(name, kind, conv if kind == "conv2d" else {}) for name, kind in chain] + [Node(f"s{index}", "add")]
        before = last
        for name, _ in chain:
            wires.append(Wire(before, "out", name, "x"))
            before = name
        wires += [Wire(before, "out", f"s{index}", "a"), Wire(last, "out", f"s{index}", "b")]
        last = f"s{index}"
    tail = [("mean1", "global_avg_pool", {}), ("fc1", "linear", {"out_features": 10})]
    for name, kind, params in tail:
        nodes.append(Node(name, kind, params))
        wires.append(Wire(last, "out", name, "x"))
        last = name
    wires += [Wire(last, "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    return Snapshot((*nodes, Node("loss1", "cross_entropy")), tuple(wires))


def edited(snapshot: Snapshot, round_: int) -> Snapshot:
    """A wider inner layer of one block, or a larger kernel, in turn."""
    index = 1 + round_ % BLOCKS
    conv = dict(snapshot.node(f"a{index}").params) | ({"out_channels": 17 + round_} if round_ % 2 else {"kernel_size": (5, 5), "padding": (2, 2)})
    return replace(snapshot, nodes=tuple(replace(node, params=conv) if node.id == f"a{index}" else node for node in snapshot.nodes))


def took(act: Callable[[], object]) -> float:
    """CPU ms of this thread."""
    began = time.thread_time()
    act()
    return 1e3 * (time.thread_time() - began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    snapshot = deep()
    first, _ = look(snapshot)
    if first.errors:
        raise RuntimeError(first.errors[0].message)
    edits = [edited(snapshot, round_) for round_ in range(rounds)]
    edit = statistics.median(took(lambda found=found: look(found)) for found in edits)
    warm = statistics.median(took(lambda: look(edits[-1])) for _ in range(rounds))
    source = statistics.median(took(lambda known=known: write(*known)) for known in map(look, edits))
    floor = statistics.median(took(lambda: look(edits[0], memory=NothingKept())) for _ in range(3))
    print(f"{len(snapshot.nodes)} nodes: edit {edit:.1f} ms (at most {BOUND:g})   warm {warm:.1f} ms   floor {floor:.0f} ms   {floor / edit:.0f}x as fast")
    print(f"its source, told after that: {source:.1f} ms")
    return 0 if edit <= BOUND else 1


class NothingKept(Inference):
    """Works every node out anew."""

    def outcome(self, *asked: object) -> object:
        self.outcomes.clear()
        return super().outcome(*asked)


if __name__ == "__main__":
    sys.exit(main())
