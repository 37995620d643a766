"""How much faster an ensemble trains in one run than its members one after another, on the CPU. Prints one line per network.

    python benchmarks/ensemble.py [--copies 5] [--rounds 3]

Both train the same networks on the same data with the same seeds: `--copies` runs of one network each, against one run of all copies.
Seconds are those of training alone (Result.seconds), without loading and validation; the quickest of `--rounds` counts. The small
perceptrons must reach 1.4 times; for convolutions the engine says which way it chose.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.graph.model import Node, Recipe, Snapshot, Wire
from engine.train.config import Job
from engine.train.loop import train

FLOOR = 1.4
STEPS = 300


def chain(data: Node, port: str, *nodes: Node) -> Snapshot:
    """data -> the nodes in a row -> cross-entropy."""
    wires = [Wire(a.id, "out", b.id, "x") for a, b in pairwise(nodes)]
    wires += [Wire(data.id, port, nodes[0].id, "x"), Wire(nodes[-1].id, "out", "loss1", "prediction"), Wire(data.id, "label", "loss1", "target")]
    return Snapshot((data, *nodes, Node("loss1", "cross_entropy")), tuple(wires), recipe=Recipe(device="cpu", epochs=1000, batch_size=32))


def linear(name: str, out: int) -> Node:
    return Node(name, "linear", {"out_features": out})


def relu(name: str) -> Node:
    return Node(name, "relu")


MNIST, MOONS = Node("mnist1", "mnist5k"), Node("moons1", "moons")
CONVOLUTION = {"out_channels": 8, "kernel_size": 5}
NETWORKS = {
    "moons 2-16-16-2": (chain(MOONS, "point", linear("a", 16), relu("r"), linear("b", 16), relu("s"), linear("c", 2)), True),
    "MNIST 784-16-10": (chain(MNIST, "image", Node("f", "flatten"), linear("a", 16), relu("r"), linear("b", 10)), True),
    "MNIST 784-32-10": (chain(MNIST, "image", Node("f", "flatten"), linear("a", 32), relu("r"), linear("b", 10)), True),
    "convolution 8@5x5": (
        chain(MNIST, "image", Node("k", "conv2d", CONVOLUTION), relu("r"), Node("p", "max_pool2d"), Node("f", "flatten"), linear("b", 10)), False,
    ),
}  # fmt: skip


def seconds(snapshot: Snapshot, copies: int, seed: int) -> tuple[float, str]:
    """Training seconds of one run, and what it says of its copies."""
    result = train(Job(snapshot=replace(snapshot, recipe=replace(snapshot.recipe, copies=copies, seed=seed)), steps=STEPS))
    if result.reason != "finished":
        raise SystemExit(result.message)
    return result.seconds, result.ensemble.how if result.ensemble else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    missed = 0
    for name, (snapshot, must) in NETWORKS.items():
        rounds = [(sum(seconds(snapshot, 1, seed)[0] for seed in range(chosen.copies)), *seconds(snapshot, chosen.copies, 0)) for _ in range(chosen.rounds)]
        turns, whole, words = min(row[0] for row in rounds), min(row[1] for row in rounds), rounds[-1][2]
        missed += must and turns / whole < FLOOR
        floor = f"floor {FLOOR}" if must else "no floor"
        print(f"{name:20} {chosen.copies} runs {turns:6.2f} s  one run {whole:6.2f} s  {turns / whole:5.2f} times as fast ({floor})  {words}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
