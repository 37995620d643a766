"""Compares a widget's picture with its reference. With CHAINRULE_SNAPSHOTS=write the references are drawn anew instead."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

FOLDER = Path(__file__).resolve().parent / "pictures"
MEAN, SHARE, CLEARLY = 2.0, 0.02, 24  # of 255: mean difference; share of pixels that differ, and by how much they must to count
WIDEST = 560  # px of a reference


def picture(widget: QWidget) -> QImage:
    """What the widget shows, at most WIDEST px wide."""
    QApplication.processEvents()
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(1)
    return image if image.width() <= WIDEST else image.scaledToWidth(WIDEST, Qt.TransformationMode.SmoothTransformation)


def pixels(image: QImage) -> np.ndarray:
    """(h, w, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(np.int16)


def difference(one: np.ndarray, two: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference, and the share of pixels that clearly differ."""
    gap = np.abs(one - two)
    return float(gap.mean()), float((gap.max(axis=2) > CLEARLY).mean())


def check(widget: QWidget, name: str, folder: Path) -> None:
    """Fails when `widget` no longer looks like pictures/`name`.png; then what it looks like now is kept in `folder`."""
    now, path = picture(widget), FOLDER / f"{name}.png"
    if os.environ.get("CHAINRULE_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        assert now.save(str(path))
        return
    assert path.exists(), f"There is no reference {name}.png; see the first lines of test_snapshots.py for the command that draws it."
    fresh, kept = pixels(now), pixels(QImage(str(path)))
    now.save(str(folder / f"{name}.png"))
    assert fresh.shape == kept.shape, f"{name}: {fresh.shape[1]} x {fresh.shape[0]} px instead of {kept.shape[1]} x {kept.shape[0]}"
    mean, share = difference(fresh, kept)
    assert mean <= MEAN and share <= SHARE, f"{name} differs by {mean:.2f} of 255 on average, {100 * share:.1f} % of it clearly; it is now {folder / name}.png"
