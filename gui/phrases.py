"""How the chrome writes numbers and times. Pure functions of plain values."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """0:03, 12:40, 1:02:05."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plural(amount: int, word: str) -> str:
    """1 error, 2 errors, 3 networks."""
    return f"{amount:,} {word}{'' if amount == 1 else 's'}"
