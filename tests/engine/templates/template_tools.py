"""Shipped projects for the tests: with changed parameters, and as networks whose weights are drawn at once."""

from __future__ import annotations

import torch
from torch import nn

from engine import library
from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.data.load import load
from engine.graph import edits
from engine.graph.document import Document
from engine.graph.model import Snapshot, Value


def template(entry_id: str, **changes: dict[str, Value]) -> Snapshot:
    """A shipped project, with parameters of some nodes changed."""
    document = Document(library.read(entry_id))
    for node_id, params in changes.items():
        for name, value in params.items():
            document.apply(edits.set_param(document.snapshot(), node_id, name, value=value))
    return document.snapshot()


def descent(snapshot: Snapshot, *, steps: int, rate: float = 0.003) -> tuple[float, float]:
    """The loss of the document's first batch before and after so many steps on it: whether the network can learn at all."""
    analysis = analyse(snapshot)
    assert not analysis.errors
    made = build(analysis.source)
    source = next(node for node in snapshot.nodes if node.id == made.source.inputs[0][0])
    data = load(source.type, source.params)
    fields = data.train.fields(torch.arange(min(len(data.train), snapshot.recipe.batch_size)))
    inputs, targets = ([fields[port] for _, port in refs] for refs in (made.source.inputs, made.source.targets))
    optimizer = torch.optim.AdamW(made.net.parameters(), lr=rate)
    losses = []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        loss = made.loss(made.net(*inputs), *targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


def unborn(snapshot: Snapshot) -> nn.Module:
    """The network in evaluation mode with weights that take no memory yet."""
    with torch.device("meta"):
        return build(analyse(snapshot).source).net.eval()


def drawn(net: nn.Module) -> nn.Module:
    """`net` with uniform weights: torch's own beginnings take seconds for a hundred million of them."""
    net.to_empty(device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in net.parameters():
            weight.uniform_(-0.03, 0.03) if weight.dim() > 1 else weight.uniform_(0.9, 1.1)
        for name, buffer in net.named_buffers():
            buffer.zero_() if name.endswith(("running_mean", "num_batches_tracked")) else buffer.fill_(1.0)
    return net
