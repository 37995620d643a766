"""Where tiles lie: how many to a row, how large at a whole factor, and which value is under a pixel. No Qt, no drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST = 30  # logical px a tile should have at the least; below, the grid scrolls
HUGE = 112  # logical px; tiles of more values than that are thinned out until they fit
RAGGED = 0.75  # worth of a layout whose last row is not full
OBLONG = 8  # times as long as wide, at the most, may the values of a narrow matrix be


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a tile."""

    tile: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class TileLayout:
    """All in device pixels. `every` > 1: only every `every`-th row and column is shown."""

    count: int
    rows: int  # values in a tile, from top to bottom
    columns: int
    across: int  # tiles in a row
    factor: int
    every: int
    gap: int
    stretch: tuple[int, int] = (1, 1)

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a value: `factor` px, `stretch` times as much."""
        return self.factor * self.stretch[0], self.factor * self.stretch[1]

    @property
    def shown(self) -> tuple[int, int]:
        """Rows and columns of values that a tile shows."""
        return -(-self.rows // self.every), -(-self.columns // self.every)

    @property
    def tile(self) -> tuple[int, int]:
        """Width and height of a tile."""
        rows, columns = self.shown
        width, height = self.cell
        return columns * width, rows * height

    @property
    def down(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.across)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of everything."""
        width, height = self.tile
        return self.across * (width + self.gap) - self.gap, self.down * (height + self.gap) - self.gap

    def origin(self, tile: int) -> tuple[int, int]:
        """The top left corner of a tile."""
        width, height = self.tile
        return tile % self.across * (width + self.gap), tile // self.across * (height + self.gap)

    def spot(self, x: float, y: float) -> Spot | None:
        """The value under a pixel; None in a gap or outside."""
        width, height = self.tile
        column, left = divmod(x, width + self.gap)
        row, top = divmod(y, height + self.gap)
        tile = int(row * self.across + column)
        if not (0 <= column < self.across and row >= 0 and tile < self.count and left < width and top < height):
            return None
        return Spot(tile, int(top // self.cell[1]) * self.every, int(left // self.cell[0]) * self.every)


def fit(count: int, shape: tuple[int, int], *, space: tuple[int, int], ratio: float = 1.0, gap: int = 4, bar: int = 10) -> TileLayout:
    """The layout with the largest whole factor at which `count` tiles of `shape` (rows, columns) fill `space` (width, height, logical px).

    Where tiles would get too small, they keep SMALLEST and the grid grows downwards, leaving `bar` px for a scroll bar.
    """
    width, height, between = int(space[0] * ratio), int(space[1] * ratio), round(gap * ratio)
    every = thinning(count, shape, width=width, height=height, ratio=ratio)
    rows, columns = -(-shape[0] // every), -(-shape[1] // every)
    best, across = 0.0, 1
    factor = 0
    for candidate in range(1, count + 1):
        down = -(-count // candidate)
        fits = min((width - between * (candidate - 1)) // candidate // columns, (height - between * (down - 1)) // down // rows)
        worth = fits * (1.0 if count % candidate == 0 else RAGGED)
        if fits >= 1 and worth >= best:
            best, across, factor = worth, candidate, fits
    if factor * max(rows, columns) < SMALLEST * ratio:
        factor = max(1, -(-int(SMALLEST * ratio) // max(rows, columns)))
        across = max(1, min(count, int((width - bar * ratio + between) // (columns * factor + between))))
    return TileLayout(count, shape[0], shape[1], across, factor, every, between)


def fit_matrix(shape: tuple[int, int], *, space: tuple[int, int], ratio: float = 1.0) -> TileLayout:
    """The same for one matrix, whose values need not be square: a narrow one is drawn wider, a flat one higher."""
    layout = fit(1, shape, space=space, ratio=ratio)
    room = [max(1, min(OBLONG, int(side * ratio) // size)) for side, size in zip(space, layout.tile, strict=True)]
    return replace(layout, stretch=(room[0], room[1]))


def thinning(count: int, shape: tuple[int, int], *, width: int, height: int, ratio: float) -> int:
    """1, or k where only every k-th row and column has room: a tile alone may take all the space, several at most HUGE each."""
    if count == 1:
        return max(1, -(-shape[0] // max(height, 1)), -(-shape[1] // max(width, 1)))
    return max(1, -(-max(shape) // max(int(min(HUGE * ratio, width)), 1)))
