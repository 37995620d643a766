"""A network whose attention is far from flat, as the tests of attention look at it. Judges nothing."""

from __future__ import annotations

import torch

from engine.compile.analyse import analyse
from engine.compile.build import Built, build
from engine.data.load import Dataset
from engine.graph.model import Snapshot
from engine.probe.subject import Subject


def subject_of(snapshot: Snapshot, data: Dataset) -> tuple[Subject, Built]:
    analysis = analyse(snapshot)
    assert not analysis.errors, analysis.errors
    built = build(analysis.source, seed=3)
    with torch.no_grad():
        for weight in built.net.parameters():
            weight.mul_(1.7)  # away from the flat attention of the first weights
    return Subject(built.net, snapshot, facts=analysis.nodes, source=analysis.source, data=data, step=9), built
