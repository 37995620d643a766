"""Schedules against torch's own, and how a run follows them: live changes of the rate, early ends, resumes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as theirs
from train_tools import Notes, perceptron, trained

from engine.graph.model import Recipe
from engine.layers.recipe import rescheduled
from engine.layers.schedules import BY_ID, SCHEDULES, Span, curve

SPAN = Span(steps=60, steps_per_epoch=10)


def warm_then_cosine(optimizer: torch.optim.Optimizer) -> theirs.LRScheduler:
    warm = theirs.LinearLR(optimizer, start_factor=1 / 15, total_iters=14)
    return theirs.SequentialLR(optimizer, [warm, theirs.CosineAnnealingLR(optimizer, 45)], [15])


TORCH: dict[str, tuple[Recipe, int, Callable[[torch.optim.Optimizer], theirs.LRScheduler]]] = {
    "constant": (Recipe(), 1, lambda o: theirs.ConstantLR(o, 1.0)),
    "step": (Recipe(schedule="step", step_epochs=2, gamma=0.5), 10, lambda o: theirs.StepLR(o, 2, 0.5)),
    "cosine": (Recipe(schedule="cosine", final_share=0.1), 1, lambda o: theirs.CosineAnnealingLR(o, 60, eta_min=0.005)),
    "one_cycle": (Recipe(schedule="one_cycle", rise=0.4), 1, lambda o: theirs.OneCycleLR(o, 0.05, 60, pct_start=0.4)),
    "warmup": (Recipe(schedule="warmup", warmup_epochs=1.5), 1, lambda o: theirs.LinearLR(o, 1 / 15, total_iters=14)),
    "warmup_cosine": (Recipe(schedule="warmup_cosine", warmup_epochs=1.5), 1, warm_then_cosine),
}


@pytest.mark.filterwarnings("ignore:The epoch parameter")  # torch warns of itself within SequentialLR
@pytest.mark.parametrize("name", BY_ID)
def test_the_curve_is_torchs(name: str):
    recipe, every, make = TORCH[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.05)
    scheduler = make(optimizer)
    rates = []
    for step in range(60):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % every == 0:
            scheduler.step()
    assert recipe.schedule == name and curve(recipe, SPAN) == pytest.approx(rates, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("row", SCHEDULES, ids=BY_ID)
def test_every_setting_does_something_and_no_span_breaks(row):
    recipe = Recipe(schedule=row.id)
    for span in (Span(1, 1), Span(2, 2), Span(7, 3), SPAN):
        rates = curve(recipe, span)
        assert len(rates) == span.steps and all(0 <= rate <= recipe.learning_rate * (1 + 1e-12) for rate in rates)
    for param in row.params:
        for value in (param.low, param.high):
            rates = curve(Recipe(schedule=row.id, **{param.name: value}), SPAN)
            assert all(np.isfinite(rates)) and min(rates) >= 0
        moved = {"step_epochs": 2, "gamma": 0.7}.get(param.name, param.default * 1.5 + 0.2)
        assert curve(Recipe(schedule=row.id, **{param.name: moved}), SPAN) != curve(recipe, SPAN), param.name


def test_choosing_a_schedule_brings_its_usual_settings():
    assert rescheduled(Recipe(warmup_epochs=9.0), "warmup") == {"schedule": "warmup", "warmup_epochs": 1.0}
    assert rescheduled(Recipe(schedule="cosine"), "cosine") == {}


def test_a_run_follows_its_schedule_and_writes_it_down():
    snapshot = perceptron(schedule="warmup_cosine", epochs=2)
    _, notes = trained(snapshot)
    assert notes.run.metrics.steps("learning_rate").tolist() == curve(snapshot.recipe, Span(40, 20))


def test_a_run_that_ends_early_follows_the_curve_of_the_whole():
    _, notes = trained(perceptron(schedule="cosine", epochs=2), steps=5)
    assert notes.run.metrics.steps("learning_rate").tolist() == curve(Recipe(schedule="cosine"), Span(40, 20))[:5]


def test_changing_the_rate_while_it_runs_scales_the_rest_of_the_curve(tmp_path: Path):
    snapshot = perceptron(schedule="cosine")

    def halve(run) -> None:
        if run.step == 10:
            run.set_learning_rate(0.025)

    _, notes = trained(snapshot, Notes(act=halve))
    usual = np.array(curve(snapshot.recipe, Span(20, 20)))
    assert notes.run.metrics.steps("learning_rate") == pytest.approx(np.where(np.arange(20) < 10, usual, usual / 2))
    part, _ = trained(snapshot, Notes(stop_at=12, act=halve), folder=tmp_path)
    _, resumed = trained(snapshot, resume=part.folder)
    assert resumed.run.metrics.steps("learning_rate").tolist() == notes.run.metrics.steps("learning_rate").tolist()


@pytest.mark.parametrize(("field", "value"), [("schedule", "sawtooth"), ("optimizer", "lion"), ("gamma", 2.0), ("init", "zebra"), ("accumulate", 0)])
def test_a_recipe_that_cannot_be_is_refused_in_words(field: str, value: object):
    more = {"schedule": "step"} if field == "gamma" else {}
    result, _ = trained(perceptron(**{**more, field: value}))
    assert (result.reason, result.problem.code) == ("failed", "recipe") and "must be" in result.message
