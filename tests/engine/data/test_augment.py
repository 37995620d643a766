"""Augmentation: the same for the same seed, epoch and sample; masks move with their pictures; validation is left alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as V

from engine.data.augment import Augment, draws
from engine.data.load import load
from engine.data.raw import IGNORED

ALL = {"flip": True, "crop": 3, "rotation": 20.0, "jitter": 0.3, "noise": 0.05}
kinds = pytest.mark.parametrize("params", [{name: value} for name, value in ALL.items()] + [ALL], ids=[*ALL, "all"])


def pictures(count: int = 6, channels: int = 3) -> torch.Tensor:
    return torch.rand(count, channels, 10, 12, generator=torch.Generator().manual_seed(1))


@kinds
def test_what_happens_to_a_sample_depends_on_seed_epoch_and_index_alone(params: dict):
    change, x, y, index = Augment(**params), pictures(), torch.arange(6), torch.tensor([5, 0, 900, 3, 77, 8])
    state = torch.get_rng_state()
    whole = change(x, y, index, epoch=2, seed=9)[0]
    assert torch.equal(state, torch.get_rng_state())  # dropout draws the same numbers with and without
    order = torch.tensor([3, 1, 5])
    assert torch.equal(change(x[order], y[order], index[order], epoch=2, seed=9)[0], whole[order])
    assert not torch.equal(change(x, y, index, epoch=3, seed=9)[0], whole)
    assert not torch.equal(change(x, y, index, epoch=2, seed=8)[0], whole)


def test_the_numbers_are_even_and_independent():
    drawn = draws(np.arange(4000), epoch=1, seed=0)
    assert drawn.shape == (4000, 8) and drawn.min() >= 0 and drawn.max() < 1
    assert np.abs(drawn.mean(0) - 0.5).max() < 0.02 and np.abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.06
    assert np.abs(np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]) < 0.06


def test_a_flip_mirrors_half_of_the_samples():
    x = pictures(200, 1)
    changed = Augment(flip=True)(x, torch.arange(200), torch.arange(200))[0]
    flipped = [torch.equal(a, V.horizontal_flip(b)) for a, b in zip(changed, x, strict=True)]
    assert all(f or torch.equal(a, b) for f, a, b in zip(flipped, changed, x, strict=True)) and 70 < sum(flipped) < 130


def test_a_crop_is_a_part_of_the_padded_picture():
    x = pictures(30)
    changed = Augment(crop=2)(x, torch.arange(30), torch.arange(30))[0]
    places = []
    for image, source in zip(changed, x, strict=True):
        padded = V.pad(source, [2, 2, 2, 2])
        places.append([(i, j) for i in range(5) for j in range(5) if torch.equal(V.crop(padded, i, j, 10, 12), image)])
    assert all(len(found) == 1 for found in places) and len({found[0] for found in places}) > 10


def test_rotation_and_jitter_are_those_of_torchvision():
    x, index = pictures(4), torch.arange(4)
    drawn = draws(index.numpy(), epoch=0, seed=0)
    turned = Augment(rotation=45.0)(x, index, index)[0]
    jittered = Augment(jitter=0.4)(x, index, index)[0]
    for i in range(4):
        assert torch.equal(turned[i], V.rotate(x[i], float((2 * drawn[i, 3] - 1) * 45), InterpolationMode.BILINEAR))
        b, c, s = 1 + (2 * drawn[i, 4:7] - 1) * 0.4
        assert torch.allclose(jittered[i], V.adjust_saturation(V.adjust_contrast(V.adjust_brightness(x[i], b), c), s))
    assert Augment(jitter=0.4)(x[:, :1], index, index)[0].shape == (4, 1, 10, 12)


def test_noise_has_its_deviation_and_stays_in_range():
    grey = torch.full((8, 1, 32, 32), 0.5)
    changed = Augment(noise=0.1)(grey, torch.arange(8), torch.arange(8))[0]
    assert abs(changed.std().item() - 0.1) < 0.01 and changed.min() >= 0 and changed.max() <= 1


def test_masks_move_with_their_pictures():
    mask = (pictures(20, 1)[:, 0] > 0.5).to(torch.uint8)
    x = mask[:, None].float()
    moved, classes = Augment(flip=True, crop=3)(x, mask, torch.arange(20))
    assert torch.equal(moved[:, 0], torch.where(classes == IGNORED, 0, classes).float()) and (classes == IGNORED).any()
    turned, classes = Augment(rotation=30.0)(x, mask, torch.arange(20))
    assert set(classes.unique().tolist()) == {0, 1, IGNORED} and turned.shape == x.shape


def test_training_pictures_are_changed_and_validation_pictures_are_not():
    plain, changed = load("mnist5k", {}), load("mnist5k", ALL)
    index = torch.tensor([4, 0, 70])
    first, again, later = (changed.train.batch(index, epoch=epoch, seed=1)[0] for epoch in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, later) and not torch.equal(first, plain.train.batch(index)[0])
    assert torch.equal(changed.validation.batch(index, epoch=1)[0], plain.validation.batch(index)[0])
    assert torch.equal(changed.train.batch(index)[1], plain.train.batch(index)[1])
    assert torch.equal(changed.train.images(3, 5), plain.train.images(3, 5))
    assert first.is_contiguous(memory_format=torch.channels_last) and changed.train.x.dtype is torch.uint8


def test_scenes_are_changed_with_their_masks():
    data = load("scenes", {"count": 12, "crop": 8, "grain": 0.0})
    x, y = data.train.batch(torch.arange(12), epoch=1)
    seen = (x * data.train.std + data.train.mean)[:, 0]
    assert y.dtype is torch.int64 and set(y.unique().tolist()) == {-100, 0, 1, 2, 3}
    assert (seen[y == 3] > 0.5).all() and (seen[y == -100].abs() < 1e-5).all()


@pytest.mark.parametrize(("normalise", "mean", "std"), [("0 to 1", 0.0, 1.0), ("ImageNet", 0.449, 0.226)])
def test_normalisation_can_be_chosen(normalise: str, mean: float, std: float):
    chosen, usual = load("mnist5k", {"normalise": normalise}), load("mnist5k", {})
    assert torch.allclose(chosen.train.mean, torch.tensor(mean), atol=1e-4) and torch.allclose(chosen.train.std, torch.tensor(std), atol=1e-4)
    restored = [data.train.x[:9] * data.train.std + data.train.mean for data in (chosen, usual)]
    assert torch.allclose(*restored, atol=1e-5)
