"""Made-up runs for the tests of curves: stores with known numbers."""

from __future__ import annotations

import numpy as np

from engine.events import Metrics, RunStarted


def started(metrics: Metrics, *, steps: int = 400, per_epoch: int = 40, classes: int = 10) -> RunStarted:
    return RunStarted("made-up", "", metrics, steps, per_epoch, -(-steps // per_epoch), "cpu", classes=classes)


def rows(start: int, count: int) -> dict[str, np.ndarray]:
    """A falling loss with a wobble; the rate drops at row 100; half a second per step."""
    at = np.arange(start, start + count)
    loss = 2.3 * np.exp(-at / 60) + 0.02 + 0.01 * np.sin(at)
    return {"loss": loss, "accuracy": 1 - loss / 3, "learning_rate": np.where(at < 100, 0.05, 0.01), "seconds": (at + 1) * 0.5}


def store(count: int = 200, *, steps: int = 400, first_step: int = 0) -> Metrics:
    """`count` steps and a validation after every 40th; the best is at step 160."""
    metrics = Metrics(steps, 10, first_step=first_step)
    metrics.write_steps(rows(0, count))
    for step, loss in zip(range(40, count + 1, 40), (1.5, 0.8, 0.4, 0.2, 0.3), strict=False):
        metrics.write_validation(step=first_step + step, loss=loss, accuracy=1 - loss / 3, seconds=step * 0.5)
    return metrics
