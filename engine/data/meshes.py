"""Meshes: ten kinds of furniture and vessels built from numbers, and mesh files read by trimesh. Renders nothing.

A mesh is (vertices float64 (N, 3), faces int64 (M, 3)), z points up, y is the front. Pairs are meant to be confused: shelf and wardrobe (the
same box from behind), mug and cup (without its handle), bottle and vase, table and stool, chair and stool.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable
from types import ModuleType

import numpy as np

from engine.data.entry import DataError

Mesh = tuple[np.ndarray, np.ndarray]
Rng = np.random.RandomState
LARGEST = 200 * 2**20  # bytes of a mesh file
NEAR, FAR = 1e-70, 1e70  # beyond, the squares of areas are zero or infinite
STL_HEAD, STL_FACE = 84, 50  # bytes of the binary format: what stands before the faces, and of one face
ASCII = bytes(code if code < 128 else ord("?") for code in range(256))  # a table for bytes.translate
AROUND = 20  # corners of a turned profile
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))  # of a box's corners, numbered by x, y, z


class MeshError(Exception):
    """Why a file is no mesh that can be shown, in a few words."""


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Mesh:
    """A box between these limits."""
    corners = np.array([(a, b, c) for a in x for b in y for c in z], float)
    return corners, np.array([triangle for a, b, c, d in QUADS for triangle in ((a, b, c), (a, c, d))])


def turned(profile: list[tuple[float, float]]) -> Mesh:
    """The surface that (radius, height) points sweep around the z axis."""
    angle = np.arange(AROUND) * 2 * np.pi / AROUND
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    vertices = np.concatenate([np.column_stack([ring * radius, np.full(AROUND, height)]) for radius, height in profile])
    return vertices, grid_faces(len(profile), AROUND)


def grid_faces(rows: int, columns: int) -> np.ndarray:
    """Two triangles for each cell between `rows` rings of `columns` corners."""
    row, column = (index.ravel() for index in np.mgrid[: rows - 1, :columns])
    a, b = row * columns + column, row * columns + (column + 1) % columns
    return np.concatenate([np.stack([a, b, b + columns], 1), np.stack([a, b + columns, a + columns], 1)])


def tube(path: np.ndarray, radius: float) -> Mesh:
    """A round rod along points of the x-z plane."""
    angle = np.arange(8) * 2 * np.pi / 8
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.stack([-along[:, 2], np.zeros(len(path)), along[:, 0]], 1)
    ring = side[:, None] * np.cos(angle)[:, None] + np.array([0, 1, 0]) * np.sin(angle)[:, None]  # (P, 8, 3)
    return (path[:, None] + radius * ring).reshape(-1, 3), grid_faces(len(path), 8)


def joined(*parts: Mesh) -> Mesh:
    """All parts as one mesh."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in parts[:-1])])
    return np.concatenate([v for v, _ in parts]), np.concatenate([faces + start for (_, faces), start in zip(parts, starts, strict=True)])


def legs(width: float, depth: float, height: float, thick: float) -> list[Mesh]:
    """Four legs below the corners of a board."""
    return [box((x, x + thick), (y, y + thick), (0, height)) for x in (-width, width - thick) for y in (-depth, depth - thick)]


def cabinet(rng: Rng) -> tuple[float, float, float, float, list[Mesh]]:
    """Half width, half depth, height, thickness, and the closed box without its front that shelf and wardrobe share."""
    w, d, h, t = rng.uniform(0.32, 0.5), rng.uniform(0.16, 0.24), rng.uniform(1.0, 1.5), rng.uniform(0.03, 0.05)
    sides = [box((-w, -w + t), (-d, d), (0, h)), box((w - t, w), (-d, d), (0, h))]
    return w, d, h, t, [*sides, box((-w, w), (-d, -d + t), (0, h)), box((-w, w), (-d, d), (h - t, h)), box((-w, w), (-d, d), (0, t))]


def shelf(rng: Rng) -> Mesh:
    w, d, h, t, parts = cabinet(rng)
    count = rng.randint(2, 6)
    boards = [box((-w, w), (-d, d * 0.96), (z, z + t)) for z in np.linspace(0, h - t, count + 2)[1:-1]]
    return joined(*parts, *boards)


def wardrobe(rng: Rng) -> Mesh:
    w, d, h, t, parts = cabinet(rng)
    gap, knob = 0.012, rng.uniform(0.45, 0.6) * h
    doors = [box((-w + gap, -gap), (d - t, d + 0.01), (t, h - t)), box((gap, w - gap), (d - t, d + 0.01), (t, h - t))]
    knobs = [box((x, x + 0.03), (d, d + 0.05), (knob, knob + 0.1)) for x in (-0.08, 0.05)]
    return joined(*parts, *doors, *knobs)


def table(rng: Rng) -> Mesh:
    w, d, h, t = rng.uniform(0.32, 0.8), rng.uniform(0.3, 0.5), rng.uniform(0.55, 0.75), rng.uniform(0.04, 0.07)
    thick = rng.uniform(0.05, 0.09)
    return joined(box((-w, w), (-d, d), (h, h + t)), *legs(w * 0.95, d * 0.95, h, thick))


def seat(rng: Rng) -> tuple[float, float, float, float, list[Mesh]]:
    """Half width, height of the seat, thickness of legs and board, and the parts that stool and chair share."""
    w, h, thick, t = rng.uniform(0.2, 0.36), rng.uniform(0.42, 0.62), rng.uniform(0.03, 0.06), rng.uniform(0.03, 0.06)
    return w, h, thick, t, [box((-w, w), (-w, w), (h, h + t)), *legs(w, w, h, thick)]


def stool(rng: Rng) -> Mesh:
    w, h, thick, _, parts = seat(rng)
    z = rng.uniform(0.3, 0.5) * h
    rungs = [box((-w, w), (y, y + thick * 0.7), (z, z + thick * 0.7)) for y in (-w, w - thick)]
    return joined(*parts, *(rungs if rng.uniform() < 0.6 else []))


def chair(rng: Rng) -> Mesh:
    w, h, thick, t, parts = seat(rng)
    top = h + rng.uniform(0.4, 0.6)
    if rng.uniform() < 0.5:  # a closed back, or two posts with bars
        back = [box((-w, w), (-w, -w + thick), (h + t, top))]
    else:
        bars = np.linspace(h + 0.15, top - thick, rng.randint(2, 4))
        posts = [box((x, x + thick), (-w, -w + thick), (h, top)) for x in (-w, w - thick)]
        back = [*posts, *(box((-w, w), (-w, -w + thick), (z, z + thick * 1.4)) for z in bars)]
    return joined(*parts, *back)


def cup(rng: Rng) -> Mesh:
    r, h, wall, taper = rng.uniform(0.32, 0.42), rng.uniform(0.65, 0.95), rng.uniform(0.03, 0.05), rng.uniform(0.75, 1.0)
    return turned([(0, 0), (r * taper, 0), (r, h), (r - wall, h), (r * taper - wall, wall), (0, wall)])


def mug(rng: Rng) -> Mesh:
    vertices, faces = cup(rng)
    outer, height = np.abs(vertices[:, 0]).max(), vertices[:, 2].max()
    angle = np.linspace(-np.pi / 2, np.pi / 2, 9)
    reach, rise = rng.uniform(0.22, 0.32), height * rng.uniform(0.22, 0.3)
    path = np.stack([outer * 0.9 + reach * np.cos(angle), np.zeros(9), height * 0.5 + rise * np.sin(angle)], 1)
    return joined((vertices, faces), tube(path, rng.uniform(0.035, 0.05)))


def bottle(rng: Rng) -> Mesh:
    r, h, neck = rng.uniform(0.2, 0.28), rng.uniform(1.0, 1.3), rng.uniform(0.07, 0.1)
    shoulder = rng.uniform(0.5, 0.62) * h
    slope = rng.uniform(0.1, 0.2)
    return turned([(0, 0), (r, 0), (r, shoulder), (r * 0.8, shoulder + slope * 0.6), (neck, shoulder + slope * 1.4), (neck, h), (0, h)])


def vase(rng: Rng) -> Mesh:
    r, h, neck = rng.uniform(0.22, 0.32), rng.uniform(0.9, 1.2), rng.uniform(0.09, 0.15)
    belly, throat = rng.uniform(0.3, 0.45) * h, rng.uniform(0.7, 0.8) * h
    lip = neck * rng.uniform(1.4, 2.0)
    return turned([(0, 0), (r * 0.55, 0), (r * 0.9, belly * 0.5), (r, belly), (r * 0.75, (belly + throat) / 2), (neck, throat), (lip, h), (0, throat)])


def lamp(rng: Rng) -> Mesh:
    foot, h, shade = rng.uniform(0.2, 0.3), rng.uniform(1.0, 1.4), rng.uniform(0.25, 0.38)
    drop, top = rng.uniform(0.3, 0.42), rng.uniform(0.4, 0.8)
    stand = turned([(0, 0), (foot, 0), (foot, 0.04), (0.03, 0.06), (0.03, h), (0, h)])
    return joined(stand, turned([(shade, h - drop * 0.6), (shade * top, h + drop * 0.4)]))


BUILDERS: dict[str, Callable[[Rng], Mesh]] = {
    "bottle": bottle, "chair": chair, "cup": cup, "lamp": lamp, "mug": mug, "shelf": shelf, "stool": stool, "table": table, "vase": vase, "wardrobe": wardrobe,
}  # fmt: skip


def build(name: str, rng: Rng) -> Mesh:
    """A mesh of this kind, fitted, then turned a little around its axis, scaled and moved: objects of a collection never stand quite alike.

    Without that, the place in the picture would tell what cannot be seen, such as the boards of a shelf from behind.
    """
    vertices, faces = BUILDERS[name](rng)
    turned_round = rotated(fitted((vertices, faces)), rng.uniform(-15, 15))
    return turned_round * rng.uniform(0.7, 0.9) + rng.uniform(-0.1, 0.1, 3) * (1, 1, 0.5), faces


def rotated(vertices: np.ndarray, degrees: float) -> np.ndarray:
    """`vertices` turned counterclockwise around z, seen from above."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return vertices @ np.array([(c, s, 0), (-s, c, 0), (0, 0, 1)])


def fitted(mesh: Mesh) -> np.ndarray:
    """The vertices, moved and scaled: half of the height and the axis through the surface's centre of mass at the origin, the farthest at 1.

    Turning the mesh around z before or after gives the same: the middle of its box would not.
    """
    vertices, faces = mesh
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) + 1e-12
    middle = np.average((a + b + c) / 3, axis=0, weights=areas)
    middle[2] = (vertices[:, 2].min() + vertices[:, 2].max()) / 2
    return (vertices - middle) / max(np.linalg.norm(vertices - middle, axis=1).max(), 1e-12)


def read(path: str, up: str = "z") -> Mesh:
    """The mesh in an OFF, OBJ, STL or PLY file, several objects in one. MeshError says why it cannot be shown."""
    trimesh = reader()
    try:
        found = trimesh.load_mesh(plain(path), file_type=os.path.splitext(path)[1][1:].lower(), process=False, skip_materials=True)
        scene = found.to_mesh() if hasattr(found, "to_mesh") else found
        vertices, faces = np.asarray(scene.vertices, float), np.asarray(getattr(scene, "faces", ()), np.int64)
    except MeshError:
        raise
    except Exception as error:
        raise MeshError(f"cannot be read ({str(error)[:60] or type(error).__name__})") from error
    if not len(faces):
        raise MeshError("has no faces")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise MeshError(f"has a face with a corner that does not exist, among {len(vertices):,} points")
    return upright(*seen(vertices, faces), up)


def seen(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    """The points that faces use, within a reach that can be computed with. MeshError where there is nothing to be seen."""
    used, faces = np.unique(faces, return_inverse=True)
    vertices, faces = vertices[used], faces.reshape(-1, 3)
    if not np.isfinite(vertices).all():
        raise MeshError("has points that are no numbers")
    reach = np.abs(vertices).max()
    if not reach > 0 or not np.ptp(vertices / reach, 0).max() > 0:
        raise MeshError("has no extent")
    vertices = vertices if NEAR < reach < FAR else vertices / reach
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    if not np.cross(b - a, c - a).any():
        raise MeshError("has only faces without an area")
    return vertices, faces


def upright(vertices: np.ndarray, faces: np.ndarray, up: str) -> Mesh:
    """The mesh with z up."""
    return (vertices[:, [0, 2, 1]] * (1, -1, 1) if up == "y" else vertices), faces


def plain(path: str) -> io.BytesIO:
    """The bytes of a mesh file. In what is text, letters beyond ASCII become question marks: they stand in names and comments, never in numbers."""
    if not os.path.isfile(path):
        raise MeshError("is no file")
    if os.path.getsize(path) > LARGEST:
        raise MeshError("is larger than 200 MB")
    with open(path, "rb") as file:
        data = file.read()
    ending = path[-4:].lower()
    if ending == ".ply":
        end = data.find(b"end_header")
    else:
        is_binary = ending == ".stl" and len(data) == STL_HEAD + STL_FACE * int.from_bytes(data[80:STL_HEAD], "little")
        end = 0 if is_binary else len(data)
    return io.BytesIO(data[:end].translate(ASCII) + data[end:])


def reader() -> ModuleType:
    """trimesh, which otherwise prints whole tracebacks; DataError where it is not installed."""
    try:
        import trimesh
    except ImportError as error:
        raise DataError("Mesh files are read by trimesh, which is not installed.", "Install it with: pip install trimesh") from error
    logging.getLogger("trimesh").setLevel(logging.CRITICAL)
    return trimesh
