"""A network as documents inside each other: bodies of blocks, and what is wired around them. Follows wires across borders, runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

from engine.compile.nest import body_wiring
from engine.compile.order import Ref, Wiring
from engine.events import NodeFacts
from engine.graph.model import INPUT, OUTPUT, block_of, steps

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Level:
    """One document: the network itself (`path` ""), or one repeat of an instance of a block (`path` "block1.2/").

    A spot is (level, node, port): an output somewhere in the network.
    """

    wires: Wiring
    facts: Mapping[str, NodeFacts]
    path: str = ""
    outer: Level | None = None
    node: str = ""  # the instance in `outer` whose inside this is
    index: int = 0  # which of its repeats
    bodies: dict[tuple[str, int], Level] = field(default_factory=dict)

    def repeats(self, node: str) -> int:
        """How many bodies an instance has; 0 for any other node."""
        return len(self.facts[node].inside) if node in self.facts else 0

    def inner(self, node: str, index: int) -> Level | None:
        """The body of an instance; None where there is none."""
        if index >= self.repeats(node):
            return None
        if (node, index) not in self.bodies:
            body = self.facts[node].inside[index].body
            inside = body_wiring(self.wires.block(node), self.wires.blocks, body.values)
            self.bodies[node, index] = Level(inside, body.nodes, f"{self.path}{node}{f'.{index}' if index else ''}/", self, node, index)
        return self.bodies[node, index]

    def at(self, path: str) -> tuple[Level, str] | None:
        """The level and the node that `block1.2/conv1` names; None where there is none."""
        *way, (last, _) = steps(path)
        here: Level | None = self
        for name, index in way:
            here = here.inner(name, index) if here is not None else None
        return (here, last) if here is not None and last in here.wires.nodes else None

    def values(self, node: str) -> SimpleNamespace:
        """The parameters of a node, with numbers in place of expressions."""
        return self.wires.rows[node].values(self.wires.nodes[node].params)

    def feeds(self, node: str) -> list[Spot | None]:
        """Where what arrives at each input port comes from, in port order."""
        return [None if ref is None else (self, *ref) for ref in self.wires.feeds(node)]


Spot = tuple[Level, str, str]


def members(level: Level) -> Iterator[tuple[Level, str]]:
    """Every layer that takes part, sources first, and all of a block's inside in its place."""
    for node in level.wires.order:
        if node in level.wires.members:
            if not level.repeats(node):
                yield level, node
            for index in range(level.repeats(node)):
                yield from members(level.inner(node, index))


def settled(spot: Spot | None) -> Spot | None:
    """The layer or dataset that really gives a value: out of the block whose input it is, or into the block that gives it."""
    while spot is not None:
        level, node, port = spot
        kind = level.wires.nodes[node].type
        if kind == INPUT and level.outer is not None:
            spot = before(level, node)
        elif block_of(kind) and level.repeats(node):
            spot = ending(level.inner(node, level.repeats(node) - 1), port)
        else:
            return spot
    return None


def before(level: Level, port: str) -> Spot | None:
    """What arrives at the input `port` of a body: what the repeat before it gives, or what is wired to the instance."""
    if level.index:
        previous = level.outer.inner(level.node, level.index - 1)
        return ending(previous, previous.wires.ports(OUTPUT)[level.wires.ports(INPUT).index(port)])
    return found(level.outer, level.outer.wires.resolve(level.outer.wires.sources[level.node].get(port)))


def ending(level: Level, port: str) -> Spot | None:
    """What a body gives at its output `port`."""
    return found(level, level.wires.resolve(level.wires.sources[port].get("x")) if port in level.wires.sources else None)


def found(level: Level, ref: Ref | None) -> Spot | None:
    return None if ref is None else (level, *ref)


def value(values: Mapping[str, T], spot: Spot | None) -> T | None:
    """The value of an output, among those of the whole network."""
    if spot is None:
        return None
    name = spot[0].path + spot[1]
    return values.get(name, values.get(f"{name}.{spot[2]}"))


def leads(root: Level, first: str, last: str) -> bool:
    """Whether what the node at the path `first` gives arrives at the one at `last`, both layers of the network."""
    a, b = steps(first), steps(last)
    shared = next((place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), None)
    if shared is None:
        return False
    (one, turn), (other, later) = a[shared], b[shared]
    there = way(root, a)[shared].wires
    outside = turn < later if one == other else one in there.upstream([other])
    leaving = all(name in level.wires.upstream(level.wires.ports(OUTPUT)) for level, (name, _) in list(zip(way(root, a), a, strict=True))[shared + 1 :])
    arriving = all(
        level.wires.upstream([name]).intersection(level.wires.ports(INPUT)) for level, (name, _) in list(zip(way(root, b), b, strict=True))[shared + 1 :]
    )
    return outside and leaving and arriving


def way(root: Level, path: list[tuple[str, int]]) -> list[Level]:
    """The level in which each step of a path is."""
    levels = [root]
    for name, index in path[:-1]:
        levels.append(levels[-1].inner(name, index))
    return levels
