"""Headless training against the textbook loop over the same tensors: samples per second, medians of interleaved rounds, and their ratio.

    python benchmarks/training.py [--rounds N]

Both train the same network with the same recipe and validate after each epoch. `steps` compares the training steps alone,
`whole` everything from the first step to the end: ours with metrics, run folder and checkpoints, the textbook loop with none
of these. `layout` compares the steps with a textbook loop whose images lie in memory as ours do (channels last), which few
people do by hand: what is left is the loop itself. Exit status 1 when `steps` is below its floor. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
import torch.nn.functional as F
from torch import nn

from engine import library
from engine.data.load import Dataset, load
from engine.graph.model import Snapshot
from engine.train.config import Job
from engine.train.control import Control
from engine.train.loop import train

FLOOR = 1.00


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 120), nn.ReLU(), nn.Linear(120, 10),
    )  # fmt: skip


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))


def textbook(net: nn.Module, data: Dataset, *, epochs: int, layout: torch.memory_format, batch: int = 64) -> tuple[float, float]:
    """The loop of every tutorial. Samples per second of the steps alone, and of everything."""
    x, y = data.train.x.clone(memory_format=layout), data.train.y
    shown = data.validation.x.clone(memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    training = 0.0
    begun = time.perf_counter()
    for _epoch in range(epochs):
        net.train()
        began = time.perf_counter()
        running = 0.0
        order = torch.randperm(len(x))
        for start in range(0, len(x), batch):
            index = order[start : start + batch]
            inputs, labels = x[index], y[index]
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = F.cross_entropy(outputs, labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        training += time.perf_counter() - began
        net.eval()
        with torch.no_grad():
            correct = 0
            for start in range(0, len(shown), 256):
                outputs = net(shown[start : start + 256])
                correct += (outputs.argmax(1) == data.validation.y[start : start + 256]).sum().item()
    samples = epochs * len(x)
    return samples / training, samples / (time.perf_counter() - begun)


class Clock(Control):
    """Notes when the first step begins."""

    def started(self, run: object) -> None:
        self.begun = time.perf_counter()


def ours(snapshot: Snapshot, folder: str) -> tuple[float, float]:
    """The same of our loop, with its run folder."""
    clock = Clock()
    result = train(Job(snapshot=snapshot, folder=folder, name="benchmark"), clock)
    whole = time.perf_counter() - clock.begun
    assert result.reason == "finished", result
    return result.samples_per_second, result.epochs * 4000 / whole


def tiny(snapshot: Snapshot) -> Snapshot:
    """The lesson's fully connected network with one hidden layer of 32: 784-32-10."""
    last = next(wire.source for wire in snapshot.wires if wire.target_port == "prediction")
    nodes = {node.id: node for node in snapshot.nodes}
    hidden = [node.id for node in snapshot.nodes if node.type == "linear" and node.id != last]
    nodes.update((node_id, replace(nodes[node_id], params={"out_features": 32})) for node_id in hidden)
    return replace(snapshot, nodes=tuple(nodes.values()))


def compare(name: str, snapshot: Snapshot, net: object, *, epochs: int, rounds: int) -> float:
    """Prints one line; returns the ratio of steps."""
    snapshot = replace(snapshot, recipe=replace(snapshot.recipe, epochs=epochs, learning_rate=0.02, batch_size=64, device="cpu"))
    data = load("mnist5k", {})
    rows: dict[str, list[tuple[float, float]]] = {"plain": [], "same": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        textbook(net(), data, epochs=1, layout=torch.contiguous_format)  # warm-up
        for _ in range(rounds):
            rows["plain"].append(textbook(net(), data, epochs=epochs, layout=torch.contiguous_format))
            rows["same"].append(textbook(net(), data, epochs=epochs, layout=torch.channels_last))
            rows["ours"].append(ours(snapshot, folder))
    speed = {name: [statistics.median(row[i] for row in found) for i in (0, 1)] for name, found in rows.items()}
    mine, plain = speed["ours"], speed["plain"]
    steps = mine[0] / plain[0]
    ratios = f"steps {steps:.3f}x   whole {mine[1] / plain[1]:.3f}x   layout {mine[0] / speed['same'][0]:.3f}x"
    print(f"{name:<12} {mine[0]:>10,.0f} samples/s   {ratios} of the textbook loop   (floor {FLOOR:.2f}x)", flush=True)
    return steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    ratios = [
        compare("LeNet", library.read("lenet-mnist"), lenet, epochs=2, rounds=rounds),
        compare("784-32-10", tiny(library.read("mlp-mnist")), mlp, epochs=40, rounds=rounds),
    ]
    return 0 if min(ratios) >= FLOOR else 1


if __name__ == "__main__":
    raise SystemExit(main())
