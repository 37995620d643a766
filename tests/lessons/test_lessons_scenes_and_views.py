"""Items 58-67 of the lecture: segmentation, U-Net and multi-view lessons, through their own nodes."""

from __future__ import annotations

import pytest
import torch
from effects.lab import lesson
from opened_lessons import opened


def test_a_fully_convolutional_network_runs_at_any_size() -> None:
    net = opened("segmentation-scenes")
    for size in ((48, 48), (40, 72), (17, 33)):
        assert net.values(torch.randn(1, 1, *size))["head1"].shape == (1, 4, *size)  # item 58: no layer minds
    assert all(node.type not in ("linear", "flatten") for node in net.snapshot.nodes)


def test_the_small_u_net_has_the_parameters_of_the_table() -> None:
    kinds, every = opened("unet-scenes"), opened(lesson("unet-scenes", params={"head1": {"out_channels": 11}}))
    assert (kinds.analysis.parameters, every.analysis.parameters) == (120_708, 120_771)  # item 59: width 8, 1 -> 11
    assert [kinds.shape(node) for node in ("down1", "down2", "down3", "bottom1")] == [(8, 48, 48), (16, 24, 24), (32, 12, 12), (64, 6, 6)]
    assert [kinds.shape(node)[0] for node in ("cat3", "cat2", "cat1")] == [64, 32, 16]


def test_a_skip_that_is_zeroed_is_silent() -> None:
    x = torch.randn(1, 1, 48, 48)
    whole = opened("unet-scenes").values(x)
    cut = opened(lesson("unet-scenes", params={"skip1": {"factor": 0.0}})).values(x)
    assert cut["cat1"][:, :8].abs().sum() == 0 and torch.equal(cut["cat1"][:, 8:], whole["cat1"][:, 8:])
    assert torch.equal(cut["merge2"], whole["merge2"]) and not torch.equal(cut["head1"], whole["head1"])


def test_views_are_pooled_without_parameters_and_in_any_order() -> None:
    net = opened("multi-view")
    assert net.shape("shapes1") == (12, 1, 32, 32) and net.parameters("view_pool1") == 0  # items 62, 64
    assert net.analysis.parameters == opened("single-view").analysis.parameters  # item 63: all views share CNN1
    x = torch.randn(2, 12, 1, 32, 32)
    mixed = x[:, torch.randperm(12)]
    assert torch.equal(net.values(x)["fc2"], net.values(mixed)["fc2"])  # item 65
    ordered = opened(lesson("multi-view", params={"view_pool1": {"pool": "concat"}}))
    assert not torch.allclose(ordered.values(x)["fc2"], ordered.values(mixed)["fc2"])
    assert ordered.parameters("fc1") == 12 * 1024 * 64 + 64


def test_the_gradient_goes_to_the_winning_view_alone() -> None:
    net = opened(lesson("multi-view"))
    x = torch.randn(1, 12, 1, 32, 32, requires_grad=True)
    values: dict[str, torch.Tensor] = {}
    pooled = net.built.net
    hook = pooled.fc1.register_forward_pre_hook(lambda module, inputs: values.update(pooled=inputs[0]))
    pooled(x)
    hook.remove()
    features = net.values(x.detach())["unfold1"].flatten(2)[0]  # 12, 1024
    feature = int(features.max(0).values.argmax())
    values["pooled"][0, feature].backward()
    reached = x.grad.flatten(2).abs().sum(-1)[0].nonzero().flatten().tolist()
    assert reached == [int(features[:, feature].argmax())]


def test_the_second_stage_has_the_nodes_of_the_first() -> None:
    first, second = opened("single-view"), opened("mvcnn-two-stages")
    shapes = [{name: tuple(weight.shape) for name, weight in net.built.net.state_dict().items()} for net in (first, second)]
    assert shapes[0] == shapes[1]  # item 66: weights load by the names of the nodes
    assert {node.id: node.lr_factor for node in second.snapshot.nodes if node.type == "conv2d"} == {"conv1": 0.3, "conv2": 0.3, "conv3": 0.3}


@pytest.mark.parametrize(("take", "parameters"), [("a", 7_850), ("b", 79_510), ("c", 6_070), ("d", 18_426)])
def test_the_networks_of_the_leaderboard(take: str, parameters: int) -> None:
    assert opened(lesson("progress", params={"choose1": {"take": take}})).analysis.parameters == parameters  # items 54 and 67
