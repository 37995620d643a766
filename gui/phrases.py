"""How the chrome writes numbers and times. Pure functions of plain values."""

from __future__ import annotations

import time


def clock(seconds: float) -> str:
    """0:03, 12:40, 1:02:05."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plural(amount: int, word: str) -> str:
    """1 error, 2 errors, 3 networks."""
    return f"{amount:,} {word}{'' if amount == 1 else 's'}"


def ago(minute: int, now: int) -> str:
    """When something was, both in minutes of the clock (Unix time / 60): just now, 5 min ago, 14:03, yesterday, 12 May, 12 May 2024."""
    if now - minute < 60:
        return "just now" if now - minute < 1 else f"{now - minute} min ago"
    then, today = time.localtime(minute * 60), time.localtime(now * 60)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    if then[:3] == time.localtime(now * 60 - 24 * 3600)[:3]:
        return "yesterday"
    return f"{then.tm_mday} " + time.strftime("%b" if then.tm_year == today.tm_year else "%b %Y", then)
