"""A problem is an error, warning or hint pinned to a node, with its repairs as data. No torch, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.graph.model import EMPTY, Value

ERROR, WARNING, HINT = "error", "warning", "hint"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One repair. `action`: "insert" puts a node of `type` on the wire into `port`; "set" changes `params` of `node`
    (default: the node of the problem); "remove" deletes the wire into `port`; "bypass" switches the node off; "unshare" gives it weights of its own;
    "add" wires a new node of `type` behind the node's output; "connect" draws a wire from output `params["output"]` of
    `node` into `port`; "fill" puts a dataset of `type` with `params` and so many `classes` in the node's place.
    `note` says what changes ("b C16 → C32 H14 W14").
    """

    title: str
    action: str
    type: str = ""
    port: str = ""
    node: str = ""
    params: Mapping[str, Value] = field(default_factory=lambda: EMPTY)
    note: str = ""
    classes: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and how to fix it. `message` is one sentence with expected and got; `fix` tells the way out."""

    severity: str  # error, warning or hint
    code: str  # stable and short: "missing-input", "channels-differ", ...
    message: str
    node: str = ""  # empty: the whole document
    port: str = ""  # of the node that is wrong, which is the one at `path` if that is given
    fix: str = ""
    remedies: tuple[Remedy, ...] = ()
    path: str = ""  # of a node inside a block: "block1/conv1"; `node` is then the instance in the document
    also: tuple[str, ...] = ()  # further paths at which exactly the same is wrong
