"""How long each node of a network takes in a forward pass, measured on the tapped twin. Compares nodes; claims nothing about training steps."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict

import numpy as np
import torch

from engine.graph.model import Value
from engine.probe.subject import Subject

PASSES = 5  # after one that is not counted
SAMPLES = 64


def timing(subject: Subject) -> tuple[dict[str, np.ndarray], dict[str, Value]]:
    """Median milliseconds of each value on the way, for a batch of the recipe's size (at most 64, and what the validation set has).

    `arrays`: milliseconds (n,); `info`: nodes (the n paths), samples (in the batch), passes.
    """
    count = min(max(subject.snapshot.recipe.batch_size, 1), SAMPLES, len(subject.data.validation))
    inputs = subject.inputs(torch.arange(count))
    taken: dict[str, list[float]] = defaultdict(list)
    for index in range(PASSES + 1):
        for name, seconds in one_pass(subject, inputs).items():
            if index:
                taken[name].append(seconds)
    medians = np.array([1000 * statistics.median(values) for values in taken.values()], dtype=np.float32)
    return {"milliseconds": medians}, {"nodes": tuple(taken), "samples": count, "passes": PASSES}


def one_pass(subject: Subject, inputs: tuple[torch.Tensor, ...]) -> dict[str, float]:
    """Seconds between one value and the next, by the node that gave the latter."""
    spent: dict[str, float] = defaultdict(float)
    on_gpu = inputs[0].device.type == "cuda"

    def now() -> float:
        if on_gpu:
            torch.cuda.synchronize(inputs[0].device)
        return time.perf_counter()

    before = now()

    def tap(name: str, value: torch.Tensor) -> torch.Tensor:
        nonlocal before
        moment = now()
        spent[name.partition(".")[0] if "/" not in name else name] += moment - before
        before = moment
        return value

    subject.shadow_twin.walk(inputs, tap)
    return spent
