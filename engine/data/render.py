"""Shaded views of a mesh on the CPU, without a display: rays by embreex where there is one, else a small rasteriser. Reads no files.

Cameras look at the origin in parallel projection; a mesh that `meshes.fitted` has scaled fills the picture from every side. Both sides of a
face are lit, since real meshes are often badly oriented. The light stands beside the camera and moves with it, so view k+1 of a ring is view k
of the mesh turned by minus the angle between them.
"""

from __future__ import annotations

import numpy as np

from engine.data.meshes import Mesh, fitted

try:
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene
except ImportError:  # there is no wheel for ARM Linux
    TriangleMesh = EmbreeScene = None

FINER = 2  # samples of a pixel along each axis
AMBIENT = 0.25
LIGHT = np.array([-0.35, 0.45, 1.0]) / np.linalg.norm([-0.35, 0.45, 1.0])  # right, up, towards the camera
FILL = 1.02  # half the width that a picture shows; the mesh has radius 1


def ring(views: int, elevation: float) -> np.ndarray:
    """Axes (V, 3, 3) of cameras around the z axis, rows right, up, back; camera k stands at k * 360 / V degrees, the first in front."""
    azimuth = np.deg2rad(np.arange(views) * 360 / views + 90)
    return np.stack([axes(np.array([np.cos(a), np.sin(a), np.tan(np.deg2rad(np.clip(elevation, -89.9, 89.9)))])) for a in azimuth])


def sphere() -> np.ndarray:
    """Axes (80, 3, 3) of cameras at the corners of a dodecahedron, each upright and turned by 90, 180 and 270 degrees."""
    golden = (1 + 5**0.5) / 2
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    for a in (-1 / golden, 1 / golden):
        for b in (-golden, golden):
            corners += [(0, a, b), (a, b, 0), (b, 0, a)]
    found = []
    for corner in corners:
        right, up, back = axes(np.array(corner, float))
        found += [np.stack([right, up, back]), np.stack([up, -right, back]), np.stack([-right, -up, back]), np.stack([-up, right, back])]
    return np.stack(found)


def axes(place: np.ndarray) -> np.ndarray:
    """Right, up and back of a camera that looks from `place` at the origin."""
    back = place / np.linalg.norm(place)
    right = np.cross([0, 0, 1.0], back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back])


def render(mesh: Mesh, cameras: np.ndarray, size: tuple[int, int], *, fit: bool = True, rays: bool | None = None) -> np.ndarray:
    """Views uint8 (V, H, W), background 0. `fit` scales the mesh to fill the pictures; else they show what is nearer to the origin than 1.

    `rays` False asks for the rasteriser, None takes the faster that there is.
    """
    vertices, faces = fitted(mesh) if fit else mesh[0], mesh[1]
    use_rays = EmbreeScene is not None if rays is None else rays
    hits = by_rays(vertices, faces, cameras, size) if use_rays else by_raster(vertices, faces, cameras, size)  # (V, fine H, fine W), -1 outside
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    lights = np.einsum("vij,i->vj", cameras, LIGHT)  # from the camera's axes to the world's
    brightness = AMBIENT + (1 - AMBIENT) * np.abs(lights @ normals.T)  # (V, faces)
    shaded = np.where(hits >= 0, np.take_along_axis(brightness, np.maximum(hits, 0).reshape(len(cameras), -1), 1).reshape(hits.shape), 0)
    height, width = size
    means = shaded.reshape(len(cameras), height, FINER, width, FINER).mean((2, 4))
    return (means * 255).round().astype(np.uint8)


def samples(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Heights of the fine rows and places of the fine columns on the picture plane; the shorter side shows 2 * FILL."""
    height, width = size
    step = 2 * FILL / (min(size) * FINER)
    rows, columns = height * FINER, width * FINER
    return (rows / 2 - 0.5 - np.arange(rows)) * step, (np.arange(columns) + 0.5 - columns / 2) * step


def by_rays(vertices: np.ndarray, faces: np.ndarray, cameras: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The first face that each ray meets, -1 for none."""
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(vertices[faces], np.float32))
    up, right = (grid.ravel() for grid in np.meshgrid(*samples(size), indexing="ij"))
    found = []
    for camera in cameras:
        origins = right[:, None] * camera[0] + up[:, None] * camera[1] + 2 * camera[2]
        found.append(scene.run(origins.astype(np.float32), np.tile(-camera[2], (len(origins), 1)).astype(np.float32)))
    return np.stack(found).reshape(len(cameras), size[0] * FINER, size[1] * FINER)


def by_raster(vertices: np.ndarray, faces: np.ndarray, cameras: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The nearest face at each sample, -1 for none: one triangle after another into a depth buffer."""
    rows, columns = samples(size)
    step = columns[1] - columns[0]
    found = np.full((len(cameras), len(rows), len(columns)), -1, np.int64)
    for hits, camera in zip(found, cameras, strict=True):
        depth = np.full(hits.shape, -np.inf)
        corners = (vertices @ camera.T)[faces]  # (faces, 3, right/up/back)
        low, high = corners.min(1), corners.max(1)
        top, bottom = np.floor((rows[0] - high[:, 1]) / step).astype(int), np.ceil((rows[0] - low[:, 1]) / step).astype(int) + 1
        left, right = np.floor((low[:, 0] - columns[0]) / step).astype(int), np.ceil((high[:, 0] - columns[0]) / step).astype(int) + 1
        for face in range(len(faces)):
            r, c = slice(max(top[face], 0), max(bottom[face], 0)), slice(max(left[face], 0), max(right[face], 0))
            cover(corners[face], rows[r], columns[c], depth=depth[r, c], hits=hits[r, c], face=face)
    return found


def cover(triangle: np.ndarray, rows: np.ndarray, columns: np.ndarray, *, depth: np.ndarray, hits: np.ndarray, face: int) -> None:
    """Writes `face` where `triangle` covers samples and is nearest."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = triangle
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if abs(area) < 1e-12:
        return  # seen from the edge
    x, y = columns[None, :], rows[:, None]
    v = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
    w = ((y - ay) * (bx - ax) - (x - ax) * (by - ay)) / area
    z = az + v * (bz - az) + w * (cz - az)
    nearer = (v >= 0) & (w >= 0) & (v + w <= 1) & (z > depth)
    depth[nearer] = z[nearer]
    hits[nearer] = face
