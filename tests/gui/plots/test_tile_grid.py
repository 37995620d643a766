"""Tiles: one picture at a whole factor, the right colour for each value, pointer, keyboard, words for dead maps."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.plots import colormap, tile_layout, tile_mosaic
from gui.plots.colormap import Scale
from gui.plots.scale_bar import ScaleBar
from gui.plots.tile_layout import Spot
from gui.plots.tile_readout import Readout
from gui.plots.tiles import GAP, TileGrid


def weights(count: int = 16, side: int = 5) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.3, (count, side, side)).astype(np.float32)


@pytest.fixture
def grid(show) -> TileGrid:
    grid = TileGrid("filter")
    show(grid, 360, 160)
    grid.set_tiles(weights(), map="tide", shared=True)
    QApplication.processEvents()
    return grid


def test_sixteen_filters_fill_the_space_at_a_whole_factor():
    layout = tile_layout.fit(16, (5, 5), space=(360, 160))
    assert layout.size[0] <= 360 and layout.size[1] <= 160
    assert layout.tile == (layout.factor * 5, layout.factor * 5) and layout.factor >= 8


@pytest.mark.parametrize(("count", "shape"), [(64, (28, 28)), (512, (3, 3)), (1, (120, 800)), (8, (300, 300)), (7, (1, 40)), (3, (7, 11))])
def test_every_layout_is_wide_enough_and_holds_all(count: int, shape: tuple[int, int]):
    layout = tile_layout.fit(count, shape, space=(400, 170))
    assert layout.across * layout.down >= count > layout.across * (layout.down - 1)
    assert layout.size[0] <= 400
    assert max(layout.tile) >= tile_layout.SMALLEST
    spots = {layout.spot(x + 0.5, y + 0.5) for x, y in (layout.origin(tile) for tile in range(count))}
    assert spots == {Spot(tile, 0, 0) for tile in range(count)}


def test_twice_the_device_pixels_twice_the_factor():
    assert tile_layout.fit(16, (5, 5), space=(360, 160), ratio=2).factor >= 2 * tile_layout.fit(16, (5, 5), space=(360, 160)).factor


@pytest.mark.parametrize(("shape", "wide"), [((32, 2), True), ((2, 32), False), ((1, 800), False), ((10, 10), None), ((500, 3), True)])
def test_a_narrow_matrix_uses_the_room_and_each_pixel_knows_its_value(shape: tuple[int, int], wide: bool | None):
    layout = tile_layout.fit_matrix(shape, space=(360, 160))
    width, height = layout.cell
    assert layout.size[0] <= 360 and layout.size[1] <= 160 and max(width / height, height / width) <= tile_layout.OBLONG
    assert wide is None or (width > height if wide else height > width)
    tiles = np.arange(np.prod(layout.shown), dtype=np.float32).reshape(1, *layout.shown)
    pixels = tile_mosaic.spread(tiles, layout, blank=np.nan)
    assert pixels.shape == (layout.size[1], layout.size[0])
    for row in range(layout.shown[0]):
        for column in range(layout.shown[1]):
            x, y = column * width + width // 2, row * height + height // 2
            assert layout.spot(x, y) == Spot(0, row * layout.every, column * layout.every) and pixels[y, x] == tiles[0, row, column]


def test_gap_belongs_to_no_tile():
    layout = tile_layout.fit(16, (5, 5), space=(360, 160))
    assert layout.spot(layout.tile[0] + 1, 3) is None and layout.spot(-1, 3) is None and layout.spot(3, layout.size[1] + 1) is None


def test_each_value_has_the_colour_of_its_scale(grid: TileGrid):
    image = grid.grab().toImage()
    limit = np.abs(grid.tiles).max()
    table = theme.current().lut("tide")
    for spot in (Spot(0, 0, 0), Spot(5, 3, 2), Spot(15, 4, 4)):
        rect, factor = grid.tile_rect(spot.tile), grid.layout_now().factor
        at = QPoint(int(rect.left()) + spot.column * factor + factor // 2, int(rect.top()) + spot.row * factor + factor // 2)
        value = grid.tiles[spot.tile, spot.row, spot.column]
        expected = table[min(int((value / limit + 1) / 2 * 256), 255)]
        assert image.pixelColor(at).getRgb()[:3] == tuple(int(c) for c in expected[:3])


def test_gaps_are_the_surface(grid: TileGrid):
    rect = grid.tile_rect(0)
    colour = grid.grab().toImage().pixelColor(int(rect.right()) + GAP // 2, int(rect.center().y()))
    assert colour.getRgb() == theme.current().color("panel").getRgb()


def test_zero_is_the_middle_of_tide_and_the_start_of_ember():
    assert colormap.scale_of(np.array([-0.2, 0.6]), "tide") == Scale(-0.6, 0.6)
    assert colormap.scale_of(np.array([0.5, 5.27]), "ember") == Scale(0.0, 5.27)
    assert colormap.scale_of(np.array([np.nan]), "ember") == Scale(0.0, 0.0)


def test_each_tile_on_its_own_scale():
    grid = TileGrid()
    tiles = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 3.0)])
    tiles[:, 0, 0] = 0
    grid.set_tiles(tiles, map="ember", shared=False)
    assert [scale.high for scale in grid.scales] == [1, 3] and grid.scale is None
    grid.set_tiles(tiles, map="ember", shared=True)
    assert grid.scale == Scale(0, 3)


def test_hover_names_the_value(grid: TileGrid):
    grid.tiles[5, 3, 2] = 0.146
    rect, factor = grid.tile_rect(5), grid.layout_now().factor
    QTest.mouseMove(grid.viewport(), QPoint(int(rect.left()) + 1, int(rect.top()) + 1))
    QTest.mouseMove(grid.viewport(), QPoint(int(rect.left()) + 2 * factor + 3, int(rect.top()) + 3 * factor + 3))
    assert grid.spot == Spot(5, 3, 2)
    card = grid.window().findChild(Readout)
    assert card.isVisible() and card.text() == "filter 5 · row 3, col 2 · 0.146"
    assert not card.geometry().intersects(rect.toRect())
    ring = grid.viewport().grab().toImage()
    assert ring.pixelColor(int(rect.center().x()), int(rect.top()) - 1) == theme.current().color("sel")
    QTest.mouseMove(grid.viewport(), QPoint(int(rect.right()) + 2, int(rect.center().y())))
    assert grid.spot is None and not card.isVisible()


def test_arrows_walk_tiles_and_with_shift_values(grid: TileGrid):
    grid.setFocus()
    chosen = []
    grid.tileClicked.connect(chosen.append)
    across = grid.layout_now().across
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(grid, key)
    assert grid.spot == Spot(1 + across, 0, 0)
    QTest.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.spot == Spot(1 + across, 1, 0)
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert chosen == [1 + across]
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.spot is None


def test_walking_scrolls_to_the_tile(show):
    grid = TileGrid("filter")
    show(grid, 200, 80)
    grid.set_tiles(weights(64), map="tide", shared=True)
    assert grid.verticalScrollBar().maximum() > 0
    for _ in range(10):
        grid.walk(1, 0)
    rect = grid.tile_rect(grid.spot.tile)
    assert grid.spot.tile >= 32 and rect.top() >= 0 and rect.bottom() <= grid.viewport().height()


def test_dead_flat_and_nan_tiles_say_so():
    grid = TileGrid("map", zero="dead")
    tiles = weights(4)
    tiles[0], tiles[1], tiles[2, 1, 1] = 0, 0.7, np.nan
    grid.set_tiles(tiles, map="ember", shared=False)
    assert grid.flat_tiles() == {0: "dead", 1: "flat", 2: "NaN"}
    grid.resize(300, 100)
    grid.grab()


def test_colour_tiles_have_grey_at_zero(show):
    grid = TileGrid("filter")
    show(grid, 200, 80)
    tiles = np.zeros((2, 3, 3, 3), np.float32)
    tiles[0, 0, 0] = (1, -1, 0)
    grid.set_tiles(tiles, map="tide", shared=True)
    corner = grid.tile_rect(0).topLeft().toPoint() + QPoint(2, 2)
    assert grid.grab().toImage().pixelColor(corner).getRgb()[:3] == (255, 0, 128)
    grid.spot = Spot(0, 0, 0)
    assert grid.readout() == ("filter 0 · row 0, col 0", "1.00, −1.00, 0")


def test_the_card_goes_with_the_grid(grid: TileGrid):
    window = grid.window()
    grid.walk(0, 0)
    grid.hide()
    QApplication.sendPostedEvents(None, 52)  # deferred deletions
    QApplication.processEvents()
    assert window.findChild(Readout) is None


def test_scale_bar_says_both_ends_and_zero():
    bar = ScaleBar()
    bar.set_scale("tide", Scale(-0.62, 0.62))
    assert [text for _, text in bar.labels()] == ["−0.62", "0", "+0.62"]
    bar.set_scale("ember", Scale(0, 5.27))
    assert [text for _, text in bar.labels()] == ["0", "5.27"]
    bar.set_scale("tide", None, own=("−max", "+max"))
    assert [text for _, text in bar.labels()] == ["−max", "0", "+max"]


def test_long_numbers_of_a_scale_bar_do_not_overlap():
    bar = ScaleBar(Qt.Orientation.Horizontal)
    bar.resize(100, 22)
    metrics = QFontMetricsF(theme.mono(10.5))
    bar.set_scale("tide", Scale(-1.0, 1.0))
    assert [text for _, text in bar.written(metrics)][1] == "0"
    bar.set_scale("tide", Scale(-6.92e28, 6.92e28))
    assert len(bar.written(metrics)) == 2
