"""Small arithmetic over a block's parameters, such as `dim * 4`: parsed by a whitelist, bounded, never executed. No torch, no Qt.

What is allowed: numbers, short texts, names, + - * / // % **, comparisons, and / or / not, `a if c else b`, min, max, tuples.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

LONGEST, DEEPEST, LARGEST, STEEPEST = 200, 20, 10**15, 16  # letters, levels, greatest number, greatest exponent
WORDS = {"if", "else", "and", "or", "not", "True", "False", "None"}
# Python's own parser warns about texts like `1if x`, and warnings are for the shell: such texts are refused before it sees them.
TOKEN = re.compile(
    r"\s+|[A-Za-z][A-Za-z0-9_]*|\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?(?![\w.])|\"[\w ×-]{0,40}\"|'[\w ×-]{0,40}'|\*\*|//|<=|>=|==|!=|[-+*/%<>(),]",
    re.ASCII,
)
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
CALLS: dict[str, Callable[..., Any]] = {"min": min, "max": max}


class ExpressionError(ValueError):
    """A text that is no expression, or one that cannot be worked out; the message says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A valid expression; `text` is re-emitted from the parsed tree, so that equal expressions have equal texts."""

    text: str
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tree = parsed(self.text)
        object.__setattr__(self, "text", emitted(tree))
        object.__setattr__(self, "names", frozenset(names_of(tree)))

    def __str__(self) -> str:
        return self.text

    def value(self, values: Mapping[str, Any]) -> Any:
        """The value with these parameters; ExpressionError says what is missing, too large or impossible."""
        return evaluate(parsed(self.text), values)

    def renamed(self, names: Mapping[str, str]) -> str:
        """The text with other words for the names: `{"dim": "self.dim"}` gives `self.dim * 4`."""
        return emitted(replaced(parsed(self.text), {old: dotted(new) for old, new in names.items()}))

    def substituted(self, values: Mapping[str, Any]) -> Any:
        """With values or expressions in place of names: an Expression, or a plain value when no name is left."""
        tree = replaced(parsed(self.text), {name: tree_of(value) for name, value in values.items()})
        return Expression(emitted(tree)) if set(names_of(tree)) else evaluate(tree, {})


@lru_cache(maxsize=4096)
def parsed(text: str) -> ast.expr:
    """The checked tree of `text`; never changed after that."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} letters, got {len(text)}")
    check_words(text)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{text[:60]!r} is no expression such as dim * 4") from error
    check(tree, DEEPEST)
    return tree


def check_words(text: str) -> None:
    """Only words, numbers and signs that expressions are made of."""
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise ExpressionError(f"{text[place : place + 20]!r} is not allowed in an expression")
        word = found.group()
        if keyword.iskeyword(word) and word not in WORDS:
            raise ExpressionError(f"{word!r} is not allowed in an expression")
        place = found.end()


def check(tree: ast.AST, depth: int) -> None:
    """ExpressionError for anything that is not on the list."""
    if depth == 0:
        raise ExpressionError(f"an expression is nested at most {DEEPEST} levels deep")
    if isinstance(tree, ast.Call):
        if not isinstance(tree.func, ast.Name) or tree.func.id not in CALLS or tree.keywords or len(tree.args) < 2:
            raise ExpressionError("only min(a, b) and max(a, b) can be called")
        parts: list[ast.AST] = list(tree.args)
    else:
        if not allowed(tree):
            raise ExpressionError(f"{type(tree).__name__} is not allowed in an expression")
        parts = [part for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr)]
    for part in parts:
        check(part, depth - 1)


def allowed(tree: ast.AST) -> bool:
    if isinstance(tree, ast.BinOp):
        return type(tree.op) in BINARY
    if isinstance(tree, ast.Compare):
        return all(type(op) in COMPARE for op in tree.ops)
    if isinstance(tree, ast.UnaryOp):
        return type(tree.op) in UNARY
    if isinstance(tree, ast.Constant):
        return tree.value is None or type(tree.value) in (bool, int, str) or (type(tree.value) is float and math.isfinite(tree.value))
    return isinstance(tree, (ast.Name, ast.BoolOp, ast.IfExp)) or (isinstance(tree, ast.Tuple) and 1 <= len(tree.elts) <= 6)


def names_of(tree: ast.AST) -> list[str]:
    """The parameters that the tree speaks of."""
    called = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
    return [part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and id(part) not in called]


def emitted(tree: ast.AST) -> str:
    """Source text of the tree, with double quotes (no text holds one)."""
    return ast.unparse(tree).replace("'", '"')


def dotted(text: str) -> ast.expr:
    """The tree of `name` or `self.name`."""
    first, *rest = text.split(".")
    tree: ast.expr = ast.Name(first)
    for part in rest:
        tree = ast.Attribute(tree, part)
    return tree


def tree_of(value: Any) -> ast.expr:
    """The tree of a value or an expression."""
    if isinstance(value, Expression):
        return parsed(value.text)
    if isinstance(value, tuple):
        return ast.Tuple([tree_of(part) for part in value], ast.Load())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def replaced(tree: ast.expr, trees: Mapping[str, ast.expr]) -> ast.expr:
    """A copy of the tree with others in place of names; names of functions stay."""
    if isinstance(tree, ast.Name):
        return trees.get(tree.id, tree)
    if isinstance(tree, ast.Call):
        return ast.Call(tree.func, [replaced(part, trees) for part in tree.args], [])
    changes = {}
    for name, part in ast.iter_fields(tree):
        if isinstance(part, ast.expr):
            changes[name] = replaced(part, trees)
        elif isinstance(part, list) and part and isinstance(part[0], ast.expr):
            changes[name] = [replaced(item, trees) for item in part]
        else:
            changes[name] = part
    return type(tree)(**changes)


def evaluate(tree: ast.expr, values: Mapping[str, Any]) -> Any:
    """The value of a checked tree."""
    if isinstance(tree, ast.Constant):
        return tree.value
    if isinstance(tree, ast.Name):
        if tree.id not in values:
            raise ExpressionError(f"the block has no parameter {tree.id!r}")
        return values[tree.id]
    if isinstance(tree, ast.Tuple):
        return tuple(evaluate(part, values) for part in tree.elts)
    if isinstance(tree, ast.IfExp):
        return evaluate(tree.body if evaluate(tree.test, values) else tree.orelse, values)
    if isinstance(tree, ast.BoolOp):
        return all_or_any(tree, values)
    if isinstance(tree, ast.Compare):
        return compared(tree, values)
    try:
        return bounded(arithmetic(tree, values))
    except (TypeError, ZeroDivisionError, OverflowError) as error:
        why = "division by zero" if isinstance(error, ZeroDivisionError) else str(error)
        raise ExpressionError(f"{emitted(tree)}: {why}") from error


def all_or_any(tree: ast.BoolOp, values: Mapping[str, Any]) -> Any:
    for part in tree.values:
        result = evaluate(part, values)
        if bool(result) is isinstance(tree.op, ast.Or):
            break
    return result


def compared(tree: ast.Compare, values: Mapping[str, Any]) -> bool:
    left = evaluate(tree.left, values)
    for op, part in zip(tree.ops, tree.comparators, strict=True):
        right = evaluate(part, values)
        try:
            if not COMPARE[type(op)](left, right):
                return False
        except TypeError as error:
            raise ExpressionError(f"{emitted(tree)} compares things of different kinds") from error
        left = right
    return True


def arithmetic(tree: ast.expr, values: Mapping[str, Any]) -> Any:
    """Operators and min, max: of numbers only, since a text times a million is a way to fill a machine."""
    if isinstance(tree, ast.UnaryOp):
        operand = evaluate(tree.operand, values)
        return not operand if isinstance(tree.op, ast.Not) else UNARY[type(tree.op)](number(operand))
    if isinstance(tree, ast.Call):
        return CALLS[tree.func.id](*(number(evaluate(part, values)) for part in tree.args))
    left, right = number(evaluate(tree.left, values)), number(evaluate(tree.right, values))
    if isinstance(tree.op, ast.Pow) and (abs(right) > STEEPEST or abs(left) > 10**6):
        raise ExpressionError(f"powers go up to {STEEPEST}, got {left} ** {right}")
    return BINARY[type(tree.op)](left, right)


def number(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return value
    raise TypeError(f"{str(value)[:40]!r} is no number")


def bounded(value: Any) -> Any:
    """`value`, if it is a number that a network could mean."""
    if isinstance(value, complex) or not math.isfinite(value) or abs(value) > LARGEST:
        raise ExpressionError("the result is too large or no number")
    return value
