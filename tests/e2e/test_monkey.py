"""Ten thousand random actions at a real window: no exception, no complaint of Qt, and a document that its own history explains."""

from __future__ import annotations

import random

import pytest
from monkey import Monkey
from PySide6.QtWidgets import QApplication

from engine import library
from engine.graph import text
from engine.graph.document import Document

ACTIONS, SEEDS = 2_000, range(5)
MANY = 60  # nodes from which the monkey starts over, so that it goes on meeting what users have
STARTS = ("lenet-mnist", "resnet-mini", "vit-mnist", "mlp-mnist", "lenet-mnist")


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_it_does_breaks_the_document(window, seed):
    window.project.replace(library.read(STARTS[seed]))
    QApplication.clipboard().clear()
    monkey, tape = Monkey(window, seed), Tape(window)
    for _ in range(ACTIONS):
        before = list(monkey.log[-12:])
        monkey.act()
        if monkey.chance.random() < 0.2:
            QApplication.processEvents()
        if len(window.project.document.nodes) > MANY:
            tape.check(before)
            window.project.replace(library.read(random.Random(seed).choice(STARTS)))
            tape = Tape(window)
    tape.check(monkey.log[-12:])


class Tape:
    """Every op that the document takes from now on, to be played again."""

    def __init__(self, window: object) -> None:
        self.window = window
        self.document = window.project.document
        self.first = self.document.snapshot()
        self.ops: list = []
        self.stop = self.document.subscribe(lambda change: self.ops.append(change.ops))

    def check(self, after: list[str]) -> None:
        """The document equals its own replay, its file, and what undoing and redoing everything gives."""
        self.stop()
        now = self.document.snapshot()
        again = Document(self.first)
        for ops in self.ops:
            again.apply(ops)
        assert again.snapshot() == now, f"the replay differs after {after}"
        assert text.load(text.dump(now)) == now, f"the file differs after {after}"
        stack = self.window.project.stack
        self.window.canvas.stop_tool()
        steps = stack.index()
        while stack.canUndo():
            stack.undo()
        assert self.document.snapshot() == self.first, f"undoing everything differs after {after}"
        while stack.index() < steps:
            stack.redo()
        assert self.document.snapshot() == now, f"redoing everything differs after {after}"
        names = set(self.window.canvas.network.nodes)
        assert names == {node.id for node in self.window.canvas.network.document.snapshot().nodes}
