"""The dataset that is typed in: its numbers arrive as they stand, and what does not add up is said."""

from __future__ import annotations

import pytest
import torch

from engine.data.catalog import facts
from engine.data.load import load
from engine.graph import text
from engine.graph.model import Node, Snapshot, frozen
from engine.probe.samples import displayed

TOKENS = {"shape": (3, 2), "values": (1, 0, 0, 1, 1, 1, 0.5, -2, 0, 0, 0, 1), "task": "numbers", "answer_shape": (2,), "answers": (0.1, 0, 1, -1)}


def test_numbers_arrive_as_they_were_typed() -> None:
    known, data = facts("numbers", TOKENS), load("numbers", TOKENS)
    assert (dict(known.outputs), known.train, known.validation) == ({"features": (3, 2), "label": (2,)}, 2, 2)
    fields = data.train.fields(torch.arange(2))
    assert fields["features"].tolist() == [[[1, 0], [0, 1], [1, 1]], [[0.5, -2], [0, 0], [0, 1]]]
    assert torch.equal(fields["label"], torch.tensor([[0.1, 0.0], [1.0, -1.0]]))
    assert torch.equal(data.validation.x, data.train.x)


def test_answers_may_be_classes() -> None:
    data = load("numbers", {"values": (1, 2, 3, 4), "answers": (1, 0)})
    assert data.train.y.tolist() == [1, 0] and data.train.y.dtype is torch.int64 and data.class_names == ("0", "1")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"values": (1, 2, 3)}, "no whole samples of 2"),
        ({"values": ()}, "no whole samples"),
        ({"values": (1, 2, 3, 4)}, "2 samples need 2 answers, got 1"),
        ({"answers": (2,)}, "from 0 to 1"),
        ({"answers": (0.5,)}, "whole numbers"),
        ({"shape": (-1,)}, "sizes of 1 and more"),
    ],
)
def test_what_does_not_add_up_is_said(params: dict, words: str) -> None:
    known = facts("numbers", params)
    assert words in known.problem and known.fix


def test_numbers_survive_the_file() -> None:
    once = text.load(text.dump(Snapshot(nodes=(Node("numbers1", "numbers", frozen(TOKENS)),))))
    assert facts("numbers", once.nodes[0].params) == facts("numbers", TOKENS)


def test_a_typed_picture_is_shown_from_its_lowest_to_its_highest_number() -> None:
    data = load("numbers", {"shape": (1, 2, 2), "values": (-1, 0, 1, 3), "answers": (0,)})
    assert displayed(data.validation, data.validation.images(0, 1)).tolist() == [[[[0, 0.25], [0.5, 1]]]]
    blank = load("numbers", {"shape": (1, 1, 2), "values": (2, 2), "answers": (0,)})
    assert displayed(blank.validation, blank.validation.images(0, 1)).tolist() == [[[[0, 0]]]]
