"""Every lesson is ready to use: no errors and no warnings, a text, and a first step of training with real data."""

from __future__ import annotations

import pytest
from effects.lab import trained

from engine import library
from engine.compile.analyse import analyse
from engine.graph.problem import HINT

LESSONS = [entry.id for entry in library.entries() if entry.kind == "lesson"]


@pytest.mark.parametrize("lesson_id", LESSONS)
def test_a_lesson_is_clean_and_takes_a_step(lesson_id: str) -> None:
    snapshot = library.read(lesson_id)
    assert not [problem.message for problem in analyse(snapshot).problems if problem.severity != HINT]
    assert trained(snapshot, steps=1).result.steps == 1


@pytest.mark.parametrize("lesson_id", LESSONS)
def test_a_lesson_says_what_to_do(lesson_id: str) -> None:
    about = library.read(lesson_id).about
    assert about.title and about.lecture_items
    assert about.text.startswith("# ") and all(f"## {part}" in about.text for part in ("What to look at", "What to change", "What to expect"))
