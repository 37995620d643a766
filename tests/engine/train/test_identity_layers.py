"""Solution by construction (lecture item 92): identity layers in a trained network leave its loss as it was, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from train_tools import Notes, chain, linear, shrink, trained

from engine.compile.analyse import analyse
from engine.graph import surgery
from engine.graph.document import Document
from engine.graph.edits import set_recipe
from engine.graph.model import Node, Snapshot


def network(**recipe: object) -> Snapshot:
    conv = Node("conv1", "conv2d", {"out_channels": 6, "kernel_size": 5, "stride": 2})
    nodes = (conv, Node("bn1", "batch_norm"), Node("relu1", "relu"), Node("flatten1", "flatten"), linear("fc1", 32), Node("relu2", "relu"), linear("fc2", 10))
    return chain(*nodes, **{"batch_size": 100, "learning_rate": 0.1, "epochs": 2, **recipe})


@pytest.mark.parametrize(("node", "count"), [("relu1", 3), ("relu2", 20), ("fc2", 2), ("bn1", 1)])
def test_the_loss_does_not_move_by_one_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str, count: int):
    shrink(monkeypatch, train_count=600, validation_count=200)
    result, notes = trained(network(), folder=tmp_path)
    assert result.reason == "finished", result.message
    best = float(np.nanmin(notes.run.metrics.validations("loss")))
    document = Document(network())
    shape = next(iter(analyse(document.snapshot()).nodes[node].outputs.values()))
    ops, made = surgery.insert_identity(document.snapshot(), node, shape, count=count)
    document.apply([*ops, *set_recipe(document.snapshot(), weights_from=result.folder)])
    deeper, seen = trained(document.snapshot(), Notes(stop_at=1))
    metrics = seen.run.metrics
    at = int(np.flatnonzero(metrics.validations("step") == 0)[-1])
    assert metrics.validations("loss")[at] == best, deeper.message
    assert len(made) >= count
