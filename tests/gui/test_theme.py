"""The look in numbers: contrast, colour vision, tokens, icons, fonts. The minima are those of the visual language."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFontMetricsF

from engine.layers.spec import FAMILIES
from gui import theme

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("dark", "light")
CORE = ("data", "linear", "convolution", "pooling", "activation", "normalisation", "loss", "attention", "block")
VISIONS = {
    "normal": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # Machado, Oliveira and Fernandes (2009), severity 1.0, in linear RGB


def linear(color: QColor) -> np.ndarray:
    channels = np.array(color.getRgbF()[:3])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(a: QColor, b: QColor) -> float:
    """WCAG 2 contrast."""
    high, low = sorted((float(linear(c) @ (0.2126, 0.7152, 0.0722)) for c in (a, b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB."""
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]) @ rgb
    ratio = xyz / (0.95047, 1.0, 1.08883)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, two: np.ndarray) -> float:
    """The colour difference of Sharma, Wu and Dalal (2005)."""
    mean = (np.hypot(*one[1:]) + np.hypot(*two[1:])) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25**7)))
    (a1, a2), (b1, b2) = ((1 + g) * one[1], (1 + g) * two[1]), (one[2], two[2])
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    level, chroma = (one[0] + two[0]) / 2, (c1 + c2) / 2
    hue = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2
    hue = hue if c1 * c2 else h1 + h2
    cos: Callable[[float], float] = lambda degrees: float(np.cos(np.radians(degrees)))  # noqa: E731
    t = 1 - 0.17 * cos(hue - 30) + 0.24 * cos(2 * hue) + 0.32 * cos(3 * hue + 6) - 0.20 * cos(4 * hue - 63)
    sl = 1 + 0.015 * (level - 50) ** 2 / np.sqrt(20 + (level - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = -np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))) * 2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    dl, dc = (two[0] - one[0]) / sl, (c2 - c1) / sc
    return float(np.sqrt(dl**2 + dc**2 + (dh / sh) ** 2 + rotation * dc * dh / sh))


def distance(a: QColor, b: QColor, vision: str) -> float:
    seen = (np.clip(VISIONS[vision] @ linear(color), 0, 1) for color in (a, b))
    return ciede2000(*(lab(rgb) for rgb in seen))


def closest(colors: list[QColor], vision: str) -> float:
    return min(distance(a, b, vision) for a, b in itertools.combinations(colors, 2))


@pytest.fixture(params=NAMES)
def look(request: pytest.FixtureRequest) -> theme.Theme:
    return theme.Theme(request.param)


def test_ciede2000_agrees_with_published_pairs():
    assert ciede2000(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000(np.array([60.2574, -34.0099, 36.2677]), np.array([60.4626, -34.1751, 39.4387])) == pytest.approx(1.2644, abs=1e-4)
    assert ciede2000(np.array([2.0776, 0.0795, -1.1350]), np.array([0.9033, -0.0636, -0.5514])) == pytest.approx(0.9082, abs=1e-4)


def test_contrast_of_black_and_white_is_21():
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)


TEXT = {"dark": {"panel": (14.4, 8.6, 5.5), "canvas": (15.6, 9.3, 6.0)}, "light": {"panel": (16.4, 8.2, 5.3), "canvas": (14.8, 7.4, 4.7)}}
SINGLE = {
    "dark": {("t3", "node"): 4.9, ("onaccent", "accentfill"): 4.8, ("wire", "canvas"): 4.9, ("ctl3", "panel"): 3.6},
    "light": {("t3", "node"): 5.6, ("onaccent", "accentfill"): 5.6, ("wire", "canvas"): 3.2, ("ctl3", "panel"): 3.1},
}
FAMILY = {"dark": (4.0, 5.1, 7.3), "light": (3.1, 3.1, 13.1)}  # tile on node body, icon on tile, t1 on a tinted title


@pytest.mark.parametrize("surface", ["panel", "canvas"])
def test_text_contrast(look: theme.Theme, surface: str):
    for token, least in zip(("t1", "t2", "t3"), TEXT[look.name][surface], strict=True):
        assert contrast(look.color(token), look.color(surface)) >= least - 0.1, token


def test_semantic_colours_stand_out(look: theme.Theme):
    for token, surface in itertools.product(("accent", "ok", "warn", "err", "info", "train", "val"), ("panel", "canvas")):
        assert contrast(look.color(token), look.color(surface)) >= {"dark": 6.0, "light": 4.6}[look.name] - 0.05, (token, surface)


def test_single_contrasts(look: theme.Theme):
    for (front, back), least in SINGLE[look.name].items():
        assert contrast(look.color(front), look.color(back)) >= least - 0.1, (front, back)
    assert contrast(look.color("accent"), look.color("field")) >= 5  # focus rings


def test_badge_text(look: theme.Theme):
    for fill in ("ok", "warn", "err", "info"):
        assert contrast(look.color("badgetext"), look.color(fill)) >= 4.5, fill


@pytest.mark.parametrize("family", FAMILIES)
def test_family_contrast(look: theme.Theme, family: str):
    on_body, on_tile, on_title = FAMILY[look.name]
    assert contrast(look.family(family), look.color("node")) >= on_body - 0.05
    assert contrast(look.on_family, look.family(family)) >= on_tile - 0.05
    assert contrast(look.color("t1"), look.title_fill(family)) >= on_title - 0.05


@pytest.mark.parametrize(
    ("name", "families", "smallest"),
    [
        ("dark", FAMILIES, {"normal": 13.3, "protan": 9.2, "deutan": 9.3, "tritan": 10.3}),
        ("dark", CORE, {"normal": 17.3, "protan": 11.1, "deutan": 11.3, "tritan": 11.5}),
        ("light", FAMILIES, {"normal": 10.1, "protan": 7.9, "deutan": 8.9, "tritan": 7.8}),
        ("light", CORE, {"normal": 14.7, "protan": 10.7, "deutan": 11.2, "tritan": 11.8}),
    ],
)
def test_families_are_told_apart_by_every_vision(name: str, families: tuple[str, ...], smallest: dict[str, float]):
    colors = [theme.Theme(name).family(family) for family in families]
    for vision, least in smallest.items():
        assert closest(colors, vision) >= least - 0.06, vision


def test_curves_and_states_are_told_apart(look: theme.Theme):
    curves = {"dark": {"normal": 48, "protan": 51, "deutan": 55, "tritan": 54}, "light": {"normal": 47, "protan": 51, "deutan": 55, "tritan": 60}}
    states = {"dark": {"normal": 36, "protan": 14, "deutan": 12, "tritan": 7}, "light": {"normal": 35, "protan": 13, "deutan": 8, "tritan": 9}}
    for vision in VISIONS:
        assert distance(look.color("train"), look.color("val"), vision) >= curves[look.name][vision] - 0.6, vision
        assert closest([look.color(token) for token in ("ok", "warn", "err", "info")], vision) >= states[look.name][vision] - 0.6, vision


@pytest.mark.parametrize(("count", "least"), [(4, 18.0), (8, 10.8), (24, 8.2)])
def test_classes_of_pixels_are_told_apart_by_every_vision(look: theme.Theme, count: int, least: float):
    colors = [QColor(*map(int, row)) for row in look.class_colors(count)]
    assert len(colors) == count and min(closest(colors, vision) for vision in VISIONS) >= least
    assert np.array_equal(look.class_colors(25)[24], look.class_colors(1)[0])


def test_both_themes_say_the_same_things():
    dark, light = theme.Theme("dark"), theme.Theme("light")
    assert dark.tokens.keys() == light.tokens.keys()
    assert list(dark.families) == list(light.families) == list(FAMILIES)
    assert all(color.isValid() for color in (*dark.tokens.values(), *light.tokens.values()))
    assert dark.color("accentwash").alphaF() == pytest.approx(0.14, abs=0.003)
    assert light.color("accentwash").alphaF() == pytest.approx(0.11, abs=0.003)


def test_an_unknown_token_is_an_error_and_an_unknown_family_is_grey(look: theme.Theme):
    with pytest.raises(KeyError):
        look.color("mauve")
    assert look.family("from the future") == look.family("merge")


def test_high_contrast_strengthens_borders():
    plain, strong = theme.Theme("dark"), theme.Theme("dark", contrast=True)
    assert strong.color("ctl") == plain.color("ctl3")
    assert strong.color("td") == plain.color("t3")


def test_colour_maps(look: theme.Theme):
    for name in ("ember", "tide", "ink"):
        table = look.lut(name)
        assert table.shape == (256, 4) and table.dtype == np.uint8 and (table[:, 3] == 255).all()
        with pytest.raises(ValueError):
            table[0] = 0
        first, last = (QColor(look.maps[name][index]).getRgb() for index in (0, -1))
        assert tuple(table[0]) == first and tuple(table[255]) == last
    middle = QColor(look.maps["tide"][3]).getRgb()
    assert np.abs(look.lut("tide")[127:129].astype(int) - middle).max() <= 3  # nothing looks like nothing
    assert (np.diff(look.lut("ember").astype(float)[:, :3] @ (0.299, 0.587, 0.114)) > -0.6).all()  # brighter is more


ICONS = [
    "data", "linear", "convolution", "pooling", "activation", "normalisation", "regularisation", "merge", "shape", "attention", "recurrent",
    "multi-view", "loss", "block", "train", "pause", "step", "step-back", "to-end", "stop", "clock", "dice", "undo", "redo", "plus", "close",
    "search", "pin", "lock", "link", "eye", "more", "chevron-right", "chevron-down", "book", "help", "export", "wand", "sun", "moon", "layout",
    "strip", "u-shape", "frame-all", "minimap", "grid", "bypass", "splice", "cut", "group", "expand", "probe", "curves", "filters", "activations",
    "gradients", "histogram", "code", "runs", "problems", "lesson", "doctor", "formula", "error", "warning", "info", "ok", "folder", "save", "app",
]  # fmt: skip


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_drawn_in_the_colour_that_is_asked_for(app, name: str):
    picture = theme.current().pixmap(name, "err", 32).toImage()
    wanted = theme.current().color("err")
    strong = [color for x in range(32) for y in range(32) if (color := picture.pixelColor(x, y)).alpha() > 250]
    assert len(strong) > 20, "the drawing is empty"
    assert all(abs(c.red() - wanted.red()) + abs(c.green() - wanted.green()) + abs(c.blue() - wanted.blue()) < 12 for c in strong)
    edge = [picture.pixelColor(x, y).alpha() for i in range(32) for x, y in ((0, i), (31, i), (i, 0), (i, 31))]
    assert max(edge) < 140, "the drawing leaves its margin"


def test_icons_differ():
    sources = {name: theme.svg_source(name) for name in ICONS}
    assert len(set(sources.values())) == len(ICONS)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_pixmaps_know_their_ratio_and_are_cached(app, ratio: float):
    look = theme.current()
    tile = look.tile("convolution", 18, ratio=ratio)
    assert (tile.width(), tile.devicePixelRatio()) == (round(18 * ratio), ratio)
    assert look.tile("convolution", 18, ratio=ratio) is tile
    assert tile.toImage().pixelColor(round(2 * ratio), round(9 * ratio)) == look.family("convolution")
    assert not theme.app_icon().isNull()


def test_fonts_are_ours(app):
    assert {"Inter", "JetBrains Mono"} <= set(theme.load_fonts())
    digits = {QFontMetricsF(theme.font(12)).horizontalAdvance(digit * 8) for digit in "0123456789"}
    assert len(digits) == 1  # tabular
    mono = QFontMetricsF(theme.mono(11))
    assert mono.horizontalAdvance("!=->") == pytest.approx(4 * mono.horizontalAdvance("0"))
    assert theme.font(12).pixelSize() == 12


def test_switching_tells_everybody_and_restyles(app):
    heard: list[str] = []
    theme.notifier().changed.connect(on_change := lambda: heard.append(theme.current().name))
    try:
        theme.use("light")
        theme.use("light")  # nothing new
        assert app.palette().window().color() == theme.Theme("light").color("panel")
        theme.use("system")
        assert theme.wanted() == "system" and theme.current().name in NAMES
    finally:
        theme.use("dark")
        theme.notifier().changed.disconnect(on_change)
    assert heard[0] == "light" and heard[-1] == "dark" and len(heard) <= 3
    with pytest.raises(ValueError, match="purple"):
        theme.use("purple")
    assert theme.current().name == "dark"


def test_the_style_sheet_is_short_and_complete(look: theme.Theme):
    text = (theme.THEMES / "app.qss").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    assert not re.search(r"#[0-9A-Fa-f]{3,8}\b", text)
    assert "$" not in theme.style_sheet(look)


def test_code_names_colours_by_token():
    """No hex value in painting code, and every token that is asked for by name exists."""
    tokens = theme.Theme("dark").tokens
    for path in sorted((ROOT / "gui").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"#[0-9A-Fa-f]{6}\b", text), path.name
        for name in re.findall(r"\.color\(\"([a-z0-9]+)\"", text):
            assert name in tokens, f"{path.name} asks for {name!r}"


@pytest.mark.parametrize("surface", ["bar", "panel", "raised", "field", "hover", "node", "nodetitle", "canvas", "chip"])
def test_every_text_colour_is_readable_on_every_ground(look: theme.Theme, surface: str):
    """AA of WCAG 2 for small text."""
    for token in ("t1", "t2", "t3", "accent", "err", "warn", "ok", "info"):
        assert contrast(look.color(token), look.color(surface)) >= 4.5, (token, surface)
