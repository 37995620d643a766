"""What the segmentation panel shows of an answer: pictures, numbers and words. Arrays in, arrays and words out; no widget."""

from __future__ import annotations

import math

import numpy as np

from engine.events import ProbeResult
from gui import theme
from gui.plots import colormap, numbers, token_grid
from gui.plots.class_legend import share
from gui.plots.colormap import Scale
from gui.plots.pixel_pictures import Picture

SHARE = Scale(0.0, 1.0)  # of probabilities
SMALL = 0.004  # of the picture: smaller areas get no word
GROUND = 0  # the class that gets no word: usually the background
FEW = 6  # classes that are told apart by colour without words in the picture
Spot = tuple[int, int]


def pictures(result: ProbeResult, *, picked: int, words: bool) -> list[Picture]:
    """Image, truth, prediction, errors, and the probability of the picked class."""
    prediction, truth = result.arrays["prediction"], result.arrays["truth"]
    height, width = prediction.shape
    image = token_grid.image_bytes(result.arrays["input"], width, height)
    names, ignored = result.info["class_names"], np.isnan(truth)
    truth_marks, mine = (marks(values, names) if words else () for values in (truth, prediction))
    shown = [
        Picture("Image", image),
        Picture("Truth", painted(truth, len(names)), ignored if ignored.any() else None, marks=truth_marks),
        Picture(prediction_title(result), painted(prediction, len(names)), np.isnan(prediction) if not result.info["finite"] else None, marks=mine),
    ]
    for (name, accuracy), values in zip(result.info.get("others", ()), result.arrays.get("others", ()), strict=True):
        note = "" if math.isnan(accuracy) else numbers.percent(accuracy, 0)
        shown.append(Picture(name, painted(values, len(names)), note=note, marks=marks(values, names) if words else ()))
    if truth.shape == prediction.shape:
        shown.append(errors(image, truth, prediction))
    values = probability(result, picked)
    if values is not None:
        shown.append(Picture(probability_title(result, picked), token_grid.shades(values, colormap.POSITIVE, scale(result, values))))
    return shown


def prediction_title(result: ProbeResult) -> str:
    """The output's name where there are several."""
    return str(result.info["output"]) if result.info.get("others") else "Prediction"


def probability(result: ProbeResult, picked: int) -> np.ndarray | None:
    """(H, W) of a class; None where another one was sent."""
    stack = result.arrays["probability"]
    if result.info["whole"]:
        return stack[picked] if picked < len(stack) else None
    return stack[0] if picked == result.info["picked"] else None


def probability_title(result: ProbeResult, picked: int) -> str:
    return ("P of " if result.info["probabilities"] else "Score of ") + str(result.info["class_names"][picked])


def scale(result: ProbeResult, values: np.ndarray) -> Scale:
    """0 to 1 for probabilities."""
    return SHARE if result.info["probabilities"] else colormap.scale_of(values, colormap.POSITIVE)


def painted(values: np.ndarray, classes: int) -> np.ndarray:
    """Classes (H, W) in their colours (H, W, 3); what is no class in the surface's."""
    field = np.array(theme.current().color("field").getRgb()[:3], np.uint8)
    table = np.concatenate([theme.current().class_colors(classes), field[None]])
    return table[np.where(np.isnan(values), classes, values).astype(np.intp)]


def errors(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray) -> Picture:
    """The image dimmed, wrong pixels in the colour of errors."""
    ignored = np.isnan(truth)
    wrong = (truth != prediction) & ~ignored
    grey = image.mean(axis=2, keepdims=True).astype(np.uint8)
    pixels = np.repeat(grey // 3, 3, axis=2) if theme.current().dark else np.repeat(170 + grey // 3, 3, axis=2)
    pixels[wrong] = theme.current().color("err").getRgb()[:3]
    count = int(wrong.sum())
    total = int((~ignored).sum())
    return Picture("Errors", pixels.astype(np.uint8), ignored if ignored.any() else None, note=numbers.percent(count / total) if total else "")


def marks(values: np.ndarray, names: tuple[str, ...]) -> tuple[tuple[int, int, str], ...]:
    """The name of each class but the ground, at that of its pixels which is nearest to their middle."""
    found = []
    for index in np.unique(values[np.isfinite(values)]).astype(int):
        rows, columns = np.nonzero(values == index)
        if index == GROUND or len(rows) < max(SMALL * values.size, 4):
            continue
        nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
        found.append((int(rows[nearest]), int(columns[nearest]), names[index] if index < len(names) else str(index)))
    return tuple(found)


def at_pixel(result: ProbeResult, spot: Spot, *, picked: int) -> tuple[list[float], int]:
    """The probability of each class at a pixel, NaN for those that were not sent, and the true class (-1: it does not count)."""
    classes = int(result.info["classes"])
    stack = result.arrays["probability"][:, spot[0], spot[1]]
    values = [math.nan] * classes
    if result.info["whole"]:
        values = [float(value) for value in stack]
    elif picked == result.info["picked"]:
        values[picked] = float(stack[0])
    truth = float(result.arrays["truth"][spot])
    return values, -1 if math.isnan(truth) else int(truth)


def words_at(result: ProbeResult, spot: Spot, *, picked: int) -> tuple[str, str]:
    """Two lines on a pixel: where it is and what it truly is; what the network says."""
    names, every = result.info["class_names"], int(result.info["every"])
    values, truth = at_pixel(result, spot, picked=picked)
    true = "does not count" if truth < 0 else f"truly {names[truth]}"
    known = sorted((index for index, value in enumerate(values) if not math.isnan(value)), key=lambda index: -values[index])[:3]
    said = float(result.arrays["prediction"][spot])
    listed = " · ".join(f"{names[index]} {share(values[index])}" for index in known)
    if math.isnan(said):
        listed = "NaN"
    elif not result.info["whole"]:
        listed = f"predicts {names[int(said)]} · {listed}"
    return f"row {spot[0] * every}, col {spot[1] * every} · {true}", listed


def description(result: ProbeResult) -> str:
    """What stands behind the name of the output."""
    info = result.info
    size = f" · {info['height']}×{info['width']} · {info['classes']} classes"
    right = ""
    if "accuracy" in info:
        right = f" · {numbers.percent(float(info['accuracy']))} right · mean IoU {numbers.plain(float(info['mean_iou']), 2)}"
    return right + " · " + (f"step {result.step:,}" if result.step else "initial weights") + size
