"""Items 90-93 of the lecture: plain and residual depth, and identity layers, through the lessons' own nodes."""

from __future__ import annotations

import pytest
import torch
from effects.lab import bypassed, lesson
from opened_lessons import opened


@pytest.mark.parametrize(("repeat", "layers"), [(2, 6), (8, 18), (16, 34), (32, 66)])
def test_repeats_make_the_depths_of_the_lesson(repeat: int, layers: int) -> None:
    net = opened(lesson("deeper", params={"blocks1": {"repeat": repeat}}))
    found = [module for module in net.built.net.modules() if isinstance(module, torch.nn.Linear)]
    assert len(found) == layers


def test_the_shortcut_adds_no_parameter() -> None:
    plain, residual = opened("deeper"), opened(lesson("deeper", params={"blocks1": {"shortcut": "residual"}}))
    assert plain.analysis.parameters == residual.analysis.parameters == 119_050
    assert "+ x" not in plain.analysis.source.text and " + " in residual.analysis.source.text


def test_a_residual_block_is_f_of_x_plus_x_and_the_identity_for_f_of_0() -> None:
    net = opened(lesson("deeper", params={"blocks1": {"shortcut": "residual", "repeat": 1, "begin": 0.0}}))
    x = torch.rand(4, 1, 28, 28)
    values = net.values(x)
    assert torch.equal(values["blocks1"], values["relu1"])  # F = 0: y = ReLU(x) = x, since x comes from a ReLU
    step = net.module("blocks1").eval()
    with torch.no_grad():
        step.strength.scale.fill_(1.0)
        before = values["relu1"]
        change = step.bn2(step.fc2(step.bn1(step.fc1(before)).relu()))
        after = step(before)
    assert torch.allclose(after, (change + before).relu(), atol=1e-6)  # item 93: ReLU follows the addition


def test_inserted_identity_layers_change_no_bit() -> None:
    shallow, deep = opened("identity-layers"), opened(lesson("identity-layers", bypassed("identity1")))
    assert sum(isinstance(module, torch.nn.Linear) for module in deep.built.net.modules()) == 22
    missing = deep.built.net.load_state_dict(shallow.built.net.state_dict(), strict=False)
    assert not missing.unexpected_keys and all(name.startswith("identity1") for name in missing.missing_keys)
    x = torch.randn(64, 1, 28, 28)
    difference = (shallow.built.net(x) - deep.built.net(x)).abs().max()
    assert difference == 0  # item 92: exactly


def test_a_convolution_may_begin_as_the_identity() -> None:
    net = opened(lesson("mini-convnet", params={"conv2": {"init": "identity", "bias_init": "0", "kernel_size": 5, "padding": 2, "out_channels": 4}}))
    values = net.values(torch.randn(2, 1, 28, 28))
    assert torch.equal(values["conv2"], values["pool1"])
