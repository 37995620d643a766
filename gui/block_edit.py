"""Edits of block definitions that the inspector asks for: expose, take back, make unique, rename, keep in the palette. Each is one undo step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.graph import blocks
from engine.graph.expression import Expression
from engine.graph.model import Value, block_of
from engine.graph.ops import Op, SetBlock
from engine.graph.text import TextError
from gui import own_blocks
from gui.inspector.rows import FOLLOWS, FORMULA
from gui.level import Level, worked_out

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
    def set_head(self, block_id: str, changes: dict[str, Value]) -> None:
        """Title or description of a definition, for all of its instances."""
        block = self.project.document.block(block_id)
        if block is not None:
            self.attempt(f"Rename {block.title or block_id}" if "title" in changes else f"Describe {block.title}", None, lambda: [SetBlock(block_id, changes)])

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


def plain(value: Expression, level: Level) -> Value:
    """The value of an expression in the instance that is shown."""
    return worked_out(value, level.values())
