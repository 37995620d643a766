"""Tokens as cells: which cell is which token, colours of cells, and an image laid over them. Arrays in, arrays out; no widget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt

from gui import theme
from gui.plots.colormap import SIGNED, Scale

SCREEN = 0.26  # the image's share over a map of attention
STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


@dataclass(frozen=True, slots=True)
class TokenGrid:
    """`prefix` tokens in front (a class token), then rows · columns cells. `placed`: cells are patches of an image; else they are tokens in a row, wrapped."""

    tokens: int = 0
    prefix: int = 0
    rows: int = 0
    columns: int = 0
    placed: bool = False

    def cell(self, token: int) -> tuple[int, int] | None:
        """Row and column of a token; None for one in front."""
        return None if token < self.prefix or not self.columns else divmod(token - self.prefix, self.columns)

    def token(self, row: int, column: int) -> int:
        """The token at a cell; -1 where there is none."""
        token = self.prefix + row * self.columns + column
        return token if 0 <= row < self.rows and 0 <= column < self.columns and token < self.tokens else -1

    def name(self, token: int, *, short: bool = False) -> str:
        """ "patch 18, row 3, column 4", counted from 1; "class token"; "token 5", counted from 0, where there is no grid."""
        cell = self.cell(token)
        if not self.placed:
            return f"token {token}"
        if cell is None:
            return ("cls" if short else "class token") if self.prefix == 1 else f"token {token}"
        return f"patch {token - self.prefix + 1}" + ("" if short else f", row {cell[0] + 1}, column {cell[1] + 1}")

    def step(self, token: int, key: Qt.Key) -> int:
        """The token that an arrow key leads to. Below the last row are the tokens in front."""
        down, right = STEPS[key]
        cell = self.cell(token)
        if cell is None:
            if right:
                return min(max(token + right, 0), max(self.prefix - 1, 0))
            last = self.token(self.rows - 1, token)
            return token if down > 0 or last < 0 else last
        target = self.token(cell[0] + down, cell[1] + right)
        if target < 0 and down > 0 and self.prefix:
            return min(cell[1], self.prefix - 1)
        return token if target < 0 else target

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values by token (..., tokens) as (..., rows, columns); NaN where a wrapped row ends early."""
        rest = values[..., self.prefix :]
        full = np.full((*rest.shape[:-1], self.rows * self.columns), np.nan, np.float32)
        full[..., : rest.shape[-1]] = rest
        return full.reshape(*rest.shape[:-1], self.rows, self.columns)


def token_grid(tokens: int, grid: tuple[int, int, int]) -> TokenGrid:
    """The cells for so many tokens: `grid` is (in front, rows, columns), without rows they are wrapped to about a square."""
    prefix, rows, columns = grid
    if rows and columns and prefix + rows * columns == tokens:
        return TokenGrid(tokens, prefix, rows, columns, placed=True)
    across = max(1, math.ceil(math.sqrt(tokens)))
    return TokenGrid(tokens, 0, -(-tokens // across) if tokens else 0, across if tokens else 0)


def shades(values: np.ndarray, name: str, scale: Scale) -> np.ndarray:
    """Values (...) as red, green, blue (..., 3) bytes in the colour map `name`; what is not finite gets the surface's colour."""
    room = scale.high - scale.low
    with np.errstate(invalid="ignore", over="ignore"):
        shares = (values - scale.low) / room if room > 0 else np.full(values.shape, 0.5 if name == SIGNED else 0.0)
    result = theme.current().lut(name)[np.clip(np.rint(np.nan_to_num(shares) * 255), 0, 255).astype(np.uint8)][..., :3].copy()
    field = theme.current().color("field")
    result[~np.isfinite(values)] = (field.red(), field.green(), field.blue())
    return result


def image_bytes(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """An image (C, H, W) in 0..1 as (height, width, 3) bytes by nearest neighbour: grey for one channel, colour for three."""
    planes = image[:3] if len(image) >= 3 else image[:1].repeat(3, axis=0)
    rows = np.arange(height) * image.shape[1] // max(height, 1)
    columns = np.arange(width) * image.shape[2] // max(width, 1)
    picked = planes[:, rows[:, None], columns[None, :]]
    return np.clip(np.rint(np.nan_to_num(picked) * 255), 0, 255).astype(np.uint8).transpose(1, 2, 0)


def screened(colours: np.ndarray, image: np.ndarray, share: float = SCREEN) -> np.ndarray:
    """`colours` (h, w, 3) with an image of the same size laid over them as light."""
    return (255 - (255 - colours.astype(np.float32)) * (1 - share * image.astype(np.float32) / 255)).astype(np.uint8)


def enlarged(cells: np.ndarray, side: int) -> np.ndarray:
    """(rows, columns, 3) with cells of `side` device pixels."""
    return cells.repeat(side, axis=0).repeat(side, axis=1)
