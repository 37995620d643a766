"""Items 95 to 110: the numbers of the lecture through the lessons' own nodes."""

from __future__ import annotations

import torch
from effects.lab import bypassed, lesson
from lesson_bench import first_values


def rows(text: str) -> torch.Tensor:
    """`1 2 / 3 4` as a matrix."""
    return torch.tensor([[float(number) for number in row.split()] for row in text.split("/")])


def close(value: torch.Tensor, expected: str) -> bool:
    return torch.allclose(value[0], rows(expected), atol=6e-5)


# -- 97 to 104 ------------------------------------------------------------------------------------------------------------------
def test_attention_by_hand() -> None:
    values = first_values(lesson("attention-by-hand"))
    assert torch.equal(values["scores1"][0], rows("1 0 1 / 0 1 1 / 1 1 2"))
    assert close(values["softmax1"], ".4011 .1978 .4011 / .1978 .4011 .4011 / .2483 .2483 .5035")
    assert close(values["features1"], ".8022 .5989 / .5989 .8022 / .7517 .7517")
    assert torch.equal(values["add1"], values["features1"] + rows("1 0 / 0 1 / 1 1"))


def test_attention_by_hand_without_the_root() -> None:
    values = first_values(lesson("attention-by-hand", bypassed("scale1")))
    assert close(values["softmax1"], ".4223 .1554 .4223 / .1554 .4223 .4223 / .2119 .2119 .5761")
