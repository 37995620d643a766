"""Edits of block definitions that the inspector asks for: expose, take back, make unique, rename, keep in the palette. Each is one undo step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from engine.graph import blocks
from engine.graph.expression import Expression
from engine.graph.model import Block, BlockParam, Value, block_of
from engine.graph.ops import Op, SetBlock
from engine.graph.text import TextError
from gui import own_blocks
from gui.inspector.rows import FOLLOWS, FORMULA
from gui.level import Level, worked_out

FIRST_HIGH = 10  # of a parameter that was just added

if TYPE_CHECKING:
    from gui.window import Window


class BlockEdit(QObject):
    """Works on paths: "block1/conv1" is a node inside, "block1" an instance."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.edit = window.edit
        self.project = window.project

    # -- parameters --------------------------------------------------------------------------------------------------
    def expose(self, path: str, param: str, now: str) -> None:
        """Shows a value inside a block as its parameter; takes one back that follows a parameter; puts the value in the place of an expression."""
        level, node = self.edit.at(path)
        value = level.node(node).params.get(param)
        if now == FOLLOWS and isinstance(value, Expression):
            self.take_back(level, value.text)
        elif now == FORMULA and isinstance(value, Expression):
            self.edit.set_param(path, param, plain(value, level))
            self.project.settle()
        else:
            self.attempt(f"Expose {param} of {node}", level, lambda: blocks.expose(self.project.snapshot(), level.inside, node, param))

    def take_back(self, level: Level, name: str) -> None:
        """A parameter of the block back inside."""
        self.attempt(f"Take {name} back inside", level, lambda: blocks.unexpose(self.project.snapshot(), level.inside, name))

    # -- definitions -------------------------------------------------------------------------------------------------
    def define(self, block_id: str, action: str, what: Any) -> None:
        """What the inspector wants different in a definition, for all of its instances."""
        snapshot = self.project.snapshot()
        block = snapshot.block(block_id)
        if block is None:
            return
        labels = {"head": f"Describe {block.title or block_id}", "add": f"Add parameter {what}", "remove": f"Take {what} back inside"}
        labels |= {"rename": f"Rename parameter {what[0]}", "change": f"Change parameter {what[0]}"} if isinstance(what, tuple) else {}
        makers: dict[str, Callable[[], Iterable[Op]]] = {
            "head": lambda: [SetBlock(block_id, what)],
            "add": lambda: blocks.add_param(snapshot, block_id, BlockParam(str(what), default=1, low=1, high=FIRST_HIGH)),
            "remove": lambda: blocks.unexpose(snapshot, block_id, what),
            "rename": lambda: blocks.rename_param(snapshot, block_id, *what),
            "change": lambda: blocks.set_block_param(snapshot, block_id, what[0], **within(block, *what)),
        }
        self.attempt(labels[action], None, makers[action])

    def act(self, path: str, action: str) -> None:
        """A button of an instance's page."""
        {"open": self.open, "unique": self.make_unique, "expand": self.expand, "save": self.save}[action](path)

    def open(self, path: str) -> None:
        """The inside of an instance."""
        self.project.go(path)
        self.window.canvas.setFocus()

    def make_unique(self, path: str) -> None:
        """Gives an instance a definition of its own."""
        level, node = self.edit.at(path)
        self.attempt(f"Make {node} unique", level, lambda: level.ops(blocks.make_unique(level.snapshot(), node)[0]))

    def expand(self, path: str) -> None:
        """The block's own nodes in its place."""
        level, node = self.edit.at(path)
        self.attempt(f"Expand {node}", level, lambda: level.ops(blocks.expand(level.snapshot(), node)[0]))

    def save(self, path: str) -> None:
        """Keeps the definition, with those that it contains, among the user's own blocks."""
        level, node = self.edit.at(path)
        block_id = block_of(level.node(node).type)
        try:
            title = own_blocks.keep(self.project.snapshot(), block_id)
        except (TextError, OSError) as error:
            self.window.say(str(error), "warning")
            return
        if (palette := self.window.panel("palette")) is not None:
            palette.refresh_blocks()
        self.window.say(f"{title} is in the palette now, among the blocks.", "ok")

    def attempt(self, label: str, level: Level | None, make: Callable[[], Iterable[Op]]) -> bool:
        """Ops of the whole document, done on a level."""
        place = (level or self.project.level).path
        return self.edit.attempt_whole(label, make, place=place)


def within(block: Block, name: str, changes: Mapping[str, Value]) -> dict[str, Value]:
    """Changes of a parameter's fields; a default that new bounds leave out comes along."""
    param = next(param for param in block.params if param.name == name)
    later = replace(param, **changes)
    low, high = (bound if bound is not None else later.default for bound in (later.low, later.high))
    return {**changes, "default": type(param.default)(min(max(later.default, low), high))}


def plain(value: Expression, level: Level) -> Value:
    """The value of an expression in the instance that is shown."""
    return worked_out(value, level.values())
