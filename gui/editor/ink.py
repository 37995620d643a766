"""Pens, brushes, fonts and small pixmaps of the current theme, made once and shared by all painting. Knows no document."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QStaticText, QTransform
from PySide6.QtWidgets import QWidget

from gui import theme

SHADOW, SHADOW_DROP = 8, 3
PORT = 16  # side of a port's pixmap
PATTERNS: dict[str, list[float]] = {"": [], "error": [7, 5], "bypass": [2, 4], "ghost": [4, 3]}
PORT_STYLES = {  # outline and centre
    "wired": ("wire", "wire"),
    "open": ("wire", ""),
    "error": ("err", "err"),
    "ok": ("ok", "ok"),
}


class Ink:
    """Everything that painting needs of one theme. `get()` gives the one of the current theme."""

    def __init__(self, look: theme.Theme) -> None:
        self.look = look
        self.pens: dict[tuple[object, ...], QPen] = {}
        self.brushes: dict[object, QBrush] = {}
        self.pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self.texts: dict[tuple[str, str], QStaticText] = {}
        self.widths: dict[tuple[str, str], float] = {}
        self.title_font, self.key_font = theme.font(12, 600), theme.mono(11)
        self.small_mono, self.port_font = theme.mono(10.5), theme.font(11)
        self.caption_font = theme.font(10.5)
        self.fonts = {"title": self.title_font, "key": self.key_font, "chip": self.small_mono, "port": self.port_font, "caption": self.caption_font}
        self.fonts |= {"pill": theme.mono(11, 600), "frame": theme.font(11, 600)}
        self.metrics = {name: QFontMetricsF(font) for name, font in self.fonts.items()}
        self.half = {name: metrics.height() / 2 for name, metrics in self.metrics.items()}

    def color(self, name: str) -> QColor:
        return self.look.color(name)

    def pen(self, name: str, width: float = 1.0, *, pattern: str = "", alpha: float = 1.0, cosmetic: bool = False) -> QPen:
        """A round-capped pen in the colour of a token."""
        key = (name, width, pattern, alpha, cosmetic)
        if key not in self.pens:
            color = self.look.color(name)
            pen = QPen(theme.faded(color, alpha) if alpha < 1 else color, width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap if not pattern or pattern == "bypass" else Qt.PenCapStyle.FlatCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            pen.setCosmetic(cosmetic)
            if PATTERNS[pattern]:
                pen.setDashPattern([step / width for step in PATTERNS[pattern]])
            self.pens[key] = pen
        return self.pens[key]

    def brush(self, name: str) -> QBrush:
        """A solid brush in the colour of a token."""
        if name not in self.brushes:
            self.brushes[name] = QBrush(self.look.color(name))
        return self.brushes[name]

    def family(self, family: str) -> QBrush:
        key = ("family", family)
        if key not in self.brushes:
            self.brushes[key] = QBrush(self.look.family(family))
        return self.brushes[key]

    def title(self, family: str) -> QBrush:
        """Fill of a title bar."""
        key = ("title", family)
        if key not in self.brushes:
            self.brushes[key] = QBrush(self.look.title_fill(family))
        return self.brushes[key]

    def heat(self, level: float) -> QColor:
        """A colour of the map that says "how much", `level` 0..1; never so dark (or so pale) that it drowns in the canvas."""
        table = self.look.lut("ember")
        return QColor(*(int(part) for part in table[round(64 + 191 * min(max(level, 0.0), 1.0))][:3]))

    def block(self, family: str) -> QBrush:
        """Fill of a whole node far away: 45 % of the family in the title's surface."""
        key = ("block", family)
        if key not in self.brushes:
            self.brushes[key] = QBrush(theme.mix(self.look.color("nodetitle"), self.look.family(family), 0.45))
        return self.brushes[key]

    def tint(self, family: str, share: float) -> QColor:
        """The family's colour mixed into the canvas."""
        return theme.mix(self.look.color("canvas"), self.look.family(family), share)

    def stripes(self) -> QBrush:
        """45 degree stripes of 6 px in node and canvas, for bypassed nodes."""
        if "stripes" not in self.brushes:
            tile = QPixmap(12, 12)
            tile.fill(self.look.color("canvas"))
            painter = QPainter(tile)
            painter.fillRect(0, 0, 6, 12, self.look.color("node"))
            painter.end()
            brush = QBrush(tile)
            brush.setTransform(QTransform().rotate(45))
            self.brushes["stripes"] = brush
        return self.brushes["stripes"]

    def text(self, words: str, role: str) -> QStaticText:
        """`words` laid out once in the font of `role` (title, key, chip, port, caption, pill)."""
        key = (words, role)
        if key not in self.texts:
            if len(self.texts) > 4000:
                self.texts.clear()
            text = QStaticText(words)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            text.prepare(QTransform(), self.fonts[role])
            self.texts[key] = text
        return self.texts[key]

    def width(self, words: str, role: str) -> float:
        """How wide `words` are in the font of `role`, px."""
        key = (words, role)
        if key not in self.widths:
            if len(self.widths) > 4000:
                self.widths.clear()
            self.widths[key] = self.metrics[role].horizontalAdvance(words)
        return self.widths[key]

    def write(self, painter: QPainter, words: str, *, role: str, x: float, middle: float, color: str) -> None:
        """Paints one line of text from `x`, vertically centred on `middle`."""
        painter.setFont(self.fonts[role])
        painter.setPen(self.pen(color))
        painter.drawStaticText(QPointF(x, middle - self.half[role]), self.text(words, role))

    def shadow(self, width: float, height: float, ratio: float) -> QPixmap:
        """A node's soft shadow for a body of this size; put it SHADOW px up and left of the body."""
        key = ("shadow", width, height, ratio)
        if key not in self.pixmaps:
            self.pixmaps[key] = draw_shadow(width, height, ratio=ratio, color=self.look.color("shadow"))
        return self.pixmaps[key]

    def port(self, style: str, ratio: float) -> QPixmap:
        """A port, PORT px square, centred."""
        key = ("port", style, ratio)
        if key not in self.pixmaps:
            self.pixmaps[key] = self.draw_port(*PORT_STYLES[style], ratio)
        return self.pixmaps[key]

    def draw_port(self, outline: str, fill: str, ratio: float) -> QPixmap:
        pixmap = blank(PORT, PORT, ratio)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(PORT / 2, PORT / 2)
        painter.setPen(QPen(self.look.color(outline), 1.2))
        painter.setBrush(self.look.color("canvas"))
        painter.drawEllipse(centre, 5.8, 5.8)
        if fill:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.look.color(fill))
            painter.drawEllipse(centre, 3.6, 3.6)
        painter.end()
        return pixmap

    def tile(self, family: str, icon: str, ratio: float) -> QPixmap:
        return self.look.tile(family, 18, icon, ratio)


def blank(width: float, height: float, ratio: float) -> QPixmap:
    """A transparent pixmap of width x height px at `ratio`."""
    pixmap = QPixmap(max(1, round(width * ratio)), max(1, round(height * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def draw_shadow(width: float, height: float, *, ratio: float, color: QColor) -> QPixmap:
    """Stacked translucent rounded rects: soft to the outside, cut out under the body, which covers it anyway."""
    pixmap = blank(width + 2 * SHADOW, height + 2 * SHADOW + SHADOW_DROP, ratio)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.faded(color, color.alphaF() / SHADOW * 1.6))
    for step in range(SHADOW):
        inset = step + 0.5
        rect = QRectF(inset, inset + SHADOW_DROP, width + 2 * SHADOW - 2 * inset, height + 2 * SHADOW - 2 * inset)
        painter.drawRoundedRect(rect, 7 + SHADOW - inset, 7 + SHADOW - inset)
    painter.end()
    return pixmap


def rounded_top(width: float, height: float, radius: float) -> QPainterPath:
    """A rect from (0, 0) whose upper corners are round."""
    path = QPainterPath(QPointF(0, height))
    path.lineTo(0, radius)
    path.quadTo(0, 0, radius, 0)
    path.lineTo(width - radius, 0)
    path.quadTo(width, 0, width, radius)
    path.lineTo(width, height)
    path.closeSubpath()
    return path


_kept: list[Ink] = []  # that of the theme in use


def get() -> Ink:
    """The ink of the current theme."""
    look = theme.current()
    if not _kept or _kept[0].look is not look:
        theme.load_fonts()
        _kept[:] = [Ink(look)]
    return _kept[0]


def paint_raised(widget: QWidget) -> None:
    """A raised surface with its shadow as the ground of `widget`, which keeps SHADOW px free on each side."""
    tools = get()
    body = QRectF(widget.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.drawPixmap(QPointF(0, 0), tools.shadow(body.width(), body.height(), widget.devicePixelRatioF()))
    painter.setPen(tools.pen("ctl", 1))
    painter.setBrush(tools.brush("raised"))
    painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
    painter.end()
