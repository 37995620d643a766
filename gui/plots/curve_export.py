"""Writes curves to files: pictures as PNG or SVG as the window draws them, numbers as CSV. Raises OSError; asks nobody."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from engine.events import Metrics, part
from gui import theme
from gui.plots.curve_figure import CurveFigure, area_of
from gui.plots.curve_plot import CurvePlot
from gui.plots.pg import pg
from gui.plots.run_data import RunData

SIZE = QSize(640, 400)  # px per plot
GAP = 16
PNG_RATIO = 2


def write_picture(path: Path, plots: Sequence[CurvePlot], *, svg: bool, paper: bool = False) -> None:
    """All visible plots side by side, in the current theme or on white `paper`."""
    shown = [plot for plot in plots if plot.data is not None and not plot.isHidden()]
    size = QSize(len(shown) * (SIZE.width() + GAP) + GAP, SIZE.height() + 2 * GAP)
    with theme.paper(paper):
        data = svg_bytes(shown, size) if svg else png_bytes(shown, size)
    path.write_bytes(data)


def svg_bytes(plots: Sequence[CurvePlot], size: QSize) -> bytes:
    """The plots as an SVG text. QtSvg is loaded here, because hardly any session exports."""
    from PySide6.QtSvg import QSvgGenerator

    memory = QBuffer()
    memory.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(memory)
    generator.setSize(size)
    generator.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInchY()))  # so that fonts keep their size in px
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle("Curves of " + (plots[0].data.run.run if plots and plots[0].data else "a run"))
    painter = QPainter(generator)
    draw(painter, plots, size, cut=True)
    painter.end()
    return bytes(memory.data().data())


def png_bytes(plots: Sequence[CurvePlot], size: QSize) -> bytes:
    """The plots as a PNG of twice the resolution."""
    image = QImage(size * PNG_RATIO, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(PNG_RATIO)
    painter = QPainter(image)
    draw(painter, plots, size)
    painter.end()
    data = QByteArray()
    memory = QBuffer(data)
    memory.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(memory, "PNG")
    return bytes(data.data())


def draw(painter: QPainter, plots: Sequence[CurvePlot], size: QSize, *, cut: bool = False) -> None:
    """The plots in a row, in a scene of their own; `cut` for painters that cannot clip."""
    scene = pg.GraphicsScene()
    scene.setBackgroundBrush(theme.current().color("panel"))
    for index, plot in enumerate(plots):
        figure = CurveFigure()
        scene.addItem(figure)
        figure.setGeometry(QRectF(QPointF(GAP + index * (SIZE.width() + GAP), GAP), SIZE))
        figure.show_picture(replace(plot.picture_for(area_of(QSizeF(SIZE))), cut=cut), plot.title, plot.values)
    scene.prepareForPaint()
    whole = QRectF(QPointF(), size)
    scene.render(painter, whole, whole)
    scene.clear()


def write_csv(path: Path, data: RunData) -> None:
    """One row per training step; validation values stand in the row of the step after which they were measured."""
    path.write_text(csv_text(data), encoding="utf-8", newline="")


def csv_text(data: RunData) -> str:
    """The table that `write_csv` writes. Missing values are empty cells."""
    metrics = data.metrics
    count = metrics.count
    validations = validation_rows(metrics)
    smooth = {name: column.smooth.values for name, column in data.columns.items()}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["step", "epoch", "seconds", "learning_rate", "loss", "loss_smoothed", "accuracy", "accuracy_smoothed", "validation_loss", "validation_accuracy"]
        + [f"{kind}loss {name}" for name in metrics.parts for kind in ("", "validation_")]
    )
    for row in range(min(count, len(smooth["loss"]))):
        step = metrics.first_step + row + 1
        cells = [metrics.step["seconds"][row], metrics.step["learning_rate"][row]]
        for name in ("loss", "accuracy"):
            cells += [metrics.step[name][row], smooth[name][row]]
        cells += validations.get(step, (math.nan,) * (2 + len(metrics.parts)))[:2]
        for index, name in enumerate(data.parts_of("loss")):
            cells += [metrics.step[name][row], validations[step][2 + index] if step in validations else math.nan]
        writer.writerow([step, f"{step / data.per_epoch:.6g}", *(cell(value) for value in cells)])
    return out.getvalue()


def validation_rows(metrics: Metrics) -> dict[int, tuple[float, ...]]:
    """step -> (validation loss, validation accuracy, then the parts of the loss)."""
    columns = (metrics.validations(name) for name in ("step", "loss", "accuracy", *map(part, metrics.parts)))
    return {int(step): tuple(map(float, values)) for step, *values in zip(*columns, strict=False) if np.isfinite(step)}


def cell(value: float) -> str:
    """All digits of a number; nothing for NaN."""
    return "" if math.isnan(value) else repr(float(value))
