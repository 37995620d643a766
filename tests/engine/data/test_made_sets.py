"""Datasets that are made from a seed: the same each time, as their facts say, and made of what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data import sources
from engine.data.catalog import facts
from engine.data.load import load

SMALL = {
    "moons": {"count": 60},
    "circles": {"count": 60},
    "spirals": {"count": 60, "arms": 3},
    "scenes": {"count": 20, "size": (32, 40)},
    "mirror": {"count": 20},
    "digit_canvases": {"count": 40},
    "colour_digits": {"count": 40},
}
each = pytest.mark.parametrize(("name", "params"), SMALL.items(), ids=SMALL)


@each
def test_a_set_is_what_its_facts_say(name: str, params: dict):
    known, data = facts(name, params), load(name, params)
    fields = data.train.fields(torch.arange(5))
    assert {port: tuple(value.shape[1:]) for port, value in fields.items()} == dict(known.outputs)
    assert (len(data.train), len(data.validation), data.class_names) == (known.train, known.validation, known.class_names)
    for port, value in fields.items():
        is_target = port in ("label", "mask", "mirror")
        assert str(value.dtype) == "torch." + known.dtypes.get(port, "int64" if is_target else "float32")
        assert torch.isfinite(value).all()


@each
def test_a_seed_gives_the_same_set_and_another_seed_another(name: str, params: dict):
    first, again, other = (sources.raw(name, {**params, "seed": seed}) for seed in (3, 3, 4))
    assert np.array_equal(first.train_x, again.train_x) and np.array_equal(first.train_y, again.train_y)
    assert not np.array_equal(first.train_x, other.train_x)
    assert not np.array_equal(first.train_x[: len(first.validation_x)], first.validation_x)


@pytest.mark.parametrize("name", ["moons", "circles", "spirals"])
def test_points_are_even_and_noise_moves_them(name: str):
    clean, noisy = (sources.raw(name, {"count": 100, "noise": noise}) for noise in (0.0, 0.2))
    assert np.ptp(np.bincount(clean.train_y)) <= 1 and np.array_equal(clean.train_y, noisy.train_y)
    assert 0.15 < (noisy.train_x - clean.train_x).std() < 0.25


def test_circles_have_their_radii_and_spirals_their_arms():
    found = sources.raw("circles", {"count": 50, "noise": 0.0, "factor": 0.3})
    assert np.allclose(np.linalg.norm(found.train_x, axis=1), np.where(found.train_y == 0, 1, 0.3), atol=1e-6)
    arms = sources.raw("spirals", {"count": 400, "noise": 0.0, "arms": 4, "turns": 1.0})
    radius, angle = np.linalg.norm(arms.train_x, axis=1), np.arctan2(arms.train_x[:, 1], arms.train_x[:, 0])
    turn = (angle / (2 * np.pi) - (radius - 0.1) / 1.1 - arms.train_y / 4) % 1
    assert np.allclose(np.minimum(turn, 1 - turn), 0, atol=1e-4)
    assert len(set(arms.train_y.tolist())) == 4


def test_moons_are_not_parted_by_a_line():
    found = sources.raw("moons", {"count": 400, "noise": 0.0})
    x = np.column_stack([found.train_x, np.ones(400)])
    line = np.linalg.lstsq(x, found.train_y * 2.0 - 1, rcond=None)[0]
    assert 0.7 < ((x @ line > 0) == found.train_y).mean() < 1


def test_a_mirror_image_is_left_and_right_exchanged():
    classes, numbers = (load("mirror", {"count": 30, "size": 6, "wanted": wanted}) for wanted in ("classes", "numbers"))
    x, y = classes.train.batch(torch.arange(30))
    assert set(x.unique().tolist()) == {-1.0, 1.0} and torch.equal(y, (x[:, 0].flip(-1) > 0).long())
    assert torch.equal(numbers.train.batch(torch.arange(30))[1], (x.flip(-1) > 0).float())
    assert 0.4 < y.float().mean() < 0.6


def test_scenes_hold_digits_animals_and_lines_of_one_pixel():
    found = sources.raw("scenes", {"count": 60, "grain": 0.0})
    assert {0, 1, 2, 3} == set(np.unique(found.train_y).tolist())
    assert (found.train_x[:, 0][found.train_y == 0] < 96).all() and (found.train_x[:, 0][found.train_y == 3] >= 150).all()
    alone = sources.raw("scenes", {"count": 40, "objects": 0, "lines": 1, "grain": 0.0, "size": (40, 64)})
    for mask in alone.train_y:
        rows, columns = np.nonzero(mask)
        thick = np.bincount(columns).max() if np.ptp(columns) >= np.ptp(rows) else np.bincount(rows).max()
        assert (
            thick == 1
            and max(np.ptp(rows), np.ptp(columns)) >= 19
            and np.array_equal(mask == 3, alone.train_x[np.flatnonzero((alone.train_y == mask).all((1, 2)))[0], 0] > 0)
        )


def test_scenes_with_every_class_name_them():
    found = sources.raw("scenes", {"count": 150, "classes": "every digit and animal", "objects": 6})
    assert set(np.unique(found.train_y).tolist()) == set(range(22)) and found.class_names[10:12] == ("9", "bear") and found.class_names[21] == "line"


def test_scenes_of_training_and_validation_show_different_digits():
    digits = sources.stamps("mnist5k", lambda words: True)
    train, validation = ({picture.tobytes() for picture in part.pictures} for part in digits)
    assert not train & validation and len(train) == 4000


def test_canvases_have_many_sizes_and_nothing_beyond_them():
    data = load("digit_canvases", {"count": 200, "smallest": 28, "largest": 50, "multiple": 7})
    fields = data.train.fields(torch.arange(200))
    assert fields["image"].shape[1:] == (1, 49, 49) and set(fields["size"].unique().tolist()) == {28, 35, 42, 49}
    empty = (0 - data.train.mean) / data.train.std
    for image, (height, width) in zip(fields["image"], fields["size"].tolist(), strict=True):
        assert (image[:, height:] == empty).all() and (image[:, :, width:] == empty).all()
        assert (image[:, :height, :width] > empty).sum() > 20
    assert fields["label"].bincount(minlength=10).min() > 5


def test_canvases_without_a_possible_size_say_so():
    assert "no multiple of 50" in facts("digit_canvases", {"smallest": 28, "largest": 40, "multiple": 50}).problem
    assert facts("digit_canvases", {"smallest": 60, "largest": 40}).fix


@pytest.mark.parametrize(("name", "total"), [("scenes", 622952), ("digit_canvases", 1167511), ("mirror", 630)])
def test_the_pictures_are_pinned(name: str, total: int):
    # Lessons state what these sets teach: when the pictures change, they must be measured again.
    assert sources.raw(name, SMALL[name]).train_x.sum(dtype=np.float64) == pytest.approx(total, rel=1e-3)  # resampling may round otherwise elsewhere


def test_coloured_digits_are_real_digits_whose_brightness_may_be_that_of_the_ground():
    found = sources.raw("colour_digits", {"count": 400, "seed": 1})
    ground, means = found.train_x[:, :, 0, 0], found.train_x.mean((2, 3))
    assert found.train_x.shape == (400, 3, 32, 32) and np.ptp(np.bincount(found.train_y, minlength=10)) < 40
    assert ground.std(0).min() > 50 and np.abs(ground.astype(float) - means).max() > 10
    grey = load("colour_digits", {"count": 400, "seed": 1}).train.x.mean(1).flatten(1)
    assert (grey.std(1) < 0.25).sum() > 20  # hardly to be seen without colour
