"""The small invertible steps through which alone a document changes. Data only; the document carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.graph.model import Block, Frame, Node, Value, Wire


class Unset:
    """The value that takes a parameter back to its default."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class AddNode:
    node: Node


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Takes a node away; its wires must be gone before."""

    id: str


@dataclass(frozen=True, slots=True)
class RenameNode:
    """Gives a node another id; its wires follow."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SetNode:
    """Changes fields of a node other than id, type, params and pos (title, bypassed, frozen, lr_factor, shares)."""

    id: str
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetParams:
    """Sets parameters; UNSET takes one back to its default."""

    id: str
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class MoveNodes:
    """Puts nodes at new positions, scene px."""

    positions: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class AddWire:
    wire: Wire


@dataclass(frozen=True, slots=True)
class RemoveWire:
    wire: Wire


@dataclass(frozen=True, slots=True)
class AddFrame:
    frame: Frame


@dataclass(frozen=True, slots=True)
class RemoveFrame:
    id: str


@dataclass(frozen=True, slots=True)
class SetFrame:
    """Changes fields of a frame (title, rect, family)."""

    id: str
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetRecipe:
    """Changes fields of the recipe."""

    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetAbout:
    """Changes fields of the document's description."""

    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class AddBlock:
    """Adds a definition; it must not contain itself, directly or through others."""

    block: Block


@dataclass(frozen=True, slots=True)
class RemoveBlock:
    """Takes a definition away that nothing uses."""

    id: str


@dataclass(frozen=True, slots=True)
class SetBlock:
    """Changes fields of a definition other than its id and its body (title, doc, params)."""

    id: str
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class InBlock:
    """One op on the body of a definition: every instance follows."""

    block: str
    op: BodyOp


BodyOp = AddNode | RemoveNode | RenameNode | SetNode | SetParams | MoveNodes | AddWire | RemoveWire | AddFrame | RemoveFrame | SetFrame
Op = BodyOp | SetRecipe | SetAbout | AddBlock | RemoveBlock | SetBlock | InBlock

COSMETIC = (MoveNodes, AddFrame, RemoveFrame, SetFrame, SetAbout, SetRecipe)  # no shape, no source depends on these
WHOLE = (SetRecipe, SetAbout, AddBlock, RemoveBlock, SetBlock, InBlock)  # ops on a whole document, never on one body
