"""Small documents and a way to wait for events, for the tests of the session."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from engine.events import Event, RunProblem
from engine.graph.model import Node, Recipe, Snapshot, Wire
from engine.session import Session

PATIENCE = 30.0  # seconds; the machine may be busy


def chain(*nodes: Node, **recipe: Any) -> Snapshot:
    """mnist5k -> the nodes in a row -> cross-entropy."""
    placed = (Node("mnist1", "mnist5k"), *nodes, Node("loss1", "cross_entropy"))
    ids = [node.id for node in nodes]
    wires = [Wire(a, "out", b, "x") for a, b in pairwise(ids)]
    wires += [Wire("mnist1", "image", ids[0], "x"), Wire(ids[-1], "out", "loss1", "prediction"), Wire("mnist1", "label", "loss1", "target")]
    return Snapshot(nodes=placed, wires=tuple(wires), recipe=replace(Recipe(device="cpu", epochs=1, batch_size=200), **recipe))


def perceptron(**recipe: Any) -> Snapshot:
    """784-16-10 with dropout: 20 steps of a millisecond."""
    layers = (Node("flatten1", "flatten"), Node("fc1", "linear", {"out_features": 16}), Node("relu1", "relu"))
    return chain(*layers, Node("drop1", "dropout"), Node("fc2", "linear", {"out_features": 10}), **recipe)


def convolutional(**recipe: Any) -> Snapshot:
    """One convolution with batch norm and a linear layer."""
    conv = Node("conv1", "conv2d", {"out_channels": 4, "kernel_size": 3})
    layers = (conv, Node("bn1", "batch_norm"), Node("relu1", "relu"), Node("pool1", "max_pool2d"), Node("flatten1", "flatten"))
    return chain(*layers, Node("fc1", "linear", {"out_features": 10}), **recipe)


class Watch:
    """Polls a session, keeps everything that it said, and reads it in order."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.events: list[Event] = []
        self.read = 0  # how many of them have been looked at

    def until(self, wanted: Callable[[Event], bool]) -> Event:
        """The next event, after those already read, for which `wanted` is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.events += self.session.poll()
            while self.read < len(self.events):
                self.read += 1
                if wanted(self.events[self.read - 1]):
                    return self.events[self.read - 1]
            time.sleep(0.005)
        told = [event.problem.message if isinstance(event, RunProblem) else type(event).__name__ for event in self.events]
        raise AssertionError(f"nothing of that kind came: {told}")

    def kind(self, *kinds: type, **values: Any) -> Event:
        """The next event of one of these classes with these attributes."""
        return self.until(lambda event: isinstance(event, kinds) and all(getattr(event, name) == value for name, value in values.items()))

    def for_a_while(self, seconds: float) -> list[Event]:
        """What comes within `seconds`; it counts as read."""
        before = len(self.events)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.events += self.session.poll()
            time.sleep(0.005)
        self.read = len(self.events)
        return self.events[before:]
