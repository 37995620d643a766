"""What the health card says of a dataset's report: rows of words and numbers. No widget; knows a report only by its fields."""

from __future__ import annotations

from typing import Any

from engine.layers.spec import shape_text
from gui.plots import numbers

SEVERAL = 4  # channels or columns whose means are listed one by one
LISTED = 3  # pairs of duplicates
Line = tuple[str, str]  # caption, value


def lines(health: Any) -> list[Line]:
    """Shape, sizes, ranges, means and spreads; of both splits where they differ."""
    found = [("Sample", shape_text((1, *health.shape)))]
    if health.file_sizes:
        small, large = (f"{width} × {height}" for width, height in health.file_sizes)
        found.append(("Files", small if small == large else f"{small} to {large}"))
    splits = [split for split in (health.train, health.validation) if split and split.samples]
    ranges = [f"{plain(split.low)} to {plain(split.high)}" for split in splits]
    found.append(("Values", both(ranges)))
    for caption, name in (("Mean", "mean"), ("Std", "std")):
        found.append((caption, both([several(getattr(split, name)) for split in splits])))
    return found


def plain(value: float) -> str:
    """A whole number as such, others in three digits."""
    return f"{value:,.0f}".replace("-", numbers.MINUS) if value == round(value) and abs(value) < 1e9 else numbers.plain(value, 3)


def both(texts: list[str]) -> str:
    """One text where training and validation say the same, else both."""
    return texts[0] if len(set(texts)) == 1 else " | ".join(texts)


def several(values: tuple[float, ...]) -> str:
    """Each channel's number, or from the least to the greatest of many."""
    if len(values) <= SEVERAL:
        return ", ".join(numbers.plain(value, 3) for value in values)
    return f"{numbers.plain(min(values), 3)} to {numbers.plain(max(values), 3)}"


def twins(health: Any) -> str:
    """Samples that are in both sets."""
    pairs = health.duplicates
    if not pairs:
        return "no sample is in both sets"
    shown = ", ".join(f"{there:,} = {here:,}" for there, here in pairs[:LISTED])
    more = f" and {len(pairs) - LISTED:,} more" if len(pairs) > LISTED else ""
    return f"{len(pairs):,} (training = validation: {shown}{more})"


def unreadable(health: Any) -> str:
    """Files that could not be used, by name."""
    names = [name.replace("\\", "/").rpartition("/")[2] or name for name in health.unreadable]
    return ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "") if names else "none"


def unit(health: Any) -> str:
    """What the bars count."""
    if health.train is None or not health.train.counts:
        return ""
    return "samples" if sum(health.train.counts) == health.train.samples else "pixels"
