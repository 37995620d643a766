"""Included and downloaded datasets: facts, splits, standardisation, and the offer when there is no network."""

from __future__ import annotations

import gzip
import hashlib
import struct
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data import catalog, load
from engine.data.catalog import CATALOG, DataError, LoadingStopped, facts
from engine.data.load import stratified
from engine.layers import registry


@pytest.mark.parametrize("name", ["mnist5k", "animal_shapes"])
def test_an_included_set_is_what_its_facts_say(name: str):
    known, data = facts(name, {}), load.load(name, {})
    assert (known.train, known.validation) == (len(data.train), len(data.validation))
    assert data.train.x.shape[1:] == known.outputs["image"] and known.outputs["label"] == ()
    assert data.class_names == known.class_names and known.classes == data.classes == len(known.class_names) == 10
    assert not known.problem and not data.report


def test_animals_are_called_by_their_names():
    with np.load(catalog.SHIPPED / "animal_shapes.npz", allow_pickle=False) as file:
        assert tuple(file["classes"]) == facts("animal_shapes", {}).class_names


def test_every_data_row_has_a_catalog_entry_with_its_ports():
    for row in registry.ROWS:
        if row.role == "data":
            assert row.dataset in CATALOG
            known = facts(row.dataset, {})  # a table has no shape before its file is chosen
            assert {port.name for port in row.outputs} == set(known.outputs) or (known.problem and not known.outputs)


@pytest.mark.parametrize("name", ["mnist5k", "animal_shapes"])
def test_the_split_is_stratified(name: str):
    data = load.load(name, {})
    assert set(data.train.y.bincount().tolist()) == {len(data.train) // 10}
    assert set(data.validation.y.bincount().tolist()) == {len(data.validation) // 10}


def test_the_split_takes_every_sample_once_and_never_changes():
    labels = np.repeat(np.arange(10), 500)
    train, validation = stratified(labels, 0.2)
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(5000))
    again = stratified(labels, 0.2)
    assert np.array_equal(train, again[0]) and np.array_equal(validation, again[1])
    # Pinned: a validation digit that becomes a training digit would spoil every earlier comparison.
    assert hashlib.sha256(validation.astype("<i8").tobytes()).hexdigest()[:16] == "a960dfe09056a3bf"


def test_neighbours_in_a_split_are_of_mixed_classes():
    assert len(set(load.load("mnist5k", {}).train.y[:20].tolist())) > 4


def test_images_are_standardised_by_the_training_set():
    data = load.load("mnist5k", {})
    assert abs(data.train.x.mean().item()) < 1e-4 and abs(data.train.x.std().item() - 1) < 1e-3
    assert data.train.x.dtype is torch.float32 and data.train.y.dtype is torch.int64
    with np.load(catalog.SHIPPED / "mnist5k.npz", allow_pickle=False) as file:
        pixels = file["x"][stratified(file["y"].astype(np.int64), 0.2)[1]]
    restored = (data.validation.x * data.validation.std + data.validation.mean) * 255
    assert torch.allclose(restored[:, 0], torch.from_numpy(pixels).float(), atol=1e-3)


def test_a_large_set_stays_raw_and_gives_the_same_batches(monkeypatch: pytest.MonkeyPatch):
    small = load.load("mnist5k", {})
    monkeypatch.setattr(load, "FLOAT_LIMIT", 1000)
    large = load.load("mnist5k", {})
    index = torch.tensor([3, 999, 0])
    assert large.train.x.dtype is torch.uint8
    for one, other in zip(small.train.batch(index), large.train.batch(index), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(small.validation.images(5, 8), large.validation.images(5, 8))


def test_batches_are_the_samples_asked_for():
    split = load.load("mnist5k", {}).train
    index = torch.tensor([7, 7, 3999])
    x, y = split.batch(index)
    assert torch.equal(x, split.x[index]) and torch.equal(y, split.y[index])
    assert torch.equal(split.images(7, 8)[0], x[0])


def test_an_input_node_declares_but_brings_no_data():
    known = facts("input", {"shape": (3, 8, 8), "classes": 4})
    assert known.outputs["image"] == (3, 8, 8) and known.classes == 4 and not known.problem and known.note
    with pytest.raises(DataError) as error:
        load.load("input", {})
    assert "MNIST 5k" in error.value.fix


def test_an_input_with_masks_declares_a_class_for_each_pixel():
    known = facts("input_mask", {"shape": (1, 12, 8), "classes": 4})
    assert known.outputs == {"image": (1, 12, 8), "mask": (12, 8)} and known.classes == 4 and known.note
    with pytest.raises(DataError):
        load.load("input_mask", {})


@pytest.mark.parametrize(("name", "params"), [("nothing", {}), ("image_folder", {"size": "wide"}), ("mnist5k", {"colour": 1}), ("input", {"shape": None})])
def test_facts_never_raise(name: str, params: dict):
    known = facts(name, params)
    assert known.problem and known.fix


def test_offline_there_is_a_clear_offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    asked: list[str] = []

    def unreachable(request: urllib.request.Request, timeout: float) -> None:
        asked.append(request.full_url)
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    for name in ("mnist", "fashion_mnist", "cifar10"):
        assert "downloaded" in facts(name, {}).note and not facts(name, {}).problem
        with pytest.raises(DataError) as error:
            load.load(name, {})
        assert CATALOG[name].title in str(error.value) and "MNIST 5k, which is included" in error.value.fix
    assert len(asked) == 3


def test_a_download_can_be_declined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    with pytest.raises(LoadingStopped):
        load.load("mnist", {}, say=lambda words: False)


def write_idx(path: Path, array: np.ndarray) -> None:
    """The file format of MNIST: a magic number with the rank, the sizes, the bytes."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + array.astype(np.uint8).tobytes())


def test_what_was_downloaded_before_needs_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", lambda *a, **k: pytest.fail("asked the network"))
    pixels = np.arange(6 * 784, dtype=np.uint32).reshape(6, 28, 28) % 251
    for part, count in (("train", 4), ("t10k", 2)):
        write_idx(tmp_path / f"datasets/MNIST/raw/{part}-images-idx3-ubyte", pixels[:count])
        write_idx(tmp_path / f"datasets/MNIST/raw/{part}-labels-idx1-ubyte", np.arange(count))
    assert not facts("mnist", {}).note
    data = load.load("mnist", {})
    assert data.train.x.shape == (4, 1, 28, 28) and data.validation.y.tolist() == [0, 1]


def test_a_damaged_download_offers_the_included_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    for name in CATALOG["mnist"].files:
        path = tmp_path / "datasets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"no idx file"))
    with pytest.raises(DataError) as error:
        load.load("mnist", {})
    assert "MNIST 5k" in error.value.fix and str(tmp_path) in error.value.fix


def test_a_damaged_included_file_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "mnist5k.npz").write_bytes(b"PK no archive")
    monkeypatch.setattr(catalog, "SHIPPED", tmp_path)
    with pytest.raises(DataError, match="damaged"):
        load.load("mnist5k", {})
    (tmp_path / "mnist5k.npz").unlink()
    assert "missing" in facts("mnist5k", {}).problem


def test_fewer_training_digits_and_wrong_labels():
    whole, few = load.load("mnist5k", {}), load.load("mnist5k", {"count": 300, "wrong_labels": 0.2})
    assert facts("mnist5k", {"count": 300}).train == len(few.train) == 300 and facts("mnist5k", {"count": 9999}).train == 4000
    assert len(few.validation) == 1000 and torch.equal(few.validation.y, whole.validation.y)
    assert (few.train.y != whole.train.y[:300]).sum() == 60  # each wrong label is another class
    assert torch.equal(few.train.y, load.load("mnist5k", {"count": 300, "wrong_labels": 0.2}).train.y)
