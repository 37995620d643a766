"""Convolutions that a faulty kernel of oneDNN would spoil: their gradients are right in every order of memory."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.compile.analyse import analyse
from engine.compile.build import build
from engine.compile.sound import endangered
from engine.graph.model import Node, Snapshot, Wire


def strided(channels: int) -> Snapshot:
    """An image of so many channels, through a 1x1 convolution with stride 2, to a loss."""
    nodes = (
        Node("input1", "input", {"shape": (channels, 28, 28)}),
        Node("conv1", "conv2d", {"out_channels": 4, "kernel_size": (1, 1), "stride": (2, 2), "bias": False}),
    )
    return Snapshot(nodes, (Wire("input1", "image", "conv1", "x"),))


@pytest.mark.parametrize("channels", [1, 2, 4, 7, 16])
def test_gradients_of_a_strided_1x1_convolution_equal_those_of_the_sampled_image(channels: int) -> None:
    net = build(analyse(strided(channels)).source).net
    conv = net.conv1
    assert endangered(conv) == (channels < 16)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randn(20, 28, 28, channels, generator=generator)
    x = pixels.permute(0, 3, 1, 2)  # channels side by side in memory
    back = torch.randn(20, 14, 14, 4, generator=generator).permute(0, 3, 1, 2)
    conv(x).backward(back)
    weight = conv.weight.detach().clone().requires_grad_()
    F.conv2d(x[:, :, ::2, ::2].contiguous(), weight).backward(back.contiguous())
    torch.testing.assert_close(conv.weight.grad, weight.grad, rtol=1e-4, atol=1e-4)
