"""What people measured on shapes before networks learned to look: the D2 shape distribution. Numpy alone; renders nothing.

Source: Osada, Funkhouser, Chazelle and Dobkin, Shape distributions, 2002; lecture item 1.
"""

from __future__ import annotations

import numpy as np

from engine.data.meshes import Mesh
from engine.data.offers import DISTANCES

PAIRS = 4096  # of points
REACH = 3.0  # mean distances: how far the last bin goes


def d2(mesh: Mesh, seed: int = 0) -> np.ndarray:
    """How far apart two random points of the surface are: (DISTANCES,) float32, 1 on average, the same for any size and turn of the mesh.

    Distances count in units of their mean; those beyond REACH are counted in the last bin.
    """
    rng = np.random.RandomState(seed)
    points = on_surface(mesh, 2 * PAIRS, rng)
    distances = np.linalg.norm(points[:PAIRS] - points[PAIRS:], axis=1)
    shares = np.minimum(distances / distances.mean() / REACH, 1.0)
    bins = np.minimum((shares * DISTANCES).astype(int), DISTANCES - 1)
    return (np.bincount(bins, minlength=DISTANCES) * (DISTANCES / PAIRS)).astype(np.float32)


def on_surface(mesh: Mesh, count: int, rng: np.random.RandomState) -> np.ndarray:
    """Points spread evenly over the surface, (count, 3)."""
    vertices, faces = mesh
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    areas = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    chosen = np.minimum(np.searchsorted(areas, rng.uniform(0, areas[-1], count), side="right"), len(faces) - 1)
    root, other = np.sqrt(rng.uniform(size=(count, 1))), rng.uniform(size=(count, 1))
    return (1 - root) * a[chosen] + root * (1 - other) * b[chosen] + root * other * c[chosen]
