"""Items 45-60 of the lecture: the lessons give the hand-worked numbers through their own nodes."""

from __future__ import annotations

import pytest
import torch
from effects.lab import lesson, trained
from opened_lessons import grid, opened

from engine.data.load import load


def typed(lesson_id: str) -> torch.Tensor:
    """The numbers that are typed into a lesson."""
    node = next(node for node in lesson(lesson_id).nodes if node.type == "numbers")
    return load("numbers", node.params).train.x


# -- pooling (49-51) -------------------------------------------------------------------------------------------------------
def test_pooling_by_hand_shows_the_numbers_of_the_slides() -> None:
    values = opened("pooling-by-hand").values(typed("pooling-by-hand"))
    assert torch.equal(values["max1"][0, 0], grid("6 8 / 3 4"))
    assert torch.equal(values["mean1"][0, 0], grid("3.25 5.25 / 2 2"))
    assert torch.equal(values["gauss1"][0, 0], grid("1.5 1.625 1.25 / 1.25 1.3125 2.25 / 1 .25 1.25"))


def test_one_step_shows_where_the_gradient_of_each_pooling_goes() -> None:
    run = trained(lesson("pooling-by-hand"), steps=1)
    assert run.losses[0] == 45.1875 and run.validation_loss == pytest.approx(36.953125)
    assert torch.equal(run.weight("offset1", "offset")[0], -grid("0 0 0 0 / 0 1 0 1 / 1 0 0 0 / 0 0 0 1"))  # to the winners alone
    assert torch.equal(run.weight("offset2", "offset")[0], torch.full((4, 4), -0.25))  # a quarter each
    line = torch.tensor([2.0, 3.0, 2.0, 3.0, 2.0])  # by the weights of all windows that a pixel lies in, mirrored at the border
    assert torch.equal(run.weight("offset3", "offset")[0] * -16, torch.outer(line, line))


# -- LeNet (45, 46, 52, 54) --------------------------------------------------------------------------------------------------
def test_the_mini_convnet_is_the_one_of_the_slide() -> None:
    net = opened("mini-convnet")
    assert net.analysis.parameters == 6_070
    assert [net.parameters(node) for node in ("conv1", "conv2", "fc1", "fc2")] == [104, 606, 4_850, 510]
    assert [net.shape(node) for node in ("conv1", "pool1", "conv2", "pool2")] == [(4, 24, 24), (4, 12, 12), (6, 8, 8), (6, 4, 4)]
    larger = opened(lesson("mini-convnet", params={"conv1": {"out_channels": 20}, "conv2": {"out_channels": 50}, "fc1": {"out_features": 500}}))
    assert larger.analysis.parameters == 431_080


# -- separable convolutions (47, 48) ------------------------------------------------------------------------------------------
def test_separable_and_standard_stand_side_by_side() -> None:
    net = opened("separable-vs-standard")
    for stage, channels, standard, separable in ((1, 128, 73_728, 8_768), (2, 256, 294_912, 33_920)):
        assert (net.parameters(f"standard{stage}"), net.parameters(f"separable{stage}")) == (standard, separable)
        assert separable / standard == pytest.approx(1 / channels + 1 / 9)
        assert net.macs(f"separable{stage}") / net.macs(f"standard{stage}") == pytest.approx(1 / channels + 1 / 9)
    other = opened(lesson("separable-vs-standard", params={"choose1": {"take": "b"}, "choose2": {"take": "b"}}))
    assert (net.analysis.parameters, other.analysis.parameters) == (373_706, 47_754)


# -- transposed convolution (60) --------------------------------------------------------------------------------------------
def test_a_transposed_convolution_stamps_its_kernel() -> None:
    net = opened("transposed-by-hand")
    values = net.values(typed("transposed-by-hand"))
    green = grid("1 4 7 6 / 7 23 33 24 / 19 53 63 42 / 21 52 59 36")
    assert torch.equal(values["stamp1"][0, 0], green) and torch.equal(values["filter1"], values["stamp1"])
    assert torch.equal(values["stamp3"][1, 0], grid("1 1 2 1 1 / 1 1 2 1 1 / 2 2 4 2 2 / 1 1 2 1 1 / 1 1 2 1 1"))  # checkerboard
    u, v = torch.randn(1, 1, 4, 4), torch.randn(1, 1, 2, 2)
    down, up = net.module("conv1")(u), net.module("stamp1")(v)
    assert torch.allclose((down * v).sum(), (u * up).sum(), atol=1e-3)  # <conv u, v> = <u, tconv v>


def test_the_stamp_is_learned() -> None:
    assert torch.allclose(trained(lesson("transposed-by-hand")).weight("stamp2").flatten(), torch.arange(1.0, 10.0), atol=1e-4)
    assert opened("transposed-by-hand").module("stamp2").weight.abs().sum() == 0
