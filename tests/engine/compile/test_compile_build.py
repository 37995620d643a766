"""Building: parity with hand-written modules, seeds, taps, and tracebacks that lead to nodes."""

from __future__ import annotations

import linecache
import traceback

import pytest
import torch
import torch.nn.functional as F
from compile_networks import lenet, network, node, residual, with_node
from torch import nn

from engine.compile import build as building
from engine.compile.analyse import analyse
from engine.compile.build import build, node_of, tapped
from engine.compile.source import generate
from engine.events import Source
from engine.graph.model import Snapshot


class LeNet(nn.Module):
    """By hand, as in a textbook."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 5)
        self.fc1 = nn.Linear(800, 120)
        self.fc2 = nn.Linear(120, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(image)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(16)
        self.shortcut = nn.Conv2d(8, 16, 1, stride=2, bias=False)
        self.fc1 = nn.Linear(16, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        stem = F.relu(self.bn1(self.conv1(image)))
        branch = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(stem)))))
        return self.fc1(F.adaptive_avg_pool2d(F.relu(branch + self.shortcut(stem)), 1).flatten(1))


@pytest.mark.parametrize(("make", "by_hand"), [(lenet, LeNet), (residual, Residual)])
def test_generated_networks_compute_what_hand_written_ones_do(make: object, by_hand: type[nn.Module]) -> None:
    built = build(analyse(make()).source, seed=3)
    theirs = by_hand()
    theirs.load_state_dict(built.net.state_dict())  # strict: the very same names
    image, label = torch.randn(6, 1, 28, 28), torch.arange(6)
    for mode in (True, False):
        ours_out, theirs_out = built.net.train(mode)(image), theirs.train(mode)(image)
        assert torch.allclose(ours_out, theirs_out, rtol=1e-5, atol=1e-6)
        assert torch.equal(built.loss(ours_out, label), F.cross_entropy(ours_out, label))
    built.loss(built.net(image), label).backward()
    F.cross_entropy(theirs(image), label).backward()
    for (name, ours), (_, hand) in zip(built.net.named_parameters(), theirs.named_parameters(), strict=True):
        assert torch.allclose(ours.grad, hand.grad, rtol=1e-4, atol=1e-6), name


def test_the_same_seed_gives_the_same_bits() -> None:
    source = analyse(lenet()).source
    states = [build(source, seed=seed).net.state_dict() for seed in (5, 5, 6)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(states[0]["conv1.weight"], states[2]["conv1.weight"])
    torch.manual_seed(5)
    by_hand = LeNet()
    assert all(torch.equal(value, states[0][name]) for name, value in by_hand.state_dict().items())


def test_modules_are_found_by_node() -> None:
    built = build(analyse(with_node(lenet(), "conv2", frozen=True)).source, seed=0)
    assert built.module("conv1") is built.net.conv1 and built.module("relu1") is None and built.module("mnist1") is None
    assert [name for name, weight in built.net.named_parameters() if not weight.requires_grad] == ["conv2.weight", "conv2.bias"]


def test_the_tapped_twin_runs_on_the_trained_weights() -> None:
    snapshot = residual()
    analysis = analyse(snapshot)
    net = build(analysis.source, seed=0).net.eval()
    seen: dict[str, torch.Tensor] = {}
    image = torch.randn(2, 1, 28, 28)

    def tap(name: str, value: torch.Tensor) -> torch.Tensor:
        seen[name] = value
        return value

    forward = tapped(generate(snapshot, facts=analysis.nodes, taps=True))
    assert torch.equal(forward(net, image, tap), net(image))
    assert set(seen) == {"mnist1.image"} | {n.id for n in snapshot.nodes} - {"mnist1", "cross_entropy1"}
    for name, value in seen.items():
        placed, _, port = name.partition(".")
        assert tuple(value.shape[1:]) == analysis.nodes[placed].outputs[port or "out"][1:]


def test_a_tap_may_replace_a_value() -> None:
    snapshot = lenet()
    analysis = analyse(snapshot)
    net = build(analysis.source, seed=0).net
    forward = tapped(generate(snapshot, facts=analysis.nodes, taps=True))
    changed = forward(net, torch.zeros(1, 1, 28, 28), lambda name, value: torch.zeros_like(value) if name == "relu3" else value)
    assert torch.equal(changed[0], net.fc2.bias)


@pytest.mark.parametrize(("size", "culprit"), [((1, 36, 36), "fc1"), ((3, 28, 28), "conv1"), ((1, 6, 6), "conv2")])
def test_an_exception_in_forward_leads_to_its_node(size: tuple[int, ...], culprit: str) -> None:
    source = analyse(lenet()).source
    net = build(source, seed=0).net
    with pytest.raises(RuntimeError) as raised:
        net(torch.zeros(2, *size))
    assert node_of(raised.value, source) == culprit
    shown = "".join(traceback.format_exception(raised.value))
    assert f"self.{culprit}(" in shown and "<chainrule net " in shown


def test_an_exception_in_the_loss_or_behind_another_leads_to_its_node() -> None:
    source = analyse(lenet()).source
    built = build(source, seed=0)
    with pytest.raises(IndexError) as raised:
        built.loss(torch.zeros(2, 10), torch.tensor([1, 99]))
    assert node_of(raised.value, source) == "cross_entropy1"
    with pytest.raises(ValueError, match="wrapped") as wrapped:
        try:
            built.net(torch.zeros(1, 2, 28, 28))
        except RuntimeError as error:
            raise ValueError("wrapped") from error
    assert node_of(wrapped.value, source) == "conv1"
    assert node_of(ValueError("never raised"), source) == ""


def test_an_exception_while_constructing_leads_to_its_node() -> None:
    source = Source(
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Conv2d(3, 4, 1, groups=2)\n",
        {7: "a"},
    )
    with pytest.raises(ValueError, match="divisible") as raised:
        build(source, seed=0)
    assert node_of(raised.value) == "a"


def test_nothing_to_build_is_said() -> None:
    with pytest.raises(ValueError, match="nothing lies between"):
        build(analyse(Snapshot()).source, seed=0)


def test_old_sources_are_forgotten() -> None:
    source = analyse(network([node("mnist1", "mnist5k"), node("relu1", "relu")], "mnist1.image > relu1")).source
    for _ in range(building.KEPT + 10):
        build(source, seed=0)
    assert len(building.SOURCES) == building.KEPT
    assert len([name for name in linecache.cache if name.startswith(building.PREFIX)]) == building.KEPT
