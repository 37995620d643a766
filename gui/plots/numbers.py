"""How plots and panels write numbers: true minus, commas for thousands, few digits, never an invented one. No Qt."""

from __future__ import annotations

import math

MINUS = "−"


def plain(value: float, digits: int = 4) -> str:
    """About `digits` significant digits: 0.0055, 2.303, 1,204, 3.2e−6; "NaN" and "∞" in words that fit a chip."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 10 ** -(digits + 1) or size >= 1e9:
        text = short(f"{value:.{max(digits - 3, 1)}e}")
    elif size < 1:
        text = f"{value:.{digits}f}" if size >= 10**-digits else f"{value:.{digits + 1}f}"
    else:
        text = f"{value:,.{max(digits - len(str(int(size))), 0)}f}"
    return text.replace("-", MINUS)


def short(text: str) -> str:
    """An exponent without its plus and its leading zero: 2.8e34, 3.2e-6."""
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def signed(value: float, digits: int = 2) -> str:
    """With its sign, for both ends of a symmetric scale: +0.62, −0.62."""
    text = plain(value, digits=max(digits, 2)) if abs(value) >= 10**-digits or value == 0 else plain(value, digits=digits + 2)
    return text if value <= 0 or not math.isfinite(value) else "+" + text


def percent(fraction: float, digits: int = 1) -> str:
    """0.978 as "97.8 %"."""
    return "NaN" if math.isnan(fraction) else f"{100 * fraction:.{digits}f} %".replace("-", MINUS)


def tick(value: float, step: float) -> str:
    """An axis label with just the digits that tell it from its neighbours `step` away."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-4:
        return short(f"{value:.2g}").replace("-", MINUS)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value:,.{digits}f}".replace("-", MINUS)


def duration(seconds: float) -> str:
    """12 s, 3:05, 1:02:09 — for the seconds axis and read-outs."""
    if not math.isfinite(seconds):
        return "?"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
