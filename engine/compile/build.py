"""Turns generated source into a live network, and a traceback back into a node. Runs only text that the generator wrote."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import nn

from engine.compile.sound import guard
from engine.events import Source

PREFIX = "<chainrule net "
KEPT = 64  # sources whose lines stay known to tracebacks
NUMBERS = itertools.count(1)
SOURCES: dict[str, Source] = {}  # file name -> source, oldest first


@dataclass(frozen=True, slots=True)
class Built:
    """A network ready to train. `loss` takes Net's output and the targets in the order of `source.targets`; None without a loss."""

    net: nn.Module
    loss: Callable[..., torch.Tensor] | None
    source: Source

    def module(self, node_id: str) -> nn.Module | None:
        """The module of a node; None for nodes that are functions, data or losses."""
        name = self.source.modules.get(node_id)
        return getattr(self.net, name) if name else None


def build(source: Source, seed: int = 0) -> Built:
    """Net and loss of `source`, with weights drawn from `seed`: the same seed gives the same bits. ValueError for empty source."""
    scope = execute(source)
    torch.manual_seed(seed)
    return Built(guard(scope["Net"]()), scope.get("loss"), source)


def tapped(source: Source) -> Callable[..., Any]:
    """forward of a source generated with taps, to be called as `function(net, *inputs, tap)` on the net of its plain twin."""
    return execute(source)["Net"].forward


def execute(source: Source) -> dict[str, Any]:
    """The names that running `source` defines. Its lines show up in tracebacks."""
    if not source.text:
        raise ValueError("There is no network to build: nothing lies between the data and the loss.")
    file = f"{PREFIX}{next(NUMBERS)}>"
    register(file, source)
    scope: dict[str, Any] = {"__name__": "chainrule_net"}
    exec(compile(source.text, file, "exec"), scope)
    return scope


def register(file: str, source: Source) -> None:
    """Makes the lines of `source` known under `file`; forgets the oldest."""
    SOURCES[file] = source
    # Without a modification time linecache never looks for the file on disk.
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
    while len(SOURCES) > KEPT:
        oldest = next(iter(SOURCES))
        SOURCES.pop(oldest, None)
        linecache.cache.pop(oldest, None)


def node_of(error: BaseException, source: Source | None = None) -> str:
    """The node whose line raised `error`, found through its traceback or those of its causes; empty when none did."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        for file, line in reversed(list(our_lines(current.__traceback__))):
            owner = SOURCES.get(file, source or Source()).lines.get(line, "")
            if owner:
                return owner
        current = current.__cause__ or current.__context__
    return ""


def our_lines(trace: TracebackType | None) -> Iterator[tuple[str, int]]:
    """File name and line of each frame that runs generated source, outermost first."""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(PREFIX):
            yield file, trace.tb_lineno
        trace = trace.tb_next
