"""The effects that lessons promise: the quick ones are proved here, all of them by benchmarks/lessons.py."""

from __future__ import annotations

import pytest
from effects.table import Effect, all_effects

from engine import library

EFFECTS = all_effects()
QUICK = [pytest.param(found, id=f"{found.lesson}-{found.measure.__name__}") for found in EFFECTS if found.quick]


@pytest.mark.parametrize("found", QUICK)
def test_a_quick_effect_shows(found: Effect) -> None:
    verdict = found.measure(0)
    assert verdict.ok, str(verdict)


def test_effects_belong_to_lessons_that_exist() -> None:
    assert {found.lesson for found in EFFECTS} <= {entry.id for entry in library.entries()}
