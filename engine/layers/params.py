"""The kinds of parameter a layer type can have: each parses, bounds and explains one value. No torch, no Qt.

The inspector picks its form field by the class; a new kind arrives together with its field and its test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.graph.model import Value


class ParamError(ValueError):
    """A value that a parameter cannot take; the message says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """Shared by all kinds. `name` is also the constructor's keyword; `help` is one sentence for the inspector."""

    name: str
    default: Value
    help: str = ""
    label: str = ""
    advanced: bool = False
    section: str = "Parameters"

    @property
    def caption(self) -> str:
        """The words of the form row: the label, or the name in sentence case."""
        return self.label or self.name.replace("_", " ").capitalize()

    def parse(self, value: Value) -> Value:
        """`value` in its canonical form; ParamError when it cannot be."""
        raise ParamError(f"{self.caption}: {type(self).__name__} parses no value")

    def refuse(self, expected: str, value: Any) -> ParamError:
        return ParamError(f"{self.caption} must be {expected}, got {str(value)[:100]!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntParam(Param):
    low: int = 0
    high: int = 1_000_000
    unit: str = ""

    def parse(self, value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise self.refuse(f"a whole number from {self.low:,} to {self.high:,}", value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatParam(Param):
    low: float = -1e12
    high: float = 1e12
    log: bool = False  # scrub and step by factors
    unit: str = ""

    def parse(self, value: Value) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or not self.low <= value <= self.high:
            raise self.refuse(f"a number from {self.low:g} to {self.high:g}", value)
        return float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoolParam(Param):
    def parse(self, value: Value) -> bool:
        if not isinstance(value, bool):
            raise self.refuse("true or false", value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceParam(Param):
    choices: tuple[str, ...] = ()

    def parse(self, value: Value) -> str:
        if value not in self.choices:
            raise self.refuse("one of " + ", ".join(self.choices), value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class PairParam(Param):
    """One number for both axes, or (height, width). Canonical: an int when both agree, else a tuple of two.

    `words` are accepted besides numbers ("same"); `optional` also takes None, whose meaning `none_label` says.
    """

    low: int = 0
    high: int = 10_000
    words: tuple[str, ...] = ()
    optional: bool = False
    none_label: str = ""

    def parse(self, value: Value) -> Value:
        if (value is None and self.optional) or (isinstance(value, str) and value in self.words):
            return value
        both = (value, value) if isinstance(value, int) else tuple(value) if isinstance(value, (list, tuple)) else ()
        if len(both) != 2 or any(isinstance(v, bool) or not isinstance(v, int) or not self.low <= v <= self.high for v in both):
            words = "".join(f" or {word!r}" for word in self.words)
            raise self.refuse(f"a whole number from {self.low:,} to {self.high:,}, or two of them{words}", value)
        return both[0] if both[0] == both[1] else both


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeParam(Param):
    """Sizes without the batch axis, such as (16, 7, 7); at most one of them -1 ("what is left").

    With `bounds` (low, high) they are instead numbers in that range, whole unless `whole` says otherwise, up to `most` of them, or none at all.
    """

    most: int = 6
    bounds: tuple[int, int] | None = None
    whole: bool = True

    def parse(self, value: Value) -> tuple[int, ...]:
        sizes = (value,) if isinstance(value, int) else tuple(value) if isinstance(value, (list, tuple)) else ()
        if self.bounds:
            return self.parse_numbers(value, sizes)
        fine = all(isinstance(v, int) and not isinstance(v, bool) and (v == -1 or 1 <= v <= 1_000_000_000) for v in sizes)
        if not sizes or len(sizes) > 6 or not fine or sizes.count(-1) > 1:
            raise self.refuse("1 to 6 sizes, at most one of them -1", value)
        return sizes

    def parse_numbers(self, value: Value, numbers: tuple[Any, ...]) -> tuple[int | float, ...]:
        low, high = self.bounds or (0, 0)
        numbers = (value,) if isinstance(value, float) and not self.whole else numbers
        kinds = int if self.whole else (int, float)
        fine = all(isinstance(v, kinds) and not isinstance(v, bool) and low <= v <= high for v in numbers)
        if not (numbers or value in ((), [])) or len(numbers) > self.most or not fine:
            raise self.refuse(f"up to {self.most:,} {'whole ' if self.whole else ''}numbers from {low:,} to {high:,}", value)
        return numbers if self.whole else tuple(float(v) for v in numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathParam(Param):
    """A file or folder chosen by the user; relative paths count from the project file. Never printed into source."""

    folder: bool = True

    def parse(self, value: Value) -> str:
        if not isinstance(value, str) or len(value) > 4096 or "\0" in value:
            raise self.refuse("a path", value)
        return value


# Short constructors, so that a row in a family file reads as a table.
def Int(name: str, default: int, **more: Any) -> IntParam:
    return IntParam(name=name, default=default, **more)


def Float(name: str, default: float, **more: Any) -> FloatParam:
    return FloatParam(name=name, default=default, **more)


def Bool(name: str, default: bool, **more: Any) -> BoolParam:
    return BoolParam(name=name, default=default, **more)


def Choice(name: str, choices: list[str], **more: Any) -> ChoiceParam:
    return ChoiceParam(name=name, default=more.pop("default", choices[0]), choices=tuple(choices), **more)


def Pair(name: str, default: Value, **more: Any) -> PairParam:
    return PairParam(name=name, default=default, **more)


def Sizes(name: str, default: tuple[int, ...], **more: Any) -> ShapeParam:
    return ShapeParam(name=name, default=default, **more)


def Numbers(name: str, default: tuple[float, ...], **more: Any) -> ShapeParam:
    return ShapeParam(name=name, default=default, **more)


def Folder(name: str, **more: Any) -> PathParam:
    return PathParam(name=name, default="", folder=True, **more)
