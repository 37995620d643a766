"""What curves are made of: rows to x in three ways, growth of the store, best values, changes of the rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from run_stores import rows, started, store

from engine.events import Metrics
from gui.plots import framing
from gui.plots.run_data import RunData


def data_of(metrics: Metrics, **changes: int) -> RunData:
    data = RunData(started(metrics, **changes))
    data.update()
    return data


def test_x_of_the_first_and_last_row():
    data = data_of(store(200))
    ends = np.array([0, 199])
    assert data.x_of(ends, "step").tolist() == [1, 200]
    assert data.x_of(ends, "epoch").tolist() == [1 / 40, 5]
    assert data.x_of(ends, "sec").tolist() == [0.5, 100]


def test_a_resumed_run_goes_on_where_it_was():
    data = data_of(store(40, first_step=160))
    assert data.x_of(np.array([0]), "step")[0] == 161 and data.validation_x("step").tolist() == [200]


@pytest.mark.parametrize("mode", ["step", "epoch", "sec"])
def test_row_at_is_the_inverse_of_x_of(mode: str):
    data = data_of(store(200))
    for row in (0, 1, 57, 199):
        assert data.row_at(float(data.x_of(np.array([row]), mode)[0]), mode) == row
    assert data.row_at(-1e9, mode) == 0 and data.row_at(1e9, mode) == 199


def test_grows_beyond_the_planned_size():
    metrics = store(200, steps=200)
    data = data_of(metrics, steps=200)
    metrics.write_steps(rows(200, 300))
    assert data.update() and not data.update()
    assert data.count == 500 and data.columns["loss"].raw.values.tolist() == metrics.steps("loss").tolist()
    assert data.extent("step") == (0, 500)


def test_best_loss_and_accuracy():
    data = data_of(store(200))
    loss, accuracy = data.columns["loss"].best(), data.columns["accuracy"].best()
    assert (loss.step, loss.value) == (160, 0.2) and accuracy.step == 160 and accuracy.value == pytest.approx(1 - 0.2 / 3)


def test_changes_of_the_rate_are_found_once_across_chunks():
    metrics = Metrics(400, 10)
    data = RunData(started(metrics))
    for start in range(0, 200, 50):
        metrics.write_steps(rows(start, 50))
        data.update()
    assert data.rate_changes == [(100, 0.01)] and data.rate_varies


def test_a_schedule_that_moves_at_each_step_is_no_row_of_flags():
    metrics = Metrics(400, 10)
    data = RunData(started(metrics))
    for start in range(0, 200, 7):
        count = min(7, 200 - start)
        chunk = rows(start, count)
        chunk["learning_rate"] = np.linspace(0.05, 0.0, 200)[start : start + count]
        metrics.write_steps(chunk)
        data.update()
    assert data.rate_changes == [] and data.rate_varies


def test_infinite_and_missing_losses_are_gaps():
    metrics = Metrics(10, 1)
    metrics.write_steps({"loss": np.array([1.0, np.inf, np.nan, 2.0]), **{name: np.zeros(4) for name in ("accuracy", "learning_rate", "seconds")}})
    x, y = data_of(metrics, steps=10).line("raw", "loss", mode="step", view=(0, 10))
    assert x.tolist() == [1, 2, 3, 4] and np.isnan(y[1]) and np.isnan(y[2]) and y[3] == 2


def test_regression_has_no_accuracy():
    metrics = Metrics(10, 1)
    metrics.write_steps({"loss": np.ones(4), "accuracy": np.full(4, np.nan), "learning_rate": np.ones(4), "seconds": np.arange(4.0)})
    data = data_of(metrics, steps=10, classes=0)
    assert data.columns["accuracy"].empty and not data.columns["loss"].empty


def test_latest_values():
    data = data_of(store(200))
    train, validation = data.columns["loss"].latest()
    assert train == data.columns["loss"].smooth.values[-1] and validation == 0.3
    assert all(math.isnan(value) for value in data_of(Metrics(5, 1)).columns["loss"].latest())


def test_chance_is_hand_worked():
    assert framing.chance_loss(10).text == "chance ln 10 = 2.303" and framing.chance_accuracy(4).value == 0.25 and framing.chance_loss(1) is None


def test_automatic_ranges_hold_both_lines():
    data = data_of(store(200))
    low, high = framing.loss_range(data, mode="step", view=(0, 400), log=True, chance=framing.chance_loss(10))
    assert 0 < low < 0.2 and high > 2.303
    low, high = framing.accuracy_range(data, mode="step", view=(0, 400))
    assert low <= 1 - 0.8 / 3 and 1 - 0.2 / 3 < high <= 1.05


def test_ranges_of_an_empty_or_broken_run_are_usable():
    metrics = Metrics(5, 1)
    metrics.write_steps({name: np.full(3, np.nan) for name in Metrics.STEP})
    data = data_of(metrics, steps=5)
    for log in (False, True):
        low, high = framing.loss_range(data, mode="step", view=(0, 5), log=log, chance=None)
        assert low < high


def test_a_run_of_a_tenth_of_a_second_fills_its_axis():
    brief = Metrics(10, 1)
    brief.write_steps({name: np.full(10, 0.1) if name != "seconds" else np.linspace(0.01, 0.1, 10) for name in Metrics.STEP})
    low, high = data_of(brief).extent("sec")
    assert low == 0 and 0.1 < high < 0.11
