"""The health report: counts, ranges, duplicates, unreadable files, and that a healthy set has no findings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.entry import LoadingStopped
from engine.data.health import health


@pytest.mark.parametrize("name", ["mnist5k", "animal_shapes"])
def test_the_included_sets_are_healthy(name: str):
    found = health(name, {})
    assert not found.findings and not found.duplicates and not found.problem and found.shape == (1, 28, 28)
    assert set(found.train.counts) == {found.train.samples // 10} and (found.train.low, found.train.high) == (0, 255)


def picture(path: Path, value: int, size: tuple[int, int] = (10, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size[::-1], value, np.uint8)).save(path)


def test_what_is_wrong_with_a_folder_is_found(tmp_path: Path):
    for index in range(30):
        picture(tmp_path / "train" / "many" / f"{index}.png", index, (10, 10 + index))
    picture(tmp_path / "train" / "few" / "0.png", 100)
    picture(tmp_path / "test" / "many" / "0.png", 7)  # also in the training set
    picture(tmp_path / "test" / "many" / "1.png", 200)
    (tmp_path / "train" / "few" / "bad.png").write_text("no image")
    found = health("image_folder", {"folder": str(tmp_path), "size": 8, "colour": "grey"})
    assert found.train.counts == (1, 30) and found.validation.counts == (0, 2) and found.file_sizes == ((10, 10), (10, 39))
    assert len(found.duplicates) == 1 and [Path(name).name for name in found.unreadable] == ["bad.png"]
    words = " ".join(found.findings)
    assert "1 of 2 validation samples are also" in words and "validation set has nothing of few" in words and "few (1)" in words and "bad.png" in words
    assert (found.train.low, found.train.high) == (0, 100) and abs(found.train.mean[0] - (sum(range(30)) + 100) / 31) < 1e-9


def test_columns_that_never_change_are_found(tmp_path: Path):
    np.savez(tmp_path / "t.npz", x=np.column_stack([np.arange(20.0), np.ones(20)]), y=np.arange(20) % 2)
    found = health("table", {"file": "t.npz"}, base=str(tmp_path))
    assert found.train.std[1] == 0 and "1 of 2 columns" in found.findings[0]
    assert found.train.mean == pytest.approx((found.train.mean[0], 1.0)) and found.train.samples + found.validation.samples == 20


def test_pixels_are_counted_where_each_has_a_class():
    found = health("scenes", {"count": 8, "size": 24})
    assert sum(found.train.counts) == 8 * 24 * 24 and len(found.train.counts) == 4 and found.train.ignored == 0


def test_a_set_that_cannot_be_loaded_has_a_problem_and_no_report(tmp_path: Path):
    found = health("image_folder", {"folder": str(tmp_path / "gone")})
    assert "does not exist" in found.problem and found.fix and found.train is None
    assert health("input", {}).problem and health("nothing", {}).problem


def test_a_report_can_be_stopped(tmp_path: Path):
    for name in ("a", "b"):
        picture(tmp_path / name / "1.png", 3)
        picture(tmp_path / name / "2.png", 9)
    with pytest.raises(LoadingStopped):
        health("image_folder", {"folder": str(tmp_path)}, say=lambda words: False)
