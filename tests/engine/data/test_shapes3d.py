"""Shapes and their views: rays and rasteriser agree, cameras stand where they should, files of every kind are read, bad ones named."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import trimesh

from engine.data import descriptors, meshes, render, sources, views
from engine.data.catalog import facts
from engine.data.entry import DataError, LoadingStopped
from engine.data.load import load
from engine.data.offers import DISTANCES, SHAPES

RING = render.ring(12, 30)
RAYS = [False, *([True] if render.EmbreeScene is not None else [])]
SMALL = {"count": 2, "size": 12}


def mesh(name: str, seed: int = 3) -> meshes.Mesh:
    return meshes.build(name, np.random.RandomState(seed))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "home"))


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """The same picture, but for single samples on the rim of a face."""
    difference = np.abs(a.astype(int) - b)
    return difference.mean() < 0.5 and (difference > 8).mean() < 0.01


def test_there_are_ten_kinds_and_each_varies():
    assert len(SHAPES) >= 10 and tuple(sorted(meshes.BUILDERS)) == SHAPES
    for name in SHAPES:
        vertices, faces = mesh(name)
        assert np.isfinite(vertices).all() and faces.min() == 0 and faces.max() == len(vertices) - 1
        assert not close(render.render(mesh(name, 1), RING[:1], (32, 32)), render.render(mesh(name, 2), RING[:1], (32, 32)))


@pytest.mark.parametrize("rays", RAYS)
@pytest.mark.parametrize("name", ["mug", "shelf", "chair"])
def test_the_next_view_is_this_view_of_the_mesh_turned_back(name: str, rays: bool):
    vertices, faces = mesh(name)
    seen = render.render((vertices, faces), RING, (32, 32), rays=rays)
    turned = render.render((meshes.rotated(vertices, -30), faces), RING, (32, 32), rays=rays)
    assert close(np.roll(seen, -1, 0), turned)
    assert not close(seen, turned)


@pytest.mark.skipif(render.EmbreeScene is None, reason="there are no rays on this machine")
@pytest.mark.parametrize("name", SHAPES)
def test_the_rasteriser_sees_what_the_rays_see(name: str):
    assert close(*(render.render(mesh(name), RING[::5], (24, 20), rays=rays) for rays in (True, False)))


@pytest.mark.parametrize("rays", RAYS)
def test_the_nearer_face_hides_the_farther(rays: bool):
    near, far = meshes.box((-0.2, 0.2), (0.5, 0.6), (-0.2, 0.2)), meshes.box((-0.5, 0.5), (-0.6, -0.5), (-0.5, 0.5))
    alone, both = (render.render(meshes.joined(*parts), render.ring(2, 0), (40, 40), rays=rays) for parts in ((far,), (near, far)))
    assert (both[0] > 0).sum() < (alone[0] > 0).sum()  # scaled down to hold both
    front = render.by_raster(meshes.fitted(meshes.joined(near, far)), meshes.joined(near, far)[1], render.ring(2, 0), (40, 40))
    assert front[0, 40, 40] < 12 <= front[1, 40, 40]  # the first twelve faces are the near box


def test_both_sides_of_a_face_are_lit():
    vertices, faces = mesh("cup")
    assert np.array_equal(render.render((vertices, faces), RING, (16, 16)), render.render((vertices, faces[:, ::-1]), RING, (16, 16)))


def test_cameras_stand_on_a_ring_and_on_a_sphere():
    assert RING.shape == (12, 3, 3) and np.allclose(RING @ RING.transpose(0, 2, 1), np.eye(3), atol=1e-12)
    assert np.allclose(np.rad2deg(np.arcsin(RING[:, 2, 2])), 30) and np.allclose(RING[0, 2, :2] / np.linalg.norm(RING[0, 2, :2]), (0, 1))
    all_around = render.sphere()
    assert all_around.shape == (80, 3, 3) and np.allclose(np.linalg.det(all_around), 1)
    assert len(np.unique(all_around[:, 2].round(6), axis=0)) == 20 and np.allclose(all_around[:, 2].sum(0), 0, atol=1e-9)


def test_a_shelf_is_a_wardrobe_from_behind():
    def at(name: str, view: int) -> np.ndarray:
        vertices, faces = meshes.BUILDERS[name](np.random.RandomState(7))
        return render.render((vertices, faces), RING, (32, 32))[view].astype(int)

    assert np.abs(at("shelf", 6) - at("wardrobe", 6)).mean() < 0.4 * np.abs(at("shelf", 0) - at("wardrobe", 0)).mean()


def test_shapes_are_what_their_facts_say_and_never_change():
    known, data = facts("shapes3d", SMALL), load("shapes3d", SMALL)
    x, y = data.train.batch(torch.arange(20))
    assert x.shape[1:] == known.outputs["views"] == (12, 1, 12, 12) and (len(data.train), len(data.validation)) == (known.train, known.validation) == (20, 10)
    assert data.class_names == SHAPES and y.bincount().tolist() == [2] * 10
    assert not set(map(bytes, map(np.ndarray.tobytes, data.train.x.numpy()))) & set(map(np.ndarray.tobytes, data.validation.x.numpy()))


def test_single_views_are_the_same_pictures_one_by_one():
    whole, single = (sources.raw("shapes3d", {**SMALL, "samples": samples}) for samples in ("all views", "single views"))
    assert facts("shapes3d", {**SMALL, "samples": "single views"}).outputs["views"] == single.train_x.shape[1:] == (1, 12, 12)
    assert np.array_equal(whole.train_x.reshape(-1, 1, 12, 12), single.train_x) and np.array_equal(np.repeat(whole.train_y, 12), single.train_y)
    assert load("shapes3d", {**SMALL, "samples": "single views", "cameras": "all around"}).train.x.shape == (1600, 1, 12, 12)


def test_what_was_rendered_is_kept_and_a_damaged_copy_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    first = sources.raw("shapes3d", SMALL)
    files = sorted((tmp_path / "home" / "cache" / "views").glob("*.npz"))
    assert len(files) == 2
    with monkeypatch.context() as patch:
        patch.setattr(render, "render", lambda *a, **k: pytest.fail("rendered again"))
        assert np.array_equal(sources.raw("shapes3d", SMALL).train_x, first.train_x)
    for file in files:
        file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(sources.raw("shapes3d", SMALL).train_x, first.train_x)
    assert not np.array_equal(sources.raw("shapes3d", {**SMALL, "elevation": 0.0}).train_x, first.train_x)


def test_old_renderings_make_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(views, "KEPT", 2)
    for seed in range(3):
        sources.raw("shapes3d", {**SMALL, "views": 1, "seed": seed})
    assert len(list((tmp_path / "home" / "cache" / "views").iterdir())) == 2


def test_rendering_can_be_stopped():
    with pytest.raises(LoadingStopped):
        load("shapes3d", SMALL, say=lambda words: "Rendering" not in words)


# -- files ---------------------------------------------------------------------------------------------------------------------
CUBE = meshes.box((0, 1), (0, 1), (0, 1))


def off(mesh: meshes.Mesh, head: str = "OFF\n") -> str:
    points = "\n".join(" ".join(f"{value:.6g}" for value in point) for point in mesh[0])
    faces = "\n".join("3 " + " ".join(map(str, face)) for face in mesh[1])
    return f"{head}{len(mesh[0])} {len(mesh[1])} 0\n{points}\n{faces}\n"


def obj(mesh: meshes.Mesh) -> str:
    return "".join(f"v {x} {y} {z}\n" for x, y, z in mesh[0]) + "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in mesh[1])


def stl(mesh: meshes.Mesh) -> str:
    loops = ("".join(f"vertex {x} {y} {z}\n" for x, y, z in mesh[0][face]) for face in mesh[1])
    return "solid s\n" + "".join(f"facet normal 0 0 0\nouter loop\n{loop}endloop\nendfacet\n" for loop in loops) + "endsolid s\n"


def ply(mesh: meshes.Mesh) -> str:
    head = f"ply\nformat ascii 1.0\nelement vertex {len(mesh[0])}\nproperty float x\nproperty float y\nproperty float z\n"
    faces = f"element face {len(mesh[1])}\nproperty list uchar int vertex_indices\n" if len(mesh[1]) else ""
    rows = [" ".join(map(str, point)) for point in mesh[0]] + [f"3 {a} {b} {c}" for a, b, c in mesh[1]]
    return f"{head}{faces}end_header\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.off", off(CUBE)),
        ("b.off", off(CUBE, "OFF # a cube\n\n# more words\n")),
        ("c.obj", obj(CUBE)),
        ("d.OBJ", "mtllib gone.mtl\nusemtl red\no one\n" + obj(CUBE)),
        ("e.stl", stl(CUBE)),
        ("f.ply", ply(CUBE)),
    ],
)
def test_files_of_every_kind_give_the_same_picture(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    assert close(render.render(meshes.read(str(tmp_path / name)), RING, (16, 16)), render.render(CUBE, RING, (16, 16)))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("points.ply", ply((CUBE[0], np.empty((0, 3), int))), "no faces"),
        ("empty.off", "", "cannot be read"),
        ("words.obj", "hello", "cannot be read|no faces"),
        ("cut.off", off(CUBE)[:40], "cannot be read"),
        ("flat.off", off((CUBE[0] * 0, CUBE[1])), "no extent"),
        ("nan.off", off((CUBE[0] * np.nan, CUBE[1])), "cannot be read|no numbers"),
    ],
)
def test_a_file_that_is_no_mesh_says_why(tmp_path: Path, name: str, text: str, says: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(meshes.MeshError, match=says):
        meshes.read(str(tmp_path / name))


def test_y_can_point_up(tmp_path: Path):
    vertices, faces = mesh("lamp")
    (tmp_path / "lying.off").write_text(off((vertices[:, [0, 2, 1]] * (1, 1, -1), faces)))
    assert close(render.render(meshes.read(str(tmp_path / "lying.off"), "y"), RING, (24, 24)), render.render((vertices, faces), RING, (24, 24)))


def modelnet(root: Path, names: tuple[str, ...] = ("mug", "table")) -> Path:
    for name in names:
        for part, seeds in (("train", (1, 2, 3)), ("test", (4,))):
            for seed in seeds:
                path = root / name / part / f"{name}_{seed}.off"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(off(mesh(name, seed)))
    return root


def test_a_mesh_folder_keeps_its_division_and_names_what_is_no_mesh(tmp_path: Path):
    root = modelnet(tmp_path / "set")
    (root / "mug" / "train" / "points.ply").write_text(ply((CUBE[0], np.empty((0, 3), int))))
    params = {"folder": str(root), "size": 12}
    known, data = facts("mesh_folder", params), load("mesh_folder", params)
    assert known.class_names == data.class_names == ("mug", "table") and (known.train, known.validation) == (7, 2)
    assert (len(data.train), len(data.validation)) == (6, 2) and data.train.y.bincount().tolist() == [3, 3]
    assert data.report.startswith("1 of 9 files") and "points.ply has no faces" in data.report
    assert load("mesh_folder", params).report == data.report  # from the disk
    expected = render.render(mesh("mug", 4), RING, (12, 12))
    shown = ((data.validation.x * data.validation.std + data.validation.mean) * 255).round()[data.validation.y == 0][0, :, 0].numpy()
    assert close(expected, shown)


def test_a_changed_mesh_is_rendered_again(tmp_path: Path):
    root = modelnet(tmp_path / "set")
    params = {"folder": str(root), "size": 12}
    before = sources.raw("mesh_folder", params)
    (root / "mug" / "test" / "mug_4.off").write_text(off(mesh("chair", 1)))
    assert not np.array_equal(before.validation_x, sources.raw("mesh_folder", params).validation_x)


def test_a_mesh_folder_without_division_is_divided(tmp_path: Path):
    for name in ("mug", "cup"):
        for seed in range(5):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{seed}.obj").write_text(obj(mesh(name, seed)))
    params = {"folder": str(tmp_path), "size": 8, "validation": 0.4}
    assert (facts("mesh_folder", params).train, len(load("mesh_folder", params).validation)) == (6, 4)


def test_a_mesh_folder_of_bad_files_says_so(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(2):
            (tmp_path / name / f"{index}.off").write_text("nothing")
    with pytest.raises(DataError, match="None of the 2 training files"):
        load("mesh_folder", {"folder": str(tmp_path)})
    assert "No mesh folder is chosen" in facts("mesh_folder", {}).problem and "train and test" in facts("mesh_folder", {}).fix


def test_without_trimesh_mesh_files_say_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "trimesh", None)
    with pytest.raises(DataError) as error:
        meshes.read("any.off")
    assert "pip install trimesh" in error.value.fix


def test_a_folder_of_views_groups_pictures_to_objects(tmp_path: Path):
    from PIL import Image

    for name, grey in (("cup", 60), ("mug", 200)):
        for index in range(4):
            for view in range(3):
                path = tmp_path / name / f"{name}_{index:04}_{view + 1:02}.png"
                path.parent.mkdir(exist_ok=True)
                Image.new("L", (8, 8), grey + 10 * view).save(path)
    Image.new("L", (8, 8)).save(tmp_path / "cup" / "odd_1.png")  # an object of one view
    params = {"folder": str(tmp_path), "views": 3, "size": 4, "validation": 0.25}
    known, data = facts("view_folder", params), load("view_folder", params)
    assert known.outputs["views"] == (3, 1, 4, 4) and (known.train, known.validation) == (6, 2) == (len(data.train), len(data.validation))
    restored = ((data.train.x * data.train.std + data.train.mean) * 255).round()[:, :, 0, 0, 0].int().tolist()
    assert all(row == [60 + 140 * label, 70 + 140 * label, 80 + 140 * label] for row, label in zip(restored, data.train.y.tolist(), strict=True))
    assert "1 objects" in data.report and "odd" in data.report
    assert "No object" in facts("view_folder", {**params, "views": 5}).problem
    (tmp_path / "mug" / "mug_0000_02.png").write_text("broken")
    broken = load("view_folder", params)
    assert len(broken.train) + len(broken.validation) == 7 and "mug_0000_02.png" in broken.report


def test_views_of_an_object_in_a_subfolder_are_in_order_of_their_numbers(tmp_path: Path):
    from engine.data.folder import folder_listing
    from engine.data.groups import objects

    for name in ("a", "b"):
        for part in ("train", "test"):
            folder = tmp_path / name / part / "one"
            folder.mkdir(parents=True)
            for view in range(11):
                (folder / f"view{view}.png").touch()
    found = objects(folder_listing(str(tmp_path)), 11)
    assert found.listing.counts(0.5) == (2, 2)
    assert [Path(name).stem for name in found.files[str(Path("a/train/one"))]] == [f"view{i}" for i in range(11)]


def test_parameters_decide_the_number_of_views():
    ring = SimpleNamespace(cameras="ring", views=5, elevation=-20.0)
    assert views.cameras(ring).shape == (5, 3, 3) and (views.cameras(ring)[:, 2, 2] < 0).all()


def test_d2_of_a_sphere_follows_its_formula_and_forgets_size_and_turn() -> None:
    """On a unit sphere distances have the density d/2 up to 2, and the mean 4/3 (Osada et al. 2002)."""
    sphere = trimesh.creation.icosphere(4)
    mesh = np.array(sphere.vertices), np.array(sphere.faces)
    edges = np.linspace(0, descriptors.REACH, DISTANCES + 1) * 4 / 3
    expected = np.diff(np.clip(edges, 0, 2) ** 2 / 4) * DISTANCES
    found = descriptors.d2(mesh)
    assert found.sum() == pytest.approx(DISTANCES) and found == pytest.approx(expected, abs=0.4)
    assert descriptors.d2((meshes.rotated(mesh[0], 37) * 5 + 3, mesh[1])) == pytest.approx(found, abs=0.02)


def test_each_shape_brings_its_descriptor_in_the_order_of_its_views(monkeypatch: pytest.MonkeyPatch) -> None:
    built, real = [], meshes.build

    def build(name: str, rng: np.random.RandomState) -> meshes.Mesh:
        built.append((name, real(name, rng)))
        return built[-1][1]

    monkeypatch.setattr(meshes, "build", build)
    together = load("shapes3d", {"count": 3, "views": 2, "size": 16})
    d2 = together.train.extras["d2"]
    assert d2.shape == (30, DISTANCES) and [together.class_names[label] for label in together.train.y.tolist()] == [name for name, _ in built[:30]]
    assert all(torch.equal(row, torch.from_numpy(descriptors.d2(shape))) for row, (_, shape) in zip(d2, built[:30], strict=True))
    single = load("shapes3d", {"count": 3, "views": 2, "size": 16, "samples": "single views"})
    assert torch.equal(single.train.extras["d2"], d2.repeat_interleave(2, dim=0))
