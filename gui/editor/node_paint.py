"""Paints one node, near (everything) or at middle distance (title, tile, picture). Draws only; decides and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from gui import theme
from gui.editor.anatomy import FIRST_PORT, INSET, NAME_X, PILL_GAP, PILL_PAD, RADIUS, ROW, TITLE, Anatomy, pill_width
from gui.editor.ink import PORT, SHADOW, SHADOW_DROP, Ink, rounded_top
from gui.editor.plates import Plates

if TYPE_CHECKING:
    from gui.editor.heat import Warmth

NONE = Qt.PenStyle.NoPen
BADGE = 16.0


@dataclass(slots=True)
class Mood:
    """What a node shows besides its anatomy."""

    selected: bool = False
    hovered: bool = False
    errors: int = 0
    warnings: int = 0
    bypassed: bool = False
    frozen: bool = False
    running: bool = False
    glow: float = 0.0
    wired: frozenset[tuple[str, bool]] = frozenset()
    wrong: frozenset[tuple[str, bool]] = frozenset()
    candidates: frozenset[tuple[str, bool]] = frozenset()
    magnet: tuple[str, bool] | None = None
    picture: QPixmap | None = None
    warmth: Warmth | None = None  # of the heat overlay
    extras: dict[str, str] = field(default_factory=dict)


def badge_room(mood: Mood) -> float:
    """How much of the title's right end the badges need, px."""
    room = 0.0
    if mood.errors:
        room += 34
    elif mood.warnings:
        room += 26
    return room + (18 if mood.frozen else 0)


def badge_rect(body: Anatomy, mood: Mood) -> QRectF:
    """Where the problem pill is, relative to the node's corner; empty without one."""
    width = badge_room(mood) - (18 if mood.frozen else 0)
    return QRectF(body.width - 10 - width, 2, width + 6, 24) if width else QRectF()


def look_of(body: Anatomy) -> tuple[object, ...]:
    """All of the anatomy that can be seen: nodes with the same look share a plate."""
    spots = tuple((spot.x, spot.y, spot.is_output, spot.name, spot.label) for spot in body.spots)
    return (body.family, body.icon, body.width, body.height, body.known, body.sheets, body.title, body.key, body.count, body.pill, spots)


def paint(
    painter: QPainter,
    body: Anatomy,
    mood: Mood,
    *,
    ink: Ink,
    full: bool,
    ratio: float,
    plates: Plates,
    screen: float = 1.0,
    look: tuple[object, ...] = (),
) -> None:
    """The whole node with its top-left corner at (0, 0). `full` is False at middle distance; `ratio` is that of small pixmaps.

    One plate holds all but what moves or is seldom the same: the picture, the heat, the glow, and ports that a wire may end at.
    """
    if body.dot:
        paint_knot(painter, body, mood, ink=ink, ratio=ratio)
        return
    plain = mood.warmth is None and not mood.candidates
    state = (mood.selected, mood.errors, mood.warnings > 0, mood.frozen, mood.hovered, mood.wired, mood.wrong) if plain else ()
    key = (look or look_of(body), mood.bypassed, full, state)

    def draw(brush: QPainter) -> None:
        paint_plate(brush, body, mood, ink=ink, full=full, ratio=ratio)
        if plain:
            paint_front(brush, body, mood, ink=ink, full=full, ratio=ratio)

    alone = plain and mood.glow <= 0 and not mood.running and mood.picture is None
    plates.stamp(painter, key, size=(body.width, body.height), margin=SHADOW + SHADOW_DROP + 2, ratio=screen, draw=draw, last=alone)
    if alone:
        return
    if mood.warmth is not None:
        paint_warmth(painter, body, mood.warmth, ink)
    if not plain:
        paint_front(painter, body, mood, ink=ink, full=full, ratio=ratio)
    paint_passing(painter, body, mood, ink)


def paint_passing(painter: QPainter, body: Anatomy, mood: Mood, ink: Ink) -> None:
    """What comes and goes while nothing of the node changes: the glow, the mark of what is computed, the picture."""
    paint_glow(painter, QRectF(0, 0, body.width, body.height), mood, ink)
    if mood.running:
        painter.fillRect(QRectF(0, TITLE - 2, body.width, 2), ink.brush("accent"))
    if mood.picture is not None and body.picture:
        paint_picture(painter, QPointF(*body.picture), mood)


def paint_picture(painter: QPainter, corner: QPointF, mood: Mood) -> None:
    """What the node shows of itself, paler where it is switched off."""
    opacity = painter.opacity()
    painter.setOpacity(opacity * (0.55 if mood.bypassed else 1.0))
    painter.drawPixmap(corner, mood.picture)
    painter.setOpacity(opacity)


def paint_front(painter: QPainter, body: Anatomy, mood: Mood, *, ink: Ink, full: bool, ratio: float) -> None:
    """Rings, words, badges and ports."""
    paint_rings(painter, QRectF(0, 0, body.width, body.height), mood, ink)
    opacity = painter.opacity()
    painter.setOpacity(opacity * (0.55 if mood.bypassed else 1.0))
    ink.write(painter, body.title, role="title", x=NAME_X, middle=14.5, color="t1")
    if full:
        paint_lines(painter, body, ink)
    painter.setOpacity(opacity)
    paint_badges(painter, body, mood, ink=ink, ratio=ratio)
    if full:
        paint_ports(painter, body, mood, ink=ink, ratio=ratio)


def paint_plate(painter: QPainter, body: Anatomy, mood: Mood, *, ink: Ink, full: bool, ratio: float) -> None:
    """What nodes of the same type and size share: shadow, surface, title bar, strip, tile."""
    if full:
        painter.drawPixmap(QPointF(-SHADOW, -SHADOW), ink.shadow(body.width, body.height, ratio))
    if body.sheets:
        paint_sheets(painter, body, mood, ink)
    paint_body(painter, body, mood, ink)
    painter.setOpacity(0.55 if mood.bypassed else 1.0)
    painter.drawPixmap(QRectF(5, 5, 18, 18), ink.tile(body.family, body.icon, ratio), QRectF(0, 0, 18 * ratio, 18 * ratio))
    painter.setOpacity(1.0)


def paint_knot(painter: QPainter, body: Anatomy, mood: Mood, *, ink: Ink, ratio: float) -> None:
    """A reroute: the wire goes on through a dot. Its ports show themselves under the pointer and while a wire is drawn."""
    middle = QPointF(body.width / 2, FIRST_PORT)
    color = "err" if mood.errors else "sel" if mood.selected else "wireh" if mood.hovered else "wire"
    painter.setPen(ink.pen(color, 2))
    painter.drawLine(QPointF(0, FIRST_PORT), QPointF(body.width, FIRST_PORT))
    painter.setBrush(ink.brush(color))
    painter.drawEllipse(middle, 5, 5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if mood.selected:
        painter.drawEllipse(middle, 9, 9)
    if mood.glow > 0:
        painter.setPen(ink.pen("accent", 4, alpha=round(mood.glow, 1) or 0.1))
        painter.drawEllipse(middle, 13, 13)
    if mood.hovered or mood.candidates or mood.wrong:
        paint_ports(painter, body, mood, ink=ink, ratio=ratio)


def paint_warmth(painter: QPainter, body: Anatomy, warmth: Warmth, ink: Ink) -> None:
    """The heat overlay: surface and frame in the node's colour, its share in a tag on the upper edge."""
    color = ink.heat(warmth.level)
    painter.setPen(NONE)
    painter.setBrush(theme.faded(color, 0.28))
    painter.drawRoundedRect(QRectF(0, 0, body.width, body.height), RADIUS, RADIUS)
    painter.setPen(QPen(color, 3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(-1.5, -1.5, body.width + 3, body.height + 3), RADIUS + 1.5, RADIUS + 1.5)
    words = f"{warmth.share} · {warmth.value}"
    if ink.width(words, "chip") + 10 > body.width:
        words = warmth.share
    width = ink.width(words, "chip") + 10
    painter.setPen(NONE)
    painter.setBrush(ink.brush("chip"))
    painter.drawRoundedRect(QRectF(body.width - width, -15, width, 14), 3, 3)
    ink.write(painter, words, role="chip", x=body.width - width + 5, middle=-8, color="t1")


def paint_sheets(painter: QPainter, body: Anatomy, mood: Mood, ink: Ink) -> None:
    """Two sheets that peep out behind a block: it holds a network of its own."""
    for inset, up in ((10.0, 8.0), (5.0, 4.0)):
        painter.setPen(ink.pen("ctl3", 1, pattern="ghost") if mood.bypassed else ink.pen("nodeborder", 1))
        painter.setBrush(ink.brush("canvas") if mood.bypassed else ink.title(body.family))
        painter.drawRoundedRect(QRectF(inset, -up, body.width - 2 * inset, TITLE), RADIUS - 1, RADIUS - 1)


def paint_rings(painter: QPainter, rect: QRectF, mood: Mood, ink: Ink) -> None:
    """Selection, error and hover rings."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if mood.selected:
        ring(painter, rect, 5.5, pen=ink.pen("accentwash", 5))
        ring(painter, rect, 0.5, pen=ink.pen("canvas", 1))
        ring(painter, rect, 2.0, pen=ink.pen("sel", 2))
    if mood.errors:
        ring(painter, rect, 2.0 if not mood.selected else 9.0, pen=ink.pen("err", 2))
    elif mood.hovered and not mood.selected:
        ring(painter, rect, 1.0, pen=ink.pen("ctl3", 1))


def paint_glow(painter: QPainter, rect: QRectF, mood: Mood, ink: Ink) -> None:
    """The short glow of a node that something points at."""
    if mood.glow > 0:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(ink.pen("accent", 4, alpha=round(mood.glow, 1) or 0.1))
        painter.drawRoundedRect(rect.adjusted(-6, -6, 6, 6), RADIUS + 6, RADIUS + 6)


def ring(painter: QPainter, rect: QRectF, outset: float, *, pen: object) -> None:
    painter.setPen(pen)
    painter.drawRoundedRect(rect.adjusted(-outset, -outset, outset, outset), RADIUS + outset, RADIUS + outset)


def paint_body(painter: QPainter, body: Anatomy, mood: Mood, ink: Ink) -> None:
    """Surface, tinted title, family strip and outline."""
    rect = QRectF(0, 0, body.width, body.height)
    if mood.bypassed:
        painter.setPen(ink.pen("ctl3", 1, pattern="ghost"))
        painter.setBrush(ink.stripes())
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        return
    painter.setPen(NONE)
    painter.setBrush(ink.brush("node"))
    painter.drawRoundedRect(rect, RADIUS, RADIUS)
    painter.setBrush(ink.title(body.family))
    if body.height > TITLE:
        painter.drawPath(rounded_top(body.width, TITLE, RADIUS))
    else:
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
    painter.setBrush(ink.family(body.family))
    painter.save()
    painter.setClipRect(QRectF(0, 0, body.width, 2), Qt.ClipOperation.IntersectClip)
    painter.drawRoundedRect(QRectF(0, 0, body.width, TITLE), RADIUS, RADIUS)
    painter.restore()
    painter.setPen(NONE)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(ink.pen("nodeborder", 1) if body.known else ink.pen("ctl3", 1, pattern="ghost"))
    painter.drawRoundedRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5), RADIUS, RADIUS)


def paint_lines(painter: QPainter, body: Anatomy, ink: Ink) -> None:
    """Key line, count and the names of further ports."""
    middle = TITLE + ROW / 2 + 1
    if body.key:
        ink.write(painter, body.key, role="key", x=INSET, middle=middle, color="t1")
    if body.count:
        ink.write(painter, body.count, role="chip", x=body.width - INSET - ink.width(body.count, "chip"), middle=middle, color="t3")
    for spot in body.spots:
        if spot.label:
            x = spot.x - 12 - ink.width(spot.label, "port") if spot.is_output else 12
            ink.write(painter, spot.label, role="port", x=x, middle=spot.y, color="t2")


def paint_badges(painter: QPainter, body: Anatomy, mood: Mood, *, ink: Ink, ratio: float) -> None:
    """Problem pill and lock at the right end of the title; left of them how often a block is repeated."""
    right = body.width - 10
    if mood.errors:
        right = paint_pill(painter, right, fill="err", icon="error", count=mood.errors, ink=ink, ratio=ratio)
    elif mood.warnings:
        right = paint_pill(painter, right, fill="warn", icon="warning", count=0, ink=ink, ratio=ratio)
    if mood.frozen:
        size = 12
        painter.drawPixmap(QRectF(right - size, 8, size, size), ink.look.pixmap("lock", "t2", size, ratio), QRectF(0, 0, size * ratio, size * ratio))
    if body.pill:
        room = badge_room(mood)
        paint_repeats(painter, body.width - (14 + room if room else 8), body, ink)


def paint_repeats(painter: QPainter, right: float, body: Anatomy, ink: Ink) -> None:
    """How often a block is repeated, in a pill of the family's colour that ends at `right`."""
    width = pill_width(body.pill) - PILL_GAP
    painter.setPen(NONE)
    painter.setBrush(ink.family(body.family))
    painter.drawRoundedRect(QRectF(right - width, 6, width, BADGE), 4, 4)
    ink.write(painter, body.pill, role="pill", x=right - width + PILL_PAD, middle=14, color="badgetext")


def paint_pill(painter: QPainter, right: float, *, fill: str, icon: str, count: int, ink: Ink, ratio: float) -> float:
    """A filled pill that ends at `right`; returns where the next badge ends."""
    words = str(count) if count else ""
    width = 20 + (ink.width(words, "caption") + 5 if words else 0)
    left = right - width
    painter.setPen(NONE)
    painter.setBrush(ink.brush(fill))
    painter.drawRoundedRect(QRectF(left, 6, width, BADGE), 8, 8)
    size = 12
    painter.drawPixmap(QRectF(left + 4, 8, size, size), ink.look.pixmap(icon, "badgetext", size, ratio), QRectF(0, 0, size * ratio, size * ratio))
    if words:
        ink.write(painter, words, role="caption", x=left + 19, middle=14, color="badgetext")
    return left - 4


def paint_ports(painter: QPainter, body: Anatomy, mood: Mood, *, ink: Ink, ratio: float) -> None:
    """Ports on the edges; candidates of a wire that is being drawn glow."""
    half = PORT / 2
    for spot in body.spots:
        name = (spot.name, spot.is_output)
        style = "error" if name in mood.wrong else "wired" if name in mood.wired else "open"
        if name in mood.candidates:
            reach = 14.0 if name == mood.magnet else 11.0
            painter.setPen(NONE)
            painter.setBrush(theme.faded(ink.color("ok"), 0.38 if name == mood.magnet else 0.22))
            painter.drawEllipse(QPointF(spot.x, spot.y), reach, reach)
            style = "ok"
        painter.drawPixmap(QRectF(spot.x - half, spot.y - half, PORT, PORT), ink.port(style, ratio), QRectF(0, 0, PORT * ratio, PORT * ratio))
