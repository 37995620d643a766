"""Mixed precision: forward in bfloat16, weights, losses and everything that is kept in float32."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from train_tools import Notes, forgetful, perceptron, same_bits, trained, weights

from engine.events import part
from engine.train.run import Run


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32() -> None:
    seen: list[torch.Tensor] = []

    def look(run: Run) -> None:
        if run.step == 1:
            run.model.fc2.register_forward_hook(lambda module, given, result: seen.append(result.detach()))

    result, mixed = trained(perceptron(precision="bfloat16", epochs=3), Notes(act=look))
    plain, full = trained(perceptron(epochs=3))
    assert result.reason == plain.reason == "finished" and {values.dtype for values in seen} == {torch.bfloat16}
    assert {values.dtype for values in weights(mixed).values()} == {torch.float32}
    losses, others = mixed.run.metrics.steps("loss"), full.run.metrics.steps("loss")
    assert losses == pytest.approx(others, rel=0.05) and (losses != others).any()
    assert result.validation["accuracy"] == pytest.approx(plain.validation["accuracy"], abs=0.03)


def test_mixed_precision_repeats_and_resumes_to_the_same_bits(tmp_path: Path) -> None:
    snapshot = forgetful(precision="bfloat16")
    _, one = trained(snapshot)
    half, _ = trained(snapshot, Notes(stop_at=7), folder=tmp_path)
    _, two = trained(snapshot, resume=half.folder)
    assert half.steps == 7 and same_bits(weights(one), weights(two))


def test_an_ensemble_is_judged_in_float32() -> None:
    _, notes = trained(perceptron(precision="bfloat16", copies=2))
    whole = notes.run.ensemble.whole
    assert 0.5 < whole["accuracy"] <= 1 and all(0 < row[part(name)] < 3 for row in notes.rows for name in notes.run.loss_parts.names if part(name) in row)
