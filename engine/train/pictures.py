"""Draws a run's curves and filters into its folder, for those who train without a window. Uses Pillow alone: no Qt, no display."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.train import checkpoint, runs
from engine.train.config import TrainingError

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
FINE = 3  # drawn so many times larger and scaled down, which smooths the lines
WIDTH, HEIGHT, MARGIN, GAP = 1280, 460, 62, 70
TILES = 256  # filters at most
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Ink:
    """The light theme's colours and the fonts, at drawing size."""

    tokens: dict[str, str]
    maps: dict[str, list[str]]

    def font(self, size: float, name: str = "Inter-Regular.otf") -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(RESOURCES / "fonts" / name), round(size * FINE))

    def mono(self, size: float) -> ImageFont.FreeTypeFont:
        return self.font(size, "JetBrainsMono-Regular.ttf")


def ink() -> Ink:
    theme = json.loads((RESOURCES / "themes" / "light.json").read_text(encoding="utf-8"))
    return Ink(theme["tokens"], theme["maps"])


def draw(folder: str | Path) -> list[Path]:
    """Writes curves.png and, if the network looks at images, filters.png into the run folder; returns what was written."""
    folder = Path(folder)
    images = {"curves.png": curves(folder), "filters.png": filters(folder)}
    written = []
    for name, image in images.items():
        if image is not None:
            image.save(folder / name)
            written.append(folder / name)
    return written


# -- curves ------------------------------------------------------------------------------------------------------------
def curves(folder: Path) -> Image.Image | None:
    """Loss (logarithmic) and accuracy over the steps: training faint and smoothed, validation as dots. None without any step."""
    steps, validations = (
        runs.read_table(folder / name, columns) for name, columns in ((runs.STEPS, runs.STEP_COLUMNS), (runs.VALIDATION, runs.VALIDATION_COLUMNS))
    )
    if not len(steps):
        return None
    colours = ink()
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), colours.tokens["panel"])
    pen = ImageDraw.Draw(image)
    panes = ["loss"] + (["accuracy"] if np.isfinite(steps[:, 2]).any() else [])
    width = (WIDTH - 2 * MARGIN - GAP * (len(panes) - 1)) / len(panes)
    for place, name in enumerate(panes):
        left = MARGIN + place * (width + GAP)
        column = runs.STEP_COLUMNS.index(name)
        chart = Chart(pen, colours, (left, 56, left + width, HEIGHT - 44), log=name == "loss")
        chart.draw(name, steps[:, 0], steps[:, column], validations[:, 1], validations[:, column + 1])
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


class Chart:
    """One pane with axes. Coordinates are of the final picture; `FINE` is applied at the last moment."""

    def __init__(self, pen: ImageDraw.ImageDraw, colours: Ink, box: Box, *, log: bool) -> None:
        self.pen, self.colours, self.box, self.log = pen, colours, box, log
        self.low, self.high, self.last = 0.0, 1.0, 1.0

    def draw(self, name: str, x: np.ndarray, train: np.ndarray, at: np.ndarray, validation: np.ndarray) -> None:
        tokens = self.colours.tokens
        smooth = smoothed(train)
        self.range(np.concatenate([smooth, validation]))
        self.last = max(float(x[-1]), 1.0)
        self.pen.rectangle(self.fine(self.box), fill=tokens["field"], outline=tokens["line2"], width=FINE)
        self.axes(name)
        self.line(x, train, faint(tokens["train"], tokens["field"]), 1.0)
        self.line(x, smooth, tokens["train"], 2.0)
        self.line(at, validation, tokens["val"], 2.0)
        for px, py in self.points(at, validation):
            r = 3.2 * FINE
            self.pen.ellipse((px - r, py - r, px + r, py + r), fill=tokens["val"], outline=tokens["field"], width=FINE)
        self.best(at, validation)
        self.legend(name, [("training, smoothed", tokens["train"], smooth), ("validation", tokens["val"], validation)])

    def best(self, at: np.ndarray, validation: np.ndarray) -> None:
        """A ring around the best validation and its value on the free side of it."""
        if not np.isfinite(validation).any():
            return
        row = int(np.nanargmin(validation) if self.log else np.nanargmax(validation))
        px, py = self.points(at[row : row + 1], validation[row : row + 1])[0]
        tokens, font, r = self.colours.tokens, self.colours.mono(10.5), 6 * FINE
        self.pen.ellipse((px - r, py - r, px + r, py + r), outline=tokens["val"], width=round(1.5 * FINE))
        number = f"{validation[row]:.4g}" if self.log else f"{100 * validation[row]:.1f} %"
        words = f"best {number} · step {at[row]:,.0f}"
        half = self.pen.textlength(words, font=font) / 2 + 6 * FINE
        left, top, right, _bottom = (v * FINE for v in self.box)
        x = min(max(px, left + half), right - half)
        y = py + (-20 if self.log and py - 34 * FINE > top else 20) * FINE
        self.pen.rounded_rectangle((x - half, y - 9 * FINE, x + half, y + 9 * FINE), 4 * FINE, fill=tokens["panel"], outline=tokens["ctl"], width=FINE)
        self.pen.text((x, y), words, fill=tokens["t1"], font=font, anchor="mm")

    def range(self, values: np.ndarray) -> None:
        """Axis limits with a little air."""
        good = values[np.isfinite(values) & ((values > 0) | (not self.log))]
        if not len(good):
            return
        low, high = (math.log10(v) if self.log else v for v in (max(good.min(), 1e-6) if self.log else good.min(), max(good.max(), 1e-6) if self.log else 1.0))
        air = max(high - low, 0.05) * 0.06
        self.low, self.high = low - air, high + air

    def points(self, x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
        """Pixels of the points that can be drawn."""
        left, top, right, bottom = self.box
        with np.errstate(all="ignore"):
            value = np.log10(y) if self.log else y
        keep = np.isfinite(value)
        px = left + (right - left) * x[keep] / self.last
        py = bottom - (bottom - top) * np.clip((value[keep] - self.low) / (self.high - self.low), 0, 1)
        return list(zip((px * FINE).tolist(), (py * FINE).tolist(), strict=True))

    def line(self, x: np.ndarray, y: np.ndarray, colour: str | tuple[int, ...], width: float) -> None:
        """A polyline; of many points, two per pixel are enough."""
        stride = max(1, len(x) // 1600)
        points = self.points(x[::stride], y[::stride])
        if len(points) > 1:
            self.pen.line(points, fill=colour, width=round(width * FINE), joint="curve")

    def axes(self, name: str) -> None:
        left, top, right, bottom = self.box
        tokens, font = self.colours.tokens, self.colours.mono(10.5)
        for value in ticks(self.low, self.high, log=self.log):
            y = bottom - (bottom - top) * ((math.log10(value) if self.log else value) - self.low) / (self.high - self.low)
            self.pen.line(self.fine((left, y, right, y)), fill=tokens["line2"], width=FINE)
            words = f"{value:g}" if self.log else f"{100 * value:.0f} %"
            self.pen.text(((left - 8) * FINE, y * FINE), words, fill=tokens["t3"], font=font, anchor="rm")
        for value in ticks(0, self.last, log=False):
            x = left + (right - left) * value / self.last
            self.pen.text((x * FINE, (bottom + 8) * FINE), f"{value:,.0f}", fill=tokens["t3"], font=font, anchor="mt")
        self.pen.text((right * FINE, (bottom + 24) * FINE), "step", fill=tokens["t3"], font=self.colours.font(10.5), anchor="rt")

    def legend(self, name: str, series: list[tuple[str, str, np.ndarray]]) -> None:
        left, top, right, _bottom = self.box
        tokens = self.colours.tokens
        self.pen.text((left * FINE, (top - 14) * FINE), name.capitalize(), fill=tokens["t1"], font=self.colours.font(15, "Inter-SemiBold.otf"), anchor="ls")
        x = right * FINE
        for words, colour, values in reversed(series):
            good = values[np.isfinite(values)]
            if len(good):
                number = f"{good[-1]:.4g}" if self.log else f"{100 * good[-1]:.1f} %"
                for part, font, fill in ((number, self.colours.mono(11), tokens["t1"]), (words + " ", self.colours.font(11), colour)):
                    self.pen.text((x, (top - 14) * FINE), part, fill=fill, font=font, anchor="rs")
                    x -= self.pen.textlength(part, font=font)
                x -= 14 * FINE

    def fine(self, box: Box) -> Box:
        return tuple(v * FINE for v in box)  # type: ignore[return-value]


def smoothed(values: np.ndarray) -> np.ndarray:
    """A running mean over about a fiftieth of the curve, started without bias."""
    span = max(len(values) // 50, 1)
    keep, result, total, weight = 1 - 1 / span, np.full(len(values), np.nan), 0.0, 0.0
    for index, value in enumerate(values):
        if math.isfinite(value):
            total, weight = keep * total + (1 - keep) * value, keep * weight + (1 - keep)
        result[index] = total / weight if weight else math.nan
    return result


def ticks(low: float, high: float, *, log: bool) -> list[float]:
    """Round numbers between `low` and `high`; with `log` these are exponents of ten, and the result is not."""
    if log:
        marks = [m * 10.0**e for e in range(math.floor(low), math.ceil(high) + 1) for m in ((1, 2, 5) if high - low < 2 else (1,))]
        return [mark for mark in marks if low <= math.log10(mark) <= high]
    rough = max(high - low, 1e-9) / 6
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= rough)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def faint(colour: str, ground: str) -> tuple[int, ...]:
    """A quarter of `colour` on `ground`."""
    pair = [[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in (colour, ground)]
    return tuple(round(0.28 * c + 0.72 * g) for c, g in zip(*pair, strict=True))


# -- filters -----------------------------------------------------------------------------------------------------------
def filters(folder: Path) -> Image.Image | None:
    """The filters of the first convolution of the best weights, on one scale for all of them, or the rows of a linear layer on the pixels.

    None without either, and without weights.
    """
    path = folder / runs.CHECKPOINTS / checkpoint.BEST
    try:
        weights, facts = checkpoint.load_weights(path if path.is_file() else checkpoint.last(folder / runs.CHECKPOINTS) or path)
    except TrainingError:
        return None
    found = [(name, weight.float().numpy()) for name, weight in weights.items() if weight.dim() == 4 and weight.shape[-1] > 1]
    found = found or [(name, rows) for name, weight in weights.items() if (rows := rows_as_images(weight.float().numpy())) is not None][:1]
    if not found:
        return None
    which = "best weights" if path.is_file() else "last weights"
    moment = f"{which} · epoch {facts['epoch']} · step {int(facts['step']):,}" if {"epoch", "step"} <= set(facts) else which
    linear = weights[found[0][0]].dim() == 2
    return filter_sheet(found[0][0].rpartition(".")[0], found[0][1], moment=moment, word="rows as images" if linear else "filters")


def rows_as_images(weight: np.ndarray) -> np.ndarray | None:
    """(F, C, h, w) of a matrix (F, C h w) whose columns make a square image of 1 or 3 channels; else None."""
    for channels in (1, 3):
        if weight.ndim == 2 and weight.shape[1] % channels == 0 and (side := math.isqrt(weight.shape[1] // channels)) ** 2 * channels == weight.shape[1]:
            return weight.reshape(-1, channels, side, side) if side >= 8 else None
    return None


def filter_sheet(name: str, weight: np.ndarray, *, moment: str = "", word: str = "filters") -> Image.Image:
    """Tiles of (F, C, h, w) filters, one per filter and channel, with a caption and the scale; negative blue, positive orange."""
    colours = ink()
    tokens = colours.tokens
    count, channels, height, width = weight.shape
    tiles = weight.reshape(-1, height, width)[:TILES]
    columns = 8 if len(tiles) <= 64 else 16
    pixel = max(2, 64 // max(height, width))
    cell_w, cell_h = width * pixel + 10, height * pixel + 10
    rows = math.ceil(len(tiles) / columns)
    size = (max(columns * cell_w + 50, 460), rows * cell_h + 110)
    image = Image.new("RGB", (size[0] * FINE, size[1] * FINE), tokens["panel"])
    pen = ImageDraw.Draw(image)
    table, top = colour_table(colours.maps["tide"]), float(np.abs(weight).max()) or 1.0
    shown = f"{len(tiles)} of {count}" if len(tiles) < count else f"{count}"
    kinds = f"{shown} {word}" if channels == 1 else f"{len(tiles)} of {count} × {channels} kernels"
    pen.text((30 * FINE, 38 * FINE), name, fill=tokens["t1"], font=colours.font(15, "Inter-SemiBold.otf"), anchor="ls")
    pen.text(((size[0] - 30) * FINE, 38 * FINE), f"{kinds} · {height}×{width}", fill=tokens["t3"], font=colours.mono(11), anchor="rs")
    for index, tile in enumerate(tiles):
        picture = Image.fromarray(table[np.clip((tile / top + 1) * 127.5, 0, 255).round().astype(np.uint8)])
        picture = picture.resize((width * pixel * FINE, height * pixel * FINE), Image.Resampling.NEAREST)
        x, y = (30 + index % columns * cell_w) * FINE, (54 + index // columns * cell_h) * FINE
        image.paste(picture, (x, y))
        pen.rectangle((x - FINE, y - FINE, x + picture.width, y + picture.height), outline=tokens["ctl"], width=FINE)
    pen.text(((size[0] - 30) * FINE, (size[1] - 24) * FINE), moment, fill=tokens["t3"], font=colours.font(10.5), anchor="rt")
    scale = Image.fromarray(np.repeat(table[None], 8 * FINE, 0)).resize((200 * FINE, 8 * FINE))
    image.paste(scale, (30 * FINE, (size[1] - 36) * FINE))
    for x, words, anchor in ((30, f"−{top:.2g}", "lt"), (130, "0", "mt"), (230, f"{top:.2g}", "rt")):
        pen.text((x * FINE, (size[1] - 24) * FINE), words, fill=tokens["t3"], font=colours.mono(10.5), anchor=anchor)
    return image.resize(size, Image.Resampling.LANCZOS)


def colour_table(stops: list[str]) -> np.ndarray:
    """256 RGB entries between equally spaced stops, uint8 (256, 3)."""
    colours = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops], np.float64)
    at = np.linspace(0, len(stops) - 1, 256)
    return np.stack([np.interp(at, range(len(stops)), colours[:, channel]) for channel in range(3)], 1).round().astype(np.uint8)
