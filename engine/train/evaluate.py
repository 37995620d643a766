"""Loss and accuracy on the validation set, in evaluation mode. Changes no weights."""

from __future__ import annotations

import math
import time

import numpy as np
import torch

from engine.events import part
from engine.train.run import Run

BATCH = 256  # samples; larger batches are no faster on the CPU and take more memory


def evaluate(run: Run) -> dict[str, float]:
    """step, loss, accuracy (NaN where it means nothing) and seconds of training so far; empty without validation samples.

    A loss that is summed is given for as many samples as make a step, so that both curves compare.
    """
    split = run.dataset.validation
    if not len(split):
        return {}
    began = time.perf_counter()
    scores = run.scores
    summed, step = run.sums, run.recipe.batch_size * run.recipe.accumulate
    size = run.recipe.batch_size if summed else max(BATCH, run.recipe.batch_size)
    totals: list[torch.Tensor] = []
    pieces: dict[str, list[torch.Tensor]] = {name: [] for name in run.metrics.parts}
    right: list[torch.Tensor] = []
    run.model.eval()
    try:
        with torch.no_grad():
            for first in range(0, len(split), size):
                last = min(first + size, len(split))
                inputs, targets = run.fetch(split, slice(first, last))
                output = run.answer(inputs)
                share = 1 if summed else last - first
                run.boost_sums(step / (last - first))
                totals.append(run.loss(output, *targets) * share)
                for name, values in pieces.items():
                    values.append(run.loss_parts.values[name] * share)
                scores.add(output, targets)
                if run.accuracy is not None:
                    right.append(run.accuracy.correct(*run.accuracy.hits(output, targets)))
    finally:
        run.train_mode()
    scale = (step if summed else 1) / len(split)
    loss, *parts = (torch.stack(values).double().sum().item() * scale for values in (totals, *pieces.values()))
    accuracy = torch.cat(right).double().nanmean().item() if right else float("nan")
    run.evaluations = scores.results()
    run.flush_at += time.perf_counter() - began
    return {"step": float(run.step), "loss": loss, "accuracy": accuracy, "seconds": run.seconds, **dict(zip(map(part, pieces), parts, strict=True))}


def training_means(run: Run) -> dict[str, float]:
    """Mean loss and accuracy over the steps of the last epoch that has any."""
    done = run.offset or run.steps_per_epoch
    loss, accuracy = (run.metrics.steps(name)[-done:] for name in ("loss", "accuracy"))
    if not len(loss):
        return {}
    means = {"loss": float(loss.mean())}
    known = accuracy[np.isfinite(accuracy)]
    return means if run.accuracy is None else means | {"accuracy": float(known.mean()) if len(known) else math.nan}
