"""What is looked at: a network with its present weights, and the data it is shown. Answers nothing itself, trains nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cached_property

import torch
from torch import nn

from engine.compile.build import build
from engine.compile.order import wiring
from engine.data.load import Dataset
from engine.events import NodeFacts, Source
from engine.graph.model import EMPTY, Snapshot, block_of, plain_path, steps
from engine.probe.levels import Level
from engine.probe.tap import Twin, untouched_randomness

SERIAL = itertools.count(1)
TOGETHER = 4  # samples that are looked at together where a sequence holds several


class Subject:
    """One network. `step` counts the batches its weights have learned from; set it when they change: it says how fresh a picture is.

    `seed` is the one that its first weights came from; `live` says that it is being trained, so that the document may be ahead of it.
    """

    def __init__(
        self, net: nn.Module, snapshot: Snapshot, *, facts: Mapping[str, NodeFacts], source: Source, data: Dataset, step: int = 0, seed: int | None = None
    ) -> None:
        self.serial = next(SERIAL)  # tells subjects apart, those that are gone included
        self.net = net
        self.snapshot = snapshot
        self.facts = facts
        self.source = source
        self.data = data
        self.step = step
        self.seed = snapshot.recipe.seed if seed is None else seed
        self.live = False
        self.origin: nn.Module | None = None  # the network as it began
        self.twin: Twin | None = None
        self.key: tuple[int, int] = (-1, -1)  # step and sample of what `seen` holds
        self.seen: dict[str, torch.Tensor] = {}

    @property
    def weights(self) -> str:
        """Which weights these are, in words."""
        return f"step {self.step:,}" if self.step else "initial"

    @cached_property
    def root(self) -> Level:
        """The network's wires and facts, and those inside its blocks."""
        return Level(wiring(self.snapshot), self.facts)

    def module(self, node: str, net: nn.Module | None = None) -> nn.Module | None:
        """The module of `node` in `net` (default: the live one), or of a node inside a block ("block1.2/conv1"); None where there is none."""
        table, here, module = self.source.modules, self.snapshot, net or self.net
        way = steps(node)
        for place, (name, index) in enumerate(way):
            if name not in table:
                return None
            module = module.get_submodule(table[name])
            block = block_of(here.node(name).type)
            whole = place == len(way) - 1 and not node.rpartition("/")[2].partition(".")[1]  # all repeats of the instance itself
            if block and isinstance(module, nn.Sequential) and not whole:
                if index >= len(module):
                    return None
                module = module[index]
            if block:
                here, table = here.body(block), self.source.block_modules.get(block, {})
        return module

    def first_weight(self, node: str) -> torch.Tensor | None:
        """The weight of `node` before the first step, on its device. It follows from the seed, so a resumed run knows it too."""
        if self.origin is None:
            with untouched_randomness(next(self.net.parameters()).device):
                self.origin = build(self.source, seed=self.seed).net
        weight = getattr(self.module(node, self.origin), "weight", None)
        return weight.detach().to(self.module(node).weight.device) if isinstance(weight, torch.Tensor) else None

    def sample(self, wanted: int) -> int:
        """The index of a validation sample that there is."""
        return min(max(wanted, 0), len(self.data.validation) - 1)

    def image(self, index: int) -> torch.Tensor:
        """The input of validation sample `index`, (1, C, H, W) where that is an image, standardised, on the device of the network."""
        return self.data.validation.images(index, index + 1)

    def values(self, index: int) -> dict[str, torch.Tensor]:
        """All values of the network for validation sample `index`; computed once per step and sample.

        Where images are packed, the next samples come along, and of each value the first sequence or the first sample is kept.
        """
        if self.key != (self.step, index):
            if any(node.type == "pack" for node in self.snapshot.nodes):
                samples = torch.arange(index, index + TOGETHER) % len(self.data.validation)
                self.seen = {name: found[:1] for name, found in self.run(samples).items()}
            else:
                self.seen = self.run(torch.tensor([index]))
            self.key = (self.step, index)
        return self.seen

    def run(self, samples: torch.Tensor, swap: Mapping[str, torch.Tensor] = EMPTY) -> dict[str, torch.Tensor]:
        """All values of the network for the validation samples at these indices; `swap` puts others in their place."""
        return self.shadow_twin.values(self.inputs(samples), swap)

    @property
    def shadow_twin(self) -> Twin:
        """The tapped twin, made when it is first needed."""
        if self.twin is None:
            self.twin = Twin(self.net, self.snapshot, self.facts)
        return self.twin

    def inputs(self, samples: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What forward gets for the validation samples at these indices."""
        fields = self.data.validation.fields(samples.to(self.data.validation.x.device))
        return tuple(fields[port] for _, port in self.source.inputs)

    def value(self, node: str, index: int) -> torch.Tensor | None:
        """What `node` gives (1, ...) for validation sample `index`, the first of several outputs; None outside the network."""
        values, node = self.values(index), plain_path(node)
        found = values.get(node)
        return found if found is not None else next((value for name, value in values.items() if name.startswith(f"{node}.")), None)
