"""How values are said in the text of a class: as numbers where all bodies agree, else as parameters, expressions, or new arguments.

A class stands for several bodies (parameters and shapes). A text is chosen only if it gives each of them exactly its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.compile.expressions import literal
from engine.compile.names import Names
from engine.graph.expression import Expression, ExpressionError
from engine.graph.model import Block, Value


@dataclass(slots=True, eq=False)
class Argument:
    """An argument of a class's constructor with its value for each body. `param` is the block's parameter, if it is one; `default` as text."""

    name: str
    values: list[Value]
    param: str = ""
    default: str = ""


@dataclass(slots=True, eq=False)
class Voice:
    """Says the values of one class. `arguments` are those that its text speaks of, `stored` those that forward needs: name -> attribute."""

    block: Block | None
    given: list[Mapping[str, Value]]
    scope: Names
    attributes: Names
    params: dict[str, Argument] = field(default_factory=dict)
    extra: list[Argument] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    stored: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for param in self.block.params if self.block else ():
            values = [given[param.name] for given in self.given]
            usual = sum(same(value, param.default) for value in values) * 2 >= len(values)
            self.params[param.name] = Argument(self.scope.claim(param.name), values, param.name, literal(param.default) if usual else "")

    def say(self, values: Sequence[Value], *, raw: Value = None, hint: Value = None, wanted: str = "value", later: bool = False) -> str:
        """Text that means `values[i]` for the i-th body. `raw` is what the node holds, `hint` where a number comes from, `wanted` the name
        of a new argument. `later`: the text stands in forward, where arguments are attributes.
        """
        if isinstance(raw, Expression):
            return self.spoken(raw, later=later)
        if isinstance(hint, Expression) and self.means(hint, values):
            return self.spoken(hint, later=later)
        if all(same(value, values[0]) for value in values):
            return literal(values[0])
        for expression in self.candidates():
            if self.means(expression, values):
                return self.spoken(expression, later=later)
        return self.attribute(self.argument(values, wanted)) if later else self.argument(values, wanted).name

    def candidates(self) -> Iterable[Expression]:
        """The parameters, then every expression of the body in its order."""
        yield from map(Expression, self.params)
        for node in self.block.nodes if self.block else ():
            yield from (value for value in node.params.values() if isinstance(value, Expression))

    def means(self, expression: Expression, values: Sequence[Value]) -> bool:
        """Whether the expression gives each body its value."""
        try:
            return all(same(expression.value(given), value) for given, value in zip(self.given, values, strict=True))
        except ExpressionError:
            return False

    def spoken(self, expression: Expression, *, later: bool) -> str:
        self.used |= expression.names
        names = {name: self.attribute(self.params[name]) if later else self.params[name].name for name in expression.names}
        return expression.renamed(names)

    def argument(self, values: Sequence[Value], wanted: str) -> Argument:
        """The new argument with these values; one that has them already serves again."""
        for known in self.extra:
            if all(same(a, b) for a, b in zip(known.values, values, strict=True)):
                return known
        self.extra.append(Argument(self.scope.claim(wanted), list(values)))
        return self.extra[-1]

    def attribute(self, argument: Argument) -> str:
        """`self.rate`, which the constructor then keeps."""
        if argument.name not in self.stored:
            self.stored[argument.name] = self.attributes.claim(argument.name)
        return f"self.{self.stored[argument.name]}"

    @property
    def arguments(self) -> list[Argument]:
        """What the constructor takes: numbers read off the wires, then parameters without, then those with a default."""
        spoken = [argument for name, argument in self.params.items() if name in self.used]
        return [*self.extra, *(a for a in spoken if not a.default), *(a for a in spoken if a.default)]

    def signature(self) -> str:
        """`self, in_channels, channels, stride=1`."""
        return ", ".join(["self", *(f"{a.name}={a.default}" if a.default else a.name for a in self.arguments)])


def same(a: Value, b: Value) -> bool:
    """Equal in value and kind: 1, 1.0 and True are three values."""
    return type(a) is type(b) and a == b and (not isinstance(a, tuple) or all(map(same, a, b)))
