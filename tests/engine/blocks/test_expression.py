"""Expressions: what is allowed works, everything else is refused before Python sees it, and values stay small."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from block_networks import around, basic
from hypothesis import given, settings

from engine.graph import text
from engine.graph.expression import Expression, ExpressionError

VALUES = {"dim": 64, "heads": 8, "stride": 2, "rate": 0.5, "flag": True, "kind": "same", "size": (3, 5)}


ALLOWED = [
    ("dim*4", "dim * 4", 256),
    ("(dim+2)//3%5", "(dim + 2) // 3 % 5", 2),
    ("2**3 - -dim", "2 ** 3 - -dim", 72),
    ("dim / 4", "dim / 4", 16.0),
    ("min(dim, heads, 5)", "min(dim, heads, 5)", 5),
    ("'b' if stride > 1 else 'a'", '"b" if stride > 1 else "a"', "b"),
    ("1 < stride <= 2", "1 < stride <= 2", True),
    ('kind == "same" or flag', 'kind == "same" or flag', True),
    ("(heads, 1)", "(heads, 1)", (8, 1)),
    ("size", "size", (3, 5)),
    ("None", "None", None),
    ("flag or dim", "flag or dim", True),
    ("max(1, dim // 16) if flag else 1.5e0", "max(1, dim // 16) if flag else 1.5", 4),
]


@pytest.mark.parametrize(("source", "canonical", "value"), ALLOWED)
def test_what_is_allowed(source: str, canonical: str, value: object) -> None:
    made = Expression(source)
    assert made.text == canonical and Expression(made.text) == made and made.value(VALUES) == value


HOSTILE = [
    "__import__('os').system('true')", "().__class__", "dim.__class__", "open('x')", "eval('1')", "[x for x in y]", "lambda: 1", "dim[0]", "f'{dim}'",
    "a := 1", "(" * 99 + "1" + ")" * 98, "-" * 150 + "1", "1" * 150, "9 ** 9 ** 9 ** 9 ** 9", "'a' * 99999999", "dim\\\n", "dim; dim", "dim if",
    "*dim", "max(dim)", "max(*size, 1)", "max(1, key=2)", "min", "yield", "await dim", "1if dim else 2", "0x10", "1_0", "1j", "é", "x\0y", "{}",
    "[1, 2]", "...", "dim @ dim", "dim << 4", "~dim", "dim is None", "import os", "print(dim)", "dim in size", "", " ", "not", "1e999", "\"it's\"",
    "(1,2,3,4,5,6,7)", "a" * 300, "_private", "b'1'", "$dim", "dim'",
]  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE)
def test_what_is_not_allowed(source: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(source).value({**VALUES, "a": 1, "x": 1, "y": 1, "min": 1} if source != "min" else VALUES)


@pytest.mark.parametrize(
    "source",
    ["dim ** 99", "10 ** 16", "(-2) ** 0.5", "1 / 0", "dim % 0", "2.0 ** 2000", "kind + 1", "kind < 1", "-kind", "size * 99999", "nothing", "max(kind, 1)"],
)
def test_what_cannot_be_worked_out(source: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(source).value(VALUES)


def test_names_are_exchanged_for_values_and_other_expressions() -> None:
    made = Expression("dim * 4 + max(dim, heads)")
    assert made.names == {"dim", "heads"} and made.renamed({"dim": "self.dim"}) == "self.dim * 4 + max(self.dim, heads)"
    assert made.substituted({"dim": Expression("width + 1")}) == Expression("(width + 1) * 4 + max(width + 1, heads)")
    assert made.substituted({"dim": 2, "heads": -3}) == 10 and Expression("-dim").substituted({"dim": -2}) == 2
    assert Expression("size").substituted({"size": (1, (2, 3))}) == (1, (2, 3))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abdim 0123456789.+-*/%<>=!(),'\"_ifelsorntmaxTrue\\[]{}:;\n", max_size=40))
def test_any_text_is_an_expression_or_refused_in_words(source: str) -> None:
    try:
        made = Expression(source)
        assert Expression(made.text) == made
        made.value(VALUES)
    except ExpressionError as error:
        assert str(error)


def test_files_hold_expressions_as_text_and_hostile_ones_reach_no_source() -> None:
    from engine.compile.analyse import analyse

    written = text.dump(around(basic(), shape=(64, 8, 8)))
    assert '{"expr": "channels"}' in written and text.load(written).block("BasicBlock").nodes
    for bad in ("__import__('os')", "channels.real", "9 ** 9 ** 9"):
        broken = text.load(written.replace('{"expr": "channels"}', json.dumps({"expr": bad}), 1))
        analysis = analyse(broken)
        assert [p.code for p in analysis.errors] == ["parameter"] and bad[:5] not in analysis.source.text
        assert text.load(text.dump(broken)) == broken
