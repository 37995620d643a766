"""Where the outside takes part in a training: the loop calls these at fixed places. No threads, no GUI; the worker overrides what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph.problem import Problem

if TYPE_CHECKING:
    from engine.train.run import Run


class Control:
    """A headless training: nobody watches, nothing costs. All methods run in the thread that trains.

    Order: preparing* · started · (after_backward · between_steps · [metrics_flushed])* · epoch_done ... · noticed* · ended.
    `ended` comes exactly once, also when the start failed (then `run` is None and `started` never came).
    """

    def preparing(self, words: str) -> bool:
        """Something slow begins before the first step ("Loading MNIST 5k"). False: stop here."""
        return True

    def started(self, run: Run) -> None:
        """Network, data and run folder are there; the first step comes next."""

    def after_backward(self, run: Run) -> None:
        """Gradients are complete, the weights not yet changed."""

    def between_steps(self, run: Run) -> bool:
        """A step is done. False: stop with a checkpoint. May block while paused; call `run.save()` before blocking."""
        return True

    def metrics_flushed(self, run: Run) -> None:
        """`run.metrics` has new rows, at most about 20 times a second."""

    def epoch_done(self, run: Run, row: dict[str, float], best: bool) -> None:
        """An epoch is validated: `row` has loss, accuracy, seconds and step; `best`: its weights are the best so far."""

    def noticed(self, problem: Problem) -> None:
        """Worth telling: skipped files, a checkpoint that could not be written, or why the run failed."""

    def ended(self, run: Run | None, reason: str, message: str) -> None:
        """The run is over: finished, stopped, failed or diverged; `message` is one sentence, empty when all went well."""
