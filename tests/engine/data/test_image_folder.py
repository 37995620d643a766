"""A folder of class-named subfolders: what is found, what is skipped, how it is divided, and what is said when it cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.data.catalog import DataError, LoadingStopped, facts
from engine.data.folder import folder_listing
from engine.data.images import decoded
from engine.data.load import load


def picture(path: Path, colour: tuple[int, ...] = (200, 30, 60), size: tuple[int, int] = (40, 20), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Ten cats, ten dogs and a file that is none of our business."""
    for index in range(10):
        picture(tmp_path / "cat" / f"{index}.png", (250, index, 0))
        picture(tmp_path / "dog" / f"{index}.jpg", (0, index, 250))
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "cat" / "notes.txt").write_text("hello")
    return tmp_path


def test_classes_are_the_subfolders(animals: Path):
    known = facts("image_folder", {"folder": str(animals), "size": 16})
    assert known.class_names == ("cat", "dog") and (known.train, known.validation) == (16, 4)
    data = load("image_folder", {"folder": str(animals), "size": 16})
    assert data.train.x.shape == (16, 3, 16, 16) and data.validation.y.bincount().tolist() == [2, 2]
    red = (data.train.x * data.train.std + data.train.mean)[:, 0].mean((1, 2))
    assert torch.equal(red > 0.5, data.train.y == 0)  # cats are red: pixels and labels stayed together


def test_relative_folders_count_from_the_project(animals: Path):
    assert facts("image_folder", {"folder": animals.name}, str(animals.parent)).classes == 2
    assert len(load("image_folder", {"folder": animals.name, "size": 8}, base=str(animals.parent)).train) == 16


def test_grey_has_one_channel_and_pairs_are_height_and_width(animals: Path):
    params = {"folder": str(animals), "size": (8, 12), "colour": "grey"}
    assert facts("image_folder", params).outputs["image"] == (1, 8, 12)
    assert load("image_folder", params).train.x.shape == (16, 1, 8, 12)


def test_bad_files_are_skipped_counted_and_named(animals: Path):
    (animals / "cat" / "broken.png").write_text("I am no image")
    whole = (animals / "dog" / "0.jpg").read_bytes()
    (animals / "dog" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (animals / "dog" / "empty.gif").touch()
    data = load("image_folder", {"folder": str(animals), "size": 16})
    assert len(data.train) + len(data.validation) == 20
    assert data.report.startswith("3 of 23 files") and "broken.png" in data.report and "cut.jpg" in data.report


def test_a_decompression_bomb_is_skipped(animals: Path, monkeypatch: pytest.MonkeyPatch):
    picture(animals / "cat" / "huge.png", size=(300, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50_000)
    assert "huge.png" in load("image_folder", {"folder": str(animals), "size": 8}).report


def test_odd_image_kinds_are_read_as_people_see_them(tmp_path: Path):
    picture(tmp_path / "clear.png", (0, 0, 0, 0), mode="RGBA")
    Image.fromarray(np.full((9, 9), 32768, np.uint16)).save(tmp_path / "deep.png")
    Image.new("1", (9, 9), 1).save(tmp_path / "bits.png")
    Image.new("CMYK", (9, 9), (0, 0, 0, 0)).save(tmp_path / "print.tif")
    levels = {path.stem: int(decoded(str(path), (1, 4, 4)).mean()) for path in tmp_path.iterdir()}
    assert levels == {"clear": 255, "deep": 127, "bits": 255, "print": 255}  # transparent is white, 16 bits are scaled and not clipped
    assert decoded(str(tmp_path / "deep.png"), (3, 4, 4)).shape == (3, 4, 4)


def test_sideways_photos_are_turned(tmp_path: Path):
    for name in ("a", "b"):
        for index in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            image = Image.new("RGB", (8, 8), "black")
            image.paste((255, 255, 255), (0, 0, 4, 8))  # left half white
            exif = image.getexif()
            exif[0x0112] = 6  # to be turned by 90 degrees clockwise: the left half becomes the top
            image.save(tmp_path / name / f"{index}.png", exif=exif)
    data = load("image_folder", {"folder": str(tmp_path), "size": 8, "colour": "grey", "validation": 0.5})
    assert data.train.x[0, 0, 1].mean() > data.train.x[0, 0, 6].mean()


def test_the_split_is_stable_and_disjoint(animals: Path):
    listing = folder_listing(str(animals))
    train, validation = listing.split(0.3)
    assert (train, validation) == listing.split(0.3)
    assert not set(train) & set(validation) and len(set(train) | set(validation)) == 20
    assert [label for _, label in validation].count(0) == 3
    picture(animals / "bird" / "0.png")
    picture(animals / "bird" / "1.png")
    os.utime(animals)
    names = {name for name, _ in folder_listing(str(animals)).split(0.3)[1]}
    assert {name for name, _ in validation} <= names  # a new class does not reshuffle the others


def test_a_folder_that_is_divided_already_keeps_its_division(animals: Path, tmp_path: Path):
    root = tmp_path / "divided"
    for part, count in (("train", 4), ("test", 2)):
        for name in ("x", "y"):
            for index in range(count):
                picture(root / part / name / f"{index}.png")
    known = facts("image_folder", {"folder": str(root)})
    assert (known.train, known.validation, known.class_names) == (8, 4, ("x", "y"))
    data = load("image_folder", {"folder": str(root), "size": 4})
    assert (len(data.train), len(data.validation)) == (8, 4)
    picture(root / "test" / "z" / "0.png")
    assert "'z'" in facts("image_folder", {"folder": str(root)}).problem


def test_new_files_are_noticed(animals: Path):
    params = {"folder": str(animals)}
    assert facts("image_folder", params).train == 16
    for index in range(10, 15):
        picture(animals / "cat" / f"{index}.png")
    assert facts("image_folder", params).train == 20


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda root: "", "No image folder is chosen"),
        (lambda root: str(root / "gone"), "does not exist"),
        (lambda root: str(root), "no subfolder with images"),
        (lambda root: picture(root / "only" / "1.png") or str(root), "only one class, 'only'"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(tmp_path: Path, make, says: str):
    known = facts("image_folder", {"folder": make(tmp_path)})
    assert says in known.problem and "one subfolder of images for each class" in known.fix
    with pytest.raises(DataError, match=says):
        load("image_folder", {"folder": make(tmp_path)})


def test_a_folder_without_any_image_says_so(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(3):
            (tmp_path / name / f"{index}.png").write_text("no image")
    with pytest.raises(DataError, match="None of the"):
        load("image_folder", {"folder": str(tmp_path)})


def test_loading_can_be_stopped(animals: Path):
    with pytest.raises(LoadingStopped):
        load("image_folder", {"folder": str(animals)}, say=lambda words: False)
