"""The table of effects: what each lesson promises, and the function that measures it. Trains nothing itself.

A topic is one file beside this one. It declares its effects so, and needs no entry anywhere else:

    @effect("lenet-mnist", "LeNet reads more digits than a perceptron with as many steps")
    def lenet_beats_the_perceptron(seed: int) -> Verdict:
        lenet, plain = accuracy(lesson("lenet-mnist"), seed=seed), accuracy(lesson("mlp-mnist"), seed=seed)
        return Verdict(lenet > plain + 0.01, lenet=lenet, perceptron=plain)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

OTHERS = ("table", "lab")  # files here that hold no effects


class Verdict:
    """Whether one seed shows the effect, and the numbers that say so, in the order in which they are to be printed."""

    def __init__(self, ok: bool, **numbers: float) -> None:
        self.ok = bool(ok)
        self.numbers = {name: float(value) for name, value in numbers.items()}

    def __str__(self) -> str:
        return "  ".join(f"{name} {value:.4g}" for name, value in self.numbers.items())


@dataclass(frozen=True)
class Effect:
    """One promise of a lesson (`lesson` is its id): `sentence` for the table, `measure` for one seed.

    `quick`: takes a second or two for a seed, so that the test suite proves it too. `seeds`: exact effects need only one.
    """

    lesson: str
    sentence: str
    measure: Callable[[int], Verdict]
    quick: bool = False
    seeds: int = 3


EFFECTS: list[Effect] = []


def effect(lesson: str, sentence: str, *, quick: bool = False, seeds: int = 3) -> Callable[[Callable[[int], Verdict]], Callable[[int], Verdict]]:
    """Registers the function below it as the measurement of an effect."""

    def register(measure: Callable[[int], Verdict]) -> Callable[[int], Verdict]:
        EFFECTS.append(Effect(lesson, sentence, measure, quick, seeds))
        return measure

    return register


def all_effects() -> list[Effect]:
    """The effects of all topics, in the order of the files and of the lines in them."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in OTHERS:
            import_module(f"effects.{path.stem}")
    return EFFECTS
