"""The look: colour tokens, fonts, icons and colour maps of the current theme. Knows no document and no widget of ours.

Importing it must not load numpy: the window is painted before that, and only colour maps need arrays.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    import numpy as np

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
THEMES, ICONS, FONTS = RESOURCES / "themes", RESOURCES / "icons", RESOURCES / "fonts"
NAMES = ("dark", "light")
TILE_STROKE = "1.7"  # icons on tiles are drawn smaller, so a little bolder


class Theme:
    """One colour scheme. Tokens, families and maps come from resources/themes/<name>.json; pixmaps are cached here."""

    def __init__(self, name: str, *, contrast: bool = False) -> None:
        data = json.loads((THEMES / f"{name}.json").read_text(encoding="utf-8"))
        self.name: str = data["name"]
        self.dark = self.name == "dark"
        self.contrast = contrast
        self.tint: float = data["tint"]  # share of the family colour in a node's title
        self.series: list[str] = data["series"]  # families whose colours further curves take, in order
        self.classes = [QColor(text) for text in data["classes"]]  # of pixels; the first one is the ground
        self.tokens = parse_tokens(data["tokens"])
        if contrast:
            self.tokens |= {"ctl": self.tokens["ctl3"], "td": self.tokens["t3"]}
        self.families = {name: parse_color(text, {}) for name, text in data["families"].items()}
        self.on_family = parse_color(data["on_family"], {})
        self.maps: dict[str, list[str]] = data["maps"]
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self._icons: dict[tuple[object, ...], QIcon] = {}
        self._luts: dict[str, np.ndarray] = {}

    def color(self, name: str) -> QColor:
        """The token `name` as a fresh QColor; KeyError when there is no such token."""
        return QColor(self.tokens[name])

    def family(self, name: str) -> QColor:
        """Fill of a family's tile; a family that this version does not know is painted like merge (neutral grey)."""
        return QColor(self.families.get(name) or self.families["merge"])

    def title_fill(self, family: str) -> QColor:
        """Fill of a node's title bar: the surface with a tint of the family."""
        return mix(self.color("nodetitle"), self.family(family), self.tint)

    def pixmap(self, name: str, color: str | QColor = "t2", size: int = 16, ratio: float = 1.0, *, stroke: str = "") -> QPixmap:
        """The icon `name`, `size` px square, in a token's colour (or a QColor), for a device pixel ratio."""
        fill = QColor(color) if isinstance(color, QColor) else self.color(color)
        key = ("icon", name, fill.rgba(), size, ratio, stroke)
        if key not in self._pixmaps:
            self._pixmaps[key] = render(svg(name, fill, stroke), size, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, color: str | QColor = "t2", size: int = 16) -> QIcon:
        """The icon `name` with its greyed twin for disabled actions, at single and double resolution."""
        key = (name, QColor(color).rgba() if isinstance(color, QColor) else color, size)
        if key not in self._icons:
            icon = QIcon()
            for ratio in (1.0, 2.0):
                icon.addPixmap(self.pixmap(name, color, size, ratio))
                icon.addPixmap(self.pixmap(name, "td", size, ratio), QIcon.Mode.Disabled)
            self._icons[key] = icon
        return self._icons[key]

    def tile(self, family: str, size: int = 18, icon: str = "", ratio: float = 1.0) -> QPixmap:
        """A family's rounded square with the drawing of `icon`: a layer type's id, or any name that `drawing_of` knows."""
        key = ("tile", family, size, icon, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._draw_tile(family, icon, size=size, ratio=ratio)
        return self._pixmaps[key]

    def _draw_tile(self, family: str, icon: str, *, size: int, ratio: float) -> QPixmap:
        pixmap = blank(size, ratio)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.family(family))
        radius = max(3.0, size * 0.22) if size != 30 else 6.0
        painter.drawRoundedRect(QRectF(0, 0, size, size), radius, radius)
        inner = round(size * 13 / 18)
        inner += (size - inner) % 2  # an even margin keeps the strokes on the pixel grid
        corner = QPointF((size - inner) / 2, (size - inner) / 2)
        painter.drawPixmap(corner, self.pixmap(drawing_of(family, icon), self.on_family, inner, ratio, stroke=TILE_STROKE))
        painter.end()
        return pixmap

    def class_colors(self, count: int) -> np.ndarray:
        """The colours of `count` classes of pixels as bytes (count, 3): told apart by every colour vision up to 24, then they come again."""
        from gui import colour_tables

        return colour_tables.class_colors(self.classes, count)

    def lut(self, name: str) -> np.ndarray:
        """256 RGBA entries (uint8, shape (256, 4)) of the colour map ember, tide or ink; shared and read-only."""
        if name not in self._luts:
            from gui import colour_tables

            self._luts[name] = colour_tables.rgba(self.maps[name])
        return self._luts[name]

    def argb(self, name: str) -> np.ndarray:
        """The same colour map as 256 pixels of a QImage (uint32, 0xAARRGGBB); shared and read-only."""
        key = f"{name} argb"
        if key not in self._luts:
            from gui import colour_tables

            self._luts[key] = colour_tables.argb(self.lut(name))
        return self._luts[key]


class Notifier(QObject):
    """Tells everybody that the theme was switched."""

    changed = Signal()


_state: dict[str, Any] = {"theme": None, "wanted": "dark", "watching": False}


def current() -> Theme:
    """The theme in use; dark until `use` says otherwise."""
    if _state["theme"] is None:
        _state["theme"] = Theme("dark")
    return _state["theme"]


@cache
def notifier() -> Notifier:
    """The one object whose `changed` signal follows every switch."""
    return Notifier()


def wanted() -> str:
    """What was asked for: dark, light or system."""
    return str(_state["wanted"])


def use(name: str, *, contrast: bool | None = None) -> Theme:
    """Switches to "dark", "light" or "system", restyles the running application and tells everybody."""
    old = _state["theme"]
    contrast = contrast if contrast is not None else isinstance(old, Theme) and old.contrast
    _state["wanted"] = name
    resolved = system_name() if name == "system" else name
    if resolved not in NAMES:
        raise ValueError(f"There is no theme {name!r}; choose dark, light or system.")
    if not isinstance(old, Theme) or old.name != resolved or old.contrast != contrast:
        _state["theme"] = Theme(resolved, contrast=contrast)
    if name == "system":
        watch_system()
    app = QApplication.instance()
    if isinstance(app, QApplication):
        dress(app)
    if _state["theme"] is not old:
        notifier().changed.emit()
    return current()


@contextmanager
def paper(wanted: bool) -> Iterator[None]:
    """Inside, if `wanted`, everything is painted in the light theme on pure white, for print.

    Nobody is told: nothing may be laid out or shown on the screen meanwhile.
    """
    before = _state["theme"]
    if wanted:
        sheet = _state["theme"] = Theme("light")
        sheet.tokens |= {"canvas": QColor("white"), "panel": QColor("white")}
    try:
        yield
    finally:
        _state["theme"] = before


def system_name() -> str:
    """The scheme that the desktop reports; dark where it reports none."""
    app = QGuiApplication.instance()
    if not isinstance(app, QGuiApplication):
        return "dark"
    return "light" if app.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"


def watch_system() -> None:
    """Follows the desktop from now on, while "system" is what was asked for."""
    app = QGuiApplication.instance()
    if isinstance(app, QGuiApplication) and not _state["watching"]:
        _state["watching"] = True
        app.styleHints().colorSchemeChanged.connect(lambda _: use("system") if wanted() == "system" else None)


def dress(app: QApplication) -> None:
    """Fusion, palette, font and style sheet of the current theme on `app`."""
    load_fonts()
    theme = current()
    if app.style().objectName() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(palette(theme))
    app.setFont(font())
    sheet = style_sheet(theme)
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)


def palette(theme: Theme) -> QPalette:
    """The QPalette of `theme`, so that whatever Fusion draws by itself fits."""
    role = QPalette.ColorRole
    roles = {
        role.Window: "panel", role.WindowText: "t1", role.Base: "field", role.AlternateBase: "panel", role.Text: "t1", role.Button: "raised",
        role.ButtonText: "t1", role.BrightText: "err", role.ToolTipBase: "raised", role.ToolTipText: "t1", role.PlaceholderText: "t3", role.Link: "accent",
        role.LinkVisited: "accent", role.Highlight: "accentfill", role.HighlightedText: "onaccent", role.Light: "hover", role.Midlight: "raised",
        role.Mid: "ctl", role.Dark: "line", role.Shadow: "line", role.Accent: "accent",
    }  # fmt: skip
    result = QPalette()
    for which, token in roles.items():
        result.setColor(which, theme.color(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, theme.color("td"))
    return result


def style_sheet(theme: Theme) -> str:
    """resources/themes/app.qss with the tokens of `theme` in place of $names."""
    path = THEMES / "app.qss"
    template = string.Template(path.read_text(encoding="utf-8") if path.exists() else "")
    return template.substitute({name: css(color) for name, color in theme.tokens.items()})


def css(color: QColor) -> str:
    """A colour as style sheets and rich text write it."""
    if color.alpha() == 255:
        return color.name()
    return f"rgba({color.red()}, {color.green()}, {color.blue()}, {color.alpha()})"


@cache
def load_fonts() -> tuple[str, ...]:
    """Registers the bundled fonts; call once an application exists and before anything is measured."""
    families: dict[str, None] = {}
    for path in sorted(FONTS.iterdir()):
        if path.suffix in (".otf", ".ttf"):
            families |= dict.fromkeys(QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path))))
    return tuple(families)


def font(px: float = 12, weight: int = 400) -> QFont:
    """Inter at `px` pixels, all digits equally wide."""
    return sized("Inter", px, weight=weight, features=(("tnum", 1),))


def mono(px: float = 11, weight: int = 400) -> QFont:
    """JetBrains Mono at `px` pixels, without ligatures."""
    return sized("JetBrains Mono", px, weight=weight, features=(("calt", 0), ("liga", 0)))


def sized(family: str, px: float, *, weight: int, features: tuple[tuple[str, int], ...]) -> QFont:
    """A font by pixel size, a copy that may be changed."""
    screen = QGuiApplication.primaryScreen() if px != int(px) else None
    return QFont(made(family, px, weight, features, screen.logicalDotsPerInchY() if screen else 96.0))


@cache
def made(family: str, px: float, weight: int, features: tuple[tuple[str, int], ...], dots: float) -> QFont:
    """Half pixels (10.5) go through the point size, which Qt keeps as a fraction; `dots` are those of an inch of the screen."""
    result = QFont(family)
    result.setWeight(QFont.Weight(weight))
    if px == int(px):
        result.setPixelSize(int(px))
    else:
        result.setPointSizeF(px * 72 / dots)
    for name, value in features:
        result.setFeature(QFont.Tag(name), value)
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return result


def mix(a: QColor, b: QColor, share: float) -> QColor:
    """`a` with `share` (0..1) of `b`, in sRGB."""
    channels = ((x + (y - x) * share) for x, y in zip(a.getRgb(), b.getRgb(), strict=True))
    return QColor(*(round(value) for value in channels))


def faded(color: QColor, alpha: float) -> QColor:
    """`color` at `alpha` (0..1)."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result


def app_icon() -> QIcon:
    """The application's own icon."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addPixmap(app_sign(size))
    return icon


def app_sign(size: int, ratio: float = 1.0) -> QPixmap:
    """The drawing of the application's icon, `size` px square."""
    return render((ICONS / "app-icon.svg").read_text(encoding="utf-8"), size, ratio)


def parse_tokens(texts: dict[str, str]) -> dict[str, QColor]:
    """Token name -> colour. A text is "#RRGGBB" or the name of an earlier token, with "@0.14" for its opacity."""
    tokens: dict[str, QColor] = {}
    for name, text in texts.items():
        tokens[name] = parse_color(text, tokens)
    return tokens


def parse_color(text: str, tokens: dict[str, QColor]) -> QColor:
    base, _, opacity = text.partition("@")
    color = QColor(tokens[base]) if base in tokens else QColor(base)
    return faded(color, float(opacity)) if opacity else color


@cache
def drawings() -> frozenset[str]:
    """The names of all drawings; those of layer types begin with "layers/"."""
    return frozenset(f"{folder}{path.stem}" for folder in ("", "layers/") for path in (ICONS / folder).glob("*.svg"))


def drawing_of(family: str, icon: str = "") -> str:
    """What a layer type shows (`icon` is its id): its own drawing, else that of its family, such as a block's; "help" for what nobody knows."""
    return next(name for name in (f"layers/{icon}", icon, family, "help") if name in drawings())


@cache
def svg_source(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")


def svg(name: str, color: QColor, stroke: str = "") -> str:
    """The drawing `name` in `color`; QtSvg knows no currentColor from outside, so it is written in."""
    text = svg_source(name).replace("currentColor", color.name())
    return text.replace('stroke-width="1.5"', f'stroke-width="{stroke}"') if stroke else text


def render(source: str, size: int, ratio: float) -> QPixmap:
    """An SVG text as a pixmap of `size` px at `ratio`."""
    pixmap = blank(size, ratio)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def blank(size: int, ratio: float) -> QPixmap:
    side = max(1, round(size * ratio))
    pixmap = QPixmap(QSize(side, side))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap
