"""Runs the tapped twin of a network once, on the very same weights, for one sample. No hooks, no gradients, no change to the network.

The twin is the network's own source, emitted so that every value passes through `tap`. It runs on shadows of the modules,
which hold the same parameters and buffers but are always in evaluation mode.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from engine.compile.build import tapped
from engine.compile.source import generate
from engine.events import NodeFacts
from engine.graph.model import EMPTY, Snapshot


class Twin:
    """The tapped twin of `net`; as long as `net` lives, it sees its current weights."""

    def __init__(self, net: nn.Module, snapshot: Snapshot, facts: Mapping[str, NodeFacts]) -> None:
        self.shadow = shadow(net)
        self.forward = tapped(generate(snapshot, facts=facts, taps=True))

    def values(self, inputs: tuple[torch.Tensor, ...], swap: Mapping[str, torch.Tensor] = EMPTY) -> dict[str, torch.Tensor]:
        """Every value on the way through the network for `inputs` (1, ...), by node id or "node.port". Copies.

        A value that `swap` names is replaced by the one that it brings: what comes after is as if the node had given that.
        """
        seen: dict[str, torch.Tensor] = {}

        def tap(name: str, value: torch.Tensor) -> torch.Tensor:
            value = swap[name].clone() if name in swap else value
            seen[name] = value.clone()  # a later layer may work in place
            return value

        self.walk(inputs, tap)
        return seen

    def walk(self, inputs: tuple[torch.Tensor, ...], tap: Callable[[str, torch.Tensor], torch.Tensor]) -> None:
        """One forward pass; each value goes through `tap(name, value)`, which gives what comes after it gets."""
        with torch.inference_mode(), untouched_randomness(inputs[0].device):
            self.forward(self.shadow, *inputs, tap)


def shadow(module: nn.Module) -> nn.Module:
    """A module with the same parameters and buffers, present and future ones, in evaluation mode."""
    other = copy.copy(module)  # shallow: the tables of parameters and buffers are those of `module`
    other._modules = {name: child if child is None else shadow(child) for name, child in module._modules.items()}
    other.training = False
    return other


@contextmanager
def untouched_randomness(device: torch.device) -> Iterator[None]:
    """Whatever is drawn inside, the generators of the host and of `device` go on as if nothing had been."""
    host = torch.get_rng_state()
    other = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        yield
    finally:
        torch.set_rng_state(host)
        if other is not None:
            torch.cuda.set_rng_state(other, device)
