"""Several copies of a network that train at once: with stacked weights, one large operation for all, or one after another. Starts no training.

Either way the copies' batches lie one behind the other in one batch, (copies · B, ...): what has no weights works on it as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

State = dict[str, torch.Tensor]


class CannotStackError(Exception):
    """Names the layer that has no stacked form."""


class Stacked(nn.Module):
    """The same layer of all copies in one. `member` gives the tensors of one copy as the layer itself has them: views, not copies."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.copies = len(members)

    def keep(self, name: str, members: Sequence[nn.Module], *, turned: bool = False) -> None:
        """The tensor `name` of all copies along a new first axis; `turned` keeps matrices with their inputs first, as products read them."""
        values = [getattr(member, name) for member in members]
        if values[0] is None:
            self.register_parameter(name, None)
            return
        whole = torch.stack([value.detach().t() if turned else value.detach() for value in values]).contiguous()
        if isinstance(values[0], nn.Parameter):
            setattr(self, name, nn.Parameter(whole, requires_grad=values[0].requires_grad))
        else:
            self.register_buffer(name, whole)

    def member(self, index: int) -> State:
        return {name: tensor.detach()[index] for name, tensor in (*self.named_parameters(), *self.named_buffers())}

    def aside(self, x: torch.Tensor) -> torch.Tensor:
        """(copies · B, C, ...) -> (B, copies · C, ...): the copies beside each other as channels."""
        parts = x.unflatten(0, (self.copies, -1)).transpose(0, 1)
        return parts.reshape(parts.shape[0], -1, *x.shape[2:])

    def behind(self, x: torch.Tensor) -> torch.Tensor:
        """The way back."""
        return x.unflatten(1, (self.copies, -1)).transpose(0, 1).flatten(0, 1)


class StackedLinear(Stacked):
    def __init__(self, members: Sequence[nn.Linear]) -> None:
        super().__init__(members)
        self.keep("weight", members, turned=True)  # copies, in, out
        self.keep("bias", members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.reshape(self.copies, -1, x.shape[-1])  # copies, B ..., in
        out = torch.bmm(rows, self.weight) if self.bias is None else torch.baddbmm(self.bias[:, None], rows, self.weight)
        return out.view(*x.shape[:-1], -1)

    def member(self, index: int) -> State:
        found = super().member(index)
        return found | {"weight": found["weight"].t()}


class StackedConv2d(Stacked):
    def __init__(self, members: Sequence[nn.Conv2d]) -> None:
        super().__init__(members)
        first = members[0]
        if first.padding_mode != "zeros":
            raise CannotStackError(f"a convolution with padding mode {first.padding_mode}")
        self.settings = {"stride": first.stride, "padding": first.padding, "dilation": first.dilation, "groups": first.groups * len(members)}
        self.keep("weight", members)
        self.keep("bias", members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bias = None if self.bias is None else self.bias.flatten()
        return self.behind(F.conv2d(self.aside(x), self.weight.flatten(0, 1), bias, **self.settings))


class StackedBatchNorm(Stacked):
    """Each copy standardises with its own batch, and remembers its own statistics."""

    def __init__(self, members: Sequence[nn.BatchNorm1d | nn.BatchNorm2d]) -> None:
        super().__init__(members)
        first = members[0]
        if first.momentum is None:
            raise CannotStackError("a batch norm with cumulative statistics")
        self.momentum, self.eps, self.tracks = first.momentum, first.eps, first.track_running_stats
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            self.keep(name, members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight, bias, mean, var = (None if value is None else value.flatten() for value in (self.weight, self.bias, self.running_mean, self.running_var))
        if self.training and self.tracks:
            self.num_batches_tracked += 1
        return self.behind(F.batch_norm(self.aside(x), mean, var, weight, bias, self.training or not self.tracks, self.momentum, self.eps))


class StackedLayerNorm(Stacked):
    def __init__(self, members: Sequence[nn.LayerNorm]) -> None:
        super().__init__(members)
        self.shape, self.eps = members[0].normalized_shape, members[0].eps
        self.keep("weight", members)
        self.keep("bias", members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = F.layer_norm(x, self.shape, eps=self.eps).reshape(self.copies, -1, *self.shape)
        rows = rows if self.weight is None else rows * self.weight[:, None]
        return (rows if self.bias is None else rows + self.bias[:, None]).view_as(x)


FORMS: dict[type[nn.Module], type[Stacked]] = {
    nn.Linear: StackedLinear, nn.Conv2d: StackedConv2d, nn.BatchNorm1d: StackedBatchNorm, nn.BatchNorm2d: StackedBatchNorm, nn.LayerNorm: StackedLayerNorm,
}  # fmt: skip


class Copies(nn.Module):
    """What both ways have in common. `count` copies; outputs and inputs are (count · B, ...)."""

    count: int

    def states(self) -> list[State]:
        """The weights of every copy, by their names in the network; views where that is possible."""
        raise TypeError(f"{type(self).__name__} keeps no weights")

    def clip(self, length: float) -> None:
        """Shortens the gradient of each copy for itself."""
        raise TypeError(f"{type(self).__name__} keeps no weights")

    def load(self, states: Sequence[State]) -> None:
        """Takes over the weights of every copy; KeyError for one that is missing, RuntimeError for one of another shape."""
        for own, given in zip(self.states(), states, strict=True):
            for name, tensor in own.items():
                tensor.copy_(given[name])


class Together(Copies):
    """One network whose layers hold the weights of all `members`. CannotStackError names a layer that has no stacked form."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.count = len(members)
        self.net = stacked(members)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        return self.net(*inputs)

    def states(self) -> list[State]:
        found: list[State] = [{} for _ in range(self.count)]
        for path, module in self.net.named_modules():
            for index in range(self.count) if isinstance(module, Stacked) else ():
                found[index] |= {f"{path}.{name}": tensor for name, tensor in module.member(index).items()}
        return found

    def clip(self, length: float) -> None:
        gradients = [weight.grad for weight in self.parameters() if weight.grad is not None]
        lengths = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)  # copies
        shares = (length / (lengths + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(shares.view(-1, *[1] * (gradient.dim() - 1)))


class InTurn(Copies):
    """The `members` one after another, each on its part of the batch."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.count = len(members)
        self.members = nn.ModuleList(members)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        parts = zip(*(values.chunk(self.count) for values in inputs), strict=True)
        outputs = [member(*part) for member, part in zip(self.members, parts, strict=True)]
        return tuple(map(torch.cat, zip(*outputs, strict=True))) if isinstance(outputs[0], tuple) else torch.cat(outputs)

    def states(self) -> list[State]:
        return [{name: tensor.detach() for name, tensor in member.state_dict().items()} for member in self.members]

    def clip(self, length: float) -> None:
        for member in self.members:
            torch.nn.utils.clip_grad_norm_([weight for weight in member.parameters() if weight.requires_grad], length)


def stacked(members: Sequence[nn.Module]) -> nn.Module:
    """One module in place of these, which differ in their weights only."""
    first = members[0]
    if type(first) in FORMS:
        return FORMS[type(first)](members)
    own = [dict((*member.named_parameters(recurse=False), *member.named_buffers(recurse=False))) for member in members]
    if any(isinstance(value, nn.Parameter) for value in own[0].values()) or not all(
        torch.equal(own[0][name], values[name]) for values in own for name in own[0]
    ):
        raise CannotStackError(type(first).__name__)
    twin = copy.copy(first)  # its own tensors are constants that all copies share
    twin._modules = {name: stacked([getattr(member, name) for member in members]) for name, _ in first.named_children()}
    return twin
