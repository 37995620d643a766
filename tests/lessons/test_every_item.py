"""Every numbered item of the lecture has a lesson or a template."""

from __future__ import annotations

import json

import pytest

import main

LECTURE = {*range(1, 25), *range(30, 42), *range(44, 68), *range(70, 111)}
COVERED = [*range(1, 25), *range(30, 42), *range(44, 47)]  # the introduction and the first convolutions
CONVNETS = [*range(47, 68), *range(90, 95)]  # the other convolutional networks, depth, and progress
TRICKS = [*range(70, 90)]
MODERN = [*range(95, 111)]


@pytest.fixture(scope="module")
def listed() -> dict[int, list[str]]:
    """Item -> the ids that name it, as the command line lists them."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main.main(["lessons", "--json"]) == 0
    found: dict[int, list[str]] = {}
    for entry in json.loads(out.getvalue()):
        for item in entry["lecture_items"]:
            found.setdefault(item, []).append(entry["id"])
    return found


@pytest.mark.parametrize("item", [*COVERED, *CONVNETS, *TRICKS, *MODERN])
def test_an_item_has_a_lesson(listed: dict[int, list[str]], item: int) -> None:
    assert listed.get(item)


def test_no_lesson_names_an_item_that_the_lecture_does_not_have(listed: dict[int, list[str]]) -> None:
    assert set(listed) <= LECTURE
