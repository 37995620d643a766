"""The network to look at while nothing trains: the last run's weights if they fit the document, else those that a run would begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.compile.build import build
from engine.data import catalog
from engine.data.load import Dataset, load
from engine.events import Analysis
from engine.graph.model import Node, Snapshot
from engine.layers import registry
from engine.probe.subject import Subject

Say = Callable[[str], bool]


class NothingToShowError(Exception):
    """Why there is no network to look at, in one sentence."""


class Still:
    """Finds the subject for a document. `trained` is the last run's network; datasets are kept until another one is needed."""

    def __init__(self) -> None:
        self.trained: Subject | None = None
        self.fresh: Subject | None = None
        self.fresh_key: tuple[Any, ...] = ()
        self.data_key: tuple[Any, ...] = ()
        self.data: Dataset | None = None

    def keep(self, subject: Subject | None) -> None:
        """The last run's network, as it ended."""
        self.trained, self.fresh, self.fresh_key = subject, None, ()

    def subject(self, snapshot: Snapshot, analysis: Analysis, *, base: str, say: Say) -> Subject:
        """What to look at for this document. NothingToShowError says what is in the way."""
        if analysis.errors:
            raise NothingToShowError(f"There is no picture while the network has a problem. {analysis.errors[0].message}")
        if not analysis.source.text:
            raise NothingToShowError("There is no network yet. Wire a dataset, some layers and a loss.")
        node = data_node(snapshot, analysis)
        key = dataset_key(node, base)
        old = self.trained
        if old is not None and old.source.text == analysis.source.text and key == dataset_key(data_node(old.snapshot, old), base):
            if old.source != analysis.source or old.snapshot != snapshot:  # ids, titles and places may differ, weights do not
                self.trained = Subject(old.net, snapshot, facts=analysis.nodes, source=analysis.source, data=old.data, step=old.step, seed=old.seed)
                self.trained.origin = old.origin
            return self.trained
        whole = (analysis.source.text, snapshot.recipe.seed, key)
        if self.fresh is None or self.fresh_key != whole:
            net = build(analysis.source, snapshot.recipe.seed).net
            self.fresh = Subject(net, snapshot, facts=analysis.nodes, source=analysis.source, data=self.dataset(node, key, say=say))
            self.fresh_key = whole
        elif self.fresh.snapshot != snapshot:
            self.fresh = Subject(self.fresh.net, snapshot, facts=analysis.nodes, source=analysis.source, data=self.fresh.data)
        return self.fresh

    def dataset(self, node: Node, key: tuple[Any, ...], *, say: Say) -> Dataset:
        """The data of `node`, loaded once. Never downloads: that is for a training that was asked for."""
        if self.data is None or self.data_key != key:
            dataset = registry.of(node).dataset
            entry = catalog.CATALOG[dataset]
            if entry.kind == "torchvision" and not catalog.on_disk(entry):
                raise NothingToShowError(f"{entry.title} is not on this computer yet; it is downloaded when you train for the first time.")
            try:
                self.data = load(dataset, node.params, base=key[-1], say=say)
            except catalog.DataError as error:
                raise NothingToShowError(str(error)) from error
            self.data_key = key
        return self.data


def data_node(snapshot: Snapshot, owner: Analysis | Subject) -> Node:
    """The data node that the network is fed from."""
    inputs = owner.source.inputs
    if not inputs:
        raise NothingToShowError("No dataset is wired to the network.")
    return snapshot.node(inputs[0][0])


def dataset_key(node: Node, base: str) -> tuple[Any, ...]:
    """What the data depends on: type, parameters, and the folder that relative paths count from."""
    return node.type, tuple(sorted(node.params.items())), base
