"""Convolutions that torch lacks: separable, unshared, fixed. Printed above a network as they stand: each needs nothing but torch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


class SeparableConv2d(nn.Module):
    """First one filter per channel, then a 1×1 convolution that mixes the channels."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, dilation=1, bias: bool = True):
        super().__init__()
        self.depthwise = nn.Conv2d(in_channels, in_channels, kernel_size, stride, padding, dilation, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise(self.depthwise(x))


class LocallyConnected2d(nn.Module):
    """A convolution without weight sharing: every output position has filters and biases of its own."""

    def __init__(self, in_channels: int, out_channels: int, size: tuple, kernel_size, stride=1, padding=0, bias: bool = True):
        super().__init__()
        (kh, kw), (sh, sw), (ph, pw) = (v if isinstance(v, tuple) else (v, v) for v in (kernel_size, stride, padding))
        self.window, self.stride, self.padding = (kh, kw), (sh, sw), (ph, pw)
        self.out_size = ((size[0] + 2 * ph - kh) // sh + 1, (size[1] + 2 * pw - kw) // sw + 1)
        positions, inputs = self.out_size[0] * self.out_size[1], in_channels * kh * kw
        reach = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(positions, out_channels, inputs).uniform_(-reach, reach))
        self.bias = nn.Parameter(torch.empty(positions, out_channels).uniform_(-reach, reach)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        windows = F.unfold(x, self.window, padding=self.padding, stride=self.stride)  # N, C·kh·kw, positions
        out = torch.einsum("nip,poi->npo", windows, self.weight)  # N, positions, out channels
        if self.bias is not None:
            out = out + self.bias
        return out.transpose(1, 2).unflatten(2, self.out_size)  # N, out channels, H, W


class FixedFilter(nn.Module):
    """One fixed kernel, divided by `divisor`, slides over every channel by itself. Nothing is learned."""

    def __init__(self, kernel: tuple, divisor: float = 1, stride: int = 1, border: str = "reflect", flip: bool = False):
        super().__init__()
        weight = torch.tensor(kernel, dtype=torch.get_default_dtype()) / divisor
        weight = weight.flip(0, 1) if flip else weight  # flipped: formal convolution
        self.register_buffer("weight", weight[None, None], persistent=False)  # 1, 1, k, k
        self.stride, self.border = stride, border

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels, reach = x.shape[1], self.weight.shape[-1] // 2
        if self.border != "valid" and reach:
            x = F.pad(x, (reach,) * 4, mode="constant" if self.border == "zeros" else self.border)
        return F.conv2d(x, self.weight.expand(channels, -1, -1, -1), stride=self.stride, groups=channels)
