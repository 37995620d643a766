"""Our own modules: which there are, and their text as it is printed above a network. Knows no graph, runs nothing."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from types import FunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from engine.modules import activation, attention, convolution, features, linear, loss, merge, packing, pooling, regularisation

FILES = (features, linear, convolution, pooling, activation, regularisation, merge, attention, packing, loss)
OWN: dict[str, type | FunctionType] = {
    name: thing
    for file in FILES
    for name, thing in vars(file).items()
    if isinstance(thing, (type, FunctionType)) and thing.__module__ == file.__name__ and not name.startswith("_")
}
NAMESPACE: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, **OWN}  # what a printed line may name


@cache
def text_of(name: str) -> str:
    """The class or function as it stands in its file."""
    return textwrap.dedent(inspect.getsource(OWN[name])).rstrip()


def named(text: str) -> set[str]:
    """Those of our modules that `text` names."""
    return {part.id for part in ast.walk(ast.parse(text)) if isinstance(part, ast.Name)} & OWN.keys()


def prelude(body: str) -> list[str]:
    """The lines to print above `body`: each of our modules that it needs, directly or not, once and in the order of the files."""
    if not any(name in body for name in OWN):  # most networks need none, and the code pane is redrawn at each key
        return []
    needed: set[str] = set()
    waiting = named(body)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= named(text_of(name)) - needed
    return [line for name in OWN if name in needed for line in (*text_of(name).split("\n"), "", "")]
