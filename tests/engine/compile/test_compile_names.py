"""Identifiers of generated source."""

from __future__ import annotations

import builtins
import keyword

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engine.compile.names import Names, legal, name_all, natural

HOSTILE = [
    *("class", "print", "match", "_", "torch", "nn", "F", "self", "x", "tap", "Net"),
    *("forward", "train", "training", "state_dict", "__init__", "", "1a", "a b", "ﬁ", "é", "x;import os"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_shadow_nothing(text: str) -> None:
    name = legal(text)
    assert name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and not keyword.issoftkeyword(name)
    assert not hasattr(builtins, name) and not hasattr(nn.Module(), name) and name not in {"torch", "nn", "F", "x", "tap", "self", "Net", "loss"}
    assert not name.startswith("_")


def test_usual_ids_keep_their_text() -> None:
    assert [legal(text) for text in ("conv1", "cross_entropy1", "fc2", "bn10", "shortcut")] == ["conv1", "cross_entropy1", "fc2", "bn10", "shortcut"]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=12), unique=True, max_size=12))
def test_names_are_legal_unique_and_stable(ids: list[str]) -> None:
    names = name_all(ids)
    assert len(set(names.values())) == len(ids) and all(name.isidentifier() for name in names.values())
    assert name_all(reversed(ids)) == names
    assert name_all([*ids, "quite_another_node"]) | {"quite_another_node": ""} == names | {"quite_another_node": ""}


def test_a_legal_id_is_never_renamed_by_an_illegal_one() -> None:
    assert name_all(["a-b", "a_b"]) == {"a_b": "a_b", "a-b": "a_b_2"}


def test_a_taken_name_is_numbered() -> None:
    names = Names({"image"})
    assert [names.claim("image"), names.claim("image"), names.claim("x")] == ["image_2", "image_3", "x_"]


def test_natural_order_counts() -> None:
    assert sorted(["conv10", "conv2", "conv02b", "add1", "conv1"], key=natural) == ["add1", "conv1", "conv2", "conv02b", "conv10"]
    assert natural("n" + "9" * 5000)  # longer than Python parses as a number
