"""Keeps networks away from what is broken in the libraries below torch. Changes no number that is right, and no line of the source.

oneDNN computes the weight gradients of a 1x1 convolution with a stride by copying every n-th pixel into a workspace; where channels lie
side by side in memory and there are fewer of them than one of its blocks, it writes past the end (oneDNN issue 6035): the training
hangs, crashes, or learns from wrong gradients, depending on the processor.
"""

from __future__ import annotations

import torch
from torch import nn

BLOCK = 16  # channels: of AVX-512, and twice that of AVX2
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def guard(net: nn.Module) -> nn.Module:
    """`net`, with each of its endangered convolutions fed in the usual order of memory."""
    for module in net.modules():
        if endangered(module):
            module.register_forward_pre_hook(in_usual_order)
    return net


def endangered(module: nn.Module) -> bool:
    """Whether its gradients go through the workspace that is too small."""
    return (
        isinstance(module, CONVOLUTIONS)
        and module.groups == 1
        and module.in_channels < BLOCK
        and all(size == 1 for size in module.kernel_size)
        and any(step > 1 for step in module.stride)
    )


def in_usual_order(module: nn.Module, inputs: tuple[torch.Tensor]) -> torch.Tensor:
    """(N, C, ...) with C before the image axes in memory; free where it lies so already."""
    (x,) = inputs
    return x.contiguous().view(-1).view(x.shape)  # twice: with one channel, `contiguous` alone keeps misleading strides
