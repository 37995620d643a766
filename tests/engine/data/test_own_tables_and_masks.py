"""The user's own tables and masks: what is read, what is skipped, and what is said when they cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.data.catalog import facts
from engine.data.entry import DataError
from engine.data.load import load


# -- tables --------------------------------------------------------------------------------------------------------------------
def flowers(path: Path, *, titled: bool = True, delimiter: str = ",") -> dict:
    """Forty rows whose second column is the class; the first tells it."""
    rows = [["length", "kind", "place", "width"]] if titled else []
    rows += [[f"{i % 2 + i / 1000}", ("rose", "lily")[i % 2], "garden", str(i)] for i in range(40)]
    path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n", encoding="utf-8")
    return {"file": str(path), "label": 2}


@pytest.mark.parametrize(("titled", "delimiter"), [(True, ","), (False, ","), (True, ";"), (True, "\t")])
def test_a_csv_file_has_features_and_a_label_column(tmp_path: Path, titled: bool, delimiter: str):
    params = flowers(tmp_path / "flowers.csv", titled=titled, delimiter=delimiter)
    known, data = facts("table", params), load("table", params)
    assert known.class_names == data.class_names == ("lily", "rose") and dict(known.outputs) == {"features": (2,), "label": ()}
    assert (known.train, known.validation) == (len(data.train), len(data.validation)) == (32, 8)
    restored = data.train.x * data.train.std + data.train.mean
    assert torch.equal(restored[:, 0] < 0.5, data.train.y == 1)  # roses are short: features and labels stayed together
    assert data.train.x.mean(0).abs().max() < 1e-5 and data.validation.y.bincount().tolist() == [4, 4]
    assert ("place" if titled else "column 3") in data.report


def test_rows_with_gaps_are_skipped_and_counted(tmp_path: Path):
    params = flowers(tmp_path / "flowers.csv")
    with (tmp_path / "flowers.csv").open("a") as file:
        file.write("1.5,rose,garden,\nnan,rose,garden,3\n1,rose\n\n")
    data = load("table", params)
    assert data.report.startswith("3 of 43 rows") and len(data.train) + len(data.validation) == 40


def test_a_number_can_be_predicted(tmp_path: Path):
    (tmp_path / "t.csv").write_text("a,b,y\n" + "\n".join(f"{i},{i * i},{i / 2}" for i in range(20)))
    params = {"file": "t.csv", "task": "number", "standardise": False}
    known, data = facts("table", params, str(tmp_path)), load("table", params, base=str(tmp_path))
    assert known.outputs["label"] == (1,) and known.dtypes == {"label": "float32"} and known.classes == 0
    assert data.train.y.dtype is torch.float32 and torch.equal(data.train.x[:, :1], 2 * data.train.y)


def test_npz_files_hold_rows_columns_or_pictures(tmp_path: Path):
    y = np.arange(30) % 3
    np.savez(tmp_path / "rows.npz", x=np.arange(60.0).reshape(30, 2), y=y)
    np.savez(tmp_path / "columns.npz", height=np.arange(30), width=np.arange(30.0) ** 2, target=y)
    np.savez(tmp_path / "pictures.npz", x=np.arange(30 * 48, dtype=np.uint8).reshape(30, 4, 4, 3), labels=y)
    divided = {"x_train": np.zeros((6, 5, 5), np.uint8), "y_train": y[:6], "x_test": np.ones((3, 5, 5), np.uint8), "y_test": y[:3]}
    np.savez(tmp_path / "divided.npz", **divided, classes=np.array(["a", "b", "c"]))
    found = {name: facts("table", {"file": str(tmp_path / f"{name}.npz")}) for name in ("rows", "columns", "pictures", "divided")}
    assert {name: known.outputs["features"] for name, known in found.items()} == {"rows": (2,), "columns": (2,), "pictures": (3, 4, 4), "divided": (1, 5, 5)}
    assert found["divided"].class_names == ("a", "b", "c") and (found["divided"].train, found["divided"].validation) == (6, 3)
    data = load("table", {"file": str(tmp_path / "divided.npz")})
    assert data.train.pixels and (data.validation.images(0, 3) > data.train.images(0, 3)).all()


def test_a_pickle_is_never_opened(tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    np.savez(tmp_path / "trap.npz", x=np.array([Trap()] * 9, object), y=np.arange(9) % 2)
    known = facts("table", {"file": str(tmp_path / "trap.npz")})
    assert "cannot be read" in known.problem and known.fix and not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "content", "params", "says"),
    [
        ("", "", {}, "No table is chosen"),
        ("gone.csv", None, {}, "does not exist"),
        ("x.xlsx", "a,b", {}, "neither a .csv nor an .npz"),
        ("x.npz", "no archive", {}, "cannot be read"),
        ("x.csv", "", {}, "0 columns"),
        ("x.csv", "a,b\n1,2\n", {}, "1 usable rows"),
        ("x.csv", "a,b\n" + "x,1\n" * 9, {}, "holds numbers"),
        ("x.csv", "a,b\n" + "1,x\n" * 9, {}, "only one value"),
        ("x.csv", "a,b\n" + "1,x\n" * 9, {"task": "number"}, ""),
        ("x.csv", "a,b\n" + "1,2\n" * 9, {"label": 7}, "2 columns"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, name: str, content: str | None, params: dict, says: str):
    if content is not None and name:
        (tmp_path / name).write_text(content)
    params = {**params, "file": str(tmp_path / name) if name else ""}
    known = facts("table", params)
    assert says in known.problem and known.problem and known.fix
    with pytest.raises(DataError):
        load("table", params)


def test_a_changed_table_is_read_again(tmp_path: Path):
    params = flowers(tmp_path / "flowers.csv")
    assert facts("table", params).train == 32
    with (tmp_path / "flowers.csv").open("a") as file:
        file.write("1.5,tulip,garden,4\n" * 10)
    assert facts("table", params).class_names == ("lily", "rose", "tulip")


# -- masks ---------------------------------------------------------------------------------------------------------------------
COLOURS = ((0, 0, 0), (200, 30, 30), (20, 200, 20))


def pairs(root: Path, parts: tuple[str, ...] = ("",), *, mode: str = "L", count: int = 5, ignored: bool = True) -> Path:
    """Pictures whose left half is dark and of class 0, right half bright and of class 2; a corner of the masks is ignored."""
    for part in parts:
        for kind in ("images", "masks"):
            (root / part / kind).mkdir(parents=True)
        for index in range(count):
            picture, classes = np.zeros((8, 12), np.uint8), np.zeros((8, 12), np.uint8)
            picture[:, 6:], classes[:, 6:] = 200 + index, 2
            classes[0, 0] = 1
            if ignored and mode != "RGB":
                classes[7, 11] = 255
            Image.fromarray(picture).save(root / part / "images" / f"{index}.jpg", quality=95)
            mask = Image.fromarray(np.array(COLOURS, np.uint8)[classes] if mode == "RGB" else classes)
            if mode == "P":
                mask = Image.frombytes("P", (12, 8), classes.tobytes())
                mask.putpalette([value for colour in COLOURS for value in colour] + [0] * 759)
            mask.save(root / part / "masks" / f"{index}.png")
    return root


@pytest.mark.parametrize(("mode", "values"), [("L", "index"), ("P", "index"), ("RGB", "ranked"), ("L", "ranked")])
def test_masks_are_classes_of_pixels(tmp_path: Path, mode: str, values: str):
    params = {"folder": str(pairs(tmp_path, mode=mode)), "size": (8, 12), "classes": 3, "values": values, "colour": "grey"}
    known, data = facts("mask_folder", params), load("mask_folder", params)
    assert dict(known.outputs) == {"image": (1, 8, 12), "mask": (8, 12)} and (known.train, known.validation) == (4, 1) == (
        len(data.train),
        len(data.validation),
    )
    x, y = data.train.batch(torch.arange(4))
    bright = sorted(COLOURS).index(COLOURS[2]) if mode == "RGB" else 2
    assert (y[:, 1:7, 6:] == bright).all() and (y[:, 1:, :6] == 0).all() and y.dtype is torch.int64
    assert mode == "RGB" or (y[:, 7, 11] == -100).all()
    assert (x[:, 0, :, 7:] > x[:, 0, :, :5].max()).all()


def test_a_loss_and_the_accuracy_leave_ignored_pixels_out(tmp_path: Path):
    from engine.train.metrics import Accuracy

    params = {"folder": str(pairs(tmp_path)), "size": (8, 12), "classes": 3}
    y = load("mask_folder", params).train.batch(torch.arange(4))[1]
    scores = torch.nn.functional.one_hot(y.clamp(min=0), 3).permute(0, 3, 1, 2).float() * 100
    assert torch.nn.functional.cross_entropy(scores, y).item() == 0
    right = Accuracy(0, 0, binary=False)
    assert right.correct(scores, y).tolist() == [1.0] * 4 and right.correct(-scores, y).max() < 0.1


def test_a_divided_folder_keeps_its_division_and_masks_are_cut_like_images(tmp_path: Path):
    params = {"folder": str(pairs(tmp_path, ("train", "val"))), "size": 8, "classes": 3}
    data = load("mask_folder", params)
    assert (len(data.train), len(data.validation)) == (5, 5)
    assert (data.train.batch(torch.arange(5))[1][:, 1:7, 4:] == 2).all()  # the middle of 12 columns


def test_bad_pairs_are_skipped_and_named(tmp_path: Path):
    root = pairs(tmp_path)
    (root / "masks" / "2.png").write_text("no image")
    (root / "images" / "alone.png").write_bytes((root / "images" / "1.jpg").read_bytes())
    params = {"folder": str(root), "size": 8, "classes": 3, "validation": 0.2}
    assert "alone.png" in facts("mask_folder", params).note
    data = load("mask_folder", params)
    assert len(data.train) + len(data.validation) == 4 and "2.png" in data.report and "alone.png" in data.report


def test_an_unknown_class_is_named_with_a_way_out(tmp_path: Path):
    params = {"folder": str(pairs(tmp_path)), "size": (8, 12), "classes": 2}
    with pytest.raises(DataError, match=r"has the value 2, but the classes are 0 to 1") as error:
        load("mask_folder", params)
    assert "Set Classes to 3" in error.value.fix and ".png" in str(error.value)
    with pytest.raises(DataError, match="3 distinct values"):
        load("mask_folder", {**params, "values": "ranked"})


def test_masks_of_black_and_white_are_not_ignored_in_silence(tmp_path: Path):
    root = pairs(tmp_path, ignored=False)
    for path in (root / "masks").iterdir():
        Image.fromarray(np.where(np.arange(96).reshape(8, 12) % 2, 255, 0).astype(np.uint8)).save(path)
    params = {"folder": str(root), "size": (8, 12)}
    with pytest.raises(DataError) as error:
        load("mask_folder", params)
    assert "ranked" in error.value.fix
    y = load("mask_folder", {**params, "values": "ranked", "ignore": -1}).train.batch(torch.arange(4))[1]
    assert y.unique().tolist() == [0, 1]


@pytest.mark.parametrize(("make", "says"), [(lambda r: "", "chosen"), (lambda r: str(r / "no"), "exist"), (lambda r: str(r), "no subfolder called images")])
def test_a_mask_folder_that_cannot_be_used_says_why(tmp_path: Path, make, says: str):
    known = facts("mask_folder", {"folder": make(tmp_path)})
    assert says in known.problem and "images and masks" in known.fix
