"""A problem is an error, warning or hint pinned to a node, with its repairs as data. No torch, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.graph.model import EMPTY, Value

ERROR, WARNING, HINT = "error", "warning", "hint"
WHOLE = ("recipe", "data")  # actions that change the document as a whole and need no node


@dataclass(frozen=True, slots=True)
class Remedy:
    """One repair. `action`, carried out by `engine.graph.repairs`:

    "insert" puts a node of `type` on the wire into `port`, "behind" one right behind the output `port` of `node`; "replace" puts one in the node's
    place; "add" wires one behind the node's output (a loss also to output `params["output"]` of node `params["data"]`); "set" changes `params` of
    `node` (default: the node of the problem), "recipe" those of the recipe; "remove" deletes the wire into `port`, "connect" draws one from output
    `params["output"]` of `node` into it; "bypass" switches the node off, "unfreeze" lets it learn (both: the nodes in `params["nodes"]`, if given);
    "unshare" gives it weights of its own; "take-over" wires to `node` what is wired to the problem's node, and deletes this; "fill" puts a dataset
    of `type` with `params` and so many `classes` in the node's place, and "data" one in front of the network.
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
