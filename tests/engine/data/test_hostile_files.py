"""Files of the user that are odd, broken or meant to harm: they are skipped, counted and named, or one sentence says what is wrong. Never a traceback."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.compile import problems
from engine.compile.analyse import analyse
from engine.data import images, masks, meshes, render
from engine.data.catalog import facts
from engine.data.entry import DataError
from engine.data.health import health
from engine.data.load import load
from engine.graph.model import Node, Snapshot
from engine.train.config import Job, TrainingError
from engine.train.control import Control
from engine.train.setup import load_dataset

ROWS = np.arange(120.0).reshape(30, 4)
KINDS = np.arange(30) % 3


# -- tables --------------------------------------------------------------------------------------------------------------------
def archive(path: Path, **arrays: object) -> dict:
    np.savez(path / "t.npz", **arrays)
    return {"file": str(path / "t.npz")}


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": ROWS, "y_train": KINDS[:25], "x_test": ROWS[:10], "y_test": np.arange(15) % 3}, r"x_train has the shape \(30, 4\) and y_train"),
        ({"x_train": ROWS, "y_train": KINDS, "x_test": ROWS[:10, :3], "y_test": KINDS[:10]}, "their samples differ"),
        ({"x_train": ROWS, "y_train": KINDS, "x_test": ROWS[:9, :, None], "y_test": KINDS[:9]}, "their samples differ"),
        ({"x_train": ROWS, "y_train": np.int64(3), "x_test": ROWS, "y_test": KINDS}, "not one label for each sample"),
        ({"x_train": ROWS[:0], "y_train": KINDS[:0], "x_test": ROWS, "y_test": KINDS}, "no rows to train on"),
        ({"x": ROWS[:0], "y": KINDS[:0]}, "0 usable rows"),
        ({"x": ROWS[:, :0], "y": KINDS}, "no features"),
        ({"x": ROWS * 1e300, "y": KINDS}, "0 usable rows.* 30 of 30 rows have numbers that are not finite"),
        ({"x": ROWS * np.nan, "y": KINDS}, "0 usable rows.* 30 of 30"),
        ({"x": ROWS, "y": KINDS * 0}, "only one value"),
    ],
)
def test_archives_whose_arrays_do_not_fit_say_so(tmp_path: Path, arrays: dict, says: str):
    params = archive(tmp_path, **arrays)
    known = facts("table", params)
    assert known.problem and known.fix
    with pytest.raises(DataError, match=says):
        load("table", params)


def lying(path: Path, shape: tuple[int, ...], header: bytes | None = None) -> dict:
    """An archive whose header promises more than there is."""
    with zipfile.ZipFile(path / "t.npz", "w") as file:
        for name in ("x", "y"):
            stream = io.BytesIO()
            np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
            file.writestr(f"{name}.npy", (header or stream.getvalue()) + bytes(64))
    return {"file": str(path / "t.npz")}


@pytest.mark.parametrize("shape", [(10**14,), (2**40, 2**40), (-5, 4)])
def test_an_archive_cannot_claim_all_memory(tmp_path: Path, shape: tuple[int, ...]):
    assert "cannot be read" in facts("table", lying(tmp_path, shape)).problem


def test_an_archive_of_other_files_or_with_a_broken_header_is_no_table(tmp_path: Path):
    assert "cannot be read" in facts("table", lying(tmp_path, (3,), b"\x93NUMPY\x01\x00\x40\x00{'descr': '<f4', 'fortran_order'")).problem
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as file:
        file.writestr("x.txt", "hello")
    assert "0 arrays" in facts("table", {"file": str(tmp_path / "t.npz")}).problem


def test_a_damaged_archive_never_raises(tmp_path: Path):
    whole, rng = Path(archive(tmp_path, x=np.zeros((30, 4), np.float32), y=KINDS)["file"]).read_bytes(), random.Random(3)
    for index in range(150):
        data = bytearray(whole)
        for _ in range(3):
            data[rng.randrange(min(len(data), 300) if index % 2 else len(data))] = rng.randrange(256)
        (tmp_path / "t.npz").write_bytes(data[: rng.randrange(1, len(data))] if index % 5 == 0 else data)
        known = facts("table", {"file": str(tmp_path / "t.npz")})
        assert bool(known.problem) == bool(known.fix) != bool(known.outputs)


@pytest.mark.parametrize(("shape", "given"), [((30, 8, 8, 4), (4, 8, 8)), ((30, 3, 8, 8), (3, 8, 8)), ((30, 4, 8, 8), (4, 8, 8)), ((30, 8, 8, 2), (2, 8, 8))])
def test_pictures_with_transparency_keep_their_axes(tmp_path: Path, shape: tuple[int, ...], given: tuple[int, ...]):
    assert facts("table", archive(tmp_path, x=np.zeros(shape, np.uint8), y=KINDS)).outputs["features"] == given


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimals_may_stand_behind_a_comma(tmp_path: Path, delimiter: str):
    lines = [delimiter.join((f"{i},25", f"{2 * i}", "ab"[i % 2])) for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join([delimiter.join("xyz"), *lines]))
    data = load("table", {"file": str(tmp_path / "t.csv"), "standardise": False})
    assert sorted({*data.train.x[:, 0].tolist(), *data.validation.x[:, 0].tolist()}) == [i + 0.25 for i in range(20)] and not data.report
    (tmp_path / "t.csv").write_text("\n".join(f"1,000{delimiter}{i}.5{delimiter}{'ab'[i % 2]}" for i in range(20)))  # an English table: no decimals there
    assert "column 1" in load("table", {"file": str(tmp_path / "t.csv")}).report


@pytest.mark.parametrize(
    ("text", "params", "says"),
    [
        ("a,b,y\n" + "\n".join(f"{i},{i},w{i % 2}" for i in range(20)), {"task": "number"}, "holds words, not numbers"),
        ("a,b,y\n" + "\n".join(f"{i},{'gone' if i % 2 else i},{i % 2}" for i in range(20)), {}, "only one value.* 10 of 20 rows"),
        ("a,b,c,d,y\n" + "1,2,x\n3,4,z\n" * 9, {}, "18 of 18 rows have not the 5 columns"),
        ("one\ntwo\n", {}, "1 column;"),
    ],
)
def test_a_table_says_what_was_left_out_before_it_failed(tmp_path: Path, text: str, params: dict, says: str):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=says):
        load("table", {"file": str(tmp_path / "t.csv"), **params})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path):
    for name in ("t.csv", "t.png", "t.off"):
        os.mkfifo(tmp_path / name)
    assert "is no file" in facts("table", {"file": str(tmp_path / "t.csv")}).problem
    assert images.decoded(str(tmp_path / "t.png"), (3, 4, 4)) is None and masks.decoded(str(tmp_path / "t.png"), (4, 4)) is None
    with pytest.raises(meshes.MeshError, match="no file"):
        meshes.read(str(tmp_path / "t.off"))


# -- images and masks ----------------------------------------------------------------------------------------------------------
CLASSES = np.zeros((16, 24), np.uint8)
CLASSES[:, 12:], CLASSES[:4] = 1, 2


def saved(mode: str) -> Image.Image:
    """The mask in another mode of the same meaning."""
    if mode in ("I", "I;16", "F"):
        return Image.fromarray(CLASSES.astype({"I": np.int32, "I;16": np.uint16, "F": np.float32}[mode]))
    grey = Image.fromarray(CLASSES)
    if mode == "RGB":
        return Image.merge("RGB", [grey] * 3)
    return Image.merge("RGBA", [*[grey] * 3, Image.new("L", grey.size, 255)]) if mode == "RGBA" else grey.convert(mode)


def pairs(root: Path, *others: Image.Image, ending: str = "png", mask: Image.Image | None = None) -> dict:
    """Six pictures, the first with these other masks."""
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    rng = np.random.RandomState(0)
    for index in range(6):
        Image.fromarray(rng.randint(0, 255, (16, 24, 3)).astype(np.uint8)).save(root / "images" / f"{index}.png")
        (others[index] if index < len(others) else mask or saved("L")).save(root / "masks" / f"{index}.{ending}")
    return {"folder": str(root), "size": (16, 24), "classes": 3}


@pytest.mark.parametrize(("mode", "ending"), [("LA", "png"), ("RGB", "png"), ("RGBA", "png"), ("I;16", "png"), ("I", "tif"), ("F", "tif"), ("L", "gif")])
def test_a_mask_of_indices_is_one_in_every_mode(tmp_path: Path, mode: str, ending: str):
    data = load("mask_folder", pairs(tmp_path, mask=saved(mode), ending=ending))
    assert torch.equal(data.train.batch(torch.arange(1))[1][0], torch.from_numpy(CLASSES).long())


def test_a_mask_of_other_proportions_is_left_out_and_named_and_a_smaller_copy_is_not(tmp_path: Path):
    upright, half = Image.fromarray(np.ones((40, 10), np.uint8)), saved("L").resize((12, 8), Image.Resampling.NEAREST)
    params = pairs(tmp_path, upright, half)
    data, report = load("mask_folder", params), health("mask_folder", params)
    assert len(data.train) + len(data.validation) == 5 and "1 mask has other proportions" in data.report and "0.png" in data.report
    assert report.unreadable == (os.path.join("masks", "0.png"),)
    with pytest.raises(DataError, match="other proportions"):
        load("mask_folder", pairs(tmp_path / "all", *[upright] * 6))


def test_a_coloured_mask_is_told_by_its_colour_and_offers_the_way_out(tmp_path: Path):
    with pytest.raises(DataError, match="the colour 200, 30, 7") as error:
        load("mask_folder", pairs(tmp_path, mask=Image.new("RGB", (24, 16), (200, 30, 7))))
    assert dict(error.value.remedies[0].params) == {"values": "ranked"}


def test_an_unknown_index_offers_repairs_that_work(tmp_path: Path):
    params = {**pairs(tmp_path), "classes": 2}
    with pytest.raises(DataError) as error:
        load("mask_folder", params)
    offered = [dict(remedy.params) for remedy in error.value.remedies]
    assert offered[:2] == [{"classes": 3}, {"ignore": 2}]
    for change in offered[:2]:
        load("mask_folder", {**params, **change})


def test_the_repairs_of_a_mask_reach_the_problem_at_its_node(tmp_path: Path):
    params = {**pairs(tmp_path), "classes": 2}
    with pytest.raises(TrainingError) as error:
        load_dataset(Node("photos1", "mask_folder", params=params), Job(snapshot=Snapshot()), device=torch.device("cpu"), control=Control())
    problem = error.value.problem
    assert problem.node == "photos1" and [remedy.title for remedy in problem.remedies] == ["Set Classes to 3", "Ignore 2", "Number the values in order"]


def test_a_folder_of_views_says_how_many_there_are(tmp_path: Path):
    for name in ("cup", "mug"):
        (tmp_path / name).mkdir()
        for index in range(9):
            Image.new("L", (8, 8)).save(tmp_path / name / f"{name}{index // 3}_{index % 3}.png")
    assert facts("view_folder", {"folder": str(tmp_path), "views": 12}).problem.endswith("has 12 views; most have 3.")


def test_masks_with_more_values_than_there_can_be_classes_ask_for_other_files(tmp_path: Path):
    noisy = Image.fromarray(np.arange(384, dtype=np.int32).reshape(16, 24))
    with pytest.raises(DataError, match="384 distinct values") as error:
        load("mask_folder", {**pairs(tmp_path, mask=noisy, ending="tif"), "values": "ranked", "ignore": -1})
    assert "PNG" in error.value.fix


def test_a_picture_with_holes_is_black_there_and_one_of_holes_is_none(tmp_path: Path):
    values = np.full((5, 5), 200, np.float32)
    values[:, :2] = np.nan
    Image.fromarray(values).save(tmp_path / "holes.tif")
    Image.fromarray(values * np.nan).save(tmp_path / "nothing.tif")
    found = images.decoded(str(tmp_path / "holes.tif"), (1, 5, 5))
    assert found[0, :, :2].max() == 0 and found[0, :, 2:].min() == 255
    assert images.decoded(str(tmp_path / "nothing.tif"), (1, 5, 5)) is None


def test_a_dataset_larger_than_the_machine_is_refused_at_its_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(problems, "machine_memory", lambda: 10**9)
    for name in "ab":
        (tmp_path / name).mkdir()
        for index in range(6):
            (tmp_path / name / f"{index}.png").touch()
    for size, refused in ((4096, True), (3600, False)):  # 2 · 12 · 3 · 4096² is 1.21 GB
        snapshot = Snapshot((Node("images1", "image_folder", params={"folder": str(tmp_path), "size": size}),))
        found = [problem for problem in analyse(snapshot).errors if problem.code == "samples-memory"]
        assert bool(found) == refused
        assert not found or (found[0].node == "images1" and "3×4096×4096" in found[0].message and "about 1 GB" in found[0].message and found[0].fix)


# -- meshes --------------------------------------------------------------------------------------------------------------------
CORNERS = "0 0 0\n1 0 0\n0 0 1\n"
PLY = "ply\nformat ascii 1.0\ncomment {}\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
PLY += "property list uchar int vertex_indices\nend_header\n" + CORNERS + "3 0 1 {}\n"
STL = "solid {0}\nfacet normal 0 1 0\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 0 1\nendloop\nendfacet\nendsolid {0}\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.off", "# {}\nOFF\n3 1 0\n" + CORNERS + "3 0 1 2\n"),
        ("a.obj", "o {}\nv 0 0 0\nv 1 0 0\nv 0 0 1\nf 1 2 3\n"),
        ("a.stl", STL),
        ("a.ply", PLY.replace("3 0 1 {}", "3 0 1 2")),
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_words_of_any_coding_in_a_mesh_file_do_no_harm(tmp_path: Path, name: str, text: str, coding: str):
    (tmp_path / name).write_bytes(text.format("Möbel").encode(coding))
    assert len(meshes.read(str(tmp_path / name))[1]) == 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.ply", PLY.format("x", 77), "corner that does not exist"),
        ("a.off", "OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n", "without an area"),
        ("a.off", "OFF\n1000000000 1000000000 0\n0 0 0\n", "cannot be read"),
        ("a.stl", "\0" * 200, "cannot be read|no faces"),
    ],
)
def test_a_mesh_with_impossible_faces_says_why(tmp_path: Path, capfd: pytest.CaptureFixture, name: str, text: str, says: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(meshes.MeshError, match=says):
        meshes.read(str(tmp_path / name))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("length", ["1e-120", "1e120", "1e307"])
def test_a_mesh_of_any_scale_is_seen(tmp_path: Path, length: str):
    (tmp_path / "a.off").write_text(f"OFF\n3 1 0\n0 0 0\n{length} 0 0\n0 0 {length}\n3 0 1 2\n")
    assert render.render(meshes.read(str(tmp_path / "a.off")), render.ring(2, 30), (8, 8)).any()


def test_what_nobody_can_see_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "home"))
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for index in range(4):
            (tmp_path / "set" / name / f"{index}.off").write_text("OFF\n3 1 0\n" + CORNERS + "3 0 1 2\n")
    (tmp_path / "set" / "a" / "hair.off").write_text("OFF\n3 1 0\n0 0 0\n1e-9 0 0\n0 0 1\n3 0 1 2\n")
    data = load("mesh_folder", {"folder": str(tmp_path / "set"), "views": 3, "size": 8})
    assert len(data.train) + len(data.validation) == 8 and "hair.off is too thin to be seen" in data.report
