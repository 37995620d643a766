"""Which nodes use the weights of which others, and why one cannot. Prints nothing; knows no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace

from engine.compile.expressions import constructor
from engine.compile.order import Wiring
from engine.events import NodeFacts
from engine.graph.problem import ERROR, Problem, Remedy
from engine.layers import initial
from engine.layers.params import ParamError
from engine.layers.spec import LayerType

FREE = Remedy("Give it weights of its own", "unshare")


def owners(wires: Wiring, facts: Mapping[str, NodeFacts]) -> dict[str, str]:
    """Each node that shares -> the node whose weights it really uses. Those that cannot share are left out: they keep weights of their own."""
    sharers = [node_id for node_id, node in wires.nodes.items() if node.shares]
    found = {node_id: last_of(wires, node_id) for node_id in sharers}
    return {node_id: owner for node_id, owner in found.items() if owner and not misfit(wires, facts, node_id, owner=owner)}


def without_weights(wires: Wiring, facts: Mapping[str, NodeFacts]) -> dict[str, NodeFacts]:
    """The facts of those that share, without parameters: weights count once, where they live."""
    return {node_id: replace(facts[node_id], parameters=0) for node_id in owners(wires, facts) if node_id in facts}


def last_of(wires: Wiring, node_id: str) -> str:
    """The end of the chain of nodes that share; empty when it goes in a circle or leads to no node."""
    seen: set[str] = set()
    while node_id in wires.nodes and wires.nodes[node_id].shares:
        if node_id in seen:
            return ""
        seen.add(node_id)
        node_id = wires.nodes[node_id].shares
    return node_id if node_id in wires.nodes else ""


def misfit(wires: Wiring, facts: Mapping[str, NodeFacts], node_id: str, *, owner: str) -> str:
    """Why the node cannot use the weights of `owner`, in words, or nothing."""
    row, other = wires.rows[node_id], wires.rows[owner]
    if row is None or other is None or row.id != other.id:
        return f"it is a {row.title if row else wires.nodes[node_id].type}, {owner} a {other.title if other else wires.nodes[owner].type}"
    if row.family == "block":
        return "whole blocks have weights of their own; only layers in the same block can share"
    if row.make is None:
        return f"a {row.title} has no weights"
    if owner not in wires.members or not facts.get(owner, NodeFacts()).outputs:
        return f"{owner} is no working part of the network"
    if not facts.get(node_id, NodeFacts()).outputs:
        return ""
    mine, theirs = made(wires, facts, node_id, row=row), made(wires, facts, owner, row=row)
    return "" if mine == theirs else f"it would be {mine}, and {owner} is {theirs}"


def made(wires: Wiring, facts: Mapping[str, NodeFacts], node_id: str, *, row: LayerType) -> str:
    """The constructor of the node's module: equal constructors have weights of equal shapes."""
    shapes = tuple(facts[node_id].inputs[port.name] for port in wires.inputs[node_id])
    return constructor(row, values(wires, node_id), shapes)


def values(wires: Wiring, node_id: str) -> SimpleNamespace:
    return wires.rows[node_id].values(wires.nodes[node_id].params)


def problems(wires: Wiring, facts: Mapping[str, NodeFacts]) -> Iterator[Problem]:
    """One problem for each node that cannot share as it is told to."""
    for node_id, node in wires.nodes.items():
        if not node.shares or node_id not in wires.members:
            continue
        owner = last_of(wires, node_id)
        if not owner:
            where = f"there is no node {node.shares}" if node.shares not in wires.nodes else f"{node.shares} and others share theirs in a circle"
            yield Problem(ERROR, "shared-weights", f"{node_id} should use the weights of {node.shares}, but {where}.", node_id, fix=FIX, remedies=(FREE,))
        elif why := misfit(wires, facts, node_id, owner=owner):
            message = f"{node_id} cannot use the weights of {owner}: {why}."
            yield Problem(ERROR, "shared-weights", message, node_id, fix=FIX, remedies=(*equal(wires, node_id, owner), FREE))


FIX = "Let both be the same layer with equal parameters and equal input channels, or give it weights of its own."


def equal(wires: Wiring, node_id: str, owner: str) -> tuple[Remedy, ...]:
    """The repair that takes over the owner's parameters, where that could help. Not inside a block, where they may follow the block's."""
    row = wires.rows[node_id]
    if row is None or wires.rows[owner] is not row or wires.inside:
        return ()
    try:
        mine, theirs = vars(values(wires, node_id)), vars(values(wires, owner))
    except ParamError:
        return ()
    changes = {name: value for name, value in theirs.items() if name not in initial.NAMES and mine[name] != value}
    return (Remedy(f"Take over the parameters of {owner}", "set", params=changes),) if changes else ()
