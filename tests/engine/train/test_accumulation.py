"""Several batches to a step, clipping, and the reductions of lecture items 18 to 23."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from train_tools import Notes, chain, linear, perceptron, same_bits, shrink, trained, weights

from engine.graph.model import Node, Snapshot
from engine.train.run import Run

NODES = (Node("flatten1", "flatten"), linear("fc1", 12), Node("tanh1", "tanh"), linear("fc2", 10))


def network(reduction: str = "mean", **recipe: object) -> Snapshot:
    return chain(*NODES, loss=Node("loss1", "cross_entropy", {"reduction": reduction}), **recipe)


def close(one: Notes, two: Notes) -> bool:
    a, b = weights(one), weights(two)
    return all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("batch", "count"), [(1, 60), (20, 3), (7, 9)])  # 7 · 9 = 63: the last part of a step is smaller
def test_accumulating_is_one_large_batch(monkeypatch: pytest.MonkeyPatch, reduction: str, batch: int, count: int):
    """Lecture item 18: the gradients of k examples, added up, are those of one batch of k."""
    shrink(monkeypatch, train_count=150)
    rate = 0.002 if reduction == "sum" else 0.1
    parts, one = trained(network(reduction, batch_size=batch, accumulate=count, learning_rate=rate, epochs=2))
    whole, two = trained(network(reduction, batch_size=batch * count, learning_rate=rate, epochs=2))
    assert parts.steps == whole.steps == 6 and close(one, two)
    for name in ("loss", "accuracy"):
        assert one.run.metrics.steps(name) == pytest.approx(two.run.metrics.steps(name), rel=1e-5)
    assert parts.validation == pytest.approx(whole.validation, rel=1e-5)
    assert one.calls.count("backward") == 6


def test_a_sum_with_rate_over_k_is_the_mean():
    """Lecture items 19 and 20."""
    _, summed = trained(network("sum", learning_rate=0.1 / 200), steps=10)
    _, mean = trained(network("mean", learning_rate=0.1), steps=10)
    assert close(summed, mean)


def test_full_batch_one_example_and_minibatch_count_their_steps(monkeypatch: pytest.MonkeyPatch):
    """Lecture items 19, 22 and 23."""
    shrink(monkeypatch, train_count=64, validation_count=10)
    for size, steps in ((64, 1), (1, 64), (16, 4), (1000, 1)):
        result, notes = trained(network(batch_size=size))
        assert result.steps == steps
        seen = torch.cat(notes.run.batches())
        assert sorted(seen.tolist()) == list(range(64))


def test_accumulation_must_stay_to_go_on(tmp_path: Path):
    part, _ = trained(perceptron(accumulate=2), Notes(stop_at=3), folder=tmp_path)
    result, _ = trained(perceptron(accumulate=4), resume=part.folder)
    assert (result.reason, result.problem.code) == ("failed", "recipe-changed") and "2 batches a step, not 4" in result.message
    _, whole = trained(perceptron(accumulate=2))
    _, resumed = trained(perceptron(accumulate=2), resume=part.folder)
    assert same_bits(weights(whole), weights(resumed))


def test_clipping_shortens_the_gradient_of_all_weights_together():
    lengths: dict[float, list[float]] = {}

    class Lengths(Notes):
        def after_backward(self, run: Run) -> None:
            grads = torch.cat([weight.grad.flatten() for weight in run.weights])
            lengths.setdefault(run.recipe.clip_norm, []).append(grads.norm().item())

    for clip in (0.0, 0.5, 100.0):
        trained(perceptron(clip_norm=clip), Lengths(stop_at=5))
    assert min(lengths[0.0]) > 0.5 and lengths[0.5] == pytest.approx([0.5] * 5, rel=1e-4)
    assert lengths[100.0] == lengths[0.0]
