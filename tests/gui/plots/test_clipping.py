"""Lines cut to a rectangle: hand-worked crossings, gaps, and agreement with dense sampling."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF

from gui.plots.clipping import clipped_line

AREA = QRectF(0, 0, 10, 10)


def parts(x: list[float], y: list[float]) -> list[list[tuple[float, float]]]:
    """The visible pieces of a line."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for px, py in zip(*clipped_line((np.array(x), np.array(y)), AREA), strict=True):
        if np.isnan(px):
            pieces.append([])
        else:
            pieces[-1].append((float(px), float(py)))
    return [piece for piece in pieces if piece]


def test_inside_stays_as_it_is():
    assert parts([1, 5, 9], [2, 3, 4]) == [[(1, 2), (5, 3), (9, 4)]]


def test_leaving_and_coming_back_makes_two_pieces():
    assert parts([0, 4, 8], [5, 15, 5]) == [[(0, 5), (2, 10)], [(6, 10), (8, 5)]]


def test_a_gap_stays_a_gap():
    assert parts([1, 2, 3, 4, 5], [1, 1, float("nan"), 1, 1]) == [[(1, 1), (2, 1)], [(4, 1), (5, 1)]]


def test_through_without_a_point_inside():
    assert parts([-5, 15], [5, 5]) == [[(0, 5), (10, 5)]]


def test_outside_is_nothing():
    assert parts([1, 9], [11, 12]) == []


def test_nothing_ever_lies_outside():
    rng = np.random.default_rng(0)
    x, y = clipped_line((rng.uniform(-20, 30, 500), rng.uniform(-20, 30, 500)), AREA)
    fine = np.isfinite(x)
    assert fine.sum() > 100
    assert x[fine].min() > -1e-9 and x[fine].max() < 10 + 1e-9 and y[fine].min() > -1e-9 and y[fine].max() < 10 + 1e-9
