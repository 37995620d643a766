"""Identifiers for generated source: legal, unique, stable, shadowing nothing. Knows no graph and writes no code."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from torch import nn

from engine.compile.library import OWN

OURS = {*OWN, "math", "torch", "nn", "F", "Net", "self", "tap", "loss", "output", "outputs", "x", "at", "into"}
RESERVED = frozenset({*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *dir(nn.Module()), *OURS})
LONGEST = 60  # letters; a longer id is cut, so that a line stays a line


@lru_cache(maxsize=8192)
def legal(text: str) -> str:
    """`text` as a plain ASCII identifier that is neither private, reserved nor empty; the same text gives the same name."""
    # NFKC first, since Python itself normalises identifiers; leading underscores would be mangled inside a class.
    plain = re.sub(r"[^0-9A-Za-z_]", "_", unicodedata.normalize("NFKC", text)).strip("_")[:LONGEST]
    name = f"n{plain}" if not plain or plain[0].isdigit() else plain
    return f"{name}_" if name in RESERVED else name


class Names:
    """Hands out unique names within one scope."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def claim(self, wanted: str) -> str:
        """The legal form of `wanted`, numbered when it is taken already."""
        stem = name = legal(wanted)
        number = 2
        while name in self.taken:
            name = f"{stem.rstrip('_')}_{number}"
            number += 1
        self.taken.add(name)
        return name


def name_all(ids: Iterable[str]) -> dict[str, str]:
    """A name for each id. Ids that are legal as they are keep their text, whatever else is in the document."""
    ordered = sorted(ids, key=natural)
    names = Names()
    table = {text: names.claim(text) for text in ordered if legal(text) == text}
    table.update({text: names.claim(text) for text in ordered if text not in table})
    return table


@lru_cache(maxsize=8192)
def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which conv2 comes before conv10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, len(part.lstrip("0")), part.lstrip("0")) if part[0] in "0123456789" else (1, 0, part) for part in parts)
